"""What takes minutes: generating, sending, exporting, asking and recovering."""
