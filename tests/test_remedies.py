"""What was tried against the error, that each remedy is what its name says."""

import numpy as np
import tensorflow as tf

from conftest import same, weights
from experiments.remedies import (
    Averaging,
    SmoothedSimGAN,
    noisy_discriminator,
    normalised_discriminator,
)
from simgan_lib.simgan.discriminator import discriminator
from simgan_lib.simgan.training import SimGAN, batches
from simgan_lib.simgan.weights import initialize


def eyes(seed, count=4):
    return tf.constant(np.random.default_rng(seed).uniform(-1, 1, (count, 35, 55, 1)), tf.float32)


def test_the_average_follows_the_weights_of_r_and_changes_no_training(tiny, synthetic, real):
    models = [kind.from_preset(tiny, 1) for kind in (SimGAN, Averaging)]
    start = weights(models[1].refiner)
    assert same(start, weights(models[1].averaged()))
    models[1].refiner_step(eyes(0))
    expected = [0.99 * a + 0.01 * b for a, b in zip(start, weights(models[1].refiner), strict=True)]
    for mean, weight in zip(weights(models[1].averaged()), expected, strict=True):
        np.testing.assert_allclose(mean, weight, atol=1e-6)
    models[0].refiner_step(eyes(0))
    for model in models:
        model.fit(batches(synthetic, real, tiny), steps_per_epoch=2, verbose=0, shuffle=False)
    for plain, averaging in zip(*(weights(model.refiner) for model in models), strict=True):
        np.testing.assert_allclose(averaging, plain, atol=1e-5)


def test_d_with_smoothed_labels_stops_at_nine_tenths(tiny):
    sure = {}
    for kind in (SimGAN, SmoothedSimGAN):
        model = kind.from_preset(tiny, 1)
        for _ in range(150):
            model.discriminator_step(eyes(0), eyes(1))
        sure[kind] = tf.nn.softmax(model.discriminator(eyes(1)))[..., 0].numpy().mean()
    assert sure[SimGAN] > 0.95
    assert 0.8 < sure[SmoothedSimGAN] < 0.93


def test_d_sees_noise_while_it_learns_and_none_when_it_is_asked():
    plain, noisy = initialize(discriminator(), 5), initialize(noisy_discriminator((35, 55, 1)), 5)
    np.testing.assert_allclose(noisy(eyes(0)), plain(eyes(0)), atol=1e-6)
    assert not np.allclose(noisy(eyes(0), training=True), plain(eyes(0)), atol=1e-2)


def test_convolutions_of_the_normalised_d_come_to_norm_1_and_alike_each_time():
    models = [initialize(normalised_discriminator((35, 55, 1)), 5) for _ in range(2)]
    for model in models:
        for _ in range(60):
            model(eyes(0), training=True)
        kernels = [w for w in weights(model) if w.ndim == 4]
        norms = [np.linalg.norm(k.reshape(-1, k.shape[-1]), 2) for k in kernels]
        np.testing.assert_allclose(norms, 1, atol=0.05)
    assert same(*map(weights, models))
