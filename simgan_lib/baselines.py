"""What a refiner and a network are compared with, to know what a number is worth."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from .eyes import EyeSet


def constant(train_gaze, count):
    """Guesses the mean direction of the training eyes for every eye.

    Args:
        train_gaze: Unit vectors, `(N, 3)`.
        count: Number of guesses.

    Returns:
        Unit vectors, `(count, 3)`, all the same.
    """
    mean = np.mean(train_gaze, axis=0)
    return np.tile(mean / np.linalg.norm(mean), (count, 1)).astype(np.float32)


def add_noise(eyes, level, seed=0):
    """Adds Gaussian noise to every pixel, the simplest rival of a refiner.

    Args:
        eyes: An `EyeSet`.
        level: Standard deviation in grey levels.
        seed: Seed of the noise.

    Returns:
        An `EyeSet` with the same labels.
    """
    noise = np.random.default_rng(seed).normal(0, level, eyes.images.shape)
    images = np.clip(np.round(eyes.images + noise), 0, 255).astype(np.uint8)
    return EyeSet(images, eyes.gaze, eyes.person, f"{eyes.source}, noise of {level} grey levels")


def random_forest(train, seed=0):
    """Trains a random forest on grey levels, the baseline of Kaggle's notebook on these images.

    The trees see images of half the size: a quarter of the pixels to search, and hardly worse.

    Args:
        train: A labelled `EyeSet`.
        seed: Seed of the trees.

    Returns:
        A function from an `EyeSet` to estimated gaze vectors, `(N, 3)`, shorter than 1: a forest
        answers with means of labels.
    """
    forest = RandomForestRegressor(100, max_features=0.1, n_jobs=-1, random_state=seed)
    forest.fit(_half_size(train.images), train.gaze)
    return lambda eyes: forest.predict(_half_size(eyes.images)).astype(np.float32)


def _half_size(images):
    """Means of squares of 2 x 2 pixels; the odd row and column are left out. -> (N, 459)"""
    squares = images[:, :34, :54].reshape(-1, 17, 2, 27, 2)
    return squares.mean(axis=(2, 4)).reshape(len(images), -1)
