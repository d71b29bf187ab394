"""What might lower the error of refined eyes further: `python -m experiments remedies`.

What others do to steady such a game, in the training of `simgan demo`, with its eyes, its seeds and
its first weights: a slower D, a running average of R's weights, noise and spectral normalisation in
D, smoothed labels, other games, and synthetic eyes among the refined ones. It is no part of the
paper, and none of it is in a preset. All with one R, the last. What they are compared with, one R
of the training as it is and its history, has its rows in `stand_in`.
"""

from dataclasses import asdict, replace
from functools import partial

import keras
from keras import Input, Model, layers

from simgan_lib.family.games import Hinge, LeastSquares, Smoothed, Wasserstein, normalised
from simgan_lib.simgan.discriminator import discriminator
from simgan_lib.simgan.training import PRESETS, SimGAN

from .common import Demo, apply, counts, estimator_score, together
from .rows import Rows

SEEDS = range(3)
POCKET = PRESETS["pocket"]


class Averaging(SimGAN):
    """SimGAN that also keeps a running average of R's weights, over its last 100 steps or so."""

    def __init__(self, refiner, *args, **kwargs):
        super().__init__(refiner, *args, **kwargs)
        self.average = [
            self.add_weight(shape=w.shape, trainable=False, name=f"average_{i}")
            for i, w in enumerate(refiner.trainable_weights)
        ]
        for mean, weight in zip(self.average, refiner.trainable_weights, strict=True):
            mean.assign(weight)

    def refiner_step(self, synthetic, adversarial=True):
        """A step of R, and one of the average towards it."""
        super().refiner_step(synthetic, adversarial)
        for mean, weight in zip(self.average, self.refiner.trainable_weights, strict=True):
            mean.assign(0.99 * mean + 0.01 * weight)

    def averaged(self):
        """R with the average in place of its weights."""
        refiner = keras.models.clone_model(self.refiner)
        refiner.set_weights(self.average)
        return refiner


class SmoothedSimGAN(Smoothed, SimGAN):
    """SimGAN whose D is asked to be sure of a real patch to nine tenths, no further."""


class LeastSquaresSimGAN(LeastSquares, SimGAN):
    """SimGAN that plays for squares."""


class HingeSimGAN(Hinge, SimGAN):
    """SimGAN that plays for a hinge."""


class WassersteinSimGAN(Wasserstein, SimGAN):
    """SimGAN with a critic, whose slope is held near 1."""


def noisy_discriminator(image_shape):
    """D that sees its images through noise of a tenth of their range while it learns."""
    images = Input(image_shape)
    return Model(images, discriminator(image_shape)(layers.GaussianNoise(0.2, seed=0)(images)))


def normalised_discriminator(image_shape):
    """D whose convolutions have spectral norm 1."""
    return normalised(discriminator(image_shape))


GAMES = {
    "smoothed labels": SmoothedSimGAN,
    "least squares": LeastSquaresSimGAN,
    "hinge": HingeSimGAN,
    "Wasserstein with gradient penalty": WassersteinSimGAN,
}
SETTINGS = {
    "D at a third of its rate": ({"discriminator_rate": 3e-4}, {}),
    "noise for D": ({}, {"discriminator": noisy_discriminator}),
    "spectral normalisation of D": ({}, {"discriminator": normalised_discriminator}),
}


def main(out, runs, few=False):
    """Measures every remedy with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    demos = [Demo(seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]

    def measure(demo, refiners):
        return estimator_score(
            apply(refiners, demo.eyes.synthetic, demo.seed), demo.eyes.test, demo.seed
        )

    def averaged(demo):
        return measure(demo, demo.train("remedies averaging", kind=Averaging)[0].averaged())

    def mixed(demo):
        synthetic = demo.eyes.synthetic
        both = together(apply(demo.refiners[-1], synthetic), synthetic)
        return estimator_score(both, demo.eyes.test, demo.seed)

    def played(demo, name, kind):
        return measure(demo, demo.train(f"remedies {name}", kind=kind)[1][-1])

    def changed(demo, name, changes, parts):
        preset = replace(POCKET, **changes)
        return measure(demo, demo.train(f"remedies {name}", preset, parts)[1][-1])

    measures = {"average of R's weights": averaged, "synthetic eyes among the refined": mixed}
    measures |= {name: partial(played, name=name, kind=kind) for name, kind in GAMES.items()}
    measures |= {
        name: partial(changed, name=name, changes=changes, parts=parts)
        for name, (changes, parts) in SETTINGS.items()
    }
    with Rows(out, "remedies", **counts(few), preset=asdict(POCKET)) as rows:
        for name, make in measures.items():
            for demo in demos:
                rows.add(partial(make, demo), variant=name, seed=demo.seed)
