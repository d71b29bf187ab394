"""Runs: what they leave, resuming them, killing them, and refining with the result."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from conftest import same, weights
from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.images import to_float
from simgan_lib.simgan.discriminator import discriminator
from simgan_lib.simgan.refiner import refiner
from simgan_lib.simgan.refining import load_refiner, load_refiners, refine
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import PRESETS, SimGAN, batches
from simgan_lib.simulators.pocket import simulate


def test_a_run_leaves_its_refiner_and_curves(synthetic, real, tmp_path, tiny):
    model, rows = train(synthetic, real, tiny, tmp_path / "run", seed=1)
    assert [row["step"] for row in rows] == [3, 6, 12]
    assert np.isnan(rows[0]["accuracy_real"]) and rows[2]["accuracy_real"] >= 0
    loaded = load_refiner(tmp_path / "run" / "refiner.keras")
    assert same(weights(model.refiner), weights(loaded))
    names = {path.name for path in (tmp_path / "run").iterdir()}
    files = {"checkpoint.weights.h5", "curves.csv", "preset.json", "refiner.keras"}
    assert names == files | {"history"}


def test_a_run_keeps_refiners_of_its_second_half(synthetic, real, tmp_path, tiny):
    preset = replace(tiny, steps=8, history=4)  # after 6 steps of warm-up
    model, _ = train(synthetic, real, preset, tmp_path, seed=1)
    kept = sorted(path.name for path in (tmp_path / "history").iterdir())
    assert kept == ["000011.keras", "000012.keras", "000013.keras", "000014.keras"]
    history = load_refiners(tmp_path)
    assert same(weights(history[-1]), weights(model.refiner))
    for k, step in enumerate((5, 6, 7)):  # R as it was after these rounds
        shorter = replace(preset, steps=step)
        then, _ = train(synthetic, real, shorter, tmp_path.with_name(f"to-{step}"), seed=1)
        assert same(weights(history[k]), weights(then.refiner))


def test_a_run_made_longer_has_the_history_of_the_longer_run(synthetic, real, tmp_path, tiny):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.step) == 16:
                raise KeyboardInterrupt

    short, long = (replace(tiny, steps=steps, history=3) for steps in (6, 12))
    train(synthetic, real, short, tmp_path / "run", seed=1)
    with pytest.raises(KeyboardInterrupt):
        train(synthetic, real, long, tmp_path / "run", 1, resume=True, callbacks=[Stop()])
    with pytest.raises(ValueError, match="no refiner"):  # not a mixture of both
        load_refiners(tmp_path / "run")
    train(synthetic, real, long, tmp_path / "run", seed=1, resume=True)
    train(synthetic, real, long, tmp_path / "whole", seed=1)
    histories = [sorted((tmp_path / run / "history").iterdir()) for run in ("run", "whole")]
    assert [[file.name for file in files] for files in histories] == [
        ["000014.keras", "000016.keras", "000018.keras"]
    ] * 2
    for pair in zip(*(load_refiners(tmp_path / run) for run in ("run", "whole")), strict=True):
        assert same(*map(weights, pair))


def white(preset, seed, image_shape):
    """SimGAN as the course once had it, R's answer through a tanh, at the flat end of it."""
    model = SimGAN.from_preset(preset, seed)
    last = model.refiner.layers[-1]
    last.activation = keras.activations.tanh
    last.bias.assign([20.0])
    return model


def test_a_run_whose_eyes_stay_white_is_stopped_and_said(synthetic, real, tmp_path, tiny):
    preset = replace(tiny, steps=300, checkpoint_steps=10)
    for resume in (False, True):  # a second try finds the same
        with pytest.raises(ValueError, match="of one grey since step .*larger weight.*; received"):
            train(synthetic, real, preset, tmp_path / "run", resume=resume, build=white)
    assert not (tmp_path / "run" / "refiner.keras").exists()
    with pytest.raises(ValueError, match="no refiner; train one"):
        load_refiners(tmp_path / "run")


def test_a_refiner_without_tanh_comes_back_from_white(synthetic, real, tmp_path, tiny):
    def start_white(preset, seed, image_shape):
        model = SimGAN.from_preset(preset, seed)
        model.refiner.layers[-1].set_weights([np.zeros((1, 1, 4, 1)), np.array([3.0])])
        return model

    preset = replace(tiny, steps=300, checkpoint_steps=10, refiner_rate=0.01)
    _, rows = train(synthetic, real, preset, tmp_path, build=start_white)
    assert rows[0]["contrast"] < 0.1 and rows[-1]["contrast"] > 0.5


