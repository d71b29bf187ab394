"""The command `simgan` as people type it: results, JSON, errors of one sentence."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from simgan_lib.cli import main
from simgan_lib.data.eyes import EyeSet
from simgan_lib.measure import estimator
from simgan_lib.simgan import runs, training
from simgan_lib.simgan.discriminator import discriminator
from simgan_lib.simulators.pocket import simulate

REAL = Path(__file__).parents[2] / "shared" / "real_eyes"


@pytest.fixture(autouse=True)
def small(monkeypatch, tiny):
    """Presets that take seconds; everything else is as a user has it."""
    monkeypatch.setitem(training.PRESETS, "pocket", tiny)
    quick = replace(estimator.ESTIMATORS["pocket"], epochs=1)
    monkeypatch.setitem(estimator.ESTIMATORS, "pocket", quick)


@pytest.fixture
def files(tmp_path):
    simulate(120, "synthetic", seed=1).save(tmp_path / "a.h5")
    simulate(100, "camera", seed=2).save(tmp_path / "b.h5")
    EyeSet(simulate(100, "camera", seed=3).images).save(tmp_path / "real.h5")
    return tmp_path


def run(capsys, *words):
    """Runs the command with --json and returns the object it prints."""
    code = main([*map(str, words), "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    assert out.count("\n") == 1  # one object and nothing else
    return json.loads(out)


def refused(capsys, *words):
    """Runs the command on bad input and returns its one sentence."""
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    last = err.strip().splitlines()[-1]
    assert code == 2 and out == "" and last.startswith("simgan: ")
    assert "Traceback" not in err
    return last


def python(*words, cwd):
    """Starts Python on this library, from any folder, and returns the process."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )


def test_the_whole_way_on_files(files, capsys):
    a, b, real = (files / f"{name}.h5" for name in ("a", "b", "real"))
    trained = run(capsys, "train", "--synthetic", a, "--real", real, "--out", files / "run")
    assert trained["step"] == 12 and trained["refiner"] == str(files / "run")
    refined, words = files / "refined.h5", ("refine", "--synthetic", a, "--refiner")
    result = run(capsys, *words, files / "run/refiner.keras", "--out", refined)
    assert result["refiners"] == 1
    one = EyeSet.load(refined).images[:]
    drawn = {}
    for seed in (0, 5, 0):
        result = run(capsys, *words, files / "run", "--out", refined, "--seed", seed)
        assert result["images"] == 120 and result["labels"] == "gaze, person"
        assert result["refiners"] == len(list((files / "run/history").iterdir())) > 1
        images = EyeSet.load(refined).images[:]
        np.testing.assert_array_equal(images, drawn.setdefault(seed, images))
    assert not np.array_equal(drawn[0], drawn[5]) and not np.array_equal(drawn[0], one)
    np.testing.assert_allclose(EyeSet.load(refined).gaze, EyeSet.load(a).gaze, atol=1e-6)
    assert not np.array_equal(EyeSet.load(refined).images[:5], EyeSet.load(a).images[:5])
    result = run(capsys, "evaluate", "--train", a, refined, "--test", b)
    rows = result["learned from"]
    rivals = ["constant", "nearest neighbours", "noise", "randomised"]
    assert [*rows] == [*rivals, str(a), str(refined)] and result["tested_on"] == 100
    for row in rows.values():
        assert [*row] == ["error_deg", "error_deg_calibrated", "within_7deg"]
        assert 0 < row["error_deg_calibrated"] < 60 and 0 <= row["within_7deg"] <= 100
    assert result == run(capsys, "evaluate", "--train", a, refined, "--test", b)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((64, 64, 3), "uint8"),
        ((40, 48), "uint16"),  # depth
        ((128, 128), "uint8"),  # which the larger D judges
        ((36, 60), "uint8"),  # MPIIGaze's size, which is kept
    ],
)
def test_the_whole_way_on_folders_of_ones_own(tmp_path, capsys, shape, dtype):
    rng = np.random.default_rng(0)
    for name, count in (("drawn", 20), ("photos", 15)):
        (tmp_path / name).mkdir()
        for k in range(count):
            image = rng.integers(0, np.iinfo(dtype).max, shape).astype(dtype)
            Image.fromarray(image).save(tmp_path / name / f"{k}.png")
    (tmp_path / "masks").mkdir()
    for k in range(20):
        (tmp_path / f"masks/{k}.png").write_bytes(b"mask %d" % k)
    table = tmp_path / "drawn/labels.csv"
    table.write_text("file,size\n" + "".join(f"{k}.png,{k}.50\n" for k in range(20)))
    drawn, photos, out = (tmp_path / name for name in ("drawn", "photos", "out"))
    run(capsys, "train", "--synthetic", drawn, "--real", photos, "--out", tmp_path / "run")
    words = "refine", "--refiner", tmp_path / "run", "--synthetic", drawn, "--out", out
    result = run(capsys, *words, "--labels", tmp_path / "masks")
    assert result["images"] == 20 and result["labels"] == "file, size"
    assert sorted(p.name for p in out.glob("*.png")) == sorted(f"{k}.png" for k in range(20))
    assert (out / "labels.csv").read_bytes() == table.read_bytes()
    assert all((tmp_path / f"out-masks/{k}.png").read_bytes() == b"mask %d" % k for k in range(20))
    pixels = [np.asarray(Image.open(folder / "7.png")) for folder in (drawn, out)]
    assert pixels[1].shape == shape and pixels[1].dtype == dtype
    assert not np.array_equal(*pixels)
    run(capsys, *words[:-1], tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["image"][7], pixels[1])
    assert "a new folder and this one is there" in refused(capsys, *words)


