"""Private parts of other libraries that are used, each with a public fallback."""
