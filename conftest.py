"""How pytest --nbval runs the notebooks and compares them."""

import os

import pytest

from simgan_lib.start import quiet_tensorflow

quiet_tensorflow()  # as every lesson and command does first

if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):  # which share the cores
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(max(1, os.cpu_count() // int(workers)))

# The outputs that are committed come from the embedded default, whatever data a machine has.
os.environ["SIMGAN_DATA_DIR"] = ""
os.environ["SIMGAN_SOLVED"] = ""  # what tests solve, no learner has


# Where each test takes minutes and needs no other: these go to whichever process is free.
APART = "test_experiments.py", "test_notebooks.py", "test_runs.py"


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the mark
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name not in APART:  # the cells of a lesson, in their order, and quick tests
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


def pytest_collectstart(collector):
    if collector.__class__.__name__ == "IPyNbFile":
        collector.skip_compare += ("stderr",)  # what libraries say there differs between machines
