"""Exercises of lesson 05: Algorithm 1.

The judges give an attempt a small SimGAN whose optimisers go down by the gradient itself, so that
what a step did to the weights says along which loss it went.
"""

import itertools
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from ..simgan.discriminator import discriminator
from ..simgan.history_buffer import HistoryBuffer
from ..simgan.losses import REAL, REFINED, local_adversarial_loss, self_regularization_loss
from ..simgan.refiner import refiner
from ..simgan.training import Preset, SimGAN
from ..simgan.weights import initialize
from .core import Choice, Incorrect, close, function, numbers, recognise, run

WEIGHT = 2.5  # lambda of the judges' SimGAN, which is no preset's


class _Descent(keras.optimizers.SGD):
    """Subtracts the gradient, and notes whether it was given weights that are not its player's."""

    stranger = False

    def __init__(self):
        super().__init__(1.0, name="descent")  # the class's own name is none for TensorFlow

    def apply(self, grads, trainable_variables=None):
        own = {id(variable) for variable in self._trainable_variables}
        self.stranger = not own.issuperset(map(id, trainable_variables or ()))
        if not self.stranger:
            super().apply(grads, trainable_variables)


class _Buffer(HistoryBuffer):
    """Notes what was drawn from it and what was stored, and in which order."""

    def draw(self, fresh):
        images = super().draw(fresh)
        self.drawn.append(images)
        self.calls.append("draw")
        return images

    def overwrite(self, fresh):
        super().overwrite(fresh)
        self.stored.append(fresh)
        self.calls.append("overwrite")


class _Rounds(SimGAN):
    """Notes the steps that a round asks for, in place of making them."""

    def refiner_step(self, synthetic, adversarial=True):
        self.asked.append(("R", synthetic, adversarial))

    def discriminator_step(self, synthetic, real):
        self.asked.append(("D", synthetic, real))


def _model(cls=SimGAN, **steps):
    """A small SimGAN with a full buffer, each time the same."""
    model = cls(initialize(refiner(2), 1), initialize(discriminator(), 1), _Buffer(20))
    model.compile(_Descent(), _Descent(), WEIGHT, **steps)
    HistoryBuffer.overwrite(model.buffer, _images(9, 20))
    model.buffer.drawn, model.buffer.stored, model.buffer.calls, model.asked = [], [], [], []
    return model


def _images(seed, *count):
    rng = np.random.default_rng(seed)
    return tf.constant(rng.uniform(-1, 1, (*count, 35, 55, 1)), tf.float32)


def _flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def _gradient(loss, player):
    """Gradient of a function's value with respect to the weights of a player, flat."""
    with tf.GradientTape() as tape:
        value = loss()
    return _flat(tape.gradient(value, player.trainable_variables))


def _moves(model, attempt, *args):
    """By how much an attempt went down with the weights of R and of D, flat."""
    players = model.refiner, model.discriminator
    before = [_flat(player.get_weights()) for player in players]
    run(attempt, model, *args)
    return [b - _flat(p.get_weights()) for b, p in zip(before, players, strict=True)]