def test_folders_that_do_not_fit_are_refused_in_one_sentence(tmp_path, capsys):
    for name, mode, size in (("a", "L", (40, 30)), ("b", "RGB", (40, 30)), ("c", "L", (50, 30))):
        (tmp_path / name).mkdir()
        for k in range(8):
            Image.new(mode, size).save(tmp_path / name / f"{k}.png")
    (tmp_path / "a/3.png").write_bytes(b"no image")
    a, b, c = (tmp_path / name for name in "abc")
    words = "train", "--out", tmp_path / "run", "--real"
    assert "--skip-broken; received" in refused(capsys, *words, c, "--synthetic", a)
    words = "train", "--skip-broken", "--out", tmp_path / "run", "--real"
    assert "both be grey or both in colour" in refused(capsys, *words, b, "--synthetic", a)
    assert "must have one size" in refused(capsys, *words, c, "--synthetic", a)
    assert "no folder or file" in refused(capsys, *words, a / "nowhere", "--synthetic", a)
    assert "two sets, so name another" in refused(capsys, *words, a, "--synthetic", a)
    assert "need --size HEIGHT WIDTH" in refused(capsys, *words, c, "--synthetic", a, "--pad")
    assert not (tmp_path / "run").exists()
    same = shutil.copytree(c, tmp_path / "same")
    onto = "train", "--out", c, "--real", c, "--synthetic", same
    assert "a new or an empty folder; received" in refused(capsys, *onto)
    assert len([*c.iterdir()]) == 8
    words += (c, "--synthetic", a, "--size", 30, 30)
    assert "--crop" in refused(capsys, *words)
    assert run(capsys, *words, "--crop")["step"] == 12


def test_train_resumes_and_refuses(files, capsys):
    words = "train", "--synthetic", files / "a.h5", "--real", files / "real.h5"
    words += "--out", files / "run"
    run(capsys, *words)
    assert "There is a run already" in refused(capsys, *words)
    assert run(capsys, *words, "--resume", "--steps", 8)["step"] == 14
    assert "filters was 4; received 64" in refused(capsys, *words, "--resume", "--preset", "paper")
    assert "seed was 0; received 1" in refused(capsys, *words, "--resume", "--seed", 1)


def test_simulate_takes_domain_ranges_and_seed(tmp_path, capsys):
    out = tmp_path / "eyes.h5"
    words = "simulate", "--domain", "camera", "--count", 40, "--out", out
    run(capsys, *words, "--pitch", -3, 1, "--yaw", 5, 9, "--seed", 6)
    eyes = EyeSet.load(out)
    expected = simulate(40, "camera", 6, pitch=(-3, 1), yaw=(5, 9))
    np.testing.assert_array_equal(eyes.images[:], expected.images)
    np.testing.assert_array_equal(eyes.person, expected.person)


def test_pack_turns_kaggles_layout_into_ours(tmp_path, capsys):
    eyes = simulate(300, "synthetic", seed=1)
    with h5py.File(tmp_path / "gaze.h5", "w") as file:
        for k, image in enumerate(eyes.images):
            file[f"image/{k}"] = image
        file["look_vec"] = eyes.gaze * [1, -1, 1]
    result = run(capsys, "pack", tmp_path / "gaze.h5", tmp_path / "packed.h5")
    assert result == {"images": 300, "labels": "gaze", "out": str(tmp_path / "packed.h5")}
    packed = EyeSet.load(tmp_path / "packed.h5")
    np.testing.assert_array_equal(packed.images[:], eyes.images)
    np.testing.assert_allclose(packed.gaze, eyes.gaze, atol=1e-6)


