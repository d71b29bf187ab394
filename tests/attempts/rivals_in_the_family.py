"""Attempts at the exercises of lesson 12: other right ways, and mistakes with their messages."""

import numpy as np
import tensorflow as tf
from keras import ops

from simgan_lib.family.attacks import GREY
from simgan_lib.family.domain_adversarial import reverse_gradient
from simgan_lib.family.virtual_adversarial import PROBE, normalise
from simgan_lib.simgan.losses import (
    REAL,
    REFINED,
    discriminator_loss,
    local_adversarial_loss,
    self_regularization_loss,
)


def reversal(back, forward=lambda x, weight: tf.identity(x)):
    """A gradient reversal with a mistake to choose, on the way back or forward."""

    @tf.custom_gradient
    def attempt(x, weight):
        return forward(x, weight), lambda gradient: (back(x, weight, gradient), None)

    return attempt


def turned(x, weight, gradient):
    return -weight * gradient


def reversal_without_a_custom_gradient(x, weight):
    return tf.stop_gradient(x + weight * x) - weight * x


@tf.custom_gradient
def gradient_for_x_alone(x, weight):
    return tf.identity(x), lambda gradient: -weight * gradient


@tf.custom_gradient
def zero_for_the_weight(x, weight):
    def back(gradient):
        return tf.multiply(gradient, -weight), tf.zeros_like(weight)

    return x + 0, back


def domain(first=True, second=True, after=False, weigh=1.0, loss=discriminator_loss):
    """A domain loss with a mistake to choose: which side is turned, and where."""

    def attempt(self, simulated, photographed, weight):
        def logits(x, turn):
            if after:
                return reverse_gradient(self.classifier(x), weight)
            return self.classifier(reverse_gradient(x, weight) if turn else x)

        return weigh * loss(logits(simulated, first), logits(photographed, second))

    return attempt


def domain_by_cross_entropies(self, simulated, photographed, weight):
    both = reverse_gradient(ops.concatenate([simulated, photographed]), weight)
    logits, count = self.classifier(both), len(simulated)
    refined = local_adversarial_loss(logits[:count], REFINED)
    return refined + local_adversarial_loss(logits[count:], REAL)


def domain_unweighed(self, simulated, photographed, weight):
    return domain()(self, simulated, photographed, 1.0)


def domain_turned_twice(self, simulated, photographed, weight):
    turned = [reverse_gradient(x, weight) for x in (simulated, photographed)]
    return domain()(self, *turned, weight)


def domain_minus(self, simulated, photographed, weight):
    return -weight * domain(False, False)(self, simulated, photographed, weight)


def domain_stopped(self, simulated, photographed, weight):
    stopped = [ops.stop_gradient(x) for x in (simulated, photographed)]
    return domain()(self, *stopped, weight)


def domain_in_numpy(self, simulated, photographed, weight):
    logits = [np.array(self.classifier(x)) for x in (simulated, photographed)]
    return float(discriminator_loss(*logits))


def sway(begin=lambda d: PROBE * GREY * normalise(d), of="probe", end=None, size=lambda s: s):
    """A virtual perturbation with a mistake to choose: where it begins, what it asks, its size."""

    def attempt(model, images, direction, most):
        images = tf.convert_to_tensor(images)
        probe = tf.convert_to_tensor(begin(direction))
        with tf.GradientTape() as tape:
            tape.watch([images, probe])
            if of == "answers":
                distance = ops.sum(model(images))
            else:
                distance = ops.sum((model(images + probe) - model(images)) ** 2)
        asked = {"probe": probe, "weights": model.trainable_weights}.get(of, images)
        gradient = tape.gradient(distance, asked)
        return gradient if of == "weights" else size(most) * GREY * (end or normalise)(gradient)

    return attempt


def sway_with_a_target(model, images, direction, size):
    """The gradient with respect to the image, of the distance from a fixed answer: the same."""
    target = np.array(model(images))
    there = tf.constant(images + 1e-4 * np.array(normalise(direction)))
    with tf.GradientTape() as tape:
        tape.watch(there)
        distance = ops.mean((model(there) - target) ** 2)
    return size * GREY * normalise(tape.gradient(distance, there))


def sway_image_by_image(model, images, direction, size):
    one_by_one = zip(images, direction, strict=True)
    return np.concatenate([np.array(sway()(model, x[None], d[None], size)) for x, d in one_by_one])


def sway_the_other_way(*args):
    return -sway()(*args)


def sway_and_add(model, images, direction, size):
    return images + sway()(model, images, direction, size)


def sway_of_the_norm_of_a_sum(gradient):
    return gradient / ops.sqrt(ops.sum(gradient**2, axis=(1, 2, 3), keepdims=True))


def sway_at_random(model, images, direction, size):
    return sway()(model, images, np.random.normal(size=images.shape).astype("float32"), size)


def sway_by_one_direction(model, images, direction, size):
    return sway()(model, images, np.ones_like(images), size)


def cycle(ways=(1, 1), how=ops.abs, mean=ops.mean, pairs=((1, 0), (3, 2))):
    """A cycle loss with a mistake to choose: which ways, which distance, what with what."""

    def attempt(*images):
        return sum(
            way * mean(how(images[a] - images[b])) for way, (a, b) in zip(ways, pairs, strict=True)
        )

    return attempt


def cycle_by_lesson_02(synthetic, there_and_back, real, back_and_there):
    back = self_regularization_loss(real, back_and_there)
    return back + self_regularization_loss(synthetic, there_and_back)


