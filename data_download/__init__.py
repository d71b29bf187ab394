"""Real data in one command each: `python -m data_download list`."""