def test_the_environment_of_the_process_stays_as_it_was(files):
    before = dict(os.environ)
    assert main(["pack", str(files / "a.h5"), str(files / "c.h5")]) == 0
    assert dict(os.environ) == before


def test_without_json_people_get_lines(files, capsys):
    assert main(["pack", str(files / "a.h5"), str(files / "c.h5")]) == 0
    out = capsys.readouterr().out
    assert "images" in out and "120" in out and "{" not in out


def bad_files(folder):
    """Every kind of bad file, with a word that its message must have."""
    eyes = simulate(20, "synthetic", seed=1)

    def h5(name, **data):
        with h5py.File(folder / name, "w") as file:
            for key, value in data.items():
                file[key] = value
        return folder / name

    good = folder / "good.h5"
    eyes.save(good)
    (folder / "empty.h5").touch()
    (folder / "cut.h5").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    (folder / "text.h5").write_text("these are no eyes")
    nan, long = eyes.gaze.copy(), eyes.gaze * 2
    nan[3] = np.nan
    return {
        "no folder or file": folder / "missing.h5",
        "empty": folder / "empty.h5",
        "damaged": folder / "cut.h5",
        "HDF5": folder / "text.h5",
        "(N, H, W)": h5("shape.h5", image=np.zeros((20, 1925), np.uint8)),
        "int64": h5("dtype.h5", image=np.zeros((20, 35, 55), np.int64)),
        "finite": h5("nan.h5", image=eyes.images, gaze=nan),
        "length 1": h5("long.h5", image=eyes.images, gaze=long),
        "20 images": h5("few.h5", image=eyes.images, gaze=eyes.gaze[:7]),
        "at least one": h5("none.h5", image=np.zeros((0, 35, 55), np.uint8)),
        "'image'": h5("other.h5", picture=eyes.images),
    }


