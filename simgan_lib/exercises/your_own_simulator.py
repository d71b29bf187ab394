"""Exercises of lesson 09: a simulator of one's own, and what to make of its table."""

import copy

import numpy as np

from ..data.images import ImageSet
from ..simulators import shapes
from .core import Choice, Incorrect, call, expect, function, numbers, recognise

HOW = 'ImageSet(images, {"radius": radius, "centre": centre, "mask": mask})'


@function(
    solves=shapes.draw,
    hints=[
        "Numbers first, for all discs at once: `rng = np.random.default_rng(seed)`, then "
        "`rng.uniform(3, 9, count)` are the radii. A disc is whole if its centre is at least a "
        "radius away from 0 and from 31, in x and in y.",
        "`y, x = np.mgrid[:32, :32]` are row and column of every pixel. With `centre[:, 0, None, "
        "None]` the distances of all pixels from all centres are one line, of shape (N, 32, 32).",
        "A pixel is in the disc if its distance is at most the radius: that is the mask. "
        "`np.where(mask, 220, 30).astype(np.uint8)` are images. The library also softens the rim.",
    ],
)
def draw(attempt):
    count = 60
    images, labels = _drawn(attempt, count, 1)
    disc = _discs(images)
    if len(_drawn(attempt, 7, 1)[0]) != 7:
        raise Incorrect("the argument `count` is not used.")
    if not np.array_equal(_drawn(attempt, count, 1)[0], images):
        raise Incorrect(
            "the same seed should draw the same discs, so that a run can be repeated: make a "
            "generator from it, `np.random.default_rng(seed)`, and draw everything with that."
        )
    if np.array_equal(_drawn(attempt, count, 2)[0], images):
        raise Incorrect(
            "two seeds draw the same images; the argument `seed` is not used. The real images "
            "of this lesson are discs of other seeds, so none may be in both sets."
        )
    y, x = np.mgrid[:32, :32]
    area = disc.sum((1, 2))
    radius = np.sqrt(area / np.pi)
    centre = np.stack([(disc * axis).sum((1, 2)) / area for axis in (x, y)], axis=1)
    _judge_radius(numbers(labels["radius"], (count,), "the label radius"), radius)
    _judge_centre(numbers(labels["centre"], (count, 2), "the label centre"), centre)
    edge = np.minimum(labels["centre"], 31 - labels["centre"]).min(1) - labels["radius"]
    if edge.min() < -0.75:
        k = int(edge.argmin())
        raise Incorrect(
            f"disc {k} is cut off by the edge of its image. A disc is whole if its centre is at "
            "least a radius away from every side."
        )
    _judge_mask(labels["mask"], disc)
    if radius.max() < 7 or radius.min() > 5:
        raise Incorrect(
            f"radii from 3 to 9 pixels are asked for; received {radius.min():.1f} to "
            f"{radius.max():.1f}."
        )


def _set(result, names, how):
    """Raises `Incorrect` unless a set of images with these labels came back."""
    if result is None:
        raise Incorrect("the result is None: does every way through it end in `return`?")
    if not isinstance(result, ImageSet):
        raise Incorrect(
            f"the function should return an ImageSet, `{how}`; received {type(result).__name__}."
        )
    for name in names:
        if name not in result.labels:
            has = ", ".join(result.labels) or "no labels"
            raise Incorrect(f"the set needs the label {name!r}; received {has}.")


def _drawn(attempt, count, seed):
    """Draws with the attempt. -> images (N, 32, 32), labels"""
    result = call(attempt, count, seed)
    _set(result, (), HOW)
    images = np.asarray(result.images[:])
    if images.shape != (count, 32, 32) or images.dtype != np.uint8:
        raise Incorrect(
            f"the images should be uint8 of shape ({count}, 32, 32); received {images.dtype} of "
            f"shape {images.shape}."
        )
    _set(result, ("radius", "centre", "mask"), HOW)
    return images, result.labels


def _discs(images):
    """Which pixels are bright. (N, 32, 32) -> bool (N, 32, 32)"""
    low, high = images.min((1, 2)).astype(float), images.max((1, 2)).astype(float)
    if (high - low < 60).any():
        k = int((high - low).argmin())
        raise Incorrect(
            f"image {k} shows no bright disc on a dark ground; its grey levels run from {low[k]:g} "
            f"to {high[k]:g}."
        )
    disc = images > ((low + high) / 2)[:, None, None]
    if np.median(disc.mean((1, 2))) > 0.5:
        raise Incorrect("the discs are dark on a bright ground; they should be bright on a dark.")
    if (disc == disc[0]).all():
        raise Incorrect(
            "all discs are alike. Draw a number for each of them: `rng.uniform(3, 9, count)`."
        )
    return disc


