"""Attempts at the exercises of lesson 09: other right ways, and mistakes with their messages."""

import numpy as np

from simgan_lib.data.images import ImageSet
from simgan_lib.simulators import shapes

# draw


def draw_by_loop(count, seed=0):
    random = np.random.RandomState(seed)
    images = np.zeros((count, 32, 32), np.uint8)
    radius, centre, masks = [], [], []
    for image in images:
        r = 3 + 6 * random.rand()
        cx, cy = random.uniform(r, 31 - r, 2)
        mask = np.zeros((32, 32), bool)
        for row in range(32):
            for column in range(32):
                mask[row, column] = (column - cx) ** 2 + (row - cy) ** 2 <= r**2
        image[mask] = 255
        radius.append(r), centre.append((cx, cy)), masks.append(mask)
    return ImageSet(images, {"radius": radius, "centre": centre, "mask": np.array(masks)})


def draw_in_whole_pixels(count, seed):
    rng = np.random.default_rng(seed)
    radius = rng.integers(3, 10, count)
    centre = rng.integers(radius[:, None], 32 - radius[:, None], (count, 2))
    y, x = np.mgrid[:32, :32]
    x, y = x - centre[:, 0].reshape(-1, 1, 1), y - centre[:, 1].reshape(-1, 1, 1)
    mask = x**2 + y**2 <= radius[:, None, None] ** 2
    labels = {"mask": mask, "radius": radius, "centre": centre, "name": np.arange(count)}
    return ImageSet(np.where(mask, 200, 20).astype(np.uint8), labels)


def drawn(images=lambda x: x, **changes):
    """An attempt that changes what the library draws: images or labels, each by a function."""

    def attempt(count, seed=0):
        discs = shapes.draw(count, seed)
        labels = discs.labels | {k: change(discs.labels[k]) for k, change in changes.items()}
        return ImageSet(images(discs.images), {k: v for k, v in labels.items() if v is not None})

    return attempt


def draw_sorted(count, seed=0):
    discs = shapes.draw(count, seed)
    return discs.like(discs.images, discs.labels | {"radius": np.sort(discs.labels["radius"])})


def draw_one(count, seed=0):
    return shapes.draw(1, seed)[np.zeros(count, int)]


def draw_cut_off(count, seed=0):
    rng = np.random.default_rng(seed)
    radius, centre = rng.uniform(3, 9, count), rng.uniform(2, 29, (count, 2))
    y, x = np.mgrid[:32, :32]
    mask = np.hypot(x - centre[:, :1, None], y - centre[:, 1:, None]) <= radius[:, None, None]
    # Where one sees them, so that nothing but the edge is wrong.
    area = mask.sum((1, 2))
    seen = np.stack([(mask * axis).sum((1, 2)) / area for axis in (x, y)], axis=1)
    labels = {"radius": np.sqrt(area / np.pi), "centre": seen, "mask": mask}
    return ImageSet(np.where(mask, 220, 30).astype(np.uint8), labels)


def draw_transposed(count, seed=0):
    discs = shapes.draw(count, seed)
    labels = discs.labels | {"mask": discs.labels["mask"].swapaxes(1, 2)}
    return discs.like(discs.images.swapaxes(1, 2), labels)


def draw_small(count, seed=0):
    rng = np.random.default_rng(seed)
    radius, centre = rng.uniform(3, 5, count), rng.uniform(9, 22, (count, 2))
    y, x = np.mgrid[:32, :32]
    mask = np.hypot(x - centre[:, :1, None], y - centre[:, 1:, None]) <= radius[:, None, None]
    labels = {"radius": radius, "centre": centre, "mask": mask}
    return ImageSet(np.where(mask, 220, 30).astype(np.uint8), labels)


# mirror


def mirror_by_loop(images):
    width = images.image_shape[1]
    labels = {name: values.copy() for name, values in images.labels.items()}
    flipped = np.empty_like(images.images)
    for k, image in enumerate(images.images):
        flipped[k] = np.fliplr(image)
        labels["mask"][k] = np.fliplr(labels["mask"][k])
        labels["centre"][k, 0] = width - 1 - labels["centre"][k, 0]
    return ImageSet(flipped, labels, images.source)


def mirror_with_flip(images):
    width = images.images.shape[-1]
    x, y = images.labels["centre"].T
    centre = np.column_stack([width - 1 - x, y])
    changed = {"centre": centre, "mask": np.flip(images.labels["mask"], axis=-1)}
    return images.like(np.flip(images.images, axis=-1), images.labels | changed)


def mirrored(images=lambda x: x, **changes):
    """An attempt that changes what the library mirrors, or takes from what came in."""

    def attempt(discs):
        right = shapes.mirror(discs)
        labels = right.labels | {k: change(discs, right.labels[k]) for k, change in changes.items()}
        return discs.like(images(discs.images[:, :, ::-1]), labels)

    return attempt


def moved(x=lambda x, w: w - 1 - x, y=lambda y: y):
    """A way to move centres."""

    def centre(discs, _):
        return np.stack(
            [
                x(discs.labels["centre"][:, 0], discs.images.shape[2]),
                y(discs.labels["centre"][:, 1]),
            ],
            axis=1,
        )

    return centre


