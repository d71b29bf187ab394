"""Attempts at the exercises of lesson 03: other right ways, and mistakes with their messages."""

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, Sequential, layers, ops

from simgan_lib.simgan.losses import REAL, REFINED, local_adversarial_loss, self_regularization_loss


def network(padding="same", pool=1, activation=None, end=lambda x: x, inner="relu"):
    def build(image_shape=(35, 55, 1)):
        x = images = Input(image_shape)
        x = layers.Conv2D(96, 3, strides=2, padding=padding, activation="relu")(x)
        x = layers.Conv2D(64, 3, strides=2, padding=padding, activation="relu")(x)
        if pool:
            x = layers.MaxPooling2D(3, strides=pool, padding=padding)(x)
        x = layers.Conv2D(32, 3, padding=padding, activation=inner)(x)
        x = layers.Conv2D(32, 1, activation="relu")(x)
        x = layers.Conv2D(2, 1, activation=activation)(x)
        return Model(images, end(x))

    return build


def sequential(image_shape=(35, 55, 1)):
    model = Sequential([Input(image_shape)])
    for filters in (96, 64):
        model.add(layers.Conv2D(filters, (3, 3), (2, 2), padding="SAME"))
        model.add(layers.ReLU())
    model.add(layers.MaxPool2D((3, 3), (1, 1), padding="same"))
    for kernel in (3, 1):
        model.add(layers.Conv2D(32, kernel, padding="same", activation="relu"))
    model.add(layers.Conv2D(2, 1, activation="linear"))
    return model


def by_keras(logits, target):
    targets = ops.full(logits.shape[:-1], target)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(targets, logits)


def by_tensorflow(y_pred, label):
    flat = tf.reshape(y_pred, (-1, 2))
    labels = tf.one_hot(tf.fill((flat.shape[0],), label), 2)
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, flat))


def by_softplus(logits, target):
    other = logits[..., 1 - target] - logits[..., target]
    return ops.einsum("bhw->", ops.softplus(other)) / float(np.prod(other.shape))


def by_126(logits, target):
    flat = ops.reshape(logits, (-1, 126, 2))
    return -ops.sum(ops.log_softmax(flat)[..., target]) / (logits.shape[0] * 9 * 14)


def reshaped(images, h=35, w=55):
    return ops.reshape(images, (-1, h * w))


def strided(strides=(2, 2, 1, 1, 1), pool=1, size=3, end=lambda x: x):
    def build(image_shape=(35, 55, 1)):
        x = images = Input(image_shape)
        rows = zip((96, 64, 32, 32, 2), (3, 3, 3, 1, 1), strides, strict=True)
        for number, (filters, kernel, stride) in enumerate(rows, start=1):
            activation = "relu" if number < 5 else None
            layer = layers.Conv2D(filters, kernel, stride, "same", activation=activation)
            x = layer(x)
            if number == 2:
                x = layers.MaxPooling2D(size, strides=pool, padding="same")(x)
        return Model(images, end(x))

    return build


def by_loops(logits, target):
    patches = [pair for image in logits for row in image for pair in row]
    terms = [ops.logsumexp(pair) - pair[target] for pair in patches]
    return sum(terms) / len(terms)


def log(logits, axis=-1):
    return ops.log_softmax(logits, axis=axis)


def mixed(logits, target):
    flat = ops.reshape(logits, (logits.shape[0], 2, -1))
    return -ops.mean(log(flat, 1)[:, target])


def mixed_by_transpose(logits, target):
    flat = ops.reshape(ops.transpose(logits, (0, 3, 1, 2)), (-1, 2))
    return -ops.mean(log(flat)[:, target])


def outside(logits, target):
    logits = np.float64(logits)
    return np.mean(np.logaddexp.reduce(logits, axis=-1) - logits[..., target])


def clipped(logits, target):
    chance = ops.softmax(logits)[..., target]
    return -ops.mean(ops.log(ops.clip(chance, 1e-7, 1)))


