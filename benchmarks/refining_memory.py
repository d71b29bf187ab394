"""Peak memory of `simgan refine` on 100,000 eyes against 10,000: aim, flat, at most 1.1 times."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import run
from simgan_lib.data.eyes import EyeSet

REFINER = "import sys; from simgan_lib.simgan.refiner import refiner; refiner(4).save(sys.argv[1])"


def main():
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
