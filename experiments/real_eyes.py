"""The same on photographs: `SIMGAN_DATA_DIR=folder python -m experiments real_eyes`.

The folder holds `real.h5`, unlabelled real eyes of any number of persons (Kaggle's file will do),
and `real_labelled.npz`, labelled eyes of one person, which are cut in half. On the first half
lambda is chosen, with seeds of its own, and all else that was tried is judged ("tuning, ..."). The
second half is the test. The refiner sees no label, no eye of a test, and of the first half as many
as there are of other persons and their mirror images. If there is `real_right.h5`, packed eyes of
the person's other side, mirrored, it is a second test.
"""

import os
from dataclasses import asdict, replace
from functools import cache, partial
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from simgan_lib.baselines import add_noise, constant, equalise, randomise_domain
from simgan_lib.demo import NOISE_LEVELS
from simgan_lib.eyes import EyeSet
from simgan_lib.pocket import simulate
from simgan_lib.runs import train
from simgan_lib.training import PRESETS

from .common import (
    CLASSICAL,
    SMALL,
    STRENGTHS,
    apply,
    counts,
    estimator_score,
    score,
    smaller,
    together,
    tuned,
)
from .rows import Rows

SEEDS = range(5)
TUNING = 100, 101, 102  # seeds with which lambda is chosen, of no reported row
WEIGHTS = 4.0, 8.0, 16.0, 32.0, 64.0, 128.0  # lambda, on the scale of means
SAME = 2  # grey levels, root of the mean square, between two files' copies of one photograph


def main(out, runs, few=False):
    """Chooses lambda on the first half of the labelled eyes, and measures on the second.

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
    labelled = EyeSet.load(Path(folder) / "real_labelled.npz")
    validation, test = (labelled[rows] for rows in np.array_split(np.arange(len(labelled)), 2))
    file = Path(folder) / "real_right.h5"
    right = EyeSet.load(file) if file.exists() else None
    tests = [test] if right is None else [test, right]
    real = unlabelled(EyeSet.load(Path(folder) / "real.h5"), validation, *tests)
    count = counts(few)["eyes"]

    @cache
    def synthetic(seed, gap=1):
        return simulate(count, "synthetic", 10 * seed, gap=gap)

    @cache
    def equalised(seed):
        return equalise(synthetic(seed))

    sources = {
        "synthetic": synthetic,
        "equalised": equalised,
        "nearer": partial(synthetic, gap=0.5),
        "cruder": partial(synthetic, gap=2),
    }

    def refined(seed, weight, source="synthetic", preset=SMALL):
        eyes = sources[source](seed)
        run = runs / f"real_eyes-{source}-{preset.filters}-{weight:g}-{seed}"
        preset = replace(smaller(preset) if few else preset, weight=weight)
        return apply(train(eyes, real, preset, run, seed, resume=True)[0].refiner, eyes)

    def repeated(seed):  # the eyes with labels, as often as makes as many as the others are
        rows = np.random.default_rng(seed).integers(len(validation), size=count)
        return validation[rows]

    # From a function of a seed to eyes, one of a seed to the numbers of a row.
    def cnn(eyes, test=test):
        return lambda seed: estimator_score(eyes(seed), test, seed)

    def best(eyes, change, strengths, test=test):
        return lambda seed: tuned(eyes(seed), change, strengths, validation, test, seed)

    def chosen(rows):
        """The lambda with the smallest error on the first half, in the mean of its seeds."""
        errors = dict.fromkeys(WEIGHTS, 0)
        for seed, weight in product(TUNING[:1] if few else TUNING, WEIGHTS):
            measure = cnn(partial(refined, weight=weight), validation)
            row = rows.add(partial(measure, seed), variant=f"tuning, lambda {weight:g}", seed=seed)
            errors[weight] += row["error_deg"]
        return min(errors, key=errors.get)

    settings = {"eyes": count, "real": len(real), "test": len(test), "preset": asdict(SMALL)}
    settings |= {"lambda": WEIGHTS, "tuning": TUNING}  # with others, another lambda is chosen
    with Rows(out, "real_eyes", **settings) as rows:
        ours = partial(refined, weight=chosen(rows))
        classical = {
            name: lambda s, fit=fit: score(fit(synthetic(s))(test), test)
            for name, fit in CLASSICAL.items()
        }
        measures = {
            "synthetic": cnn(synthetic),
            "refined": cnn(ours),
            # What had been chosen first, out of 4 and 8 with one seed.
            "refined, lambda 8": cnn(partial(refined, weight=8.0)),
            "equalised": cnn(equalised),
            "constant": lambda s: score(constant(synthetic(s).gaze, len(test)), test),
            **classical,
            "real labels": cnn(repeated),
            "randomised": best(synthetic, randomise_domain, STRENGTHS),
            "noise": best(synthetic, add_noise, NOISE_LEVELS),
            "refined, randomised": best(ours, randomise_domain, STRENGTHS),
            "equalised, refined": cnn(partial(ours, source="equalised")),
            "refined and synthetic, randomised": best(
                lambda s: together(ours(s), synthetic(s)), randomise_domain, STRENGTHS
            ),
            "2x synthetic, randomised": best(
                lambda s: simulate(2 * count, "synthetic", 10 * s), randomise_domain, STRENGTHS
            ),
            "synthetic, first half": cnn(synthetic, validation),
            "refined, first half": cnn(ours, validation),
        }
        if right is not None:
            measures |= {
                "synthetic, right eyes": cnn(synthetic, right),
                "refined, right eyes": cnn(ours, right),
                "randomised, right eyes": best(synthetic, randomise_domain, STRENGTHS, right),
            }
        measures |= {
            "tuning, synthetic": cnn(synthetic, validation),
            "tuning, gap 0.5, not refined": cnn(sources["nearer"], validation),
            "tuning, gap 0.5": cnn(partial(ours, source="nearer"), validation),
            "tuning, gap 2, not refined": cnn(sources["cruder"], validation),
            "tuning, gap 2": cnn(partial(ours, source="cruder"), validation),
            "tuning, larger refiner": cnn(partial(ours, preset=PRESETS["pocket"]), validation),
        }
        for variant, measure in measures.items():
            seeds = TUNING if variant.startswith("tuning") else SEEDS
            for seed in seeds[:1] if few else seeds:
                rows.add(partial(measure, seed), variant=variant, seed=seed)


def unlabelled(real, validation, *tests):
    """The eyes that the refiner sees.

    Args:
        real: `EyeSet` of real eyes.
        validation: Labelled eyes of one person, which may be among them.
        tests: Others, which may be among them too, or their mirror images, and are left out.

    Returns:
        An `EyeSet` of the other persons' eyes, of their mirror images, since a right eye is a
        left one mirrored and files do not say which is which, and of as many eyes of the person
        in `validation` as there are of others.
    """
    images = real.images[:]
    flat = images.reshape(len(images), -1).astype(float)

    def among(known):
        nearest = NearestNeighbors(n_neighbors=1).fit(known.reshape(len(known), -1))
        return nearest.kneighbors(flat)[0][:, 0] <= SAME * np.sqrt(flat.shape[1])

    person = among(validation.images[:])
    tested = np.concatenate([test.images[:] for test in tests])
    met = among(tested) | among(tested[:, :, ::-1])
    others = images[~person & ~met]
    own = images[person & ~met]
    count = min(len(own), 2 * len(others) or len(own))
    own = own[np.linspace(0, len(own) - 1, count).astype(int)]
    return EyeSet(np.concatenate([own, others, others[:, :, ::-1]]))
