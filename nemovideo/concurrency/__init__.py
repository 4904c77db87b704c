"""Threads, event loops, callbacks and imports that block nobody."""
