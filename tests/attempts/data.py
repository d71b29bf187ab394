"""Attempts at the exercises of lesson 01: other right ways, and mistakes with their messages."""

import math

import numpy as np

from simgan_lib.data import gaze


def angles_by_arcsine(gaze):
    return np.degrees(np.arcsin(-gaze[:, 1])), np.degrees(np.arctan2(-gaze[:, 0], -gaze[:, 2]))


def angles_by_loops(vectors):
    rows = [
        (math.degrees(math.asin(-y)), math.degrees(math.atan(x / z)))
        for x, y, z in vectors.tolist()
    ]
    return [[pitch for pitch, _ in rows], [yaw for _, yaw in rows]]


def angles_in_float32(gaze):
    x, y, z = gaze.astype("float32").T
    return np.stack([np.rad2deg(np.arctan2(-y, np.hypot(x, z))), np.rad2deg(np.arctan2(-x, -z))])


def changed(change):
    """The right angles, then changed."""
    return lambda vectors: change(*gaze.to_pitch_yaw(vectors))


def unit(a):
    return a / np.linalg.norm(a, axis=-1, keepdims=True)


def error_by_arccos(a, b):
    return np.degrees(np.arccos(np.clip((unit(a) * unit(b)).sum(-1), -1, 1)))


def error_without_clip(a, b, unit_a=unit, unit_b=unit):
    with np.errstate(invalid="ignore"):
        return np.degrees(np.arccos((unit_a(a) * unit_b(b)).sum(-1)))


def error_in_float32(pred, true):
    a, b = unit(pred).astype("float32"), unit(true).astype("float32")
    return np.rad2deg(np.arccos(np.clip(np.einsum("ij,ij->i", a, b), -1, 1)))


def error_by_loops(a, b):
    errors = []
    for p, q in zip(a.tolist(), b.tolist(), strict=True):
        product = sum(i * j for i, j in zip(p, q, strict=True))
        errors.append(math.degrees(math.acos(min(1, product / (math.hypot(*p) * math.hypot(*q))))))
    return errors


def error_by_acos(a, b):
    return [math.degrees(math.acos(c)) for c in (unit(a) * unit(b)).sum(-1).tolist()]


def error_by_chord(a, b):
    return 2 * np.degrees(np.arcsin(np.linalg.norm(unit(a) - unit(b), axis=-1) / 2))


def differences(a, b):
    return np.subtract(gaze.to_pitch_yaw(a), gaze.to_pitch_yaw(b))


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "to_pitch_yaw": [angles_by_arcsine, angles_by_loops, angles_in_float32],
    "angular_error": [error_by_arccos, error_in_float32, error_by_loops, error_by_chord],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "to_pitch_yaw": {
        "radians": (changed(lambda p, y: (np.radians(p), np.radians(y))), "radians"),
        "sign of pitch": (changed(lambda p, y: (-p, y)), "sign of the pitch"),
        "sign of yaw": (changed(lambda p, y: (p, -y)), "sign of the yaw"),
        "both signs": (changed(lambda p, y: (-p, -y)), "both signs"),
        "swapped order": (changed(lambda p, y: (y, p)), "pitch comes first"),
        "z away from the eye": (
            lambda g: (gaze.to_pitch_yaw(g)[0], np.degrees(np.arctan2(-g[:, 0], g[:, 2]))),
            "sign of z",
        ),
        "x and z turned": (
            lambda g: (gaze.to_pitch_yaw(g)[0], np.degrees(np.arctan2(g[:, 0], g[:, 2]))),
            "signs of x and z",
        ),
        "arcsine of x": (
            lambda g: (gaze.to_pitch_yaw(g)[0], np.degrees(np.arcsin(-g[:, 0]))),
            "only where the pitch is 0",
        ),
        "pitch against z": (
            lambda g: (np.degrees(np.arctan2(-g[:, 1], -g[:, 2])), gaze.to_pitch_yaw(g)[1]),
            "only where the yaw is 0",
        ),
        "mirrored axes": (
            lambda g: (
                np.degrees(np.arcsin(-g[:, 0])),
                np.degrees(np.arctan2(-g[:, 1], -g[:, 2])),
            ),
            "exchanged",
        ),
        "rows": (changed(lambda p, y: np.stack([p, y], axis=-1)), "of shape (2, 30)"),
    },
    "angular_error": {
        "not normalised": (
            lambda a, b: np.degrees(np.arccos(np.clip((a * b).sum(-1), -1, 1))),
            "not normalised",
        ),
        "radians": (lambda a, b: np.radians(error_by_arccos(a, b)), "radians"),
        "not normalised, not clipped": (
            lambda a, b: error_without_clip(a, b, unit_a=lambda a: a, unit_b=lambda b: b),
            "not normalised",
        ),
        "length of b": (
            lambda a, b: np.degrees(np.arccos(np.clip((unit(a) * b).sum(-1), -1, 1))),
            "the second, b, still counts",
        ),
        "length of b, not clipped": (
            lambda a, b: error_without_clip(a, b, unit_b=lambda b: b),
            "the second, b, still counts",
        ),
        "length of a": (
            lambda a, b: np.degrees(np.arccos(np.clip((a * unit(b)).sum(-1), -1, 1))),
            "the first, a, still counts",
        ),
        "NaN": (
            error_without_clip,
            "NaN in places",
        ),
        "math.acos": (error_by_acos, "two equal vectors: rounding"),
        "math.acos, not normalised": (
            lambda a, b: [math.degrees(math.acos(c)) for c in (a * b).sum(-1).tolist()],
            "no cosine",
        ),
        "clip to 0": (
            lambda a, b: np.degrees(np.arccos(np.clip((unit(a) * unit(b)).sum(-1), 0, 1))),
            "come out as 90",
        ),
        "abs": (
            lambda a, b: np.degrees(np.arccos(np.clip(abs((unit(a) * unit(b)).sum(-1)), 0, 1))),
            "the sign of the cosine is lost",
        ),
        "arcsine": (
            lambda a, b: np.degrees(np.arcsin(np.linalg.norm(np.cross(unit(a), unit(b)), axis=-1))),
            "the sign of the cosine is lost",
        ),
        "pitch plus yaw": (lambda a, b: np.abs(differences(a, b)).sum(0), "not the angle between"),
        "root of squares": (lambda a, b: np.hypot(*differences(a, b)), "not the angle between"),
        "cosine": (lambda a, b: (unit(a) * unit(b)).sum(-1), "the cosine itself"),
        "one minus cosine": (lambda a, b: 1 - (unit(a) * unit(b)).sum(-1), "1 - cosine"),
        "product": (lambda a, b: (a * b).sum(-1), "the product a . b"),
        "distance": (lambda a, b: np.linalg.norm(a - b, axis=-1), "distance of the two tips"),
        "mean": (lambda a, b: error_by_arccos(a, b).mean(), "one number for all"),
        "mean over eyes": (
            lambda a, b: np.degrees(np.arccos((unit(a) * unit(b)).mean(0))),
            "of shape (200,)",
        ),
    },
}
