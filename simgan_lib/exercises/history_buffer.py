"""Exercises of lesson 04: the history buffer, and buffers that keep no history."""

import functools

import numpy as np
import tensorflow as tf
from keras import ops

from ..simgan.history_buffer import HistoryBuffer
from .core import Choice, Incorrect, Number, function, numbers, run

# Three buffers as public re-implementations ship them, written down in our own words.


class EmptyForEver(HistoryBuffer):
    """Makes a longer array of old and new images, and lets go of it."""

    def overwrite(self, fresh):
        np.append(self.images, fresh, axis=0)


class FirstEntries(HistoryBuffer):
    """Gives out its first entries."""

    def draw(self, fresh):
        return self.images[: len(fresh)] if ops.sum(self.used) >= len(fresh) else fresh


class PixelsForImages(HistoryBuffer):
    """Takes the numbers of places for numbers of pixels."""

    def overwrite(self, fresh):
        images = np.array(self.images)
        np.put(images, self.places(len(fresh), last=self.used), fresh)
        self.images.assign(images)
        self.used.assign(ops.ones_like(self.used))


def keeps_history(Buffer):
    """Whether a buffer gives out whole images of the past, and sooner or later all of them.

    Args:
        Buffer: Class of the buffer; `Buffer(8)` makes an empty one with room for 8 images.

    Returns:
        True or False.
    """
    buffer = Buffer(8)
    images = np.ones((16, 35, 55, 1), "float32")
    images *= np.arange(1, 17)[:, None, None, None]  # image k is filled with k + 1
    for k in (0, 4, 8):
        buffer.overwrite(images[k : k + 4])  # 12 images for 8 places: 4 must go
    drawn = np.concatenate([buffer.draw(images[12:]) for _ in range(50)])  # (200, 35, 55, 1)
    whole = np.ptp(drawn, axis=(1, 2, 3)).max() == 0
    seen = set(drawn[:, 0, 0, 0])
    return bool(whole and len(seen) == 8 and {9, 10, 11, 12} < seen < set(range(1, 13)))


# Two more, which the judge of `the_test` keeps to itself


class _Halves(HistoryBuffer):
    """Gives out the upper half of one image over the lower half of another."""

    def draw(self, fresh):
        upper, lower = super().draw(fresh), super().draw(fresh)
        return ops.concatenate([upper[:, :17], lower[:, 17:]], axis=1)


class _OnceFull(HistoryBuffer):
    """Stores nothing any more once it is full."""

    def overwrite(self, fresh):
        if np.min(self.used) == 0:
            super().overwrite(fresh)


# What the judges look at


def _numbered(first, count):
    """Images that can be told apart: image k is filled with k, plus a ramp from 0 to 0.5."""
    ramp = np.linspace(0, 0.5, 35 * 55, dtype="float32").reshape(35, 55, 1)
    return np.stack([k + ramp for k in range(first, first + count)])


def _filled(size, count, seed=0):
    """A buffer with images 1 to `count` at random places."""
    buffer = HistoryBuffer(size, seed=seed)
    if count:
        buffer.overwrite(_numbered(1, count))
    return buffer


def _names(images):
    """The number of every image, 0 for an empty place, -1 for one that is not whole."""
    images = np.asarray(images, np.float64)
    first = np.floor(images[:, 0, 0, 0] + 1e-4).astype(int)
    whole = [np.allclose(i, _numbered(k, 1)[0]) for i, k in zip(images, first, strict=True)]
    empty = ~images.any(axis=(1, 2, 3))
    return np.where(empty, 0, np.where(whole, first, -1))


GRAPH = (
    "By hand it works; in training it would not. There TensorFlow makes a graph of the step: NumPy "
    "and `if` would run once, while it is made, and every step would get the same places. "
    "`self.places` and `keras.ops` run at every step."
)


