"""Small networks for images of any size: one answers numbers, one says where joints are."""

from keras import Input, Model, layers

LARGEST = 64  # pixels of the shorter side; what is larger is halved before a network looks at it


def image_network(image_shape, outputs, filters=(16, 32, 32, 64), units=128):
    """Builds a small CNN for images of any size.

    Args:
        image_shape: Height, width and channels of an image.
        outputs: Numbers that it answers.
        filters: Feature maps of the convolutions, after each of which the image is halved.
        units: Width of the fully connected layer.

    Returns:
        A `keras.Model` from `(B, H, W, C)` in [-1, 1] to `(B, outputs)`.
    """
    images = Input(image_shape)
    x = _smaller(images)
    for count in filters:
        x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Dense(units, activation="relu")(layers.Flatten()(x))
    return Model(images, layers.Dense(outputs)(x), name="image_network")


def pose_network(image_shape, joints, filters=(16, 32, 64)):
    """Builds a network that says where joints are: a small hourglass with a heat map for each.

    The paper takes a stacked hourglass (Newell, Yang and Deng 2016); this is a single one that fits
    two cores.

    Args:
        image_shape: Height, width and channels of an image.
        joints: How many points there are.
        filters: Feature maps of the convolutions, from the full size downwards.

    Returns:
        A `keras.Model` from `(B, H, W, C)` in [-1, 1] to the logits of heat maps a quarter as high
        and wide, `(B, H / 4 * W / 4, joints)`.
    """

    def convolve(x, count, strides=1):
        x = layers.Conv2D(count, 3, strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    images = Input(image_shape)
    x = convolve(_smaller(images), filters[0], strides=2)  # (B, 32, 32, 16)
    x = convolve(x, filters[1])
    down = []
    for _ in range(2):
        x = convolve(layers.MaxPooling2D(2, padding="same")(x), filters[2])
        down.append(x)  # (B, 16, 16, 64), (B, 8, 8, 64)
    x = convolve(layers.MaxPooling2D(2, padding="same")(x), filters[2])
    x = convolve(x, filters[2])  # (B, 4, 4, 64)
    for before in down[::-1]:
        x = layers.Resizing(*before.shape[1:3], interpolation="nearest")(x)
        x = convolve(layers.Add()([x, before]), filters[2])
    heat = layers.Conv2D(joints, 1)(x)  # (B, 16, 16, joints)
    return Model(images, layers.Reshape((-1, joints))(heat), name="pose_network")


def _smaller(images):
    while min(images.shape[1:3]) > LARGEST:
        images = layers.AveragePooling2D(2)(images)
    return images