RIGHT = {
    "reverse_gradient": [
        reversal(turned),
        reversal_without_a_custom_gradient,
        zero_for_the_weight,
    ],
    "domain_loss": [domain(), domain_by_cross_entropies],
    "virtual_perturbation": [sway(), sway_with_a_target, sway_image_by_image, sway_the_other_way],
    "cycle_loss": [cycle(), cycle_by_lesson_02],
    "what_a_cycle_permits": ["D", " d "],
    "price_of_a_perfect_refiner": ["C", " c "],
}

WRONG = {
    "reverse_gradient": {
        "forward": (lambda x, weight: -weight * x, "changed on its way forward"),
        "sign forward": (lambda x, weight: -x, "changed on its way forward"),
        "forward too": (
            reversal(turned, lambda x, weight: weight * x),
            "changed on its way forward",
        ),
        "identity": (lambda x, weight: tf.identity(x), "comes back as it was"),
        "sign forgotten": (reversal(lambda x, w, g: w * g), "the sign is forgotten"),
        "weight forgotten": (reversal(lambda x, w, g: -g), "not multiplied by `weight`"),
        "divided": (reversal(lambda x, w, g: -g / w), "divided by `weight`"),
        "product rule": (reversal(lambda x, w, g: -w * x * g), "rule of a product"),
        "x in place of the gradient": (reversal(lambda x, w, g: -w * x), "this is x"),
        "no gradient in it": (reversal(lambda x, w, g: -w * tf.ones_like(g)), "that arrived"),
        "stopped": (lambda x, weight: tf.stop_gradient(x), "no gradient comes back"),
        "zero": (reversal(lambda x, w, g: 0 * g), "no gradient comes back"),
        "always this weight": (reversal(lambda x, w, g: -0.3 * g), "with weight 2"),
        "one gradient of two": (gradient_for_x_alone, "expected to return 2 gradients"),
    },
    "domain_loss": {
        "nothing turned": (domain(False, False), "nothing is turned"),
        "logits turned": (domain(after=True), "so the classifier goes uphill too"),
        "synthetic only": (domain(True, False), "for synthetic eyes only"),
        "camera only": (domain(False, True), "for camera eyes only"),
        "weight left out": (domain_unweighed, "left out of the reversal"),
        "turned twice": (domain_turned_twice, "turned twice"),
        "stopped": (domain_stopped, "nobody plays against it"),
        "in NumPy": (domain_in_numpy, "it would never learn"),
        "minus the loss": (domain(False, False, weigh=-1.0), "turned or weighed"),
        "minus the weighed loss": (domain_minus, "turned or weighed"),
        "swapped": (domain(loss=lambda x, y: discriminator_loss(y, x)), "changed places"),
        "simulator alone": (
            domain(loss=lambda x, y: local_adversarial_loss(x, REFINED)),
            "camera's half is missing",
        ),
        "camera alone": (
            domain(loss=lambda x, y: local_adversarial_loss(y, REAL)),
            "simulator's half is missing",
        ),
        "halved": (domain(weigh=0.5), "adds them"),
    },
    "virtual_perturbation": {
        "raw gradient": (sway(end=lambda g: g), "root mean square of every change"),
        "whole batch": (
            sway(end=lambda g: g / ops.sqrt(ops.mean(g**2))),
            "the whole batch is normalised",
        ),
        "root of a sum": (sway(end=sway_of_the_norm_of_a_sum), "take the mean"),
        "sign": (sway(end=ops.sign), "the gradient's sign"),
        "of the images": (sway(of="images"), "They move both answers"),
        "of the weights": (sway(of="weights"), "gradients of the weights"),
        "of the answers": (sway(of="answers"), "knows nothing of a distance"),
        "zero start": (sway(begin=lambda d: 0 * d), "Does the probe begin at zero"),
        "zero start, safely": (
            sway(begin=lambda d: 0 * d, end=lambda g: g / (1e-6 + ops.sqrt(ops.mean(g**2)))),
            "Does the probe begin at zero",
        ),
        "large start": (sway(begin=lambda d: d), "not made small"),
        "no gradient": (lambda m, x, d, s: s * GREY * normalise(d), "no gradient was taken"),
        "images and change": (sway_and_add, "the changed images"),
        "no grey levels": (sway(size=lambda s: s / GREY), "one is `GREY`"),
        "no size": (sway(size=lambda s: 1), "`size` is left out"),
        "a start of its own": (sway_at_random, "a direction of its own"),
        "always one start": (sway_by_one_direction, "points elsewhere"),
    },
    "cycle_loss": {
        "there only": (cycle(ways=(1, 0)), "the second way is missing"),
        "back only": (cycle(ways=(0, 1)), "the first way is missing"),
        "squares": (cycle(how=ops.square), "these are squares"),
        "signed": (cycle(how=lambda x: x), "too bright here"),
        "domains exchanged": (cycle(pairs=((1, 2), (3, 0))), "has come home"),
        "ways compared": (cycle(ways=(1, 0), pairs=((1, 3), (1, 3))), "with each other"),
        "halved": (cycle(ways=(0.5, 0.5)), "The paper adds them"),
        "sums": (cycle(mean=ops.sum), "take the means"),
        "in NumPy": (lambda *images: float(cycle()(*map(np.array, images))), "no gradient"),
    },
    "what_a_cycle_permits": {
        "a": ("a", "How they looked half way"),
        "b": ("b", "never which eye became which"),
        "c": ("c", "nobody learns from it"),
    },
    "price_of_a_perfect_refiner": {
        "a": ("a", "the judge does not know it"),
        "b": ("b", "errs on camera eyes"),
        "d": ("d", "whole error"),
    },
}
