import numpy as np
import pytest

from simgan_lib.data.gaze import (
    angular_error,
    check_gaze,
    from_look_vec,
    from_pitch_yaw,
    to_pitch_yaw,
)

RNG = np.random.default_rng(0)
PITCH, YAW = RNG.uniform(-80, 80, 500), RNG.uniform(-170, 170, 500)


def test_directions_that_everybody_can_check():
    np.testing.assert_allclose(from_pitch_yaw(0, 0), [0, 0, -1])  # straight into the camera
    x, y, z = from_pitch_yaw(-30, 0)
    assert x == 0 and y == pytest.approx(0.5)  # looks down, and y points down
    x, y, z = from_pitch_yaw(0, 30)
    assert x == pytest.approx(-0.5) and y == 0  # iris at the left of the image, x points right
    np.testing.assert_allclose(from_pitch_yaw([0, 0], 30).shape, (2, 3))


def test_angles_and_vectors_are_two_names_of_one_thing():
    gaze = from_pitch_yaw(PITCH, YAW)
    assert gaze.shape == (500, 3) and gaze.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(gaze, axis=1), 1, atol=1e-6)
    for scale in (1, 7.5):  # an estimator's vectors are not of length 1
        pitch, yaw = to_pitch_yaw(gaze * scale)
        np.testing.assert_allclose(pitch, PITCH, atol=1e-4)
        np.testing.assert_allclose(yaw, YAW, atol=1e-4)
    x, y, z = gaze.T.astype(float)
    np.testing.assert_allclose(to_pitch_yaw(gaze)[0], np.degrees(np.arcsin(-y)), atol=1e-4)
    np.testing.assert_allclose(to_pitch_yaw(gaze)[1], np.degrees(np.arctan2(-x, -z)), atol=1e-4)


def test_look_vec_counts_y_upwards():
    look_vec = np.array([[0.3, 0.4, -np.sqrt(0.75), 0], [0.0, -0.6, -0.8, 0]])
    gaze = from_look_vec(look_vec)
    assert gaze.dtype == np.float32
    np.testing.assert_allclose(gaze, look_vec[:, :3] * [1, -1, 1], atol=1e-7)
    np.testing.assert_array_equal(from_look_vec(look_vec[:, :3]), gaze)
    np.testing.assert_array_equal(from_look_vec(look_vec[0]), gaze[0])
    assert to_pitch_yaw(gaze)[0][1] < 0  # UnityEyes' negative y looks down
    with pytest.raises(ValueError, match=r"received float64 of shape \(5, 2\)$"):
        from_look_vec(np.ones((5, 2)))


@pytest.mark.parametrize("degrees", [1e-6, 1e-3, 0.5, 7, 90, 179.999])
def test_angular_error_is_the_angle_of_the_rotation(degrees):
    angle = np.radians(degrees)
    turned = [np.sin(angle), 0, -np.cos(angle)]
    assert angular_error([0, 0, -1], turned) == pytest.approx(degrees, rel=1e-9)
    assert angular_error([0, 0, -3], np.multiply(turned, 0.2)) == pytest.approx(degrees, rel=1e-9)


def test_angular_error_of_many():
    a, b = from_pitch_yaw(PITCH, YAW), from_pitch_yaw(YAW / 3, PITCH)
    error = angular_error(a, b)
    assert error.shape == (500,)
    np.testing.assert_allclose(
        error, np.degrees(np.arccos((a.astype(float) * b).sum(1))), rtol=1e-4
    )
    np.testing.assert_array_equal(angular_error(a, b[0]), angular_error(b[0], a))
    assert angular_error(a, a).max() < 1e-6


def test_no_direction_is_no_perfect_prediction():
    error = angular_error([[0, 0, 0], [0, 0, -1], [np.nan, 0, 0]], [0, 0, -1])
    np.testing.assert_array_equal(error, [np.nan, 0, np.nan])


def test_check_gaze_makes_lengths_exact_and_leaves_exact_ones_alone():
    exact = from_pitch_yaw(PITCH, YAW)
    np.testing.assert_array_equal(check_gaze(exact, 500), exact)
    mended = check_gaze(np.round(exact, 2))
    np.testing.assert_allclose(np.linalg.norm(mended.astype(float), axis=1), 1, atol=1e-7)
    np.testing.assert_array_equal(check_gaze(mended), mended)


@pytest.mark.parametrize(
    "gaze, received",
    [
        (np.tile([0, 0, -1.0], (4, 1)), r"received shape \(4, 3\)$"),
        (np.zeros((5, 2)), r"received float64 of shape \(5, 2\)$"),
        (np.full((5, 3), "a"), r"received <U1 of shape \(5, 3\)$"),
        (np.tile([0, np.nan, -1.0], (5, 1)), r"5 of 5 are not; received \[0.0, nan, -1.0\]"),
        (np.tile([0, 0, -np.inf], (5, 1)), "received .*inf"),
        (np.vstack([np.tile([0, 0, -1.0], (4, 1)), [[0, 0, -2.0]]]), r"1 of 5 are not; .* -2.0\]"),
        (np.zeros((5, 3)), r"\[0.0, 0.0, 0.0\]"),
    ],
)
def test_check_gaze_says_what_is_wrong(gaze, received):
    with pytest.raises(ValueError, match=received):
        check_gaze(gaze, 5)
