"""Exercises of lesson 13: other things to play for, and what steadies a game."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from ..family import games, points
from ..simgan.weights import initialize
from .core import (
    Choice,
    Incorrect,
    call,
    close,
    expect,
    function,
    gradients,
    numbers,
    recognise,
    run,
)


def _logits():
    """D's logits of refined and of real images, patches on both sides of every margin."""
    rng = np.random.default_rng(0)
    return [rng.normal(mean, 2, (4, 3, 5, 2)).astype("float32") for mean in ([0, 1], [0.5, 0])]


def _score(logits):
    return logits[..., 0] - logits[..., 1]


def _passes(attempt, *args):
    """Says so where no gradient passes through a loss."""
    _, found = gradients(attempt, *args)
    if any(gradient is None for gradient in found):
        raise Incorrect(
            "the number is right, but no gradient passes through it to all logits. Stay with "
            "`ops`, and leave NumPy out."
        )


@function(
    solves=games.hinge_loss,
    hints=[
        "`score(real_logits)` is a number for each patch. D wants it above 1; what it lacks is "
        "1 - score, and less than nothing cannot be lacking: `ops.relu`.",
        "For refined patches it is the other way round: D wants a score below -1, and what it "
        "lacks is 1 + score.",
        "The mean of either, and their sum: `ops.mean(ops.relu(1 + score(refined_logits))) + "
        "ops.mean(ops.relu(1 - score(real_logits)))`.",
    ],
)
def hinge_loss(attempt):
    refined, real = _logits()
    got = numbers(call(attempt, refined, real), (), "the loss")
    x, y = _score(refined), _score(real)

    def lacking(a, b, margin=1):
        return np.maximum(margin + a, 0).mean() + np.maximum(margin - b, 0).mean()

    sure = [np.exp(z[..., 1]) / np.exp(z).sum(-1) for z in (refined, real)]  # refined
    recognise(
        got,
        (
            lacking(-x, -y),
            "the signs are turned, or refined and real have changed places: D is asked to give "
            "refined patches high scores. A high score stands for real here, so refined ones lack "
            "1 + score and real ones 1 - score.",
        ),
        (
            lacking(1 - sure[0], 1 - sure[1]),
            "this is a hinge on probabilities. They lie between 0 and 1 and never reach both "
            "margins; take the scores, before any softmax.",
        ),
        (
            lacking(sure[0], sure[1]),
            "this is a hinge on the probability of refined. Take the scores, before any softmax.",
        ),
        (
            2 + x.mean() - y.mean(),
            "nothing is cut off at 0: a patch that is right by far would pay for one that is "
            "wrong. `ops.relu` before the mean.",
        ),
        (
            max(1 + x.mean(), 0) + max(1 - y.mean(), 0),
            "the mean is taken before the hinge. Then patches that are right by far hide those "
            "that are wrong: `ops.relu` first, then the mean.",
        ),
        (lacking(x, y, 0), "the margin is missing: it is 1 on either side, not 0."),
        (np.maximum(1 - y, 0).mean(), "the refined half is missing."),
        (np.maximum(1 + x, 0).mean(), "the real half is missing."),
        (lacking(x, y) / 2, "this is the mean of the two sides. The paper adds them."),
        (
            lacking(x, y) * x.size,
            "this is a sum over images and patches. Take the means, or the loss grows with the "
            "batch.",
        ),
    )
    expect(got, lacking(x, y), "the loss")
    _passes(attempt, refined, real)


def _critic():
    """A curved critic of small images, with a map of patches, and images."""
    x = inputs = keras.Input((6, 7, 1))
    x = layers.Conv2D(3, 3, activation="tanh")(x)
    critic = initialize(keras.Model(inputs, layers.Conv2D(2, 1)(x)), seed=3)
    for weight in critic.trainable_weights:
        weight.assign(3.2 * weight)
    rng = np.random.default_rng(1)
    contrast = np.linspace(0.5, 4, 5)[:, None, None, None]  # norms on both sides of 1
    refined, real = (
        (contrast * rng.uniform(-1, 1, (5, 6, 7, 1))).astype("float32") for _ in range(2)
    )
    return critic, refined, real, rng.uniform(0.1, 0.9, 5).astype("float32")


def _slopes(critic, images, of=games.score):
    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = ops.sum(ops.mean(of(critic(images)), axis=(1, 2)))
    return tape.gradient(total, images).numpy()


