"""Attempts at the exercises of lesson 06: other right ways, and mistakes with their messages."""

import numpy as np
import tensorflow as tf

from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.images import to_float, to_uint8
from simgan_lib.simgan.refining import RefinedImages


def share_by_loop(errors, limit):
    inside = 0
    for error in errors:
        if not error > limit:
            inside += 1
    return 100 * inside / len(errors)


def noise(
    eyes, level, seed=0, draw="normal", size=None, shift=0.0, limit=True, cut=False, scale=1.0
):
    rng = np.random.default_rng(seed)
    shape = eyes.images.shape if size is None else size(*eyes.images.shape)
    images = eyes.images + scale * getattr(rng, draw)(shift, level, shape)
    images = images if cut else np.round(images)
    if limit:
        images = np.clip(images, 0, 255)
    return EyeSet(images.astype(np.int64).astype(np.uint8), eyes.gaze, eyes.person)


def noise_by_loop(eyes, level, seed):
    random = np.random.RandomState(seed)
    images = np.empty_like(eyes.images)
    for i, image in enumerate(eyes.images):
        noisy = image.astype("float32") + level * random.randn(*image.shape)
        images[i] = np.rint(np.minimum(np.maximum(noisy, 0), 255))
    return EyeSet(images, eyes.gaze, eyes.person)


def noise_by_tensorflow(eyes, level, seed=0):
    noise = tf.random.stateless_normal(eyes.images.shape, [seed, 0], stddev=float(level))
    images = tf.saturate_cast(tf.round(tf.cast(eyes.images, "float32") + noise), tf.uint8)
    return EyeSet(images.numpy(), eyes.gaze, eyes.person, "noisy")


def noise_in_uint8(eyes, level, seed=0):
    noise = np.random.default_rng(seed).normal(0, level, eyes.images.shape)
    images = eyes.images + np.round(noise).astype(np.int8).astype(np.uint8)
    return EyeSet(images, eyes.gaze, eyes.person)


def noise_in_place(eyes, level, seed=0):
    eyes.images[:] = noise(eyes, level, seed).images
    return eyes


def noise_uniform(eyes, level, seed=0):
    width = level * 3**0.5
    noise = np.random.default_rng(seed).uniform(-width, width, eyes.images.shape)
    images = np.clip(np.round(eyes.images + noise), 0, 255).astype(np.uint8)
    return EyeSet(images, eyes.gaze, eyes.person)


def noise_alternating(eyes, level, seed=0):
    two = np.random.default_rng(seed).normal(0, level, (2, 35, 55))
    images = eyes.images + two[np.arange(len(eyes)) % 2]
    images = np.clip(np.round(images), 0, 255).astype(np.uint8)
    return EyeSet(images, eyes.gaze, eyes.person)


def noise_proportional(eyes, level, seed=0):
    factor = np.random.default_rng(seed).normal(1, level / 128, eyes.images.shape)
    images = np.clip(np.round(eyes.images * factor), 0, 255).astype(np.uint8)
    return EyeSet(images, eyes.gaze, eyes.person)


def drawn_refine(refiners, eyes, seed=0, draw=None, gaze=None):
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(refiners), size=len(eyes)) if draw is None else draw(rng, len(eyes))
    images = np.empty_like(eyes.images)
    for k, model in enumerate(refiners):
        mine = np.flatnonzero(drawn == k)
        if len(mine):
            images[mine] = to_uint8(model.predict(to_float(eyes.images[mine]), verbose=0))
    return EyeSet(images, eyes.gaze if gaze is None else gaze(rng, eyes.gaze), eyes.person)


def refine_eye_by_eye(refiners, eyes, seed=0):
    choose = np.random.RandomState(seed)
    images = [
        to_uint8(np.asarray(refiners[choose.randint(len(refiners))](to_float(image[None]))))[0]
        for image in eyes.images
    ]
    return EyeSet(np.array(images), eyes.gaze, eyes.person)


