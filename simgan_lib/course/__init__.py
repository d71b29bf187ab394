"""What only the course needs: the demo and its page, figures, the game of two players."""
