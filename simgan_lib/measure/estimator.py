"""The gaze estimator: a small CNN from an eye to the direction it looks in, and its training."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, layers
from tqdm import tqdm

from ..data.images import to_float
from ..simgan.weights import initialize


@dataclass(frozen=True)
class EstimatorPreset:
    """Size of the estimator and how long it learns; the rate is Adam's."""

    filters: tuple
    units: int
    batch_size: int
    rate: float
    epochs: int

    def steps(self, count):
        """Steps of an epoch of so many images."""
        return max(1, count // self.batch_size)


# The paper's rate is for all its networks, its batch too; it gives no number of epochs.
ESTIMATORS = {
    "paper": EstimatorPreset((32, 32, 64, 80, 192), 1000, 512, 1e-3, 20),
    "pocket": EstimatorPreset((8, 8, 16, 16, 32), 128, 128, 1e-3, 6),
}


def gaze_estimator(filters=(32, 32, 64, 80, 192), units=1000, image_shape=(35, 55, 1)):
    """Builds the gaze estimator of the paper (its section on the gaze data).

    With VALID padding the last map of the default network is 5 x 10 x 192, exactly the 9,600 of
    the paper's first fully connected layer, which is therefore read as the flattening itself.
    So read, it has 9,816,659 weights.

    Args:
        filters: Feature maps of the five convolutions.
        units: Width of the fully connected layer.
        image_shape: Height, width and channels of an image.

    Returns:
        A `keras.Model` from `(B, 35, 55, 1)` in [-1, 1] to gaze vectors `(B, 3)`, which are near
        unit length once trained, not exactly of it.
    """
    x = images = Input(image_shape)
    for count in filters[:3]:
        x = layers.Conv2D(count, 3, activation="relu")(x)
    x = layers.MaxPooling2D(3, strides=2)(x)  # (B, 14, 24, 64)
    for count in filters[3:]:
        x = layers.Conv2D(count, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2, strides=2)(x)  # (B, 5, 10, 192)
    x = layers.Flatten()(x)  # (B, 9600)
    x = layers.Dense(units, activation="relu")(x)
    return Model(images, layers.Dense(3)(x), name="gaze_estimator")


def train_estimator(eyes, preset="pocket", seed=0, callbacks=None):
    """Trains a gaze estimator with the Euclidean loss, reproducibly.

    Args:
        eyes: A labelled `EyeSet`.
        preset: "pocket" or "paper".
        seed: Seed of the weights and of the order of the eyes.
        callbacks: Callbacks for `fit`.

    Returns:
        The trained `keras.Model`.

    Raises:
        ValueError: If the eyes carry no labels.
    """
    preset = ESTIMATORS[preset]
    model = initialize(gaze_estimator(preset.filters, preset.units), seed)
    # Keras's mean over the three coordinates is a third of the squared Euclidean distance.
    return fit(model, eyes, "gaze", "mse", preset, seed, callbacks)


def fit(
    model,
    images,
    label,
    loss,
    preset,
    seed,
    callbacks=None,
    encode=lambda values: values,
    unlabelled=None,
):
    """Trains a network to answer with a label of the images.

    Args:
        model: A `keras.Model` from `(B, H, W, C)` in [-1, 1] to `(B, k)`.
        images: An `ImageSet`.
        label: Name of the label.
        loss: What Keras takes as a loss.
        preset: An `EstimatorPreset`.
        seed: Seed of the order of the images.
        callbacks: Callbacks for `fit`.
        encode: Function from labels `(B, ...)` to what the network answers, `(B, k)`.
        unlabelled: A further `ImageSet` for a model whose `train_step` takes a batch of it as well:
            images, labels, further images. Its labels are not looked at.

    Returns:
        The model.

    Raises:
        ValueError: If the images lack the label, or the further ones have another shape.
    """
    if label not in images.labels:
        raise ValueError(f"An estimator learns from images with their {label}; received {images!r}")
    others = [] if unlabelled is None else [unlabelled]
    if any(other.image_shape != images.image_shape for other in others):
        raise ValueError(
            f"Labelled and unlabelled images must have one shape, {images.image_shape} here; "
            f"received {unlabelled.image_shape}"
        )
    steps = preset.steps(len(images))
    # Falling to zero, the rate lets the last epochs average out what single batches say.
    rate = keras.optimizers.schedules.CosineDecay(preset.rate, steps * preset.epochs)
    model.compile(keras.optimizers.Adam(rate), loss, jit_compile=False)

    def batches():
        known = images.stream(preset.batch_size, seed, label=label)
        new = (other.stream(preset.batch_size, seed + 1, label=None) for other in others)
        for (pixels, values), *further in zip(known, *new, strict=True):
            yield to_float(pixels), encode(values), *(to_float(x) for x, _ in further)

    shape = (None, *images.image_shape)
    shapes = shape, (None, *model.output_shape[1:]), *(shape for _ in others)
    data = tf.data.Dataset.from_generator(
        batches, output_signature=tuple(tf.TensorSpec(shape) for shape in shapes)
    )
    model.fit(
        data.prefetch(2),
        steps_per_epoch=steps,
        epochs=preset.epochs,
        verbose=0,
        shuffle=False,
        callbacks=callbacks,
    )
    return model


def estimate_gaze(model, eyes, batch_size=512):
    """Estimates the gaze of every eye of a set, a batch at a time.

    Args:
        model: A trained gaze estimator.
        eyes: An `EyeSet`, labelled or not.
        batch_size: Eyes in memory at once.

    Returns:
        Vectors, `(N, 3)` float32, as the network gives them, not of unit length.
    """
    return answers(model, eyes, batch_size)


def answers(model, images, batch_size=512):
    """Asks a network about every image of a set, a batch at a time. -> (N, k) float32"""
    starts = range(0, len(images), batch_size)
    return np.concatenate(
        [
            model.predict_on_batch(to_float(images.images[start : start + batch_size]))
            for start in tqdm(starts, "Estimating", unit="batch", delay=2)
        ]
    )