@function(
    solves=games.gradient_penalty,
    hints=[
        "`place` has a number an image. To multiply an image by it, it needs as many axes: "
        "`ops.reshape(place, (-1, 1, 1, 1))`. Then `between = refined + place * (real - refined)`.",
        "Watch `between` on a `tf.GradientTape`, and in it compute the mean of "
        "`score(discriminator(between))` over the patches, a number an image. The tape's gradient "
        "with respect to `between` has the shape of the images: an image's score is its own.",
        "The norm is that of one image's gradient: `ops.sqrt(ops.sum(slopes**2, axis=(1, 2, 3)))`, "
        "`(B,)`. The penalty is the mean of (norm - 1)^2.",
    ],
)
def gradient_penalty(attempt):
    critic, refined, real, place = _critic()
    got = call(attempt, critic, refined, real, place)
    got = numbers(got, (), "the penalty")
    w = place[:, None, None, None]
    between = refined + w * (real - refined)

    def penalty(images, of=games.score, factor=1):
        norms = np.sqrt((factor * _slopes(critic, images, of) ** 2).sum((1, 2, 3)))
        return ((norms - 1) ** 2).mean()

    slopes = _slopes(critic, between)
    norms = np.sqrt((slopes**2).sum((1, 2, 3)))
    recognise(
        got,
        (
            penalty(real),
            "the slope is taken at the real images only. It matters on R's way to them: look "
            "between the two, where `place` says.",
        ),
        (penalty(refined), "the slope is taken at the refined images only; look between the two."),
        (
            (penalty(refined) + penalty(real)) / 2,
            "the slope is taken at both ends, and not between them.",
        ),
        (penalty((refined + real) / 2), "this looks half way for all pairs; `place` says where."),
        (
            penalty(real + w * (refined - real)),
            "the two ends have changed places: 0 is the refined image and 1 the real one.",
        ),
        (
            (np.sqrt((slopes**2).sum()) - 1) ** 2,
            "this is the norm of the whole batch's gradient. Each image has a norm of its own, or "
            "steep places of one would hide behind flat ones of another.",
        ),
        (
            ((np.abs(slopes) - 1) ** 2).mean(),
            "each pixel's slope is drawn to 1. The norm is over all pixels of an image.",
        ),
        (
            ((np.sqrt((slopes**2).mean((1, 2, 3))) - 1) ** 2).mean(),
            "the norm has the mean of the squares in place of their sum.",
        ),
        (
            (((slopes**2).sum((1, 2, 3)) - 1) ** 2).mean(),
            "these are squared norms; take the root before 1 is subtracted.",
        ),
        ((norms**2).mean(), "this draws the norms to 0; they are to be 1."),
        (((norms - 1) ** 2).sum(), "this is the sum over the images; take the mean."),
        (
            (np.maximum(norms - 1, 0) ** 2).mean(),
            "slopes below 1 cost nothing here. That is a penalty too, and the paper tried it, but "
            "ours draws them to 1 from both sides.",
        ),
        (
            (norms.mean() - 1) ** 2,
            "the mean of the norms is drawn to 1. Draw each of them there, then take the mean.",
        ),
        (
            penalty(between, factor=20.0**2),
            "the scores of the patches are summed. An image's score is their mean, so that it does "
            "not depend on how many patches there are.",
        ),
        (
            penalty(between, lambda z: ops.softmax(z)[..., 0]),
            "this is the slope of the probability. It is flat where D is sure; take the score.",
        ),
        (
            penalty(between, lambda z: z[..., 0]),
            "this is the slope of one logit alone. The score is the difference of both.",
        ),
    )
    expect(got, ((norms - 1) ** 2).mean(), "the penalty")
    with tf.GradientTape() as tape:
        value = run(attempt, critic, *map(tf.constant, (refined, real, place)))
    found = None
    if tf.is_tensor(value):
        found = tape.gradient(value, critic.trainable_weights[0])
    if found is None:
        raise Incorrect(
            "the number is right, but no gradient passes through it to the critic's weights, and "
            "the critic is to learn from it. Stay with `ops` and tensors."
        )
    steep = keras.Sequential([layers.Flatten(), layers.Dense(2)])  # an image is one patch
    images = np.zeros((3, 2, 2, 1), "float32")

    def one_patch(x):
        return ops.reshape(steep(x), (-1, 1, 1, 2))

    steep(images)
    found = numbers(run(attempt, one_patch, images, images, place[:3]), (), "the penalty")
    slope = np.linalg.norm(np.array(steep.weights[0]) @ [1, -1])
    expect(found, (slope - 1) ** 2, "the penalty of a linear critic")


