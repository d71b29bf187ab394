"""Readers of published data sets of eyes, which end in one packed file each."""
