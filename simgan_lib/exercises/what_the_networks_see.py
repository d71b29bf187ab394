"""Exercises of lesson 11: what excites a unit, images drawn for it, and where a network looks."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from ..family import seeing
from ..simgan.weights import initialize
from .core import Incorrect, call, close, expect, function, gradients, numbers, recognise, run

UNIT, RATE, REACH = 1, 0.05, 2  # not the lesson's


def _world():
    """A network with maps of 6 x 9 for three units, and images, some pixels black or white."""
    inputs = keras.Input((14, 20, 1))
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(inputs)  # (B, 6, 9, 4)
    outputs = layers.Conv2D(3, 1, activation="relu")(x)
    model = initialize(keras.Model(inputs, outputs), seed=1)
    images = np.random.default_rng(0).normal(0, 1, (5, 14, 20, 1))
    return model, np.clip(images, -1, 1).astype("float32")


@function(
    solves=seeing.excitement,
    hints=[
        "`maps = model(images)` has the shape (B, h, w, units): a map for each unit. Which of the "
        "axes should be gone in the end?",
        "`ops.mean(maps, axis=(1, 2))` is the mean over the places of a map, and leaves images and "
        "units apart.",
    ],
)
def excitement(attempt):
    model, images = _world()
    got = call(attempt, model, images)
    maps = np.array(model(images))
    if tf.is_tensor(got) or isinstance(got, np.ndarray):
        recognise(
            np.array(got),
            (maps, "these are the maps themselves; take the mean over the places of each."),
            (
                maps.mean((0, 1, 2)),
                "this is the mean over the images too, one number a unit. We want to know which "
                "image excites it most, so keep the images apart.",
            ),
            (
                maps.mean((1, 2, 3)),
                "this is the mean over the units too, one number an image. Each unit is to have "
                "its own.",
            ),
            (maps.mean(3), "this is the mean over the units, at each place. Swap the two."),
            (
                maps.mean((1, 2)).T,
                "the axes are swapped: a row stands for an image, a column for a unit.",
            ),
            (
                maps.sum((1, 2)),
                "this is the sum over the places, which is larger for a larger map. Take the mean.",
            ),
            (
                maps.max((1, 2)),
                "this is the most excited place of each map. It is a question too, but ours is "
                "about the whole eye: take the mean over the places.",
            ),
        )
    got = numbers(got, (len(images), maps.shape[-1]), "the excitement")
    expect(got, maps.mean((1, 2)), "the excitement")
    _, (gradient,) = gradients(lambda pixels: run(attempt, model, pixels), images)
    if gradient is None:
        raise Incorrect(
            "the numbers are right, but no gradient passes through them, and soon one has to. Call "
            "`model(images)`, not `predict`, and take the mean with `ops`, not with NumPy."
        )


@function(
    solves=seeing.step_up,
    hints=[
        "`gradient = slope(model, unit, images)` has the shape of the images.",
        "The length of a gradient is `ops.sqrt(ops.mean(gradient**2, axis=(1, 2, 3), "
        "keepdims=True))`, one number an image. It may be 0, so divide by it plus 1e-12.",
        "Uphill is plus, and an image stays an image: `ops.clip(images + rate * gradient / "
        "(length + 1e-12), -limit, limit)`.",
    ],
)
def step_up(attempt):
    model, images = _world()
    got = call(attempt, model, UNIT, images, RATE)
    if isinstance(got, list | tuple) and len(got) == len(model.trainable_weights):
        raise Incorrect(
            "this has the shapes of the weights, as in training. Here the network stays as it is "
            "and the image climbs: ask the tape for the gradient with respect to the images."
        )
    got = numbers(got, images.shape, "what is returned")
    slope = np.array(seeing.slope(model, UNIT, images))
    every = sum(np.array(seeing.slope(model, unit, images)) for unit in range(3))
    size = np.sqrt((slope**2).mean((1, 2, 3), keepdims=True))

    def moved(step):
        return np.clip(images + RATE * step, -1, 1)

    recognise(
        got,
        (
            moved(-slope / size),
            "the images go downhill, to what the unit answers to least. Uphill is plus.",
        ),
        (
            moved(slope),
            "the gradient is not normalised, and it is so small that the images hardly move. "
            "Divide each image's gradient by its root mean square.",
        ),
        (
            moved(slope / np.sqrt((slope**2).mean())),
            "the gradients of all images are divided by one number. Each image has its own, or it "
            "would climb faster or slower for the company it is in: keep axis 0, and `keepdims`.",
        ),
        (
            moved(slope / size / np.sqrt(slope[0].size)),
            "the gradient is divided by the root of the *sum* of its squares, so that each pixel "
            "moves less the more of them there are. Take the root of their mean.",
        ),
        (
            moved(slope / np.abs(slope).max((1, 2, 3), keepdims=True)),
            "the gradient is divided by its largest entry. Divide it by its root mean square.",
        ),
        (
            moved(np.sign(slope)),
            "this is the sign, as in lesson 10. Here nobody counts grey levels: keep the gradient, "
            "divided by its root mean square.",
        ),
        (
            images + RATE * slope / size,
            "some pixels leave the range of an image, from -1 to 1. Clip what is returned.",
        ),
        (
            np.clip(images + RATE * slope / size, 0, 1),
            "images run from -1 to 1 here, not from 0 to 1: half of the grey levels are gone.",
        ),
        (RATE * slope / size, "this is the step alone; add it to the images."),
        (
            moved(every / np.sqrt((every**2).mean((1, 2, 3), keepdims=True))),
            "this climbs for all units at once. Take the one that is asked for, "
            "`slope(model, unit, images)`.",
        ),
    )
    expect(got, moved(slope / size), "a pixel")
    free = numbers(call(attempt, model, UNIT, images, 2, np.inf), images.shape, "what is returned")
    if not close(free, images + 2 * slope / size):
        raise Incorrect("`limit` is an argument: spectra, which come later, have none, `np.inf`.")
    black = np.full_like(images, -1)
    flat = next(u for u in range(3) if not np.any(seeing.slope(model, u, black)))
    still = np.array(run(attempt, model, flat, black, RATE))
    if not np.allclose(still, black):
        raise Incorrect(
            "where a unit does not answer at all, its gradient is 0, and 0 / 0 is no number. Add "
            "something small, such as 1e-12, to what you divide by; such an image stays as it is."
        )


@function(
    solves=seeing.jittered_step,
    hints=[
        "`rng.integers(-reach, reach + 1, size=2)` draws how far to shift down and to the right; "
        "the upper end is left out, hence the + 1.",
        "`ops.roll(images, shift, axis=(1, 2))` shifts them, and `step_up(model, unit, moved, "
        "rate)` makes the step.",
        "Shift back what the step made: `ops.roll(..., -shift, axis=(1, 2))`.",
    ],
)
def jittered_step(attempt):
    images = _world()[1][:1]
    # Its units mind where something is, so that no two shifts lead to the same image.
    x = layers.Flatten()(inputs := keras.Input((14, 20, 1)))
    outputs = layers.Dense(3)(layers.Dense(8, activation="relu")(x))
    model = initialize(keras.Model(inputs, outputs), seed=1)
    far = range(-4, 5)
    shifts = [(y, x) for y in far for x in far]

    def roll(images, y, x):
        return np.roll(images, (y, x), (1, 2))

    moved = np.concatenate([roll(images, *shift) for shift in shifts])
    climbed = np.array(seeing.step_up(model, UNIT, moved, RATE))[:, None]  # (81, 1, H, W, 1)
    right = [roll(c, -y, -x) for c, (y, x) in zip(climbed, shifts, strict=True)]

    def step(rng):
        got = call(attempt, model, UNIT, images, RATE, rng, REACH)
        return numbers(got, images.shape, "what is returned")

    def found(got, among):
        return next((s for s, r in zip(shifts, among, strict=True) if close(got, r)), None)

    first = step(np.random.default_rng(0))
    rng = np.random.default_rng(1)
    several = [step(rng) for _ in range(60)]
    twice = [roll(c, y, x) for c, (y, x) in zip(climbed, shifts, strict=True)]
    steps = []
    for got in several:
        steps.append(found(got, right))
        if steps[-1] is None and found(got, climbed):
            raise Incorrect(
                "the images are shifted and stay so, and step by step they drift away. Shift back "
                "what the step made, by `-shift`."
            )
        if steps[-1] is None and found(got, twice):
            raise Incorrect(
                "the images are shifted a second time in the same direction. To shift them back, "
                "turn the sign: `-shift`."
            )
        if steps[-1] is None:
            raise Incorrect(
                f"this is no step on images that are shifted by up to {REACH} pixels with "
                "`ops.roll`, and back by as many. Is it `step_up` that is called, with the rate?"
            )
    if set(steps) == {(0, 0)}:
        raise Incorrect("nothing is shifted: this is `step_up` alone.")
    if len(set(steps)) == 1:
        raise Incorrect(
            "the shift is the same for all steps, and what only works at one place still does. "
            "Draw a new one from `rng` in each step."
        )
    down, across = np.transpose(steps)
    if not down.any() or not across.any():
        raise Incorrect("the images are shifted along one axis only; draw a number for each.")
    if np.abs(steps).max() > REACH:
        raise Incorrect(f"with a reach of {REACH} a shift has {np.abs(steps).max()} pixels.")
    if min(down.min(), across.min()) >= 0:
        raise Incorrect("all shifts go one way. They begin at `-reach`, not at 0.")
    if max(down.max(), across.max()) < REACH:
        raise Incorrect(
            f"no shift has the whole reach of {REACH} pixels. `rng.integers` leaves out its upper "
            "end, so that has to be `reach + 1`."
        )
    if not close(first, step(np.random.default_rng(0))):
        raise Incorrect("draw from `rng`, so that whoever gives a seed gets the same image again.")


@function(
    solves=seeing.from_spectrum,
    hints=[
        "`frequencies(height, width)` has the shape (H, width // 2 + 1); with `[..., None]` it "
        "divides both parts.",
        "`tf.complex(real, imaginary)` makes the two parts one, and `tf.signal.irfft2d(waves, "
        "[height, width])` makes images `(B, H, width)` of them.",
        "At the end times `np.sqrt(height * width)`, and `[..., None]` for the channel.",
    ],
)
def from_spectrum(attempt):
    for width in (21, 20):
        spectrum = np.random.default_rng(0).normal(0, 1, (3, 14, 11, 2)).astype("float32")
        frequency = seeing.frequencies(14, width)[..., None]
        got = call(attempt, spectrum, width)
        if tf.is_tensor(got) or isinstance(got, np.ndarray):
            _know_shape(np.array(got), width)
        got = numbers(got, (3, 14, width, 1), "what is returned")

        def image(spectrum, norm="ortho", width=width):
            waves = spectrum[..., 0] + 1j * spectrum[..., 1]
            return np.fft.irfft2(waves, (14, width), norm=norm)[..., None]

        recognise(
            100 * got,
            (
                100 * image(spectrum),
                "the spectrum is not scaled: a fine wave counts as much as a coarse one, as in "
                "noise. Divide it by `frequencies(height, width)`.",
            ),
            (
                100 * image(spectrum * frequency),
                "the spectrum is multiplied by the frequencies, so that fine waves count more. "
                "Divide it.",
            ),
            (
                100 * image(spectrum / frequency**2),
                "the spectrum is divided twice, by the square of the frequencies. Divide once.",
            ),
            (
                100 * image(spectrum / np.sqrt(frequency)),
                "the spectrum is divided by the root of the frequencies. Divide by themselves.",
            ),
            (
                100 * image(spectrum / frequency, norm="backward"),
                "the waves are right, but the image is too faint: times sqrt(H * width).",
            ),
            (
                100 * image(spectrum * [1, 0] / frequency),
                "the imaginary parts have no effect. They say where a wave has its crests: "
                "`tf.complex(real, imaginary)`.",
            ),
            (
                100 * image(spectrum[..., ::-1] / frequency),
                "the parts are swapped: index 0 is the real one, index 1 the imaginary one.",
            ),
        )
        expect(got, image(spectrum / frequency), "a pixel")
    _, (gradient,) = gradients(lambda s: run(attempt, s, 21), spectrum)
    if gradient is None:
        raise Incorrect(
            "the image is right, but no gradient passes through NumPy, and the ascent needs one. "
            "Use `tf.complex` and `tf.signal.irfft2d`."
        )


def _know_shape(got, width):
    """Raises where the shape of an image tells the mistake that made it."""
    if np.iscomplexobj(got):
        raise Incorrect(
            "the image is complex. A spectrum of half the width belongs to a real image: "
            "`tf.signal.irfft2d` makes that."
        )
    if got.shape[:3] == (3, 14, 20) and width == 21:
        raise Incorrect(
            "the image is 20 pixels wide in place of 21. Eleven numbers a row stand for either; "
            "unless it is told, `irfft2d` takes the even width. Hand it `[height, width]`."
        )
    if got.shape == (3, 14, width):
        raise Incorrect("the axis of the channel is missing at the end: `[..., None]`.")


@function(
    solves=seeing.smooth_gradient,
    hints=[
        "Make the generator once, before the loop: `rng = np.random.default_rng(seed)`. Made in "
        "the loop, it would draw the same noise each time.",
        "In each of `samples` rounds: `noisy = images + noise * rng.standard_normal(images.shape, "
        'dtype="float32")`, then `slope(model, unit, noisy)`.',
        "Add the gradients up as they are, with their signs, and divide by `samples`.",
    ],
)
def smooth_gradient(attempt):
    noise, samples = 0.1, 40
    images = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 5, 6, 1)).astype("float32")
    seen = []

    def model(pixels):  # its slope is known: 8 cos(8 x) / 30, of either sign
        seen.extend(np.array(pixels).reshape(-1, 5, 6, 1))
        return ops.sin(8 * pixels)

    def attempted(seed=0, samples=samples):
        seen.clear()
        got = call(attempt, model, 0, images, noise, samples, seed)
        got = numbers(got, images.shape, "the gradient")
        if not seen:
            raise Incorrect("the network is never asked, so this cannot be its gradient.")
        inputs = np.array(seen)
        away = np.abs(inputs[:, None] - images).mean((2, 3, 4)) if len(inputs) else []
        return got, [inputs[np.argmin(away, 1) == k] for k in range(2)]

    got, looked = attempted()
    if len(seen) < 2 * samples:
        raise Incorrect(
            f"the network saw each image {len(looked[0])} time{'s' * (len(looked[0]) > 1)}, not "
            f"{samples} times. The mean is one of gradients, each at an image with noise of its "
            "own; the mean of the noise itself is nearly nothing."
        )
    added = np.array([looked[k] - images[k] for k in range(2)])
    if np.ptp(added, axis=1).max() < 1e-6:
        raise Incorrect(
            "the noise is the same in all samples, or there is none. Draw new noise for each, from "
            "one generator that is made before the loop."
        )
    if np.std(added[:, -5:]) > 2 * np.std(added[:, :5]):
        raise Incorrect(
            "noise is added to noise: the images drift away. Each sample begins at the image."
        )
    if abs(added.std() - noise) > 0.1 * noise or abs(added.mean()) > 0.1 * noise:
        raise Incorrect(
            f"the noise has a mean of {added.mean():.3f} and a standard deviation of "
            f"{added.std():.3f}; it should be normal, with 0 and {noise}, as `noise` says."
        )
    slopes = np.array([8 / 30 * np.cos(8 * looked[k]) for k in range(2)])
    mean = slopes.mean(1)
    recognise(
        1000 * got,
        (
            1000 * np.abs(slopes).mean(1),
            "the absolute values are taken before the mean. Then noise cannot cancel out. In the "
            "paper the gradients keep their signs.",
        ),
        (
            1000 * np.abs(mean),
            "the signs are gone. Return the mean as it is; who wants sizes can take them later.",
        ),
        (1000 * slopes.sum(1), "this is the sum of the gradients; divide it by `samples`."),
        (
            1000 * slopes[:, -1],
            "this is the gradient of the last sample; take the mean of all.",
        ),
        (1000 * (slopes**2).mean(1), "these are squares; take the mean of the gradients."),
    )
    expect(1000 * got, 1000 * mean, "1,000 times the gradient")
    if not close(got, attempted()[0]):
        raise Incorrect("the same seed gives another gradient; draw from `default_rng(seed)`.")
    if close(got, attempted(seed=1)[0]):
        raise Incorrect("another seed gives the same gradient; `seed` is an argument.")
