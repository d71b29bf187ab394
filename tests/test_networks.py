"""Refiner, discriminator and estimator: as the paper has them, to the last weight."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from simgan_lib.measure.estimator import gaze_estimator
from simgan_lib.simgan.discriminator import discriminator
from simgan_lib.simgan.refiner import refiner


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize(
    "build, weights, shape",
    [
        (refiner, 296_129, (35, 55, 1)),
        (discriminator, 75_906, (9, 14, 2)),
        (gaze_estimator, 9_816_659, (3,)),
    ],
)
def test_weights_and_shape_of_the_answer(build, weights, shape):
    model = build()
    assert trainable(model) == weights == model.count_params()
    assert model.input_shape == (None, 35, 55, 1)
    assert model.output_shape == (None, *shape)


def seen(model, place):
    """The pixels that one place of a network's answer depends on, as (height, width)."""
    image = tf.Variable(np.random.default_rng(0).uniform(-1, 1, (1, 35, 55, 1)).astype("float32"))
    with tf.GradientTape() as tape:
        answer = tf.reduce_sum(model(image)[(0, *place)])
    gradient = np.abs(tape.gradient(answer, image).numpy()[0, ..., 0])
    rows, columns = np.nonzero(gradient)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def test_a_refined_pixel_sees_19_pixels():
    assert seen(refiner(filters=16), (17, 27)) == (19, 19)


def test_a_patch_of_the_discriminator_sees_23_pixels():
    # Pooling passes one pixel of nine, so a single image may show less: take many.
    model = discriminator()
    spread = np.zeros((35, 55), bool)
    for seed in range(20):
        image = tf.Variable(
            np.random.default_rng(seed).uniform(-1, 1, (1, 35, 55, 1)).astype("float32")
        )
        with tf.GradientTape() as tape:
            answer = tf.reduce_sum(model(image)[0, 4, 7])
        spread |= tape.gradient(answer, image).numpy()[0, ..., 0] != 0
    rows, columns = np.nonzero(spread)
    assert (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1) == (23, 23)


def test_the_refiner_moves_nothing():
    # Without stride and pooling, shifting the question shifts the answer.
    model = refiner(filters=8)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 35, 55, 1)).astype("float32")
    answer = model.predict(image, verbose=0)
    shifted = model.predict(np.roll(image, (2, 3), axis=(1, 2)), verbose=0)
    np.testing.assert_allclose(shifted[:, 12:-10, 13:-10], answer[:, 10:-12, 10:-13], atol=1e-5)


def test_a_white_eye_passes_a_gradient_to_every_weight_of_the_last_layer():
    # Through a tanh none would get by, and the refiner could never come back.
    model = refiner(filters=8)
    model.layers[-1].bias.assign([20.0])
    images = np.random.default_rng(0).uniform(-1, 1, (4, 35, 55, 1)).astype("float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.abs(model(images) - images))
    for gradient in tape.gradient(loss, model.layers[-1].trainable_weights):
        assert np.abs(gradient).max() > 1e-3


def test_the_discriminators_logits_have_both_signs_and_a_gradient_everywhere():
    # With a ReLU on the logits a part of the patches is stuck at 0.693 without a gradient.
    images = np.random.default_rng(0).uniform(-1, 1, (16, 35, 55, 1)).astype("float32")
    model = discriminator()
    logits = model.predict(images, verbose=0)
    assert (logits < 0).mean() > 0.1 and (logits > 0).mean() > 0.1
    last = model.layers[-1]
    assert last.activation is keras.activations.linear


@pytest.mark.parametrize("build", [refiner, discriminator, gaze_estimator])
def test_a_saved_network_loads_without_our_code(build, tmp_path):
    model = build()
    model.save(tmp_path / "model.keras")
    image = np.linspace(-1, 1, 35 * 55, dtype="float32").reshape(1, 35, 55, 1)
    script = (
        "import sys, keras, numpy as np; sys.modules['simgan_lib'] = None;"
        "image = np.linspace(-1, 1, 35 * 55, dtype='float32').reshape(1, 35, 55, 1);"
        f"model = keras.models.load_model({str(tmp_path / 'model.keras')!r});"
        f"np.save({str(tmp_path / 'answer.npy')!r}, model.predict(image, verbose=0))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, cwd=tmp_path)
    np.testing.assert_allclose(
        np.load(tmp_path / "answer.npy"), model.predict(image, verbose=0), atol=1e-5
    )
