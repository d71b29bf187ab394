"""What a network learns of an image: a gaze, joints, numbers or a class.

A task turns labels into what a network should answer (`encode`) and answers into numbers
(`decode`), knows a network and a loss for them, and says how far off numbers are (`measure`).
`task_of` finds the task of a label.
"""

import math

import keras
import numpy as np
from scipy.special import softmax
from sklearn.metrics import confusion_matrix, mean_absolute_error, r2_score

from ..data.gaze import check_gaze
from ..data.stored import SIZE
from ..simgan.weights import initialize
from .estimator import ESTIMATORS, EstimatorPreset, fit, gaze_estimator
from .evaluation import joints_within, summary
from .networks import image_network, pose_network

BATCH, EPOCHS = 64, 6
STEPS, JOINT_STEPS = 800, 1_500  # of few images, as many epochs as make these steps


def task_of(label, values, image_shape, classes=False, estimator="pocket"):
    """Finds what there is to learn of a label.

    Args:
        label: Its name; "gaze" and "joints" have a meaning.
        values: Labels of the training set: unit vectors (N, 3) of a gaze, pixels (N, J, 2) of
            joints, numbers (N,) or (N, k), or texts (N,).
        image_shape: Height, width and channels of an image.
        classes: Numbers are names of classes too, such as those of digits.
        estimator: "pocket" or "paper", for the gaze of eyes.

    Returns:
        A `Gaze`, `Joints`, `Numbers` or `Classes`.

    Raises:
        ValueError: If the values are of no such kind.
    """
    if label == "gaze":
        return Gaze(label, values, image_shape, estimator)
    if label == "joints" and values.ndim == 3 and values.shape[2] == 2:
        return Joints(label, values, image_shape)
    if (classes or values.dtype.kind in "USb") and values.ndim == 1:
        return Classes(label, values, image_shape)
    if values.dtype.kind in "iuf" and values.ndim in (1, 2):
        return Numbers(label, values, image_shape)
    raise ValueError(
        "A label is numbers (N,) or (N, k), texts (N,), or joints (N, J, 2) called 'joints'; "
        f"received {label!r}, {values.dtype} of shape {values.shape}"
    )


class Gaze:
    """The direction of a gaze, as in lesson 06."""

    loss = "mse"

    def __init__(self, label, values, image_shape, estimator):
        self.image_shape, self.eyes = image_shape, image_shape == (*SIZE, 1)
        self.preset = ESTIMATORS[estimator] if self.eyes else preset_for(len(values))

    def check(self, values):
        check_gaze(values, len(values))

    def network(self):
        if self.eyes:
            return gaze_estimator(self.preset.filters, self.preset.units)
        return image_network(self.image_shape, 3)

    def numbers(self, values):
        return values

    encode = decode = numbers

    def measure(self, numbers, values):
        return summary(numbers, values)


class Numbers:
    """One number or several: the mean absolute error, and how much of the variance is explained."""

    loss = "mse"

    def __init__(self, label, values, image_shape):
        self.label = label
        self.check(values)
        self.mean, self.deviation = self.numbers(values).mean(0), self.numbers(values).std(0)
        self.image_shape, self.preset = image_shape, preset_for(len(values))

    def check(self, values):
        if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
            raise ValueError(
                f"The label {self.label!r} must be finite numbers in every set; received "
                f"{values[:3]}..."
            )
        if not np.ptp(values):
            raise ValueError(
                "A number to learn must not be the same for all images; received "
                f"{self.label!r} with {values[0]} for each"
            )

    def network(self):
        return image_network(self.image_shape, len(self.mean))

    def numbers(self, values):
        return np.asarray(values, float).reshape(len(values), -1)

    def encode(self, values):
        return (self.numbers(values) - self.mean) / np.maximum(self.deviation, 1e-9)

    def decode(self, answers):
        return answers * self.deviation + self.mean

    def measure(self, numbers, values):
        values = self.numbers(values)
        error = mean_absolute_error(values, numbers)
        return {"mean_absolute_error": float(error), "r2": float(r2_score(values, numbers))}


