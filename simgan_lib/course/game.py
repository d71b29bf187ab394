"""The game of two players in one dimension, on numbers in place of images.

Real numbers come from a normal distribution. The generator makes numbers by shifting noise,
G(z) = z + shift. The discriminator D(x) = sigmoid(slope * x + offset) gives the probability that x
is GENERATED, as everywhere in the course; textbooks let D give the probability of real.
"""

import numpy as np


def sigmoid(t):
    """Probability for the log-odds `t`, an array of any shape."""
    return 1 / (1 + np.exp(-t))


def value(d_real, d_generated):
    """The value of the game, which D makes large and G makes small.

    V(D, G) = mean log(1 - D(x)) + mean log D(G(z)): minus the paper's equation 2, as means.

    Args:
        d_real: What D says of real numbers, array (N,) of probabilities.
        d_generated: What D says of generated numbers, array (M,).

    Returns:
        float, at most 0; -2 ln 2 = -1.386 where D has no opinion.
    """
    return np.mean(np.log(1 - d_real)) + np.mean(np.log(d_generated))


def discriminator_step(slope, offset, real, generated, rate):
    """One step of D, up the value of the game.

    Args:
        slope: float, of D(x) = sigmoid(slope * x + offset).
        offset: float.
        real: array (N,).
        generated: array (M,).
        rate: float, the length of the step per unit of gradient.

    Returns:
        The new slope and the new offset.
    """
    right = sigmoid(slope * real + offset)  # the gradient of log(1 - D) is -D
    wrong = 1 - sigmoid(slope * generated + offset)  # the gradient of log D is 1 - D
    new_slope = slope + rate * (np.mean(wrong * generated) - np.mean(right * real))
    new_offset = offset + rate * (np.mean(wrong) - np.mean(right))
    return new_slope, new_offset


def generator_step(shift, slope, offset, noise, rate):
    """One step of G, down -mean log(1 - D(G(z))), the first term of the paper's equation 4.

    Args:
        shift: float, of G(z) = z + shift.
        slope: float, of D(x) = sigmoid(slope * x + offset).
        offset: float.
        noise: array (N,).
        rate: float, the length of the step per unit of gradient.

    Returns:
        The new shift.
    """
    d_generated = sigmoid(slope * (noise + shift) + offset)
    return shift - rate * slope * np.mean(d_generated)


def play(turn=1, rounds=200, mean=1.0, shift=-2.0, rate=0.3, seed=0):
    """Plays the game from a judge without opinion, each round on 1,000 new numbers.

    Args:
        turn: Steps that D makes, and then G, in every round.
        rounds: Number of rounds.
        mean: Mean of the real numbers, which like the noise have standard deviation 1.
        shift: G's shift before the first round.
        rate: Rate of both players.
        seed: Seed of the numbers.

    Returns:
        array (rounds + 1, 3): shift, slope and offset at the start and after every round.
    """
    rng = np.random.default_rng(seed)
    slope = offset = 0.0
    path = [(shift, slope, offset)]
    for _ in range(rounds):
        real, noise = rng.normal(mean, 1, 1000), rng.normal(0, 1, 1000)
        for _ in range(turn):
            slope, offset = discriminator_step(slope, offset, real, noise + shift, rate)
        for _ in range(turn):
            shift = generator_step(shift, slope, offset, noise, rate)
        path.append((shift, slope, offset))
    return np.array(path)
