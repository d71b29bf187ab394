"""Kaggle's two files are found where they are, and asked for in words where they are not."""

import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from data_download import kaggle


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A machine without Kaggle's mount and without kagglehub."""
    monkeypatch.setattr(kaggle, "MOUNT", tmp_path / "input")
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    return tmp_path


def put(folder):
    folder.mkdir(parents=True)
    for name in kaggle.FILES:
        (folder / name).touch()
    return tuple(folder / name for name in kaggle.FILES)


def test_a_folder_that_is_named_comes_first(nowhere):
    put(nowhere / "input" / "eye-gaze")
    mine = put(nowhere / "mine" / "deep")
    assert tuple(kaggle.find(nowhere / "mine")) == mine


@pytest.mark.parametrize("place", ["eye-gaze", "datasets/4quant/eye-gaze"])
def test_the_mount_comes_before_a_download(nowhere, monkeypatch, place):
    hub = SimpleNamespace(dataset_download=lambda name: pytest.fail("asked for a download"))
    monkeypatch.setitem(sys.modules, "kagglehub", hub)
    mounted = put(nowhere / "input" / place)
    assert tuple(kaggle.find()) == mounted


def test_kagglehub_is_asked_where_nothing_is_mounted(nowhere, monkeypatch):
    kept = put(nowhere / "cache" / "1")
    asked = []
    hub = SimpleNamespace(dataset_download=lambda name: asked.append(name) or nowhere / "cache")
    monkeypatch.setitem(sys.modules, "kagglehub", hub)
    assert tuple(kaggle.find()) == kept
    assert asked == ["4quant/eye-gaze"]


def test_without_kagglehub_the_way_by_hand_is_told(nowhere):
    with pytest.raises(OSError, match="pip install kagglehub") as found:
        kaggle.find()
    assert len(str(found.value).splitlines()) == 3 and "--from archive.zip" in str(found.value)


def test_what_kagglehub_says_of_credentials_is_not_repeated(nowhere, monkeypatch):
    def fails(name):
        raise RuntimeError("bad key 0123456789abcdef of somebody")

    monkeypatch.setitem(sys.modules, "kagglehub", SimpleNamespace(dataset_download=fails))
    with pytest.raises(OSError, match="RuntimeError") as found:
        kaggle.find()
    assert "0123456789abcdef" not in str(found.value)


def test_a_folder_without_the_files_is_refused(nowhere):
    (nowhere / "gaze.h5").touch()
    with pytest.raises(ValueError, match="gaze.h5 and real_gaze.h5; received"):
        kaggle.find(nowhere)


def test_what_was_downloaded_may_lack_the_files(nowhere, monkeypatch):
    hub = SimpleNamespace(dataset_download=lambda name: nowhere)
    monkeypatch.setitem(sys.modules, "kagglehub", hub)
    with pytest.raises(OSError, match="by hand"):
        kaggle.find()


def test_labels_are_missed_only_where_they_were_promised(tmp_path):
    for name in kaggle.FILES:
        with h5py.File(tmp_path / name, "w") as file:
            file["image/0"] = np.zeros((35, 55), np.uint8)
    with pytest.raises(ValueError, match="the gaze of its eyes .* received none in .*gaze.h5'$"):
        next(kaggle.blocks(tmp_path / "gaze.h5"))
    assert next(kaggle.blocks(tmp_path / "real_gaze.h5")).keys() == {"image"}
