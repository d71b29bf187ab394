"""How easily an estimator is deceived, by what it learnt from: `python -m experiments attacks`.

Eyes and refiners of seed s are those of `simgan demo --seed s`. A number is the mean of three
estimators, each attacked on test eyes by itself; what is made for one of them is also shown to the
next, which nobody looked into.
"""

from functools import partial

import numpy as np

from simgan_lib.data.gaze import angular_error
from simgan_lib.data.images import to_float
from simgan_lib.family.attacks import (
    GREY,
    one_step,
    projected_steps,
    train_defended,
    universal_pattern,
)
from simgan_lib.measure.baselines import STRENGTH, randomise_domain
from simgan_lib.measure.estimator import train_estimator

from . import common
from .rows import Rows

SEEDS = range(5)
SIZES = 1, 2, 4, 8  # grey levels


def main(out, runs, few=False):
    """Measures every kind of estimator for every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    demos = [common.Demo(seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]
    attacked = 20 if few else 500
    with Rows(out, "attacks", **common.counts(few), attacked=attacked) as rows:
        rows.add_all({demo.seed: kinds(demo, attacked) for demo in demos})


def kinds(demo, attacked):
    """A function for each row of a seed."""
    e, seed = demo.eyes, demo.seed

    def deceived(train):
        return attacks(train, e.test[:attacked], seed)

    return {
        "synthetic": lambda: deceived(partial(train_estimator, e.synthetic, "pocket")),
        "history": lambda: deceived(partial(train_estimator, demo.refined, "pocket")),
        "randomised": lambda: deceived(
            partial(train_estimator, randomise_domain(e.synthetic, STRENGTH, seed), "pocket")
        ),
        "real labels": lambda: deceived(partial(train_estimator, e.labelled, "pocket")),
        "history, defended": lambda: deceived(partial(train_defended, demo.refined, "pocket")),
        "real labels, defended": lambda: deceived(partial(train_defended, e.labelled, "pocket")),
    }


def attacks(train, test, seed):
    """Mean errors, in degrees, of estimators on eyes and on what attacks make of them.

    Args:
        train: Function from a seed to an estimator.
        test: A labelled `EyeSet`; patterns are made on its first half and tried on the second.
        seed: Seed of the row.
    """
    images, gaze = to_float(test.images), test.gaze
    count = common.ESTIMATORS
    models = [train(seed=s) for s in range(count * seed, count * (seed + 1))]
    signs = np.random.default_rng(seed).choice([-1, 1], images.shape).astype("float32")
    half = len(images) // 2
    found = []
    for k, model in enumerate(models):

        def error(changed, part=slice(None), by=model):
            return angular_error(np.asarray(by(changed)), gaze[part]).mean()

        row = {"error_deg": error(images)}
        for size in SIZES:
            row[f"noise_{size}"] = error(np.clip(images + size * GREY * signs, -1, 1))
            row[f"one_step_{size}"] = error(one_step(model, images, gaze, size))
            worst = projected_steps(model, images, gaze, size)
            row[f"steps_{size}"] = error(worst)
            row[f"transferred_{size}"] = error(worst, by=models[k - 1])
            pattern = universal_pattern(model, images[:half], gaze[:half], size)
            new = slice(half, None)
            row[f"pattern_{size}"] = error(np.clip(images[new] + pattern, -1, 1), new)
        row["steps_4_of_40"] = error(projected_steps(model, images, gaze, 4, steps=40))
        found.append(row)
    return {name: round(float(np.mean([row[name] for row in found])), 3) for name in found[0]}
