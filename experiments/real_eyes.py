"""The same on photographs: `SIMGAN_DATA_DIR=folder python -m experiments real_eyes`.

The folder holds `real.h5`, unlabelled real eyes of any number of persons (Kaggle's file will do),
and `real_labelled.npz`, labelled eyes of one person, which are cut in half. On the first half
lambda is chosen, the second is reported. The refiner sees no label, no eye of the second half, and
of the first as many as there are of other persons and their mirror images. The lambdas to choose
from are what was left of earlier trials, which had been judged on all eyes of that person.
"""

import os
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from simgan_lib.baselines import add_noise, constant, equalise, randomise_domain
from simgan_lib.demo import NOISE_LEVELS
from simgan_lib.eyes import EyeSet
from simgan_lib.pocket import simulate
from simgan_lib.runs import train

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
TUNING = 100  # the seed with which lambda is chosen, of no reported row
WEIGHTS = 4.0, 8.0  # lambda, on the scale of means
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
    real = unlabelled(EyeSet.load(Path(folder) / "real.h5"), validation, test)
    count = counts(few)["eyes"]

    @cache
    def synthetic(seed):
        return simulate(count, "synthetic", 10 * seed)

    @cache
    def equalised(seed):
        return equalise(synthetic(seed))

    def refined(eyes, seed, weight):
        preset = replace(SMALL, weight=weight)
        run = runs / f"real_eyes-{eyes.__name__}-{weight:g}-{seed}"
        preset = smaller(preset) if few else preset
        refiner = train(eyes(seed), real, preset, run, seed, resume=True)[0].refiner
        return apply(refiner, eyes(seed))

    def best(eyes, change, strengths, seed):
        return tuned(eyes, change, strengths, validation, test, seed)

    def repeated(seed):  # the eyes with labels, as often as makes as many as the others are
        rows = np.random.default_rng(seed).integers(len(validation), size=count)
        return validation[rows]

    def chosen(rows):
        """The lambda with the smallest error on the first half."""
        found = {}
        for weight in WEIGHTS:
            row = rows.add(
                lambda w=weight: estimator_score(refined(synthetic, TUNING, w), validation, TUNING),
                variant=f"tuning, lambda {weight:g}",
                seed=TUNING,
            )
            found[row["error_deg"]] = weight
        return found[min(found)]

    settings = {"eyes": count, "real": len(real), "test": len(test), "preset": asdict(SMALL)}
    with Rows(out, "real_eyes", **settings) as rows:
        weight = chosen(rows)
        classical = {
            name: lambda s, fit=fit: score(fit(synthetic(s))(test), test)
            for name, fit in CLASSICAL.items()
        }
        measures = {
            "synthetic": lambda s: estimator_score(synthetic(s), test, s),
            "refined": lambda s: estimator_score(refined(synthetic, s, weight), test, s),
            "equalised": lambda s: estimator_score(equalised(s), test, s),
            "constant": lambda s: score(constant(synthetic(s).gaze, len(test)), test),
            **classical,
            "real labels": lambda s: estimator_score(repeated(s), test, s),
            "randomised": lambda s: best(synthetic(s), randomise_domain, STRENGTHS, s),
            "noise": lambda s: best(synthetic(s), add_noise, NOISE_LEVELS, s),
            "refined, randomised": lambda s: best(
                refined(synthetic, s, weight), randomise_domain, STRENGTHS, s
            ),
            "equalised, refined": lambda s: estimator_score(refined(equalised, s, weight), test, s),
            "refined and synthetic, randomised": lambda s: best(
                together(refined(synthetic, s, weight), synthetic(s)),
                randomise_domain,
                STRENGTHS,
                s,
            ),
            "2x synthetic, randomised": lambda s: best(
                simulate(2 * count, "synthetic", 10 * s), randomise_domain, STRENGTHS, s
            ),
        }
        for variant, measure in measures.items():
            for seed in SEEDS[:1] if few else SEEDS:
                rows.add(partial(measure, seed), variant=variant, seed=seed)


def unlabelled(real, validation, test):
    """The eyes that the refiner sees.

    Args:
        real: `EyeSet` of real eyes.
        validation: Labelled eyes of one person, which may be among them.
        test: Others, which may be among them too and are left out.

    Returns:
        An `EyeSet` of the other persons' eyes, of their mirror images, since a right eye is a
        left one mirrored and files do not say which is which, and of as many eyes of the person
        in `validation` as there are of others.
    """
    images = real.images[:]
    flat = images.reshape(len(images), -1).astype(float)

    def among(eyes):
        known = eyes.images[:].reshape(len(eyes), -1)
        distance, _ = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(flat)
        return distance[:, 0] <= SAME * np.sqrt(flat.shape[1])

    person, met = among(validation), among(test)
    others = images[~person & ~met]
    own = images[person & ~met]
    count = min(len(own), 2 * len(others) or len(own))
    own = own[np.linspace(0, len(own) - 1, count).astype(int)]
    return EyeSet(np.concatenate([own, others, others[:, :, ::-1]]))
