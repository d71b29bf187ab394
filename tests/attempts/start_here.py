"""Attempts at the exercises of lesson 00: other right ways, and mistakes with their messages."""

import math

import numpy as np
import tensorflow as tf


def d(x, slope, offset):
    return 1 / (1 + np.exp(-(slope * x + offset)))


def value_by_loops(real, generated):
    a = sum(math.log(1 - p) for p in real) / len(real)
    b = sum(math.log(p) for p in generated) / len(generated)
    return a + b


def step_by_tape(slope, offset, real, generated, rate):
    s, o = tf.Variable(slope), tf.Variable(offset)
    with tf.GradientTape() as tape:
        on_real = tf.sigmoid(s * tf.constant(real, tf.float32) + o)
        on_generated = tf.sigmoid(s * tf.constant(generated, tf.float32) + o)
        v = tf.reduce_mean(tf.math.log(1 - on_real)) + tf.reduce_mean(tf.math.log(on_generated))
    to_slope, to_offset = tape.gradient(v, [s, o])
    return s + rate * to_slope, o + rate * to_offset


def step_by_differences(a, b, real, fake, lr):
    def v(a, b):
        return np.log(1 - d(real, a, b)).mean() + np.log(d(fake, a, b)).mean()

    h = 1e-5
    da = (v(a + h, b) - v(a - h, b)) / (2 * h)
    db = (v(a, b + h) - v(a, b - h)) / (2 * h)
    return [a + lr * da, b + lr * db]


def d_step(slope, offset, real, generated, rate, mean=np.mean, sign=1, swapped=False, log=True):
    on_real, on_generated = d(real, slope, offset), d(generated, slope, offset)
    a, b = (on_real - 1, -on_generated) if swapped else (on_real, 1 - on_generated)
    if not log:
        a, b = on_real * (1 - on_real), on_generated * (1 - on_generated)
    to_slope, to_offset = mean(b * generated) - mean(a * real), mean(b) - mean(a)
    return slope + sign * rate * to_slope, offset + sign * rate * to_offset


def d_step_without_x(slope, offset, real, generated, rate):
    step = rate * np.mean(1 - d(generated, slope, offset)) - rate * np.mean(d(real, slope, offset))
    return slope + step, offset + step


def d_step_one_after_the_other(slope, offset, real, generated, rate):
    slope, _ = d_step(slope, offset, real, generated, rate)
    return slope, d_step(slope, offset, real, generated, rate)[1]


def d_step_in_place(slope, offset, real, generated, rate):
    result = d_step(slope, offset, real, generated, rate)
    real *= slope
    return result


def g_step_by_tape(shift, slope, offset, noise, rate):
    t = tf.Variable(shift, dtype=tf.float64)
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(tf.math.log(1 - tf.sigmoid(slope * (noise + t) + offset)))
    return t - rate * tape.gradient(loss, t)


def g_step_by_differences(shift, slope, offset, noise, rate):
    def loss(shift):
        return -np.log(1 - d(noise + shift, slope, offset)).mean()

    return shift - rate * (loss(shift + 1e-5) - loss(shift - 1e-5)) / 2e-5


