"""How far a network is off: degrees of a gaze, pixels of joints; means, shares and curves."""

import numpy as np

from ..data.gaze import angular_error, from_pitch_yaw, to_pitch_yaw


def summary(estimated, gaze):
    """The three numbers by which the course compares estimators.

    Args:
        estimated: Estimated gaze vectors, `(N, 3)`, of any length but zero.
        gaze: True unit vectors, `(N, 3)`.

    Returns:
        A dict: `error_deg`, the mean angular error in degrees (the paper's table 3);
        `error_deg_calibrated`, the same after `calibrate`; `within_7deg`, the share in percent
        of eyes that are off by no more than 7 degrees (the paper's table 2).
    """
    error = angular_error(estimated, gaze)
    calibrated = angular_error(calibrate(estimated, gaze), gaze)
    return {
        "error_deg": float(error.mean()),
        "error_deg_calibrated": float(calibrated.mean()),
        "within_7deg": share_within(error, 7.0),
    }


def calibrate(estimated, gaze):
    """Takes out one constant offset in pitch and yaw.

    The offset is found on the labels it is judged by. What is left is what an estimator knows apart
    from how a person and a camera are set up, as after the one-point calibration of the field.

    Args:
        estimated: Estimated gaze vectors, `(N, 3)`.
        gaze: True unit vectors, `(N, 3)`.

    Returns:
        Unit vectors, `(N, 3)`, whose mean pitch and yaw are those of `gaze`.
    """
    estimated, true = to_pitch_yaw(estimated), to_pitch_yaw(gaze)
    return from_pitch_yaw(
        *(e - np.mean(e) + np.mean(t) for e, t in zip(estimated, true, strict=True))
    )


def share_within(error, degrees):
    """Share of `error`, `(N,)` in degrees, that is at most `degrees`, in percent."""
    return float(100 * np.mean(np.asarray(error) <= degrees))


def movement(before, after, centres, reach=4):
    """How far the pupils moved between eyes and the same eyes with another look.

    The window of 17 x 17 pixels around a pupil is looked for in the other image, by the correlation
    of the strengths of their edges, which a change of light leaves alone. Between whole pixels the
    maximum is that of a parabola.

    Args:
        before: Images, `(N, 35, 55)` uint8.
        after: Images of the same shape, for instance refined.
        centres: Columns and rows of the pupils in `before`, `(N, 2)`, in pixels.
        reach: Largest movement looked for, in pixels.

    Returns:
        Movements, `(N, 2)` float, in pixels to the right and down.
    """
    half = 8
    margin = half + reach
    edges = []
    for images in (before, after):
        down, right = np.gradient(np.asarray(images, float), axis=(1, 2))
        pad = ((0, 0), (margin, margin), (margin, margin))
        edges.append(np.pad(np.hypot(down, right), pad))
    moved = np.empty((len(before), 2))
    columns, rows = np.round(np.asarray(centres).T).astype(int) + margin
    for i, (x, y) in enumerate(zip(columns, rows, strict=True)):
        x, y = np.clip(x, margin, 54 + margin), np.clip(y, margin, 34 + margin)
        window = edges[0][i, y - half : y + half + 1, x - half : x + half + 1]
        around = edges[1][i, y - margin : y + margin + 1, x - margin : x + margin + 1]
        places = np.lib.stride_tricks.sliding_window_view(around, window.shape)
        likeness = _correlation(window, places)  # (2 * reach + 1, 2 * reach + 1)
        top, left = np.unravel_index(np.argmax(likeness), likeness.shape)
        moved[i] = _summit(likeness[top], left) - reach, _summit(likeness[:, left], top) - reach
    return moved


def _correlation(window, places):
    """Pearson's correlation of a window with every place. (h, w), (..., h, w) -> (...)"""
    window = window - window.mean()
    places = places - places.mean(axis=(-1, -2), keepdims=True)
    spread = np.sqrt((window**2).sum() * (places**2).sum(axis=(-1, -2)))
    return (window * places).sum(axis=(-1, -2)) / (spread + 1e-9)


def _summit(values, k):
    """Where the parabola through the largest value and its neighbours is highest."""
    if not 0 < k < len(values) - 1:
        return k
    below, there, above = values[k - 1 : k + 2]
    return k + 0.5 * (below - above) / (below - 2 * there + above)


def joints_within(estimated, joints, pixels):
    """Share of joints that an estimator places well, the measure of the paper's table 4.

    The paper counts joints within 5 of its 224 pixels. A hand of the course is 64 pixels wide, so
    that is `joints_within(estimated, joints, 5 * 64 / 224)`, 1.43 pixels or 5 mm.

    Args:
        estimated: Estimated joints, `(N, J, 2)`, in pixels.
        joints: True joints of the same shape, such as the label `joints`.
        pixels: float >= 0. The largest distance that counts.

    Returns:
        The share in percent of all joints of all hands; an estimate of NaN does not count.

    Raises:
        ValueError: If the shapes differ or `pixels` is not a distance.
    """
    estimated, joints = np.asarray(estimated, float), np.asarray(joints, float)
    if estimated.shape != joints.shape or not joints.size or joints.shape[-1] != 2:
        raise ValueError(
            "Estimated and true joints must have one shape (N, J, 2), so give a place for every "
            f"joint; received {estimated.shape} and {joints.shape}"
        )
    if not pixels >= 0:
        raise ValueError(f"pixels must be a distance of 0 or more; received {pixels!r}")
    return float(100 * np.mean(np.linalg.norm(estimated - joints, axis=-1) <= pixels))
