"""The commands of data_download, each against a small data set of its kind."""

import hashlib
import io
import json
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from test_fetch import give, refuse, server, stall  # noqa: F401
from test_mpiigaze import write_day, write_list
from test_syntheseyes import angles, eye, write
from test_unityeyes import write_pair

import data_download.__main__ as command
from data_download import kaggle
from data_download.__main__ import main
from simgan_lib.data import find
from simgan_lib.data.eyes import EyeSet
from simgan_lib.simulators.pocket import simulate

ROOT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine without data, whose folder for them is not made yet."""
    monkeypatch.setattr(find.Path, "home", lambda: tmp_path)
    monkeypatch.setattr(kaggle, "MOUNT", tmp_path / "input")
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    return tmp_path


def write_mpiigaze(root):
    write_day(root, 0, 1, 3)
    write_day(root, 2, 1, 1)
    write_list(root, 0, ["day01/0001.jpg left", "day01/0003.jpg right"])
    write_list(root, 2, ["day01/0001.jpg right"])
    return root / "MPIIGaze"


def write_kaggle(root):
    """Both files as published: a data set an image, and labels in the order of numbers."""
    synthetic, real = simulate(300, "synthetic", 1), simulate(20, "camera", 2)
    root.mkdir()
    for name, eyes in (("gaze.h5", synthetic), ("real_gaze.h5", real)):
        with h5py.File(root / name, "w") as file:
            for i, image in enumerate(eyes.images):
                file[f"image/{i}"] = image
            if eyes is synthetic:
                file["look_vec"] = np.insert(eyes.gaze * [1, -1, 1], 3, 0, 1)
    return root


def write_unityeyes(root):
    root.mkdir()
    for number, yaw in enumerate((-10, 0, 10), start=1):
        write_pair(root, number, yaw=yaw)
    return root


def write_syntheseyes(root):
    for i, (head, gaze) in enumerate(zip(*angles(40), strict=True)):
        write(root, f"f01_{i}", *eye(head, gaze))
    return root


WRITERS = {
    "kaggle": (write_kaggle, {"": 300, "-real": 20}),
    "mpiigaze": (write_mpiigaze, {"": 8, "-evaluation": 3}),
    "unityeyes": (write_unityeyes, {"": 3}),
    "syntheseyes": (write_syntheseyes, {"": 40}),
}


def archive(folder, path):
    """A folder as .tar.gz or .zip."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as file:
            for member in sorted(folder.rglob("*.*")):
                file.write(member, member.relative_to(folder.parent))
    else:
        with tarfile.open(path, "w:gz") as file:
            file.add(folder, folder.name)
    return path


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
def test_a_folder_or_an_archive_is_packed(home, capsys, name, kind):
    write, counts = WRITERS[name]
    source = write(home / "source")
    if kind != "folder":
        source = archive(source, home / f"download.{kind}")
    assert main([name, "--from", str(source)]) == 0
    folder = home / ".keras/datasets/simgan"
    said = capsys.readouterr().out
    for suffix, count in counts.items():
        eyes = EyeSet.load(folder / f"{name}{suffix}.h5")
        assert len(eyes) == count and eyes.source == f"{name}{suffix}"
        assert (eyes.gaze is None) == (suffix == "-real")
        assert f"{name}{suffix}.h5: EyeSet({count} eyes" in said
    assert len(list(folder.iterdir())) == len(counts)  # nothing is left beside them
    # A second call needs no source.
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert main([name]) == 0
    assert capsys.readouterr().out == said
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    # And the lessons find them.
    assert name in find.find_eyes(folder).said


