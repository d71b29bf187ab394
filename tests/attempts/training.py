"""Attempts at the exercises of lesson 05: other right ways, and mistakes with their messages."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from simgan_lib.simgan.losses import (
    REAL,
    REFINED,
    discriminator_loss,
    local_adversarial_loss,
    refiner_loss,
    self_regularization_loss,
)
from simgan_lib.simgan.training import SimGAN

# R's step


def refiner_by_hand(gan, batch, adversarial=True):
    """Cross-entropies by Keras, gradients for both players taken and only R's applied."""
    with tf.GradientTape(persistent=True) as tape:
        images = gan.refiner(batch)
        loss = ops.mean(ops.abs(images - batch)) * gan.weight
        if adversarial:
            logits = gan.discriminator(images, training=False)
            target = ops.zeros(logits.shape[:-1], "int32")
            loss += ops.mean(ops.sparse_categorical_crossentropy(target, logits, from_logits=True))
    tape.gradient(loss, gan.discriminator.trainable_variables)
    gradients = tape.gradient(loss, gan.refiner.trainable_weights)
    gan.refiner_optimizer.apply_gradients(
        zip(gradients, gan.refiner.trainable_weights, strict=True)
    )


def refiner_that_thaws(self, synthetic, adversarial=True):
    self.discriminator.trainable = False
    with tf.GradientTape() as tape:
        refined = self.refiner(synthetic, training=True)
        logits = self.discriminator(refined)
        loss = refiner_loss(logits, refined, synthetic, self.weight if adversarial else 1)
        if not adversarial:
            loss = loss - local_adversarial_loss(logits, REAL)
    self.optimizer.apply(tape.gradient(loss, self.refiner.trainable_variables))
    self.discriminator.trainable = True


def refiner_step(
    self, synthetic, adversarial=True, *, loss=None, players=None, sign=1, optimizer=None, always=0
):
    """The library's step with a mistake to choose."""
    with tf.GradientTape() as tape:
        refined = self.refiner(synthetic)
        logits = self.discriminator(refined)
        if adversarial or always:
            value = (loss or refiner_loss)(logits, refined, synthetic, self.weight)
        else:
            value = self_regularization_loss(refined, synthetic)
    weights = self.refiner.trainable_variables
    if players == "both":
        weights = weights + self.discriminator.trainable_variables
    if players == "D":
        weights = self.discriminator.trainable_variables
    gradients = [sign * g for g in tape.gradient(value, weights)]
    if players == "both":  # without the optimiser, which refuses what it does not know
        for gradient, weight in zip(gradients, weights, strict=True):
            weight.assign_sub(1e-3 * gradient)
    else:
        getattr(self, optimizer or "refiner_optimizer").apply(gradients, weights)


def refiner_step_freezing(self, synthetic, adversarial=True):
    self.discriminator.trainable = False
    SimGAN.refiner_step(self, synthetic, adversarial)


def refiner_step_freezing_layers(self, synthetic, adversarial=True):
    for layer in self.discriminator.layers:
        layer.trainable = False
    SimGAN.refiner_step(self, synthetic, adversarial)


@tf.function
def refiner_compiled(self, synthetic, adversarial=True):
    SimGAN.refiner_step(self, synthetic, adversarial)


def refiner_without_its_optimizer(apply):
    def refiner_step(self, synthetic, adversarial=True):
        with tf.GradientTape() as tape:
            refined = self.refiner(synthetic)
            loss = refiner_loss(self.discriminator(refined), refined, synthetic, self.weight)
        weights = self.refiner.trainable_variables
        apply(tape.gradient(loss, weights), weights)

    return refiner_step


def subtracts(gradients, weights):
    for gradient, weight in zip(gradients, weights, strict=True):
        weight.assign_sub(gradient)


def refiner_mistake(**mistake):
    return lambda self, x, adversarial=True: refiner_step(self, x, adversarial, **mistake)


# D's step


def discriminator_by_hand(gan, x, y):
    """The first half is fresh, three calls of D, two gradients added."""
    refined = ops.convert_to_numpy(gan.refiner(x))
    half = len(refined) // 2
    old = gan.buffer.draw(refined[half:])
    gan.buffer.overwrite(refined[:half])
    weights = gan.discriminator.trainable_weights
    with tf.GradientTape(persistent=True) as tape:
        parts = [gan.discriminator(images) for images in (refined[:half], old)]
        unreal = sum(local_adversarial_loss(part, 1) for part in parts) / 2
        real = local_adversarial_loss(gan.discriminator(y), 0)
    gradients = [
        a + b
        for a, b in zip(tape.gradient(unreal, weights), tape.gradient(real, weights), strict=True)
    ]
    gan.discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))


