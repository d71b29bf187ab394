"""Exercises of lesson 10: eyes that deceive an estimator, and one that learns from them."""

import keras
import numpy as np
import tensorflow as tf

from ..family import attacks
from ..measure.estimator import gaze_estimator
from ..simgan.weights import initialize
from .core import Choice, Incorrect, call, expect, function, numbers, recognise, run

SIZE = 3  # grey levels, not the lesson's


def _world(seed=0):
    """A small estimator, and eyes for it of which a third of the pixels is black or white."""
    rng = np.random.default_rng(seed)
    model = initialize(gaze_estimator((4, 4, 4, 4, 4), 8), seed=1)
    images = np.clip(rng.normal(0, 1, (6, 35, 55, 1)), -1, 1).astype("float32")
    gaze = rng.normal(0, 0.2, (6, 3)) + [0, 0, -1]
    return model, images, (gaze / np.linalg.norm(gaze, axis=1, keepdims=True)).astype("float32")


def _loss(model, images, gaze):
    return np.array(attacks.gaze_loss(model(np.asarray(images, "float32")), gaze))


@function(
    solves=attacks.pixel_gradient,
    hints=[
        "A tape records what happens to what it watches. Weights it watches by itself; an image it "
        "watches if you tell it, `tape.watch(images)`, and if it is a tensor: "
        "`tf.convert_to_tensor(images)`.",
        "Inside `with tf.GradientTape() as tape` compute the sum of `gaze_loss(model(images), "
        "gaze)` over the eyes. An eye's pixels touch only its own loss, so the sum keeps the eyes "
        "apart.",
        "`tape.gradient(loss, images)` has the shape of the images.",
    ],
)
def pixel_gradient(attempt):
    model, images, gaze = _world()
    before = model.get_weights()
    got = call(attempt, model, images, gaze)
    if any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True)):
        raise Incorrect("the weights of the network changed; an attack leaves them as they are.")
    if isinstance(got, list | tuple) and len(got) == len(model.trainable_weights):
        raise Incorrect(
            "these are the gradients of the weights, as in training. Here the network stays as it "
            "is: ask the tape for the gradient with respect to the images."
        )
    if got is None:
        raise Incorrect(
            "the result is None. Either `return` is missing, or the tape did not watch the images: "
            "`tape.watch(images)` before the network is called."
        )
    got = numbers(got, images.shape, "the gradient")
    right = np.array(attacks.pixel_gradient(model, images, gaze))
    squared = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(squared)
        distance = tf.reduce_sum((model(squared) - gaze) ** 2)
    recognise(
        1000 * got,
        (-1000 * right, "it points the other way, to where the estimator errs less."),
        (
            1000 * right / len(images),
            "each eye's gradient is divided by the number of eyes: take the sum over the batch, "
            "not the mean, or an eye's gradient depends on its company.",
        ),
        (
            1000 * np.array(tape.gradient(distance, squared)),
            "this is the gradient of the squared distance, which also grows with the length of the "
            "answer. `gaze_loss` counts the angle alone.",
        ),
        (1000 * np.sign(right), "keep the gradient as it is; the sign comes in the next exercise."),
    )
    expect(1000 * got, 1000 * right, "1,000 times the gradient")