def test_what_is_partly_there_is_packed_and_the_rest_counted(home, capsys):
    def said(name, suffix):
        assert main([name, "--from", str(home / name)]) == 0
        found = EyeSet.load(find.data_folder() / f"{name}{suffix}.h5")
        return len(found), [x for x in capsys.readouterr().err.splitlines() if "; received" in x]

    write_unityeyes(home / "unityeyes")
    (home / "unityeyes/2.json").unlink()
    count, [line] = said("unityeyes", "")
    assert count == 2 and "received 1 of 3 pairs that cannot be read, first '2' (" in line
    write_syntheseyes(home / "syntheseyes")
    (home / "syntheseyes/f01/f01_7.pkl").write_bytes(b"")
    count, [line] = said("syntheseyes", "")
    assert count == 39 and line.startswith("1 of 40 pairs of SynthesEyes cannot be read")
    write_mpiigaze(home / "mpiigaze")
    lines = ["day01/0001.jpg left", "day02/0726.jpg left"]
    write_list(home / "mpiigaze", 2, lines)
    count, [line] = said("mpiigaze", "-evaluation")
    assert count == 3 and line.endswith("received 1 of 4 eyes, first 'p02/day02/0726.jpg left'")
    for path in find.data_folder().glob("mpiigaze*"):
        path.unlink()
    next((home / "mpiigaze").rglob("p00/day01.mat")).write_bytes(b"damaged")
    count, [line, other] = said("mpiigaze", "")
    assert count == 2 and "received 1 such files, first b'damaged'" in line and "day01.mat" in line
    assert "received 3 of 4 eyes" in other


def test_only_what_is_missing_is_packed(home):
    source, out = write_mpiigaze(home), home / "eyes.h5"
    assert main(["mpiigaze", "--from", str(source), "--out", str(out)]) == 0
    before = out.stat().st_mtime_ns
    (home / "eyes-evaluation.h5").unlink()
    assert main(["mpiigaze", "--from", str(source), "--out", str(out)]) == 0
    assert len(EyeSet.load(home / "eyes-evaluation.h5")) == 3
    assert out.stat().st_mtime_ns == before


def test_what_was_unpacked_of_one_archive_is_not_packed_for_another(home, capsys):
    good = archive(write_unityeyes(home / "good"), home / "good.zip")
    bad = write_unityeyes(home / "bad")
    for path in bad.glob("*.json"):
        path.write_text("{}")
    bad, out = archive(bad, home / "bad.zip"), home / "eyes.h5"
    words = ["unityeyes", "--out", str(out), "--from"]
    assert main([*words, str(bad)]) == 2  # after it was unpacked
    assert list(home.glob(".eyes.h5.part/unpacked-*"))
    assert main([*words, str(good)]) == 0 and len(EyeSet.load(out)) == 3
    out.unlink()
    assert main([*words, str(bad)]) == 2
    good.replace(bad)  # mended, under the same name
    assert main([*words, str(bad)]) == 0 and len(EyeSet.load(out)) == 3


def test_a_source_that_is_not_looked_at_is_said(home, capsys):
    words = ["unityeyes", "--from", str(write_unityeyes(home / "source"))]
    assert main(words) == 0 and capsys.readouterr().err == ""
    assert main(words) == 0
    assert "Packed already, and" in capsys.readouterr().err


def test_a_packed_file_that_changed_is_noticed(home, capsys):
    source, out = write_unityeyes(home / "source"), home / "eyes.h5"
    assert main(["unityeyes", "--from", str(source), "--out", str(out)]) == 0
    with h5py.File(out, "r+") as file:
        file["image"][1, 2, 3] ^= 1
    assert main(["unityeyes", "--out", str(out)]) == 2
    assert "not packed by this command or has changed since" in capsys.readouterr().err
    simulate(3).save(out)
    assert main(["unityeyes", "--out", str(out)]) == 2
    assert "received" in capsys.readouterr().err


