"""Numbers by which estimators are compared, on cases where they are known."""

import numpy as np
import pytest

from simgan_lib.data.gaze import from_pitch_yaw, to_pitch_yaw
from simgan_lib.measure.baselines import constant
from simgan_lib.measure.evaluation import calibrate, movement, share_within, summary
from simgan_lib.simulators.pocket import pupil_centres, simulate


@pytest.fixture
def gaze():
    rng = np.random.default_rng(0)
    return from_pitch_yaw(rng.uniform(-20, 5, 500), rng.uniform(-20, 20, 500))


def test_who_is_right_has_no_error(gaze):
    assert summary(3 * gaze, gaze) == {
        "error_deg": pytest.approx(0, abs=1e-4),
        "error_deg_calibrated": pytest.approx(0, abs=1e-4),
        "within_7deg": 100,
    }


def test_a_constant_offset_is_what_calibration_takes_out(gaze):
    pitch, yaw = to_pitch_yaw(gaze)
    numbers = summary(from_pitch_yaw(pitch - 8, yaw), gaze)
    assert numbers["error_deg"] == pytest.approx(8, abs=1e-3)
    assert numbers["error_deg_calibrated"] == pytest.approx(0, abs=1e-3)
    assert numbers["within_7deg"] == 0


def test_calibration_takes_out_nothing_else(gaze):
    pitch, yaw = to_pitch_yaw(gaze)
    noise = np.random.default_rng(1).normal(0, 4, yaw.shape)
    vectors = from_pitch_yaw(pitch, yaw + noise - noise.mean())
    np.testing.assert_allclose(calibrate(vectors, gaze), vectors, atol=1e-5)


def test_share_within_counts_the_limit_itself():
    assert share_within([6.9, 7.0, 7.1, 30], 7.0) == 50


def test_the_constant_guess_is_the_mean_direction(gaze):
    guess = constant(gaze, 3)
    assert guess.shape == (3, 3)
    np.testing.assert_allclose(np.linalg.norm(guess, axis=1), 1, atol=1e-6)
    mean = gaze.mean(0)
    np.testing.assert_allclose(guess[1], mean / np.linalg.norm(mean), atol=1e-6)


def test_movement_finds_a_shift_and_none_where_there_is_none():
    eyes = simulate(60, seed=3, persons=list(range(60)))
    centres = pupil_centres(eyes, seed=3)
    still = movement(eyes.images, eyes.images, centres)
    assert np.abs(still).max() < 0.3
    shifted = np.roll(eyes.images, (1, 2), axis=(1, 2))  # one down, two to the right
    np.testing.assert_allclose(
        np.median(movement(eyes.images, shifted, centres), axis=0), (2, 1), atol=0.1
    )


def test_movement_does_not_mind_another_light():
    eyes = simulate(60, seed=3, persons=list(range(60)))
    dimmed = (eyes.images * 0.5 + 60).astype(np.uint8)
    moved = movement(eyes.images, dimmed, pupil_centres(eyes, seed=3))
    assert np.abs(moved).max() < 0.5


def test_movement_finds_half_a_pixel():
    eyes = simulate(60, seed=3, persons=list(range(60)))
    images = eyes.images.astype(float)
    half = (images + np.roll(images, 1, axis=2)) / 2
    right, down = np.median(movement(images, half, pupil_centres(eyes, seed=3)), axis=0)
    assert right == pytest.approx(0.5, abs=0.15) and down == pytest.approx(0, abs=0.1)
