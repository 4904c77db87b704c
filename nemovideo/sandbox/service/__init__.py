"""The service behind the routes: accounts, sessions, the agent, renders and uploads."""