def _sound(model, r, d, learns):
    """Raises unless exactly one player moved, once, by its own optimiser, and both still can."""
    rests = {"R": "D", "D": "R"}[learns]
    networks = {"R": model.refiner, "D": model.discriminator}
    optimizers = {"R": model.refiner_optimizer, "D": model.discriminator_optimizer}
    names = {"R": "refiner", "D": "discriminator"}
    for name, network in networks.items():
        if not all(layer.trainable for layer in [network, *network.layers]):
            raise Incorrect(
                f"it leaves self.{names[name]}.trainable = False behind. Under Keras 3 "
                f"{name} then never learns again, and a dead D at chance looks like "
                "convergence. Nothing needs freezing: the optimiser changes only the weights that "
                "it is given."
            )
    if optimizers[rests].stranger:
        raise Incorrect(
            f"{names[rests]}_optimizer is given {learns}'s weights. One optimiser for both players "
            "mixes their moments, and Keras refuses weights that it was not built for; "
            f"{learns} has self.{names[learns]}_optimizer."
        )
    if optimizers[learns].stranger or {"R": d, "D": r}[learns].any():
        raise Incorrect(
            f"{rests} learns too: this step should ask {rests} and change {learns} alone. Take the "
            f"gradient for self.{names[learns]}.trainable_variables and apply it to those."
        )
    if not {"R": r, "D": d}[learns].any():
        raise Incorrect(
            f"{learns} did not move: take the gradient of its loss for "
            f"self.{names[learns]}.trainable_variables and apply it with "
            f"self.{names[learns]}_optimizer."
        )
    if int(optimizers[learns].iterations) == 0:
        raise Incorrect(
            f"the step was not made with self.{names[learns]}_optimizer: {learns} moved, and that "
            "optimiser counts no step. Its rate and its moments are the ones that were compiled "
            "and are saved; hand it the gradients, self."
            f"{names[learns]}_optimizer.apply(gradients, weights)."
        )
    for name, wanted in ((learns, 1), (rests, 0)):
        if (made := int(optimizers[name].iterations)) != wanted:
            raise Incorrect(
                f"{names[name]}_optimizer should count {wanted} in this step; received {made}."
            )


@function(
    solves=SimGAN.refiner_step,
    hints=[
        "What R makes and what the loss makes of it go inside `with tf.GradientTape() as tape:`; "
        "the optimiser comes after.",
        "Inside: refined = self.refiner(synthetic), logits = self.discriminator(refined), loss = "
        "refiner_loss(logits, refined, synthetic, self.weight, self.psi); or, if adversarial is "
        "False, the self-regularisation alone.",
        "Outside: weights = self.refiner.trainable_variables, then "
        "self.refiner_optimizer.apply(tape.gradient(loss, weights), weights). D's weights are not "
        "in that list, so D stays as it is.",
    ],
)
def refiner_step(attempt):
    x = _images(0, 4)

    def realism(target=REAL):
        return local_adversarial_loss(model.discriminator(model.refiner(x)), target)

    def change():
        return self_regularization_loss(model.refiner(x), x)

    model = _model()
    towards_real, towards_refined, stay = (
        _gradient(loss, model.refiner) for loss in (realism, lambda: realism(REFINED), change)
    )
    right = towards_real + WEIGHT * stay
    identity = (
        "the adversarial term is missing: R would learn the identity, a perfect score for changing "
        "nothing. Ask D about the refined images and use refiner_loss."
    )
    r, d = _moves(model, attempt, x)
    _sound(model, r, d, "R")
    if not close(r, right):
        recognise(
            r,
            (WEIGHT * stay, identity),
            (stay, identity),
            (
                towards_refined + WEIGHT * stay,
                "the target is swapped: R learns to look refined, which D knows already. R wants D "
                "to say REAL of its images.",
            ),
            (-right, "R climbs: its loss grows. Optimisers subtract what they are given."),
            (towards_real, "lambda times the self-regularisation is missing: nothing holds R."),
            (towards_real + stay, "lambda is left out: self.weight times the second term."),
        )
        used = np.dot(r - towards_real, stay) / np.dot(stay, stay)
        if close(r, towards_real + used * stay):
            raise Incorrect(
                f"lambda is {used:.3g} here, and self.weight is {WEIGHT}: take self.weight, which "
                "differs from run to run."
            )
        raise Incorrect("R moves, but not down the gradient of equation 4; use refiner_loss.")

    model = _model()
    r, d = _moves(model, attempt, x, False)
    _sound(model, r, d, "R")
    if not close(r, stay) and not close(r, WEIGHT * stay):
        recognise(
            r,
            (
                right,
                "adversarial=False is ignored: in the warm-up R is to learn from the "
                "self-regularisation alone, D knows nothing yet.",
            ),
        )
        raise Incorrect("with adversarial=False R should go down self_regularization_loss alone.")


