"""The rivals of lesson 12, against NumPy, separate tapes and the plain training they add to."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from conftest import same, weights
from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.images import ImageSet, to_float
from simgan_lib.family.adda import Adda, train_adda
from simgan_lib.family.attacks import GREY
from simgan_lib.family.cycle import Cycle, cycle_loss
from simgan_lib.family.domain_adversarial import (
    DomainAdversarial,
    domain_classifier,
    reversal_weight,
    reverse_gradient,
    train_domain_adversarial,
)
from simgan_lib.family.gaze_consistency import GazeConsistency
from simgan_lib.family.virtual_adversarial import (
    VirtualAdversarial,
    smoothness_loss,
    train_virtual_adversarial,
    virtual_perturbation,
)
from simgan_lib.measure.estimator import (
    ESTIMATORS,
    EstimatorPreset,
    estimate_gaze,
    gaze_estimator,
    train_estimator,
)
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import SimGAN, batches
from simgan_lib.simgan.weights import initialize

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.exp")

TRAININGS = train_domain_adversarial, train_virtual_adversarial, train_adda


@pytest.fixture(scope="module", autouse=True)
def at_once():
    """A few steps end before a graph is built."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "small", EstimatorPreset((2, 2, 2, 2, 2), 4, 30, 1e-2, 1))


@pytest.fixture
def estimator():
    return initialize(gaze_estimator((2, 2, 2, 2, 2), 4), seed=1)


@pytest.fixture
def data(synthetic, real):
    x, y = (tf.constant(to_float(eyes.images[:6])) for eyes in (synthetic, real))
    return x, tf.constant(synthetic.gaze[:6]), y


def gradients(loss, variables):
    """The gradient of a loss, a function without arguments, by a tape of its own."""
    with tf.GradientTape() as tape:
        value = loss()
    return [np.array(g) for g in tape.gradient(value, variables)]


def moved(variables, step):
    """How far a step moves variables that an optimiser with rate 1 and no memory takes downhill."""
    before = [np.array(v) for v in variables]
    step()
    return [b - np.array(v) for b, v in zip(before, variables, strict=True)]


def downhill():
    return keras.optimizers.SGD(1.0)


def close(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6)


# All that train an estimator


@pytest.mark.parametrize("method", TRAININGS)
def test_the_seed_and_the_eyes_decide_and_labels_of_the_target_do_not(method, synthetic, real):
    wrong = EyeSet(real.images, np.tile(np.array([0, 0, -1], "float32"), (len(real), 1)))
    first, again = method(synthetic, real, "small", 2), method(synthetic, wrong, "small", 2)
    assert same(weights(first), weights(again))
    assert estimate_gaze(first, real).shape == (len(real), 3)
    for other in (method(synthetic, real, "small", 3), method(synthetic, synthetic, "small", 2)):
        assert not same(weights(first), weights(other))


@pytest.mark.parametrize("method", TRAININGS[:2])
def test_without_its_adversary_each_learns_as_the_plain_estimator(method, synthetic, real):
    plain = weights(train_estimator(synthetic, "small", 2))
    assert same(plain, weights(method(synthetic, real, "small", 2, weight=0.0)))
    assert not same(plain, weights(method(synthetic, real, "small", 2)))


@pytest.mark.parametrize("method", TRAININGS)
def test_eyes_without_labels_and_of_another_size_are_refused(method, synthetic, real):
    with pytest.raises(ValueError, match="images with their gaze; received EyeSet"):
        method(real, real, "small")
    smaller = ImageSet(real.images[:, 1:])
    with pytest.raises(ValueError, match=r"one shape, \(35, 55, 1\) here; received \(34, 55, 1\)"):
        method(synthetic, smaller, "small")


# Domain-adversarial


