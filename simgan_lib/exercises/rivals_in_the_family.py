"""Exercises of lesson 12: other adversaries for the same eyes."""

from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from ..family import cycle, domain_adversarial, virtual_adversarial
from ..family.attacks import GREY
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


@function(
    solves=domain_adversarial.reverse_gradient,
    hints=[
        "Under `@tf.custom_gradient` a function returns two things: what comes out, and a function "
        "that says what a gradient becomes on its way back.",
        "What comes out is x as it is, `tf.identity(x)`.",
        "The second one takes the gradient and returns one for each argument, here for x and for "
        "weight: `lambda gradient: (-weight * gradient, None)`. Nobody asks for the second.",
    ],
)
def reverse_gradient(attempt):
    rng = np.random.default_rng(0)
    x, slope = rng.normal(0, 2, (2, 5, 4)).astype("float32")
    weight = 0.3
    forward = numbers(call(attempt, x, weight), x.shape, "what comes out")
    recognise(
        forward,
        *(
            (
                factor * x,
                "x is changed on its way forward. The classifier is to see the features as they "
                "are; only the gradient is turned, on its way back.",
            )
            for factor in (-1, weight, -weight)
        ),
    )
    expect(forward, x, "what comes out")

    def back(x, weight):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = ops.sum(slope * attempt(x, weight))
        return tape.gradient(loss, x)

    found = run(back, tf.constant(x), weight)
    if found is None or not np.any(np.array(found)):
        raise Incorrect(
            "no gradient comes back to x: what stands before it would not learn from this loss at "
            "all. It is to learn the opposite."
        )
    found = numbers(found, x.shape, "the gradient that comes back")
    recognise(
        found,
        (slope, "the gradient comes back as it was. Then both sides go downhill together."),
        (
            weight * slope,
            "the sign is forgotten: both sides go downhill, the features only more slowly.",
        ),
        (-slope, "the gradient is turned, but not multiplied by `weight`."),
        (-slope / weight, "the gradient is divided by `weight`; multiply."),
        (
            -weight * x * slope,
            "the gradient is multiplied by x too. That is the rule of a product; here the way back "
            "is not the derivative of the way forward, and need not be.",
        ),
        (-weight * x, "this is x, not the gradient: what comes back has to hold the gradient."),
        (np.full_like(x, -weight), "what comes back has to hold the gradient that arrived."),
    )
    expect(found, -weight * slope, "the gradient that comes back")
    other = numbers(run(back, tf.constant(x), tf.constant(2.0)), x.shape, "the gradient")
    expect(other, -2 * slope, "the gradient that comes back with weight 2")


def _parts():
    """A domain classifier that bends, and features of more simulated eyes than photographed."""
    features = keras.Input((6,))
    x = layers.Dense(8, activation="tanh")(features)
    classifier = initialize(keras.Model(features, layers.Dense(2)(x)), seed=3)
    rng = np.random.default_rng(1)
    given = [rng.normal(mean, 1, (n, 6)).astype("float32") for mean, n in ((0.3, 7), (-0.2, 5))]
    return classifier, given


def _cross_entropy(logits, index):
    return -np.mean((logits - np.log(np.exp(logits).sum(-1, keepdims=True)))[:, index])