def test_a_run_is_neither_overwritten_nor_mixed_with_another(synthetic, real, tmp_path, tiny):
    train(synthetic, real, tiny, tmp_path, seed=1)
    with pytest.raises(ValueError, match="There is a run already"):
        train(synthetic, real, tiny, tmp_path, seed=1)
    with pytest.raises(ValueError, match="filters was 4; received 8"):
        train(synthetic, real, replace(tiny, filters=8), tmp_path, seed=1, resume=True)
    with pytest.raises(ValueError, match="seed was 1; received 2"):
        train(synthetic, real, tiny, tmp_path, seed=2, resume=True)
    longer, rows = train(synthetic, real, replace(tiny, steps=9), tmp_path, seed=1, resume=True)
    assert int(longer.step) == 15 and [row["step"] for row in rows] == [3, 6, 12, 15]


def test_other_eyes_and_damaged_runs_are_refused(synthetic, real, tmp_path, tiny):
    run = tmp_path / "run"

    def resume(eyes=synthetic):
        return train(eyes, real, replace(tiny, steps=8), run, seed=1, resume=True)

    train(synthetic, real, tiny, run, seed=1)
    other = EyeSet(255 - synthetic.images, synthetic.gaze)  # as many, but others
    with pytest.raises(ValueError, match="synthetic was"):
        resume(other)
    for name, damage in (
        ("curves.csv", b""),
        ("curves.csv", b"step,realism\n3,0.5\n6"),
        ("checkpoint.weights.h5", b""),
        ("preset.json", b"[]"),
        ("preset.json", b"no json"),
        ("preset.json", b"{}"),
    ):
        good = (run / name).read_bytes()
        (run / name).write_bytes(damage)
        with pytest.raises(ValueError, match="(damaged|older version).*; received .*run"):
            resume()
        (run / name).write_bytes(good)
    resume()


