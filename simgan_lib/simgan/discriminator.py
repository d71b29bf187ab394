"""The discriminator D: looks at every patch of an eye and says real or refined."""

from keras import Input, Model, layers

LARGE = 128  # pixels of the shorter side, from which on a window of 23 shows too little


def discriminator(image_shape=(35, 55, 1)):
    """Builds the discriminator of the paper (its section on the gaze data).

    Fully convolutional: instead of one verdict an image it gives a map of them, each over a
    window of 23 x 23 pixels. It returns logits and leaves the softmax to the loss, which can then
    be computed without overflow. With the default arguments it has 75,906 weights.

    Args:
        image_shape: Height, width and channels of an image.

    Returns:
        A `keras.Model` from `(B, 35, 55, 1)` in [-1, 1] to logits `(B, 9, 14, 2)`; on the last
        axis index 0 stands for real and index 1 for refined.
    """
    x = images = Input(image_shape)
    x = layers.Conv2D(96, 3, strides=2, padding="same", activation="relu")(x)  # (B, 18, 28, 96)
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(x)  # (B, 9, 14, 64)
    x = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)  # (B, 9, 14, 32)
    x = layers.Conv2D(32, 1, activation="relu")(x)
    # No activation here: a ReLU on the logits starts a quarter of the patches without a gradient.
    x = layers.Conv2D(2, 1)(x)  # (B, 9, 14, 2)
    return Model(images, x, name="discriminator")


def large_discriminator(image_shape=(224, 224, 1)):
    """Builds the discriminator of the paper's hands: windows of 71 x 71 pixels, for large images.

    Args:
        image_shape: Height, width and channels of an image.

    Returns:
        A `keras.Model` from `(B, 224, 224, 1)` in [-1, 1] to logits `(B, 7, 7, 2)`.
    """
    x = images = Input(image_shape)
    x = layers.Conv2D(96, 7, strides=4, padding="same", activation="relu")(x)  # (B, 56, 56, 96)
    x = layers.Conv2D(64, 5, strides=2, padding="same", activation="relu")(x)  # (B, 28, 28, 64)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)  # (B, 14, 14, 64)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)  # (B, 7, 7, 32)
    x = layers.Conv2D(32, 1, activation="relu")(x)
    return Model(images, layers.Conv2D(2, 1)(x), name="discriminator")


def fitting_discriminator(image_shape):
    """Builds the paper's D of the size that fits: from 128 pixels a side on the larger one."""
    large = min(image_shape[:2]) >= LARGE
    return (large_discriminator if large else discriminator)(image_shape)
