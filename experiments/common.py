"""What experiments share: scores, and the things that `simgan demo` makes."""

from dataclasses import replace
from functools import cached_property

import numpy as np

from simgan_lib.baselines import (
    adaptive_linear_regression,
    equalise,
    k_nearest,
    random_forest,
    support_vectors,
)
from simgan_lib.demo import demo_eyes
from simgan_lib.estimator import estimate_gaze, train_estimator
from simgan_lib.evaluation import summary
from simgan_lib.eyes import EyeSet
from simgan_lib.runs import refine, train
from simgan_lib.training import PRESETS, SimGAN

# A third of the time of "pocket", for experiments with many trainings.
SMALL = replace(PRESETS["pocket"], filters=8, batch_size=16, buffer_size=1_000, steps=800)
STRENGTHS = 0.5, 1.0, 2.0  # of domain randomisation
CLASSICAL = {
    "kNN": k_nearest,
    "SVR": support_vectors,
    "ALR": adaptive_linear_regression,
    "random forest": random_forest,
}


def score(estimated, test):
    """`summary` with as many digits as are worth keeping."""
    return {name: round(value, 3) for name, value in summary(estimated, test.gaze).items()}


def estimator_score(eyes, test, seed):
    """Trains a gaze estimator on eyes and measures it on others."""
    return score(estimate_gaze(train_estimator(eyes, "pocket", seed), test), test)


def tuned(eyes, change, strengths, validation, test, seed):
    """The strength of a change with the smallest error on validation eyes: its error on the test.

    Args:
        eyes: An `EyeSet` to change and to train an estimator on.
        change: Function of eyes, strength and seed, such as `add_noise`.
        strengths: What to choose from.
        validation: A labelled `EyeSet` of the test's domain.
        test: Another.
        seed: Seed of the change and of the estimators.
    """
    networks = [train_estimator(change(eyes, k, seed), "pocket", seed) for k in strengths]
    found = [
        score(estimate_gaze(network, validation), validation)["error_deg"] for network in networks
    ]
    best = int(np.argmin(found))
    return score(estimate_gaze(networks[best], test), test) | {"strength": strengths[best]}


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
    )


def apply(refiner, eyes):
    """The eyes refined, in memory, so that they are refined once and not in every epoch."""
    return EyeSet(refine(refiner, eyes).images[:], eyes.gaze, eyes.person)


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

    Args:
        seed: Seed of everything.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes.
    """

    def __init__(self, seed, runs, few):
        self.seed, self.runs, self.few = seed, runs, few

    @cached_property
    def eyes(self):
        """`DemoEyes`."""
        return demo_eyes(self.seed, *counts(self.few).values())

    def train(self, name="base", preset=PRESETS["pocket"], parts=None, kind=SimGAN):
        """Trains the demo's SimGAN, or a variant of it, as `simgan_lib.runs.train` does."""
        return train(
            self.eyes.synthetic,
            self.eyes.camera,
            smaller(preset) if self.few else preset,
            self.runs / f"{name}-{self.seed}".replace(", ", "-").replace(" ", "-"),
            self.seed,
            resume=True,
            build=lambda preset, seed: kind.from_preset(preset, seed, **(parts or {})),
        )

    @cached_property
    def equalised(self):
        """The synthetic eyes, equalised."""
        return equalise(self.eyes.synthetic)

    @cached_property
    def refiner(self):
        """The demo's refiner."""
        return self.train()[0].refiner

    @cached_property
    def refined(self):
        """The synthetic eyes, refined."""
        return apply(self.refiner, self.eyes.synthetic)
