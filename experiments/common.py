"""What experiments share: scores, and the things that `simgan demo` makes."""

from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from simgan_lib.course.demo import demo_eyes
from simgan_lib.data.eyes import EyeSet
from simgan_lib.measure.baselines import (
    adaptive_linear_regression,
    random_forest,
    support_vectors,
)
from simgan_lib.measure.estimator import estimate_gaze, train_estimator
from simgan_lib.measure.evaluation import summary
from simgan_lib.simgan.refining import load_refiners, refine
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import PRESETS, SimGAN
from simgan_lib.simulators.pocket import GAP, simulate

ESTIMATORS = 3  # are trained on the same eyes, since a single one is chance
CLASSICAL = {
    "SVR": support_vectors,
    "ALR": adaptive_linear_regression,
    "random forest": random_forest,
}


def score(estimated, test):
    """`summary` with as many digits as are worth keeping."""
    return {name: round(value, 3) for name, value in summary(estimated, test.gaze).items()}


def estimator_score(eyes, test, seed, train=None):
    """Trains gaze estimators on eyes and measures them on others: means, and each one's error.

    `train` may take the place of `train_estimator`.
    """
    train = train or train_estimator
    seeds = range(ESTIMATORS * seed, ESTIMATORS * (seed + 1))
    models = (train(eyes, preset="pocket", seed=s) for s in seeds)
    found = [score(estimate_gaze(model, test), test) for model in models]
    means = {name: round(float(np.mean([f[name] for f in found])), 3) for name in found[0]}
    return means | {"errors_deg": [f["error_deg"] for f in found]}


def smaller(preset):
    """The preset as a test of the command needs it: a few steps, with hardly a weight."""
    return replace(
        preset,
        filters=2,
        batch_size=4,
        buffer_size=8,
        refiner_warmup=2,
        discriminator_warmup=2,
        steps=4,
        history=2,
    )


def apply(refiners, eyes, seed=0):
    """The eyes refined, in memory, so that they are refined once and not in every epoch."""
    return refine(refiners, eyes, seed)[:]


def together(*sets):
    """One `EyeSet` of labelled ones."""
    images, gaze = (
        np.concatenate([getattr(eyes, name) for eyes in sets]) for name in ("images", "gaze")
    )
    return EyeSet(images, gaze)


def counts(few):
    """How many eyes a training set and the test have."""
    return {"eyes": 160, "test": 40} if few else {"eyes": 8_000, "test": 2_000}


class Demo:
    """What `simgan demo --seed SEED` makes, each thing once and only if it is asked for.

    Its eyes and `name`, that of the training, may be replaced.

    Args:
        seed: Seed of everything.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes.
    """

    def __init__(self, seed, runs, few):
        self.seed, self.runs, self.few, self.name = seed, runs, few, "base"

    @classmethod
    def at(cls, gap, seed, runs, few):
        """The same with synthetic eyes of another gap; all else is the demo's."""
        demo = cls(seed, runs, few)
        if gap != GAP:
            synthetic = simulate(counts(few)["eyes"], "synthetic", 10 * seed, gap=gap)
            demo.eyes, demo.name = demo.eyes._replace(synthetic=synthetic), f"gap {gap}"
        return demo

    @cached_property
    def eyes(self):
        """`DemoEyes`."""
        return demo_eyes(self.seed, *counts(self.few).values())

    def train(self, name, preset=PRESETS["pocket"], parts=None, kind=SimGAN):
        """Trains the demo's SimGAN, or a variant of it, as `simgan_lib.simgan.runs.train` does.

        Returns:
            The `SimGAN`, its history of refiners and its curves.
        """
        run = self.runs / f"{name}-{self.seed}".replace(", ", "-").replace(" ", "-")
        simgan, curves = train(
            self.eyes.synthetic,
            self.eyes.camera,
            smaller(preset) if self.few else preset,
            run,
            self.seed,
            resume=True,
            build=partial(kind.from_preset, **(parts or {})),
        )
        return simgan, load_refiners(run), curves

    @cached_property
    def refiners(self):
        """The demo's history of refiners."""
        return self.train(self.name)[1]

    @cached_property
    def refined(self):
        """The synthetic eyes, each refined by one of the history."""
        return apply(self.refiners, self.eyes.synthetic, self.seed)
