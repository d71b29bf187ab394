"""The same on photographs: `SIMGAN_DATA_DIR=folder python -m experiments real_eyes`.

The folder holds `real.h5`, unlabelled real eyes of any number of persons (Kaggle's file will do),
and `real_labelled.npz`, labelled eyes of one person, which are cut in half. On the first half
lambda is chosen, with seeds of its own; the second half is the test. The refiner sees no label and
no eye of the test, and of the first half as many as there are of other persons, mirrored too.
"""

import os
from dataclasses import asdict, replace
from functools import cache, partial
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from simgan_lib.data.eyes import EyeSet
from simgan_lib.measure.baselines import (
    NOISE,
    STRENGTH,
    add_noise,
    constant,
    equalise,
    k_nearest,
    random_forest,
    randomise_domain,
)
from simgan_lib.simgan.refining import load_refiners
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import PRESETS
from simgan_lib.simulators.pocket import simulate

from .common import (
    apply,
    counts,
    estimator_score,
    score,
    smaller,
)
from .rows import Rows

SEEDS = range(10)
TUNING = 100, 101, 102  # seeds with which lambda is chosen, of no reported row
WEIGHTS = 1.0, 4.0, 16.0  # lambda, on the scale of means
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

    def history(seed, weight):
        run = runs / f"real_eyes-{weight:g}-{seed}"
        preset = smaller(PRESETS["pocket"]) if few else PRESETS["pocket"]
        train(synthetic(seed), real, replace(preset, weight=weight), run, seed, resume=True)
        return load_refiners(run)

    def refined(seed, weight):
        return apply(history(seed, weight), synthetic(seed), seed)

    def by_one(seed, weight):
        return apply(history(seed, weight)[-1], synthetic(seed))

    def repeated(seed):  # the eyes with labels, as often as makes as many as the others are
        rows = np.random.default_rng(seed).integers(len(validation), size=count)
        return validation[rows]

    # From a function of a seed to eyes, one of a seed to the numbers of a row.
    def cnn(eyes, test=test):
        return lambda seed: estimator_score(eyes(seed), test, seed)

    def fitted(fit):
        return lambda seed: score(fit(synthetic(seed))(test), test)

    def chosen(rows):
        """The lambda with the smallest calibrated error on the first half, mean of its seeds.

        Not the raw error: most of that is a constant offset, another one in each training.
        """
        errors = dict.fromkeys(WEIGHTS, 0)
        for seed, weight in product(TUNING[:1] if few else TUNING, WEIGHTS):
            measure = cnn(partial(refined, weight=weight), validation)
            row = rows.add(partial(measure, seed), variant=f"tuning, lambda {weight:g}", seed=seed)
            errors[weight] += row["error_deg_calibrated"]
        return min(errors, key=errors.get)

    settings = {"eyes": count, "real": len(real), "test": len(test)}
    settings |= {"lambda": WEIGHTS, "tuning": TUNING}  # with others, another lambda is chosen
    with Rows(out, "real_eyes", **settings, preset=asdict(PRESETS["pocket"])) as rows:
        weight = chosen(rows)
        ours, alone = (partial(eyes, weight=weight) for eyes in (refined, by_one))
        main_rows = {"synthetic": cnn(synthetic), "one R": cnn(alone), "history": cnn(ours)}
        rivals = {
            "randomised": cnn(lambda seed: randomise_domain(synthetic(seed), STRENGTH, seed)),
            "equalised": cnn(lambda seed: equalise(synthetic(seed))),
            "noise": cnn(lambda seed: add_noise(synthetic(seed), NOISE, seed)),
            "kNN": fitted(k_nearest),
            "random forest": fitted(random_forest),
            "constant": lambda seed: score(constant(synthetic(seed).gaze, len(test)), test),
            "real labels": cnn(repeated),
        }
        for measures, seeds in ((main_rows, SEEDS), (rivals, SEEDS[:5])):
            for seed in seeds[:1] if few else seeds:
                for variant, measure in measures.items():
                    rows.add(partial(measure, seed), variant=variant, seed=seed)


def unlabelled(real, validation, test):
    """The eyes that the refiner sees.

    Args:
        real: `EyeSet` of real eyes.
        validation: Labelled eyes of one person, which may be among them.
        test: Others, which may be among them too, or their mirror images, and are left out.

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
    met = among(test.images[:]) | among(test.images[:, :, ::-1])
    others = images[~person & ~met]
    own = images[person & ~met]
    count = min(len(own), 2 * len(others) or len(own))
    own = own[np.linspace(0, len(own) - 1, count).astype(int)]
    return EyeSet(np.concatenate([own, others, others[:, :, ::-1]]))