@function(
    solves=SimGAN.discriminator_step,
    hints=[
        "Before the tape: refine the batch, split it into two halves, and give one of them to "
        "self.buffer.draw, which returns as many remembered images.",
        "In the tape: D's logits of the other half, the fresh one, and of the remembered images "
        "(ops.concatenate), D's logits of the real images, and discriminator_loss of the two.",
        "After it: self.discriminator_optimizer.apply(gradients, weights) with "
        "self.discriminator.trainable_variables, and self.buffer.overwrite(fresh).",
    ],
)
def discriminator_step(attempt):
    x, y = _images(0, 4), _images(1, 4)
    model = _model()
    refined = model.refiner(x)

    def towards(images, target):
        return _gradient(
            lambda: local_adversarial_loss(model.discriminator(images), target),
            model.discriminator,
        )

    real, unreal = towards(y, REAL), towards(y, REFINED)
    all_fresh = towards(refined, REFINED)

    def halves(images, target):
        each = [towards(images[k : k + 1], target) for k in range(4)]
        return [(a + b) / 2 for a, b in itertools.combinations(each, 2)]

    shown, mistaken = halves(refined, REFINED), halves(refined, REAL)
    unrefined = halves(x, REFINED)
    before = [_flat(player.get_weights()) for player in (model.refiner, model.discriminator)]
    r, d = _moves(model, attempt, x, y)
    _sound(model, r, d, "D")
    drawn, stored = model.buffer.drawn, model.buffer.stored
    if not drawn:
        raise Incorrect(
            "nothing is drawn from the buffer: D sees only what R makes now, and forgets how to "
            "tell what R made before. Half of the refined images should come from self.buffer.draw."
        )
    drawn = ops.concatenate(drawn)
    if (count := len(drawn)) != 2:
        raise Incorrect(
            f"half of the batch, 2 of 4 images, should be remembered ones; received {count} drawn."
        )
    if not stored:
        raise Incorrect(
            "nothing is stored: the buffer stays as it is for ever, and D's memory with it. After "
            "the step self.buffer.overwrite takes the fresh half."
        )
    stored = np.concatenate(stored)
    if len(stored) != 2:
        raise Incorrect(
            "half of the batch, 2 of 4 images, should be stored after the step; received "
            f"{len(stored)}."
        )
    which = [[k for k in range(4) if close(image, refined[k])] for image in stored]
    if not all(which):
        raise Incorrect("what is stored should be the fresh refined images of this step.")
    if which[0] == which[1]:
        raise Incorrect(
            "the same image is stored twice: the buffer would remember half as much. Store every "
            "image of the fresh half once."
        )
    if "draw" in model.buffer.calls[model.buffer.calls.index("overwrite") :]:
        raise Incorrect(
            "the fresh images are stored before the draw, so D may 'remember' what is new. Draw "
            "first, and store after."
        )
    model.discriminator.set_weights(_split(before[1], model.discriminator))
    past, tricked = towards(drawn, REFINED), towards(drawn, REAL)

    def right(fresh):
        return (fresh + past) / 2 + real

    if any(close(d, right(fresh)) for fresh in shown):
        return None
    for factor, words in ((0.5, "half of equation 2"), (2, "equation 2 twice")):
        if any(close(d, factor * right(fresh)) for fresh in shown):
            return f"yours is {words}: only a scale, and Adam's step does not change with it."
    recognise(
        d,
        (all_fresh + real, "what was drawn from the buffer is not shown to D."),
        (past + real, "D sees remembered images only: the other half should be fresh."),
        *[(fresh + real, "what was drawn from the buffer is not shown to D.") for fresh in shown],
        *[
            (
                (fresh + tricked) / 2 + unreal,
                "the targets are swapped: D should say REFINED of refined images and REAL of real "
                "ones. discriminator_loss takes the refined logits first.",
            )
            for fresh in mistaken
        ],
        *[(-right(fresh), "D climbs: its loss grows.") for fresh in shown],
        *[(right(f) - real, "D never sees a real image: one term is missing.") for f in shown],
        *[
            (right(f), "D is shown the simulated images as they are: refine them first.")
            for f in unrefined
        ],
        (real, "D never sees a refined image: one term of equation 2 is missing."),
    )
    raise Incorrect("D moves, but not down the gradient of equation 2; use discriminator_loss.")