def discriminator_in_one_batch(self, synthetic, real):
    """Remembered before fresh, one call of D for all; R is inside the tape but not asked for."""
    b = len(synthetic)
    with tf.GradientTape() as tape:
        fresh = self.refiner(synthetic)[: b // 2]
        images = tf.concat([self.buffer.draw(fresh), fresh, real], axis=0)
        logits = self.discriminator(images)
        loss = discriminator_loss(logits[:b], logits[b:])
    gradients = tape.gradient(loss, self.discriminator.trainable_variables)
    self.discriminator_optimizer.apply(gradients)
    self.buffer.overwrite(fresh)


def discriminator_step(
    self, synthetic, real, *, loss=discriminator_loss, sign=1, show=None, store=1, draw=1,
    optimizer="discriminator_optimizer", raw=False,
):  # fmt: skip
    """The library's step with a mistake to choose."""
    refined = synthetic if raw else self.refiner(synthetic)
    half = refined.shape[0] // 2
    fresh = refined[half:]
    remembered = self.buffer.draw(refined[:half]) if draw == 1 else refined[:half]
    if draw == "all":
        remembered = self.buffer.draw(refined)
    shown = {"fresh": refined, "old": remembered}.get(show)
    with tf.GradientTape() as tape:
        if shown is None:
            shown = ops.concatenate([fresh, remembered])
        value = loss(self.discriminator(shown), self.discriminator(real))
    weights = self.discriminator.trainable_variables
    gradients = [sign * g for g in tape.gradient(value, weights)]
    getattr(self, optimizer).apply(gradients, weights)
    if store:
        self.buffer.overwrite({1: fresh, "all": refined, "old": remembered}[store])


def discriminator_mistake(**mistake):
    return lambda self, x, y: discriminator_step(self, x, y, **mistake)


def both_move(self, synthetic, real):
    SimGAN.discriminator_step(self, synthetic, real)
    for weight in self.refiner.trainable_variables:
        weight.assign_sub(0.001 * weight)


def discriminator_step_freezing(self, synthetic, real):
    self.refiner.trainable = False
    SimGAN.discriminator_step(self, synthetic, real)


def unrefined(self, synthetic, real):
    """Shows D the simulated images, and stores the refined ones."""
    half = len(synthetic) // 2
    fresh = self.refiner(synthetic)[half:]
    with tf.GradientTape() as tape:
        images = ops.concatenate([synthetic[half:], self.buffer.draw(fresh)])
        loss = discriminator_loss(self.discriminator(images), self.discriminator(real))
    weights = self.discriminator.trainable_variables
    self.discriminator_optimizer.apply(tape.gradient(loss, weights), weights)
    self.buffer.overwrite(fresh)


@tf.function
def discriminator_compiled(self, synthetic, real):
    SimGAN.discriminator_step(self, synthetic, real)


def with_half(choose, early=False, twice=False):
    """A step whose fresh half `choose` takes; it may be stored too early, or one image twice."""

    def discriminator_step(self, synthetic, real):
        refined = self.refiner(synthetic)
        fresh = choose(refined)
        stored = tf.stack([fresh[0], fresh[0]]) if twice else fresh
        if early:
            self.buffer.overwrite(stored)
        images = ops.concatenate([fresh, self.buffer.draw(fresh)])
        with tf.GradientTape() as tape:
            loss = discriminator_loss(self.discriminator(images), self.discriminator(real))
        weights = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, weights), weights)
        if not early:
            self.buffer.overwrite(stored)

    return discriminator_step


def at_random(refined):
    return tf.gather(refined, np.random.permutation(4)[:2])


def first_half(refined):
    return refined[:2]


# A round


@tf.function
def round_compiled(self, data):
    return SimGAN.train_step(self, data)


class Seen:
    """Stands for the model, and changes what a round does with it."""

    def __init__(self, model, **changes):
        self.__dict__.update(model=model, changes=changes)

    def __getattr__(self, name):
        return self.changes.get(name) or getattr(self.model, name)


class Ignored:
    def assign_add(self, value):
        pass


def warm_up_not_counted(self, data):
    changes = {} if self.stage == "adversarial" else {"step": Ignored()}
    return SimGAN.train_step(Seen(self, **changes), data)


def warm_up_without_logs(self, data):
    logs = SimGAN.train_step(self, data)
    return logs if self.stage == "adversarial" else None


def warm_up_swapped(self, data):
    return SimGAN.train_step(self, data if self.stage == "adversarial" else data[::-1])


def warm_up_of_r_swapped(self, data):
    return SimGAN.train_step(self, data[::-1] if self.stage == "refiner" else data)


