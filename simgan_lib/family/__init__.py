"""The other adversaries, and what comes of climbing over pixels: attacks, defences, drawings."""
