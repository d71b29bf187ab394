"""Gaze directions as unit vectors, as pitch and yaw, and the angle between two of them.

Everywhere in the course a gaze is a float32 unit vector (x, y, z) in the axes of MPIIGaze's
normalised camera: x right, y down, z away from the camera. An eye that looks straight into the
camera has the gaze (0, 0, -1).
"""

import numpy as np


def from_pitch_yaw(pitch, yaw):
    """Turns pitch and yaw into unit vectors.

    Args:
        pitch: array (...), degrees in [-90, 90]. Below 0 the eye looks down.
        yaw: array (...), degrees in [-180, 180]. Above 0 the iris is at the left of the image.

    Returns:
        float32 array (..., 3) of unit vectors.
    """
    pitch, yaw = np.radians(pitch), np.radians(yaw)
    x = -np.cos(pitch) * np.sin(yaw)
    y = -np.sin(pitch)
    z = -np.cos(pitch) * np.cos(yaw)
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1).astype(np.float32)


def to_pitch_yaw(gaze):
    """Turns gaze vectors into the two angles that people read.

    Args:
        gaze: array (..., 3). Only the direction counts, not the length.

    Returns:
        Two float64 arrays (...): pitch in [-90, 90] and yaw in [-180, 180], degrees.
    """
    x, y, z = np.moveaxis(np.asarray(gaze, np.float64), -1, 0)
    pitch = np.degrees(np.arctan2(-y, np.hypot(x, z)))  # asin(-y) for a unit vector
    yaw = np.degrees(np.arctan2(-x, -z))
    return pitch, yaw


def from_look_vec(look_vec):
    """Turns UnityEyes' `look_vec` into gaze vectors.

    UnityEyes' axes are x right, y UP, z away, so y changes its sign; the fourth number is always 0.

    Args:
        look_vec: array (..., 3) or (..., 4), of length 1.

    Returns:
        float32 array (..., 3) of unit vectors.

    Raises:
        ValueError: If the shape is another, or a vector is not finite or not of length 1.
    """
    look_vec = np.asarray(look_vec)
    if look_vec.shape[-1:] not in [(3,), (4,)] or look_vec.dtype.kind not in "fiu":
        raise ValueError(
            "look_vec needs 3 or 4 numbers a row; "
            f"received {look_vec.dtype} of shape {look_vec.shape}"
        )
    return check_gaze(look_vec[..., :3] * [1, -1, 1])


def check_gaze(gaze, count=None):
    """Returns gaze vectors as float32 of length 1, or says what is wrong with them.

    A length may be off by 0.01, as labels are when they were printed with few digits.

    Args:
        gaze: array (..., 3).
        count: int or None. If given, the shape must be (count, 3): a row for every image.

    Returns:
        float32 array of the same shape.

    Raises:
        ValueError: If the shape is wrong or a vector is not finite or not of length 1.
    """
    gaze = np.asarray(gaze)
    if gaze.shape[-1:] != (3,) or gaze.dtype.kind not in "fiu":
        raise ValueError(
            "A gaze is a vector of three numbers x, y, z; "
            f"received {gaze.dtype} of shape {gaze.shape}"
        )
    if count is not None and gaze.shape != (count, 3):
        raise ValueError(
            f"Every image needs one gaze vector, so for {count} images the shape is ({count}, 3); "
            f"received shape {gaze.shape}"
        )
    length = np.linalg.norm(gaze.astype(np.float64), axis=-1, keepdims=True)
    wrong = ~(np.abs(length[..., 0] - 1) <= 1e-2)  # written so that NaN is wrong too
    if wrong.any():
        raise ValueError(
            f"Gaze vectors must be finite and of length 1, but {wrong.sum()} of {wrong.size} are "
            f"not; received {gaze[wrong][0].tolist()} for the first of them"
        )
    # What is exact already stays bit for bit what it was, so that labels survive load and save.
    return np.where(np.abs(length - 1) < 1e-6, gaze, gaze / length).astype(np.float32)


def angular_error(a, b):
    """Measures the angle between gaze vectors, such as a prediction and its label.

    The angle comes from its tangent, `|a x b| / (a . b)`, and not from arccos(a . b): near zero the
    arccos of a rounded number is off by hundredths of a degree.

    Args:
        a: array (..., 3), of any length but 0.
        b: array (..., 3), of any length but 0.

    Returns:
        float64 array (...), degrees in [0, 180]; NaN where a vector has no direction.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    angle = np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(-1))
    pointless = (a == 0).all(-1) | (b == 0).all(-1)  # arctan2(0, 0) is 0: a perfect prediction!
    return np.degrees(np.where(pointless, np.nan, angle))
