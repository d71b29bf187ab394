"""The game's relatives: against NumPy, closed forms and finite differences; and on points."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from conftest import same, weights
from simgan_lib.course.game import discriminator_step, generator_step
from simgan_lib.data.images import to_float
from simgan_lib.family import games, points
from simgan_lib.simgan.losses import refiner_loss
from simgan_lib.simgan.training import SimGAN, batches
from simgan_lib.simgan.weights import initialize


class LeastSquaresSimGAN(games.LeastSquares, SimGAN):
    pass


class HingeSimGAN(games.Hinge, SimGAN):
    pass


class WassersteinSimGAN(games.Wasserstein, SimGAN):
    pass


class SmoothedSimGAN(games.Smoothed, SimGAN):
    pass


class EnergyBasedSimGAN(games.EnergyBased, SimGAN):
    pass


RELATIVES = [
    LeastSquaresSimGAN,
    HingeSimGAN,
    WassersteinSimGAN,
    SmoothedSimGAN,
    EnergyBasedSimGAN,
]


def log_sigmoid(t):
    return -np.logaddexp(0, -t)


# What each player goes down, of scores x of refined and y of real images, by NumPy.
REALISM = {
    LeastSquaresSimGAN: lambda x: np.mean((x - 1) ** 2),
    HingeSimGAN: lambda x: -np.mean(x),
    WassersteinSimGAN: lambda x: -np.mean(x),
    SmoothedSimGAN: lambda x: -np.mean(log_sigmoid(x)),
    EnergyBasedSimGAN: lambda x: -np.mean(x),
}
VERDICT = {
    LeastSquaresSimGAN: lambda x, y: np.mean((x + 1) ** 2) + np.mean((y - 1) ** 2),
    HingeSimGAN: lambda x, y: np.mean(np.maximum(0, 1 + x)) + np.mean(np.maximum(0, 1 - y)),
    WassersteinSimGAN: lambda x, y: np.mean(x) - np.mean(y),
    SmoothedSimGAN: lambda x, y: (
        -np.mean(log_sigmoid(-x)) - np.mean(0.9 * log_sigmoid(y) + 0.1 * log_sigmoid(-y))
    ),
    EnergyBasedSimGAN: lambda x, y: np.mean(-y) + np.mean(np.maximum(0, 1 + x)),
}


@pytest.fixture
def eyes(synthetic, real):
    return [tf.constant(to_float(eyes.images[:4])) for eyes in (synthetic, real)]


def scores(logits):
    return np.array(logits[..., 0] - logits[..., 1], "float64")


@pytest.mark.parametrize("kind", RELATIVES)
def test_r_goes_down_its_side_and_the_self_regularization(kind, tiny, eyes):
    model = kind.from_preset(tiny, 1)
    for weight in model.discriminator.trainable_weights:
        weight.assign(3 * weight)
    refined = model.refiner(eyes[0])
    x = scores(model.discriminator(refined))
    before = weights(model.discriminator)
    model.refiner_optimizer = keras.optimizers.SGD(1.0)
    model.refiner_optimizer.build(model.refiner.trainable_variables)
    start = weights(model.refiner)
    with tf.GradientTape() as tape:
        logits = model.discriminator(model.refiner(eyes[0]))
        loss = model.realism(logits) + ops.mean(ops.abs(model.refiner(eyes[0]) - eyes[0]))
    wanted = tape.gradient(loss, model.refiner.trainable_variables)
    model.refiner_step(eyes[0])
    assert float(model.means["realism"].result()) == pytest.approx(REALISM[kind](x), rel=1e-4)
    for a, b, gradient in zip(start, weights(model.refiner), wanted, strict=True):
        np.testing.assert_allclose(a - b, gradient, rtol=1e-4, atol=1e-4)
    assert same(before, weights(model.discriminator))


@pytest.mark.parametrize("kind", RELATIVES)
def test_d_goes_down_the_other_side(kind, tiny, eyes, monkeypatch):
    model = kind.from_preset(tiny, 1)
    for weight in model.discriminator.trainable_weights:
        weight.assign(3 * weight)
    monkeypatch.setattr(games, "gradient_penalty", lambda *args: 0.25)
    x, y = (scores(model.discriminator(z)) for z in (model.refiner(eyes[0]), eyes[1]))
    model.discriminator_step(*eyes)
    penalty = 2.5 if kind is WassersteinSimGAN else 0
    found = float(model.means["discriminator_loss"].result())
    assert found == pytest.approx(VERDICT[kind](x, y) + penalty, rel=1e-4)


@pytest.mark.parametrize("kind", [LeastSquaresSimGAN, WassersteinSimGAN])
def test_relatives_train_inside_fit(kind, tiny, synthetic, real):
    model = kind.from_preset(tiny, 3)
    before = weights(model.refiner), weights(model.discriminator)
    model.fit(batches(synthetic, real, tiny), steps_per_epoch=2, verbose=0, shuffle=False)
    assert not same(before[0], weights(model.refiner))
    assert not same(before[1], weights(model.discriminator))
    assert all(np.isfinite(w).all() for w in weights(model))


def test_the_game_as_it_is_is_equation_4(tiny, eyes):
    model = SimGAN.from_preset(tiny, 1)
    refined = model.refiner(eyes[0])
    logits = model.discriminator(refined)
    model.weight = 0.7
    with tf.GradientTape() as tape:
        refined = model.refiner(eyes[0])
        loss = refiner_loss(model.discriminator(refined), refined, eyes[0], 0.7)
    wanted = tape.gradient(loss, model.refiner.trainable_variables)
    model.refiner_optimizer = keras.optimizers.SGD(1.0)
    model.refiner_optimizer.build(model.refiner.trainable_variables)
    start = weights(model.refiner)
    model.refiner_step(eyes[0])
    for a, b, gradient in zip(start, weights(model.refiner), wanted, strict=True):
        np.testing.assert_allclose(a - b, gradient, atol=1e-6)
    assert float(model.means["realism"].result()) == pytest.approx(
        REALISM[SmoothedSimGAN](scores(logits)), rel=1e-5
    )


# The penalty


def pairs(count=6, shape=(5, 4, 1), seed=0):
    rng = np.random.default_rng(seed)
    images = [rng.normal(0, 1, (count, *shape)).astype("float32") for _ in range(2)]
    return *images, rng.uniform(0, 1, count).astype("float32")


def test_of_a_linear_critic_the_penalty_is_known():
    kernel = np.random.default_rng(1).normal(0, 1, (20, 2)).astype("float32")

    def critic(images):  # with one patch
        return ops.reshape(images, (-1, 1, 20)) @ kernel

    found = games.gradient_penalty(critic, *pairs())
    slope = np.linalg.norm(kernel[:, 0] - kernel[:, 1])
    assert float(found) == pytest.approx((slope - 1) ** 2, rel=1e-5)
    kernel /= slope
    assert float(games.gradient_penalty(critic, *pairs())) == pytest.approx(0, abs=1e-9)


def test_of_a_parabola_each_image_has_its_own_slope_between_the_two():
    def critic(images):  # its score is |x|^2 / 2, its slope x
        energy = ops.sum(images**2, axis=(1, 2, 3)) / 2
        return ops.stack([energy, 0 * energy], axis=-1)

    refined, real, place = pairs()
    between = refined + place[:, None, None, None] * (real - refined)
    norms = np.linalg.norm(between.reshape(6, -1), axis=1)
    found = games.gradient_penalty(critic, refined, real, place)
    assert float(found) == pytest.approx(np.mean((norms - 1) ** 2), rel=1e-5)
    for end, images in ((0, refined), (1, real)):
        norms = np.linalg.norm(images.reshape(6, -1), axis=1)
        found = games.gradient_penalty(critic, refined, real, np.full(6, end, "float32"))
        assert float(found) == pytest.approx(np.mean((norms - 1) ** 2), rel=1e-5)


def test_of_a_curved_critic_the_penalty_is_that_of_finite_differences():
    # In NumPy and double precision: a filter of 2 x 2, tanh, two logits for each of 12 patches.
    rng = np.random.default_rng(2)
    first, second = rng.normal(0, 1, (2, 2, 1, 3)), rng.normal(0, 2, (3, 2))

    def mean_score(image):
        rows, columns = image.shape
        total = 0
        for i in range(rows - 1):
            for j in range(columns - 1):
                window = image[i : i + 2, j : j + 2].ravel()
                logits = np.tanh(window @ first.reshape(4, 3)) @ second
                total += logits[0] - logits[1]
        return total / ((rows - 1) * (columns - 1))

    x = inputs = keras.Input((5, 4, 1))
    x = layers.Conv2D(3, 2, activation="tanh", use_bias=False)(x)
    critic = keras.Model(inputs, layers.Conv2D(2, 1, use_bias=False)(x))
    critic.set_weights([first, second[None, None]])
    refined, real, place = pairs()
    norms = []
    for x, y, w in zip(refined, real, place, strict=True):
        between = ((1 - w) * x + w * y)[..., 0].astype("float64")
        steps = 1e-6 * np.eye(20).reshape(20, 5, 4)
        slopes = [(mean_score(between + s) - mean_score(between - s)) / 2e-6 for s in steps]
        norms.append(np.linalg.norm(slopes))
    found = games.gradient_penalty(critic, refined, real, place)
    assert float(found) == pytest.approx(np.mean((np.array(norms) - 1) ** 2), rel=1e-4)


def test_a_flat_critic_can_still_learn_from_the_penalty():
    critic = keras.Sequential([keras.Input((5, 4, 1)), layers.Flatten(), layers.Dense(2)])
    critic.set_weights([np.zeros((20, 2)), np.zeros(2)])
    with tf.GradientTape() as tape:
        loss = games.gradient_penalty(critic, *pairs())
    assert float(loss) == pytest.approx(1, abs=1e-4)
    assert np.isfinite(tape.gradient(loss, critic.trainable_weights[0])).all()


def test_where_the_critic_looks_is_a_function_of_the_step_alone(tiny, eyes, monkeypatch):
    places = []

    def looked(discriminator, refined, real, place):
        places.append(np.array(place))
        return 0.0

    monkeypatch.setattr(games, "gradient_penalty", looked)
    for step in (5, 5, 6):
        model = WassersteinSimGAN.from_preset(tiny, 1)
        model.step.assign(step)
        model.discriminator_step(*eyes)
    assert places[0].shape == (4,) and same(places[:1], places[1:2])
    assert not same(places[1:2], places[2:]) and np.ptp(places[0]) > 0.1


# On points


def test_modes_are_counted_by_hand():
    near = points.CENTRES[[0, 3]] + [0, 2.9 * points.SPREAD]
    far = points.CENTRES[[5]] + [0, 3.1 * points.SPREAD]
    cloud = np.concatenate([near.repeat([5, 4], axis=0), far.repeat(91, axis=0)])
    np.testing.assert_allclose(points.shares(cloud), [0.05, 0, 0, 0.04, 0, 0, 0, 0])
    assert points.modes_found(cloud) == 1


def test_the_ring_has_all_its_modes_and_an_even_disc_has_none():
    real = points.ring(4000, [3, 4])
    assert points.modes_found(real) == 8
    np.testing.assert_allclose(points.shares(real), 0.989 / 8, atol=0.02)
    rng = np.random.default_rng(0)
    radius, angle = 2.3 * np.sqrt(rng.uniform(0, 1, 4000)), rng.uniform(0, 2 * np.pi, 4000)
    disc = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert points.modes_found(disc) == 0
    np.testing.assert_allclose(np.linalg.norm(points.CENTRES, axis=1), 2, rtol=1e-6)


def test_the_game_of_numbers_is_that_of_lesson_00():
    game = points.numbers_game(seed=2)
    shift, slope, offset = -2.0, 0.0, 0.0
    path = [(shift, slope, offset)]
    for k in range(4):
        real = points.numbers(1000, [2, k]).numpy().ravel()
        noise = [
            tf.random.stateless_normal((1000, 1), [2, 2 * k + j]).numpy().ravel() for j in (0, 1)
        ]
        slope, offset = discriminator_step(slope, offset, real, noise[0] + shift, 0.3)
        shift = generator_step(shift, slope, offset, noise[1], 0.3)
        path.append((shift, slope, offset))
    np.testing.assert_allclose(points.path(game, 4), path, atol=1e-5)


@pytest.mark.parametrize("build", [points.judge, points.normalised_judge, points.minibatch_judge])
def test_a_game_is_a_function_of_its_seed(build):
    made = []
    for seed in (0, 0, 1):
        game = points.ring_game(discriminator=build, seed=seed)
        game.play(tf.constant(3))
        made.append(game.draw(50).numpy())
    np.testing.assert_allclose(made[0], made[1], atol=1e-5)
    assert np.abs(made[0] - made[2]).max() > 1e-2


def test_the_players_have_the_rates_that_they_are_given():
    game = points.ring_game(rates=points.D_AHEAD)
    assert [float(o.learning_rate) for o in game.optimizers] == pytest.approx([4e-3, 1e-3])
    before = weights(game.discriminator), weights(game.generator)
    game.play(tf.constant(2))
    moved = [
        max(np.abs(a - b).max() for a, b in zip(old, weights(new), strict=True))
        for old, new in zip(before, (game.discriminator, game.generator), strict=True)
    ]
    assert moved[0] == pytest.approx(4 * moved[1], rel=0.1)  # Adam's first steps are as long


def test_several_judges_are_heard_alike():
    D = initialize(points.judges(), 1)
    assert D(points.CENTRES).shape == (8, 4, 2)
    game = points.ring_game(discriminator=points.judges)
    each = [float(game.realism(D(points.CENTRES)[:, k])) for k in range(4)]
    assert float(game.realism(D(points.CENTRES))) == pytest.approx(np.mean(each), rel=1e-5)
    assert np.ptp(each) > 1e-3


def test_closeness_is_one_among_copies_and_nearly_nothing_among_strangers():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, points.closeness(inputs))
    alike, apart = np.ones((6, 3)), 1e4 * np.random.default_rng(0).normal(0, 1, (6, 3))
    np.testing.assert_allclose(model(alike), 1, atol=1e-6)
    np.testing.assert_allclose(model(apart), 1 / 6, atol=1e-3)
    # A number for each point, by NumPy.
    some = np.random.default_rng(1).normal(0, 1, (5, 3)).astype("float32")
    x, y = (layer(some).numpy() for layer in model.layers if isinstance(layer, layers.Dense))
    distance = np.abs(x[:, None] - x[None]) + np.abs(y[:, None] - y[None])
    np.testing.assert_allclose(model(some), np.exp(-distance).mean(1), rtol=1e-4)


def test_an_energy_is_the_error_of_the_autoencoder():
    D = initialize(points.autoencoder(), 1)
    logits = D(points.CENTRES).numpy()
    rebuilt = keras.Model(D.input, D.layers[4].output)(points.CENTRES)
    np.testing.assert_allclose(logits[:, 0], 0)
    energy = ((np.array(rebuilt) - points.CENTRES) ** 2).sum(1)
    np.testing.assert_allclose(logits[:, 1], energy, rtol=1e-5)
    np.testing.assert_allclose(games.score(logits), -energy, rtol=1e-5)


# Steps ahead


def test_a_step_ahead_assigns_nothing_and_a_gradient_passes_through_it():
    w, s = [tf.constant([1.0, -2.0]), tf.constant(3.0)], tf.constant(0.5)
    with tf.GradientTape() as tape:
        tape.watch(s)
        new = points.step_ahead(lambda w: s * ops.sum(w[0] ** 2) + s**2 * w[1], w, 0.1)
        total = ops.sum(new[0]) + new[1]
    np.testing.assert_allclose(new[0], [0.9, -1.8], rtol=1e-6)
    assert float(new[1]) == pytest.approx(3 - 0.1 * 0.25)
    # d/ds of -0.1 * (2 s * (1 - 2) + s^2)
    assert float(tape.gradient(total, s)) == pytest.approx(-0.1 * (-2 + 2 * 0.5), rel=1e-5)


def test_g_s_gradient_through_steps_ahead_is_that_of_finite_differences():
    game = points.numbers_game(points.Unrolled)
    game.steps, game.rate = 2, 0.3
    game.play(tf.constant(3))
    real, noise = points.numbers(50, [0, 1]), np.random.default_rng(0).normal(0, 1, (50, 1))
    noise = tf.constant(noise, tf.float32)
    shift = game.generator.trainable_variables[0]
    before = weights(game.discriminator)
    with tf.GradientTape() as tape:
        loss = game.generator_loss(game.generator(noise), real)
    found = float(tape.gradient(loss, shift)[0])
    assert same(before, weights(game.discriminator))

    slope, offset = (float(np.ravel(w)[0]) for w in before)  # and now by lesson 00's NumPy
    z, y = (np.array(x, "float64").ravel() for x in (noise, real))

    def loss_at(shift):
        a, b = slope, offset
        for _ in range(2):
            a, b = discriminator_step(a, b, y, z + shift, 0.3)
        return np.mean(np.logaddexp(0, a * (z + shift) + b))

    at = float(np.array(shift)[0])
    wanted = (loss_at(at + 1e-5) - loss_at(at - 1e-5)) / 2e-5
    assert float(loss) == pytest.approx(loss_at(at), rel=1e-5)
    assert found == pytest.approx(wanted, rel=1e-3)


def test_without_steps_ahead_it_is_the_game_as_it_was():
    unrolled, plain = (points.ring_game(kind, seed=1) for kind in (points.Unrolled, points.Game))
    unrolled.steps = 0
    generated, real = plain.draw(20), points.ring(20, [0, 0])
    expected = float(plain.generator_loss(generated, real))
    assert float(unrolled.generator_loss(generated, real)) == pytest.approx(expected, rel=1e-6)
    unrolled.steps = 3
    assert abs(float(unrolled.generator_loss(generated, real)) - expected) > 1e-4
