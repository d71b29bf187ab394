"""The relatives of SimGAN's game: other things to play for, each a one-line swap.

Put one before `SimGAN`, as in `class HingeSimGAN(Hinge, SimGAN)`, or before the `Game` of points.
D goes on to give two logits. What the relatives play for is their difference, a score that may be
any number: high where D finds something real. D's probability of "real" is its sigmoid.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from ..simgan.losses import (
    REAL,
    REFINED,
    discriminator_loss,
    local_adversarial_loss,
    self_regularization_loss,
)


def score(logits):
    """How real D finds things: the logit of "real" minus that of "refined".

    Args:
        logits: `(B, ..., 2)`, of images, patches or points.

    Returns:
        `(B, ...)`, of any range; 0 where D has no opinion.
    """
    return logits[..., REAL] - logits[..., REFINED]


def critic_realism(logits):
    """R's loss against a hinge and against a critic: minus the mean score.

    Args:
        logits: Of refined images, `(B, ..., 2)`.

    Returns:
        A scalar, of any range; its gradient is as strong where D is sure as where it is not.
    """
    return -ops.mean(score(logits))


def hinge_loss(refined_logits, real_logits):
    """D's hinge: a score above 1 is real enough, one below -1 refined enough.

    Lim and Ye 2017, "Geometric GAN", arXiv 1705.02894. What is right by that margin has no
    gradient any more, so D minds only what it may still get wrong.

    Args:
        refined_logits: D's of refined images, `(B, ..., 2)`.
        real_logits: D's of real images, `(B, ..., 2)`.

    Returns:
        A scalar, 0 or more; 2 where D has no opinion.
    """
    refined = ops.mean(ops.relu(1 + score(refined_logits)))
    return refined + ops.mean(ops.relu(1 - score(real_logits)))


def smoothed_loss(refined_logits, real_logits, share=0.1):
    """Equation 2, with D asked to be sure of real images to nine tenths and no further.

    One-sided label smoothing (Salimans et al. 2016, arXiv 1606.03498). Refined images keep their
    whole label: smoothed too, it would be a reward for images that resemble those of today's R.

    Args:
        refined_logits: D's of refined images, `(B, ..., 2)`.
        real_logits: D's of real images, `(B, ..., 2)`.
        share: Of a real image's label that goes to "refined".

    Returns:
        A scalar; 2 ln 2 = 1.386 where D has no opinion.
    """
    real, refined = (local_adversarial_loss(real_logits, target) for target in (REAL, REFINED))
    return discriminator_loss(refined_logits, real_logits) + share * (refined - real)


def gradient_penalty(discriminator, refined, real, place):
    """How far a critic's slope is from 1, on the way between refined and real images.

    Gulrajani et al. 2017, arXiv 1704.00028. The distance that a critic is to measure is that of
    Wasserstein only if no slope of the score exceeds 1; this asks for 1 where it matters.

    Args:
        discriminator: From images `(B, ...)` to logits `(B, ..., 2)`; an image's score is the mean
            over its patches.
        refined: `(B, ...)`.
        real: Of the same shape.
        place: Where to look on the way of each pair, `(B,)`: 0 is the refined image, 1 the real.

    Returns:
        A scalar: the mean of (norm - 1)^2 over the images, with the norm of each image's gradient
        over all its pixels.
    """
    place = ops.reshape(place, (-1,) + (1,) * (len(real.shape) - 1))  # (B, 1, ...)
    between = refined + place * (real - refined)
    with tf.GradientTape() as tape:
        tape.watch(between)
        scores = score(discriminator(between))
        scores = ops.mean(ops.reshape(scores, (ops.shape(scores)[0], -1)), axis=1)  # (B,)
    slopes = tape.gradient(scores, between)
    slopes = ops.reshape(slopes, (ops.shape(slopes)[0], -1))
    norms = ops.sqrt(ops.sum(slopes**2, axis=1) + 1e-12)  # a root has no slope at 0
    return ops.mean((norms - 1) ** 2)


def normalised(model):
    """Builds a network anew with its layers held at spectral norm 1.

    Miyato et al. 2018, arXiv 1802.05957. No layer then makes a difference larger, so D's slopes are
    bounded wherever one looks.

    Args:
        model: A functional `keras.Model`; it stays as it is, and its weights are not copied.

    Returns:
        A `keras.Model`.
    """

    def held(layer):
        copy = layer.__class__.from_config(layer.get_config())
        weighty = isinstance(layer, layers.Conv2D | layers.Dense)
        return layers.SpectralNormalization(copy) if weighty else copy

    model = keras.models.clone_model(model, clone_function=held)
    for layer in model.layers:
        if isinstance(layer, layers.SpectralNormalization):
            layer.vector_u.assign(ops.ones_like(layer.vector_u))  # else it is drawn from no seed
    return model


class Relative:
    """R plays against a critic, and is held to its input as in equation 4."""

    def realism(self, logits):
        """The first term of R's loss, `critic_realism`."""
        return critic_realism(logits)

    def refiner_loss(self, logits, refined, synthetic):
        """R's loss: `realism` and the self-regularization."""
        away = self_regularization_loss(refined, synthetic, self.psi)
        return self.realism(logits) + self.weight * away


class LeastSquares(Relative):
    """Scores are drawn to 1 for real and to -1 for refined (Mao et al. 2016, arXiv 1611.04076)."""

    def realism(self, logits):
        """The first term of R's loss: how far its scores are from 1, squared."""
        return ops.mean((score(logits) - 1) ** 2)

    def discriminator_loss(self, refined_logits, real_logits, refined, real):
        """D's loss: how far refined scores are from -1, and real ones from 1, squared."""
        return ops.mean((score(refined_logits) + 1) ** 2) + self.realism(real_logits)


class Hinge(Relative):
    """D minds what is not right by a margin; R wants its score as high as can be."""

    def discriminator_loss(self, refined_logits, real_logits, refined, real):
        """D's loss, `hinge_loss`."""
        return hinge_loss(refined_logits, real_logits)


class Wasserstein(Relative):
    """D is a critic: its mean scores are to be far apart, and its slope is held near 1."""

    penalty_weight = 10.0  # the paper's for images; for points it takes 0.1

    def discriminator_loss(self, refined_logits, real_logits, refined, real):
        """D's loss: mean score of refined images minus that of real ones, and the penalty."""
        apart = critic_realism(real_logits) - critic_realism(refined_logits)
        # The step alone says where to look, so that a resumed training goes on as if never stopped.
        seed = [0, self.step + 0]  # plus 0: TensorFlow wants the number, not Keras's variable
        place = tf.random.stateless_uniform(ops.shape(real)[:1], seed)
        penalty = gradient_penalty(self.discriminator, refined, real, place)
        return apart + self.penalty_weight * penalty


class Smoothed:
    """The game as it is, with `smoothed_loss` for D."""

    def discriminator_loss(self, refined_logits, real_logits, refined, real):
        """D's loss, `smoothed_loss`."""
        return smoothed_loss(refined_logits, real_logits)


class EnergyBased(Relative):
    """D gives an energy, low for what is real (Zhao, Mathieu and LeCun 2016, arXiv 1609.03126).

    The energy is minus the score, and is never below 0; R goes down it. In the paper it is the
    error of an autoencoder, as in `points.autoencoder`.
    """

    margin = 1.0

    def discriminator_loss(self, refined_logits, real_logits, refined, real):
        """D's loss: the energy of real images, and what refined ones lack to the margin."""
        lacking = ops.mean(ops.relu(self.margin + score(refined_logits)))
        return critic_realism(real_logits) + lacking
