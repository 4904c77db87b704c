"""Decisions, all of them pure: no clock, no socket, no file, no environment."""
