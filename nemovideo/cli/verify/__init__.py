"""`nemovideo verify`: which of the assumptions about the service hold."""
