"""The routes of the sandbox: HTTP requests in, responses out."""
