"""The rules of the sandbox: accounts, sessions, agent, renders, uploads."""
