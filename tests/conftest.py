"""What several tests use: a preset so small that a run takes seconds, and eyes for it."""

import numpy as np
import pytest

from simgan_lib.data.eyes import EyeSet
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


def same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
