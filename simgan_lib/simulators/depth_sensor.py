"""A depth sensor of structured light: what it makes of clean depth.

It watches dots that a projector beside it throws. Hence ragged rims, shadows, holes, flying pixels,
and steps that grow with the distance.
"""

import numpy as np

from .drawing import draw_table

WALL = 400.0  # mm behind the middle, where the background is
FAR = 1000.0  # mm, no depth
# What varies from image to image. Thresholds are in standard deviations of noise.
SENSOR = {
    "distance": (500, 1000),  # mm
    "speckle": (0.3, 0.9),  # noise in steps of the sensor
    "lost": (0.4, 1.6),  # noise at an edge below minus this leaves nothing
    "grown": (0.4, 1.6),  # above this it gives the near side
    "flying": (1.2, 1.7),  # above this something between near and far
    "holes": (2.5, 3.5),  # noise anywhere above this leaves nothing
}
BASELINE = 75.0  # mm from the projector, at the left, to the camera
STEPS = 8 * 580 * BASELINE  # focal length 580 px, disparities in eighths of a pixel


def read_depth(depth, reach, mm_per_px, rng):
    """What a structured-light sensor reads of hands before a wall.

    Args:
        depth: float array (B, H, W), mm behind the middle of the hand, a chunk of them.
        reach: What is farther is no hand, mm behind the middle.
        mm_per_px: Width of a pixel.
        rng: Generator of all that varies.

    Returns:
        float array (B, H, W), mm behind the middle, `FAR` where the sensor reads nothing.
    """
    sensor = {
        name: value.astype(np.float32)[:, None, None]
        for name, value in draw_table(rng, SENSOR).items()
    }
    # Even noise of deviation 1: it costs a quarter of Gaussian noise, and sums of nine look alike.
    noise = (rng.random((3, *depth.shape), np.float32) - 0.5) * 12**0.5
    rim, speckle, holes = (_around(part, np.add) / 3 for part in noise)  # in patches, deviation 1
    hand = (depth < reach).astype(np.float32)
    depth = np.where(hand, depth, WALL)
    near = _around(depth, np.minimum)
    edge = _around(depth, np.maximum) - near > 20
    # The sensor compares patches of dots, so it sees means. A patch across an edge gives the near
    # side, or something between, or nothing.
    mean = _around(depth * hand, np.add) / np.maximum(_around(hand, np.add), 1)
    seen = np.where(depth < WALL, mean, WALL)
    seen = np.where(edge & (rim > sensor["grown"]), near, seen)
    seen = np.where(edge & (noise[0] > sensor["flying"]), near + 50 * np.abs(noise[1]), seen)
    lost = edge & (rim < -sensor["lost"]) | (holes + 0.6 * edge > sensor["holes"])
    # What is nearer keeps the projector's light from what is behind it to the right.
    for k in range(1, 5):
        drop = k * mm_per_px / BASELINE * sensor["distance"]
        lost[:, :, k:] |= depth[:, :, :-k] < depth[:, :, k:] - drop
    # It measures disparities in steps, each of which is z * z / STEPS mm deep.
    disparity = STEPS / (sensor["distance"] + seen) + sensor["speckle"] * speckle
    return np.where(lost, FAR, STEPS / np.round(disparity) - sensor["distance"])


def _around(images, combine):
    """Combine every pixel with its eight neighbours. (B, 64, 64) -> (B, 64, 64)"""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="edge")
    wide = combine(combine(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])
    return combine(combine(wide[:, :, :-2], wide[:, :, 1:-1]), wide[:, :, 2:])