def test_a_reversed_gradient_is_that_of_a_separate_tape_times_minus_the_weight():
    x = tf.Variable(np.random.default_rng(0).normal(size=(5, 4)).astype("float32"))
    w = tf.Variable(np.random.default_rng(1).normal(size=(4, 2)).astype("float32"))

    def loss(through):
        return lambda: tf.reduce_sum(tf.tanh(through(2 * x) @ w) ** 2)

    np.testing.assert_array_equal(reverse_gradient(x, 0.3), x)
    plain = gradients(loss(lambda values: values), [x, w])
    for weight in (0.0, 0.3, tf.constant(2.0)):
        reversed_ = gradients(loss(lambda values, k=weight: reverse_gradient(values, k)), [x, w])
        close(reversed_, [-np.float32(weight) * plain[0], plain[1]])  # after it nothing changes


def test_the_reversal_begins_at_nothing_and_ends_at_all():
    progress = np.linspace(0, 1, 11, dtype="float32")
    right = 2 / (1 + np.exp(-10 * progress)) - 1
    np.testing.assert_allclose(reversal_weight(progress), right, atol=1e-6)
    assert right[0] == 0 and right[-1] > 0.999


def test_one_step_takes_both_players_where_each_wants_to_go(estimator, data):
    synthetic, gaze, camera = data
    classifier = initialize(domain_classifier(estimator.layers[-3].output.shape[-1], 5), seed=2)
    model = DomainAdversarial(estimator, classifier, steps=10, weight=0.5)
    model.compile(downhill(), "mse")
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(4)

    def error():
        return tf.reduce_mean((estimator(synthetic) - gaze) ** 2)

    def entropy():
        logits = [classifier(model.features(x)) for x in (synthetic, camera)]
        told = [tf.nn.softmax(logits[0])[:, 1], tf.nn.softmax(logits[1])[:, 0]]
        return -sum(tf.reduce_mean(tf.math.log(p)) for p in told)

    features, head = model.features.trainable_variables, model.head.trainable_variables
    weight = 0.5 * (2 / (1 + np.exp(-4)) - 1)
    help_, tell = gradients(error, features), gradients(entropy, features)
    expected = [a - weight * b for a, b in zip(help_, tell, strict=True)]
    expected += gradients(error, head) + gradients(entropy, classifier.trainable_variables)
    variables = [*features, *head, *classifier.trainable_variables]
    close(moved(variables, lambda: model.train_step(data)), expected)
    assert max(np.abs(g).max() for g in tell) > 1e-4


# Virtual adversarial


def unit(values):
    return values / np.sqrt((values**2).mean((1, 2, 3), keepdims=True))


def jacobian(model, image):
    """The derivative of the answers for one image, `(k, pixels)`."""
    image = tf.constant(image[None])
    with tf.GradientTape() as tape:
        tape.watch(image)
        answers = model(image)
    return np.array(tape.jacobian(answers, image)).reshape(answers.shape[-1], -1)


def test_a_power_iteration_is_numpys_and_several_lead_to_the_worst_change(estimator, data):
    noise = np.random.default_rng(0).normal(size=(2, 3, 35, 55, 1)).astype("float32")
    images = np.array(data[0][:3]) + 0.02 * noise[0]  # no two pixels alike, for max-pooling
    once = np.array(virtual_perturbation(estimator, images, noise[1], size=2))
    often = once
    for _ in range(4):
        often = np.array(virtual_perturbation(estimator, images, often, size=2))
    for k, image in enumerate(images):
        j = jacobian(estimator, image)
        product = (j.T @ (j @ noise[1, k].ravel())).reshape(1, 35, 55, 1)
        np.testing.assert_allclose(np.mean(unit(product) * once[k]) / (2 * GREY), 1, atol=0.01)
        sways = [np.linalg.norm(j @ p[k].ravel()) / np.linalg.norm(p[k]) for p in (once, often)]
        assert sways[0] < 1.001 * sways[1] and sways[1] > 0.9 * np.linalg.norm(j, 2)


