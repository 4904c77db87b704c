"""Agents that answer messages in the sandbox."""
