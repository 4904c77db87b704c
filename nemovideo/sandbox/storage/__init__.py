"""What the sandbox stores, and where."""
