"""Attempts at the exercises of lesson 08: other right ways, and mistakes with their messages."""

import math
from fractions import Fraction

import numpy as np
import sklearn.metrics
import tensorflow as tf
from scipy.stats import binom, binomtest, norm

from simgan_lib.measure.visual_turing_test import (
    binomial_p_value,
    confusion_matrix,
    kernel_distance,
)


def count_by_loop(truth, verdicts):
    matrix = [[0, 0], [0, 0]]
    for what, called in zip(truth, verdicts, strict=True):
        matrix[what][called] += 1
    return matrix


def count_at(truth, verdicts):
    matrix = np.zeros((2, 2))
    np.add.at(matrix, (truth, verdicts), 1)
    return matrix


def p_by_fractions(correct, trials, chance=0.5):
    p = Fraction(chance)
    ways = (math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(trials + 1))
    return float(sum(list(ways)[correct:]))


def p_by_complement(correct, trials, chance):
    less = 0.0
    for k in range(correct):
        less += math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k)
    return 1 - less


def p_by_simulation(correct, trials, chance):
    return np.mean(np.random.default_rng().binomial(trials, chance, 10_000) >= correct)


def p_by_simulation_with_a_seed(correct, trials, chance):
    return np.mean(np.random.default_rng(0).binomial(trials, chance, 10_000) >= correct)


def p_normal(correct, trials, chance, half=0.5):
    deviation = math.sqrt(trials * chance * (1 - chance))
    return norm.sf((correct - half - trials * chance) / deviation)


def distance_by_loops(a, b):
    def k(x, y):
        return (sum(p * q for p, q in zip(x, y, strict=True)) / len(x) + 1) ** 3

    def others(x):
        return np.mean([k(p, q) for i, p in enumerate(x) for j, q in enumerate(x) if i != j])

    return others(a) + others(b) - 2 * np.mean([k(p, q) for p in a for q in b])


def distance_by_tensorflow(first, second):
    a, b = tf.constant(first), tf.constant(second)

    def k(x, y):
        return tf.pow(tf.matmul(x, y, transpose_b=True) / x.shape[1] + 1, 3)

    def among(x):
        n = x.shape[0]
        return tf.reduce_sum(tf.linalg.set_diag(k(x, x), tf.zeros(n, x.dtype))) / (n * (n - 1))

    return among(a) + among(b) - 2 * tf.reduce_mean(k(a, b))


def distance(a, b, power=3, plus=1, scale=None, diagonal=False, divisor=None, cross=2):
    def k(x, y):
        return (x @ y.T / (x.shape[1] if scale is None else scale) + plus) ** power

    def among(x):
        n = len(x)
        if diagonal:
            return np.mean(k(x, x))
        return (k(x, x).sum() - np.trace(k(x, x))) / (divisor(x) if divisor else n * (n - 1))

    return among(a) + among(b) - cross * k(a, b).mean()


def distance_without_diagonal_over_n_squared(a, b):
    def among(x):
        k = (x @ x.T / x.shape[1] + 1) ** 3
        np.fill_diagonal(k, 0)
        return k.mean()

    return among(a) + among(b) - 2 * ((a @ b.T / a.shape[1] + 1) ** 3).mean()