@function(
    solves=games.smoothed_loss,
    hints=[
        "`discriminator_loss(refined_logits, real_logits)` is the refined half and the real half. "
        "Only the real half changes.",
        "A label that is nine tenths real has nine tenths of one cross-entropy and a tenth of the "
        "other: (1 - share) * local_adversarial_loss(real_logits, REAL) + share * "
        "local_adversarial_loss(real_logits, REFINED).",
        "Add `local_adversarial_loss(refined_logits, REFINED)`, as it was.",
    ],
)
def smoothed_loss(attempt):
    refined, real = _logits()
    logs = [z - np.log(np.exp(z).sum(-1, keepdims=True)) for z in (refined, real)]
    (x_real, x_refined), (y_real, y_refined) = (-z.mean((0, 1, 2)) for z in logs)
    for share in (0.1, 0.25):
        got = numbers(call(attempt, refined, real, share), (), "the loss")
        if share == 0.25:
            recognise(
                got,
                (
                    x_refined + 0.9 * y_real + 0.1 * y_refined,
                    "`share` is an argument, not always a tenth.",
                ),
            )
        keep = 1 - share
        recognise(
            got,
            (
                keep * x_refined + share * x_real + keep * y_real + share * y_refined,
                "both sides are smoothed. Then D tells R that a tenth of today's refined images "
                "is fine, and R has less reason to change them. Smooth the real side only.",
            ),
            (
                keep * x_refined + share * x_real + y_real,
                "the refined side is smoothed. It is the real side that D should not be too sure "
                "of.",
            ),
            (x_refined + y_real, "nothing is smoothed; this is equation 2 as it was."),
            (
                x_refined + share * y_real + keep * y_refined,
                "real images are called real to a tenth only. `share` is what goes to refined.",
            ),
            (
                x_refined + keep * y_real,
                "the real half has less weight, but D is still asked to be quite sure. A share of "
                "the label goes to the other verdict: add share times the cross-entropy for "
                "REFINED.",
            ),
            (
                x_refined + y_real + share * y_refined,
                "the labels of a real image add up to more than 1: what goes to refined is taken "
                "from real.",
            ),
        )
        expect(got, x_refined + keep * y_real + share * y_refined, "the loss")
    _passes(lambda a, b: run(attempt, a, b, 0.1), refined, real)


@function(
    solves=points.step_ahead,
    hints=[
        "The weights are tensors here, not variables, so the tape must be told: "
        "`tape.watch(weights)`. Then `value = loss(weights)` inside it.",
        "`tape.gradient(value, weights)` is a list like `weights`. Return a new list of "
        "`w - rate * g`.",
        "Assign nothing, and stop no gradient: a tape outside is to look through this step.",
    ],
)
def step_ahead(attempt):
    rate = 0.2
    start = [np.array([0.5, -1.0], "float32"), np.array([[2.0]], "float32")]

    def play(shift, stop=False):
        given = [tf.constant(w) for w in start]
        with tf.GradientTape() as tape:
            tape.watch(shift)
            asked = []

            def loss(weights):
                asked.append(1)
                a, b = weights
                return ops.sum(a**2) * shift**2 + ops.sum(b) * shift**3 / 3

            before = list(given)
            new = run(attempt, loss, given, rate)
            if len(given) != 2 or any(a is not b for a, b in zip(given, before, strict=True)):
                raise Incorrect("it changes the list of weights in place; return a new one.")
            if not isinstance(new, list | tuple) or len(new) != 2:
                raise Incorrect(
                    "it should return a list of as many weights as it was given, here 2; received "
                    f"{type(new).__name__}."
                )
            if not asked:
                raise Incorrect("the loss is never asked, so this cannot be a step down it.")
            total = None
            if all(tf.is_tensor(w) for w in new):
                total = sum(ops.sum(w) for w in new)
        found = [numbers(w, s.shape, "a weight") for w, s in zip(new, start, strict=True)]
        through = None if total is None else tape.gradient(total, shift)
        return found, through

    shift = tf.constant(1.5)
    (a, b), through = play(shift)
    slopes = [2 * start[0] * 1.5**2, np.array([[1.5**3 / 3]])]

    def moved(factor):
        return np.concatenate(
            [np.ravel(w - factor * g) for w, g in zip(start, slopes, strict=True)]
        )

    got = np.concatenate([a.ravel(), b.ravel()])
    recognise(
        got,
        (moved(-rate), "the step goes up the loss. D goes down its loss: minus."),
        (moved(1), "the rate is left out."),
        (
            np.concatenate([np.ravel(g) for g in slopes]),
            "these are the gradients, not the weights.",
        ),
        (
            np.concatenate([np.ravel(rate * g) for g in slopes]),
            "this is the step alone; subtract it from the weights.",
        ),
        (moved(0), "the weights have not moved."),
        (moved(2 * rate), "these are two steps in one; make one."),
    )
    expect(got, moved(rate), "the weights after the step")
    # d/ds of -rate * (2 a s^2) summed, and of -rate * s^3 / 3
    right = -rate * (4 * 1.5 * start[0].sum() + 1.5**2)
    if through is None or not close(through, right):
        raise Incorrect(
            "the weights are right, but a gradient from outside does not find its way through the "
            "step: G would learn what D will say, and not that D's step depends on it. Leave out "
            "`stop_gradient`, NumPy and variables."
        )


which_finds_more = Choice(
    "c",
    {
        "a": "a critic measures a distance only if it has had time to learn, and here G runs away "
        "from it. It found no heap, or one, with each of our seeds.",
        "b": "it may help: squares pull G on where D is sure. But it does not help every time, "
        "and another change does.",
        "c": "here the pace counts for more than what they play for. A D that keeps up sees each "
        "heap that G leaves empty; one that lags is still at the heap before.",
        "d": "one of them does help, with every seed that we tried. Whom must G not outrun?",
    },
    hints=[
        "In the game as it is, G's rate is four times D's: it runs from heap to heap.",
        "When G has moved to one heap, who tells it that the others are still empty?",
    ],
)