@function(
    solves=domain_adversarial.DomainAdversarial.domain_loss,
    hints=[
        "The loss itself is an old friend: `discriminator_loss(refined_logits, real_logits)` of "
        "lesson 03. Features of synthetic eyes stand in the place of refined images, features of "
        "camera eyes in that of real ones.",
        "The classifier goes down this loss and the features up. So the gradient has to turn after "
        "it has passed the classifier, and before it reaches the features.",
        "`self.classifier(reverse_gradient(x, weight))` for x in (simulated, photographed).",
    ],
)
def domain_loss(attempt):
    classifier, given = _parts()
    model, weight = SimpleNamespace(classifier=classifier), 0.4
    got = numbers(call(attempt, model, *given, weight), (), "the loss")
    x, y = (np.array(classifier(features)) for features in given)
    halves = _cross_entropy(x, 1), _cross_entropy(y, 0)
    right = sum(halves)
    recognise(
        got,
        (
            _cross_entropy(x, 0) + _cross_entropy(y, 1),
            "the two domains have changed places: index 0 stands for the camera and 1 for the "
            "simulator, and `discriminator_loss` takes the simulated side first.",
        ),
        *(
            (
                factor * right,
                "the loss itself is turned or weighed. Then the classifier, which is to go down "
                "it, is turned or weighed too. Leave the value, and turn the gradient.",
            )
            for factor in (-1, weight, -weight)
        ),
        (halves[0], "the camera's half is missing."),
        (halves[1], "the simulator's half is missing."),
        (right / 2, "this is the mean of the two halves; `discriminator_loss` adds them."),
    )
    expect(got, right, "the loss")

    def back(through):
        """Gradients for simulated, photographed and the classifier, each flat."""
        tensors = [tf.constant(features) for features in given]
        kernel = classifier.trainable_weights[0]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            loss = through(model, *tensors, weight)
        if not tf.is_tensor(loss):
            return [None] * 3
        return [None if g is None else np.ravel(g) for g in tape.gradient(loss, [*tensors, kernel])]

    a, b, c = back(lambda *args: domain_adversarial.DomainAdversarial.domain_loss(*args))
    found = run(back, attempt)
    if found[2] is None:
        raise Incorrect(
            "the number is right, but no gradient comes to the classifier: it would never learn. "
            "Call `self.classifier`, and leave NumPy out."
        )
    if found[0] is None or found[1] is None:
        raise Incorrect(
            "the number is right, but no gradient comes to the features: the classifier learns, "
            "and nobody plays against it."
        )

    def scaled(*factors):
        return np.concatenate([k * g for k, g in zip(factors, (a, b, c), strict=True)])

    half = "the gradient is turned for {} only. Both heaps of features are to move."
    recognise(
        np.concatenate(found),
        (
            scaled(-1 / weight, -1 / weight, 1),
            "nothing is turned. The features go down this loss like the classifier, and tell it "
            "even more clearly where they are from.",
        ),
        (
            scaled(1, 1, -weight),
            "the gradient turns after the classifier, so the classifier goes uphill too: both "
            "players want it to be wrong, and there is no game. Turn the features that go into it.",
        ),
        (scaled(1, -1 / weight, 1), half.format("synthetic eyes")),
        (scaled(-1 / weight, 1, 1), half.format("camera eyes")),
        (scaled(1 / weight, 1 / weight, 1), "`weight` is left out of the reversal."),
        (scaled(-weight, -weight, 1), "the gradient is turned twice, and so not at all."),
    )
    expect(np.concatenate(found), scaled(1, 1, 1), "a gradient")


SIZE = 3  # grey levels, not the lesson's


def _smooth():
    """A model without corners, images of unlike contrast, and directions of unlike length."""
    x = inputs = keras.Input((6, 7, 1))
    x = layers.Dense(5, activation="tanh")(layers.Flatten()(x))
    model = initialize(keras.Model(inputs, layers.Dense(3)(x)), seed=3)
    for weight in model.trainable_weights:
        weight.assign(2 * weight)
    rng = np.random.default_rng(1)
    contrast = np.linspace(0.1, 1, 5)[:, None, None, None]
    images = (contrast * rng.uniform(-1, 1, (5, 6, 7, 1))).astype("float32")
    return model, images, (contrast * rng.normal(size=images.shape)).astype("float32")


def _slopes(model, images, probe):
    """How the distance grows with the probe, how with the images, and how the answers grow."""
    images, probe = tf.constant(images), tf.constant(probe)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([images, probe])
        distance = ops.sum((model(images + probe) - model(images)) ** 2)
        answers = ops.sum(model(images))
    asked = (distance, probe), (distance, images), (answers, images)
    return [np.array(tape.gradient(*pair)) for pair in asked]


