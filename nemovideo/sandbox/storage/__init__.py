"""The records of the sandbox, and the store that holds them."""
