"""Adversarial discriminative domain adaptation (ADDA): camera eyes get features of their own.

Domain-adversarial training shares its features between the domains. ADDA (Tzeng et al. 2017, arXiv
1702.05464) does not. An estimator is trained on synthetic eyes and left alone. A copy of its
convolutions then learns, as a GAN's generator, to find features in camera eyes that a discriminator
takes for those of synthetic eyes. What tells the gaze from features stays as it was.
"""

from dataclasses import replace

import keras
import tensorflow as tf
from keras import Model

from ..measure.estimator import ESTIMATORS, fit, train_estimator
from ..simgan.losses import REAL, discriminator_loss, local_adversarial_loss
from ..simgan.weights import initialize
from .domain_adversarial import domain_classifier


class Adda(keras.Model):
    """A game of two: the convolutions for camera eyes against a discriminator of features.

    Args:
        source: Trained gaze estimator, which stays as it is.
        target: A copy of it, whose convolutions learn.
        discriminator: Model from features to logits `(B, 2)`. Index 0, "real", stands for features
            of synthetic eyes, which here are those to be imitated.
        optimizer: Of the discriminator alone.
    """

    def __init__(self, source, target, discriminator, optimizer):
        super().__init__(target.input, target.output)
        self.source = Model(source.input, source.layers[-3].output)
        self.target = Model(target.input, target.layers[-3].output)
        self.discriminator, self.discriminator_optimizer = discriminator, optimizer
        optimizer.build(discriminator.trainable_variables)

    def train_step(self, data):
        """One step of the discriminator and one of the target's convolutions.

        Args:
            data: Synthetic eyes `(B, H, W, C)`, their gaze, which is not looked at any more, and
                camera eyes `(B, H, W, C)`.
        """
        synthetic, _, camera = data
        with tf.GradientTape(persistent=True) as tape:
            found = self.discriminator(self.target(camera))
            loss = discriminator_loss(found, self.discriminator(self.source(synthetic)))
            realism = local_adversarial_loss(found, REAL)
        weights = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, weights), weights)
        weights = self.target.trainable_variables
        self.optimizer.apply(tape.gradient(realism, weights), weights)
        return {"loss": loss, "realism": realism}


def train_adda(eyes, unlabelled, preset="pocket", seed=0, rate=2e-5):
    """Trains a gaze estimator with `train_estimator`, then adapts its convolutions as long again.

    Args:
        eyes: A labelled `EyeSet`.
        unlabelled: An `EyeSet` of the domain that the estimator is for; labels are not looked at.
        preset: "pocket" or "paper".
        seed: Seed of the weights and of the order of the eyes.
        rate: Adam's, of both players; low, for no label holds the features where they were.

    Returns:
        The trained `keras.Model`, a plain gaze estimator for the unlabelled eyes' domain.

    Raises:
        ValueError: If the eyes carry no labels.
    """
    source = train_estimator(eyes, preset, seed)
    target = keras.models.clone_model(source)
    target.set_weights(source.get_weights())
    discriminator = initialize(domain_classifier(source.layers[-3].output.shape[-1]), seed)
    model = Adda(source, target, discriminator, keras.optimizers.Adam(rate))
    preset = replace(ESTIMATORS[preset], rate=rate)
    fit(model, eyes, "gaze", "mse", preset, seed, unlabelled=unlabelled)
    return target