def test_every_perturbation_has_the_size_asked_for_also_where_nothing_sways_the_answer(
    estimator, data
):
    images = np.array(data[0])
    direction = np.random.default_rng(0).normal(size=images.shape).astype("float32")
    for size in (1, 4):
        found = np.array(virtual_perturbation(estimator, images, direction, size))
        np.testing.assert_allclose((found**2).mean((1, 2, 3)) ** 0.5, size * GREY, rtol=1e-4)
    estimator.layers[-1].set_weights([np.zeros((4, 3)), np.ones(3)])
    found = virtual_perturbation(estimator, images, direction, 4)
    np.testing.assert_allclose(found, 4 * GREY * unit(direction), rtol=1e-4)


def test_it_sways_the_answer_more_than_noise_does(estimator, data):
    images = np.array(data[0])
    noise = np.random.default_rng(0).normal(size=images.shape).astype("float32")
    worst = virtual_perturbation(estimator, images, noise, 2)
    losses = [smoothness_loss(estimator, images, p) for p in (worst, 2 * GREY * unit(noise))]
    assert losses[0] > 10 * losses[1]


def test_smoothness_is_a_mean_square_whose_target_is_no_variable(estimator, data):
    images, change = np.array(data[0]), 0.1 * np.array(data[2])
    answers, there = np.array(estimator(images)), np.array(estimator(images + change))
    loss = smoothness_loss(estimator, images, change)
    np.testing.assert_allclose(loss, ((there - answers) ** 2).mean(), rtol=1e-5)
    variables = estimator.trainable_variables
    found = gradients(lambda: smoothness_loss(estimator, images, change), variables)
    fixed = gradients(
        lambda: tf.reduce_mean((estimator(images + change) - answers) ** 2), variables
    )
    close(found, fixed)


def test_a_step_adds_the_smoothness_of_all_eyes_to_the_error_of_the_labelled(estimator, data):
    labelled, gaze, unlabelled = data
    model = VirtualAdversarial(estimator, seed=5, size=2, weight=3.0)
    model.compile(downhill(), "mse")
    images = tf.concat([labelled, unlabelled], axis=0)
    direction = keras.random.normal(images.shape, seed=keras.random.SeedGenerator(5))
    change = virtual_perturbation(estimator, images, direction, 2)
    variables = estimator.trainable_variables
    error = gradients(lambda: tf.reduce_mean((estimator(labelled) - gaze) ** 2), variables)
    rough = gradients(lambda: smoothness_loss(estimator, images, change), variables)
    expected = [a + 3 * b for a, b in zip(error, rough, strict=True)]
    close(moved(variables, lambda: model.train_step(data)), expected)


# ADDA


def test_adda_moves_each_player_by_its_own_loss_and_leaves_the_source(estimator, data):
    synthetic, _, camera = data
    target = keras.models.clone_model(estimator)
    target.set_weights([w + 0.01 for w in estimator.get_weights()])
    discriminator = initialize(domain_classifier(estimator.layers[-3].output.shape[-1], 5), seed=2)
    model = Adda(estimator, target, discriminator, downhill())
    model.compile(downhill(), "mse")

    def verdict(network, eyes, index):
        return tf.reduce_mean(tf.math.log(tf.nn.softmax(discriminator(network(eyes)))[:, index]))

    def tell():
        return -verdict(model.source, synthetic, 0) - verdict(model.target, camera, 1)

    convolutions = model.target.trainable_variables
    expected = gradients(tell, discriminator.trainable_variables)
    expected += gradients(lambda: -verdict(model.target, camera, 0), convolutions)
    before, head = weights(estimator), weights(target)[-4:]
    variables = [*discriminator.trainable_variables, *convolutions]
    close(moved(variables, lambda: model.train_step(data)), expected)
    assert same(before, weights(estimator)) and same(head, weights(target)[-4:])


