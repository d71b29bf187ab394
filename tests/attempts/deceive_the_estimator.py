"""Attempts at the exercises of lesson 10: other right ways, and mistakes with their messages."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from simgan_lib.family.attacks import GREY, gaze_loss, one_step, pixel_gradient, projected_steps


def gradient(model, images, gaze, reduce=tf.reduce_sum, loss=gaze_loss, of=None, watch=True):
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        if watch:
            tape.watch(images)
        value = reduce(loss(model(images), gaze))
    return tape.gradient(value, model.trainable_weights if of == "weights" else images)


def gradient_of_a_variable(model, images, gaze):
    """A variable is watched without being asked for; the cosine is written out."""
    images = tf.Variable(images)
    with tf.GradientTape() as tape:
        answers = model(images)
        cosine = ops.sum(answers * gaze, -1) / ops.sqrt(ops.sum(answers**2, -1))
        loss = -ops.sum(cosine)
    return tape.gradient(loss, images).numpy()


def gradient_in_trace(model, images, gaze):
    for weight in model.trainable_weights:
        weight.assign(weight * 0.99)
    return gradient(model, images, gaze)


def step(
    model, images, gaze, size, unit=GREY, direction=1, length=tf.sign, clip=(-1, 1), base=True
):
    change = direction * size * unit * length(gradient(model, images, gaze))
    changed = images + change if base else change
    return ops.clip(changed, *clip) if clip else changed


def step_in_numpy(model, images, gaze, size):
    up = pixel_gradient(model, images, gaze).numpy() > 0
    down = pixel_gradient(model, images, gaze).numpy() < 0
    return np.clip(images + GREY * size * up - GREY * size * down, -1, 1)


def steps(model, images, gaze, size, steps=10, **mistake):
    """Projected steps with a mistake to choose."""
    low = ops.maximum(images - size * GREY, mistake.get("darkest", -1))
    high = ops.minimum(images + size * GREY, mistake.get("brightest", 1))
    start = mistake.get("start", one_step)
    changed = images if start is None else start(model, images, gaze, size)
    worst, at = changed, images
    for _ in range(mistake.get("count", steps)):
        if mistake.get("around_last"):
            low, high = changed - size * GREY, changed + size * GREY
            low, high = ops.maximum(low, -1), ops.minimum(high, 1)
        uphill = ops.sign(pixel_gradient(model, at if mistake.get("same") else changed, gaze))
        rate = mistake.get("rate", 1 / 4) * mistake.get("direction", 1)
        changed = ops.clip(changed + rate * size * GREY * uphill, low, high)
        worse = gaze_loss(model(changed), gaze) > gaze_loss(model(worst), gaze)
        worst = ops.where(worse[:, None, None, None], changed, worst)
    return changed if mistake.get("last") else worst


def steps_with_a_mistake(**mistake):
    return lambda model, images, gaze, size, steps_=10: steps(
        model, images, gaze, size, steps_, **mistake
    )


def defended(change):
    """A step of training on a batch that is changed first."""
    return lambda self, data: keras.Model.train_step(self, change(self, *data))


def defended_by_hand(self, data):
    x, y = data
    x = one_step(self, x, y, self.size)
    with tf.GradientTape() as tape:
        loss = ops.mean((self(x, training=True) - y) ** 2)
    self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
    return {"loss": loss}


def defended_in_silence(self, data):
    defended(lambda m, x, y: (one_step(m, x, y, m.size), y))(self, data)


RIGHT = {
    "pixel_gradient": [gradient_of_a_variable, gradient],
    "one_step": [step_in_numpy, step],
    "projected_steps": [steps, steps_with_a_mistake(rate=0.3)],
    "train_step": [
        defended_by_hand,
        defended(lambda m, x, y: (projected_steps(m, x, y, m.size), y)),
    ],
}

WRONG = {
    "pixel_gradient": {
        "of the weights": (lambda *a: gradient(*a, of="weights"), "gradients of the weights"),
        "unwatched": (lambda *a: gradient(*a, watch=False), "did not watch"),
        "mean": (lambda *a: gradient(*a, reduce=tf.reduce_mean), "divided by the number"),
        "squared distance": (
            lambda *a: gradient(*a, loss=lambda v, g: (v - g) ** 2),
            "length of the answer",
        ),
        "downhill": (lambda *a: -gradient(*a), "other way"),
        "sign": (lambda *a: tf.sign(gradient(*a)), "comes in the next exercise"),
        "weights changed": (gradient_in_trace, "leaves them as they are"),
    },
    "one_step": {
        "downhill": (lambda *a: step(*a, direction=-1), "move downhill"),
        "no clipping": (lambda *a: step(*a, clip=None), "blacker than black"),
        "step alone": (lambda *a: step(*a, base=False, clip=None), "add it to the images"),
        "whole units": (lambda *a: step(*a, unit=1), "whole units"),
        "1 / 255": (lambda *a: step(*a, unit=1 / 255), "half as long"),
        "no sign": (lambda *a: step(*a, length=lambda g: g), "Take its sign"),
        "range 0 to 1": (lambda *a: step(*a, clip=(0, 1)), "from -1 to 1 here"),
    },
    "projected_steps": {
        "around the last image": (steps_with_a_mistake(around_last=True), "*first* images"),
        "beyond black": (
            steps_with_a_mistake(darkest=-9, brightest=9, start=lambda m, x, y, s: x),
            "blacker than black",
        ),
        "downhill": (
            steps_with_a_mistake(direction=-1, start=None, last=True),
            "steps go downhill",
        ),
        "gradient of the first images": (
            steps_with_a_mistake(same=True, rate=1),
            "no better than one",
        ),
        "one step": (lambda m, x, y, s, n=10: one_step(m, x, y, s), "no better than one"),
        "the last image": (steps_with_a_mistake(last=True, rate=1), "less than by one step"),
        "always ten": (steps_with_a_mistake(count=10), "`steps`, not always ten"),
        "half of it": (
            lambda m, x, y, s, n=10: steps(m, x, y, s / 2, n),
            "no pixel uses",
        ),
    },
    "train_step": {
        "clean": (defended(lambda m, x, y: (x, y)), "as they came"),
        "made easier": (
            defended(lambda m, x, y: (one_step(m, x, y, -m.size), y)),
            "inner player goes up",
        ),
        "always four": (defended(lambda m, x, y: (one_step(m, x, y, 4), y)), "self.size"),
        "its own answers": (
            defended(lambda m, x, y: (one_step(m, x, y, m.size), m(x))),
            "true gaze",
        ),
        "both": (
            defended(
                lambda m, x, y: (
                    tf.concat([x, one_step(m, x, y, m.size)], 0),
                    tf.concat([y, y], 0),
                )
            ),
            "deceiving eyes only",
        ),
        "nothing": (lambda self, data: {}, "no weight changed"),
        "in silence": (defended_in_silence, "returns nothing"),
    },
}
