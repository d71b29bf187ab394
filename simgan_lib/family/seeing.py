"""What a unit of a network looks for: eyes that excite it, images drawn for it, where it looks.

`model` is a network or any other function from images `(B, H, W, C)` to maps `(B, h, w, units)`, or
to `(B, units)` where a unit has a single place. Its weights stay as they are.
"""

import numpy as np
import tensorflow as tf
from keras import ops


def excitement(model, images):
    """How much each unit answers to each image: the mean of its map.

    Args:
        model: From images to maps, `(B, h, w, units)`, or to `(B, units)`.
        images: `(B, H, W, C)` float32 in [-1, 1].

    Returns:
        `(B, units)`.
    """
    maps = model(images)
    maps = ops.reshape(maps, (len(images), -1, maps.shape[-1]))  # (B, places, units)
    return ops.mean(maps, axis=1)


def slope(model, unit, images):
    """The gradient of a unit's excitement by each image with respect to the image's pixels.

    After Simonyan, Vedaldi and Zisserman 2013, arXiv 1312.6034.

    Args:
        model: From images to maps, `(B, h, w, units)`, or to `(B, units)`.
        unit: Its number; or a list of B numbers, a unit for each image.
        images: `(B, H, W, C)` float32.

    Returns:
        Like `images`.
    """
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        excited = excitement(model, images)
        score = ops.sum(excited * ops.one_hot(unit, excited.shape[-1]))
    return tape.gradient(score, images)


def step_up(model, unit, images, rate, limit=1):
    """One step uphill: each image becomes one that excites the unit more.

    After Erhan, Bengio, Courville and Vincent 2009, "Visualizing higher-layer features of a deep
    network". The gradient is normalised, so that a step is as long for a faint unit as for a loud
    one; an image that a unit does not answer to stays as it is.

    Args:
        model: From images to maps, `(B, h, w, units)`, or to `(B, units)`.
        unit: Its number; or a list of B numbers, a unit for each image.
        images: `(B, H, W, C)` float32 in [-1, 1].
        rate: Length of the step: the root mean square of what is added, before it is clipped.
        limit: The result is clipped to [-limit, limit]; spectra have none, `np.inf`.

    Returns:
        Like `images`.
    """
    gradient = slope(model, unit, images)
    length = ops.sqrt(ops.mean(gradient**2, axis=(1, 2, 3), keepdims=True))
    return ops.clip(images + rate * gradient / (length + 1e-12), -limit, limit)


def jittered_step(model, unit, images, rate, rng, reach=4):
    """One step uphill on images that are shifted at random, and shifted back after it.

    What only works at one exact place is washed out (Mordvintsev, Olah and Tyka 2015,
    "Inceptionism"). What leaves an image at one side comes in at the other.

    Args:
        model, unit, images, rate: As in `step_up`.
        rng: `np.random.Generator`, from which each step draws a shift of its own.
        reach: Pixels that a shift has at most, down or up and to the right or left.

    Returns:
        `(B, H, W, C)` in [-1, 1].
    """
    shift = rng.integers(-reach, reach + 1, size=2)
    moved = ops.roll(images, shift, axis=(1, 2))
    return ops.roll(step_up(model, unit, moved, rate), -shift, axis=(1, 2))


def frequencies(height, width):
    """How many waves each number of a spectrum has on the width of an image, and at least 1.

    Args:
        height, width: Of the image, in pixels.

    Returns:
        float32 array `(height, width // 2 + 1)`, in the order of `np.fft.rfft2`.
    """
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    return np.maximum(width * np.sqrt(down**2 + across**2), 1).astype("float32")


def from_spectrum(spectrum, width):
    """Images from their spectra, in which a wave twice as fine counts half as much.

    So the amplitudes of images of the world fall too, and an ascent over spectra draws what is
    coarse before what is fine (Olah, Mordvintsev and Schubert 2017, "Feature Visualization",
    Distill).

    Args:
        spectrum: `(B, H, width // 2 + 1, 2)` float32, real and imaginary parts.
        width: Of the images, in pixels; the spectrum has room for an even one and an odd one.

    Returns:
        `(B, H, width, 1)`: sqrt(H * width) * irfft2(spectrum / frequencies), of any range.
    """
    height = spectrum.shape[1]
    scaled = spectrum / frequencies(height, width)[..., None]
    waves = tf.complex(scaled[..., 0], scaled[..., 1])  # (B, H, width // 2 + 1)
    return np.sqrt(height * width) * tf.signal.irfft2d(waves, [height, width])[..., None]


def draw(model, units, seed=0, steps=60, rate=0.2, reach=3, image_shape=(35, 55)):
    """Draws an image for each of several units, with all that makes such images legible.

    It climbs over spectra and not over pixels, and shifts the images at random in each step.

    Args:
        model: From images to maps, `(B, h, w, units)`, or to `(B, units)`.
        units: List of numbers.
        seed: Seed of the spectra it begins with, and of the shifts.
        steps: How many.
        rate: Length of a step, in the spectrum's numbers.
        reach: Pixels that a shift has at most; 0 for units that mind where something is.
        image_shape: Height and width.

    Returns:
        float32 array `(len(units), H, W, 1)` in [-1, 1].
    """
    rng = np.random.default_rng(seed)
    height, width = image_shape
    spectrum = rng.normal(0, 1, (1, height, width // 2 + 1, 2)).astype("float32")
    spectrum = np.repeat(spectrum, len(units), axis=0)  # all begin with the same image

    def image(spectrum):
        return ops.tanh(from_spectrum(spectrum, width))

    for _ in range(steps):
        shift = rng.integers(-reach, reach + 1, size=2)

        def seen(spectrum, shift=shift):
            return model(ops.roll(image(spectrum), shift, axis=(1, 2)))

        spectrum = step_up(seen, units, spectrum, rate, limit=np.inf)
    return ops.convert_to_numpy(image(spectrum))


def smooth_gradient(model, unit, images, noise=0.2, samples=50, seed=0):
    """The mean of a unit's gradients at images to which noise is added, a new one each time.

    SmoothGrad (Smilkov et al. 2017, arXiv 1706.03825). As in the paper the gradients keep their
    signs in the mean; whoever wants sizes takes the absolute value afterwards.

    Args:
        model, unit, images: As in `step_up`.
        noise: Standard deviation of the noise; black and white are 2 apart.
        samples: How many gradients the mean is taken of.
        seed: Seed of the noise.

    Returns:
        float32 array like `images`.
    """
    rng = np.random.default_rng(seed)
    total = np.zeros_like(images)
    for _ in range(samples):
        noisy = images + noise * rng.standard_normal(images.shape, dtype="float32")
        total += ops.convert_to_numpy(slope(model, unit, noisy))
    return total / samples


def share_around(maps, centres, radius):
    """Which share of the absolute values of maps lies within a circle.

    Args:
        maps: `(N, H, W)`.
        centres: Columns and rows in pixels, `(N, 2)`, as `pupil_centres` gives them.
        radius: Pixels.

    Returns:
        `(N,)`, 0 to 1.
    """
    rows, columns = np.indices(maps.shape[1:])
    x, y = centres[:, 0, None, None], centres[:, 1, None, None]
    inside = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    size = np.abs(maps)
    return (size * inside).sum(axis=(1, 2)) / size.sum(axis=(1, 2))
