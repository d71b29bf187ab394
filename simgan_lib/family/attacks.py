"""Eyes that are changed slightly and on purpose, so that a gaze estimator misjudges them.

Every attack here knows the network (it is white-box) and may change each pixel by so many grey
levels and no more: the ball of the maximum norm. Images lie in [-1, 1], so a grey level is 2 / 255.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from ..measure.estimator import ESTIMATORS, fit, gaze_estimator
from ..simgan.weights import initialize

GREY = 2 / 255  # one grey level


def gaze_loss(vectors, gaze):
    """How wrong an estimate is: 1 - the cosine of the angle between it and the true gaze.

    Unlike the squared distance that an estimator learns from, it does not care how long a vector
    is, so that an attack on it gains degrees and not length.

    Args:
        vectors: Estimates, `(B, 3)`, of any length but zero.
        gaze: Unit vectors, `(B, 3)`.

    Returns:
        `(B,)`, from 0, right, to 2, the opposite.
    """
    return 1 - ops.sum(vectors * gaze, axis=-1) / ops.norm(vectors, axis=-1)


def pixel_gradient(model, images, gaze):
    """The gradient of each eye's loss with respect to its pixels; the weights stay as they are.

    Args:
        model: A gaze estimator, `(B, H, W, C)` to `(B, 3)`.
        images: `(B, H, W, C)` float32 in [-1, 1].
        gaze: Unit vectors, `(B, 3)`.

    Returns:
        `(B, H, W, C)`.
    """
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = ops.sum(gaze_loss(model(images), gaze))
    return tape.gradient(loss, images)


def one_step(model, images, gaze, size):
    """Moves every pixel by `size` grey levels, to the side on which the error grows.

    The fast gradient sign method (Goodfellow, Shlens and Szegedy 2014, arXiv 1412.6572).

    Args:
        model: The gaze estimator to deceive.
        images: `(B, H, W, C)` float32 in [-1, 1].
        gaze: Unit vectors, `(B, 3)`.
        size: Grey levels.

    Returns:
        `(B, H, W, C)` in [-1, 1], no pixel further than `size` from where it was.
    """
    step = size * GREY * ops.sign(pixel_gradient(model, images, gaze))
    return ops.clip(images + step, -1, 1)


def projected_steps(model, images, gaze, size, steps=10):
    """Moves every pixel in many short steps and, after each, back to within `size` grey levels.

    Projected gradient descent, an ascent here (Madry et al. 2017, arXiv 1706.06083). It begins
    where `one_step` ends, and of each eye it keeps the worst image it came by: no eye is deceived
    less than by one step.

    Args:
        model: The gaze estimator to deceive.
        images: `(B, H, W, C)` float32 in [-1, 1].
        gaze: Unit vectors, `(B, 3)`.
        size: Grey levels that a pixel may move in all; a step has a quarter of it.
        steps: How many.

    Returns:
        `(B, H, W, C)` in [-1, 1], no pixel further than `size` from where it was.
    """
    low = ops.maximum(images - size * GREY, -1)
    high = ops.minimum(images + size * GREY, 1)
    worst = changed = one_step(model, images, gaze, size)
    most = gaze_loss(model(worst), gaze)  # (B,)
    for _ in range(steps):
        step = size / 4 * GREY * ops.sign(pixel_gradient(model, changed, gaze))
        changed = ops.clip(changed + step, low, high)
        loss = gaze_loss(model(changed), gaze)
        worst = ops.where((loss > most)[:, None, None, None], changed, worst)
        most = ops.maximum(loss, most)
    return worst


def steps_towards(model, images, target, size, steps=10):
    """Changes eyes until the estimator answers as somebody wishes, whatever the eye does.

    `projected_steps` the other way round: down the distance from `target`.

    Args:
        model: The gaze estimator to deceive.
        images: `(B, H, W, C)` float32 in [-1, 1].
        target: The gaze it should answer, a unit vector `(3,)`, or one for each eye, `(B, 3)`.
        size: Grey levels that a pixel may move in all.
        steps: How many.

    Returns:
        `(B, H, W, C)` in [-1, 1], no pixel further than `size` from where it was.
    """
    opposite = -np.broadcast_to(target, (len(images), 3)).astype(np.float32)
    return projected_steps(model, images, opposite, size, steps)


def universal_pattern(model, images, gaze, size, epochs=10, batch_size=100):
    """Finds one pattern that deceives the estimator on every eye to which it is added.

    After Moosavi-Dezfooli et al. 2016, arXiv 1610.08401, along the mean gradient of a batch, with
    steps of a tenth of `size`.

    Args:
        model: The gaze estimator to deceive.
        images: Eyes to learn the pattern from, `(N, H, W, C)` float32 in [-1, 1].
        gaze: Unit vectors, `(N, 3)`.
        size: Grey levels; no pixel of the pattern has more.
        epochs: How often it sees every eye.
        batch_size: Eyes a step.

    Returns:
        `(1, H, W, C)`, to be added to images, which are then to be clipped to [-1, 1].
    """
    limit = size * GREY
    pattern = np.zeros_like(images[:1])
    for start in list(range(0, len(images), batch_size)) * epochs:
        part = slice(start, start + batch_size)
        changed = ops.clip(images[part] + pattern, -1, 1)
        uphill = ops.mean(pixel_gradient(model, changed, gaze[part]), axis=0)
        pattern = ops.clip(pattern + limit / 10 * ops.sign(uphill), -limit, limit)
    return ops.convert_to_numpy(pattern)


class Defended(keras.Model):
    """A gaze estimator that learns from deceiving eyes in place of those it is given.

    Adversarial training, min over the weights of the mean of max over the pixels (Madry et al.
    2017), with one step for the maximum. Made as any functional model, of input and output.
    """

    size = 4  # grey levels

    def train_step(self, data):
        """Deceives itself with the eyes of a batch, then learns from what deceived it."""
        images, gaze = data
        deceiving = one_step(self, images, gaze, self.size)
        return keras.Model.train_step(self, (deceiving, gaze))


def train_defended(eyes, preset="pocket", seed=0):
    """Trains a gaze estimator as `train_estimator` does, but as a `Defended` one.

    Args:
        eyes: A labelled `EyeSet`.
        preset: "pocket" or "paper".
        seed: Seed of the weights and of the order of the eyes.

    Returns:
        The trained `Defended`.
    """
    preset = ESTIMATORS[preset]
    plain = initialize(gaze_estimator(preset.filters, preset.units), seed)
    return fit(Defended(plain.input, plain.output), eyes, "gaze", "mse", preset, seed)
