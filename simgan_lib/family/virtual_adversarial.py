"""Virtual adversarial training: the answer for an eye is to be the answer for all eyes near it.

Which neighbour differs most, an attack finds, and it needs no label for that. So unlabelled camera
eyes can take part (Miyato et al. 2018, arXiv 1704.03976).
"""

import keras
import tensorflow as tf
from keras import ops

from ..measure.estimator import ESTIMATORS, fit, gaze_estimator
from ..simgan.weights import initialize
from .attacks import GREY

PROBE = 0.01  # grey levels: so near that no ReLU switches, and far enough for float32


def normalise(images):
    """Scales each image of `(B, H, W, C)` so that the root of its mean square is 1."""
    return images / ops.sqrt(ops.mean(images**2, axis=(1, 2, 3), keepdims=True))


def virtual_perturbation(model, images, direction, size):
    """The small change of each image that sways the model's answer most, about.

    For small changes r the squared distance of the answers is r' J'J r, with J the derivative of
    the answer with respect to the pixels. The worst r is the first eigenvector of J'J, and one
    power iteration, from `direction` to J'J `direction`, comes near it. That product is a gradient,
    so no matrix is ever made. The paper's distance is the KL divergence of two distributions; of
    two Gaussians of one variance, which is what a squared error assumes, that is their centres'
    squared distance, but for a factor.

    Args:
        model: From images to answers `(B, k)`; its weights stay as they are.
        images: `(B, H, W, C)` float32 in [-1, 1].
        direction: Where to begin, at random; like `images`, with no image all zero. What comes out
            may go in again, for a further iteration.
        size: Root of the mean square of a change, in grey levels.

    Returns:
        `(B, H, W, C)`, to be added to the images. Where no direction sways the answer, the one to
        begin with remains.
    """
    probe = PROBE * GREY * normalise(direction)
    with tf.GradientTape() as tape:
        tape.watch(probe)
        distance = ops.sum((model(images + probe) - model(images)) ** 2)
    gradient = tape.gradient(distance, probe)
    return size * GREY * normalise(gradient + 1e-12 * probe)


def smoothness_loss(model, images, perturbation):
    """How far a small change sways the answers.

    The answer for the images as they are is a target like a label: no gradient passes through it.

    Args:
        model: From images to answers `(B, k)`.
        images: `(B, H, W, C)` float32 in [-1, 1].
        perturbation: What is added to them, as `virtual_perturbation` finds it.

    Returns:
        A scalar, the mean of the squared differences, on the scale of Keras's "mse".
    """
    answers = ops.stop_gradient(model(images))
    return ops.mean((model(images + perturbation) - answers) ** 2)


class VirtualAdversarial(keras.Model):
    """A gaze estimator that learns from labels and, beside them, to be smooth at every eye.

    Args:
        estimator: Model as `gaze_estimator` builds it, whose layers are shared.
        seed: Seed of the directions to begin with.
        size: Grey levels, root of the mean square, within which it is to be smooth.
        weight: Of the smoothness; at 0 the estimator learns from labels alone.
    """

    def __init__(self, estimator, seed, size, weight):
        super().__init__(estimator.input, estimator.output)
        self.size, self.weight = size, weight
        self.seed_generator = keras.random.SeedGenerator(seed)

    def train_step(self, data):
        """Finds the change of each eye that sways it most, then learns.

        Args:
            data: Labelled eyes `(B, H, W, C)`, their gaze `(B, 3)`, and unlabelled eyes
                `(B, H, W, C)`.
        """
        labelled, gaze, unlabelled = data
        images = ops.concatenate([labelled, unlabelled])  # both, as in the paper
        direction = keras.random.normal(ops.shape(images), seed=self.seed_generator)
        perturbation = virtual_perturbation(self, images, direction, self.size)
        with tf.GradientTape() as tape:
            loss = self.compute_loss(labelled, gaze, self(labelled))
            loss += self.weight * smoothness_loss(self, images, perturbation)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss}


def train_virtual_adversarial(eyes, unlabelled, preset="pocket", seed=0, size=1, weight=1.0):
    """Trains a gaze estimator as `train_estimator` does, but as a `VirtualAdversarial` one.

    Args:
        eyes: A labelled `EyeSet`.
        unlabelled: An `EyeSet` of the domain that the estimator is for; labels are not looked at.
        preset: "pocket" or "paper".
        seed: Seed of the weights, of the order of the eyes and of the directions.
        size: Grey levels, root of the mean square, within which the estimator is to be smooth.
        weight: Of the smoothness; the paper's is 1.

    Returns:
        The trained `keras.Model`, a plain gaze estimator.

    Raises:
        ValueError: If the eyes carry no labels.
    """
    preset = ESTIMATORS[preset]
    estimator = initialize(gaze_estimator(preset.filters, preset.units), seed)
    model = VirtualAdversarial(estimator, seed, size, weight)
    fit(model, eyes, "gaze", "mse", preset, seed, unlabelled=unlabelled)
    return estimator
