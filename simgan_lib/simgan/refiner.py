"""The refiner R: a simulated eye in, an eye that looks real out, of the same size."""

from keras import Input, Model, layers


def resnet_block(x, filters):
    """Two 3x3 convolutions and a way around them.

    What a block has to learn is only the change; doing nothing is easy, which is what a network
    that must keep the gaze should find easy.

    Args:
        x: Feature maps, `(B, H, W, filters)`.
        filters: Number of feature maps, in and out.

    Returns:
        Feature maps, `(B, H, W, filters)`.
    """
    y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(filters, 3, padding="same")(y)
    return layers.ReLU()(layers.Add()([x, y]))


def refiner(filters=64, blocks=4, image_shape=(35, 55, 1)):
    """Builds the refiner of the paper (its section on the gaze data).

    Fully convolutional, without stride, pooling or normalisation: each pixel of the answer sees
    19 x 19 pixels of the question and nothing is moved, so that the labels survive. With the
    default arguments it has 296,129 weights. The paper does not name what follows the last
    convolution. Here nothing does: where a tanh is flat no gradient passes it, and a refiner that
    has made every eye white stays so. What leaves the range of an image is clipped when it is saved
    (`simgan_lib.data.images.from_float`), not while R learns.

    Args:
        filters: Feature maps of every layer but the last; the paper has 64.
        blocks: Number of ResNet blocks; the paper has 4.
        image_shape: Height, width and channels of an image.

    Returns:
        A `keras.Model` from `(B, 35, 55, 1)` in [-1, 1] to the same shape, mostly in that range.
    """
    x = images = Input(image_shape)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)  # (B, 35, 55, filters)
    for _ in range(blocks):
        x = resnet_block(x, filters)
    x = layers.Conv2D(image_shape[-1], 1)(x)  # (B, 35, 55, 1)
    return Model(images, x, name="refiner")
