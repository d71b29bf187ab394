"""Attempts at the exercises of lesson 13: other right ways, and mistakes with their messages."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from simgan_lib.family.games import hinge_loss, score, smoothed_loss
from simgan_lib.simgan.losses import REAL, REFINED, discriminator_loss, local_adversarial_loss


def hinge(refined_logits, real_logits, sign=1, margin=1, of=score, cut=ops.relu, mean=ops.mean):
    """A hinge with a mistake to choose."""
    refined = mean(cut(margin + sign * of(refined_logits)))
    return refined + mean(cut(margin - sign * of(real_logits)))


def hinge_with(**mistake):
    return lambda refined, real: hinge(refined, real, **mistake)


def hinge_by_keras(refined_logits, real_logits):
    loss = keras.losses.Hinge()
    refined, real = (ops.reshape(score(z), (-1, 1)) for z in (refined_logits, real_logits))
    return loss(-ops.ones_like(refined), refined) + loss(ops.ones_like(real), real)


def probability(logits):
    return ops.softmax(logits)[..., REFINED]


def real_probability(logits):
    return ops.softmax(logits)[..., REAL]


def penalty(discriminator, refined, real, place, of=score, **how):
    """A gradient penalty with a mistake to choose."""
    place = ops.reshape(ops.convert_to_tensor(place), (-1, 1, 1, 1))
    between = how.get("at", lambda x, y, w: x + w * (y - x))(refined, real, place)
    between = tf.convert_to_tensor(between)
    with tf.GradientTape() as tape:
        tape.watch(between)
        scores = how.get("patches", ops.mean)(of(discriminator(between)), axis=(1, 2))
    slopes = tape.gradient(scores, between)
    if "of_slopes" in how:
        return how["of_slopes"](slopes)
    norms = ops.sqrt(ops.sum(slopes**2, axis=(1, 2, 3)))
    return how.get("end", lambda norms: ops.mean((norms - 1) ** 2))(norms)


def penalty_with(**mistake):
    return lambda *args: penalty(*args, **mistake)


def penalty_image_by_image(discriminator, refined, real, place):
    found = []
    for x, y, w in zip(refined, real, place, strict=True):
        one = (1 - w) * x[None] + w * y[None]
        one = tf.convert_to_tensor(one)
        with tf.GradientTape() as tape:
            tape.watch(one)
            value = ops.mean(score(discriminator(one)))
        found.append((tf.norm(tape.gradient(value, one)) - 1) ** 2)
    return ops.mean(ops.stack(found))


def both_ends(*args):
    ends = [penalty(*args, at=lambda x, y, w, k=k: (x, y)[k]) for k in (0, 1)]
    return (ends[0] + ends[1]) / 2


def smoothed(refined_logits, real_logits, share=0.1, refined=(0, 1), real=(1, 1), always=None):
    """A smoothed loss with a mistake to choose: how much of each label, and of its share."""
    share = share if always is None else always

    def half(logits, own, other, keep, part):
        mine, others = (local_adversarial_loss(logits, target) for target in (own, other))
        return (1 - share * keep) * mine + share * part * others

    whole = half(refined_logits, REFINED, REAL, refined[0], refined[0])
    return whole + half(real_logits, REAL, REFINED, *real)


def smoothed_with(**mistake):
    return lambda refined, real, share=0.1: smoothed(refined, real, share, **mistake)


def smoothed_by_keras(refined_logits, real_logits, share=0.1):
    labels = tf.constant([1 - share, share]) * ops.ones_like(real_logits)
    real = ops.mean(ops.categorical_crossentropy(labels, real_logits, from_logits=True))
    return real + local_adversarial_loss(refined_logits, REFINED)


def step(loss, weights, rate, direction=-1, change=lambda g: g, alone=False):
    """A step ahead with a mistake to choose."""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = loss(weights)
    gradients = [change(g) for g in tape.gradient(value, weights)]
    start = [0 * w for w in weights] if alone else weights
    return [w + direction * rate * g for w, g in zip(start, gradients, strict=True)]


def step_with(**mistake):
    return lambda loss, weights, rate: step(loss, weights, rate, **mistake)


def step_of_tuples(loss, weights, rate):
    with tf.GradientTape(persistent=True) as tape:
        for w in weights:
            tape.watch(w)
        value = loss(weights)
    return tuple(w - rate * tape.gradient(value, w) for w in weights)


def step_in_place(loss, weights, rate):
    weights[:] = step(loss, weights, rate)
    return weights


def step_of_variables(loss, weights, rate):
    weights = [tf.Variable(w) for w in weights]
    with tf.GradientTape() as tape:
        value = loss(weights)
    for w, g in zip(weights, tape.gradient(value, weights), strict=True):
        w.assign_sub(rate * g)
    return weights


RIGHT = {
    "hinge_loss": [hinge, hinge_by_keras],
    "gradient_penalty": [penalty, penalty_image_by_image],
    "smoothed_loss": [smoothed, smoothed_by_keras],
    "step_ahead": [step, step_of_tuples],
    "which_finds_more": ["C", " c "],
}

WRONG = {
    "hinge_loss": {
        "signs": (hinge_with(sign=-1), "the signs are turned"),
        "on probabilities": (hinge_with(of=real_probability), "hinge on probabilities"),
        "on D's probabilities": (hinge_with(of=probability), "on the probability of refined"),
        "no hinge": (hinge_with(cut=lambda x: x), "cut off at 0"),
        "hinge of the mean": (
            hinge_with(cut=ops.mean, mean=ops.relu),
            "taken before the hinge",
        ),
        "no margin": (hinge_with(margin=0), "margin is missing"),
        "halved": (lambda x, y: hinge(x, y) / 2, "The paper adds them"),
        "sum": (hinge_with(mean=ops.sum), "a sum over images"),
        "swapped": (lambda x, y: hinge(y, x), "have changed places"),
        "real half alone": (
            lambda x, y: ops.mean(ops.relu(1 - score(y))),
            "the refined half is missing",
        ),
        "refined half alone": (
            lambda x, y: ops.mean(ops.relu(1 + score(x))),
            "the real half is missing",
        ),
        "in NumPy": (lambda x, y: float(hinge_loss(np.array(x), np.array(y))), "no gradient"),
        "a map": (hinge_with(mean=lambda x: x), "a single number"),
    },
    "gradient_penalty": {
        "real only": (penalty_with(at=lambda x, y, w: y), "real images only"),
        "refined only": (penalty_with(at=lambda x, y, w: x), "refined images only"),
        "both ends": (both_ends, "both ends"),
        "half way": (penalty_with(at=lambda x, y, w: (x + y) / 2), "half way for all"),
        "ends swapped": (penalty_with(at=lambda x, y, w: y + w * (x - y)), "changed places"),
        "one norm": (
            penalty_with(of_slopes=lambda g: (ops.sqrt(ops.sum(g**2)) - 1) ** 2),
            "whole batch",
        ),
        "each pixel": (
            penalty_with(of_slopes=lambda g: ops.mean((ops.abs(g) - 1) ** 2)),
            "each pixel's slope",
        ),
        "root mean square": (
            penalty_with(
                of_slopes=lambda g: ops.mean((ops.sqrt(ops.mean(g**2, axis=(1, 2, 3))) - 1) ** 2)
            ),
            "in place of their sum",
        ),
        "squared": (penalty_with(end=lambda n: ops.mean((n**2 - 1) ** 2)), "squared norms"),
        "to zero": (penalty_with(end=lambda n: ops.mean(n**2)), "norms to 0"),
        "sum": (penalty_with(end=lambda n: ops.sum((n - 1) ** 2)), "sum over the images"),
        "one-sided": (
            penalty_with(end=lambda n: ops.mean(ops.relu(n - 1) ** 2)),
            "from both sides",
        ),
        "mean of norms": (penalty_with(end=lambda n: (ops.mean(n) - 1) ** 2), "mean of the norms"),
        "patches summed": (penalty_with(patches=ops.sum), "of the patches are summed"),
        "of the probability": (penalty_with(of=real_probability), "slope of the probability"),
        "of one logit": (penalty_with(of=lambda z: z[..., REAL]), "one logit alone"),
        "in NumPy": (lambda *args: float(penalty(*args)), "no gradient passes"),
    },
    "smoothed_loss": {
        "both sides": (smoothed_with(refined=(1, 1)), "both sides are smoothed"),
        "refined side": (
            smoothed_with(refined=(1, 1), real=(0, 0)),
            "the refined side is smoothed",
        ),
        "nothing": (lambda x, y, share=0.1: discriminator_loss(x, y), "nothing is smoothed"),
        "turned": (
            lambda x, y, share=0.1: smoothed_loss(x, y, 1 - share),
            "real to a tenth only",
        ),
        "less weight": (smoothed_with(real=(1, 0)), "less weight"),
        "added": (smoothed_with(real=(0, 1)), "add up to more than 1"),
        "always a tenth": (smoothed_with(always=0.1), "not always a tenth"),
        "in NumPy": (
            lambda x, y, share=0.1: float(smoothed_loss(np.array(x), np.array(y), share)),
            "no gradient",
        ),
    },
    "step_ahead": {
        "uphill": (step_with(direction=1), "goes up the loss"),
        "no rate": (lambda loss, weights, rate: step(loss, weights, 1), "the rate is left out"),
        "gradients": (
            lambda loss, weights, rate: step(loss, weights, 1, 1, alone=True),
            "these are the gradients",
        ),
        "step alone": (step_with(alone=True, direction=1), "the step alone"),
        "not moved": (
            lambda loss, weights, rate: step(loss, weights, 0),
            "have not moved",
        ),
        "one weight": (
            lambda loss, weights, rate: step(loss, weights, rate)[:1],
            "here 2",
        ),
        "never asked": (lambda loss, weights, rate: list(weights), "never asked"),
        "gradient stopped": (step_with(change=tf.stop_gradient), "G would learn what D will say"),
        "in NumPy": (step_with(change=np.array), "G would learn what D will say"),
        "variables": (step_of_variables, "G would learn what D will say"),
        "in place": (step_in_place, "changes the list"),
    },
    "which_finds_more": {
        "a": ("a", "has had time to learn"),
        "b": ("b", "does not help every time"),
        "d": ("d", "Whom must G not outrun"),
    },
}
