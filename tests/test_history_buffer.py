"""The history buffer, and the ways in which the well-known ones do not work."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from simgan_lib.simgan.history_buffer import HistoryBuffer


def numbered(first, count):
    """Images that can be told apart: image k is filled with k, but for a gradient of its own."""
    ramp = np.linspace(0, 0.5, 35 * 55, dtype="float32").reshape(35, 55, 1)
    return np.stack([k + ramp for k in range(first, first + count)])


def numbers(images):
    return [int(k) for k in np.asarray(images)[:, 0, 0, 0]]


@pytest.fixture
def full():
    buffer = HistoryBuffer(40)
    buffer.overwrite(numbered(1, 40))
    return buffer


def test_what_is_stored_can_be_drawn():
    # `np.append` whose result is thrown away leaves the buffer empty for ever.
    buffer = HistoryBuffer(40)
    buffer.overwrite(numbered(1, 4))
    assert sorted(numbers(buffer.draw(numbered(100, 4)))) == [1, 2, 3, 4]


def test_while_there_is_too_little_the_fresh_images_come_back():
    buffer = HistoryBuffer(40)
    assert numbers(buffer.draw(numbered(100, 4))) == [100, 101, 102, 103]
    buffer.overwrite(numbered(1, 3))
    assert numbers(buffer.draw(numbered(100, 4))) == [100, 101, 102, 103]


def test_empty_places_are_filled_first():
    buffer = HistoryBuffer(10)
    for first in (1, 5):
        buffer.overwrite(numbered(first, 4))
    assert sorted(numbers(buffer.images)) == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    buffer.overwrite(numbered(9, 4))  # two places are empty, two images must go
    left = sorted(numbers(buffer.images))
    assert left[-4:] == [9, 10, 11, 12] and 0 not in left and len(set(left)) == 10


def test_every_stored_image_is_drawn_and_none_twice_in_a_batch(full):
    # A buffer that gives out its first places shows D the first images ever stored.
    counts = np.zeros(41)
    for _ in range(400):
        drawn = numbers(full.draw(numbered(100, 8)))
        assert len(set(drawn)) == 8
        counts[drawn] += 1
    assert counts[1:].min() > 0.5 * 80 and counts[1:].max() < 1.5 * 80  # 80 is expected


def test_overwriting_replaces_whole_images_at_random_places(full):
    # Indexing pixels instead of images leaves images that are made of two.
    gone = np.zeros(41)
    for _ in range(200):
        buffer = HistoryBuffer(40, seed=int(gone.sum()))
        buffer.overwrite(numbered(1, 40))
        buffer.overwrite(numbered(50, 8))
        now = numbers(buffer.images)
        assert sorted(k for k in now if k >= 50) == list(range(50, 58))
        gone[sorted(set(range(1, 41)) - set(now))] += 1
    assert gone.sum() == 200 * 8
    assert gone[1:].min() > 0.3 * 40 and gone[1:].max() < 1.8 * 40  # 40 is expected
    for image, k in zip(np.asarray(buffer.images), now, strict=True):
        np.testing.assert_array_equal(image, numbered(k, 1)[0])


def test_drawing_changes_nothing(full):
    before = np.array(full.images)
    full.draw(numbered(100, 8))
    np.testing.assert_array_equal(before, np.array(full.images))


def test_it_works_inside_a_graph_and_differs_from_step_to_step(full):
    draw = tf.function(full.draw)
    batches = {tuple(numbers(draw(tf.constant(numbered(100, 4))))) for _ in range(10)}
    assert len(batches) == 10


def test_the_seed_decides():
    def history(seed):
        buffer = HistoryBuffer(20, seed=seed)
        buffer.overwrite(numbered(1, 20))
        return [numbers(buffer.draw(numbered(100, 4))) for _ in range(3)]

    assert history(1) == history(1) != history(2)


def test_saved_weights_hold_images_and_random_state(tmp_path):
    def build():
        images = keras.Input((35, 55, 1))
        model = keras.Model(images, keras.layers.Identity()(images))
        model.buffer = HistoryBuffer(20, seed=4)
        return model

    model, other = build(), build()
    model.buffer.overwrite(numbered(1, 20))
    model.buffer.draw(numbered(100, 4))
    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")
    for _ in range(3):
        fresh = numbered(100, 4)
        assert numbers(model.buffer.draw(fresh)) == numbers(other.buffer.draw(fresh))
        model.buffer.overwrite(fresh)
        other.buffer.overwrite(fresh)
    np.testing.assert_array_equal(np.array(model.buffer.images), np.array(other.buffer.images))
