"""Exercises of lesson 06: evaluation in degrees."""

from dataclasses import dataclass

import numpy as np

from ..data.eyes import EyeSet
from ..data.gaze import from_pitch_yaw
from ..measure import baselines, evaluation
from ..simgan import refining
from .core import Choice, Incorrect, call, expect, function, numbers, recognise

_EARLY = (
    "only one eye is counted. In a loop, does `return` stand inside it, so that it ends early? It "
    "belongs after the loop."
)


@function(
    solves=evaluation.share_within,
    hints=[
        "A comparison with a whole array gives an array of True and False.",
        "The mean of such an array is the share of True, between 0 and 1. In percent it is 100 "
        "times that, and `<=` counts an eye that is off by exactly the limit.",
    ],
)
def share_within(attempt):
    # the shares within, below, above, from the limit on and so on all differ; the first is outside
    error = np.array([30.0, 6.5, 1.0, 7.0, 9.0, 0.1, 8.0, 3.0, 2.0, 5.0, 0.05])
    for degrees in (7.0, 9.0):
        inside = error <= degrees
        right = 100 * inside.mean()
        got = numbers(call(attempt, error, degrees), (), "the share")
        recognise(
            got,
            (right / 100, "this is the share as a fraction; the paper's table has percent."),
            (
                100 * np.mean(error < degrees),
                f"an eye that is off by exactly {degrees:g} degrees counts as within: at most, "
                "not below.",
            ),
            (100 - right, "this is the share of the eyes that are off by more than the limit."),
            (
                100 * np.mean(error >= degrees),
                "this is the share of the eyes that are off by the limit or more: the comparison "
                "is turned round, or the two parameters are swapped. The errors come first.",
            ),
            (
                0,
                "no eye is counted. In a loop, does `return` stand inside it, so that it ends "
                "with the first eye? And `//` would cut the share down to 0.",
            ),
            (100 / len(error), _EARLY),
            (1 / len(error), _EARLY),
            (1, _EARLY),
            (inside.sum(), "this is the number of eyes, not their share in percent."),
            (
                error[inside].mean(),
                "this is the mean error of the eyes within the limit. It gets smaller when more "
                "eyes fail, so it cannot tell a good estimator from a bad one.",
            ),
            (
                100 * np.mean(error <= np.radians(degrees)),
                "errors and limit are both in degrees; this compares degrees with radians.",
            ),
            (
                100 * np.mean(np.radians(error) <= degrees),
                "errors and limit are both in degrees; with errors in radians every eye is within.",
            ),
        )
        if degrees != 7.0:
            recognise(got, (100 * np.mean(error <= 7), "the limit is an argument, not always 7."))
        expect(got, right, f"the share within {degrees:g} degrees of {error.tolist()}")


