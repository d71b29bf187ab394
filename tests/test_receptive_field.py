"""The receptive field, counted and measured."""

import numpy as np
import pytest

from simgan_lib.course.receptive_field import influence, receptive_field
from simgan_lib.simgan.discriminator import discriminator
from simgan_lib.simgan.refiner import refiner
from simgan_lib.simgan.weights import initialize

REFINER = [3] * 9 + [1], [1] * 10
DISCRIMINATOR = [3, 3, 3, 3, 1, 1], [2, 2, 1, 1, 1, 1]


@pytest.fixture(scope="module")
def eyes():
    return np.random.default_rng(0).uniform(-1, 1, (8, 35, 55, 1)).astype("float32")


def test_the_papers_networks():
    assert receptive_field(*REFINER) == 19
    assert receptive_field(*DISCRIMINATOR) == 23
    assert receptive_field([], []) == 1


@pytest.mark.parametrize(
    ("model", "layers", "row", "column"),
    [(refiner(4), REFINER, 17, 27), (discriminator(), DISCRIMINATOR, 4, 7)],
)
def test_what_is_counted_is_what_is_seen(model, layers, row, column, eyes):
    seen = influence(initialize(model, 0), eyes, row, column)
    assert seen.shape == (35, 55)
    rows, columns = np.nonzero(seen)
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == receptive_field(*layers)


def test_layers_without_a_stride_are_refused():
    with pytest.raises(ValueError):
        receptive_field([3, 3], [1])