def _judge_radius(label, seen):
    """Raises unless the labels are the radii that one sees, to a quarter of a pixel on average."""
    off = 0.25

    def near(wrong):
        return np.abs(label - wrong).mean() < off * max(1, np.mean(wrong) / np.mean(seen))

    if near(seen) and np.abs(label - seen).max() < 1:
        return
    for wrong, message in (
        (
            2 * seen,
            "the label is the diameter, twice the radius. A network learns that as gladly, and "
            "every error is twice as large.",
        ),
        (np.pi * seen**2, "the label is the area of the disc, not its radius."),
        (seen / 16, "the label should be in pixels, not in parts of the image."),
    ):
        if near(wrong):
            raise Incorrect(message)
    if np.abs(np.sort(label) - np.sort(seen)).mean() < off:
        raise Incorrect(
            "the radii are right but stand in another order than the images. Label i belongs to "
            "image i: do you sort or shuffle one of the two?"
        )
    k = int(np.abs(label - seen).argmax())
    raise Incorrect(
        f"the label radius should be what the image shows: in image {k} about {seen[k]:.1f} "
        f"pixels; received {label[k]:.1f}."
    )


def _judge_centre(label, seen):
    """Raises unless the labels are the centres that one sees, x before y."""

    def near(wrong):
        return np.abs(label - wrong).max() < 0.4

    if near(seen):
        return
    for wrong, message in (
        (
            seen[:, ::-1],
            "x and y are swapped in the centre: x, to the right, comes first. Note that "
            "`np.mgrid` and the axes of an array have y, downwards, first.",
        ),
        (seen * (1, -1) + (0, 31), "y grows downwards from the upper edge, not upwards."),
        (
            seen + 0.5,
            "the centre is half a pixel off: (0, 0) is the centre of the pixel at the top left, "
            "not its corner.",
        ),
        (seen + 1, "the centre is a pixel off: the first pixel is number 0."),
        (seen / 32, "the centre should be in pixels, not in parts of the image."),
        (seen - 15.5, "the centre is counted from the pixel at the top left, not from the middle."),
    ):
        if near(wrong):
            raise Incorrect(message)
    k = int(np.abs(label - seen).max(1).argmax())
    raise Incorrect(
        f"the label centre should be where the disc is: in image {k} about "
        f"({seen[k, 0]:.1f}, {seen[k, 1]:.1f}); received ({label[k, 0]:.1f}, {label[k, 1]:.1f})."
    )


def _judge_mask(mask, disc):
    """Raises unless the masks cover the discs."""
    if mask.shape != disc.shape or mask.dtype != bool:
        raise Incorrect(
            f"the masks should be bool of shape {disc.shape}; received {mask.dtype} of shape "
            f"{mask.shape}."
        )

    def alike(other):
        return (mask & other).sum((1, 2)) / np.maximum((mask | other).sum((1, 2)), 1)  # (N,)

    if alike(disc).min() > 0.7:
        return
    for wrong, message in (
        (~disc, "the mask is True on the ground and False on the disc; it is the other way round."),
        (
            disc.swapaxes(1, 2),
            "the mask is not where the disc is: rows and columns are swapped. The axes of a mask "
            "are those of its image, y before x.",
        ),
        (disc[:, ::-1], "the mask is not where the disc is: it is upside down."),
        (disc[:, :, ::-1], "the mask is not where the disc is: left and right are swapped."),
    ):
        if alike(wrong).min() > 0.7:
            raise Incorrect(message)
    k = int(alike(disc).argmin())
    raise Incorrect(
        f"the mask is not where the disc is: in image {k} disc and mask share "
        f"{(mask & disc)[k].sum()} pixels, of {disc[k].sum()} and {mask[k].sum()}."
    )


@function(
    solves=shapes.mirror,
    hints=[
        "Images and masks have the axes (image, row, column). Columns are the last, and "
        "`[:, :, ::-1]` turns them round.",
        "Which labels say something about left and right? Of a centre x does and y does not, and a "
        "radius does not. In an image 3 wide the columns are 0, 1 and 2, and 0 comes to 2.",
        "`labels = dict(images.labels)` is a new dict; give it a new array for each label that "
        "changes, and return `images.like(images.images[:, :, ::-1], labels)`.",
    ],
)
def mirror(attempt):
    discs = shapes.draw(40, seed=3)
    _judge_mirror(attempt, discs)
    labels = dict(discs.labels)
    labels["mask"] = labels["mask"][:, :, :26]
    _judge_mirror(attempt, ImageSet(discs.images[:, :, :26], labels))


