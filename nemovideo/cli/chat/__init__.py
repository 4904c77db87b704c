"""`nemovideo chat`: one box for everything."""
