"""Exchanges with the service, written down for people to read and for `ReplayAgent` to replay."""
