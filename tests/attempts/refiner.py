"""Attempts at the exercises of lesson 02: other right ways, and mistakes with their messages."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


def block_in_functions(input, out_channels):
    conv1 = layers.Conv2D(out_channels, (3, 3), padding="SAME")
    conv2 = layers.Conv2D(out_channels, kernel_size=3, strides=1, padding="same")
    return ops.relu(conv2(keras.activations.relu(conv1(input))) + input)


def block(x, filters, inner="relu", before=None, after="relu", padding="same", around=True):
    y = layers.Conv2D(filters, 3, padding=padding, activation=inner)(x)
    y = layers.Conv2D(filters, 3, padding=padding, activation=before)(y)
    y = layers.Add()([x, y]) if around else y
    return layers.Activation(after)(y)


def block_with_normalization(x, filters):
    y = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(x))
    y = layers.Conv2D(filters, 3, padding="same")(layers.ReLU()(y))
    return layers.ReLU()(layers.Add()([x, y]))


class Block(layers.Layer):
    """Creates the second convolution before the first."""

    def __init__(self, filters):
        super().__init__()
        self.second = layers.Conv2D(filters, 3, padding="same")
        self.first = layers.Conv2D(filters, 3, padding="same", activation="relu")

    def build(self, shape):
        self.second.build(shape)
        self.first.build(shape)

    def call(self, x):
        return ops.relu(x + self.second(self.first(x)))


def block_with_names(x, filters):
    y = layers.Conv2D(filters, 3, padding="same", activation="relu", name="one")(x)
    return layers.ReLU()(x + layers.Conv2D(filters, 3, padding="same", name="two")(y))


SHARED = [layers.Conv2D(5, 3, padding="same", activation=how) for how in ("relu", None)]


def field_forwards(kernels, strides):
    size = 1
    for k, s in zip(kernels, strides, strict=True):
        size = (size - 1) * s + k
    return size


def field_of_odd_kernels(kernels, strides):
    return field_backwards([k // 2 * 2 + 1 for k in kernels], strides)


def field_by_pop(kernels, strides):
    kernels, strides, size = list(kernels), list(strides), 1
    while kernels:
        size = (size - 1) * strides.pop() + kernels.pop()
    return size


def field_backwards(kernels, strides):
    size = 1
    for k, s in reversed(list(zip(kernels, strides, strict=True))):
        size = (size - 1) * s + k
    return np.int64(size)


def mean_by_einsum(refined, synthetic):
    size = ops.abs(refined - synthetic)
    return ops.einsum("bhwc->", size) / float(np.prod(size.shape))


def mean_by_loops(refined, synthetic):
    images = [tf.reduce_mean(tf.abs(a - b)) for a, b in zip(refined, synthetic, strict=True)]
    return sum(images) / len(images)


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "resnet_block": [block_in_functions, lambda x, filters: Block(filters)(x)],
    "receptive_field": [field_backwards, field_by_pop],
    "self_regularization_loss": [
        mean_by_einsum,
        mean_by_loops,
        lambda input, target: keras.losses.MeanAbsoluteError()(target, input),
        lambda refined, synthetic: (
            ops.sum(ops.abs(refined - synthetic)) / (refined.shape[0] * 35 * 55)
        ),
    ],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "resnet_block": {
        "no way around": (lambda x, f: block(x, f, around=False), "way around is missing"),
        "no ReLU inside": (lambda x, f: block(x, f, inner=None), "between the two"),
        "ReLU before the sum": (lambda x, f: block(x, f, before="relu"), "before the sum"),
        "no ReLU after": (lambda x, f: block(x, f, after="linear"), "after the sum"),
        "valid padding": (lambda x, f: block(x, f, padding="valid", around=False), "frame off"),
        "normalisation": (block_with_normalization, "no normalisation"),
        "one convolution": (
            lambda x, f: layers.ReLU()(x + layers.Conv2D(f, 3, padding="same")(x)),
            "two 3x3 convolutions",
        ),
        "fixed names": (block_with_names, "fixed names"),
        "shared layers": (
            lambda x, f: layers.ReLU()(x + SHARED[1](SHARED[0](x))),
            "shares its layers",
        ),
        "dropout": (lambda x, f: layers.Dropout(0.5)(block(x, f)), "training=True"),
        "the input itself": (lambda x, f: x, "two 3x3 convolutions"),
        "an array": (lambda x, f: np.zeros((1, 7, 9, 5)), "Keras layers"),
    },
    "receptive_field": {
        "no strides": (lambda k, s: 1 + sum(n - 1 for n in k), "strides are left out"),
        "forwards": (field_forwards, "goes backwards"),
        "odd kernels only": (field_of_odd_kernels, "see 12 pixels; received"),
        "own stride": (
            lambda k, s: 1 + sum((n - 1) * m for n, m in zip(k, np.cumprod(s), strict=True)),
            "too early",
        ),
        "area": (lambda k, s: field_backwards(k, s) ** 2, "area"),
    },
    "self_regularization_loss": {
        "sums over pixels or batch": (lambda r, x: ops.sum(ops.abs(r - x)), "lambda would"),
        "sum over pixels": (
            lambda r, x: ops.mean(ops.sum(ops.abs(r - x), axis=(1, 2, 3))),
            "image size",
        ),
        "sign": (lambda r, x: -ops.mean(ops.abs(r - x)), "sign is turned"),
        "L2": (lambda r, x: ops.mean(ops.square(r - x)), "L1"),
        "signed": (lambda r, x: ops.mean(r - x), "cancel"),
        "outside TensorFlow": (lambda r, x: np.abs(np.array(r) - np.array(x)).mean(), "gradient"),
        "a value for every image": (
            lambda r, x: ops.mean(ops.abs(r - x), axis=(1, 2, 3)),
            "a single number",
        ),
    },
}
