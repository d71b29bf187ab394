import io
import os

import pytest

from simgan_lib.files import Draft, check_writable, writing


def test_the_file_appears_only_when_the_block_has_ended(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with writing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == tmp_path  # the same disk, or the replacing is not one step
        assert temporary.suffix == ".csv" and temporary.name.startswith(".")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["scores.csv"]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("before", [[], ["scores.csv"]])
def test_an_exception_leaves_things_as_they_were(tmp_path, stop, before):
    for name in before:
        (tmp_path / name).write_text("old")
    with pytest.raises(stop), writing(tmp_path / "scores.csv") as temporary:
        temporary.write_text("half")
        raise stop
    assert os.listdir(tmp_path) == before
    assert all((tmp_path / name).read_text() == "old" for name in before)


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "scores.csv"
    with writing(path) as first:
        first.write_text("first")
        with writing(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
        assert first.read_text() == "first"
    assert path.read_text() == "first"


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    with writing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink() and target.read_text() == "new"


@pytest.mark.parametrize("check", [check_writable, lambda path: writing(path).__enter__()])
def test_a_hopeless_path_is_refused_at_once(tmp_path, check, monkeypatch):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    check_writable(tmp_path / "fine.csv")
    for name, words in {
        "missing/scores.csv": "Create the directory",
        "file/scores.csv": "Create the directory",
        "folder": "not a directory",
    }.items():
        with pytest.raises(ValueError, match=words) as caught:
            check(tmp_path / name)
        assert str(caught.value).endswith(f"received {str(tmp_path / name)!r}")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(ValueError, match="choose another"):
        check(tmp_path / "scores.csv")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_what_the_system_says_is_put_in_a_sentence(tmp_path):
    path = tmp_path / "scores.csv"
    with pytest.raises(OSError) as caught, writing(path) as temporary:
        temporary.touch()
        raise OSError(28, "No space left on device")
    assert str(caught.value) == (
        "The file could not be written, so nothing there was changed (No space left on device); "
        f"received {str(path)!r}"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, a disk always full")
def test_a_draft_keeps_its_error_until_asked():
    with Draft("/dev/full", "w") as draft:
        draft.check()
        assert draft.write(b"eyes") == 4
        with pytest.raises(OSError, match="space"):
            draft.check()


def test_a_draft_writes_everything(tmp_path):
    class Slow(io.FileIO):
        def write(self, data):
            return super().write(data[:3])  # as systems may

    class SlowDraft(Draft, Slow):
        pass

    with SlowDraft(tmp_path / "file", "w+") as draft:
        assert draft.write(b"eyes and gaze") == 13
        draft.check()
    assert (tmp_path / "file").read_bytes() == b"eyes and gaze"
