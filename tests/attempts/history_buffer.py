"""Attempts at the exercises of lesson 04: other right ways, and mistakes with their messages."""

import numpy as np
import tensorflow as tf
from keras import ops

from simgan_lib.exercises.history_buffer import EmptyForEver, FirstEntries, PixelsForImages
from simgan_lib.simgan.history_buffer import HistoryBuffer

RNG = np.random.default_rng(0)

# draw


def draw_in_tensorflow(self, fresh):
    n = tf.shape(fresh)[0]
    places = tf.random.shuffle(tf.where(self.used > 0)[:, 0])[:n]
    return tf.cond(tf.size(places) < n, lambda: fresh, lambda: tf.gather(self.images, places))


def draw_in_numpy(buffer, fresh):
    fresh = fresh.numpy()
    (filled,) = np.nonzero(np.array(buffer.used))
    if len(filled) < len(fresh):
        return fresh
    return np.array(buffer.images)[RNG.choice(filled, len(fresh), replace=False)].tolist()


def draw_with_if(self, fresh):
    if ops.sum(self.used) < len(fresh):
        return fresh
    places = self.places(len(fresh), 1 - self.used)
    return ops.stack([self.images[k] for k in ops.convert_to_numpy(places)])


def draw_twice(self, fresh):
    if np.sum(self.used) < len(fresh):
        return fresh
    filled = np.flatnonzero(np.array(self.used))
    return np.array(self.images)[RNG.choice(filled, len(fresh))]


def draw_without_used(self, fresh):
    remembered = ops.take(self.images, self.places(6, ops.zeros(24)), axis=0)
    return ops.where(ops.sum(self.used) >= 6, remembered, fresh)


def draw_always(self, fresh):
    return ops.take(self.images, self.places(len(fresh), 1 - self.used), axis=0)


def draw_fixed(self, fresh):
    if ops.sum(self.used) < len(fresh):
        return fresh
    return ops.take(self.images, [1, 5, 8, 13, 2, 20], axis=0)


def draw_half(self, fresh):
    return ops.concatenate([HistoryBuffer.draw(self, fresh)[:3], fresh[3:]])


def draw_from_the_front(self, fresh):
    if ops.sum(self.used) < len(fresh):
        return fresh
    return np.array(self.images)[RNG.permutation(12)[: len(fresh)]]


def draw_and_clear(self, fresh):
    drawn = HistoryBuffer.draw(self, fresh)
    self.images.assign(ops.zeros_like(self.images))
    return drawn


def draw_pixels(self, fresh):
    if ops.sum(self.used) < len(fresh):
        return fresh
    return np.array(self.images).ravel()[RNG.integers(0, 9999, fresh.shape)]


def draw_once(enough):
    """The library's draw with another condition for remembered images."""

    def draw(self, fresh):
        n = fresh.shape[0]
        remembered = ops.take(self.images, self.places(n, last=1 - self.used), axis=0)
        return ops.where(enough(self.used, n), remembered, fresh)

    return draw


@tf.function
def draw_compiled(self, fresh):
    return HistoryBuffer.draw(self, fresh)


# overwrite


@tf.function
def overwrite_compiled(self, fresh):
    HistoryBuffer.overwrite(self, fresh)


def overwrite_and_shuffle(self, fresh):
    """Where an image is does not matter; which ones stay does."""
    n = fresh.shape[0]
    order = self.places(self.used.shape[0], last=1 - self.used)
    stay = ops.take(self.images, order, axis=0)[:-n]
    self.images.assign(ops.concatenate([fresh, stay]))
    self.used.assign(ops.concatenate([ops.ones(n), ops.take(self.used, order)[:-n]]))


def shifts(self, fresh):
    n = len(fresh)
    self.images.assign(ops.concatenate([fresh, self.images[:-n]], axis=0))
    self.used.assign(ops.concatenate([ops.ones(n), self.used[:-n]], axis=0))


def overwrite_in_tensorflow(self, fresh):
    places = tf.argsort(self.used + tf.random.uniform(self.used.shape))[: len(fresh), None]
    self.images.assign(tf.tensor_scatter_nd_update(self.images, places, fresh))
    self.used.assign(tf.tensor_scatter_nd_update(self.used, places, tf.ones(len(fresh))))


def overwrite_in_numpy(self, fresh):
    images, used = np.array(self.images), np.array(self.used)
    places = np.argsort(used + RNG.random(len(used)), kind="stable")[: len(fresh)]
    images[places] = np.asarray(fresh)
    used[places] = 1
    self.images.assign(images)
    self.used.assign(used)


def overwrite_at(choose, images_only=False):
    def overwrite(self, fresh):
        images, used = np.array(self.images), np.array(self.used)
        places = choose(self, len(fresh))
        images[places] = np.asarray(fresh)
        used[places] = 1
        self.images.assign(images)
        if not images_only:
            self.used.assign(used)

    return overwrite


def first_places(self, n):
    return self.places(n, self.used) if np.sum(self.used) < 12 else np.arange(n)


def first_half(self, n):
    return self.places(n, self.used) if np.sum(self.used) < 12 else RNG.permutation(6)[:n]


def grows(self, fresh):
    self.images = ops.concatenate([self.images, fresh])


def replaces_the_weight(self, fresh):
    self.images = ops.concatenate([fresh, self.images[len(fresh) :]])


def queue():
    position = 0

    def overwrite(self, fresh):
        nonlocal position
        overwrite_at(lambda self, n: (position + np.arange(n)) % 12)(self, fresh)
        position += len(fresh)

    return overwrite


def two_only(self, fresh):
    HistoryBuffer.overwrite(self, fresh[:2])


# keeps_history


