"""The demo with everything small: what it writes, and that its report says what it measured."""

import json
from dataclasses import replace

import numpy as np
import pytest

from simgan_lib.cli import main
from simgan_lib.course import demo
from simgan_lib.course.report import verdict
from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.find import Found
from simgan_lib.measure import estimator
from simgan_lib.simgan import training
from simgan_lib.simgan.refining import load_refiners
from simgan_lib.simulators.pocket import simulate

ROWS = {
    "constant", "synthetic", "noise", "equalised", "randomised", "one_refiner", "history",
    "real_labels",
}  # fmt: skip


@pytest.fixture
def small(monkeypatch, tiny):
    monkeypatch.setitem(training.PRESETS, "pocket", tiny)
    quick = replace(estimator.ESTIMATORS["pocket"], epochs=1)
    monkeypatch.setitem(estimator.ESTIMATORS, "pocket", quick)
    counts = []

    def few(count, domain, seed, progress):
        counts.append((domain, seed))
        return simulate(count // 50, domain, seed)

    monkeypatch.setattr(demo, "simulate", few)
    return counts


def test_the_demo_writes_what_it_promises(small, tmp_path, capsys):
    out = tmp_path / "deep" / "demo"
    assert main(["demo", "--out", str(out), "--seed", "3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((out / "report.json").read_text())
    for measure in ("error_deg", "error_deg_calibrated", "within_7deg"):
        assert set(report[measure]) == ROWS
    assert report["seconds"] > 0 and report["seed"] == 3
    assert report["refiners"] == len(load_refiners(out)) > 1
    refined = EyeSet.load(out / "refined.h5")
    assert refined.gaze is not None and len(refined) == 160
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert "http" not in page and 'src="data:' in page  # needs no other file
    assert "stand-in" in page
    for value in report["error_deg"].values():
        assert f"<td>{value:.2f}" in page
    # Five sets of eyes whose persons never meet: other seeds are other persons.
    assert len(set(small)) == len(small) == 5
    # Tested on synthetic eyes, an estimator says nothing of real ones.
    assert [domain for domain, _ in small] == ["synthetic"] + ["camera"] * 4
    # A second call in the same place takes the trained refiner and finds the same numbers.
    assert main(["demo", "--out", str(out), "--seed", "3", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["error_deg"] == report["error_deg"]
    assert main(["demo", "--out", str(out), "--seed", "4"]) == 2
    assert "seed was 3; received 4" in capsys.readouterr().err


def test_the_demo_takes_real_eyes(small, tmp_path, capsys):
    eyes = simulate(200, "camera", 1)
    folder = tmp_path / "data"
    folder.mkdir()
    labelled = EyeSet(eyes.images, eyes.gaze, np.arange(200) % 10)
    labelled.save(folder / "mpiigaze-evaluation.h5")
    simulate(30, "synthetic", 2).save(folder / "unityeyes.h5")
    out = tmp_path / "demo"
    assert main(["demo", "--out", str(out), "--data", str(folder), "--json"]) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert f"unityeyes.h5, mpiigaze-evaluation.h5 in {folder}" in report["note"]
    assert report["note"].rstrip(".") in said.err
    assert report["test"] == "40 camera eyes" and not small  # nothing was simulated
    page = (out / "report.html").read_text()
    assert str(folder) in page and "stand-in" not in page
    assert len(EyeSet.load(out / "refined.h5")) == 30


def test_no_person_of_the_test_is_learned_from():
    eyes = simulate(200, "camera", 1)
    eyes.images[:, 0, 0] = np.arange(200) % 10
    labelled = EyeSet(eyes.images, eyes.gaze, np.arange(200) % 10)
    parts = demo.real_demo_eyes(Found(labelled, None, labelled, ""), seed=1, count=50)
    persons = [set(part.images[:, 0, 0]) for part in parts[1:5]]
    camera, known, validation, test = persons
    assert not test & (camera | known | validation) and not known & validation
    assert len(parts.synthetic) == len(parts.camera) == len(parts.labelled) == 50


def test_eyes_without_labels_cannot_be_measured_on(small, tmp_path, capsys):
    folder = tmp_path / "data"
    folder.mkdir()
    simulate(30, "camera", 2).save(folder / "kaggle-real.h5")
    assert main(["demo", "--out", str(tmp_path / "demo"), "--data", str(folder)]) == 0
    assert "none are real and have gaze" in capsys.readouterr().err
    assert "stand-in" in (tmp_path / "demo/report.html").read_text()


def test_the_verdict_admits_a_failure():
    numbers = {"error_deg": {"synthetic": 7.0, "history": 7.7}}
    assert "did not lower" in verdict(numbers) and "110%" in verdict(numbers)
    numbers["error_deg"]["history"] = 3.5
    assert "Refining lowered" in verdict(numbers) and "50%" in verdict(numbers)
