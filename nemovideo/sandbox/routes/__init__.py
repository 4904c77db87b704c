"""The HTTP routes of the sandbox."""
