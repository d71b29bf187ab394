"""SimGAN with the gaze in the loop: R is told when an eye it refines seems to look elsewhere.

SimGAN hopes that the gaze stays where the pixels stay. Lee, Kim and Suh 2018 ("Simulated +
Unsupervised Learning with Adaptive Data Generation and Bidirectional Mappings", ICLR) add to a
cycle a term that asks for it. The term here is the same idea without their cycle, and in its
simplest form: what must stay is an estimator's answer.
"""

import tensorflow as tf

from ..simgan.losses import REAL, local_adversarial_loss, refiner_loss, self_regularization_loss
from ..simgan.training import SimGAN, contrast


class GazeConsistency(SimGAN):
    """SimGAN whose R also pays for what an estimator sees move.

    The estimator is trained before, on synthetic eyes, and stays as it is. It is asked and not
    changed, as D is in a step of R.
    """

    @classmethod
    def from_preset(cls, preset, seed=0, *, estimator, gaze_weight=10.0, **parts):
        """As that of `SimGAN`.

        Args:
            preset, seed: As there.
            estimator: Model from images to gaze vectors `(B, 3)`.
            gaze_weight: Of the gaze consistency, beside lambda.
            parts: The other arguments of `SimGAN.from_preset`.
        """
        model = super().from_preset(preset, seed, **parts)
        model.estimator, model.gaze_weight = estimator, gaze_weight
        return model

    def refiner_step(self, synthetic, adversarial=True):
        """One step of R on equation 4 and the gaze consistency; the warm-up is SimGAN's.

        The consistency is a self-regularization, mean `|f(R(x)) - f(x)|`, whose feature transform f
        is the estimator.
        """
        if not adversarial:
            return super().refiner_step(synthetic, adversarial)
        with tf.GradientTape() as tape:
            refined = self.refiner(synthetic, training=True)
            logits = self.discriminator(refined)
            loss = refiner_loss(logits, refined, synthetic, self.weight, self.psi)
            moved = self_regularization_loss(refined, synthetic, self.estimator)
            loss += self.gaze_weight * moved
        weights = self.refiner.trainable_variables
        self.refiner_optimizer.apply(tape.gradient(loss, weights), weights)
        self.note("realism", local_adversarial_loss(logits, REAL))
        self.note("self_regularization", self_regularization_loss(refined, synthetic))
        self.note("contrast", contrast(refined) / contrast(synthetic))