def refine_when_read(refiners, eyes, seed=0):
    drawn = np.random.default_rng(seed).choice(len(refiners), len(eyes))
    return EyeSet(RefinedImages(refiners, eyes.images, drawn), eyes.gaze)


def refine_by_all(refiners, eyes, seed=0):
    made = [drawn_refine([model], eyes) for model in refiners]
    images, gaze = (np.concatenate([getattr(m, n) for m in made]) for n in ("images", "gaze"))
    return EyeSet(images, gaze)


def refine_sorted_by_refiner(refiners, eyes, seed=0):
    drawn = np.random.default_rng(seed).integers(len(refiners), size=len(eyes))
    made = [drawn_refine([model], eyes[drawn == k]) for k, model in enumerate(refiners)]
    return EyeSet(np.concatenate([m.images for m in made]), eyes.gaze, eyes.person)


def refine_averaged(refiners, eyes, seed=0):
    made = [drawn_refine([model], eyes).images.astype(float) for model in refiners]
    return EyeSet(np.mean(made, axis=0).astype(np.uint8), eyes.gaze, eyes.person)


def noise_limited(low, high):
    def attempt(eyes, level, seed=0):
        images = np.clip(noise(eyes, level, seed).images, low, high).astype(np.uint8)
        return EyeSet(images, eyes.gaze, eyes.person)

    return attempt


def share_returned_early(errors, limit):
    inside = 0
    for error in errors:
        if error <= limit:
            inside += 1
        return 100 * inside / len(errors)


