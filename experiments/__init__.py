"""What the course claims, measured: each experiment is one command that goes on where it stopped.

`python -m experiments NAME` writes a row of `simgan_lib/measured/NAME.json` whenever something is
measured, and leaves out what is there already; `--out` writes elsewhere. `make results` draws
RESULTS.md from the rows, `make results-check` holds README and RESULTS.md against them.
"""