def test_adda_begins_with_the_plain_estimator_and_keeps_its_head(synthetic, real):
    plain = weights(train_estimator(synthetic, "small", 2))
    adapted = weights(train_adda(synthetic, real, "small", 2))
    assert same(plain[-4:], adapted[-4:]) and not same(plain[:-4], adapted[:-4])
    still = weights(train_adda(synthetic, real, "small", 2, rate=0.0))
    assert same(plain, still)


# The cycle


def test_the_cycle_loss_is_the_mean_way_that_is_missing():
    x, x2, y, y2 = np.random.default_rng(0).uniform(-1, 1, (4, 3, 35, 55, 1)).astype("float32")
    expected = np.abs(x2 - x).mean() + np.abs(y2 - y).mean()
    np.testing.assert_allclose(cycle_loss(x, x2, y, y2), expected, rtol=1e-5)
    assert cycle_loss(x, x, y, y) == 0


def players(model):
    networks = (
        player for side in (model, model.back) for player in (side.refiner, side.discriminator)
    )
    return [weights(network) for network in networks]


def changed(model, step):
    """Which of R, D, R' and D' a step changes."""
    before = players(model)
    step()
    return [not same(a, b) for a, b in zip(before, players(model), strict=True)]


def test_each_step_of_the_cycle_moves_its_players_alone(tiny, data):
    model = Cycle.from_preset(tiny, seed=3)
    x, _, y = data
    assert changed(model, lambda: model.cycle_step(x[:4], y[:4])) == [True, False, True, False]
    assert changed(model, lambda: model.discriminator_step(x[:4], y[:4])) == [
        False, True, False, True,
    ]  # fmt: skip


def test_all_four_players_begin_from_weights_of_their_own_and_simgans_are_two_of_them(tiny):
    model, simgan = Cycle.from_preset(tiny, seed=3), SimGAN.from_preset(tiny, seed=3)
    r, d, inverse_r, inverse_d = players(model)
    assert same(r, weights(simgan.refiner)) and same(d, weights(simgan.discriminator))
    assert not same(r, inverse_r) and not same(d, inverse_d)


def test_without_its_loss_a_cycle_is_two_simgans_without_theirs(tiny, data):
    x, y = data[0][:4], data[2][:4]
    model = Cycle.from_preset(tiny, seed=3)
    forth, back = SimGAN.from_preset(tiny, seed=3), SimGAN.from_preset(tiny, seed=1_003)
    model.weight = forth.weight = back.weight = 0.0
    for _ in range(2):
        model.cycle_step(x, y)
        model.discriminator_step(x, y)
        for simgan, (own, others) in ((forth, (x, y)), (back, (y, x))):
            simgan.refiner_step(own)
            simgan.discriminator_step(own, others)
    expected = [forth.refiner, forth.discriminator, back.refiner, back.discriminator]
    for found, network in zip(players(model), expected, strict=True):
        close(found, weights(network))


def test_the_loss_of_a_cycle_reaches_both_refiners(tiny, data):
    x, y = data[0][:4], data[2][:4]
    model = Cycle.from_preset(tiny, seed=3)
    for side in (model, model.back):
        last = side.discriminator.layers[-1]  # without an opinion
        last.set_weights([np.zeros_like(w) for w in last.get_weights()])
        side.refiner_optimizer = downhill()
    model.weight = 2.0
    forth, back = model.refiner, model.back.refiner
    variables = [*forth.trainable_variables, *back.trainable_variables]

    def missing():
        ways = back(forth(x)) - x, forth(back(y)) - y
        return 2 * sum(tf.reduce_mean(tf.abs(way)) for way in ways)

    expected = gradients(missing, variables)
    close(moved(variables, lambda: model.cycle_step(x, y)), expected)


