"""Does refining help on your task? Networks that learned from several sets, and simple rivals."""

import math

import numpy as np

from ..data.images import to_levels
from .baselines import NOISE, STRENGTH, add_noise, k_nearest, randomise_domain
from .estimator import answers
from .tasks import Classes, task_of, train_network


def compare(trains, test, label="gaze", seed=0, classes=False, estimator="pocket", progress=None):
    """Trains a network on each of several sets and on what simple rivals make of the first.

    Each row is one training, so a small difference between two of them is chance: another seed
    shows how much.

    Args:
        trains: dict of `ImageSet` with the label, by the names that the rows will have; the first
            are a simulator's images as they are.
        test: An `ImageSet` of real images with the label.
        label: Name of the label.
        seed: Seed of all trainings and of noise.
        classes: Numbers are names of classes.
        estimator: "pocket" or "paper", for the gaze of eyes.
        progress: Function from the name of a training to callbacks for its `fit`.

    Returns:
        A dict of rows, each a dict of numbers: a constant answer, the labels of the nearest images,
        the first set with noise and in random light, blur and contrast, and each set. And of the
        last row how many of each class were taken for each class, None if the labels are no
        classes.

    Raises:
        ValueError: If a set lacks the label, or sets differ in kind.
    """
    for name, images in (*trains.items(), (f"the test {test.source}".strip(), test)):
        if label not in images.labels:
            raise ValueError(
                f"Every set needs the label {label!r}, or name another (--label); received {name} "
                f"with {', '.join(images.labels) or 'no labels'}"
            )
        if images.image_shape != test.image_shape:
            raise ValueError(
                "All sets must have images of one size, grey or in colour, so bring them to it; "
                f"received {name} with {images.image_shape} and a test with {test.image_shape}"
            )
        if not classes and images.labels[label].ndim == 1:
            check_numbers(name, images, label)
    simulated, truth = next(iter(trains.values())), test.labels[label]
    task = task_of(label, simulated.labels[label], simulated.image_shape, classes, estimator)
    for images in (*trains.values(), test):
        task.check(images.labels[label])
    rows = {
        "constant": task.measure(mean(task, simulated, test, label), truth),
        "nearest neighbours": task.measure(nearest(task, simulated, test, label), truth),
    }
    levels = simulated.images[:]
    if levels.dtype != np.uint8:
        levels = np.round(to_levels(levels)).astype(np.uint8)
    learned_from = {
        "noise": lambda: add_noise(simulated.like(levels), NOISE, seed),
        "randomised": lambda: randomise_domain(simulated.like(levels), STRENGTH, seed),
    } | {name: lambda images=images: images for name, images in trains.items()}
    for name, images in learned_from.items():
        callbacks = progress(name) if progress else None
        model = train_network(task, images(), label, seed, callbacks)
        found = task.decode(answers(model, test))
        rows[name] = task.measure(found, truth)
    confusion = task.confusion(found, truth) if isinstance(task, Classes) else None
    return rows, confusion


def check_numbers(name, images, label):
    """Raises where most labels are numbers and one is none, and says whose: often a slip."""
    values = images.labels[label]
    good = [is_number(value) for value in values]
    if len(good) / 2 < sum(good) < len(good):
        k = good.index(False)
        whose = images.labels["file"][k] if "file" in images.labels else f"image {k}"
        raise ValueError(
            f"Each {label!r} must be a number, so correct it or leave its image out, or say that "
            f"they name classes (--classes); received {str(values[k])!r} for {whose} in {name}"
        )


def is_number(value):
    """Whether a label is a finite number, also if it was read as a text."""
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def mean(task, simulated, test, label):
    """The same answer for every image of the test: the mean of the label. -> (N, k)"""
    known = task.numbers(simulated.labels[label])
    return known.mean(0, keepdims=True).repeat(len(test), 0)


def nearest(task, simulated, test, label):
    """What the simulated images know that are most similar to those of the test. -> (N, k)"""
    known = {label: task.numbers(simulated.labels[label])}
    return k_nearest(simulated.like(simulated.images, known), label=label)(test)
