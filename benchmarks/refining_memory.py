"""Peak memory of `simgan refine` on 100,000 eyes against 10,000: aim, flat, at most 1.1 times."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from simgan_lib.eyes import EyeSet

REFINER = "import sys; from simgan_lib.refiner import refiner; refiner(4).save(sys.argv[1])"


def run(*words):
    """Runs Python and returns its peak memory in MB and its seconds."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"A process failed; received status {status} from {words}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return usage.ru_maxrss / unit, time.perf_counter() - start


def main():
    # A child counts the memory its parent had when it was started, so nothing large is held here.
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        model, eyes, refined = (Path(folder, name) for name in ("r.keras", "eyes.h5", "out.h5"))
        run("-c", REFINER, model)
        peaks = []
        for count in (10_000, 100_000):
            EyeSet(rng.integers(0, 256, (count, 35, 55), np.uint8)).save(eyes)
            command = "-m", "simgan_lib", "refine", "--refiner", model
            peaks.append(run(*command, "--synthetic", eyes, "--out", refined))
    (small, _), (large, seconds) = peaks
    print(
        f"memory of refining: 10,000 eyes {small:.0f} MB, 100,000 eyes {large:.0f} MB "
        f"in {seconds:.0f} s: {large / small:.2f} times (aim at most 1.1)"
    )


if __name__ == "__main__":
    main()
