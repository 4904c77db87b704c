"""The one pipeline that sends a request: token, headers, transport, envelope, retry."""
