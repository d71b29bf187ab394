"""Gaze estimators without a network, to know what a number is worth."""

import numpy as np


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
