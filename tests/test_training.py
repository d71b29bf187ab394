"""Algorithm 1: who learns when, from what, and what is remembered."""

import numpy as np
import pytest

from conftest import same, weights
from simgan_lib.data.images import to_float
from simgan_lib.simgan.training import PRESETS, batches, contrast
from simgan_lib.simulators.pocket import simulate


@pytest.fixture
def data(synthetic, real, tiny):
    return next(iter(batches(synthetic, real, tiny)))


def test_the_presets_are_the_papers_where_it_gives_a_value():
    paper = PRESETS["paper"]
    assert (paper.filters, paper.batch_size, paper.refiner_rate) == (64, 512, 0.001)
    assert (paper.refiner_warmup, paper.discriminator_warmup) == (1000, 200)
    assert (paper.refiner_steps, paper.discriminator_steps) == (2, 1)


@pytest.mark.parametrize("adversarial", [True, False])
def test_a_refiner_step_moves_the_refiner_alone(model, data, adversarial):
    r, d = weights(model.refiner), weights(model.discriminator)
    model.refiner_step(data[0][0], adversarial)
    assert not same(r, weights(model.refiner))
    assert same(d, weights(model.discriminator))
    assert int(model.refiner_optimizer.iterations) == 1
    assert int(model.discriminator_optimizer.iterations) == 0


def test_a_discriminator_step_moves_the_discriminator_alone(model, data):
    r, d = weights(model.refiner), weights(model.discriminator)
    model.discriminator_step(data[0][0], data[1][0])
    assert same(r, weights(model.refiner))
    assert not same(d, weights(model.discriminator))
    assert int(model.refiner_optimizer.iterations) == 0
    assert int(model.discriminator_optimizer.iterations) == 1


def test_the_discriminator_learns_inside_fit(model, synthetic, real, tiny):
    # Frozen by `trainable = False` it would sit at chance, which looks like convergence.
    model.stage = "discriminator"
    data = batches(synthetic, real, tiny)
    history = model.fit(data, steps_per_epoch=20, epochs=3, verbose=0).history
    assert history["accuracy_real"][-1] > 0.8
    assert history["accuracy_fresh"][-1] > 0.8
    assert all(weight.trainable for weight in model.discriminator.trainable_weights)
    assert len(model.discriminator.trainable_weights) == 10


def test_the_players_have_an_optimiser_each(model):
    r, d = model.refiner_optimizer, model.discriminator_optimizer
    assert r is not d
    assert not {id(v) for v in r.variables} & {id(v) for v in d.variables}


def test_the_refiner_listens_to_the_discriminator(model, data):
    # Without the adversarial term and with lambda 0 there would be nothing to learn from.
    model.weight = 0.0
    before = weights(model.refiner)
    model.refiner_step(data[0][0])
    assert not same(before, weights(model.refiner))


def test_the_refiner_wants_to_be_taken_for_real(model, data):
    model.weight = 0.0
    model.refiner_optimizer.learning_rate = 1e-4
    realism = []
    for _ in range(20):
        model.reset_metrics()
        model.refiner_step(data[0][0])
        realism.append(float(model.means["realism"].result()))
    assert realism[-1] < realism[0]


def test_one_round_is_k_g_refiner_steps_then_k_d_discriminator_steps(model, data, monkeypatch):
    model.refiner_steps, model.discriminator_steps = 3, 2
    synthetic = np.concatenate([data[0], data[0] + 0.01])  # six batches that differ
    real = np.concatenate([data[1], data[1] + 0.01])
    calls = []
    monkeypatch.setattr(model, "refiner_step", lambda x: calls.append(("R", x)))
    monkeypatch.setattr(model, "discriminator_step", lambda x, y: calls.append(("D", x, y)))
    model.train_step((synthetic, real))
    assert [call[0] for call in calls] == ["R", "R", "R", "D", "D"]
    for call, batch in zip(calls, synthetic, strict=False):  # a new batch for every step
        np.testing.assert_array_equal(call[1], batch)
    np.testing.assert_array_equal(calls[4][2], real[1])


def test_the_optimisers_count_what_the_algorithm_says(model, synthetic, real, tiny):
    model.fit(batches(synthetic, real, tiny), steps_per_epoch=5, verbose=0)
    assert int(model.refiner_optimizer.iterations) == 5 * 2
    assert int(model.discriminator_optimizer.iterations) == 5 * 1
    assert int(model.step) == 5


def test_contrast_is_that_of_the_images_as_they_are_saved(model, data):
    eyes = data[0][0].numpy()
    assert float(contrast(eyes / 2) / contrast(eyes)) == pytest.approx(0.5, abs=1e-5)
    assert contrast(eyes + 5) == 0  # beyond the range there is only white
    model.refiner.layers[-1].set_weights([np.zeros((1, 1, 4, 1)), np.array([0.5])])
    model.refiner_step(data[0][0], adversarial=False)
    assert float(model.means["contrast"].result()) == 0


def test_half_of_what_d_sees_is_remembered(model, data, monkeypatch):
    seen = []
    discriminator = model.discriminator

    def spy(images, training=None):
        seen.append(np.asarray(images))
        return discriminator(images, training=training)

    past = to_float(simulate(20, "synthetic", seed=9).images)
    model.buffer.overwrite(past)
    monkeypatch.setattr(model, "discriminator", spy)
    spy.trainable_variables = discriminator.trainable_variables
    model.discriminator_step(data[0][0], data[1][0])
    refined, real = seen
    fresh = np.asarray(model.refiner(data[0][0]))
    np.testing.assert_allclose(refined[:2], fresh[2:], atol=1e-5)
    for image in refined[2:]:
        assert any(np.array_equal(image, old) for old in past)
    np.testing.assert_array_equal(real, data[1][0])
    # and the two fresh ones are now remembered, in place of two others
    stored = np.asarray(model.buffer.images)
    assert sum(any(np.array_equal(s, old) for old in past) for s in stored) == 18
    for image in refined[:2]:
        assert any(np.array_equal(image, s) for s in stored)


def test_accuracies_of_real_fresh_and_remembered_are_told_apart(model, data):
    bias = model.discriminator.layers[-1]
    bias.set_weights([np.zeros_like(bias.get_weights()[0]), np.array([-5.0, 5.0])])
    model.discriminator_step(data[0][0], data[1][0])
    got = {name: float(mean.result()) for name, mean in model.means.items()}
    assert (got["accuracy_real"], got["accuracy_fresh"], got["accuracy_remembered"]) == (0, 1, 1)


def test_batches_are_a_pure_function_of_seed_and_position(synthetic, real, tiny):
    def take(count, **kwargs):
        data = batches(synthetic, real, tiny, **kwargs).take(count)
        return [tuple(map(np.asarray, pair)) for pair in data]

    whole, later = take(9, seed=5), take(2, seed=5, start=7)
    for a, b in zip(whole[7:], later, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])
    assert whole[0][0].shape == (3, 4, 35, 55, 1) and whole[0][1].shape == (1, 4, 35, 55, 1)
    assert not np.array_equal(whole[0][0], take(1, seed=6)[0][0])