def warm_up_without_photographs(self, data):
    synthetic, real = data
    if self.stage == "discriminator":
        real = synthetic
    return SimGAN.train_step(self, (synthetic, real))


def warm_up_with_all(self, data):
    if self.stage == "discriminator":
        data = data[0][None], data[1]
    return SimGAN.train_step(self, data)


def replaces_the_step(self, data):
    logs = SimGAN.train_step(Seen(self, step=Ignored()), data)
    self.step += 1
    return logs


def returns_metrics(self, data):
    SimGAN.train_step(self, data)
    return self.means


def round_by_lists(self, data):
    x, y = ([*part] for part in data)
    if self.stage != "adversarial":
        if self.stage == "refiner":
            self.refiner_step(x.pop(), False)
        else:
            self.discriminator_step(x.pop(), y.pop())
    else:
        for _ in range(self.refiner_steps):
            self.refiner_step(x.pop())
        while x:
            self.discriminator_step(x.pop(), y.pop())
    self.step.assign(self.step + 1)
    return {}


def round_in_order(self, data):
    synthetic, real = data
    if self.stage == "refiner":
        self.refiner_step(synthetic[1], adversarial=False)
    if self.stage == "discriminator":
        self.discriminator_step(synthetic[2], real[0])
    if self.stage == "adversarial":
        for k, batch in enumerate(synthetic):
            if k < self.refiner_steps:
                self.refiner_step(batch)
            else:
                self.discriminator_step(batch, real[k - self.refiner_steps])
    self.step.assign_add(1)
    return {name: mean.result() for name, mean in self.means.items()}


def train_step(
    self, data, *, order="RD", twice=1, same=False, count=1, stages=True, warm=False, logs=True,
    first_photograph=False, k_g=None, own=True, alone=False,
):  # fmt: skip
    """The library's round with a mistake to choose."""
    synthetic, real = data
    if stages and self.stage == "refiner":
        self.refiner_step(synthetic[0], adversarial=warm)
    elif stages and self.stage == "discriminator":
        self.discriminator_step(synthetic[0], real[0])
    else:
        r = k_g or self.refiner_steps
        for player in order:
            if player == "R":
                for _ in range(twice):
                    for k in range(r):
                        self.refiner_step(synthetic[0 if same else k], not alone)
            else:
                for k in range(self.discriminator_steps):
                    batch = synthetic[0 if same else k if not own else r + k]
                    self.discriminator_step(batch, real[0 if first_photograph else k])
    for _ in range(count):
        self.step.assign_add(1)
    return {name: mean.result() for name, mean in self.means.items()} if logs else None