@function(
    solves=baselines.add_noise,
    hints=[
        "`np.random.default_rng(seed).normal(0, level, eyes.images.shape)` is a different number "
        "for every pixel of every eye, centred on 0, with `level` as its standard deviation.",
        "uint8 + float64 is float64, so the sum is safe. Going back to uint8 is not: limit the sum "
        "to 0..255 first, with `np.clip`, and round it, for `astype` cuts decimals off.",
        "Make a new set: `EyeSet(images, eyes.gaze, eyes.person)`. The old one stays as it was.",
    ],
)
def add_noise(attempt):
    grey = np.full((120, 35, 55), 90, np.uint8)
    grey[50:100], grey[100:110], grey[110:] = 170, 0, 255
    yaw = np.linspace(-20, 20, len(grey))
    gaze, person = from_pitch_yaw(yaw / 4, yaw), np.arange(len(grey)) // 20

    def noisy(level, seed):
        eyes = EyeSet(grey.copy(), gaze.copy(), person.copy())
        result = call(attempt, eyes, level, seed)
        if not np.array_equal(eyes.images, grey):
            raise Incorrect("it changes the original eyes; make a new array and a new EyeSet.")
        if result is None:
            raise Incorrect("the result is None: does every way through it end in `return`?")
        if not isinstance(result, EyeSet):
            raise Incorrect(
                "the function should return an EyeSet, `EyeSet(images, eyes.gaze, eyes.person)`, "
                f"so that the labels stay with their images; received {type(result).__name__}."
            )
        if len(result) != len(grey):
            raise Incorrect(f"{len(grey)} eyes went in; received {len(result)}.")
        if result.gaze is None or not np.array_equal(result.gaze, gaze):
            lost = "no" if result.gaze is None else "other"
            raise Incorrect(f"noise does not change where an eye looks; received {lost} labels.")
        if result.person is None or not np.array_equal(result.person, person):
            lost = "no" if result.person is None else "other"
            raise Incorrect(
                f"noise does not change whose eye it is; received {lost} persons. Hand on "
                "`eyes.person` as the third argument of EyeSet."
            )
        return result.images[:].astype(float)

    images = noisy(8, 1)
    if (abs(images[100:] - grey[100:]) > 128).mean() > 0.1:
        raise Incorrect(
            "grey levels wrap around: dark pixels turn white and white ones dark, since uint8 "
            "goes on from 255 to 0. Limit the sum to 0..255, with `np.clip`, before `astype`."
        )
    darkest, brightest = images[100:].min(), images[100:].max()
    if darkest > 0 or brightest < 255:
        raise Incorrect(
            "grey levels run from 0 to 255, and black and white pixels should come near to them; "
            f"received {darkest:g} to {brightest:g}. Limit the sum to 0..255."
        )
    noise = images[:100] - grey[:100]
    deviation, mean = noise.std(), noise.mean()
    if deviation == 0:
        raise Incorrect("the images come back without noise.")
    if noise.std((1, 2)).max() < 1e-6:
        raise Incorrect("all pixels of an eye get the same number; every pixel needs its own.")
    for axis, line in ((2, "row"), (1, "column")):
        if noise.std(axis).max() < 1e-6:
            raise Incorrect(
                f"all pixels of a {line} get the same number; every pixel needs its own."
            )
    patterns = len({image.tobytes() for image in noise})
    if 1 < patterns < len(noise):
        raise Incorrect(
            f"100 eyes share {patterns} noise images, so the noise repeats. Draw one number for "
            "every pixel of every eye."
        )
    if patterns == 1:
        raise Incorrect(
            "every eye gets the same noise: a fixed pattern, which a network learns to subtract. "
            "Draw one number for every pixel of every eye."
        )
    dark, bright = noise[:50].std(), noise[50:].std()
    if not 0.9 < bright / max(dark, 1e-6) < 1.1:
        raise Incorrect(
            "the noise depends on the pixel: eyes of grey 90 get a standard deviation of "
            f"{dark:.2f}, eyes of grey 170 one of {bright:.2f}. Add the noise, do not multiply by "
            "it: it is equally strong everywhere."
        )
    if abs(deviation - 8**0.5) < 0.2:
        raise Incorrect("`level` is the standard deviation; here it came out as the variance.")
    if not 7.7 < deviation < 8.3:
        raise Incorrect(
            "with level 8 the standard deviation should be 8 grey levels; "
            f"received {deviation:.2f}."
        )
    if (abs(noise) > 16.5).mean() < 0.02:
        raise Incorrect(
            "the noise has the right strength but is not Gaussian: 4 % of it should be beyond two "
            "standard deviations."
        )
    if abs(mean + 0.5) < 0.15:
        raise Incorrect(
            "every eye gets half a grey level darker, since `astype` cuts decimals: round first."
        )
    if abs(mean) > 0.15:
        raise Incorrect(f"the noise should be 0 on average; received {mean:.2f} grey levels.")
    if not np.array_equal(noisy(8, 1), images):
        raise Incorrect("the same seed should give the same noise, so that a run can be repeated.")
    if np.array_equal(noisy(8, 2), images):
        raise Incorrect("two seeds give the same noise; the argument `seed` is not used.")
    deviation = (noisy(3, 1)[:100] - grey[:100]).std()
    if not 2.8 < deviation < 3.2:
        raise Incorrect(f"with level 3 the deviation should be 3; received {deviation:.2f}.")


noise_or_refiner = Choice(
    "b",
    {
        "a": "it would mean that the gap is grain alone. The camera's eyes also differ in the dark "
        "of the iris, in light and in shadow; noise has none of that, and the refiner learned it "
        "from unlabelled eyes.",
        "b": "this refiner helps by more than a degree. Noise hardly helps: grain is the least of "
        "what differs. Labels of real eyes help most.",
        "c": "the refiner's eyes are still the simulator's, only closer to the camera's; an eye of "
        "the camera with its own label is what they are closer to.",
        "d": "noise of 8 grey levels hides nothing that matters here: the iris is as clear as "
        "before. It comes out level with synthetic.",
    },
    hints=[
        "Think of what differs between the rows of the picture above, and which of it each recipe "
        "repairs.",
        "The camera adds grain, and much else. Noise repairs the first, the refiner some of the "
        "rest. Who has the camera's eyes themselves?",
    ],
)


@dataclass
class _Painter:
    """A refiner for the check: it paints the first row of an eye in a grey of its own."""

    grey: int
    input_shape = None, 35, 55, 1

    def __call__(self, images, training=None):
        painted = np.array(images, np.float32)
        painted[:, 0] = self.grey / 127.5 - 1
        return painted

    def predict(self, images, **_):
        return self(images)


