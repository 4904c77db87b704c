"""The rules of the service: accounts, sessions, agent, renders, uploads."""
