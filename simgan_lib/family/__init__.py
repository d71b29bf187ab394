"""The other adversaries: inputs made to deceive, and those who learn to withstand them."""
