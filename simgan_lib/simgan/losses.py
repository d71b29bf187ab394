"""The losses of both players, as means over images, patches and pixels.

The paper writes sums. A sum grows with the batch and with the size of the image, and a lambda
tuned for one size is wrong for the next, so everything here is a mean. For 35 x 55 eyes and the
9 x 14 map of the discriminator, lambda in the paper's sums is 126 / 1925 = 0.0655 times lambda
here.
"""

from keras import ops

REAL, REFINED = 0, 1  # index on the discriminator's last axis


def local_adversarial_loss(logits, target):
    """Cross-entropy of every patch against one verdict, averaged.

    The paper's local adversarial loss sums over the patches of an image and over the batch:
    multiply by `B * 9 * 14` to get its value.

    Args:
        logits: The discriminator's map, `(B, 9, 14, 2)`; any number of patch axes will do.
        target: `REAL` (0) or `REFINED` (1).

    Returns:
        A scalar, in nats; ln 2 = 0.693 where the discriminator has no opinion.
    """
    return -ops.mean(ops.log_softmax(logits, axis=-1)[..., target])


def self_regularization_loss(refined, synthetic, psi=None):
    """How far the refiner moved the image: mean `|psi(R(x)) - psi(x)|`.

    The second term of equation 4; multiply by `B * 35 * 55` to get the paper's sum.

    Args:
        refined: R(x), `(B, 35, 55, 1)` in [-1, 1].
        synthetic: x, of the same shape.
        psi: Feature transform, called with a batch of images; the identity if None.

    Returns:
        A scalar in [0, 2]; one grey level is 1 / 127.5.
    """
    if psi is not None:
        refined, synthetic = psi(refined), psi(synthetic)
    return ops.mean(ops.abs(refined - synthetic))


def channel_mean(images):
    """The feature transform psi of the paper's second version for colour: the mean of the channels.

    R may change the hue of a pixel for free, and pays for its brightness.

    Args:
        images: `(B, H, W, C)`.

    Returns:
        `(B, H, W, 1)`.
    """
    return ops.mean(images, axis=-1, keepdims=True)


def refiner_loss(logits, refined, synthetic, weight, psi=None):
    """Equation 4: be taken for real, and stay close to the simulated image.

    Args:
        logits: D's map of the refined images, `(B, 9, 14, 2)`.
        refined: R(x), `(B, 35, 55, 1)`.
        synthetic: x, of the same shape.
        weight: lambda, on the scale of means.
        psi: Feature transform of the self-regularization; the identity if None.

    Returns:
        A scalar.
    """
    realism = local_adversarial_loss(logits, REAL)
    return realism + weight * self_regularization_loss(refined, synthetic, psi)


def discriminator_loss(refined_logits, real_logits):
    """Equation 2: call refined patches refined and real patches real.

    Args:
        refined_logits: D's map of refined images, fresh and remembered, `(B, 9, 14, 2)`.
        real_logits: D's map of real images, `(B, 9, 14, 2)`.

    Returns:
        A scalar; 2 ln 2 = 1.386 where the discriminator has no opinion.
    """
    refined = local_adversarial_loss(refined_logits, REFINED)
    return refined + local_adversarial_loss(real_logits, REAL)