def _in_graph(step, goes):
    """Calls what training would call, as training does.

    Args:
        step: Function of one argument that calls the attempt with a tensor.
        goes: List of functions; each is given the graph and returns what it saw.

    Returns:
        None, or a remark: that a graph raises, or that it does the same at every step.
    """
    eagerly = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(False)
    try:
        graph = tf.function(step, autograph=False)
        return None if len({go(graph) for go in goes}) > 1 else GRAPH
    except Exception as error:
        return (
            f"By hand it works; in training it raises {type(error).__name__}. There TensorFlow "
            "makes a graph of the step first, whose tensors have a shape but no values yet: "
            "`len(fresh)`, `if` and NumPy fail on them. Use `fresh.shape[0]`, `ops.where` and "
            "`keras.ops`."
        )
    finally:
        tf.config.run_functions_eagerly(eagerly)


def _draw(attempt, buffer, fresh):
    kept = np.array(buffer.images), np.array(buffer.used)
    got = numbers(run(attempt, buffer, tf.constant(fresh)), fresh.shape, "what is drawn")
    if not (np.array_equal(kept[0], buffer.images) and np.array_equal(kept[1], buffer.used)):
        raise Incorrect("drawing changes what is stored; only `overwrite` should.")
    return _names(got)


@function(
    solves=HistoryBuffer.draw,
    hints=[
        "`self.places(count, last)` gives the places. Those that are not used should come last: "
        "`last=1 - self.used`.",
        "`ops.take(self.images, places, axis=0)` takes whole images.",
        "There is enough to draw from where `ops.sum(self.used) >= count`; "
        "`ops.where(enough, remembered, fresh)` chooses between two batches.",
    ],
)
def draw(attempt):
    fresh = _numbered(100, 6)
    for count in (0, 5):
        got = _draw(attempt, _filled(24, count), fresh)
        if list(got) != list(range(100, 106)):
            raise Incorrect(
                f"with {count} images stored and 6 asked for, the fresh ones should come back as "
                "they are; other images came."
            )
    buffer = _filled(24, 24)
    stored = _names(buffer.images)
    batches = [_draw(attempt, buffer, fresh) for _ in range(60)]
    drawn = np.stack(batches)
    if (drawn >= 100).all():
        raise Incorrect(
            "the buffer is full, and yet the fresh images come back: D would never see an old one. "
            "Return `fresh` only while fewer are stored than asked for."
        )
    if (drawn >= 100).any():
        raise Incorrect("fresh images are among those drawn although the buffer is full.")
    if (drawn < 1).any():
        raise Incorrect(
            "what came back is not in the buffer: every image should be a stored one, whole. Take "
            "along axis 0."
        )
    if set(drawn.ravel()) == set(stored[:6]):
        raise Incorrect(
            "these are the first entries every time: D would see the first images ever stored and "
            "none of the others. Draw random places."
        )
    if (drawn == drawn[0]).all():
        raise Incorrect("the same images come every time. Draw new places at every call.")
    if any(len(set(batch)) < 6 for batch in batches):
        raise Incorrect(
            "a batch holds the same image twice: the places are drawn with replacement. "
            "`self.places` never gives one twice."
        )
    missing = sorted(set(stored) - set(drawn.ravel()))
    if missing:
        raise Incorrect(
            f"of 24 stored images {len(missing)} never come in 60 batches of 6: every place should "
            "have its chance."
        )
    for seed, count in enumerate((8, 8, 6, 7, 12, 23)):
        got = _draw(attempt, _filled(24, count, seed), fresh)
        if (got == 0).any():
            raise Incorrect(
                f"empty places are drawn: with {count} images in 24 places a batch holds blank "
                "images. `self.used` says which places to leave out."
            )
        if (got >= 100).any():
            raise Incorrect(
                f"with {count} images stored and 6 asked for, fresh images come back: it waits too "
                "long. As soon as as many are stored as are asked for, all should be stored ones."
            )
        if not set(got) <= set(range(1, count + 1)) or len(set(got)) < 6:
            raise Incorrect(
                f"with {count} images stored and 6 asked for, 6 different stored images should "
                "come, each of them whole."
            )

    def go(graph):
        return tuple(_names(graph(tf.constant(fresh))))

    return _in_graph(lambda images: attempt(buffer, images), [go] * 6)


