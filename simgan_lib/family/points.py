"""The game on points in place of images: numbers, as in lesson 00, and a ring of eight heaps.

On the ring it shows in seconds whether G learns to make everything there is, or only what fools D
today.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, layers, ops

from ..simgan.losses import REAL, discriminator_loss, local_adversarial_loss
from ..simgan.weights import initialize
from .games import normalised

ANGLES = np.pi / 4 * np.arange(8)
CENTRES = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype("float32")  # (8, 2)
SPREAD = 0.1  # standard deviation of a heap
G_AHEAD, D_AHEAD = (1e-3, 4e-3), (4e-3, 1e-3)  # Adam's rates of D and of G


def numbers(count, seed):
    """Lesson 00's real numbers, with mean 1 and standard deviation 1.

    Args:
        count: How many.
        seed: Two integers, as TensorFlow's stateless functions take them.

    Returns:
        `(count, 1)`.
    """
    return 1 + tf.random.stateless_normal((count, 1), seed)


def ring(count, seed):
    """Points of eight round heaps, whose centres lie on a circle of radius 2.

    Args:
        count: How many.
        seed: Two integers, as TensorFlow's stateless functions take them.

    Returns:
        `(count, 2)`.
    """
    heap = tf.random.stateless_uniform((count,), seed, 0, 8, tf.int32)
    return tf.gather(CENTRES, heap) + SPREAD * tf.random.stateless_normal((count, 2), seed)


def shares(points):
    """Which share of the points lies at each heap: within three standard deviations of its centre.

    Args:
        points: `(N, 2)`.

    Returns:
        `(8,)`; of the real ring's own points about 0.12 each.
    """
    away = np.linalg.norm(np.asarray(points)[:, None] - CENTRES, axis=2)  # (N, 8)
    return (away < 3 * SPREAD).mean(axis=0)


def modes_found(points):
    """How many of the eight heaps, the ring's modes, are among the points.

    A heap is found if it has 5 % of the points, less than half of what it should have. Points that
    are spread evenly over the whole disc would put 2 % there.

    Args:
        points: `(N, 2)`.

    Returns:
        int, 0 to 8.
    """
    return int((shares(points) >= 0.05).sum())


# The players


def generator():
    """Builds G of the ring: noise `(B, 2)` -> points `(B, 2)`."""
    x = noise = Input((2,))
    for _ in range(2):
        x = layers.Dense(64, activation="relu")(x)
    return Model(noise, layers.Dense(2)(x))


def judge(units=64):
    """Builds D of the ring: points `(B, 2)` -> logits `(B, 2)`, for real and for generated."""
    x = points = Input((2,))
    for _ in range(2):
        x = layers.Dense(units, activation="relu")(x)
    return Model(points, layers.Dense(2)(x))


def normalised_judge():
    """Builds a `judge` whose layers have spectral norm 1."""
    return normalised(judge())


def judges():
    """Builds four D's, each half as wide, that judge the same points: `(B, 2)` -> `(B, 4, 2)`.

    Generative multi-adversarial networks (Durugkar, Gemp and Mahadevan 2016, arXiv 1611.01673), in
    their plainest form: G minds the mean of them.
    """
    points = Input((2,))
    return Model(points, ops.stack([judge(32)(points) for _ in range(4)], axis=1))


def closeness(features):
    """How close each point is to all others of its batch, in four respects.

    The minibatch features of Salimans et al. 2016, arXiv 1606.03498, as means where they have sums.

    Args:
        features: `(B, n)`, of a network that is being built.

    Returns:
        `(B, 4)`, 0 to 1: the mean over all points of exp(-distance), with distance the sum of the
        absolute differences of two learned numbers.
    """
    distance = 0
    for _ in range(2):
        x = ops.transpose(layers.Dense(4)(features))  # (4, B)
        distance += ops.abs(ops.expand_dims(x, 2) - ops.expand_dims(x, 1))  # (4, B, B)
    return ops.transpose(ops.mean(ops.exp(-distance), axis=2))


def minibatch_judge():
    """Builds a `judge` that also sees the `closeness` of a batch: so it notices one thing again."""
    x = points = Input((2,))
    for _ in range(2):
        x = layers.Dense(64, activation="relu")(x)
    x = layers.Concatenate()([x, closeness(x)])
    return Model(points, layers.Dense(2)(x))


def autoencoder():
    """Builds D as an autoencoder through one number: points `(B, 2)` -> logits `(B, 2)`.

    Its squared error is the energy of `EnergyBased`; the logits are 0 and that.
    """
    x = points = Input((2,))
    for units in (64, 1, 64):
        x = layers.Dense(units, activation="relu" if units > 1 else None)(x)
    energy = ops.sum((layers.Dense(2)(x) - points) ** 2, axis=1)
    return Model(points, ops.stack([ops.zeros_like(energy), energy], axis=1))


class Shift(layers.Layer):
    """G of lesson 00: adds a number that it learns, -2 at first."""

    def build(self, input_shape):
        self.shift = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(-2))

    def call(self, noise):
        return noise + self.shift


# The game


class Game:
    """G against D on points. As in `SimGAN`, a relative says what they play for.

    Args:
        generator: Model from noise `(B, n)` to points `(B, n)`.
        discriminator: Model from points to logits `(B, ..., 2)`.
        optimizers: Of D and of G.
        real: Function of a count and of two integers, a seed, to real points.
        batch_size: Points of each kind in a step.
        seed: Seed of the points and of the noise.
    """

    def __init__(self, generator, discriminator, optimizers, real, batch_size, seed):
        self.generator, self.discriminator, self.optimizers = generator, discriminator, optimizers
        self.real, self.batch_size, self.seed = real, batch_size, seed
        self.step = tf.Variable(0)
        for optimizer, player in zip(optimizers, (discriminator, generator), strict=True):
            optimizer.build(player.trainable_variables)

    def realism(self, logits):
        """What G goes down; relatives have another."""
        return local_adversarial_loss(logits, REAL)

    def discriminator_loss(self, generated_logits, real_logits, generated, real):
        """What D goes down; relatives have another."""
        return discriminator_loss(generated_logits, real_logits)

    def generator_loss(self, generated, real):
        """What G goes down, as a function of its points; `Unrolled` looks further."""
        return self.realism(self.discriminator(generated))

    def draw(self, count, draw=-1):
        """Points that G makes; another `draw`, an integer, is other noise."""
        noise = tf.random.stateless_normal(
            (count, self.generator.input_shape[1]), [self.seed, draw]
        )
        return self.generator(noise)

    @tf.function
    def play(self, rounds):
        """Plays on: in each round D makes a step, then G.

        Args:
            rounds: How many, a `tf.constant`; for a Python number TensorFlow would build anew.
        """
        for _ in tf.range(rounds):
            real = self.real(self.batch_size, [self.seed, self.step])
            with tf.GradientTape() as tape:
                generated = self.draw(self.batch_size, 2 * self.step)
                logits = [self.discriminator(x, training=True) for x in (generated, real)]
                loss = self.discriminator_loss(*logits, generated, real)
            weights = self.discriminator.trainable_variables
            self.optimizers[0].apply(tape.gradient(loss, weights), weights)
            with tf.GradientTape() as tape:
                generated = self.draw(self.batch_size, 2 * self.step + 1)
                loss = self.generator_loss(generated, real)
            weights = self.generator.trainable_variables
            self.optimizers[1].apply(tape.gradient(loss, weights), weights)
            self.step.assign_add(1)


def step_ahead(loss, weights, rate):
    """One step down a loss, that a later gradient can look through.

    Args:
        loss: Function of such a list to a scalar.
        weights: List of tensors.
        rate: Length of the step per unit of gradient.

    Returns:
        A new list: the weights after the step. Nothing is assigned.
    """
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = loss(weights)
    gradients = tape.gradient(value, weights)
    return [w - rate * g for w, g in zip(weights, gradients, strict=True)]


class Unrolled(Game):
    """G goes down what D would say after some more steps, and minds what D would learn from it.

    Unrolled GANs (Metz et al. 2016, arXiv 1611.02163). D's own steps are as in `Game`; the steps
    ahead are plain ones on the points of this round.
    """

    steps, rate = 3, 0.03

    def generator_loss(self, generated, real):
        """What G goes down: `realism` by the D of some steps later."""
        fixed = self.discriminator.non_trainable_variables

        def judged(weights, points):
            return self.discriminator.stateless_call(weights, fixed, points)[0]

        def loss(weights):
            logits = [judged(weights, points) for points in (generated, real)]
            return self.discriminator_loss(*logits, generated, real)

        weights = [w.value for w in self.discriminator.trainable_variables]
        for _ in range(self.steps):
            weights = step_ahead(loss, weights, self.rate)
        return self.realism(judged(weights, generated))


def ring_game(kind=Game, discriminator=judge, rates=G_AHEAD, seed=0):
    """Sets up the game on the ring.

    Args:
        kind: `Game` or a relative of it, such as `Unrolled`.
        discriminator: Function that builds D.
        rates: Adam's, of D and of G.
        seed: Seed of everything.

    Returns:
        A `Game` before its first round.
    """
    players = initialize(generator(), seed), initialize(discriminator(), seed + 1_000)
    # With Adam's usual 0.9 such games swing more: each player goes on where it was going.
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates]
    return kind(*players, optimizers, ring, 128, seed)


def numbers_game(kind=Game, rates=(0.3, 0.3), seed=0):
    """Sets up lesson 00's game: G shifts noise, D is a logistic curve without an opinion.

    Args:
        kind: `Game` or a relative of it.
        rates: Of D and of G, whose steps are plain ones.
        seed: Seed of everything.

    Returns:
        A `Game` before its first round.
    """
    noise = Input((1,))
    t = layers.Dense(1, kernel_initializer="zeros")(noise)  # slope * x + offset
    players = Model(noise, Shift()(noise)), Model(noise, ops.concatenate([0 * t, t], axis=1))
    return kind(*players, [keras.optimizers.SGD(rate) for rate in rates], numbers, 1000, seed)


def path(game, rounds=200):
    """Plays a `numbers_game` and notes how it went, as `simgan_lib.course.game.play` does.

    Returns:
        array (rounds + 1, 3): shift, slope and offset at the start and after every round.
    """
    found = []
    for k in range(rounds + 1):
        if k:
            game.play(tf.constant(1))
        weights = game.generator.weights + game.discriminator.weights
        found.append([float(np.ravel(w)[0]) for w in weights])
    return np.array(found)