class Classes:
    """One of several names: how many are right, in percent."""

    loss = keras.losses.CategoricalCrossentropy(from_logits=True)

    def __init__(self, label, values, image_shape):
        self.label, self.names = label, np.unique(values)
        if not 1 < len(self.names) <= len(values) / 2:
            raise ValueError(
                "Classes are at least two, with two images each or more; received "
                f"{len(self.names)} classes among {len(values)} images for {label!r}"
            )
        self.image_shape, self.preset = image_shape, preset_for(len(values))

    def check(self, values):
        if (values.dtype.kind in "USb") != (self.names.dtype.kind in "USb"):
            raise ValueError(
                f"The label {self.label!r} must be text in every set or numbers in every set; "
                f"received {self.names[0]!r} and {values[0]!r}"
            )
        unknown = np.setdiff1d(values, self.names)
        if len(unknown):
            raise ValueError(
                "A network knows only the classes that it learned from, so take others out of the "
                f"test or add images of them; received {unknown[0]} of {self.label!r}"
            )

    def network(self):
        return image_network(self.image_shape, len(self.names))

    def numbers(self, values):
        return np.eye(len(self.names))[np.searchsorted(self.names, values)]

    encode = numbers

    def decode(self, answers):
        return answers

    def measure(self, numbers, values):
        return {"accuracy": float(100 * np.mean(self.names[numbers.argmax(1)] == values))}

    def confusion(self, numbers, values):
        """For each class how many of its images were taken for each class."""
        table = confusion_matrix(values, self.names[numbers.argmax(1)], labels=self.names)
        names = [str(name) for name in self.names]
        return {
            name: dict(zip(names, row, strict=True))
            for name, row in zip(names, table.tolist(), strict=True)
        }


class Joints:
    """Points in the image, as in the paper's table 4: their distance, and how many are near."""

    loss = keras.losses.CategoricalCrossentropy(from_logits=True, axis=1)

    def __init__(self, label, values, image_shape):
        self.shape, self.image_shape = values.shape[1:], image_shape
        self.preset = preset_for(len(values), JOINT_STEPS)
        height, width = self.network().layers[-2].output.shape[1:3]
        y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
        self.cell = np.divide(image_shape[1::-1], (width, height))  # pixels, x and y
        self.places = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) * self.cell - 0.5

    def check(self, values):
        if values.shape[1:] != self.shape or not np.isfinite(values).all():
            raise ValueError(
                f"Joints are finite and of shape (N, {self.shape[0]}, 2); received {values.dtype} "
                f"of shape {values.shape}"
            )

    def network(self):
        return pose_network(self.image_shape, self.shape[0])

    def numbers(self, values):
        return values.reshape(len(values), -1)

    def encode(self, values):
        """Heat maps: for each joint a bell, three quarters of a cell wide. -> (N, cells, J)"""
        far = (self.places[:, None] - values[:, None]) / self.cell  # (N, cells, J, 2)
        return softmax(-(far**2).sum(-1) / (2 * 0.75**2), axis=1)

    def decode(self, answers):
        """The centre of mass around the hottest cell, so that it can lie between pixels."""
        top = self.places[answers.argmax(1)][:, None]  # (N, 1, J, 2)
        near = (np.abs(self.places[:, None] - top) <= 1.5 * self.cell).all(-1)  # (N, cells, J)
        heat = softmax(np.where(near, answers, -np.inf), axis=1)
        return np.einsum("npj,pc->njc", heat, self.places).reshape(len(answers), -1)

    def measure(self, numbers, values):
        numbers = numbers.reshape(values.shape)
        far = np.linalg.norm(numbers - values, axis=-1)
        near = joints_within(numbers, values, 5 / 224 * self.image_shape[1])  # as in the paper
        return {"error_px": float(far.mean()), "within_5px_of_224": near}


def preset_for(count, steps=STEPS):
    """How long a network learns from so many images."""
    epochs = max(EPOCHS, math.ceil(steps * BATCH / max(BATCH, count)))
    return EstimatorPreset((), 0, BATCH, 1e-3, epochs)


def train_network(task, images, label, seed=0, callbacks=None):
    """Trains the network of a task, reproducibly.

    Args:
        task: A `Gaze`, `Joints`, `Numbers` or `Classes`.
        images: An `ImageSet` with the label.
        label: Its name.
        seed: Seed of the weights and of the order of the images.
        callbacks: Callbacks for `fit`.

    Returns:
        The trained `keras.Model`.
    """
    model = initialize(task.network(), seed)
    return fit(model, images, label, task.loss, task.preset, seed, callbacks, task.encode)