def test_a_folder_of_somebody_else_is_left_alone(synthetic, real, tmp_path, tiny):
    (tmp_path / "curves.csv").write_text("mine")
    with pytest.raises(ValueError, match="a new or an empty folder; received"):
        train(synthetic, real, tiny, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["curves.csv"]
    with pytest.raises(ValueError, match="needs a folder"):
        train(synthetic, real, tiny, tmp_path / "curves.csv")


def test_a_checkpoint_that_fails_leaves_the_last_good_one(
    synthetic, real, tmp_path, monkeypatch, tiny
):
    train(synthetic, real, tiny, tmp_path, seed=1)
    good = (tmp_path / "checkpoint.weights.h5").read_bytes()

    def dies(self, path):
        Path(path).write_bytes(good[: len(good) // 2])
        raise OSError("No space left on device")

    monkeypatch.setattr(SimGAN, "save_weights", dies)
    with pytest.raises(OSError, match="No space left"):
        train(synthetic, real, replace(tiny, steps=9), tmp_path, seed=1, resume=True)
    assert (tmp_path / "checkpoint.weights.h5").read_bytes() == good
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


RUN = """
import json, sys
import tensorflow as tf
from simgan_lib.simulators.pocket import simulate
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import Preset

tf.config.experimental.enable_op_determinism()
train(
    simulate(60, "synthetic", seed=1), simulate(50, "camera", seed=2),
    Preset(**json.loads(sys.argv[2])), sys.argv[1], seed=4, resume=True,
)
"""


def test_a_run_killed_at_any_step_ends_with_the_same_bits(tmp_path, tiny):
    preset = replace(
        tiny, refiner_warmup=10, discriminator_warmup=10, steps=200, checkpoint_steps=7
    )

    def start(run):
        command = [sys.executable, "-c", RUN, str(tmp_path / run), json.dumps(asdict(preset))]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)

    assert start("whole").wait() == 0
    kills = 0
    for pause in (0.0, 0.7, 2.3):  # seconds after a new checkpoint
        process = start("killed")
        curves = tmp_path / "killed" / "curves.csv"
        before = curves.stat().st_mtime_ns if curves.exists() else 0
        while process.poll() is None:
            if curves.exists() and curves.stat().st_mtime_ns != before:
                time.sleep(pause)
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        kills += process.wait() == -signal.SIGKILL
    assert kills >= 2, "the run was too short to be killed"
    assert start("killed").wait() == 0

    def state(run):
        model = SimGAN.from_preset(preset)
        model.load_weights(tmp_path / run / "checkpoint.weights.h5")
        return [np.asarray(v) for v in model.variables] + [
            np.asarray(v)
            for optimizer in (model.refiner_optimizer, model.discriminator_optimizer)
            for v in optimizer.variables
        ]

    assert same(state("whole"), state("killed"))
    whole, killed = ((tmp_path / run / "curves.csv").read_text() for run in ("whole", "killed"))
    assert whole == killed
    histories = [load_refiners(tmp_path / run) for run in ("whole", "killed")]
    assert len(histories[0]) == preset.history
    for pair in zip(*histories, strict=True):
        assert same(*map(weights, pair))


def test_fit_goes_on_under_keras_own_backup(synthetic, real, tmp_path, tiny):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def fit(model, callbacks):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        model.fit(
            batches(synthetic, real, tiny, start=int(model.step)),
            steps_per_epoch=4, epochs=3, verbose=0, callbacks=[backup, *callbacks],
        )  # fmt: skip

    first, second = SimGAN.from_preset(tiny, seed=3), SimGAN.from_preset(tiny, seed=8)
    with pytest.raises(KeyboardInterrupt):
        fit(first, [Stop()])
    fit(second, [])
    assert int(second.step) == 12
    assert float(tf.reduce_sum(second.buffer.used)) == 20


def test_tensorboard_gets_the_curves(synthetic, real, model, tmp_path, tiny):
    board = keras.callbacks.TensorBoard(tmp_path)
    model.fit(batches(synthetic, real, tiny), steps_per_epoch=2, verbose=0, callbacks=[board])
    events = b"".join(path.read_bytes() for path in tmp_path.rglob("events*"))
    assert b"accuracy_remembered" in events


def test_refine_keeps_labels_and_streams(model, synthetic, tmp_path):
    refined = refine(model.refiner, synthetic)
    np.testing.assert_array_equal(refined.gaze, synthetic.gaze)
    refined.save(tmp_path / "refined.h5")
    loaded = EyeSet.load(tmp_path / "refined.h5")
    expected = np.clip(model.refiner(to_float(synthetic.images[:7])), -1, 1)[..., 0]
    np.testing.assert_allclose(loaded.images[:7] / 127.5 - 1, expected, atol=0.5 / 127.5 + 1e-3)
    np.testing.assert_allclose(loaded.gaze, synthetic.gaze, atol=1e-6)


def test_a_mark_planted_in_real_eyes_is_drawn_by_r(tmp_path):
    # What any such game must pass: D sees the mark, and R learns of it from D alone.
    synthetic, real = simulate(400, "synthetic", seed=1), simulate(400, "camera", seed=2).images
    real[:, :2] = 255
    preset = replace(
        PRESETS["pocket"], filters=8, batch_size=16, buffer_size=500, refiner_warmup=60,
        discriminator_warmup=40, steps=200,
    )  # fmt: skip
    model, _ = train(synthetic, EyeSet(real), preset, tmp_path)

    def line(images):
        return images[:, :2].mean() - images[:, 4:7].mean()

    refined = refine(model.refiner, synthetic).images[:]
    assert line(refined) > line(real) / 2 > 40 > 2 * abs(line(synthetic.images))


def test_each_eye_is_refined_by_one_of_the_history(synthetic):
    history = [refiner(2) for _ in range(3)]
    for k, model in enumerate(history):  # whose answer says which of them it was
        model.layers[-1].set_weights([np.zeros((1, 1, 2, 1)), np.array([k / 2])])
    refined = refine(history, synthetic, seed=4)
    greys = [128, 191, 255]
    drawn = np.searchsorted(greys, refined.images[:][:, 0, 0])
    assert set(drawn) == {0, 1, 2} and min(np.bincount(drawn)) > 10
    np.testing.assert_array_equal(refined.images[:], refine(history, synthetic, seed=4).images[:])
    np.testing.assert_array_equal(refined.images[20:30], refined.images[:][20:30])
    np.testing.assert_array_equal(refined[[5, 3]].images, refined.images[:][[5, 3]])
    np.testing.assert_array_equal(refined.gaze, synthetic.gaze)
    assert not np.array_equal(refined.images[:], refine(history, synthetic, seed=5).images[:])
    one = refine(history[2], synthetic)
    assert (one.images[:] == 255).all()


def test_a_run_of_the_older_kind_still_refines(synthetic, tmp_path):
    model = refiner(2)
    model.layers[-1].activation = keras.activations.tanh
    (tmp_path / "preset.json").write_text("{}")
    model.save(tmp_path / "refiner.keras")
    (history,) = load_refiners(tmp_path)
    np.testing.assert_array_equal(
        refine(history, synthetic).images[:5], refine(model, synthetic).images[:5]
    )


def test_what_is_no_refiner_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no refiner"):
        load_refiner(tmp_path / "none.keras")
    (tmp_path / "text.keras").write_text("not a model")
    with pytest.raises(ValueError, match="no Keras model"):
        load_refiner(tmp_path / "text.keras")
    discriminator().save(tmp_path / "d.keras")
    with pytest.raises(ValueError, match="A refiner turns images"):
        load_refiner(tmp_path / "d.keras")
