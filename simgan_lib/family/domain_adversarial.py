"""Domain-adversarial training: features that tell the gaze and do not tell where they are from.

No image is refined. The estimator's own features become alike for simulated and for camera eyes,
since a domain classifier that looks at them is played against (Ganin et al. 2016, arXiv
1505.07818).
"""

import keras
import tensorflow as tf
from keras import Input, Model, layers, ops

from ..measure.estimator import ESTIMATORS, fit, gaze_estimator
from ..simgan.losses import discriminator_loss
from ..simgan.weights import initialize


@tf.custom_gradient
def reverse_gradient(x, weight):
    """Gives x as it is on the way forward, and on the way back the gradient with another sign.

    Whoever stands after it goes downhill, whoever stands before it goes uphill on the same loss.
    So one step of one optimiser is a step of both players.

    Args:
        x: Any tensor, such as features `(B, n)`.
        weight: What the gradient is multiplied by on its way back, besides -1.

    Returns:
        x.
    """
    return tf.identity(x), lambda gradient: (-weight * gradient, None)


def reversal_weight(progress):
    """The paper's schedule: no reversal at first, while the classifier knows nothing, then all.

    Args:
        progress: Share of the training that is done, 0 to 1.

    Returns:
        2 / (1 + exp(-10 * progress)) - 1, from 0 to 1.
    """
    return 2 / (1 + ops.exp(-10 * progress)) - 1


def domain_classifier(count, units=100):
    """Builds the domain classifier, as small as the paper's for digits.

    Args:
        count: How many features it looks at.
        units: Width of its hidden layer.

    Returns:
        A `keras.Model` from features `(B, count)` to logits `(B, 2)`; index 0 stands for the camera
        and index 1 for the simulator, as with SimGAN's D.
    """
    features = Input((count,))
    x = layers.Dense(units, activation="relu")(features)
    return Model(features, layers.Dense(2)(x), name="domain_classifier")


class DomainAdversarial(keras.Model):
    """A gaze estimator in three parts: features, the gaze that follows from them, their domain.

    Features are what the convolutions have found, flattened, as in the paper.

    Args:
        estimator: Model as `gaze_estimator` builds it, whose layers are shared.
        classifier: Model from the features to logits `(B, 2)`.
        steps: Steps of the whole training, for the schedule.
        weight: Of the reversed gradient at the end; at 0 the estimator learns as if there were no
            classifier.
    """

    def __init__(self, estimator, classifier, steps, weight):
        super().__init__(estimator.input, estimator.output)
        self.features = Model(estimator.input, estimator.layers[-3].output)
        self.head = keras.Sequential(estimator.layers[-2:])
        self.classifier = classifier
        self.steps, self.weight = steps, weight

    def train_step(self, data):
        """One step of both players.

        Args:
            data: Synthetic eyes `(B, H, W, C)`, their gaze `(B, 3)`, and camera eyes
                `(B, H, W, C)`.
        """
        synthetic, gaze, camera = data
        progress = ops.cast(self.optimizer.iterations, "float32") / self.steps
        weight = self.weight * reversal_weight(progress)
        with tf.GradientTape() as tape:
            simulated, photographed = self.features(synthetic), self.features(camera)
            loss = self.compute_loss(synthetic, gaze, self.head(simulated))
            loss += self.domain_loss(simulated, photographed, weight)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss}

    def domain_loss(self, simulated, photographed, weight):
        """The classifier's loss, as that of SimGAN's D; the features get its gradient reversed.

        Args:
            simulated: Features of synthetic eyes, `(B, n)`.
            photographed: Features of camera eyes, `(B, n)`.
            weight: Of the reversed gradient.

        Returns:
            A scalar; 2 ln 2 = 1.386 where the classifier has no opinion.
        """
        logits = [self.classifier(reverse_gradient(x, weight)) for x in (simulated, photographed)]
        return discriminator_loss(*logits)


def train_domain_adversarial(eyes, unlabelled, preset="pocket", seed=0, weight=0.001):
    """Trains a gaze estimator as `train_estimator` does, but as a `DomainAdversarial` one.

    The paper's `weight` is 1, beside the cross-entropy of a class. A squared error of the gaze is a
    hundred times smaller than that; against a whole reversed gradient it does not count, and the
    features lose the gaze together with the domain.

    Args:
        eyes: A labelled `EyeSet`.
        unlabelled: An `EyeSet` of the domain that the estimator is for; labels are not looked at.
        preset: "pocket" or "paper".
        seed: Seed of the weights and of the order of the eyes.
        weight: Of the reversed gradient at the end of the schedule.

    Returns:
        The trained `keras.Model`, a plain gaze estimator.

    Raises:
        ValueError: If the eyes carry no labels.
    """
    preset = ESTIMATORS[preset]
    estimator = initialize(gaze_estimator(preset.filters, preset.units), seed)
    classifier = initialize(domain_classifier(estimator.layers[-3].output.shape[-1]), seed)
    steps = preset.epochs * preset.steps(len(eyes))
    model = DomainAdversarial(estimator, classifier, steps, weight)
    fit(model, eyes, "gaze", "mse", preset, seed, unlabelled=unlabelled)
    return estimator