def _split(flat, network):
    """The flat weights of a network as `set_weights` takes them."""
    ends = np.cumsum([np.size(weight) for weight in network.get_weights()])[:-1]
    shapes = [np.shape(weight) for weight in network.get_weights()]
    return [w.reshape(s) for w, s in zip(np.split(flat, ends), shapes, strict=True)]


@function(
    solves=SimGAN.train_step,
    hints=[
        "data is a pair: synthetic, real = data. synthetic[k] is the batch of the round's step k, "
        "R's batches first, then D's; real[k] is the batch of D's step k.",
        "self.stage decides: in 'refiner' and 'discriminator' one step of that player, else "
        "self.refiner_steps times refiner_step, then self.discriminator_steps times "
        "discriminator_step.",
        "At the end, once for each round: self.step.assign_add(1), and return the dict "
        "{name: mean.result() for name, mean in self.means.items()}.",
    ],
)
def train_step(attempt):
    for k_g, k_d in ((2, 1), (3, 2)):
        _judge_round(attempt, k_g, k_d)
    for stage, wanted in (("refiner", "R"), ("discriminator", "D")):
        model, step, synthetic, real, logs = _round(attempt, 2, 1, stage)
        made = [asked[0] for asked in model.asked]
        if made != [wanted]:
            raise Incorrect(
                f"the stage is ignored: with self.stage = '{stage}' one step of {wanted} alone is "
                f"due; received {' '.join(made) or 'none'}."
            )
        _, images, other = model.asked[0]
        if _which(images, real) is not None:
            raise Incorrect(
                f"with self.stage = '{stage}' the step of {wanted} is given real images where it "
                "takes synthetic ones: synthetic, real = data, in this order."
            )
        if _which(images, synthetic) is None:
            raise Incorrect(
                f"with self.stage = '{stage}' the step of {wanted} takes one batch of synthetic "
                "images, synthetic[0]."
            )
        if wanted == "D" and _which(other, real) is None:
            raise Incorrect(
                f"with self.stage = '{stage}' the step of D takes one batch of real images besides "
                "the synthetic one, real[0]."
            )
        if wanted == "R" and other:
            raise Incorrect("in the warm-up refiner_step takes adversarial=False.")
        _finished(model, step, logs, f"a warm-up step, self.stage = '{stage}',")


def _finished(model, step, logs, what):
    """Raises unless a round was counted and its logs are numbers."""
    if model.step is not step:
        raise Incorrect(
            "self.step is another object now and no longer a weight of the model: nothing saves "
            "it. `self.step += 1` does that; give the weight a new value, self.step.assign_add(1)."
        )
    if (count := int(step)) == 0:
        raise Incorrect(
            f"{what} is not counted: self.step should grow by 1; it grew by 0. From it a resumed "
            "run knows where it was."
        )
    if count != 1:
        raise Incorrect(
            f"self.step should grow by 1 in {what.rstrip(',')}; it grew by {count}. From it a "
            "resumed run knows where it was."
        )
    if not isinstance(logs, dict):
        raise Incorrect(
            "a train_step returns a dict for fit's logs, from names to values, in every stage; "
            f"received {type(logs).__name__} after {what.rstrip(',')}."
        )
    for name, value in logs.items():
        if isinstance(value, keras.metrics.Metric):
            raise Incorrect(
                "the dict holds the metrics themselves; fit's logs are numbers. Take the result() "
                "of each mean."
            )
        numbers(value, (), f"the log {name!r}")


def _round(attempt, k_g, k_d, stage="adversarial"):
    model = _model(_Rounds, refiner_steps=k_g, discriminator_steps=k_d)
    model.stage = stage
    data = _images(0, k_g + k_d, 4), _images(1, k_d, 4)
    step = model.step
    return model, step, *data, run(attempt, model, data)