def test_bad_files_get_one_sentence_and_leave_nothing(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for word, path in bad_files(tmp_path / "in").items():
        for words in (
            ("pack", path, tmp_path / "out" / "o.h5"),
            ("evaluate", "--train", path, "--test", path),
            ("train", "--synthetic", path, "--real", path, "--out", tmp_path / "out" / "run"),
        ):
            message = refused(capsys, *words)
            assert word in message and str(path) in message, message
            assert list((tmp_path / "out").iterdir()) == []


def test_a_target_that_cannot_be_written_is_said_before_the_work(files, capsys):
    simulated = "simulate", "--domain", "synthetic", "--count", 10, "--out"
    message = refused(capsys, *simulated, files / "nowhere" / "eyes.h5")
    assert "nowhere" in message
    assert "not a directory" in refused(capsys, *simulated, files)
    (files / "file").touch()
    train = "train", "--synthetic", files / "a.h5", "--real", files / "real.h5", "--out"
    assert str(files / "file") in refused(capsys, *train, files / "file")
    assert str(files / "file") in refused(capsys, "demo", "--out", files / "file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_what_is_no_file_is_not_replaced(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    words = "simulate", "--domain", "synthetic", "--count", 5, "--out", tmp_path / "pipe"
    assert "not a device" in refused(capsys, *words)
    assert (tmp_path / "pipe").is_fifo()


def test_a_reader_that_has_gone_is_no_error(tmp_path):
    words = "-m simgan_lib simulate --domain synthetic --count 5 --out o.h5 --json"
    process = python(*words.split(), cwd=tmp_path)
    process.stdout.close()
    assert process.stderr.read() == "" and process.wait() == 0
    process.stderr.close()


def test_labels_in_degrees_are_not_taken_for_radians(tmp_path, capsys):
    images = np.zeros((5, 36, 60), np.uint8)
    np.savez(tmp_path / "e.npz", image=images, gaze_pitch_yaw_rad=np.full((5, 2), 40.0))
    assert "radians" in refused(capsys, "pack", tmp_path / "e.npz", tmp_path / "o.h5")


def test_a_full_disk_is_one_sentence(files):
    # A limit on the size of a file stands in for the disk.
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
        "from simgan_lib.cli import main;"
        f"sys.exit(main(['pack', {str(files / 'a.h5')!r}, {str(files / 'full.h5')!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("simgan: The file could not be written")
    assert done.stderr.count("\n") == 1
    assert {path.name for path in files.iterdir()} == {"a.h5", "b.h5", "real.h5"}


def test_what_is_no_refiner_is_refused(files, capsys):
    discriminator().save(files / "d.keras")
    (files / "text.keras").write_text("no model")
    words = "refine", "--synthetic", files / "a.h5", "--out", files / "o.h5", "--refiner"
    assert "A refiner turns images" in refused(capsys, *words, files / "d.keras")
    assert "no Keras model" in refused(capsys, *words, files / "text.keras")
    assert "no refiner" in refused(capsys, *words, files / "none.keras")
    assert not (files / "o.h5").exists()
    words = "refine", "--synthetic", files / "a.h5", "--out", files / "d.keras", "--refiner"
    assert "overwrite a refiner" in refused(capsys, *words, files / "d.keras")
    (files / "run").mkdir()
    words = "refine", "--synthetic", files / "a.h5", "--out", files / "o.h5", "--refiner"
    assert "--resume" in refused(capsys, *words, files / "run")  # not at its end yet


def test_eyes_without_labels_cannot_be_evaluated(files, capsys):
    for pair in (("a.h5", "real.h5"), ("real.h5", "a.h5")):
        train, test = (files / name for name in pair)
        assert "real.h5" in refused(capsys, "evaluate", "--train", train, "--test", test)


@pytest.mark.parametrize("words", [["--count", "0"], ["--pitch", "5", "-5"], ["--yaw", "0", "90"]])
def test_impossible_simulations_are_refused(words, tmp_path, capsys):
    base = ["simulate", "--domain", "synthetic", "--count", "9", "--out", tmp_path / "o.h5"]
    assert "; received" in refused(capsys, *base, *words)
    assert list(tmp_path.iterdir()) == []


def test_words_that_are_no_command_exit_with_2(capsys):
    train = ["train", "--synthetic", "a.h5", "--real", "b.h5", "--out", "run"]
    for words in (
        [],
        ["refin"],
        ["demo", "--seed", "-1"],
        ["simulate", "--domain", "cartoon"],
        [*train, "--steps", "0"],
    ):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
    capsys.readouterr()


def test_every_command_has_help(capsys):
    for command in ("demo", "simulate", "train", "refine", "evaluate", "pack"):
        with pytest.raises(SystemExit) as stop:
            main([command, "--help"])
        assert stop.value.code == 0
        text = capsys.readouterr().out
        assert "--seed" in text and "--json" in text and len(text.splitlines()) > 6


def test_ctrl_c_is_one_line(files, capsys, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "train", interrupted)
    words = ["train", "--synthetic", files / "a.h5", "--real", files / "real.h5", "--out"]
    assert main([*map(str, words), str(files / "run")]) == 130
    assert capsys.readouterr().err == "simgan: stopped; train goes on with --resume\n"


def test_the_module_is_the_command_and_its_help_needs_no_tensorflow(tmp_path):
    script = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None;"
        "sys.argv = ['simgan', 'simulate', '--domain', 'camera', '--count', '9', '--out',"
        f" {str(tmp_path / 'o.h5')!r}, '--json'];"
        "import runpy; runpy.run_module('simgan_lib', run_name='__main__')"
    )
    process = python("-c", script, cwd=tmp_path)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads(out)["eyes"] == 9


def test_another_backend_of_keras_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(ImportError, match="KERAS_BACKEND=tensorflow.*received torch"):
        importlib.reload(training)


def test_tensorflows_greetings_stay_away_from_what_people_read(files):
    process = python(*"-m simgan_lib evaluate --train a.h5 --test c.h5".split(), cwd=files)
    _, err = process.communicate()
    assert process.returncode == 2 and err.count("\n") == 1
    assert err.startswith("simgan: There is no folder or file of this name")


@pytest.mark.skipif(not REAL.exists(), reason="no real eyes beside the project (shared/real_eyes)")
def test_the_whole_way_on_real_eyes(files, capsys):
    real = files / "p00.h5"
    assert run(capsys, "pack", REAL / "p00_left_labelled.npz", real)["labels"] == "gaze"
    a = files / "a.h5"
    words = "train", "--synthetic", a, "--real", REAL / "real_gaze.h5", "--out", files / "run"
    refiner = run(capsys, *words)["refiner"]
    refined = files / "refined.h5"
    run(capsys, "refine", "--refiner", refiner, "--synthetic", a, "--out", refined)
    numbers = run(capsys, "evaluate", "--train", refined, "--test", real)
    assert numbers["tested_on"] == 1500
    assert 0 < numbers["learned from"][str(refined)]["error_deg"] < 60
