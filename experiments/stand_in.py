"""The course's answer to tables 2 and 3 of the paper: `python -m experiments stand_in`.

Eyes and refiners of seed s are those of `simgan demo --seed s`. Beside them stand the rivals of a
refiner, what became of the labels, and how real the refined eyes are to a machine. A network's
number is the mean of three, trained with seeds of their own. Strengths of noise and of domain
randomisation are the demo's.
"""

import numpy as np

from simgan_lib.measure.baselines import (
    NOISE,
    STRENGTH,
    add_noise,
    constant,
    equalise,
    k_nearest,
    randomise_domain,
)
from simgan_lib.measure.estimator import estimate_gaze, train_estimator
from simgan_lib.measure.evaluation import movement
from simgan_lib.measure.visual_turing_test import features, kernel_distance, machine_accuracy
from simgan_lib.simulators.pocket import GAP, pupil_centres, simulate

from .common import (
    CLASSICAL,
    Demo,
    apply,
    counts,
    estimator_score,
    score,
)
from .rows import Rows

SEEDS = range(5)


def main(out, runs, few=False):
    """Measures everything for every seed, what matters most first.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    demos = [Demo(seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]
    with Rows(out, "stand_in", **counts(few), gap=GAP) as rows:
        for measures in (rivals, others):
            rows.add_all({demo.seed: measures(demo) for demo in demos})


def rivals(demo):
    """The refiner and what it is compared with, at any gap: a function for each row of a seed."""
    e, seed = demo.eyes, demo.seed

    def cnn(eyes):
        return estimator_score(eyes, e.test, seed)

    return {
        "synthetic": lambda: cnn(e.synthetic),
        "history": lambda: cnn(demo.refined),
        "one R": lambda: cnn(apply(demo.refiners[-1], e.synthetic)),
        "kNN": lambda: score(k_nearest(e.synthetic)(e.test), e.test),
        "randomised": lambda: cnn(randomise_domain(e.synthetic, STRENGTH, seed)),
        "equalised": lambda: cnn(equalise(e.synthetic)),
        "noise": lambda: cnn(add_noise(e.synthetic, NOISE, seed)),
    }


def others(demo):
    """What else is told of the demo's own gap."""
    e, seed = demo.eyes, demo.seed

    def more():  # the synthetic eyes and others, four times as many in all
        return simulate(4 * len(e.synthetic), "synthetic", 10 * seed)

    def cnn(eyes):
        return estimator_score(eyes, e.test, seed)

    measures = {
        "real labels": lambda: cnn(e.labelled),
        "constant": lambda: score(constant(e.synthetic.gaze, len(e.test)), e.test),
    } | {
        name: lambda fit=fit: score(fit(e.synthetic)(e.test), e.test)
        for name, fit in CLASSICAL.items()
    }
    return measures | {
        "labels": lambda: labels(demo.refiners, e.labelled, seed, len(e.test)),
        "realism": lambda: realism(demo.refined, e, seed),
        "history, randomised": lambda: cnn(randomise_domain(demo.refined, STRENGTH, seed)),
        "4x synthetic": lambda: cnn(more()),
        "4x history": lambda: cnn(apply(demo.refiners, more(), seed)),
    }


def labels(refiners, labelled, seed, count):
    """How far refining moves pupils and gaze, and a control in which nothing moves.

    The control is a pair of eyes of one geometry, one synthetic and one of the camera. Gaze is
    read by an estimator that learnt from labelled camera eyes.
    """
    persons = list(range(500 * seed, 500 * seed + min(500, count)))
    before, pair = (simulate(count, d, seed, persons=persons) for d in ("synthetic", "camera"))
    after = apply(refiners, before, seed)
    centres = pupil_centres(before, seed)
    reader = train_estimator(labelled, "pocket", seed)
    row = {}
    for name, twin in (("refined", after), ("control", pair)):
        moved = movement(before.images, twin.images, centres)
        row[f"{name}_median_px"] = float(np.median(np.hypot(*moved.T)))
        row[f"{name}_mean_right_px"], row[f"{name}_mean_down_px"] = moved.mean(axis=0).tolist()
        row[f"{name}_read_deg"] = score(estimate_gaze(reader, twin), twin)["error_deg"]
    return {name: round(value, 3) for name, value in row.items()}


def realism(refined, e, seed):
    """How often a fresh machine tells eyes from the camera's, and how far their features lie.

    Labelled camera eyes, of other persons, are the control: chance and no distance. Features are
    those of an estimator that learnt from them.
    """
    reader = train_estimator(e.labelled, "pocket", seed)
    far = features(reader, e.test)
    row = {}
    for name, eyes in (("synthetic", e.synthetic), ("refined", refined), ("control", e.validation)):
        eyes = eyes[: len(e.test)]
        row[f"{name}_told"] = machine_accuracy(e.test, eyes, seed)
        row[f"{name}_distance"] = kernel_distance(features(reader, eyes), far)
    return {name: round(value, 4) for name, value in row.items()}