def mirror_in_place(discs):
    discs.labels["centre"][:, 0] = discs.images.shape[2] - 1 - discs.labels["centre"][:, 0]
    discs.labels["mask"] = discs.labels["mask"][:, :, ::-1]
    return discs.like(discs.images[:, :, ::-1])


def mirror_images_in_place(discs):
    turned = shapes.mirror(discs)
    discs.images[:] = turned.images.copy()
    return turned


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "draw": [draw_by_loop, draw_in_whole_pixels],
    "mirror": [mirror_by_loop, mirror_with_flip],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "draw": {
        "diameter": (drawn(radius=lambda r: 2 * r), "the diameter"),
        "area": (drawn(radius=lambda r: np.pi * r**2), "area of the disc"),
        "parts of the image": (drawn(radius=lambda r: r / 16), "in pixels"),
        "radii sorted": (draw_sorted, "another order"),
        "images in another order": (drawn(lambda x: x[::-1].copy()), "another order"),
        "a constant radius": (drawn(radius=lambda r: 0 * r + 6), "what the image shows"),
        "seed not used": (lambda count, seed=0: shapes.draw(count, 5), "two seeds"),
        "no seed": (lambda count, seed=0: shapes.draw(count, None), "same seed"),
        "count not used": (lambda count, seed=0: shapes.draw(60, seed), "(7, 32, 32)"),
        "x and y swapped": (drawn(centre=lambda c: c[:, ::-1]), "x and y are swapped"),
        "x and y swapped in the image": (draw_transposed, "x and y are swapped"),
        "y upwards": (drawn(centre=lambda c: c * (1, -1) + (0, 31)), "downwards"),
        "corner of a pixel": (drawn(centre=lambda c: c + 0.5), "half a pixel"),
        "counted from 1": (drawn(centre=lambda c: c + 1), "number 0"),
        "from the middle": (drawn(centre=lambda c: c - 15.5), "from the middle"),
        "centre in parts": (drawn(centre=lambda c: c / 32), "in parts of the image"),
        "centre of another": (drawn(centre=lambda c: c[::-1]), "where the disc is"),
        "cut off": (draw_cut_off, "cut off"),
        "mask of another": (drawn(mask=lambda m: m[::-1]), "mask is not where the disc is"),
        "mask of the ground": (drawn(mask=lambda m: ~m), "other way round"),
        "mask transposed": (drawn(mask=lambda m: m.swapaxes(1, 2)), "rows and columns"),
        "mask upside down": (drawn(mask=lambda m: m[:, ::-1]), "upside down"),
        "mask mirrored": (drawn(mask=lambda m: m[:, :, ::-1]), "left and right"),
        "mask of numbers": (drawn(mask=lambda m: m.astype(np.uint8)), "should be bool"),
        "dark discs": (drawn(lambda x: 255 - x), "bright on a dark"),
        "nothing drawn": (drawn(lambda x: 0 * x), "no bright disc"),
        "all alike": (draw_one, "all discs are alike"),
        "small ones only": (draw_small, "radii from 3 to 9"),
        "floats": (drawn(lambda x: x / 255), "should be uint8"),
        "no mask": (drawn(mask=lambda m: None), "label 'mask'"),
        "images only": (lambda count, seed=0: shapes.draw(count, seed).images, "an ImageSet"),
    },
    "mirror": {
        "centre not moved": (mirrored(centre=lambda d, c: d.labels["centre"]), "did not move"),
        "off by one": (mirrored(centre=moved(lambda x, w: w - x)), "off by one"),
        "always 31": (mirrored(centre=moved(lambda x, w: 31 - x)), "31 - x is right for"),
        "only the sign": (mirrored(centre=moved(lambda x, w: -x)), "changed its sign"),
        "y moved": (mirrored(centre=moved(lambda x, w: x, lambda y: 31 - y)), "upside down"),
        "both moved": (mirrored(centre=moved(y=lambda y: 31 - y)), "but y should not"),
        "centre swapped": (mirrored(centre=lambda d, c: d.labels["centre"][:, ::-1]), "swapped"),
        "mask not mirrored": (mirrored(mask=lambda d, m: d.labels["mask"]), "masks are as they"),
        "mask upside down": (mirrored(mask=lambda d, m: m[:, ::-1, ::-1]), "masks are upside down"),
        "radius changed": (mirrored(radius=lambda d, r: 32 - r), "no left and right"),
        "radius negative": (mirrored(radius=lambda d, r: -r), "changed its sign"),
        "upside down": (mirrored(lambda x: x[:, ::-1, ::-1]), "images are upside down"),
        "images not mirrored": (mirrored(lambda x: x[:, :, ::-1]), "images are as they were"),
        "order reversed": (mirrored(lambda x: x[::-1, :, ::-1]), "order of the images"),
        "half a circle": (mirrored(lambda x: x[:, ::-1]), "half a circle"),
        "every axis": (mirrored(lambda x: x[::-1, ::-1]), "every axis"),
        "labels in place": (mirror_in_place, "in place"),
        "images in place": (mirror_images_in_place, "in place"),
        "images only": (lambda d: d.images[:, :, ::-1], "an ImageSet"),
        "labels lost": (lambda d: ImageSet(d.images[:, :, ::-1]), "label 'radius'"),
    },
}
