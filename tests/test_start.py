"""TensorFlow as the course starts it: silent, and as fast as a CPU allows."""

import os
import subprocess
import sys

import pytest

TRY = """
import os, resource
from simgan_lib.start import quiet_tensorflow
quiet_tensorflow()
import numpy as np
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def use():
    [np.ones(500_000) for _ in range(20)]  # 80 MB in 20,000 pages, all free afterwards
for _ in range(3):
    use()
before = faults()
use()
print(os.environ["TF_ENABLE_ONEDNN_OPTS"], faults() - before)
"""


def started(**environment):
    ours = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    return subprocess.run(
        [sys.executable, "-c", TRY], env=ours | environment, capture_output=True, text=True
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the memory setting is one of glibc")
def test_tensorflow_starts_silently_with_fast_convolutions_and_keeps_its_memory():
    ran = started()
    assert ran.returncode == 0 and ran.stderr == ""
    fast, faults = ran.stdout.split()
    assert fast == "1"
    assert int(faults) < 5_000


@pytest.mark.skipif(sys.platform != "linux", reason="the memory setting is one of glibc")
def test_who_has_switched_something_off_keeps_it_off():
    assert started(TF_ENABLE_ONEDNN_OPTS="0").stdout.split()[0] == "0"
