"""A cycle: R and its inverse, and what went there and back again is to be what it was.

SimGAN keeps the label by keeping the pixels. CycleGAN (Zhu et al. 2017, arXiv 1703.10593) lets the
pixels go, and only asks that nothing is lost: a second refiner must be able to undo the first.
"""

import tensorflow as tf

from ..simgan.losses import REAL, local_adversarial_loss, self_regularization_loss
from ..simgan.training import SimGAN, contrast


def cycle_loss(synthetic, there_and_back, real, back_and_there):
    """The cycle consistency: mean `|R'(R(x)) - x|` + mean `|R(R'(y)) - y|`.

    Args:
        synthetic: x, `(B, H, W, C)` in [-1, 1].
        there_and_back: R'(R(x)), of the same shape.
        real: y, of the same shape.
        back_and_there: R(R'(y)), of the same shape.

    Returns:
        A scalar in [0, 4].
    """
    forth = self_regularization_loss(there_and_back, synthetic)
    return forth + self_regularization_loss(back_and_there, real)


class Cycle(SimGAN):
    """Two SimGANs that face each other, with the cycle loss in place of the self-regularization.

    The model itself makes camera eyes of synthetic ones, with R, D and a buffer. `back` makes
    synthetic eyes of the camera's, with R', D' and a buffer of its own; to it those of the
    simulator are the real ones. Both discriminators learn as SimGAN's does. In the warm-up both
    refiners learn to change nothing, as SimGAN's R does; the paper has none. The adversarial loss
    is SimGAN's cross-entropy, as in the paper's objective; its training puts squares in its place.
    """

    @classmethod
    def from_preset(cls, preset, seed=0, **parts):
        """As that of `SimGAN`; `weight` is that of the cycle loss, 10 in the paper."""
        model = super().from_preset(preset, seed, **parts)
        model.back = SimGAN.from_preset(preset, seed + 1_000, **parts)
        return model

    def train_step(self, data):
        """Goes once around the loop of Algorithm 1, or makes one step of a warm-up.

        Args:
            data: As for `SimGAN`. The real images of a round serve each of its refiner steps.
        """
        synthetic, real = data
        if self.stage == "refiner":
            self.refiner_step(synthetic[0], adversarial=False)
            self.back.refiner_step(real[0], adversarial=False)
        elif self.stage == "discriminator":
            self.discriminator_step(synthetic[0], real[0])
        else:
            for k in range(self.refiner_steps):
                self.cycle_step(synthetic[k], real[0])
            for k in range(self.discriminator_steps):
                self.discriminator_step(synthetic[self.refiner_steps + k], real[k])
        self.step.assign_add(1)
        return {name: mean.result() for name, mean in self.means.items()}

    def cycle_step(self, synthetic, real):
        """One step of R and of R': be taken for real on either side, and lose nothing."""
        players = self, self.back
        with tf.GradientTape() as tape:
            refined, simulated = self.refiner(synthetic), self.back.refiner(real)
            logits = self.discriminator(refined)
            loss = local_adversarial_loss(logits, REAL)
            loss += local_adversarial_loss(self.back.discriminator(simulated), REAL)
            there_and_back, back_and_there = self.back.refiner(refined), self.refiner(simulated)
            loss += self.weight * cycle_loss(synthetic, there_and_back, real, back_and_there)
        weights = [player.refiner.trainable_variables for player in players]
        gradients = tape.gradient(loss, weights)
        for player, gradient, own in zip(players, gradients, weights, strict=True):
            player.refiner_optimizer.apply(gradient, own)
        self.note("realism", local_adversarial_loss(logits, REAL))
        self.note("self_regularization", self_regularization_loss(refined, synthetic))
        self.note("contrast", contrast(refined) / contrast(synthetic))

    def discriminator_step(self, synthetic, real):
        """One step of D and one of D'."""
        super().discriminator_step(synthetic, real)
        self.back.discriminator_step(real, synthetic)