def _judge_mirror(attempt, discs):
    images, radius, centre, mask = discs.images, *discs.labels.values()
    width = images.shape[2]
    given = copy.deepcopy(discs)
    result = call(attempt, given)
    if not np.array_equal(given.images, images) or any(
        not np.array_equal(given.labels[name], discs.labels[name]) for name in discs.labels
    ):
        raise Incorrect(
            "it changes its input in place; whoever called it still needs those images and "
            "labels. Make new arrays, and a new dict of labels: `labels = dict(images.labels)`."
        )
    _set(result, discs.labels, "images.like(new_images, new_labels)")
    turned = np.asarray(result.images[:])
    if turned.shape != images.shape or turned.dtype != images.dtype:
        raise Incorrect(
            f"the images should be {images.dtype} of shape {images.shape} as before; received "
            f"{turned.dtype} of shape {turned.shape}."
        )
    _judge_turned(turned, images, "the images")
    got = numbers(result.labels["radius"], radius.shape, "the label radius")
    recognise(got, (-radius, "the radius changed its sign. A length has no left and right."))
    expect(got, radius, "the radius, which has no left and right,")
    got = numbers(result.labels["centre"], centre.shape, "the label centre")
    x, y = centre.T

    def at(x, y):
        return np.stack([x, y], axis=1)

    recognise(
        got,
        (centre, "the label centre did not move with its image: x of every centre changes."),
        (
            at(width - x, y),
            "the centre is off by one: the columns are 0 to W - 1, so column 0 comes to W - 1, "
            "and x to W - 1 - x, not to W - x.",
        ),
        (
            at(x, len(images[0]) - 1 - y),
            "y of the centre changes here, as if the image stood upside down; x should.",
        ),
        (at(width - 1 - x, len(images[0]) - 1 - y), "x of the centre changes, but y should not."),
        (at(y, x), "x and y of the centre are swapped: that belongs to a transposed image."),
        (at(-x, y), "x only changed its sign, so the centre lies outside the image."),
    )
    if width != 32:
        always = "is right for images 32 pixels wide; ask the images how wide they are."
        recognise(got, (at(31 - x, y), f"31 - x {always}"))
    expect(got, at(width - 1 - x, y), "the label centre")
    got = np.asarray(result.labels["mask"])
    if got.shape != mask.shape:
        raise Incorrect(f"the masks should be of shape {mask.shape}; received {got.shape}.")
    _judge_turned(got, mask, "the masks")


def _judge_turned(got, before, what):
    """Raises unless left and right of each image, or each mask, are turned round."""
    if np.array_equal(got, before[:, :, ::-1]):
        return
    for wrong, message in (
        (before, f"{what} are as they were: left and right of each should be turned round."),
        (
            before[:, ::-1],
            f"{what} are upside down: axis 1 holds the rows. Columns, left and right, are axis 2.",
        ),
        (
            before[::-1],
            f"the order of {what} is reversed, the first is now the last: axis 0 counts them. "
            "Columns are axis 2.",
        ),
        (before[:, ::-1, ::-1], f"{what} are turned by half a circle: rows stay where they are."),
        (before[::-1, ::-1, ::-1], f"every axis of {what} is turned round; only columns should."),
    ):
        if np.array_equal(got, wrong):
            raise Incorrect(message)
    raise Incorrect(f"{what} should be those that came in with left and right turned round.")


when = Choice(
    "c",
    {
        "a": "that is a difference in how often something happens, not in how it looks. R sees one "
        "image at a time and keeps its disc, so small discs stay small. D may even push it to "
        "make them larger, and then the label is wrong. Draw larger discs instead.",
        "b": "R would have to paint a second disc, for which there is no label, and "
        "self-regularization charges it for every pixel. Draw two discs instead.",
        "c": "the same discs at the same places, and only the look of the pixels differs. This is "
        "what a refiner is made for: it changes looks, and the label stays true.",
        "d": "no pixel differs, so D finds nothing and R has nothing to do. The labels differ, and "
        "no part of SimGAN ever looks at labels. Divide them by two.",
    },
    hints=[
        "A refiner takes an image and returns the image with another look. Whatever is known of "
        "the image must still be true afterwards.",
        "Three of the four can be mended in the simulator, by a line that you could write today. "
        "Which cannot?",
    ],
)

conclusion = Choice(
    "c",
    {
        "a": "it does take more than half of the error off `drawn`. But random light does as much "
        "and asks for neither a refiner nor a real image, so this table does not say that the "
        "training was worth it.",
        "b": "this is one number of one seed. In the next seed the order is the other way round, "
        "and the means of the two rows are the same to within a hundredth.",
        "c": "with each seed both are far below `drawn`, and from seed to seed a row moves by more "
        "than the two rows differ. Of two that are as good, take the simpler.",
        "d": "of the six numbers in the two rows, each is below that of nearest neighbours with "
        "the same seed. That is little to go by, but it does not say that they are the same.",
    },
    hints=[
        "Compare numbers of one column: they come from the same seed. By how much does a row "
        "change from column to column?",
        "Two questions: which rows are below `drawn` in every column, and is one of two rows below "
        "the other in every column?",
    ],
)