def _overwrite(attempt, buffer, fresh):
    images, used = buffer.images, buffer.used
    before = np.array(images), np.array(used)
    run(attempt, buffer, tf.constant(fresh))
    if buffer.images is not images or buffer.used is not used:
        sizes = images.shape[0], np.shape(buffer.images)[0]
        if sizes[1] > sizes[0]:
            raise Incorrect(
                f"the buffer grows, from {sizes[0]} places to {sizes[1]}, and would do so at every "
                "step. Replace images instead."
            )
        raise Incorrect(
            "`self.images` is another object now and no longer a weight of the layer: nothing "
            "saves it. Give the weight new values, `self.images.assign(...)`."
        )
    after = _names(images)
    if np.array_equal(before[0], images):
        raise Incorrect(
            "the buffer is as it was, nothing is stored. Is a new array made and thrown away? "
            "`np.append` and `ops.scatter_update` change nothing in place: "
            "`self.images.assign(...)` keeps the result. The best-known implementations had this "
            "bug, and so never used history."
        )
    if (after == -1).any():
        raise Incorrect(
            f"{(after == -1).sum()} of the stored images are not whole: pixels are replaced "
            "instead of images. A place is an index on axis 0, for scatter_update of shape (n, 1)."
        )
    stored = len(set(after) & set(_names(fresh)))
    if stored < len(fresh):
        raise Incorrect(f"of {len(fresh)} fresh images {stored} are stored; all should be.")
    if not np.array_equal(np.array(used) != 0, after != 0) or np.max(used) != 1:
        raise Incorrect(
            "`self.used` should be 1 at every place that holds an image and 0 elsewhere, or `draw` "
            f"cannot know what is stored; {int((after != 0).sum())} places hold an image, and "
            f"`used` is {np.array(used).astype(int).tolist()}."
        )
    return after


@function(
    solves=HistoryBuffer.overwrite,
    hints=[
        "Places again come from `self.places(count, last)`; now those that are used come last.",
        "`ops.scatter_update(self.images, places[:, None], fresh)` gives all images with some "
        "replaced. It changes nothing: `self.images.assign(...)` does.",
        "The same places become 1 in `self.used`: "
        "`ops.scatter_update(self.used, places[:, None], ops.ones(n))`, assigned too.",
    ],
)
def overwrite(attempt):
    buffer = HistoryBuffer(12)
    for first, expected in ((1, 4), (5, 8), (9, 12)):
        after = _overwrite(attempt, buffer, _numbered(first, 4))
        if (after > 0).sum() < expected:
            raise Incorrect(
                f"after {expected} images in a buffer for 12 only {(after > 0).sum()} are left: "
                "places are overwritten while others are empty. Fill the empty ones first."
            )
    goes, oldest = [], []
    for k in range(60):
        before = _names(buffer.images)
        after = _overwrite(attempt, buffer, _numbered(100 + 4 * k, 4))
        gone = ~np.isin(before, after)
        goes.append(frozenset(np.flatnonzero(gone)))
        oldest.append(set(before[gone]) == set(np.sort(before)[:4]))
    turns = set.union(*map(set, goes))
    queue = (
        "the places are overwritten in turn, as in a queue, so no image is older than the queue is "
        "long. The paper overwrites random ones; some of long ago stay."
    )
    if all(oldest):
        raise Incorrect(queue)
    if len(set(goes)) == 1:
        raise Incorrect(
            "the same places are overwritten every time; the other images stay for ever. Draw "
            "random places."
        )
    if len(turns) < 12:
        raise Incorrect(
            f"{12 - len(turns)} of 12 places are never overwritten in 60 goes of 4 images. Every "
            "place should have its chance."
        )
    if len(set(goes)) <= 12:
        raise Incorrect(queue)

    def go(k, graph):
        before = _names(buffer.images)
        graph(tf.constant(_numbered(400 + 4 * k, 4)))
        return frozenset(np.flatnonzero(~np.isin(before, _names(buffer.images))))

    step = [functools.partial(go, k) for k in range(6)]
    return _in_graph(lambda images: attempt(buffer, images), step)


