"""How many degrees a gaze estimator is off: means, shares and curves."""

import numpy as np

from .gaze import angular_error, from_pitch_yaw, to_pitch_yaw


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
