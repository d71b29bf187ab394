"""Attempts at the exercises of lesson 11: other right ways, and mistakes with their messages."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from simgan_lib.family.seeing import excitement, frequencies, slope, step_up


def mean_of(axis, reduce=tf.reduce_mean, change=lambda x: x):
    return lambda model, images: change(reduce(model(images), axis))


def excitement_by_pooling(model, images):
    return keras.layers.GlobalAveragePooling2D()(model(images))


def up(model, unit, images, rate, limit=1, normal=True, direction=1, clip=True, small=1e-12, **how):
    """A step uphill with a mistake to choose."""
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        excited = excitement(model, images)
        score = tf.reduce_sum(excited if how.get("every") else excited[:, unit])
    if how.get("weights"):
        return tape.gradient(score, model.trainable_weights)
    gradient = tape.gradient(score, images)
    axis = how.get("axis", (1, 2, 3))
    size = how.get("size", lambda g: tf.sqrt(tf.reduce_mean(g**2, axis, keepdims=True)))
    step = direction * rate * (gradient / (size(gradient) + small) if normal else gradient)
    changed = step if how.get("alone") else images + step
    low = how.get("low", -limit)
    return tf.clip_by_value(changed, low, limit) if clip else changed


def up_with(**mistake):
    return lambda *args: up(*args, **mistake)


def up_in_place(model, unit, images, rate, limit=1):
    images += rate * np.array(slope(model, unit, images))
    return images


def up_by_norm(model, unit, images, rate, limit=1):
    """The root mean square as a norm over the root of the number of pixels."""
    gradient = slope(model, unit, images).numpy()
    flat = gradient.reshape(len(gradient), -1)
    size = np.linalg.norm(flat, axis=1) / np.sqrt(flat.shape[1])
    step = rate * gradient / np.maximum(size, 1e-9)[:, None, None, None]
    return np.clip(images + step, -limit, limit)


def jitter(model, unit, images, rate, rng, reach=4, back=-1, low=-1, high=1, axes=(1, 1), **how):
    """A step on shifted images with a mistake to choose."""
    rng = how.get("another", lambda rng: rng)(rng)
    reach = how.get("always", reach)
    shift = rng.integers(low * reach, reach + high, 2) * axes
    moved = np.roll(images, shift, (1, 2))
    return np.roll(step_up(model, unit, moved, rate), back * shift, (1, 2))


def jitter_with(**mistake):
    return lambda *args: jitter(*args, **mistake)


def jitter_each(model, unit, images, rate, rng, reach=4):
    """Every image with a shift of its own."""
    return np.concatenate([jitter(model, unit, i[None], rate, rng, reach) for i in images])


def image_of(
    spectrum, width, scale=lambda z, f: z / f, size=True, real=None, shape=True, last=True
):
    """An image from its spectrum with a mistake to choose."""
    height = spectrum.shape[1]
    z = scale(spectrum, frequencies(height, width)[..., None])
    waves = tf.complex(z[..., 0], 0 * z[..., 1] if real else z[..., 1])
    image = tf.signal.irfft2d(waves, [height, width] if shape else None)
    image = image * np.sqrt(height * width) if size else image
    return image[..., None] if last else image


def image_with(**mistake):
    return lambda spectrum, width: image_of(spectrum, width, **mistake)


def image_in_numpy(spectrum, width):
    height = spectrum.shape[1]
    z = np.array(spectrum) / frequencies(height, width)[..., None]
    return np.fft.irfft2(z[..., 0] + 1j * z[..., 1], (height, width), norm="ortho")[..., None]


def complex_image(spectrum, width):
    z = spectrum / frequencies(spectrum.shape[1], width)[..., None]
    return np.fft.ifft2(z[..., 0] + 1j * z[..., 1])[..., None]


def image_by_cosines(spectrum, width):
    """The sum of all waves, written out; real, so a gradient passes."""
    height = spectrum.shape[1]
    z = spectrum / frequencies(height, width)[..., None]
    twice = np.full(width // 2 + 1, 2.0)
    twice[0] = 1
    twice[-1] = 1 if width % 2 == 0 else 2
    down = np.outer(np.arange(height), np.arange(height)) / height
    across = np.outer(np.arange(width), np.arange(len(twice))) / width
    angle = 2 * np.pi * (down[:, None, :, None] + across[None, :, None, :])  # y, x, k, l
    cosine, sine = (tf.constant(f(angle) * twice, tf.float32) for f in (np.cos, np.sin))
    image = tf.einsum("bkl,yxkl->byx", z[..., 0], cosine)
    image -= tf.einsum("bkl,yxkl->byx", z[..., 1], sine)
    return image[..., None] / np.sqrt(height * width)


def smooth(
    model, unit, images, noise=0.2, samples=50, seed=0, before=lambda g: g, after=lambda g: g, **how
):
    """Smoothed gradients with a mistake to choose."""
    rng, total, at = np.random.default_rng(seed), 0, images
    draw = how.get("draw", lambda rng, shape: rng.standard_normal(shape))
    for _ in range(how.get("count", samples)):
        if how.get("same"):
            rng = np.random.default_rng(seed)
        noisy = at + noise * draw(rng, images.shape).astype("float32")
        if how.get("drifts"):
            at = noisy
        gradient = before(slope(model, unit, noisy).numpy())
        total = gradient if how.get("last") else total + gradient
    return after(total / (1 if how.get("last") or how.get("sum") else samples))


def smooth_with(**mistake):
    return lambda *args: smooth(*args, **mistake)


def smooth_at_once(model, unit, images, noise=0.2, samples=50, seed=0):
    """All samples in one batch."""
    shape = (samples, *images.shape)
    noisy = images + np.random.default_rng(seed).normal(0, noise, shape).astype("float32")
    gradients = slope(model, unit, noisy.reshape(-1, *images.shape[1:]))
    return ops.mean(ops.reshape(gradients, shape), axis=0)


def noise_averaged_first(model, unit, images, noise=0.2, samples=50, seed=0):
    added = np.random.default_rng(seed).normal(0, noise, (samples, *images.shape))
    return slope(model, unit, images + added.mean(0).astype("float32"))


RIGHT = {
    "excitement": [mean_of((1, 2)), excitement_by_pooling],
    "step_up": [up, up_by_norm, up_with(small=1e-8)],
    "jittered_step": [jitter, jitter_each],
    "from_spectrum": [image_by_cosines, image_of],
    "smooth_gradient": [smooth, smooth_at_once],
}

WRONG = {
    "excitement": {
        "maps": (lambda model, images: model(images), "the maps themselves"),
        "over images too": (mean_of((0, 1, 2)), "over the images too"),
        "over units too": (mean_of((1, 2, 3)), "over the units too"),
        "over units": (mean_of(3), "Swap the two"),
        "transposed": (mean_of((1, 2), change=tf.transpose), "axes are swapped"),
        "sum": (mean_of((1, 2), tf.reduce_sum), "the sum over the places"),
        "maximum": (mean_of((1, 2), tf.reduce_max), "most excited place"),
        "predict": (
            lambda model, images: model.predict(np.array(images), verbose=0).mean((1, 2)),
            "no gradient passes",
        ),
    },
    "step_up": {
        "of the weights": (up_with(weights=True), "shapes of the weights"),
        "downhill": (up_with(direction=-1), "go downhill"),
        "not normalised": (up_with(normal=False), "not normalised"),
        "over the batch": (up_with(axis=None), "company"),
        "by the norm": (up_with(size=lambda g: tf.norm(g, axis=(1, 2), keepdims=True)), "*sum*"),
        "by the largest": (
            up_with(size=lambda g: tf.reduce_max(tf.abs(g), (1, 2, 3), keepdims=True)),
            "largest entry",
        ),
        "sign": (up_with(size=lambda g: tf.abs(g), small=1e-30), "this is the sign"),
        "not clipped": (up_with(clip=False), "leave the range"),
        "range 0 to 1": (up_with(low=0), "from -1 to 1 here"),
        "step alone": (up_with(alone=True, clip=False), "step alone"),
        "always 1": (lambda m, u, x, rate, limit=1: up(m, u, x, rate), "`limit` is an argument"),
        "every unit": (up_with(every=True), "all units at once"),
        "in place": (up_in_place, "argument number 3 in place"),
        "0 / 0": (up_with(small=0), "0 / 0 is no number"),
    },
    "jittered_step": {
        "not undone": (jitter_with(back=0), "step by step they drift"),
        "twice": (jitter_with(back=1), "same direction"),
        "none": (lambda m, u, x, r, rng, reach=4: step_up(m, u, x, r), "nothing is shifted"),
        "always the same": (
            jitter_with(another=lambda _: np.random.default_rng(0)),
            "same for all",
        ),
        "one axis": (jitter_with(axes=(0, 1)), "one axis only"),
        "always four": (jitter_with(always=4), "a reach of 2"),
        "never back": (jitter_with(low=0), "go one way"),
        "upper end": (jitter_with(high=0), "leaves out its upper end"),
        "another generator": (
            jitter_with(another=lambda _: np.random.default_rng()),
            "`rng`, so that",
        ),
        "two steps": (
            lambda m, u, x, r, rng, reach=4: jitter(m, u, x, 2 * r, rng, reach),
            "with the rate",
        ),
    },
    "from_spectrum": {
        "not scaled": (image_with(scale=lambda z, f: z), "not scaled"),
        "multiplied": (image_with(scale=lambda z, f: z * f), "is multiplied"),
        "squared": (image_with(scale=lambda z, f: z / f**2), "divided twice"),
        "root": (image_with(scale=lambda z, f: z / f**0.5), "the root of the frequencies"),
        "faint": (image_with(size=False), "too faint"),
        "real parts": (image_with(real=True), "where a wave has its crests"),
        "swapped": (image_with(scale=lambda z, f: z[..., ::-1] / f), "parts are swapped"),
        "even width": (image_with(shape=False), "20 pixels wide in place of 21"),
        "no channel": (image_with(last=False), "axis of the channel"),
        "complex": (complex_image, "image is complex"),
        "in NumPy": (image_in_numpy, "no gradient passes"),
    },
    "smooth_gradient": {
        "noise averaged": (noise_averaged_first, "saw each image 1 time,"),
        "absolute first": (smooth_with(before=np.abs), "before the mean"),
        "absolute last": (smooth_with(after=np.abs), "signs are gone"),
        "one noise": (smooth_with(same=True), "same in all samples"),
        "drifts": (smooth_with(drifts=True), "noise is added to noise"),
        "uniform": (smooth_with(draw=lambda rng, s: rng.uniform(-1, 1, s)), "should be normal"),
        "one sided": (smooth_with(draw=lambda rng, s: rng.uniform(0, 3.4, s)), "should be normal"),
        "variance": (
            smooth_with(draw=lambda rng, s: rng.standard_normal(s) / 0.1**0.5),
            "should be normal",
        ),
        "sum": (smooth_with(sum=True), "sum of the gradients"),
        "last": (smooth_with(last=True), "of the last sample"),
        "squares": (smooth_with(before=np.square), "these are squares"),
        "ten samples": (smooth_with(count=10), "saw each image 10 times, not 40"),
        "other seed": (
            lambda m, u, x, noise, samples, seed: smooth(m, u, x, noise, samples, None),
            "the same seed gives another",
        ),
        "always one seed": (
            lambda m, u, x, noise, samples, seed: smooth(m, u, x, noise, samples, 5),
            "`seed` is an argument",
        ),
    },
}
