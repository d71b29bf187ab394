"""How much of an image one unit of a network sees: counted from its layers, and measured."""

import numpy as np
import tensorflow as tf


def receptive_field(kernels, strides):
    """Counts the side of the window that one unit of the last layer looks at.

    A kernel of k widens the window by k - 1 steps, and a step is as many pixels as all strides
    before it make. For the paper's networks it gives 19 (refiner) and 23 (discriminator).

    Args:
        kernels: Kernel sizes of the layers in order, pooling included.
        strides: Their strides.

    Returns:
        Pixels, an int.
    """
    size = step = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        size += (kernel - 1) * step
        step *= stride
    return size


def influence(model, images, row, column):
    """Measures how much each pixel moves one unit of a network's map.

    Args:
        model: Network from images to maps `(B, h, w, channels)`.
        images: `(B, H, W, 1)`; the gradient is averaged over them.
        row: Row of the unit in the map.
        column: Its column.

    Returns:
        float32 array `(H, W)`: mean size of the gradient; zero where the unit does not look.
    """
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        unit = tf.reduce_sum(model(images)[:, row, column])
    return np.abs(tape.gradient(unit, images)).mean(axis=(0, 3))
