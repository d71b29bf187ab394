"""Exercises of lesson 01: the data."""

import numpy as np

from ..data import gaze
from ..simulators.pocket import simulate
from .core import Choice, Incorrect, Number, call, close, expect, function, numbers, recognise


@function(
    solves=gaze.to_pitch_yaw,
    hints=[
        "`np.moveaxis(gaze, -1, 0)` or `gaze.T` gives x, y and z as arrays. For a vector of length "
        "1 the pitch is the arcsine of -y; NumPy's functions give radians.",
        "The yaw is `np.arctan2(-x, -z)`: 0 straight into the camera, where x = 0 and z = -1, and "
        "positive where x is negative, at the left of the image. `np.degrees` turns radians round.",
    ],
)
def to_pitch_yaw(attempt):
    rng = np.random.default_rng(0)
    vectors = gaze.from_pitch_yaw(rng.uniform(-40, 30, 30), rng.uniform(-50, 50, 30))
    vectors = vectors.astype(np.float64)
    x, y, z = vectors.T
    pitch, yaw = right = np.array(gaze.to_pitch_yaw(vectors))
    got = numbers(call(attempt, vectors), (2, 30), "the pair (pitch, yaw)")
    recognise(
        got,
        (np.radians(right), "these are radians; people read degrees, so `np.degrees` is missing."),
        (
            [-pitch, yaw],
            "the sign of the pitch is turned: y points DOWN, so an eye that looks down has a "
            "positive y, and its pitch is below 0.",
        ),
        (
            [pitch, -yaw],
            "the sign of the yaw is turned: an eye whose iris is at the left of the image has a "
            "negative x, and its yaw is above 0.",
        ),
        (-right, "both signs are turned: pitch and yaw grow where y and x fall."),
        (right[::-1], "the two are returned in the wrong order; pitch comes first."),
        (
            [pitch, np.degrees(np.arctan2(-x, z))],
            "the sign of z is turned: straight into the camera is z = -1, and there the yaw should "
            "be 0, not 180.",
        ),
        (
            [pitch, np.degrees(np.arctan2(x, z))],
            "the signs of x and z are turned: straight into the camera the yaw should be 0, not "
            "180.",
        ),
        (
            [pitch, np.degrees(np.arcsin(-x))],
            "the yaw is the arcsine of -x here, which is right only where the pitch is 0: a "
            "vector that looks down is shorter seen from above. It is the angle of -x against -z.",
        ),
        (
            [np.degrees(np.arctan2(-y, -z)), yaw],
            "the pitch is the angle of -y against -z here, which is right only where the yaw is "
            "0. It is the arcsine of -y.",
        ),
        (
            [np.degrees(np.arcsin(-x)), np.degrees(np.arctan2(-y, -z))],
            "the axes x and y are exchanged: pitch comes from y, yaw from x and z.",
        ),
    )
    if not close(got, right, atol=0.01):
        expect(got, right, "the pair (pitch, yaw)")