def spoils_its_argument(a, b):
    result = kernel_distance(a, b)
    a -= a.mean(0)
    return result


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "confusion_matrix": [
        count_by_loop,
        count_at,
        lambda t, v: sklearn.metrics.confusion_matrix(t, v, labels=[0, 1]),
        lambda t, v: np.bincount(2 * t + v, minlength=4).reshape(2, 2),
        lambda t, v: tf.math.confusion_matrix(t, v, 2),
    ],
    "binomial_p_value": [
        p_by_fractions,
        p_by_complement,
        lambda correct, trials, chance: binom.sf(correct - 1, trials, chance),
        lambda correct, trials, chance: 1 - binom.cdf(correct - 1, trials, chance),
    ],
    "kernel_distance": [
        distance_by_loops,
        distance_by_tensorflow,
        lambda a, b: kernel_distance(a.astype("float32"), b.astype("float32")),
        lambda a, b: kernel_distance(b, a),
    ],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "confusion_matrix": {
        "transposed": (lambda t, v: confusion_matrix(v, t), "it is reversed"),
        "refined first": (lambda t, v: confusion_matrix(1 - t, 1 - v), "comes first"),
        "rows reversed": (lambda t, v: confusion_matrix(t, v)[::-1], "rows are reversed"),
        "columns reversed": (lambda t, v: confusion_matrix(t, 1 - v), "columns are reversed"),
        "shares": (lambda t, v: confusion_matrix(t, v) / len(t), "these are shares"),
        "shares of rows": (
            lambda t, v: sklearn.metrics.confusion_matrix(t, v, normalize="true"),
            "these are shares",
        ),
        "percent": (
            lambda t, v: sklearn.metrics.confusion_matrix(t, v, normalize="true") * 100,
            "these are shares",
        ),
        "number of right ones": (lambda t, v: np.sum(t == v), "of shape (2, 2)"),
        "one kind only": (sklearn.metrics.confusion_matrix, "two real eyes, both called real"),
        "columns of what occurs": (
            lambda t, v: np.stack([[(v[t == k] == w).sum() for w in np.unique(v)] for k in (0, 1)]),
            "two real eyes, both called real",
        ),
    },
    "binomial_p_value": {
        "two-sided": (lambda c, n, p: binomtest(c, n, p).pvalue, "two-sided"),
        "doubled": (lambda c, n, p: 2 * binomial_p_value(c, n, p), "twice the p-value"),
        "more than": (lambda c, n, p: binom.sf(c, n, p), "equal case is missing"),
        "1 - cdf": (lambda c, n, p: 1 - binom.cdf(c, n, p), "equal case is missing"),
        "exactly": (lambda c, n, p: binom.pmf(c, n, p), "exactly so many"),
        "not all of them": (
            lambda c, n, p: sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(c, n)),
            "ends one before",
        ),
        "at most": (lambda c, n, p: binom.cdf(c, n, p), "right at most as often"),
        "less": (
            lambda c, n, p: binomtest(c - 1, n, p, "less").pvalue if c else 0,
            "right less often",
        ),
        "normal": (lambda c, n, p: p_normal(c, n, p, half=0), "normal approximation"),
        "normal with half": (p_normal, "normal approximation"),
        "normal two-sided": (lambda c, n, p: 2 * p_normal(c, n, p, 0), "normal approximation"),
        "simulated": (p_by_simulation, "two calls"),
        "simulated with a seed": (p_by_simulation_with_a_seed, "should be"),
        "percent": (lambda c, n, p: 100 * binomial_p_value(c, n, p), "in percent"),
        "always a half": (lambda c, n, p: binomial_p_value(c, n), "an argument"),
        "the whole test": (
            lambda c, n, p: binomtest(c, n, p, alternative="greater"),
            "should be a number",
        ),
    },
    "kernel_distance": {
        "biased": (lambda a, b: distance(a, b, diagonal=True), "biased estimate"),
        "n squared": (distance_without_diagonal_over_n_squared, "not n * n"),
        "n": (lambda a, b: distance(a, b, divisor=len), "not n."),
        "n - 1": (lambda a, b: distance(a, b, divisor=lambda x: len(x) - 1), "not n - 1"),
        "divided by eyes": (lambda a, b: distance(a, b, scale=len(a)), "not by that of the eyes"),
        "root": (lambda a, b: abs(distance(a, b)) ** 0.5, "square root"),
        "not divided": (lambda a, b: distance(a, b, scale=1), "number of features"),
        "no 1": (lambda a, b: distance(a, b, plus=0), "the 1 is missing"),
        "second power": (lambda a, b: distance(a, b, power=2), "not a second"),
        "no power": (lambda a, b: distance(a, b, power=1), "third power is missing"),
        "cross once": (lambda a, b: distance(a, b, cross=1), "counts twice"),
        "cross added": (lambda a, b: distance(a, b, cross=-2), "is subtracted"),
        "sign": (lambda a, b: -distance(a, b), "sign is reversed"),
        "means": (lambda a, b: np.sum((a.mean(0) - b.mean(0)) ** 2), "means only"),
        "another power": (lambda a, b: distance(a, b, power=4), "should be"),
        "one a pair": (lambda a, b: (a @ b.T / 5 + 1) ** 3, "a single number"),
        "in place": (spoils_its_argument, "in place"),
    },
}