def _judge_round(attempt, k_g, k_d):
    model, step, synthetic, real, logs = _round(attempt, k_g, k_d)
    order = "".join(asked[0] for asked in model.asked)
    if not order:
        raise Incorrect(
            "no step was made: a round is made of self.refiner_step and self.discriminator_step."
        )
    if order != "R" * k_g + "D" * k_d:
        r, d = order.count("R"), order.count("D")
        given = f"K_g = self.refiner_steps = {k_g} and K_d = self.discriminator_steps = {k_d}"
        if r == 2 * k_g:
            raise Incorrect(f"the loop over K_g runs twice: {r} steps of R, with {given}.")
        if (r, d) != (k_g, k_d):
            raise Incorrect(f"{r} steps of R and {d} of D were made, with {given}.")
        raise Incorrect(f"R's steps come first, then D's; received the order {' '.join(order)}.")
    batches = [_which(asked[1], synthetic) for asked in model.asked]
    if None in batches:
        raise Incorrect("each step takes one batch of synthetic images, synthetic[k].")
    if len(set(batches)) < len(batches):
        raise Incorrect(
            "the same batch is used for more than one step; each takes its own: received "
            f"synthetic{batches}."
        )
    photographs = [_which(asked[2], real) for asked in model.asked if asked[0] == "D"]
    if sorted(photographs, key=str) != list(range(k_d)):
        raise Incorrect("step k of D takes the real batch real[k], a new one every time.")
    if not all(asked[2] for asked in model.asked if asked[0] == "R"):
        raise Incorrect("in the stage 'adversarial' R should hear D: adversarial stays True.")
    _finished(model, step, logs, "a round")


def _which(batch, batches):
    """Index of a batch among others, None if it is none of them."""
    if np.shape(batch) == batches.shape[1:]:
        for k, other in enumerate(batches):
            if np.array_equal(batch, other):
                return k
    return None


# Three runs that look alike from outside; what tells them apart stands here, not in the lesson.
_LIVE = Preset(
    filters=8, batch_size=16, weight=3.0, buffer_size=500, refiner_rate=1e-3,
    discriminator_rate=1e-3, refiner_warmup=60, discriminator_warmup=40, steps=60,
    checkpoint_steps=10,
)  # fmt: skip
RUNS = {
    "A": replace(_LIVE, weight=100.0),
    "B": replace(_LIVE, discriminator_rate=0.0),
    "C": _LIVE,
}

which_is_dead = Choice(
    "b",
    {
        "a": "D is right nearly always, which takes a D that learns. This one wins: lambda is 100, "
        "R dares to change nothing, and D tells simulated eyes from camera eyes at a glance.",
        "b": "its lines are level from the first step, also in D's own warm-up, where a live D "
        "climbs. This D has a learning rate of 0: one frozen by trainable = False draws the same.",
        "c": "its accuracies are in between too, but look at how they came there: up in D's "
        "warm-up, then down again when R began to answer. This is the run that works.",
    },
    hints=[
        "A D that learns gets better while it learns alone, before the game. Where is that time on "
        "the axis?",
        "R's warm-up ends at step 60, D's at step 100. Whose lines do nothing between the two?",
    ],
)

no_regularisation = Choice(
    "c",
    {
        "a": "R does not come nearer to the camera when it is let off the lead: nothing stops it "
        "where images are still eyes.",
        "b": "that is the danger one expects, and it takes eyes to look elsewhere. Here R leaves "
        "them altogether.",
        "c": "D sees patches, and hard lines of the camera's contrast please it for a while. What "
        "stood where in the eye, only |R(x) - x| knows. With a tanh at its end R would even end at "
        "white and never come back, for there no gradient passes.",
        "d": "staying near the input is what lambda pays R for; without it D alone pulls, and away "
        "from the input.",
    },
    hints=[
        "Which of the two terms knows that there was an eye to begin with?",
        "What can a patch of 23 pixels say about an iris? And what about the edges in it?",
    ],
)

not_at_once = Choice(
    "b",
    {
        "a": "the two losses pull the same number p in opposite directions; in a sum the pulls "
        "cancel.",
        "b": "-log p - log(1 - p) has its minimum at 1/2. D would learn to have no opinion of R's "
        "images, and from a D without an opinion R learns nothing.",
        "c": "one optimiser can hold the weights of several models, Keras does not mind. It would "
        "even run without an error.",
    },
    hints=[
        "Try p = 0.5 and p = 0.9 in -log p - log(1 - p).",
        "Who has to do what for p to become 1/2 everywhere? Could D do it alone?",
    ],
)
