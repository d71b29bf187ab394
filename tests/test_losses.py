"""The losses against an independent computation in NumPy, and the mistakes that others ship."""

import numpy as np
import pytest
import tensorflow as tf

from simgan_lib.simgan.losses import (
    REAL,
    REFINED,
    discriminator_loss,
    local_adversarial_loss,
    refiner_loss,
    self_regularization_loss,
)


def cross_entropy(logits, target):
    """Patch by patch, in float64, as the textbook has it."""
    total, count = 0.0, 0
    for image in np.asarray(logits, np.float64):
        for row in image:
            for pair in row:
                total -= np.log(np.exp(pair[target]) / np.exp(pair).sum())
                count += 1
    return total / count


@pytest.fixture
def logits():
    # 3 x 5 patches of 2 classes, so that axes that are mixed up do not fit by accident
    return np.random.default_rng(1).normal(0, 3, (4, 3, 5, 2)).astype("float32")


@pytest.fixture
def eyes():
    return np.random.default_rng(2).uniform(-1, 1, (2, 4, 35, 55, 1)).astype("float32")


@pytest.mark.parametrize("target", [REAL, REFINED])
def test_local_adversarial_loss_is_the_mean_over_all_patches(logits, target):
    assert float(local_adversarial_loss(logits, target)) == pytest.approx(
        cross_entropy(logits, target), rel=1e-5
    )


def test_both_sides_of_the_game(logits, eyes):
    other = logits[::-1] - 1.5
    assert float(discriminator_loss(logits, other)) == pytest.approx(
        cross_entropy(logits, 1) + cross_entropy(other, 0), rel=1e-5
    )
    refined, synthetic = eyes
    expected = cross_entropy(logits, 0) + 0.7 * np.abs(refined - synthetic).mean(dtype="float64")
    assert float(refiner_loss(logits, refined, synthetic, 0.7)) == pytest.approx(expected, rel=1e-5)


def test_classes_are_compared_and_not_neighbouring_patches():
    # One patch is sure to be refined, all others sure to be real. Whoever reshapes across the
    # class axis compares patches with each other and finds another number.
    logits = np.full((1, 9, 14, 2), [10.0, -10.0], "float32")
    logits[0, 4, 7] = [-10.0, 10.0]
    assert float(local_adversarial_loss(logits, REFINED)) == pytest.approx(20 * 125 / 126, rel=1e-5)
    assert float(local_adversarial_loss(logits, REAL)) == pytest.approx(20 / 126, rel=1e-5)


def test_lambda_means_the_same_for_every_batch_and_image_size(logits, eyes):
    refined, synthetic = eyes
    once = float(refiner_loss(logits, refined, synthetic, 2.0))
    batch = refiner_loss(*(np.concatenate([x] * 3) for x in (logits, refined, synthetic)), 2.0)
    wider = refiner_loss(
        *(np.concatenate([x] * 3, axis=2) for x in (logits, refined, synthetic)), 2.0
    )
    assert float(batch) == pytest.approx(once, rel=1e-5)
    assert float(wider) == pytest.approx(once, rel=1e-5)


def test_the_documented_factors_lead_to_the_sums_of_the_paper(eyes):
    refined, synthetic = eyes
    logits = np.random.default_rng(3).normal(0, 3, (4, 9, 14, 2)).astype("float32")
    chance = np.exp(logits[..., 0]) / np.exp(logits).sum(-1)
    paper_lambda = 126 / 1925 * 2.0
    total = -np.log(chance).sum() + paper_lambda * np.abs(refined - synthetic).sum()
    assert 4 * 126 * float(refiner_loss(logits, refined, synthetic, 2.0)) == pytest.approx(
        total, rel=1e-4
    )


def test_psi_transforms_both_images(eyes):
    refined, synthetic = eyes
    mean = lambda images: tf.reduce_mean(images, axis=(1, 2))  # noqa: E731
    expected = np.abs(refined.mean((1, 2)) - synthetic.mean((1, 2))).mean()
    assert float(self_regularization_loss(refined, synthetic, mean)) == pytest.approx(
        expected, rel=1e-4
    )


def test_every_patch_of_the_refiners_loss_pulls(logits, eyes):
    refined, synthetic = eyes
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = refiner_loss(logits, refined, synthetic, 1.0)
    gradient = tape.gradient(loss, logits).numpy()
    assert (gradient[..., REAL] < 0).all() and (gradient[..., REFINED] > 0).all()


def test_no_overflow_where_the_discriminator_is_sure():
    sure = np.full((1, 9, 14, 2), [500.0, -500.0], "float32")
    assert float(local_adversarial_loss(sure, REFINED)) == pytest.approx(1000)
