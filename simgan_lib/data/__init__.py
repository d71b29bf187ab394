"""What images are: sets of them with their labels, eyes and gazes, files and folders."""
