"""SimGAN with the gaze in the loop: R is told when an eye it refines seems to look elsewhere.

SimGAN hopes that the gaze stays where the pixels stay. Lee, Kim and Suh 2018 ("Simulated +
Unsupervised Learning with Adaptive Data Generation and Bidirectional Mappings", ICLR) add to a
cycle a term that asks for it. The term here is the same idea without their cycle, and in its
simplest form: what must stay is an estimator's answer.
"""

from ..simgan.losses import self_regularization_loss
from ..simgan.training import SimGAN


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

    def refiner_loss(self, logits, refined, synthetic):
        """What R goes down in the game: equation 4 and the gaze consistency.

        The consistency is a self-regularization, mean `|f(R(x)) - f(x)|`, whose feature transform f
        is the estimator.
        """
        moved = self_regularization_loss(refined, synthetic, self.estimator)
        return super().refiner_loss(logits, refined, synthetic) + self.gaze_weight * moved