def test_in_the_warm_up_of_a_cycle_r_learns_what_simgans_does(tiny, synthetic, real):
    model, simgan = Cycle.from_preset(tiny, seed=3), SimGAN.from_preset(tiny, seed=3)
    before = players(model)
    for each in (model, simgan):
        each.stage = "refiner"
        each.fit(batches(synthetic, real, tiny), steps_per_epoch=3, verbose=0, shuffle=False)
    assert same(weights(model.refiner), weights(simgan.refiner))
    assert not same(before[2], weights(model.back.refiner))
    assert same(before[1], weights(model.discriminator)) and int(model.step) == 3


def test_a_round_of_the_cycle_has_the_steps_of_the_algorithm(tiny, data, monkeypatch):
    model = Cycle.from_preset(tiny, seed=3)
    x = tf.stack([data[0][k : k + 3] for k in range(3)])
    calls = []
    monkeypatch.setattr(model, "cycle_step", lambda x, y: calls.append(("R", x, y)))
    monkeypatch.setattr(model, "discriminator_step", lambda x, y: calls.append(("D", x, y)))
    model.train_step((x, data[2][None, :3]))
    assert [call[0] for call in calls] == ["R", "R", "D"]
    for call, batch in zip(calls, x, strict=True):
        np.testing.assert_array_equal(call[1], batch)
        np.testing.assert_array_equal(call[2], data[2][:3])


# The gaze in the loop


def consistent(tiny, estimator, **more):
    return GazeConsistency.from_preset(tiny, seed=3, estimator=estimator, **more)


def test_without_its_weight_the_gaze_changes_nothing(tiny, estimator, data):
    model, simgan = consistent(tiny, estimator, gaze_weight=0.0), SimGAN.from_preset(tiny, seed=3)
    for each in (model, simgan):
        each.refiner_step(data[0])
        each.refiner_step(data[0], adversarial=False)
        each.discriminator_step(data[0][:4], data[2][:4])
    assert same(weights(model.refiner), weights(simgan.refiner))
    assert same(weights(model.discriminator), weights(simgan.discriminator))


def test_the_gaze_adds_the_mean_way_that_an_answer_moves(tiny, estimator, data):
    x = data[0]
    model, simgan = consistent(tiny, estimator, gaze_weight=7.0), SimGAN.from_preset(tiny, seed=3)
    for each in (model, simgan):
        each.refiner_optimizer = downhill()
    r = model.refiner

    def way():
        return tf.reduce_mean(tf.abs(estimator(r(x)) - estimator(x)))

    asked = gradients(way, r.trainable_variables)
    before, d = weights(estimator), weights(model.discriminator)
    plain = moved(simgan.refiner.trainable_variables, lambda: simgan.refiner_step(x))
    expected = [a + 7 * b for a, b in zip(plain, asked, strict=True)]
    close(moved(r.trainable_variables, lambda: model.refiner_step(x)), expected)
    assert max(np.abs(g).max() for g in asked) > 1e-3
    assert same(before, weights(estimator)) and same(d, weights(model.discriminator))


@pytest.mark.parametrize("kind", ["cycle", "gaze"])
def test_a_run_that_was_stopped_goes_on_as_if_it_were_not(
    kind, tiny, estimator, synthetic, real, tmp_path
):
    build = Cycle.from_preset
    if kind == "gaze":
        build = partial(GazeConsistency.from_preset, estimator=estimator)
    preset = replace(tiny, refiner_warmup=1, discriminator_warmup=1, steps=2, history=1)

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.step) == 3:
                raise KeyboardInterrupt

    whole, curves = train(synthetic, real, preset, tmp_path / "whole", 1, build=build)
    with pytest.raises(KeyboardInterrupt):
        train(synthetic, real, preset, tmp_path / "run", 1, callbacks=[Stop()], build=build)
    resumed, _ = train(synthetic, real, preset, tmp_path / "run", 1, resume=True, build=build)
    assert same(weights(whole), weights(resumed))
    assert [file.name for file in (tmp_path / "run/history").iterdir()] == ["000004.keras"]
    assert curves[-1]["step"] == 4 and np.isfinite(curves[-1]["realism"])
