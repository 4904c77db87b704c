"""Run by every Python that a mutation run starts: it records lines, or loads a mutated module."""

import os

if folder := os.environ.get("MUTATION_RECORD"):
    from recording import record

    record(folder)
if mutated := os.environ.get("MUTATION_SOURCE"):
    from loading import load_mutated

    load_mutated(mutated)