def test_list_says_what_is_here(home, capsys):
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    for name, source in command.SOURCES.items():
        assert f"{name}: {source.holds}" in said and source.page in said and source.terms in said
    assert said.count("not here:") == 6
    folder = find.data_folder()
    folder.mkdir(parents=True)
    simulate(3).save(folder / "unityeyes.h5")
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    assert said.count("not here:") == 5 and f"    here: {folder / 'unityeyes.h5'}" in said


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["unityeyes", "--from", "nowhere"], "no such file or folder; received 'nowhere'"),
        (["unityeyes", "--from", "."], "should hold pairs"),
        (["unityeyes", "--out", "."], "--out names a file for the packed eyes; received '.'"),
        (["unityeyes", "--from", ".", "--out", "readme.txt"], "from HDF5 or .npz; received"),
        (["unityeyes"], "name the folder of its images with --from"),
        (["kaggle"], "kagglehub is not installed"),
        (["kaggle", "--from", "."], "should hold gaze.h5 and real_gaze.h5"),
        (["mpiigaze", "--from", "."], "Name the unpacked folder MPIIGaze"),
        (["mpiigaze", "--out", "nowhere/eyes.h5"], "Create the directory 'nowhere' first"),
        (["unityeyes", "--from", "readme.txt"], "neither a .zip nor a .tar.gz"),
    ],
)
def test_what_is_wrong_is_said(home, capsys, monkeypatch, words, sentence):
    monkeypatch.chdir(home)
    Path("readme.txt").write_text("no archive")
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("data_download: ") and sentence in said
    assert not list(home.rglob("*.h5"))


@pytest.fixture
def published(home, monkeypatch, server):  # noqa: F811
    """MPIIGaze on a server of this machine."""
    buffer = io.BytesIO(archive(write_mpiigaze(home), home / "m.tar.gz").read_bytes())
    source = command.SOURCES["mpiigaze"]
    url = server.url.replace("eyes.bin", "MPIIGaze.tar.gz")
    monkeypatch.setitem(command.SOURCES, "mpiigaze", source._replace(url=url))
    return server, buffer.getvalue()


def test_an_archive_is_fetched_unpacked_and_packed(published, home, capsys):
    server, content = published  # noqa: F811
    server.answer = give(content)
    assert main(["mpiigaze"]) == 0
    folder = home / ".keras/datasets/simgan"
    assert len(EyeSet.load(folder / "mpiigaze.h5")) == 8
    assert (folder / "MPIIGaze.tar.gz").read_bytes() == content  # for another time
    asked = len(server.asked)
    (folder / "mpiigaze.h5").unlink()
    assert main(["mpiigaze"]) == 0
    assert len(EyeSet.load(folder / "mpiigaze.h5")) == 8 and len(server.asked) == asked


def test_another_archive_than_the_first_one_is_refused(published, home, capsys):
    server, content = published  # noqa: F811
    server.answer = give(content)
    assert main(["mpiigaze"]) == 0
    folder = home / ".keras/datasets/simgan"
    record = (folder / "MPIIGaze.tar.gz.sha256").read_text()
    assert record == f"{hashlib.sha256(content).hexdigest()}  MPIIGaze.tar.gz\n"
    (folder / "mpiigaze.h5").unlink()
    (folder / "MPIIGaze.tar.gz").unlink()
    server.answer = give(b"another" + content)
    assert main(["mpiigaze"]) == 2
    assert "sent another file than the course knows" in capsys.readouterr().err
    assert not (folder / "mpiigaze.h5").exists() and not (folder / "MPIIGaze.tar.gz").exists()


def test_an_archive_that_was_here_before_is_never_deleted(published, home, capsys):
    (home / "MPIIGaze.tar.gz").write_bytes(b"no archive")
    assert main(["mpiigaze", "--out", str(home / "eyes.h5")]) == 2
    assert "neither a .zip nor a .tar.gz" in capsys.readouterr().err
    assert (home / "MPIIGaze.tar.gz").read_bytes() == b"no archive"


@pytest.mark.parametrize("content", [b"", b"no hash", b"\xff" * 64, b"F" * 64])
def test_a_damaged_record_of_the_hash_is_one_sentence(published, home, capsys, content):
    (home / "MPIIGaze.tar.gz.sha256").write_bytes(content)
    assert main(["mpiigaze", "--out", str(home / "eyes.h5")]) == 2
    assert "64 digits of a hash" in capsys.readouterr().err


def test_a_server_without_the_file_leaves_nothing(published, home, capsys):
    server, _ = published  # noqa: F811
    server.answer = refuse(404)
    assert main(["mpiigaze"]) == 2
    assert "HTTP status 404" in capsys.readouterr().err
    assert not [path for path in (home / ".keras").rglob("*.*") if not path.name.startswith(".")]


