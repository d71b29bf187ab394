"""What keeps the course in order: `make lessons`, `make address`, `make site`."""
