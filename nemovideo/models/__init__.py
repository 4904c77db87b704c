"""What the service sends."""