def g_step(pull, sign=-1, mean=np.mean):
    """A generator whose loss has the derivative `pull(D)` with respect to slope * x + offset."""

    def attempt(shift, slope, offset, noise, rate):
        return shift + sign * rate * slope * mean(pull(d(noise + shift, slope, offset)))

    return attempt


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "value": [
        value_by_loops,
        lambda a, b: np.log1p(-a).mean() + np.log(b).mean(),
        lambda a, b: tf.reduce_mean(tf.math.log(1 - a)) + tf.reduce_mean(tf.math.log(b)),
    ],
    "discriminator_step": [step_by_tape, step_by_differences, d_step],
    "generator_step": [g_step_by_tape, g_step_by_differences, g_step(lambda p: p)],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "value": {
        "targets swapped": (
            lambda a, b: np.log(a).mean() + np.log(1 - b).mean(),
            "targets are swapped",
        ),
        "sum": (lambda a, b: np.log(1 - a).sum() + np.log(b).sum(), "sums"),
        "one mean": (lambda a, b: np.log(np.concatenate([1 - a, b])).mean(), "a mean of its own"),
        "no logarithm": (lambda a, b: (1 - a).mean() + b.mean(), "logarithm is missing"),
        "no 1 -": (lambda a, b: np.log(a).mean() + np.log(b).mean(), "`1 -` is missing"),
        "the loss": (lambda a, b: -np.log(1 - a).mean() - np.log(b).mean(), "sign is turned"),
        "difference": (lambda a, b: np.log(1 - a).mean() - np.log(b).mean(), "subtracted"),
        "log(1 - D) for both": (
            lambda a, b: np.log(1 - a).mean() + np.log(1 - b).mean(),
            "both kinds get log(1 - D)",
        ),
        "real only": (lambda a, b: np.log(1 - a).mean(), "generated numbers is missing"),
        "generated only": (lambda a, b: np.log(b).mean(), "real numbers is missing"),
        "log of the mean": (
            lambda a, b: np.log((1 - a).mean()) + np.log(b.mean()),
            "the logarithm of a mean",
        ),
        "log10": (lambda a, b: np.log10(1 - a).mean() + np.log10(b).mean(), "log10"),
        "log2": (lambda a, b: np.log2(1 - a).mean() + np.log2(b).mean(), "log2"),
        "a value a number": (lambda a, b: np.log(1 - a[:5]) + np.log(b[:5]), "a single number"),
    },
    "discriminator_step": {
        "descends": (lambda *args: d_step(*args, sign=-1), "D descends"),
        "targets swapped": (lambda *args: d_step(*args, swapped=True), "targets are swapped"),
        "sum": (lambda *args: d_step(*args, mean=np.sum), "sums"),
        "no logarithm": (lambda *args: d_step(*args, log=False), "logarithm is missing"),
        "no rate": (lambda *args: d_step(*args[:4], 1.0), "rate is missing"),
        "no 1 -": (
            lambda s, o, r, g, rate: (
                s + rate * (np.mean(d(g, s, o) * g) - np.mean(d(r, s, o) * r)),
                o + rate * (np.mean(d(g, s, o)) - np.mean(d(r, s, o))),
            ),
            "`1 -` is missing",
        ),
        "plus": (
            lambda s, o, r, g, rate: (
                s + rate * (np.mean((1 - d(g, s, o)) * g) + np.mean(d(r, s, o) * r)),
                o + rate * (np.mean(1 - d(g, s, o)) + np.mean(d(r, s, o))),
            ),
            "has a minus",
        ),
        "step alone": (
            lambda s, o, *rest: np.subtract(d_step(s, o, *rest), (s, o)),
            "the step alone",
        ),
        "gradient": (
            lambda s, o, r, g, rate: np.subtract(d_step(s, o, r, g, 1.0), (s, o)),
            "this is the gradient",
        ),
        "wrong order": (lambda *args: d_step(*args)[::-1], "the slope comes first"),
        "no factor x": (d_step_without_x, "factor x"),
        "one after the other": (d_step_one_after_the_other, "with the new slope"),
        "slope only": (lambda *args: d_step(*args)[0], "pair (slope, offset)"),
        "in place": (d_step_in_place, "in place"),
    },
    "generator_step": {
        "wrong way": (g_step(lambda p: p, sign=1), "the wrong way"),
        "minimises V": (g_step(lambda p: 1 - p), "minimises V itself"),
        "targets swapped": (g_step(lambda p: 1 - p, sign=1), "targets are swapped"),
        "sum": (g_step(lambda p: p, mean=np.sum), "this is a sum"),
        "no logarithm": (g_step(lambda p: p * (1 - p)), "logarithm is missing"),
        "no slope": (
            lambda t, s, o, z, rate: t - rate * np.mean(d(z + t, s, o)),
            "slope is missing",
        ),
        "noise": (lambda t, s, o, z, rate: t - rate * s * np.mean(d(z, s, o)), "about the noise"),
        "no rate": (lambda t, s, o, z, rate: t - s * np.mean(d(z + t, s, o)), "rate is missing"),
        "step alone": (
            lambda t, s, o, z, rate: -rate * s * np.mean(d(z + t, s, o)),
            "the step alone",
        ),
        "gradient": (lambda t, s, o, z, rate: s * np.mean(d(z + t, s, o)), "this is the gradient"),
        "a shift a number": (
            lambda t, s, o, z, rate: t - rate * s * d(z + t, s, o),
            "a single number",
        ),
    },
}
