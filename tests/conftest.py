"""What several tests use: a preset so small that a run takes seconds, and eyes for it."""

import contextlib

import keras
import numpy as np
import pytest

from simgan_lib.data.eyes import EyeSet
from simgan_lib.measure.estimator import gaze_estimator
from simgan_lib.simgan.training import Preset, SimGAN
from simgan_lib.simulators.pocket import simulate

TINY = Preset(
    filters=4, batch_size=4, weight=1.0, buffer_size=20, refiner_rate=1e-3,
    discriminator_rate=1e-3, refiner_warmup=3, discriminator_warmup=3, steps=6,
)  # fmt: skip


@pytest.fixture(scope="session")
def synthetic():
    return simulate(60, "synthetic", seed=1)


@pytest.fixture(scope="session")
def real():
    return EyeSet(simulate(50, "camera", seed=2).images)


@pytest.fixture
def model():
    return SimGAN.from_preset(TINY, seed=3)


@pytest.fixture(scope="session")
def tiny():
    return TINY


def weights(network):
    return [np.asarray(w) for w in network.get_weights()]


@contextlib.contextmanager
def in_double(estimator):
    """A small gaze estimator in double precision, in which a finite difference is exact enough."""

    def everywhere(kind):
        keras.config.set_floatx(kind)  # of inputs
        keras.config.set_dtype_policy(kind)  # of layers

    everywhere("float64")
    try:
        precise = gaze_estimator((4, 4, 4, 4, 4), 8)
        precise.set_weights(estimator.get_weights())
        yield precise
    finally:
        everywhere("float32")


def same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
