"""SimGAN with one part changed, to find out what each part brings."""

from keras import Model, layers

from ..simgan.discriminator import discriminator
from ..simgan.history_buffer import HistoryBuffer


class NoHistory(HistoryBuffer):
    """A buffer that remembers nothing: D's refined half is all from the current refiner."""

    def draw(self, fresh):
        """The fresh images themselves, `(n, 35, 55, 1)`."""
        return fresh


def global_discriminator(image_shape=(35, 55, 1)):
    """Builds D with one verdict an image instead of one a patch.

    It is the network of `discriminator` with the mean of its logits, so it has the same weights;
    with it the local adversarial loss becomes a global one.

    Args:
        image_shape: Height, width and channels of an image.

    Returns:
        A `keras.Model` from `(B, 35, 55, 1)` in [-1, 1] to logits `(B, 1, 1, 2)`.
    """
    local = discriminator(image_shape)
    verdict = layers.GlobalAveragePooling2D(keepdims=True)(local.output)  # (B, 1, 1, 2)
    return Model(local.input, verdict, name="global_discriminator")
