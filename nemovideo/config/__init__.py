"""Settings of a client: timeouts and waits, addresses, checks of arguments."""
