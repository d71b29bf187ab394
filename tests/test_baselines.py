import numpy as np
import pytest

from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.gaze import angular_error
from simgan_lib.measure.baselines import (
    _half_size,
    adaptive_linear_regression,
    add_noise,
    constant,
    equalise,
    k_nearest,
    random_forest,
    randomise_domain,
    support_vectors,
)
from simgan_lib.simulators.pocket import simulate


def test_the_constant_guess_is_a_direction_and_the_best_single_one():
    gaze = simulate(300, seed=5).gaze
    guess = constant(gaze, 4)
    assert guess.shape == (4, 3) and (guess == guess[0]).all()
    assert np.linalg.norm(guess[0]) == pytest.approx(1)
    assert angular_error(guess[0], gaze).mean() < angular_error([0, 0, -1], gaze).mean()


def test_half_size_takes_means_of_four_pixels():
    image = np.arange(35 * 55).reshape(1, 35, 55)
    half = _half_size(image)
    assert half.shape == (1, 17 * 27)
    assert half[0, 0] == np.mean([0, 1, 55, 56]) and half[0, 27] == half[0, 0] + 110


def test_a_forest_learns_repeats_itself_and_needs_no_labels_of_the_test():
    train, test = simulate(600, seed=5), simulate(200, seed=6)
    estimate = random_forest(train, seed=1)
    got = estimate(EyeSet(test.images))
    assert got.shape == (200, 3) and got.dtype == np.float32
    guess = constant(train.gaze, 200)
    assert angular_error(got, test.gaze).mean() < 0.7 * angular_error(guess, test.gaze).mean()
    np.testing.assert_allclose(random_forest(train, seed=1)(test), got, atol=1e-6)
    assert not np.allclose(random_forest(train, seed=2)(test), got, atol=1e-3)


def test_equalised_eyes_have_as_much_of_each_grey_and_the_order_of_before():
    eyes = simulate(20, seed=5)
    equal = equalise(eyes)
    np.testing.assert_array_equal(equal.gaze, eyes.gaze)
    for before, after in zip(eyes.images, equal.images, strict=True):
        order = np.argsort(before, axis=None, kind="stable")
        assert (np.diff(after.ravel()[order].astype(int)) >= 0).all()
        np.testing.assert_allclose(np.percentile(after, [25, 50, 75]), [64, 128, 191], atol=4)


def test_equalising_takes_a_change_of_light_out_and_twice_is_once():
    eyes = simulate(20, seed=5)
    darker = EyeSet((0.6 * eyes.images + 0.5).astype(np.uint8), eyes.gaze)
    once, dark = equalise(eyes).images.astype(int), equalise(darker).images.astype(int)
    assert np.abs(once - dark).mean() < 2 < np.abs(eyes.images - darker.images.astype(int)).mean()
    np.testing.assert_allclose(equalise(EyeSet(once.astype(np.uint8))).images, once, atol=1)
    camera = simulate(20, "camera", seed=5)
    np.testing.assert_allclose(equalise(camera).images, camera.images, atol=1)


def test_noise_leaves_labels_alone_and_has_the_level_asked_for():
    eyes = simulate(50, seed=5)
    noisy = add_noise(eyes, 10, seed=1)
    np.testing.assert_array_equal(noisy.gaze, eyes.gaze)
    assert np.std(noisy.images - eyes.images.astype(float)) == pytest.approx(10, abs=0.5)


def test_noise_stays_on_the_scale_of_grey_and_keeps_its_mean():
    dark, light, grey = (EyeSet(np.full((50, 35, 55), v, np.uint8)) for v in (0, 255, 128))
    assert add_noise(dark, 2, seed=1).images.max() < 20
    assert add_noise(light, 2, seed=1).images.min() > 235
    noisy = add_noise(grey, 2, seed=1).images
    assert noisy.mean() == pytest.approx(128, abs=0.05)
    assert not np.array_equal(noisy[0], noisy[1])
    np.testing.assert_array_equal(add_noise(grey, 2, seed=1).images, noisy)


@pytest.mark.parametrize("train", [k_nearest, support_vectors, adaptive_linear_regression])
def test_the_classical_estimators_learn_and_need_no_labels_of_the_test(train):
    eyes, test = simulate(1_000, seed=5), simulate(200, seed=6)
    got = train(eyes)(EyeSet(test.images))
    assert got.shape == (200, 3) and got.dtype == np.float32
    guess = constant(eyes.gaze, 200)
    assert angular_error(got, test.gaze).mean() < 0.7 * angular_error(guess, test.gaze).mean()
    np.testing.assert_array_equal(train(eyes)(test), got)


@pytest.mark.parametrize("train", [k_nearest, support_vectors, adaptive_linear_regression])
def test_light_and_contrast_of_a_whole_image_say_nothing(train):
    eyes, test = simulate(500, seed=5), simulate(50, seed=6)
    estimate = train(eyes)
    dimmed = EyeSet((test.images // 2 + 20).astype(np.uint8))
    assert angular_error(estimate(dimmed), estimate(test)).mean() < 1


def test_a_known_eye_is_a_mixture_of_itself_alone():
    eyes = simulate(120, seed=5)
    gaze = adaptive_linear_regression(eyes)(eyes[:20])
    assert angular_error(gaze, eyes.gaze[:20]).max() < 0.1  # each is itself, and nothing else


def test_randomising_changes_the_look_and_neither_gaze_nor_place():
    eyes = simulate(100, seed=5)
    looks = randomise_domain(eyes, 1, seed=1)
    np.testing.assert_array_equal(looks.gaze, eyes.gaze)
    np.testing.assert_array_equal(randomise_domain(eyes, 1, seed=1).images, looks.images)
    assert not np.array_equal(randomise_domain(eyes, 1, seed=2).images, looks.images)
    changes = [np.abs(randomise_domain(eyes, s).images - eyes.images[:].astype(float)).mean()
               for s in (0.01, 0.5, 2)]  # fmt: skip
    assert changes[0] < 1 < changes[1] < changes[2]
    spread = [images.mean(axis=(1, 2)).std() for images in (eyes.images, looks.images)]
    assert spread[1] > spread[0]  # light differs more between eyes than before