def images(values):
    return np.float32(values)[:, None, None, None] * np.ones((1, 35, 55, 1), "float32")


def keeps_in_words(Buffer):
    """Longer than the library's: two questions, one after the other."""
    buffer = Buffer(20)
    for k in range(15):
        buffer.overwrite(tf.constant(images([2 * k + 1, 2 * k + 2])))
    came = np.concatenate([np.asarray(buffer.draw(images([50, 51, 52]))) for _ in range(200)])
    for image in came:
        if image.std() > 0 or image.max() not in range(1, 31):
            return False
    return ops.convert_to_tensor(len(np.unique(came)) == 20 and np.isin([29, 30], came).all())


def whole(came):
    """The mean of an image, which is no stored value where two are mixed."""
    return came.mean(axis=(1, 2, 3))


def with_pixels(look, rounds=3, fails=False):
    """The library's test, which looks at images through `look`."""

    def test(Buffer):
        buffer = Buffer(8)
        for k in range(rounds):
            buffer.overwrite(images(range(4 * k + 1, 4 * k + 5)))
        came = [buffer.draw(images([50, 51, 52, 53])) for _ in range(50)]
        seen = set(np.ravel(look(np.concatenate(came))))
        newest = set(range(4 * rounds - 3, 4 * rounds + 1))
        good = len(seen) == 8 and newest < seen <= set(range(1, 4 * rounds + 1))
        assert good or not fails
        return bool(good)

    return test


def only_comes_back(Buffer):
    buffer = Buffer(8)
    buffer.overwrite(images([1, 2, 3, 4]))
    return buffer.draw(images([1, 2, 3, 4])).shape == (4, 35, 55, 1)


def only_old(Buffer):
    buffer = Buffer(8)
    buffer.overwrite(images([1, 2, 3, 4]))
    buffer.overwrite(images([5, 6, 7, 8]))
    return bool(np.max(buffer.draw(images([50, 51]))) < 50)


def only_one_pixel(Buffer):
    buffer = Buffer(4)
    buffer.overwrite(images([1, 2, 3, 4]))
    came = np.concatenate([np.asarray(buffer.draw(images([50, 51]))) for _ in range(60)])
    return np.max(came) < 50 and not np.array_equal(came[:2], came[-2:])


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "draw": [draw_in_tensorflow, draw_in_numpy, draw_with_if, draw_compiled],
    "overwrite": [
        overwrite_in_tensorflow,
        overwrite_in_numpy,
        overwrite_compiled,
        overwrite_and_shuffle,
    ],
    "the_test": [keeps_in_words, with_pixels(whole)],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "draw": {
        "first entries": (FirstEntries.draw, "first entries every time"),
        "duplicates": (draw_twice, "same image twice"),
        "always fresh": (lambda self, fresh: fresh, "never see an old one"),
        "half fresh": (draw_half, "among those"),
        "never fresh": (draw_always, "should come back"),
        "empty places": (draw_without_used, "empty places are drawn"),
        "always the same": (draw_fixed, "same images come every time"),
        "front half only": (draw_from_the_front, "never come"),
        "clears": (draw_and_clear, "changes what is stored"),
        "pixels": (draw_pixels, "not in the buffer"),
        "only once full": (draw_once(lambda used, n: ops.min(used) > 0), "waits too long"),
        "only from twice as many": (
            draw_once(lambda used, n: ops.sum(used) >= 2 * n),
            "waits too long",
        ),
        "only from one more": (draw_once(lambda used, n: ops.sum(used) > n), "waits too long"),
        "one image": (lambda self, fresh: HistoryBuffer.draw(self, fresh)[:1], "of shape"),
    },
    "overwrite": {
        "np.append thrown away": (EmptyForEver.overwrite, "thrown away"),
        "scatter_update thrown away": (
            lambda self, fresh: ops.scatter_update(self.images, [[0], [1], [2], [3]], fresh),
            "thrown away",
        ),
        "pixels instead of images": (PixelsForImages.overwrite, "pixels are replaced"),
        "first places": (overwrite_at(first_places), "same places"),
        "first places from the start": (
            overwrite_at(lambda self, n: np.arange(n)),
            "while others are empty",
        ),
        "first half": (overwrite_at(first_half), "never overwritten"),
        "a queue": (queue(), "in turn"),
        "a queue that shifts": (shifts, "as in a queue"),
        "used forgotten": (
            overwrite_at(lambda self, n: np.arange(n), images_only=True),
            "self.used",
        ),
        "grows": (grows, "the buffer grows"),
        "another object": (replaces_the_weight, "another object"),
        "two of four": (two_only, "all should be"),
    },
    "the_test": {
        "always True": (lambda Buffer: True, "empty for ever slipped through"),
        "always False": (lambda Buffer: False, "says False to the library's"),
        "only that something comes": (only_comes_back, "empty for ever slipped through"),
        "only that it is old": (only_old, "first entries slipped through"),
        "only one pixel": (only_one_pixel, "pixels slipped through"),
        "only the first pixel": (with_pixels(lambda came: came[:, 0, 0]), "half of one image"),
        "never beyond 8": (with_pixels(whole, rounds=2), "once it is full"),
        "assert": (with_pixels(whole, fails=True), "return False instead of failing"),
        "the class": (lambda Buffer: Buffer is HistoryBuffer, "not which class it is"),
        "its name": (
            lambda Buffer: Buffer.__name__ == "HistoryBuffer",
            "not which class it is",
        ),
        "the names of the broken": (
            lambda Buffer: Buffer.__name__ not in ("EmptyForEver", "FirstEntries"),
            "slipped through",
        ),
        "an array": (lambda Buffer: np.array([True, False]), "one True or False"),
    },
}