@function(
    solves=virtual_adversarial.virtual_perturbation,
    hints=[
        "Three lines and a tape: a small step `probe = PROBE * GREY * normalise(direction)`; the "
        "gradient, with respect to this step, of the squared distance between `model(images + "
        "probe)` and `model(images)`; and `normalise` again, for the size.",
        "`tape.watch(probe)`, then `distance = ops.sum((model(images + probe) - model(images)) ** "
        "2)`. An image's step touches only its own distance, so the sum keeps the images apart.",
        "Return `size * GREY * normalise(tape.gradient(distance, probe))`. `normalise` gives each "
        "image a root mean square of 1, and one grey level is `GREY`.",
    ],
)
def virtual_perturbation(attempt):
    model, images, direction = _smooth()
    got = call(attempt, model, images, direction, SIZE)
    if isinstance(got, list | tuple) and len(got) == len(model.trainable_weights):
        raise Incorrect(
            "these are gradients of the weights. The network stays as it is: ask the tape for the "
            "gradient with respect to the probe."
        )
    if tf.is_tensor(got) and np.isnan(np.array(got)).any():
        raise Incorrect(
            "something is divided by 0. Does the probe begin at zero? There the distance is at its "
            "lowest, and its gradient is 0, whatever the network. Begin at a small step in the "
            "`direction` that is given."
        )
    got = numbers(got, images.shape, "what is returned")
    if not close(got, numbers(run(attempt, model, images, direction, SIZE), images.shape)):
        raise Incorrect(
            "twice the same question, and two answers: it draws a direction of its own. Begin with "
            "the `direction` that is given."
        )

    def unit(values, axis=(1, 2, 3)):
        return values / np.sqrt(np.mean(values**2, axis=axis, keepdims=True))

    limit = SIZE * GREY
    probe = virtual_adversarial.PROBE * GREY * unit(direction)
    gradient, of_images, of_answers = _slopes(model, images, probe)
    right = unit(gradient)
    recognise(
        got,
        (images + limit * right, "these are the changed images; return the change alone."),
        (limit * unit(direction), "this is the direction to begin with; no gradient was taken."),
        (
            limit * np.sign(gradient),
            "this is the gradient's sign, as in lesson 10. There each pixel had a bound of its "
            "own. Here the bound is on the root mean square, and the worst change within it goes "
            "along the gradient itself.",
        ),
        (
            limit * unit(gradient, axis=None),
            "the whole batch is normalised at once. Then images that sway easily get most of it, "
            "and the others next to nothing. Each image has a size of its own.",
        ),
        (
            limit * right / np.sqrt(images[0].size),
            "the root of the *sum* of squares is 1 before the size comes in; take the mean.",
        ),
        (SIZE * right, "`size` counts grey levels, and one is `GREY`."),
        (GREY * right, "`size` is left out."),
        (
            limit * unit(of_images),
            "this is the gradient with respect to the images. They move both answers at once. Ask "
            "how the distance changes with the probe.",
        ),
        (
            limit * unit(of_answers),
            "this is the gradient of the answers, which knows nothing of a distance.",
        ),
        (
            limit * unit(_slopes(model, images, direction)[0]),
            "the first step is not made small: `PROBE * GREY * normalise(direction)`. Far away, "
            "the gradient no longer tells the shape of the distance here.",
        ),
        (
            0 * images,
            "nothing moves. Does the probe begin at zero? There the distance is at its lowest, and "
            "its gradient is 0. Begin at a small step in the `direction` that is given.",
        ),
    )
    size = np.sqrt(np.mean(got**2, axis=(1, 2, 3))) / GREY
    far = int(np.argmax(np.abs(size - SIZE)))
    if not close(size[far], SIZE):
        raise Incorrect(
            f"the root mean square of every change should be {SIZE} grey levels; that of image "
            f"{far} is {size[far]:.6g}."
        )
    agree = np.mean(unit(got) * right, axis=(1, 2, 3))  # 1 where they point the same way
    if (agree < -0.99).all():
        return (
            "yours points to the other side of the library's. For small changes the distance is "
            "the same on both, since it is a square."
        )
    worst = int(np.argmin(agree))
    if agree[worst] < 0.99:
        raise Incorrect(
            f"for image {worst} it has the right size and points elsewhere: its cosine with the "
            f"gradient at the probe should be 1; received {agree[worst]:.6g}."
        )


