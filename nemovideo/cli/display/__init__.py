"""What the command line shows: views, tables, summaries."""