@function(
    solves=attacks.one_step,
    hints=[
        "Of the gradient only the sign counts: `ops.sign(pixel_gradient(model, images, gaze))` is "
        "+1 where a brighter pixel makes the error larger, and -1 where a darker one does.",
        "`size` counts grey levels, and one is `GREY` = 2 / 255 in images from -1 to 1.",
        "A white pixel cannot become brighter: `ops.clip(..., -1, 1)`.",
    ],
)
def one_step(attempt):
    model, images, gaze = _world()
    got = numbers(call(attempt, model, images, gaze, SIZE), images.shape, "what is returned")
    gradient = np.array(attacks.pixel_gradient(model, images, gaze))
    sign, limit = np.sign(gradient), SIZE * attacks.GREY

    def moved(step):
        return np.clip(images + step, -1, 1)

    recognise(
        got,
        (
            moved(-limit * sign),
            "the eyes move downhill, so the estimator errs less on them. Whoever deceives goes up.",
        ),
        (
            images + limit * sign,
            "black pixels become blacker than black and white ones whiter than white: no such "
            "image can be stored or shown. Clip to the range from -1 to 1.",
        ),
        (limit * sign, "this is the step alone; add it to the images."),
        (
            moved(SIZE * sign),
            "the pixels move by `size` whole units, and black to white is 2 units. `size` counts "
            "grey levels; one is `GREY`.",
        ),
        (
            moved(limit / 2 * sign),
            "the step is half as long as it should be: from -1 to 1 there are 255 grey levels, so "
            "one is 2 / 255, `GREY`.",
        ),
        (
            moved(limit * gradient),
            "the step follows the gradient's length, and so hardly any pixel moves. Take its sign: "
            "every pixel uses the whole of what it may.",
        ),
        (
            np.clip(images + limit * sign, 0, 1),
            "images run from -1 to 1 here, not from 0 to 1: half of the grey levels are gone.",
        ),
    )
    expect(got, moved(limit * sign), "a pixel")


@function(
    solves=attacks.projected_steps,
    hints=[
        "Nothing may lie outside `low = ops.maximum(images - size * GREY, -1)` and "
        "`high = ops.minimum(images + size * GREY, 1)`. Both are made of the first images, once.",
        "A step: take the gradient at the images *as they are now*, add `size / 4 * GREY * "
        "ops.sign(...)`, and bring them back with `ops.clip(changed, low, high)`.",
        "Begin at `one_step(...)`, and note for each eye the worst image so far: "
        "`ops.where((loss > most)[:, None, None, None], changed, worst)`, where `loss` and `most` "
        "are the `gaze_loss` of the two.",
    ],
)
def projected_steps(attempt):
    model, images, gaze = _world()
    got = numbers(call(attempt, model, images, gaze, SIZE), images.shape, "what is returned")
    far = np.abs(got - images).max() / attacks.GREY
    if far > SIZE + 0.01:
        raise Incorrect(
            f"a pixel ends {far:.1f} grey levels from where it was, and {SIZE} are allowed. After "
            "every step, bring the images back to within `size` of the *first* images, not of "
            "those before the step."
        )
    if np.abs(got).max() > 1 + 1e-6:
        raise Incorrect("some pixels are blacker than black or whiter than white; clip to [-1, 1].")
    clean, one, mine, library = (
        _loss(model, changed, gaze)
        for changed in (
            images,
            attacks.one_step(model, images, gaze, SIZE),
            got,
            attacks.projected_steps(model, images, gaze, SIZE),
        )
    )
    if mine.mean() < clean.mean():
        raise Incorrect("the estimator errs less than before: the steps go downhill.")
    if far < 0.6 * SIZE:
        raise Incorrect(
            f"no pixel uses what it may: the farthest is {far:.1f} grey levels from where it was, "
            f"and {SIZE} are allowed."
        )
    if np.allclose(mine, one, rtol=1e-4):
        raise Incorrect(
            "ten steps deceive no better than one. Is the gradient taken at the first images every "
            "time? Take it at the images as they are now."
        )
    if (mine < one - 1e-6).any():
        raise Incorrect(
            f"eye {int(np.argmax(one - mine))} is deceived less than by one step. Begin where "
            "`one_step` ends, and keep for each eye the worst image of all steps."
        )
    if (mine - one).mean() < 0.5 * (library - one).mean():
        raise Incorrect(
            "it is stronger than one step, but not by half as much as ten steps can be. Is every "
            "step a quarter of `size`, and are there as many as `steps` says?"
        )
    few, many = (
        _loss(model, run(attempt, model, images, gaze, SIZE, steps), gaze).mean()
        for steps in (1, 30)
    )
    if few >= mine.mean() or many < mine.mean():
        raise Incorrect("the number of steps is an argument, `steps`, not always ten.")


