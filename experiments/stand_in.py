"""The course's answer to tables 2 and 3 of the paper: `python -m experiments stand_in`.

Eyes, refiner and estimators of seed s are those of `simgan demo --seed s`. Beside them stand the
rivals of a refiner, what became of the labels, and how real the refined eyes are to a machine.
Strengths of noise and of domain randomisation are chosen on labelled validation eyes of each seed,
help that a refiner does not get.
"""

import numpy as np

from simgan_lib.baselines import add_noise, constant, randomise_domain
from simgan_lib.demo import NOISE_LEVELS
from simgan_lib.estimator import estimate_gaze, train_estimator
from simgan_lib.evaluation import movement
from simgan_lib.pocket import pupil_centres, simulate
from simgan_lib.training import SimGAN
from simgan_lib.visual_turing_test import features, kernel_distance, machine_accuracy

from .common import (
    CLASSICAL,
    STRENGTHS,
    Demo,
    apply,
    counts,
    estimator_score,
    score,
    together,
    tuned,
)
from .rows import Rows

SEEDS = range(5)


class Nudged(SimGAN):
    """SimGAN whose R begins with weights that are off in the seventh digit, as if by rounding."""

    def __init__(self, refiner, *args, **kwargs):
        super().__init__(refiner, *args, **kwargs)
        for weight in refiner.trainable_weights:
            weight.assign(weight * (1 + 1e-6))


def main(out, runs, few=False):
    """Measures everything for every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    with Rows(out, "stand_in", **counts(few)) as rows:
        for seed in SEEDS:
            measure_seed(rows, Demo(seed, runs, few))


def measure_seed(rows, demo):
    """Adds the rows of one seed."""
    seed = demo.seed

    def add(variant, measure):
        rows.add(lambda: measure(demo.eyes), variant=variant, seed=seed)

    def more(e, times=4):  # the synthetic eyes and others, so many times as many in all
        return simulate(times * len(e.synthetic), "synthetic", 10 * seed)

    def cnn(train_eyes, e):
        return estimator_score(train_eyes, e.test, seed)

    def nudged():
        return demo.train("nudged", kind=Nudged)[0].refiner

    def best(eyes, change, strengths, e):
        return tuned(eyes, change, strengths, e.validation, e.test, seed)

    add("constant", lambda e: score(constant(e.synthetic.gaze, len(e.test)), e.test))
    for name, fit in CLASSICAL.items():
        add(name, lambda e, fit=fit: score(fit(e.synthetic)(e.test), e.test))
    add("synthetic", lambda e: cnn(e.synthetic, e))
    add("refined", lambda e: cnn(demo.refined, e))
    add("real labels", lambda e: cnn(e.labelled, e))
    add("noise", lambda e: best(e.synthetic, add_noise, NOISE_LEVELS, e))
    add("randomised", lambda e: best(e.synthetic, randomise_domain, STRENGTHS, e))
    add("refined, randomised", lambda e: best(demo.refined, randomise_domain, STRENGTHS, e))
    add("4x synthetic", lambda e: cnn(more(e), e))
    add("4x refined", lambda e: cnn(apply(demo.refiner, more(e)), e))
    add("equalised", lambda e: cnn(demo.equalised, e))
    add(
        "refined and synthetic, randomised",
        lambda e: best(together(demo.refined, e.synthetic), randomise_domain, STRENGTHS, e),
    )
    add("2x synthetic, randomised", lambda e: best(more(e, 2), randomise_domain, STRENGTHS, e))
    add("refined, nudged", lambda e: cnn(apply(nudged(), e.synthetic), e))
    add("labels", lambda e: labels(demo.refiner, e.labelled, seed, len(e.test)))
    add("realism", lambda e: realism(demo.refined, e, seed))


def labels(refiner, labelled, seed, count):
    """How far refining moves pupils and gaze, and a control in which nothing moves.

    The control is a pair of eyes of one geometry, one synthetic and one of the camera. Gaze is
    read by an estimator that learnt from labelled camera eyes.
    """
    persons = list(range(500 * seed, 500 * seed + min(500, count)))
    before, pair = (simulate(count, d, seed, persons=persons) for d in ("synthetic", "camera"))
    after = apply(refiner, before)
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
