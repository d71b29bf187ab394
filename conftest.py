"""How pytest --nbval runs the notebooks and compares them."""

import os

from simgan_lib.start import quiet_tensorflow

quiet_tensorflow()  # as every lesson and command does first

if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):  # which share the cores
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(max(1, os.cpu_count() // int(workers)))

# The outputs that are committed come from the embedded default, whatever data a machine has.
os.environ["SIMGAN_DATA_DIR"] = ""
os.environ["SIMGAN_SOLVED"] = ""  # what tests solve, no learner has


def pytest_collectstart(collector):
    if collector.__class__.__name__ == "IPyNbFile":
        collector.skip_compare += ("stderr",)  # what libraries say there differs between machines