@function(
    solves=refining.refine,
    hints=[
        "Draw first: `np.random.default_rng(seed).integers(len(refiners), size=len(eyes))` is a "
        "number for each eye, which says whose turn it is.",
        "`RefinedImages(refiners, eyes.images, drawn)` refines eye i with `refiners[drawn[i]]`, "
        "when it is read. Or go through the refiners: `drawn == k` are the eyes of refiner k.",
        "The images stay in their places, so the labels do too: `EyeSet(images, eyes.gaze, "
        "eyes.person)`.",
    ],
)
def refine(attempt):
    count, greys = 120, [40, 90, 150, 190, 250]
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (count, 35, 55)).astype(np.uint8)
    pitch, yaw = rng.uniform(-20, 5, count), rng.uniform(-20, 20, count)
    gaze, person = from_pitch_yaw(pitch, yaw), np.arange(count) // 6
    history = [_Painter(grey) for grey in greys]

    def drawn(seed):
        """Refines with the attempt. -> the refiner of every eye"""
        given = EyeSet(images.copy(), gaze.copy(), person.copy())
        result = call(attempt, list(history), given, seed)
        if not isinstance(result, EyeSet):
            raise Incorrect(
                "the function should return an EyeSet, `EyeSet(images, eyes.gaze, eyes.person)`, "
                f"so that the labels stay with their images; received {type(result).__name__}."
            )
        if len(result) == count * len(greys):
            raise Incorrect(
                f"every eye was refined by every refiner, {len(result)} eyes in place of {count}. "
                "Each eye needs one of them, drawn at random: else an estimator would learn five "
                "times as long, and you could not tell what helped."
            )
        if len(result) != count:
            raise Incorrect(f"{count} eyes went in; received {len(result)}.")
        refined = result.images[:].astype(int)
        if abs(refined[:, 1:] - images[:, 1:]).max() > 1:
            raise Incorrect(
                "the eyes do not stand where they stood, or are not those that came in: eye i "
                "should be refined in its place, for the labels are in the order of the eyes."
            )
        if result.gaze is None or not np.array_equal(result.gaze, gaze):
            lost = "no" if result.gaze is None else "shuffled or other"
            raise Incorrect(f"refining does not change where an eye looks; received {lost} labels.")
        nearest = abs(refined[:, 0, :1] - np.array(greys)).argmin(axis=1)
        if abs(refined[:, 0] - np.array(greys)[nearest, None]).max() > 1:
            raise Incorrect(
                "the eyes are not what one refiner made of them. Are several averaged, or does one "
                "refine what another has refined? Draw one for each eye."
            )
        return nearest

    first = drawn(0)
    numbers_of = np.bincount(first, minlength=len(greys))
    if numbers_of.max() == count:
        raise Incorrect(
            "all eyes were refined by the same refiner: draw anew for every eye, with "
            "`size=len(eyes)`."
        )
    if not numbers_of.all():
        raise Incorrect(
            f"with {count} eyes each of {len(greys)} refiners should get some; refiner "
            f"{int(numbers_of.argmin())} gets none. Does the draw leave one out?"
        )
    if not np.array_equal(first, drawn(0)):
        raise Incorrect(
            "the draw changes with each call, so nobody can repeat your set: give `seed` to "
            "`np.random.default_rng`."
        )
    if np.array_equal(first, drawn(1)):
        raise Incorrect("two seeds give the same draw; the argument `seed` is not used.")
    if (np.diff(first) >= 0).all() or len(set(map(tuple, first.reshape(-1, 5)))) == 1:
        raise Incorrect(
            "the refiners take blocks of eyes or turns. Draw at random: 20 eyes in a row may be "
            "one person's, and turns may fall in step with them."
        )
    if numbers_of.max() > 2 * count / len(greys):
        raise Incorrect(
            f"the refiners should be equally likely; one has {numbers_of.max()} of {count} eyes."
        )


wider_gap = Choice(
    "b",
    {
        "a": "then all lines would be parallel. That holds for whoever does the same to every "
        "simulator's eyes. D does not: the further they are from the camera's, the more it finds, "
        "and the harder it pulls at R.",
        "b": "simple means do the same whatever the simulator, so what a wider gap adds is left to "
        "them. D finds it and pulls R after it.",
        "c": "so it would be if lambda held R too tightly. Here R changes the eyes more, the wider "
        "the gap is.",
        "d": "equalising mends contrast, and random light forgives it. Neither makes a pale iris "
        "dark, and at gap 2 the irises are pale.",
    },
    hints=[
        "Noise, equalising and random light know nothing of irises. When does that begin to count?",
        "Who of them looks at the camera's eyes at all, and so learns how wide the gap is?",
    ],
)

which_test = Choice(
    "c",
    {
        "a": "only synthetic test eyes: says nothing about real eyes. There the estimator that "
        "fails the camera comes first, and the one with labels of real eyes far behind.",
        "b": "the persons are those of one training set, so the row `real labels` is asked about "
        "eyes it knows and the others are not. It may come out better than it is for anyone else.",
        "c": "real eyes, as in use, of persons that no training set has: no row has an advantage, "
        "and the refiner was trained on none of these eyes.",
        "d": "the refiner made these eyes, so whoever trained on its work plays at home, and a "
        "refiner that turned every eye into a grey disc with a dot could still win.",
    },
    hints=[
        "In which of the four does every row meet eyes as it will meet them in use?",
        "Strike out those where one row has seen the persons or the style before.",
    ],
)
