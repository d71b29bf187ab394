"""The gaze estimator learns from eyes, the same each time; its weights are in test_networks."""

import numpy as np
import pytest

from simgan_lib.data.eyes import EyeSet
from simgan_lib.measure.baselines import constant
from simgan_lib.measure.estimator import estimate_gaze, train_estimator
from simgan_lib.measure.evaluation import summary
from simgan_lib.simulators.pocket import simulate


@pytest.fixture(scope="module")
def eyes():
    return simulate(2000, "synthetic", seed=1)


@pytest.fixture(scope="module")
def model(eyes):
    return train_estimator(eyes, "pocket", seed=2)


def test_it_beats_a_constant_on_persons_it_has_not_seen(model, eyes):
    test = simulate(500, "synthetic", seed=7)
    assert not set(test.person) & set(eyes.person)
    learned = summary(estimate_gaze(model, test), test.gaze)["error_deg"]
    guessed = summary(constant(eyes.gaze, len(test)), test.gaze)["error_deg"]
    assert learned < 0.6 * guessed


def test_the_seed_decides(eyes):
    few = eyes[:300]
    first, again, other = (
        estimate_gaze(train_estimator(few, seed=seed), few[:50]) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_estimates_do_not_depend_on_the_batch(model, eyes):
    few = eyes[:70]
    np.testing.assert_allclose(
        estimate_gaze(model, few, batch_size=16), estimate_gaze(model, few), atol=1e-5
    )


def test_eyes_without_labels_teach_nothing(eyes):
    with pytest.raises(ValueError, match="images with their gaze; received EyeSet"):
        train_estimator(EyeSet(eyes.images))
