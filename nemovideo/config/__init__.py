"""Settings of a client: timeouts and waits, URLs, checks of arguments."""
