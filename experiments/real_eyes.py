"""The same on photographs: `SIMGAN_DATA_DIR=folder python -m experiments real_eyes`.

The folder holds `real.h5`, unlabelled real eyes of any number of persons (Kaggle's file will do),
and `real_labelled.npz`, labelled eyes of one person, of which the first half served to choose
settings and only the second is reported. A refiner sees no label.
"""

import os
from functools import cache
from pathlib import Path

from simgan_lib.baselines import add_noise, constant
from simgan_lib.eyes import EyeSet
from simgan_lib.pocket import simulate
from simgan_lib.runs import train
from simgan_lib.training import PRESETS

from .common import apply, estimator_score, score, smaller
from .rows import Rows

SEEDS = range(5)
NOISE = 8  # grey levels


def main(out, runs, few=False):
    """Measures synthetic, noisy and refined eyes for every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    folder = os.environ.get("SIMGAN_DATA_DIR")
    if not folder:
        raise ValueError(
            "Set SIMGAN_DATA_DIR to a folder with real.h5 and real_labelled.npz; received nothing"
        )
    real = EyeSet.load(Path(folder) / "real.h5")
    labelled = EyeSet.load(Path(folder) / "real_labelled.npz")
    test = labelled[len(labelled) // 2 :]
    count = 80 if few else 8_000

    @cache
    def synthetic(seed):
        return simulate(count, "synthetic", 10 * seed)

    def refined(seed):
        preset = smaller(PRESETS["pocket"]) if few else PRESETS["pocket"]
        run = runs / f"real_eyes-{seed}"
        refiner = train(synthetic(seed), real, preset, run, seed, resume=True)[0].refiner
        return apply(refiner, synthetic(seed))

    with Rows(out, "real_eyes", eyes=count, real=len(real), test=len(test)) as rows:
        for seed in SEEDS:
            for variant, measure in {
                "constant": lambda s: score(constant(synthetic(s).gaze, len(test)), test),
                "synthetic": lambda s: estimator_score(synthetic(s), test, s),
                "noise": lambda s: estimator_score(add_noise(synthetic(s), NOISE, s), test, s),
                "refined": lambda s: estimator_score(refined(s), test, s),
            }.items():
                rows.add(lambda m=measure, s=seed: m(s), variant=variant, seed=seed)