def round_mistake(**mistake):
    return lambda self, data: train_step(self, data, **mistake)


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "refiner_step": [
        refiner_by_hand,
        refiner_that_thaws,
        refiner_mistake(),
        refiner_compiled,
    ],
    "discriminator_step": [
        discriminator_by_hand,
        discriminator_in_one_batch,
        discriminator_mistake(),
        discriminator_compiled,
        with_half(at_random),
        *[
            discriminator_mistake(
                loss=lambda refined, real, k=k: k * discriminator_loss(refined, real)
            )
            for k in (0.5, 2)
        ],
    ],
    "train_step": [round_by_lists, round_in_order, round_mistake(), round_compiled],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "refiner_step": {
        "trainable = False": (refiner_step_freezing, "D then never learns again"),
        "trainable = False, layer by layer": (refiner_step_freezing_layers, "never learns again"),
        "no adversarial term": (
            refiner_mistake(loss=lambda d, r, x, w: self_regularization_loss(r, x)),
            "learn the identity",
        ),
        "no adversarial term, lambda kept": (
            refiner_mistake(loss=lambda d, r, x, w: w * self_regularization_loss(r, x)),
            "learn the identity",
        ),
        "target swapped": (
            refiner_mistake(
                loss=lambda d, r, x, w: (
                    local_adversarial_loss(d, REFINED) + w * self_regularization_loss(r, x)
                )
            ),
            "target is swapped",
        ),
        "lambda left out": (
            refiner_mistake(loss=lambda d, r, x, w: refiner_loss(d, r, x, 1)),
            "lambda is left out",
        ),
        "lambda a number": (
            refiner_mistake(loss=lambda d, r, x, w: refiner_loss(d, r, x, 3.0)),
            "lambda is 3 here",
        ),
        "another optimiser": (
            refiner_without_its_optimizer(
                lambda gradients, weights: keras.optimizers.Adam().apply(gradients, weights)
            ),
            "not made with self.refiner_optimizer",
        ),
        "no optimiser": (
            refiner_without_its_optimizer(subtracts),
            "not made with self.refiner_optimizer",
        ),
        "no self-regularisation": (
            refiner_mistake(loss=lambda d, r, x, w: local_adversarial_loss(d, REAL)),
            "nothing holds R",
        ),
        "climbing": (refiner_mistake(sign=-1), "R climbs"),
        "another loss": (
            refiner_mistake(loss=lambda d, r, x, w: ops.mean(ops.square(r - x))),
            "not down the gradient",
        ),
        "D moves too": (refiner_mistake(players="both"), "D learns too"),
        "one optimiser": (refiner_mistake(optimizer="discriminator_optimizer"), "moments"),
        "D's weights for R's optimiser": (refiner_mistake(players="D"), "D learns too"),
        "adversarial ignored": (refiner_mistake(always=1), "adversarial=False is ignored"),
        "nothing applied": (lambda self, x, adversarial=True: self.refiner(x), "did not move"),
        "two steps": (
            lambda self, x, adversarial=True: [refiner_step(self, x, adversarial) for _ in "ab"],
            "should count 1",
        ),
    },
    "discriminator_step": {
        "one optimiser": (discriminator_mistake(optimizer="refiner_optimizer"), "moments"),
        "no history": (discriminator_mistake(draw=0), "nothing is drawn"),
        "drawn and not shown": (discriminator_mistake(show="fresh"), "not shown to D"),
        "history alone": (discriminator_mistake(show="old"), "remembered images only"),
        "everything drawn": (discriminator_mistake(draw="all"), "half of the batch"),
        "buffer not overwritten": (discriminator_mistake(store=0), "nothing is stored"),
        "all stored": (discriminator_mistake(store="all"), "received 4"),
        "stored before the draw": (with_half(first_half, early=True), "stored before the draw"),
        "one image stored twice": (with_half(first_half, twice=True), "stored twice"),
        "the remembered stored": (discriminator_mistake(store="old"), "should be the fresh"),
        "R moves too": (both_move, "R learns too"),
        "R frozen": (discriminator_step_freezing, "R then never learns again"),
        "targets swapped": (
            discriminator_mistake(loss=lambda refined, real: discriminator_loss(real, refined)),
            "targets are swapped",
        ),
        "climbing": (discriminator_mistake(sign=-1), "D climbs"),
        "no real images": (
            discriminator_mistake(loss=lambda refined, real: local_adversarial_loss(refined, 1)),
            "never sees a real image",
        ),
        "no refined images": (
            discriminator_mistake(loss=lambda refined, real: local_adversarial_loss(real, 0)),
            "never sees a refined image",
        ),
        "not refined": (unrefined, "as they are"),
        "another loss": (
            discriminator_mistake(loss=lambda refined, real: ops.mean(ops.square(refined))),
            "not down the gradient",
        ),
        "nothing applied": (lambda self, x, y: None, "did not move"),
    },
    "train_step": {
        "K_g loop twice": (round_mistake(twice=2), "runs twice"),
        "same batch": (round_mistake(same=True), "same batch"),
        "D gets R's batch": (round_mistake(own=False), "same batch"),
        "D before R": (round_mistake(order="DR"), "R's steps come first"),
        "K_g fixed at 2": (round_mistake(k_g=2), "2 steps of R and 2 of D"),
        "the same photographs": (round_mistake(first_photograph=True), "real batch real[k]"),
        "step not counted": (round_mistake(count=0), "grew by 0"),
        "step counted for each step": (round_mistake(count=3), "grew by 3"),
        "stage ignored": (round_mistake(stages=False), "stage is ignored"),
        "warm-up with D": (round_mistake(warm=True), "adversarial=False"),
        "R alone": (round_mistake(alone=True), "should hear D"),
        "all at once": (
            lambda self, data: (
                [self.refiner_step(data[0]) for _ in range(2)] + [self.discriminator_step(*data)]
            ),
            "each step takes one batch",
        ),
        "no logs": (round_mistake(logs=False), "returns a dict"),
        "warm-up not counted": (warm_up_not_counted, "a warm-up step, self.stage = 'refiner', is"),
        "warm-up without logs": (warm_up_without_logs, "returns a dict"),
        "warm-up swapped": (warm_up_swapped, "step of R is given real images"),
        "warm-up of R swapped": (warm_up_of_r_swapped, "step of R is given real images"),
        "warm-up without photographs": (warm_up_without_photographs, "one batch of real images"),
        "warm-up with all at once": (warm_up_with_all, "one batch of synthetic images"),
        "step replaced": (replaces_the_step, "no longer a weight"),
        "metrics for numbers": (returns_metrics, "metrics themselves"),
        "no steps": (lambda self, data: {}, "no step was made"),
    },
}
