"""What is drawn for units, and where they look: against closed forms, NumPy and another library."""

import keras
import numpy as np
import pytest

from conftest import in_double
from simgan_lib.family import seeing
from simgan_lib.measure.estimator import gaze_estimator
from simgan_lib.simgan.weights import initialize
from simgan_lib.simulators.pocket import pupil_centres, simulate


@pytest.fixture(scope="module")
def estimator():
    return initialize(gaze_estimator((4, 4, 4, 4, 4), 8), seed=1)


@pytest.fixture(scope="module")
def part(estimator):
    """As far as the maps of its last convolution."""
    return keras.Model(estimator.input, estimator.layers[6].output)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(-1, 1, (3, 35, 55, 1)).astype("float32")


def excited(model, images):
    return np.array(seeing.excitement(model, images))


def test_excitement_is_the_mean_of_a_map_or_the_unit_itself(estimator, part, images):
    maps = np.array(part(images))
    assert maps.shape == (3, 10, 20, 4)
    np.testing.assert_allclose(excited(part, images), maps.mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(excited(estimator, images), np.array(estimator(images)), rtol=1e-6)


def test_the_slope_is_that_of_finite_differences(estimator, part, images):
    slopes = [np.array(seeing.slope(part, unit, images)) for unit in range(4)]
    with in_double(estimator) as precise:
        precise = keras.Model(precise.input, precise.layers[6].output)
        for row, column in ((10, 20), (17, 27), (22, 35)):
            step = np.zeros(images.shape)
            step[:, row, column] = 1e-6
            up, down = (excited(precise, images + way * step) for way in (1, -1))  # (3, 4)
            found = np.stack([slope[:, row, column, 0] for slope in slopes], axis=1)
            np.testing.assert_allclose(found, (up - down) / 2e-6, rtol=1e-4, atol=1e-7)


def test_each_image_may_have_a_unit_of_its_own(part, images):
    together = np.array(seeing.slope(part, [2, 0, 3], images))
    alone = [seeing.slope(part, unit, images)[k] for k, unit in enumerate((2, 0, 3))]
    np.testing.assert_allclose(together, alone, atol=1e-8)


def test_a_step_has_the_length_of_its_rate_or_none():
    def faint(pixels):
        return 1e-4 * keras.ops.relu(pixels)

    images = np.random.default_rng(0).uniform(-5, 5, (3, 5, 7, 1)).astype("float32")
    images[1] = -1
    step = np.array(seeing.step_up(faint, 0, images, 0.1, limit=np.inf)) - images
    np.testing.assert_allclose((step**2).mean((1, 2, 3)) ** 0.5, [0.1, 0, 0.1], rtol=1e-4)


@pytest.mark.parametrize("unit", range(4))
def test_steps_up_excite_the_unit_more_and_more(part, images, unit):
    climbing, before = images / 10, -np.inf
    for _ in range(5):
        climbing = seeing.step_up(part, unit, climbing, 0.02)
        now = excited(part, climbing)[:, unit]
        assert (now > before).all()
        before = now
    assert (before > excited(part, images / 10)[:, unit]).all()


def test_of_a_linear_unit_the_best_image_is_known(images):
    # Of all images in [-1, 1] the signs of its weights excite it most, by the sum of their sizes.
    w = np.random.default_rng(1).normal(0, 1, (35 * 55, 1)).astype("float32")
    flat = keras.layers.Flatten()(inputs := keras.Input((35, 55, 1)))
    dense = keras.layers.Dense(1, use_bias=False)
    model = keras.Model(inputs, dense(flat))
    w = np.where(np.abs(w) < 0.05, np.copysign(0.05, w), w)  # or the faintest pixels take for ever
    dense.set_weights([w])
    climbing = images
    for _ in range(45):
        climbing = seeing.step_up(model, 0, climbing, 1)
    np.testing.assert_array_equal(climbing, np.sign(w).reshape(1, 35, 55, 1).repeat(3, 0))
    np.testing.assert_allclose(excited(model, climbing), np.abs(w).sum(), rtol=1e-5)


def test_a_step_never_leaves_the_range_and_changes_nothing_else(part, images):
    before, weights = images.copy(), part.get_weights()
    assert np.abs(seeing.step_up(part, 1, images, 5)).max() == 1
    seeing.jittered_step(part, 1, images, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(images, before)
    assert all((a == b).all() for a, b in zip(weights, part.get_weights(), strict=True))


def test_shifts_are_undone(images):
    def every_pixel_alike(pixels):
        return pixels**2

    rng = np.random.default_rng(0)
    for _ in range(5):
        jittered = seeing.jittered_step(every_pixel_alike, 0, images, 0.1, rng)
        plain = seeing.step_up(every_pixel_alike, 0, images, 0.1)
        np.testing.assert_allclose(jittered, plain, atol=1e-6)


def test_a_unit_that_minds_one_place_is_spread_over_the_reach(images):
    def one_place(pixels):
        return pixels[:, 17, 27]

    rng, climbing = np.random.default_rng(0), 0 * images
    for _ in range(300):
        climbing = seeing.jittered_step(one_place, 0, climbing, 0.01, rng, reach=2)
    touched = np.zeros((35, 55), bool)
    touched[15:20, 25:30] = True
    np.testing.assert_array_equal(np.array(climbing)[0, ..., 0] > 0, touched)


@pytest.mark.parametrize("width", [55, 54])
def test_a_spectrum_makes_the_image_it_was_made_from(images, width):
    images = images[:, :, :width]
    f = seeing.frequencies(35, width)
    # Not the library's, but by NumPy: the spectrum whose scaled waves are these images.
    spectrum = np.fft.rfft2(images[..., 0]) * f / np.sqrt(35 * width)
    parts = np.stack([spectrum.real, spectrum.imag], axis=-1).astype("float32")
    made = np.array(seeing.from_spectrum(parts, width))
    np.testing.assert_allclose(made, images, atol=1e-5)


def test_frequencies_count_the_waves_on_an_images_width():
    f = seeing.frequencies(35, 55)
    assert f.shape == (35, 28) and f[0, 0] == 1
    np.testing.assert_allclose(f[0, 1:], np.arange(1, 28), rtol=1e-6)
    np.testing.assert_allclose(f[7, 0], 11, rtol=1e-6)  # 7 waves on 35 pixels: 11 on 55
    np.testing.assert_allclose(f[-7], f[7])


def test_a_wave_twice_as_fine_has_half_the_amplitude():
    spectrum = np.zeros((2, 35, 28, 2), "float32")
    spectrum[0, 0, 3, 0] = spectrum[1, 0, 6, 0] = 1
    coarse, fine = np.array(seeing.from_spectrum(spectrum, 55))[..., 0]
    x = 2 * np.pi * np.arange(55) / 55
    amplitude = 2 / 3 / np.sqrt(35 * 55)
    np.testing.assert_allclose(coarse, np.tile(amplitude * np.cos(3 * x), (35, 1)), atol=1e-6)
    np.testing.assert_allclose(fine, np.tile(amplitude / 2 * np.cos(6 * x), (35, 1)), atol=1e-6)


def test_what_is_drawn_excites_its_unit_more_than_eyes_do(part):
    eyes = simulate(40, "synthetic", seed=1).images[..., None] / 127.5 - 1
    seen = excited(part, eyes.astype("float32")).max(0)
    units = np.flatnonzero(seen > 0)
    drawn = seeing.draw(part, units.tolist(), seed=0, steps=60)
    assert len(units) and drawn.shape == (len(units), 35, 55, 1) and np.abs(drawn).max() <= 1
    assert (excited(part, drawn)[range(len(units)), units] > seen[units]).all()
    again = seeing.draw(part, units.tolist(), seed=0, steps=60)
    np.testing.assert_allclose(again, drawn, atol=1e-5)


# Where it looks


def test_a_smooth_gradient_is_the_mean_of_plain_ones(estimator, images):
    found = seeing.smooth_gradient(estimator, 0, images, noise=0.3, samples=4, seed=5)
    rng = np.random.default_rng(5)
    noisy = [images + 0.3 * rng.standard_normal(images.shape, "float32") for _ in range(4)]
    plain = [seeing.slope(estimator, 0, x) for x in noisy]
    np.testing.assert_allclose(found, np.mean(plain, axis=0), atol=1e-6)
    still = seeing.smooth_gradient(estimator, 0, images, noise=0, samples=3)
    np.testing.assert_allclose(still, seeing.slope(estimator, 0, images), atol=1e-7)


@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
def test_gradients_agree_with_a_library(estimator, images, monkeypatch):
    from tf_keras_vis.saliency import Saliency

    theirs = Saliency(estimator)
    how = {"keepdims": True, "gradient_modifier": None, "normalize_map": False}
    plain = theirs(lambda answers: answers[:, 1], images, **how)
    np.testing.assert_allclose(seeing.slope(estimator, 1, images), plain, atol=1e-7)

    # Its noise is a share of each image's own range, and drawn at once for all samples.
    ours = np.random.default_rng(0)

    def the_same_noise(mean, deviation, shape):
        return np.asarray(deviation) * ours.standard_normal(shape, "float32")

    monkeypatch.setattr(np.random, "normal", the_same_noise)
    images = images / np.abs(images).max((1, 2, 3), keepdims=True)
    images[:, 0, 0], images[:, 0, 1] = -1, 1  # a range of 2
    smooth = theirs(
        lambda answers: answers[:, 1], images, smooth_samples=6, smooth_noise=0.1, **how
    )
    found = seeing.smooth_gradient(estimator, 1, images, noise=0.2, samples=6, seed=0)
    np.testing.assert_allclose(found, smooth, atol=1e-6)
    assert np.abs(found - plain).max() > 1e-4


def test_shares_are_those_of_areas_on_an_even_map():
    centres = np.array([[27.0, 17], [0, 0], [-100, 0]])
    even = -np.ones((3, 35, 55))
    inside = [len([1 for x in range(-9, 10) for y in range(-9, 10) if x * x + y * y <= 81]), 0, 0]
    inside[1] = len([1 for x in range(10) for y in range(10) if x * x + y * y <= 81])
    np.testing.assert_allclose(seeing.share_around(even, centres, 9), np.divide(inside, 35 * 55))


def test_the_circle_lies_around_the_pupil():
    eyes = simulate(40, "camera", seed=3, persons=list(range(40)))
    centres = pupil_centres(eyes, seed=3)
    dark = 255.0 - eyes.images
    around = seeing.share_around(dark, centres, 9)
    assert (around > seeing.share_around(dark, centres + [18, 0], 9)).mean() > 0.9
