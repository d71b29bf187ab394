"""The other adversaries: what climbing over pixels brings, and rivals that learn from our eyes."""
