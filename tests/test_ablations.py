"""SimGAN with one part changed: that it is this part, and no other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from conftest import same, weights
from simgan_lib.measure.ablations import NoHistory, global_discriminator
from simgan_lib.simgan.discriminator import discriminator
from simgan_lib.simgan.history_buffer import HistoryBuffer
from simgan_lib.simgan.losses import REAL, REFINED, local_adversarial_loss
from simgan_lib.simgan.training import SimGAN, batches
from simgan_lib.simgan.weights import initialize


def images(seed, count=6):
    return tf.constant(np.random.default_rng(seed).uniform(-1, 1, (count, 35, 55, 1)), tf.float32)


def test_no_history_hands_back_what_it_is_given():
    remembers, forgets = HistoryBuffer(10), NoHistory(10)
    for buffer in (remembers, forgets):
        buffer.overwrite(images(0))
    fresh = images(1)
    np.testing.assert_array_equal(forgets.draw(fresh), fresh)
    assert not np.array_equal(remembers.draw(fresh), fresh)


def test_without_history_d_learns_from_the_current_refiner_alone(tiny):
    """Two different pasts make no difference to D's step, as they do with history."""
    for buffer, equal in ((NoHistory, True), (HistoryBuffer, False)):
        after = []
        for past in (2, 3):
            model = SimGAN.from_preset(tiny, seed=0, buffer=buffer)
            model.buffer.overwrite(images(past, 20))
            model.discriminator_step(images(0, 4), images(1, 4))
            after.append(weights(model.discriminator))
        assert same(*after) == equal


def test_the_global_discriminator_is_the_local_one_with_its_logits_averaged():
    local, total = (initialize(build(), 5) for build in (discriminator, global_discriminator))
    assert same(weights(local), weights(total))
    assert total.output_shape == (None, 1, 1, 2)
    logits = local(images(0)).numpy()
    np.testing.assert_allclose(total(images(0))[:, 0, 0], logits.mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("target", [REAL, REFINED])
def test_with_it_the_local_loss_is_a_global_one(target):
    logits = initialize(global_discriminator(), 5)(images(0))
    loss = local_adversarial_loss(logits, target)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    np.testing.assert_allclose(loss, entropy(np.full(6, target), logits[:, 0, 0]), rtol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"buffer": NoHistory},
        {"discriminator": global_discriminator},
    ],
)
def test_every_variant_begins_alike_and_trains(change, tiny, synthetic, real):
    base, model = SimGAN.from_preset(tiny, seed=1), SimGAN.from_preset(tiny, seed=1, **change)
    assert same(weights(base.refiner), weights(model.refiner))
    assert same(weights(base.discriminator), weights(model.discriminator))
    before = weights(model.refiner), weights(model.discriminator)
    fit = model.fit(batches(synthetic, real, tiny), steps_per_epoch=2, verbose=0, shuffle=False)
    assert all(np.isfinite(values).all() for values in fit.history.values())
    for player, start in zip((model.refiner, model.discriminator), before, strict=True):
        assert not same(start, weights(player))


# The lesson: its questions follow the results, its first table is lesson 06's
