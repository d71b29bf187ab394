"""Experiments go on where they stopped, alone in their folder, and every command runs."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from experiments import common
from experiments.__main__ import main
from experiments.history import places
from experiments.real_eyes import unlabelled
from experiments.remedies import GAMES, SETTINGS
from experiments.rows import Rows
from simgan_lib.data.eyes import EyeSet
from simgan_lib.simulators.pocket import simulate

ROOT = Path(__file__).resolve().parent.parent


def measured(rows, seeds, calls):
    for seed in seeds:
        rows.add(lambda s=seed: calls.append(s) or {"error_deg": s / 10}, variant="a", seed=seed)


def test_what_is_measured_is_written_at_once_and_not_measured_again(tmp_path):
    calls = []
    with pytest.raises(KeyboardInterrupt), Rows(tmp_path, "x", eyes=5) as rows:
        measured(rows, [0, 1], calls)
        raise KeyboardInterrupt
    with Rows(tmp_path, "x", eyes=5) as rows:
        measured(rows, [0, 1, 2], calls)
    assert calls == [0, 1, 2]
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["command"] == "python -m experiments x"
    assert [row["seed"] for row in content["rows"]] == [0, 1, 2]
    assert [row["error_deg"] for row in content["rows"]] == [0, 0.1, 0.2]
    assert all(row["seconds"] >= 0 for row in content["rows"])


def test_a_key_is_more_than_one_of_its_parts(tmp_path):
    calls = []
    with Rows(tmp_path, "x") as rows:
        for variant in "ab":
            rows.add(lambda v=variant: calls.append(v) or {}, variant=variant, seed=0)
    assert calls == ["a", "b"]


def test_results_of_other_settings_and_damaged_ones_are_refused_and_kept(tmp_path):
    with Rows(tmp_path, "x", eyes=5) as rows:
        measured(rows, [0], [])
    before = (tmp_path / "x.json").read_bytes()
    with pytest.raises(ValueError, match="other settings.*received {'eyes': 6}"):
        Rows(tmp_path, "x", eyes=6).__enter__()
    assert (tmp_path / "x.json").read_bytes() == before
    (tmp_path / "x.json").write_bytes(before[:-20])
    with pytest.raises(ValueError, match="damaged; received"):
        Rows(tmp_path, "x", eyes=5).__enter__()
    assert (tmp_path / "x.json").read_bytes() == before[:-20]


def hold(folder, ready, done):
    with Rows(folder, "x"):
        ready.set()
        done.wait(60)


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    first = context.Process(target=hold, args=(tmp_path, ready, done))
    first.start()
    try:
        assert ready.wait(60)
        with pytest.raises(ValueError, match="Another process is at work.*x.json"):
            Rows(tmp_path, "x").__enter__()
        first.kill()  # a lock that its holder cannot take back any more
        first.join()
        with Rows(tmp_path, "x") as rows:
            measured(rows, [0], [])
    finally:
        first.kill()


def few(name, out, count=None, **environment):
    """Runs a command with a few eyes until it has written `count` rows, and kills it there."""
    words = [name, "--few", "--out", out, "--runs", out / "runs"]
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", *map(str, words)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    file = out / f"{name}.json"
    for _ in range(6_000):  # ten minutes, for slow machines
        rows = json.loads(file.read_text())["rows"] if file.exists() else []
        if process.poll() is not None or (count and len(rows) >= count):
            break
        time.sleep(0.1)
    process.kill()
    _, errors = process.communicate()
    rows = json.loads(file.read_text())["rows"] if file.exists() else []
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows], errors


def test_an_experiment_killed_in_a_training_goes_on_to_the_same_results(tmp_path):
    killed, _ = few("ablations", tmp_path / "killed", 2)
    resumed, _ = few("ablations", tmp_path / "killed", len(killed) + 1)
    assert resumed[: len(killed)] == killed
    whole, _ = few("ablations", tmp_path / "whole", len(resumed))
    assert whole[: len(resumed)] == resumed


def test_the_whole_of_a_seed_on_simulated_eyes(tmp_path):
    rows, _ = few("stand_in", tmp_path, 14)
    assert {"constant", "kNN", "SVR", "ALR", "random forest", "synthetic"} < {
        row["variant"] for row in rows
    }
    assert {"one R", "history", "labels", "realism"} < {row["variant"] for row in rows}
    for row in rows:
        if row["variant"] not in ("labels", "realism"):
            assert 0 < row["error_deg_calibrated"] <= row["error_deg"] + 1 < 30
            assert 0 <= row["within_7deg"] <= 100


def test_the_whole_of_a_seed_on_hands(tmp_path):
    rows, _ = few("hands", tmp_path, 5)
    assert [row["variant"] for row in rows[:3]] == ["constant", "synthetic", "history"]
    for row in rows:
        assert 0 < row["error_px"] < 64 and 0 <= row["within_5px_of_224"] <= 100


def test_every_remedy_is_measured(tmp_path):
    rows, _ = few("remedies", tmp_path)
    names = {"average of R's weights", *GAMES, *SETTINGS}
    assert names < {row["variant"] for row in rows}
    assert all(0 < row["error_deg"] < 30 for row in rows)


def test_a_networks_number_is_the_mean_of_three(monkeypatch):
    seeds = []

    def train(eyes, preset, seed):
        seeds.append(seed)
        return seed

    monkeypatch.setattr(common, "train_estimator", train)
    monkeypatch.setattr(common, "estimate_gaze", lambda network, test: network)
    monkeypatch.setattr(common, "summary", lambda network, gaze: {"error_deg": 10.0 * network})
    row = common.estimator_score(None, simulate(2), 5)
    assert seeds == [15, 16, 17]
    assert row == {"error_deg": 160.0, "errors_deg": [150.0, 160.0, 170.0]}


def test_a_gap_is_measured_with_all_its_rivals(tmp_path):
    rows, _ = few("gap", tmp_path, 7)
    assert {row["gap"] for row in rows} == {2}
    assert {row["variant"] for row in rows} == {
        "synthetic", "history", "one R", "kNN", "randomised", "equalised", "noise",
    }  # fmt: skip
    assert all(0 < row["error_deg"] < 30 for row in rows)


def test_every_kind_of_estimator_is_attacked(tmp_path):
    rows, _ = few("attacks", tmp_path, 2)
    assert [row["variant"] for row in rows] == ["synthetic", "history"]
    for row in rows:
        assert row["steps_4"] >= row["one_step_4"] and row["steps_8"] > row["error_deg"]


def test_every_rival_of_the_family_is_measured(tmp_path):
    rows, _ = few("family", tmp_path, 8)
    assert [row["variant"] for row in rows] == [
        "DANN", "VAT", "ADDA", "cycle, one R", "cycle, history", "gaze consistency, history",
        "history, DANN", "history, VAT",
    ]  # fmt: skip
    assert all(row["gap"] == 1.5 and 0 < row["error_deg"] < 60 for row in rows)


def test_the_contrast_of_every_training_is_noted(tmp_path):
    rows, _ = few("survival", tmp_path)
    assert [row["variant"] for row in rows] == ["pocket", "pocket, lambda 3", "paper, batch 32"]
    assert all(0 < row["least_contrast"] <= row["contrast"] < 5 for row in rows)


def test_a_history_is_chosen_and_compared(tmp_path):
    rows, _ = few("history", tmp_path)
    names = {row["variant"] for row in rows}
    of_one = {f"{count}, from 50% of the rounds on" for count in (1, 2, 3, 6, 12, 24)}
    assert of_one | {"3, of 3 trainings", "1, after twice the rounds"} < names
    assert all(row["seed"] == 100 for row in rows)  # of no reported row


@pytest.mark.parametrize(("count", "start"), [(1, 0.5), (3, 0.5), (24, 0.5), (12, 0.25)])
def test_refiners_are_chosen_evenly_from_their_share_of_the_rounds(count, start):
    chosen = places(80, count, start)
    assert len(set(chosen)) == count and chosen == sorted(chosen)
    assert chosen[-1] == 79 and 80 * start - 1 < chosen[0]
    assert np.ptp(np.diff(chosen)) <= 1 if count > 1 else True


def test_photographs_come_from_the_folder_that_is_named(tmp_path):
    angles = np.radians(np.random.default_rng(0).uniform(-10, 10, (40, 2)))
    images = np.random.default_rng(1).integers(0, 256, (40, 36, 60)).astype(np.uint8)
    np.savez(tmp_path / "real_labelled.npz", image=images, gaze_pitch_yaw_rad=angles)
    simulate(60, "camera").save(tmp_path / "real.h5")
    rows, _ = few("real_eyes", tmp_path, SIMGAN_DATA_DIR=str(tmp_path))
    names = [row["variant"] for row in rows]
    tuning = [f"tuning, lambda {weight}" for weight in (1, 4, 16)]
    assert names[:6] == [*tuning, "synthetic", "one R", "history"]
    assert {"randomised", "equalised", "kNN", "real labels"} < {*names}
    settings = json.loads((tmp_path / "real_eyes.json").read_text())["settings"]
    assert settings["eyes"] == 160 and settings["test"] == 20
    assert settings["real"] == 120  # with their mirror images


def test_a_refiner_sees_no_photograph_of_the_test_and_few_of_its_person():
    own, others = simulate(40, "camera", seed=1), simulate(5, "camera", seed=2)
    blurred = own.images[:] // 2 * 2  # the same photographs, a grey level off
    real = EyeSet(np.concatenate([blurred, others.images]))
    images = unlabelled(real, own[:20], own[20:]).images
    assert len(images) == 20
    np.testing.assert_array_equal(images[10:15], others.images)
    np.testing.assert_array_equal(images[15:], others.images[:, :, ::-1])
    for eye in images[:10]:
        assert any(same_eye(eye, b) for b in own.images[:20])
        assert not any(same_eye(eye, b) for b in own.images[20:])


def test_a_refiner_sees_no_mirror_image_of_a_test():
    own, others = simulate(20, "camera", seed=1), simulate(5, "camera", seed=2)
    mirrored = EyeSet(others.images[:2, :, ::-1])  # as a file of the other eye has them
    images = unlabelled(others, own[:10], mirrored).images
    np.testing.assert_array_equal(images[:3], others.images[2:])
    np.testing.assert_array_equal(images[3:], others.images[2:, :, ::-1])


def same_eye(a, b):
    return np.abs(a.astype(int) - b).max() <= 1


def test_photographs_that_are_missing_are_asked_for(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SIMGAN_DATA_DIR", raising=False)
    assert main(["real_eyes", "--out", str(tmp_path)]) == 2
    assert "Set SIMGAN_DATA_DIR" in capsys.readouterr().err
