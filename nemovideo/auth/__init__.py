"""The auth/session manager: who asks, with which token, in which session."""
