"""Blocks of eyes become one packed file, whole or not at all."""

import tracemalloc

import h5py
import numpy as np
import pytest

from data_download.pack import pack, verify
from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.gaze import from_pitch_yaw


def blocks(*sizes):
    """Blocks of made-up eyes, with a column that `EyeSet` does not know."""
    rng = np.random.default_rng(0)
    for size in sizes:
        yield {
            "image": rng.integers(0, 256, (size, 35, 55)).astype(np.uint8),
            "gaze": from_pitch_yaw(*rng.uniform(-20, 20, (2, size))),
            "person": np.full(size, size),
            "side": rng.integers(0, 2, size).astype(np.uint8),
        }


def test_all_blocks_are_there_in_their_order_with_every_column(tmp_path):
    sizes = 3, 0, 700, 1
    eyes = pack(tmp_path / "eyes.h5", blocks(*sizes), "made up")
    parts = {name: np.concatenate([b[name] for b in blocks(*sizes)]) for name in next(blocks(1))}
    assert np.array_equal(eyes.images[:], parts["image"])
    assert np.array_equal(eyes.gaze, parts["gaze"])
    assert np.array_equal(eyes.person, parts["person"])
    assert eyes.source == "made up"
    with h5py.File(tmp_path / "eyes.h5") as file:
        assert np.array_equal(file["side"], parts["side"])
    assert [path.name for path in tmp_path.iterdir()] == ["eyes.h5"]


def test_eyes_without_labels_or_persons(tmp_path):
    images = ({"image": block["image"]} for block in blocks(4))
    eyes = pack(tmp_path / "eyes.h5", images, "")
    assert len(eyes) == 4 and eyes.gaze is None and eyes.person is None


def test_not_one_eye_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not one eye.*received nowhere"):
        pack(tmp_path / "eyes.h5", blocks(0), "nowhere")
    assert not list(tmp_path.iterdir())


def test_a_source_that_fails_leaves_what_was_there(tmp_path):
    def failing():
        yield from blocks(600)
        raise KeyboardInterrupt

    before = pack(tmp_path / "eyes.h5", blocks(5), "")
    with pytest.raises(KeyboardInterrupt):
        pack(tmp_path / "eyes.h5", failing(), "")
    assert len(EyeSet.load(tmp_path / "eyes.h5")) == len(before) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["eyes.h5"]


def test_what_was_packed_is_verified_by_its_hash(tmp_path):
    eyes = pack(tmp_path / "eyes.h5", blocks(600), "")
    assert np.array_equal(verify(tmp_path / "eyes.h5", "").images[:], eyes.images[:])
    eyes.save(tmp_path / "eyes.h5")  # which keeps no hash
    with pytest.raises(ValueError, match="was not packed by this command"):
        verify(tmp_path / "eyes.h5", "")
    with h5py.File(tmp_path / "eyes.h5", "a") as file:
        file.create_group("sha256")
    with pytest.raises(ValueError, match="was not packed by this command"):
        verify(tmp_path / "eyes.h5", "")


@pytest.mark.parametrize(
    "recorded",
    [
        "of other eyes",
        3,
        np.arange(3),
        ["many", "texts"],
        np.dtype("u1"),
        h5py.Empty("S64"),
        b"\xff",
    ],
)
def test_what_is_no_hash_is_refused(tmp_path, recorded):
    pack(tmp_path / "eyes.h5", blocks(4), "")
    with h5py.File(tmp_path / "eyes.h5", "a") as file:
        del file["sha256"]
        file["sha256"] = recorded
    with pytest.raises(ValueError, match="was not packed by this command.*eyes.h5'$"):
        verify(tmp_path / "eyes.h5", "")


@pytest.mark.parametrize("shape, dtype", [((), "S10000000"), (2_000_000, "S3")])
def test_what_is_too_long_for_a_hash_is_not_read(tmp_path, shape, dtype):
    pack(tmp_path / "eyes.h5", blocks(4), "")
    with h5py.File(tmp_path / "eyes.h5", "a") as file:
        del file["sha256"]
        file.create_dataset("sha256", shape, dtype)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="was not packed by this command"):
            verify(tmp_path / "eyes.h5", "")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["gaze", "person", "side"])
def test_labels_are_verified_too(tmp_path, name):
    pack(tmp_path / "eyes.h5", blocks(5), "a")
    verify(tmp_path / "eyes.h5", "a")
    with h5py.File(tmp_path / "eyes.h5", "a") as file:
        file[name][2] = [0, 1, 0] if name == "gaze" else 9
    with pytest.raises(ValueError, match="has changed since"):
        verify(tmp_path / "eyes.h5", "a")


@pytest.mark.parametrize("change", ["remove", "add"])
def test_no_column_comes_or_goes(tmp_path, change):
    pack(tmp_path / "eyes.h5", blocks(5), "a")
    with h5py.File(tmp_path / "eyes.h5", "a") as file:
        if change == "remove":
            del file["side"]
        else:
            file["day"] = np.arange(5)
    with pytest.raises(ValueError, match="has changed since"):
        verify(tmp_path / "eyes.h5", "a")


def test_other_eyes_are_not_taken_for_those_that_were_asked_for(tmp_path):
    pack(tmp_path / "eyes.h5", blocks(5), "mpiigaze")
    with pytest.raises(ValueError, match="another one with --out; received eyes of 'mpiigaze'"):
        verify(tmp_path / "eyes.h5", "unityeyes")
