"""Eyes refined with several values of lambda, for lesson 02: `python -m experiments.lambdas`."""

from dataclasses import replace

import numpy as np

from simgan_lib.files import writing
from simgan_lib.simgan.training import PRESETS
from simgan_lib.simgan.weights import PRETRAINED
from simgan_lib.start import quiet_tensorflow

WEIGHTS = 0.0, 1.0, 3.0, 30.0
EYES = 8


def main():
    """Trains the demo's refiner once for every lambda and keeps what the last one makes of eyes.

    The file has `weights` (W,), `synthetic` (8, 35, 55) uint8 and `refined` (W, 8, 35, 55) uint8.
    The trainings are those of the ablations, and go on where they stopped.
    """
    quiet_tensorflow()
    from .__main__ import RUNS
    from .common import Demo, apply

    demo = Demo(0, RUNS, few=False)
    eyes = demo.eyes.synthetic[:EYES]
    refined = []
    for weight in WEIGHTS:
        preset = replace(PRESETS["pocket"], weight=weight)
        name = "base" if preset == PRESETS["pocket"] else f"ablations lambda {weight:g}"
        refined.append(apply(demo.train(name, preset)[1][-1], eyes).images)
    with writing(PRETRAINED / "lambdas.npz") as path:
        np.savez_compressed(path, weights=WEIGHTS, synthetic=eyes.images[:], refined=refined)


if __name__ == "__main__":
    main()