def means(images, other):
    return ops.mean(ops.abs(images - other))


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "discriminator": [network(), sequential, strided()],
    "local_adversarial_loss": [by_keras, by_tensorflow, by_softplus, by_loops, by_126],
    "refiner_loss": [
        lambda d, r, x, lam: lam * means(x, r) + by_tensorflow(d, 0),
        lambda d, r, x, lam, psi=lambda images: images: (
            lam * means(psi(x), psi(r)) + by_tensorflow(d, 0)
        ),
        lambda d, r, x, lam: by_126(d, 0) + lam * means(reshaped(r), reshaped(x)),
        lambda logits, refined, synthetic, weight: (
            by_loops(logits, REAL) + weight * keras.losses.MeanAbsoluteError()(synthetic, refined)
        ),
    ],
    "discriminator_loss": [
        lambda fake, real: by_keras(fake, 1) + by_softplus(real, 0),
        lambda fake, real: (by_loops(fake, 1) + by_loops(real, 0)) / 2,
        lambda fake, real: by_126(fake, 1) + by_126(real, 0),
    ],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "discriminator": {
        "ReLU on the logits": (network(activation="relu"), "sticks at 0.693"),
        "softmax inside": (network(activation="softmax"), "softmax stands inside"),
        "sigmoid inside": (network(activation="sigmoid"), "sigmoid stands inside"),
        "valid padding": (network(padding="valid"), "border are lost"),
        "pooling by 2": (network(pool=2), "moves by 2"),
        "no pooling": (network(pool=0), "Received none"),
        "global": (network(end=layers.GlobalAveragePooling2D()), "one verdict an image"),
        "dense": (
            network(end=lambda x: layers.Dense(2)(layers.Flatten()(x))),
            "one verdict an image",
        ),
        "one logit": (network(end=lambda x: layers.Conv2D(1, 1)(x)), "2 logits"),
        "normalisation": (
            network(end=lambda x: layers.BatchNormalization()(x)),
            "no normalisation",
        ),
        "one layer more": (network(end=lambda x: layers.Conv2D(2, 1)(x)), "75,906"),
        "a ReLU missing": (network(inner=None), "activations differ"),
        "stride in the third": (strided((2, 2, 2, 1, 1)), "Convolution 3 has strides (2, 2)"),
        "strides moved": (strided((2, 1, 2, 1, 1)), "Convolution 2 has strides (1, 1)"),
        "pooling without strides": (strided(pool=None), "without `strides` Keras"),
        "pooling 2x2": (strided(size=2), "takes (2, 2)"),
        "rows and columns lost": (strided(end=layers.Reshape((-1, 2))), "columns are lost"),
        "a list": (strided(end=lambda x: [x, x]), "one tensor"),
        "a dict": (strided(end=lambda x: {"map": x}), "one tensor"),
        "dropout": (strided(end=lambda x: layers.Dropout(0.5)(x)), "training=True"),
        "noise": (strided(end=lambda x: layers.GaussianNoise(1.0)(x)), "training=True"),
        "a tensor": (lambda: ops.zeros((1, 9, 14, 2)), "keras.Model"),
    },
    "local_adversarial_loss": {
        "class and patch axis mixed": (mixed, "neighbouring patches"),
        "mixed by a transpose": (mixed_by_transpose, "neighbouring patches"),
        "softmax over the rows": (lambda m, t: -ops.mean(log(m, 1)[..., t]), "over the rows"),
        "softmax over the columns": (lambda m, t: -ops.mean(log(m, 2)[..., t]), "the columns"),
        "an image for the class": (lambda m, t: -ops.mean(log(m)[t]), "takes image number"),
        "a row for the class": (lambda m, t: -ops.mean(log(m)[:, t]), "takes row number"),
        "sum": (lambda m, t: -ops.sum(log(m)[..., t]), "this is a sum"),
        "sum over patches": (
            lambda m, t: -ops.mean(ops.sum(log(m)[..., t], axis=(1, 2))),
            "sums over the patches",
        ),
        "sum over the batch": (
            lambda m, t: -ops.sum(ops.mean(log(m)[..., t], axis=(1, 2))),
            "sums over the batch",
        ),
        "mean over classes": (lambda m, t: -ops.mean(log(m) * ops.one_hot(t, 2)), "half of it"),
        "target swapped": (lambda m, t: -ops.mean(log(m)[..., 1 - t]), "swapped"),
        "sign": (lambda m, t: ops.mean(log(m)[..., t]), "sign"),
        "global": (lambda m, t: by_keras(ops.mean(m, (1, 2)), t), "global"),
        "mean before the logarithm": (
            lambda m, t: -ops.log(ops.mean(ops.softmax(m)[..., t])),
            "before the logarithm",
        ),
        "no logarithm": (lambda m, t: -ops.mean(ops.softmax(m)[..., t]), "logarithm is missing"),
        "no softmax": (lambda m, t: -ops.mean(m[..., t]), "softmax is missing"),
        "softmax twice": (lambda m, t: -ops.mean(log(ops.softmax(m))[..., t]), "twice"),
        "overflow": (lambda m, t: -ops.mean(ops.log(ops.softmax(m))[..., t]), "overflow"),
        "clipped": (clipped, "should cost 1000"),
        "outside TensorFlow": (outside, "no gradient"),
        "a value for every patch": (lambda m, t: -log(m)[..., t], "a single number"),
    },
    "refiner_loss": {
        "targets swapped": (
            lambda d, r, x, w: local_adversarial_loss(d, REFINED) + w * means(r, x),
            "swapped",
        ),
        "no adversarial term": (
            lambda d, r, x, w: w * self_regularization_loss(r, x),
            "learns the identity",
        ),
        "no self-regularisation": (
            lambda d, r, x, w: local_adversarial_loss(d, REAL),
            "self-regularisation is missing",
        ),
        "always 3": (
            lambda d, r, x, w: local_adversarial_loss(d, REAL) + 3.0 * means(r, x),
            "always 3",
        ),
        "psi dropped": (
            lambda d, r, x, w, psi=None: local_adversarial_loss(d, REAL) + w * means(r, x),
            "`psi` makes no difference",
        ),
        "lambda forgotten": (
            lambda d, r, x, w: local_adversarial_loss(d, REAL) + means(r, x),
            "lambda is forgotten",
        ),
        "lambda at the wrong term": (
            lambda d, r, x, w: w * local_adversarial_loss(d, REAL) + means(r, x),
            "wrong term",
        ),
        "lambda times a sum": (
            lambda d, r, x, w: local_adversarial_loss(d, REAL) + w * ops.sum(ops.abs(r - x)),
            "multiplies a sum",
        ),
        "maximises D's loss": (
            lambda d, r, x, w: w * means(r, x) - local_adversarial_loss(d, REFINED),
            "gradient dies",
        ),
        "outside TensorFlow": (
            lambda d, r, x, w: outside(d, 0) + w * np.abs(np.array(r) - np.array(x)).mean(),
            "no gradient",
        ),
    },
    "discriminator_loss": {
        "targets swapped": (lambda f, y: by_keras(f, 0) + by_keras(y, 1), "targets are swapped"),
        "both real": (lambda f, y: by_keras(f, 0) + by_keras(y, 0), "both targets are REAL"),
        "no real eyes": (lambda f, y: by_keras(f, 1), "real eyes is missing"),
        "no refined eyes": (lambda f, y: by_keras(y, 0), "refined eyes is missing"),
        "a difference": (lambda f, y: by_keras(f, 1) - by_keras(y, 0), "subtracted"),
        "outside TensorFlow": (lambda f, y: outside(f, 1) + outside(y, 0), "no gradient"),
    },
}
