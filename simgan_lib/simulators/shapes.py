"""Discs: a simulator of ten lines, for lesson 09, and what a dirty lens makes of its images."""

import numpy as np
from scipy.ndimage import gaussian_filter

from ..data.images import ImageSet, from_levels, to_levels

SIZE = 32  # height and width, pixels
RADIUS = (3, 9)  # pixels
GROUND, DISC = 30, 220  # grey levels
LENS = 7  # seed of the lens: its spots are where they are, whatever it looks at
SPOTS = 6


def draw(count, seed=0):
    """Draws bright discs on a dark ground, each whole, with all that is known of them.

    Args:
        count: How many.
        seed: Seed of where they are and how large.

    Returns:
        `ImageSet` of uint8 (count, 32, 32) with the labels
        `radius`, float (count,), in pixels;
        `centre`, float (count, 2): x to the right and y down in pixels, (0, 0) is the centre of the
        pixel at the top left;
        `mask`, bool (count, 32, 32): the pixels whose centres lie in the disc.
    """
    rng = np.random.default_rng(seed)
    radius = rng.uniform(*RADIUS, count)
    room = (SIZE - 1) / 2 - radius[:, None]  # from the middle of the image to either side
    centre = (SIZE - 1) / 2 + rng.uniform(-room, room, (count, 2))
    y, x = np.mgrid[:SIZE, :SIZE]
    away = np.hypot(x - centre[:, :1, None], y - centre[:, 1:, None])  # (N, 32, 32)
    inside = radius[:, None, None] - away  # pixels to the rim; at the rim a pixel is half covered
    images = GROUND + (DISC - GROUND) * np.clip(inside + 0.5, 0, 1)
    labels = {"radius": radius, "centre": centre, "mask": inside >= 0}
    return ImageSet(np.round(images).astype(np.uint8), labels, f"shapes, seed {seed}")


def mirror(images):
    """Mirrors every image left to right, and takes the labels along.

    Args:
        images: `ImageSet` with the labels of `draw`.

    Returns:
        A new set of the same kind: in an image of width W the column x comes to W - 1 - x.
    """
    labels = dict(images.labels)
    width = images.images.shape[2]
    labels["centre"] = labels["centre"] * (-1, 1) + (width - 1, 0)
    labels["mask"] = labels["mask"][:, :, ::-1]
    return images.like(images.images[:, :, ::-1], labels)


def dirty_lens(images, seed=0):
    """Shows images through a dirty lens: flat, blurred, unevenly lit, with spots and grain.

    Light and spots are the lens's own, so they are the same in every image; blur and grain vary.

    Args:
        images: `ImageSet` of grey images.
        seed: Seed of what varies.

    Returns:
        A set of the same kind with the same labels.
    """
    rng, lens = np.random.default_rng(seed), np.random.default_rng(LENS)
    _, height, width = images.images.shape
    y, x = np.mgrid[:height, :width]
    spot_x, spot_y = lens.uniform(0, 1, (2, SPOTS, 1, 1)) * [[[[width]]], [[[height]]]]
    spots = np.exp(-((x - spot_x) ** 2 + (y - spot_y) ** 2) / 3).sum(0)  # (H, W)
    light = 1.2 - 0.5 * x / width - 0.25 * spots
    flat = 70 + 0.4 * to_levels(images.images[:])
    blur = rng.uniform(0.7, 1.3, len(images))
    blurred = [gaussian_filter(image, size) for image, size in zip(flat, blur, strict=True)]
    seen = light * blurred + rng.normal(0, 6, flat.shape)
    return images.like(from_levels(seen, images.images), source=f"{images.source}, dirty lens")
