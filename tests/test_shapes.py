"""Discs: what the labels say is in the images, and a lens changes looks alone."""

import numpy as np
import pytest

from simgan_lib.data.images import ImageSet
from simgan_lib.simulators import shapes
from simgan_lib.simulators.shapes import SIZE, dirty_lens, draw, mirror


def moments(images):
    """Area and centre of what is brighter than the ground, from grey levels. -> (N,), (N, 2)"""
    light = (images.astype(float) - shapes.GROUND) / (shapes.DISC - shapes.GROUND)
    area = light.sum((1, 2))
    y, x = np.mgrid[:SIZE, :SIZE]
    centre = np.stack([(light * axis).sum((1, 2)) / area for axis in (x, y)], axis=1)
    return area, centre


def check_masks(discs):
    """A pixel at the middle grey, up to rounding, may be in the disc or not."""
    middle, mask = (shapes.GROUND + shapes.DISC) / 2, discs.labels["mask"]
    assert mask[discs.images > middle].all() and not mask[discs.images < middle].any()


def test_shapes_types_and_ranges():
    discs = draw(300, seed=1)
    assert isinstance(discs, ImageSet)
    assert discs.images.shape == (300, SIZE, SIZE) and discs.images.dtype == np.uint8
    radius, centre, mask = (discs.labels[name] for name in ("radius", "centre", "mask"))
    assert radius.shape == (300,) and centre.shape == (300, 2)
    assert mask.shape == discs.images.shape and mask.dtype == bool
    low, high = shapes.RADIUS
    assert low <= radius.min() < low + 0.5 and high - 0.5 < radius.max() <= high
    assert (centre - radius[:, None] >= 0).all()
    assert (centre + radius[:, None] <= SIZE - 1).all()


def test_the_labels_are_what_the_images_show():
    discs = draw(200, seed=2)
    area, centre = moments(discs.images)
    np.testing.assert_allclose(np.sqrt(area / np.pi), discs.labels["radius"], atol=0.1)
    np.testing.assert_allclose(centre, discs.labels["centre"], atol=0.05)
    check_masks(discs)


def test_the_seed_decides():
    first, again, other = draw(20, seed=3), draw(20, seed=3), draw(20, seed=4)
    np.testing.assert_array_equal(first.images, again.images)
    for name, values in first.labels.items():
        np.testing.assert_array_equal(values, again.labels[name])
        assert not np.array_equal(values, other.labels[name])


def test_a_mirrored_set_is_one_that_could_have_been_drawn():
    discs = draw(50, seed=5)
    before = discs.images.copy(), {k: v.copy() for k, v in discs.labels.items()}
    turned = mirror(discs)
    _, centre = moments(turned.images)
    np.testing.assert_allclose(centre, turned.labels["centre"], atol=0.05)
    check_masks(turned)
    np.testing.assert_array_equal(turned.labels["radius"], discs.labels["radius"])
    np.testing.assert_array_equal(discs.images, before[0])
    for name, values in before[1].items():
        np.testing.assert_array_equal(discs.labels[name], values)
    twice = mirror(turned)
    np.testing.assert_array_equal(twice.images, discs.images)
    np.testing.assert_allclose(twice.labels["centre"], discs.labels["centre"])


def test_a_lens_keeps_labels_and_changes_looks():
    discs = draw(100, seed=6)
    seen = dirty_lens(discs, seed=1)
    assert seen.images.shape == discs.images.shape and seen.images.dtype == np.uint8
    assert seen.labels is discs.labels
    np.testing.assert_array_equal(seen.images, dirty_lens(discs, seed=1).images)
    assert not np.array_equal(seen.images, dirty_lens(discs, seed=2).images)
    inside = discs.labels["mask"]

    def contrast(images):
        return images[inside].mean() - images[~inside].mean()

    assert 0.2 < contrast(seen.images) / contrast(discs.images) < 0.6


def test_light_and_spots_are_the_lenss_own():
    grey = ImageSet(np.full((400, SIZE, SIZE), 100, np.uint8))
    one, other = (dirty_lens(grey, seed).images.mean(0) for seed in (1, 2))
    np.testing.assert_allclose(one, other, atol=2)
    left, right = one[:, :4].mean(), one[:, -4:].mean()
    assert left > 1.3 * right
    assert one.min() < 0.85 * np.median(one)  # a spot


@pytest.mark.parametrize("size", [(40, 24), (64, 64)])
def test_a_lens_takes_images_of_other_sizes(size):
    images = ImageSet(np.full((3, *size), 200, np.uint8))
    assert dirty_lens(images).images.shape == (3, *size)
