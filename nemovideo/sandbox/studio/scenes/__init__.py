"""Generated pictures: each family builds its layers once and moves them per frame."""