@function(
    solves=gaze.angular_error,
    hints=[
        "a . b = |a| |b| cos(angle), row by row: `(a * b).sum(-1)` and `np.linalg.norm(a, axis=-1)`"
        ".",
        "Divide the product by both lengths, `np.clip` it to [-1, 1] since rounding may lift it "
        "above 1, take `np.arccos`, and then `np.degrees`.",
    ],
)
def angular_error(attempt):
    rng = np.random.default_rng(0)
    a = gaze.from_pitch_yaw(rng.uniform(-20, 5, 200), rng.uniform(-20, 20, 200)).astype(float)
    b = gaze.from_pitch_yaw(rng.uniform(-50, -25, 200), rng.uniform(-20, 20, 200)).astype(float)
    b[160:] *= -1  # more than 90 degrees away
    # what a network estimates is not of length 1, and no length may drop out
    size_a, size_b = rng.uniform(0.7, 0.95, 200), rng.uniform(0.8, 1.2, 200)
    short, other = a * size_a[:, None], b * size_b[:, None]
    right = gaze.angular_error(a, b)
    cosine = (a * b).sum(-1)
    raw = cosine * size_a * size_b
    lengths = (
        "the vectors are not normalised: an estimator's are not of length 1, and a vector that is "
        "too short would count as pointing elsewhere. Divide by both lengths."
    )
    half = "only one of the two vectors is normalised: the length of {} still counts. Divide by "
    half += "both lengths."
    unequal = [
        (raw, lengths),
        (cosine * size_b, half.format("the second, b,")),
        (cosine * size_a, half.format("the first, a,")),
    ]
    try:
        got = call(attempt, short, other)
    except Incorrect as error:
        if _is_domain(error):
            raise Incorrect(
                f"{error} What it takes is no cosine: divide by both lengths."
            ) from None
        raise
    if isinstance(got, int | float | np.number) or getattr(got, "shape", None) == ():
        raise Incorrect(
            "this is one number for all 200 eyes; return an angle for each, so that one can still "
            "ask which eyes are bad. The sum of the products runs over the last axis only."
        )
    missing = _missing(got)
    for product, message in unequal:
        if np.array_equal(missing, np.abs(product) > 1):
            raise Incorrect(message)
    got = numbers(got, (200,), "the error")
    pitch, yaw = np.subtract(gaze.to_pitch_yaw(a), gaze.to_pitch_yaw(b))
    apart = "{} is not the angle between the two: away from yaw 0 and pitch 0 they differ."
    for product, message in unequal:
        angle = np.arccos(np.clip(product, -1, 1))
        recognise(got, (np.degrees(angle), message), (angle, message))
    sine = np.clip(np.sin(np.radians(right)) * size_a * size_b, 0, 1)
    recognise(
        got,
        (np.radians(right), "these are radians; people read degrees, so `np.degrees` is missing."),
        (
            np.minimum(right, 90),
            "angles beyond 90 degrees come out as 90: their cosine is negative, and the clip takes "
            "it for 0. Clip to [-1, 1].",
        ),
        (
            np.minimum(right, 180 - right),
            "angles beyond 90 degrees come out too small, 120 as 60: the sign of the cosine is "
            "lost. `abs` drops it, and an arcsine of |a x b| never had it.",
        ),
        (np.degrees(np.arcsin(sine)), lengths),
        (raw, "this is the product a . b, not an angle; and vectors may be shorter than 1."),
        (cosine, "this is the cosine itself; the angle is its `np.arccos`, in degrees."),
        (1 - cosine, "this is 1 - cosine, no angle; take `np.arccos` of the cosine, in degrees."),
        (np.abs(pitch) + np.abs(yaw), apart.format("the sum of the differences of pitch and yaw")),
        (np.hypot(pitch, yaw), apart.format("the root of the squared differences of the angles")),
        (np.linalg.norm(short - other, axis=-1), "this is the distance of the two tips, no angle."),
        (np.linalg.norm(a - b, axis=-1), "this is the distance of the two tips, no angle."),
    )
    expect(got, right, "the error")
    rounding = (
        "rounding lifts their cosine above 1, where there is no arccos. Clip the cosine to [-1, 1]."
    )
    try:
        again = call(attempt, a, a)
    except Incorrect as error:
        if _is_domain(error):
            raise Incorrect(f"{error} It did so for two equal vectors: {rounding}") from None
        raise
    if np.isnan(np.asarray(again, float)).any():
        raise Incorrect(
            f"for two equal vectors it is NaN in places, and one NaN spoils every mean: {rounding}"
        )
    again = numbers(again, (200,), "the error of equal vectors")
    if np.abs(again).max() > 0.1:
        raise Incorrect(f"equal vectors should have error 0; received {np.abs(again).max():.3g}.")


def _is_domain(error):
    """Whether it is what `math.acos` says of a number beyond -1 and 1."""
    return "math domain error" in str(error) or "in range from -1" in str(error)


def _missing(value):
    """Where a result is NaN; None if nowhere, or if it is no array of numbers."""
    try:
        nan = np.isnan(np.asarray(value, float))
    except (TypeError, ValueError):
        return None
    return nan if nan.any() else None


def twelve_eyes():
    """Twelve simulated eyes, one of them with the label of another. -> images, gaze"""
    eyes = simulate(30, seed=1)
    shown = [3, 27, 8, 19, 10, 24, 1, 9, 29, 14, 6, 21]
    labels = eyes.gaze[shown]
    labels[7] = eyes.gaze[0]
    return eyes.images[shown], labels


wrong_label = Number(
    8,
    0,
    "Its iris is far at the left and the arrow points to the right. Its true yaw is 14 degrees, "
    "its label says -11: a network that learns from it is taught 25 degrees of error.",
    hints=[
        "Compare the side to which the arrow points with the side at which the iris leaves less "
        "white.",
        "It is in the second row.",
    ],
)


left_or_right = Choice(
    "c",
    {
        "a": "that holds if the label is mirrored with the image. A forest has no idea of eyes; it "
        "sees an iris further left and says so, while the label still says right.",
        "b": "a confused forest would be about as good as the constant guess. This one is not "
        "confused: it finds the iris, and answers for the image, not for the label.",
        "c": "The forest sees the iris on one side while the label says the other, so it is off by "
        "about twice the yaw: some 18 degrees, where the constant guess makes 12. With the yaw "
        "negated the same eyes cost about 5.6 degrees, hardly more than unmirrored ones.",
    },
    hints=[
        "An eye with yaw 15 has its iris at the left. Mirror the image: where is the iris, and "
        "what yaw does the forest answer? What does the label say?",
        "It answers about -15 where the label says 15: off by twice the yaw. What is the mean of "
        "that for yaws from -20 to 20, and what does a guess in the middle cost?",
    ],
)