def share_returned_at_the_first(errors, limit):
    inside = 0
    for error in errors:
        if error <= limit:
            inside += 1
            return 100 * inside / len(errors)


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "share_within": [
        share_by_loop,
        lambda errors, limit: float(100 - 100 * np.count_nonzero(errors > limit) / errors.size),
        lambda error, degrees: tf.reduce_mean(tf.cast(error <= degrees, "float32")) * 100,
    ],
    "add_noise": [noise_by_loop, noise_by_tensorflow],
    "refine": [drawn_refine, refine_eye_by_eye, refine_when_read],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "share_within": {
        "fraction": (lambda e, d: np.mean(e <= d), "as a fraction"),
        "strictly below": (lambda e, d: 100 * np.mean(e < d), "exactly"),
        "above": (lambda e, d: 100 * np.mean(e > d), "off by more than the limit"),
        "from the limit on": (lambda e, d: 100 * np.mean(e >= d), "the limit or more"),
        "swapped parameters": (lambda d, e: 100 * np.mean(e <= d), "parameters are swapped"),
        "return in the loop": (share_returned_early, "`return` stand inside"),
        "return at the first": (share_returned_at_the_first, "`return` stand inside"),
        "count": (lambda e, d: np.sum(e <= d), "number of eyes"),
        "mean of the errors below": (lambda e, d: e[e <= d].mean(), "cannot tell"),
        "limit in radians": (lambda e, d: 100 * np.mean(e <= np.radians(d)), "with radians"),
        "errors in radians": (lambda e, d: 100 * np.mean(np.radians(e) <= d), "in radians"),
        "always 7": (lambda e, d: 100 * np.mean(e <= 7), "an argument"),
        "an array": (lambda e, d: 100 * (e <= d), "a single number"),
    },
    "add_noise": {
        "wrap-around": (lambda e, s, seed: noise(e, s, seed, limit=False), "turn white"),
        "wrap-around in uint8": (noise_in_uint8, "turn white"),
        "images only": (lambda e, s, seed: noise(e, s, seed).images, "stay with their images"),
        "no labels": (lambda e, s, seed: EyeSet(noise(e, s, seed).images), "no labels"),
        "other labels": (
            lambda e, s, seed: EyeSet(noise(e, s, seed).images, e.gaze[::-1]),
            "other labels",
        ),
        "in place": (noise_in_place, "original eyes"),
        "same noise for every eye": (
            lambda e, s, seed: noise(e, s, seed, size=lambda n, h, w: (h, w)),
            "fixed pattern",
        ),
        "one number an eye": (
            lambda e, s, seed: noise(e, s, seed, size=lambda n, h, w: (n, 1, 1)),
            "every pixel needs its own",
        ),
        "one number a row": (
            lambda e, s, seed: noise(e, s, seed, size=lambda n, h, w: (n, h, 1)),
            "pixels of a row",
        ),
        "one number a column": (
            lambda e, s, seed: noise(e, s, seed, size=lambda n, h, w: (n, 1, w)),
            "pixels of a column",
        ),
        "two noise images": (noise_alternating, "share 2 noise images"),
        "proportional": (noise_proportional, "depends on the pixel"),
        "limited to 200": (noise_limited(0, 200), "received 0 to 200"),
        "limited from 16": (noise_limited(16, 255), "received 16 to 255"),
        "no persons": (
            lambda e, s, seed: EyeSet(noise(e, s, seed).images, e.gaze),
            "no persons",
        ),
        "other persons": (
            lambda e, s, seed: EyeSet(noise(e, s, seed).images, e.gaze, e.person[::-1]),
            "other persons",
        ),
        "variance": (lambda e, s, seed: noise(e, s**0.5, seed), "variance"),
        "too strong": (lambda e, s, seed: noise(e, s, seed, scale=2), "should be 8"),
        "on the scale of 0 to 1": (lambda e, s, seed: noise(e, s / 255, seed), "without noise"),
        "uniform": (noise_uniform, "not Gaussian"),
        "cut off": (lambda e, s, seed: noise(e, s, seed, cut=True), "half a grey level darker"),
        "not centred": (lambda e, s, seed: noise(e, s, seed, shift=3), "0 on average"),
        "no seed": (lambda e, s, seed: noise(e, s, None), "same seed"),
        "seed not used": (lambda e, s, seed: noise(e, s, 5), "two seeds"),
        "level not used": (lambda e, s, seed: noise(e, 8, seed), "with level 3"),
        "eyes lost": (lambda e, s, seed: noise(e, s, seed)[:5], "eyes went in"),
    },
    "refine": {
        "one R for all": (
            lambda r, e, seed: drawn_refine(r, e, seed, lambda rng, n: np.full(n, rng.integers(5))),
            "the same refiner",
        ),
        "the last R": (lambda r, e, seed: drawn_refine(r[-1:], e), "the same refiner"),
        "every eye by every R": (refine_by_all, "by every refiner"),
        "a draw that changes with each call": (
            lambda r, e, seed: drawn_refine(r, e, None),
            "changes with each call",
        ),
        "seed not used": (lambda r, e, seed: drawn_refine(r, e, 7), "two seeds"),
        "labels shuffled": (
            lambda r, e, seed: drawn_refine(r, e, seed, gaze=lambda rng, g: rng.permutation(g)),
            "shuffled",
        ),
        "images sorted by refiner": (refine_sorted_by_refiner, "stand where they stood"),
        "never the last": (
            lambda r, e, seed: drawn_refine(r, e, seed, lambda rng, n: rng.integers(4, size=n)),
            "leave one out",
        ),
        "in blocks": (
            lambda r, e, seed: drawn_refine(
                r, e, seed, lambda rng, n: np.sort(rng.integers(5, size=n))
            ),
            "blocks of eyes or turns",
        ),
        "in turn": (
            lambda r, e, seed: drawn_refine(r, e, seed, lambda rng, n: (np.arange(n) + seed) % 5),
            "blocks of eyes or turns",
        ),
        "mostly one": (
            lambda r, e, seed: drawn_refine(
                r, e, seed, lambda rng, n: rng.choice(5, n, p=[0.6, 0.1, 0.1, 0.1, 0.1])
            ),
            "equally likely",
        ),
        "averaged": (refine_averaged, "one refiner made"),
        "images only": (lambda r, e, seed: drawn_refine(r, e, seed).images, "return an EyeSet"),
        "no labels": (lambda r, e, seed: EyeSet(drawn_refine(r, e, seed).images), "no labels"),
        "eyes lost": (lambda r, e, seed: drawn_refine(r, e, seed)[:50], "eyes went in"),
    },
}
