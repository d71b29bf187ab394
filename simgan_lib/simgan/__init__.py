"""What the paper is: the networks, the losses, the buffer, Algorithm 1, and its runs."""