@function(
    solves=keeps_history,
    hints=[
        "Make a small buffer, `Buffer(8)`, and images that can be told apart: "
        '`np.full((1, 35, 55, 1), k, "float32")`. Overwrite four at a time, more in all than it '
        "holds, and draw four, many times.",
        "Ask of what was drawn: is every image whole, one value all over? Is every stored image "
        "among them? Are the newest?",
        "An empty buffer gives the fresh images back; pass `draw` images that were never stored, "
        "and look whether they come.",
    ],
)
def the_test(attempt):
    broken = {
        EmptyForEver: "the one that is empty for ever slipped through: `draw` gave the fresh "
        "images back. Pass it images that you never stored.",
        FirstEntries: "the one that gives out its first entries slipped through. Draw many times, "
        "fewer than it holds at a time, and ask whether every stored image came.",
        PixelsForImages: "the one that overwrites pixels slipped through. Compare whole images "
        "with what you stored, not one pixel of each.",
        _Halves: "one more slipped through, which gives out half of one image with half of "
        "another. Look at all pixels of what was drawn, not at one.",
        _OnceFull: "one more slipped through, which stores nothing any more once it is full. "
        "Overwrite more images than it holds, and ask whether the newest come.",
    }
    for kind in (HistoryBuffer, None, *broken):
        # Under a name of its own, so that only what it does can tell what it is.
        Buffer = kind if kind is HistoryBuffer else type("Buffer", (kind or HistoryBuffer,), {})
        try:
            verdict = run(attempt, Buffer)
        except Incorrect as error:
            if kind in broken and isinstance(error.__cause__, AssertionError):
                raise Incorrect(
                    f"{error} This was a buffer that keeps no history: return False instead of "
                    "failing."
                ) from error
            raise
        if verdict is None:
            raise Incorrect(
                "the function returned None; it should return True or False. Does every way "
                "through it end in `return`?"
            )
        if tf.is_tensor(verdict) or isinstance(verdict, np.ndarray):
            verdict = np.asarray(verdict)
            verdict = verdict.item() if verdict.shape == () else verdict
        if not isinstance(verdict, bool | np.bool_):
            raise Incorrect(
                f"the function should return one True or False; received {type(verdict).__name__}."
            )
        if kind is None and not verdict:
            raise Incorrect(
                "it says True to the library's buffer and False to the same under another name. "
                "Ask what a buffer does, not which class it is."
            )
        if kind is HistoryBuffer and not verdict:
            raise Incorrect(
                "it says False to the library's buffer, which keeps history. Remember that places "
                "are random, and that four images must go when four come to a full buffer."
            )
        if kind in broken and verdict:
            raise Incorrect(broken[kind])


forgets = Choice(
    "c",
    {
        "a": "nothing in D's loss of today speaks of yesterday, so nothing holds the weights that "
        "knew it; fifty steps are enough to lose all.",
        "b": "half would be guessing, and D does not guess: to bright eyes as refined ones, dark "
        "eyes look like the opposite, real.",
        "c": "what D learns against the bright eyes is 'bright is refined', and that says of dark "
        "ones that they are real. It has not only forgotten, it has learnt the contrary.",
    },
    hints=[
        "Which gradient would keep the weights that recognise dark eyes?",
        "What is the simplest rule that tells bright refined eyes from real ones, and what does "
        "it say of a dark eye?",
    ],
)

stay = Number(
    125,
    1,
    "every step replaces 16 of 2,000, so an image goes with a chance of 16 / 2000 a step and "
    "stays 2000 / 16 = 125 steps on average.",
    hints=[
        "How large is the chance that a certain image is overwritten in a step?",
        "With a chance of p a step it takes 1 / p steps on average.",
    ],
    mistakes={
        62.5: "that is 2000 / 32; of the 32 refined images of a step only half are stored.",
        2000: "that would hold for one new image a step; there are 16.",
        0.008: "that is the chance to be overwritten in a step; how many steps does it take?",
        86.6: "that is the half-life, after which half of the images are gone; some stay for long "
        "and raise the mean to 2000 / 16.",
    },
)
