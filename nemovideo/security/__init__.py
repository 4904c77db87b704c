"""Redaction of secrets, private files, file locks, hosts that may be asked."""
