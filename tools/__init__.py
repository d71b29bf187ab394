"""What keeps the lessons in order: `make lessons` and `make address`."""
