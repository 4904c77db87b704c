"""Clauses to instructions: one file a topic, each a pure function from words to values."""