def test_an_archive_with_a_broken_day_is_fetched_again(published, home, capsys):
    server, content = published  # noqa: F811
    next((home / "MPIIGaze").rglob("day01.mat")).write_bytes(b"damaged")
    server.answer = give(archive(home / "MPIIGaze", home / "bad.tar.gz").read_bytes())
    assert main(["mpiigaze"]) == 2 and "day01.mat" in capsys.readouterr().err
    folder = home / ".keras/datasets/simgan"
    assert not list(folder.glob("MPIIGaze*"))  # nor its hash, which is of a file that is no good
    server.answer = give(content)
    assert main(["mpiigaze"]) == 0
    # One that was here already, perhaps from a call that was stopped, is nobody's to delete.
    (folder / "MPIIGaze.tar.gz").write_bytes((home / "bad.tar.gz").read_bytes())
    (folder / "MPIIGaze.tar.gz.sha256").unlink()
    (folder / "mpiigaze.h5").unlink()
    assert main(["mpiigaze"]) == 2
    said = capsys.readouterr().err
    assert f"to begin anew, delete {str(folder / 'MPIIGaze.tar.gz')!r}" in said


def test_no_file_of_another_kind_is_replaced_or_taken(home, capsys):
    source = write_kaggle(home / "kaggle")
    before = (source / "gaze.h5").read_bytes()
    assert main(["kaggle", "--from", str(source), "--out", str(source / "gaze.h5")]) == 2
    assert "name another one with --out" in capsys.readouterr().err
    assert (source / "gaze.h5").read_bytes() == before
    assert sorted(path.name for path in source.iterdir()) == ["gaze.h5", "real_gaze.h5"]
    out = home / "eyes.h5"
    assert main(["unityeyes", "--from", str(write_unityeyes(home / "u")), "--out", str(out)]) == 0
    assert main(["syntheseyes", "--out", str(out)]) == 2
    assert "received eyes of 'unityeyes'" in capsys.readouterr().err


def test_an_archive_that_was_fetched_broken_is_not_kept_for_good(published, home, capsys):
    server, content = published  # noqa: F811
    server.answer = give(content[:-20])
    assert main(["mpiigaze"]) == 2
    said = capsys.readouterr().err
    assert "damaged" in said and "MPIIGaze.tar.gz" in said
    server.answer = give(content)
    assert main(["mpiigaze"]) == 0


RUN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal
import data_download.__main__ as command
source = command.SOURCES["mpiigaze"]
command.SOURCES["mpiigaze"] = source._replace(url=sys.argv.pop(1))
sys.exit(command.main())
"""


def start(url, out):
    words = [sys.executable, "-c", RUN, url, "mpiigaze", "--out", str(out)]
    return subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_two_at_once_do_not_harm_each_other_and_ctrl_c_is_one_line(published, home):
    server, content = published  # noqa: F811
    url = command.SOURCES["mpiigaze"].url
    server.answer = give(content, cut=100, after=stall)
    first = start(url, home / "eyes.h5")
    while not server.asked:
        time.sleep(0.05)
    second = start(url, home / "eyes.h5")
    assert "Another process is at work on this" in second.communicate(timeout=60)[1]
    assert second.returncode == 2
    first.send_signal(signal.SIGINT)
    said = first.communicate(timeout=60)[1]
    assert first.returncode == 130 and "Traceback" not in said
    assert said.endswith("data_download: stopped; start it again to go on\n")
    server.answer = give(content)
    third = start(url, home / "eyes.h5")
    third.communicate(timeout=60)
    assert third.returncode == 0 and len(EyeSet.load(home / "eyes.h5")) == 8
    assert server.asked[-1] == "bytes=99-"  # it went on where the first was stopped


def test_broken_pairs_are_one_line_on_stderr(home, capsys):
    source = write_unityeyes(home / "source")
    (source / "4.json").write_text(json.dumps({}))
    assert main(["unityeyes", "--from", str(source)]) == 0
    said = capsys.readouterr().err
    assert "1 of 4 pairs" in said and ".py" not in said
