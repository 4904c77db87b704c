"""Progress that the terminal and notebooks share."""
