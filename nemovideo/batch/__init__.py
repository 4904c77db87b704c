"""Batches: many videos from a list of jobs, each paid for once, within a budget."""