@function(
    solves=attacks.Defended.train_step,
    hints=[
        "`images, gaze = data` is a batch as `fit` hands it over. `self` is the network itself, "
        "with the weights that it has now.",
        "First the maximum: `one_step(self, images, gaze, self.size)`.",
        "Then the minimum: the ordinary step of training, on these eyes with the true gaze: "
        "`return keras.Model.train_step(self, (deceiving, gaze))`.",
    ],
)
def train_step(attempt):
    _, images, gaze = _world()

    def learn(how, size=SIZE):
        plain, *_ = _world()
        model = attacks.Defended(plain.input, plain.output)
        model.size = size
        model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
        logs = how(model, (tf.constant(images), tf.constant(gaze)))
        return logs, np.concatenate([w.ravel() for w in model.get_weights()])

    def ordinary(batch):
        def step(model, data):
            return keras.Model.train_step(model, batch(model, *data))

        return learn(step)[1]

    logs, got = learn(lambda model, data: run(attempt, model, data))
    start = np.concatenate([w.ravel() for w in _world()[0].get_weights()])

    def change(weights):  # large enough for the digits that are compared
        return 1000 * (weights - start)

    def deceiving(m, x, y):
        return attacks.one_step(m, x, y, m.size)

    mistakes = [
        (
            lambda m, x, y: (x, y),
            "it learns from the eyes as they came, and so meets no deceiving one. Hand the changed "
            "images to the step of training.",
        ),
        (
            lambda m, x, y: (attacks.one_step(m, x, y, -m.size), y),
            "it learns from eyes that were made easier. The inner player goes up.",
        ),
        (
            lambda m, x, y: (attacks.one_step(m, x, y, 4), y),
            "the size is the model's, `self.size`, not always 4.",
        ),
        (
            lambda m, x, y: (deceiving(m, x, y), m(x)),
            "it learns to answer what it answers anyway. The label of a deceiving eye is the true "
            "gaze: the eye has not moved.",
        ),
        (
            lambda m, x, y: (tf.concat([x, deceiving(m, x, y)], 0), tf.concat([y, y], 0)),
            "it learns from the eyes as they came and from deceiving ones. Many do so, but the "
            "game asked for is min over the weights of max over the pixels: deceiving eyes only.",
        ),
    ]
    recognise(
        change(got),
        (
            change(start),
            "no weight changed. `keras.Model.train_step(self, (images, gaze))` makes the step.",
        ),
        *((change(ordinary(batch)), message) for batch, message in mistakes),
    )
    if logs is None:
        raise Incorrect(
            "it learns rightly and returns nothing; `fit` shows what `train_step` returns."
        )
    many = ordinary(lambda m, x, y: (attacks.projected_steps(m, x, y, m.size), y))
    if np.allclose(got, many, atol=1e-6):
        return "with projected steps the inner maximum is found better, and training takes longer."
    right = learn(attacks.Defended.train_step)[1]
    expect(change(got), change(right), "1,000 times the change of a weight")


universal = Choice(
    "b",
    {
        "a": "noise has no common direction at all. The eyes' gradients have a small one: irises "
        "and lids lie at nearly the same place in all eyes.",
        "b": "most of what deceives on one eye is undone by the others: where the answer is too "
        "far to the left already, left is uphill, and elsewhere right is.",
        "c": "half would mean that the eyes mostly agree where uphill is. But uphill is further in "
        "the direction in which an answer is off already, and that differs from eye to eye.",
        "d": "a change for one eye follows the direction in which its answer is off already; one "
        "pattern cannot follow the directions of all.",
    },
    hints=[
        "An answer is off to the left. To which side does it get worse, and how is that for an "
        "eye whose answer is off to the right?",
        "The pattern follows the mean of the gradients. What is left of directions that differ?",
    ],
)