@function(
    solves=cycle.cycle_loss,
    hints=[
        "What is missing after a way there and back is a mean absolute difference of two images, "
        "and you know its name: `self_regularization_loss(one, other)`.",
        "`there_and_back` began as `synthetic` and should be it again. `back_and_there` began as "
        "`real`.",
        "Return the sum of the two.",
    ],
)
def cycle_loss(attempt):
    rng = np.random.default_rng(0)
    x, x2, y, y2 = rng.uniform(-1, 1, (4, 3, 5, 6, 1)).astype("float32")
    x2, y2 = 0.6 * x + 0.4 * x2, 0.8 * y + 0.1 * y2  # ways that come home, more or less
    got = numbers(call(attempt, x, x2, y, y2), (), "the loss")

    def far(a, b):
        return np.abs(a - b).mean()

    right = far(x2, x) + far(y2, y)
    recognise(
        got,
        (far(x2, x), "the second way is missing: camera eyes go to the simulator and back too."),
        (far(y2, y), "the first way is missing: synthetic eyes go to the camera and back too."),
        (
            ((x2 - x) ** 2).mean() + ((y2 - y) ** 2).mean(),
            "these are squares. The paper takes absolute values, as SimGAN does.",
        ),
        (
            (x2 - x).mean() + (y2 - y).mean(),
            "nothing is made positive: too bright here would pay for too dark there.",
        ),
        (
            far(x2, y) + far(y2, x),
            "each way is compared with the other domain's eyes. R'(R(x)) has come home, so it "
            "should be x.",
        ),
        (
            far(x2, y2),
            "the two ways are compared with each other. Each is to come back to where it began.",
        ),
        (right / 2, "this is the mean of the two ways. The paper adds them."),
        (right * x.size, "these are sums over pixels and images; take the means."),
    )
    expect(got, right, "the loss")
    _, found = gradients(attempt, x, x2, y, y2)
    if found[1] is None or found[3] is None:
        raise Incorrect(
            "the number is right, but no gradient passes through it to both ways. Stay with `ops`, "
            "and leave NumPy out."
        )


what_a_cycle_permits = Choice(
    "d",
    {
        "a": "the cycle loss looks at eyes that went there and back, and those have come home. How "
        "they looked half way, it never asks.",
        "b": "D is shown refined eyes and camera eyes, and never which eye became which. Both "
        "heaps hold the same eyes here.",
        "c": "the label of x goes with R(x), and the estimator learns from R(x). R'(R(x)) has the "
        "right label again, but nobody learns from it.",
        "d": "a cycle asks that nothing is lost, not that nothing is exchanged. The gaze is still "
        "there, under another's label.",
    },
    hints=[
        "Go through them one by one: what does each of the two losses get to see?",
        "Is there a way back from the turned eye to the eye that it was?",
    ],
)


price_of_a_perfect_refiner = Choice(
    "c",
    {
        "a": "the gaze stays, but the judge does not know it. It says what it sees, and it has "
        "never seen the look of a camera.",
        "b": "the judge errs on camera eyes, by several degrees. That they are perfect does not "
        "help it.",
        "c": "the judge learned from synthetic eyes and errs on the camera's look, however it came "
        "about. The term charges for its errors too, not for a gaze that moved.",
        "d": "that would be more than the judge's whole error on camera eyes.",
    },
    hints=[
        "The term compares two answers of the judge, not two gazes.",
        "How far is the judge off on camera eyes? Section 2 printed it, in its first row.",
    ],
)
