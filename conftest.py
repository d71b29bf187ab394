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


# Where each test takes minutes and needs no other.
APART = "test_experiments.py", "test_notebooks.py", "test_runs.py"


@pytest.hookimpl(optionalhook=True)  # there are no processes without pytest-xdist
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        """Each process takes a whole file, as a lesson's cells need, or one of the long tests."""

        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return nodeid if file.endswith(APART) else file

    return Files(config, log)


def pytest_collectstart(collector):
    if collector.__class__.__name__ == "IPyNbFile":
        collector.skip_compare += ("stderr",)  # what libraries say there differs between machines
