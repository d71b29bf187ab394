"""A training run in a folder: checkpoints, resuming, and what comes out of it."""

import csv
import json
import math
import zlib
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from .eyes import EyeSet, to_float, to_uint8
from .files import writing
from .training import SimGAN, batches


class Checkpoints(keras.callbacks.Callback):
    """Writes the whole state of a run and its curves every few steps, and keeps them together.

    Args:
        run: Folder of the run.
        every: Steps between two checkpoints.
    """

    def __init__(self, run, every):
        super().__init__()
        self.run, self.every = Path(run), every
        self.rows = []

    def restore(self, model):
        """Loads the last checkpoint into a model of the same preset, and the curves up to it."""
        try:
            model.load_weights(self.run / "checkpoint.weights.h5")
            with open(self.run / "curves.csv", newline="") as file:
                rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
            rows = [row | {"step": int(row["step"])} for row in rows]
            steps = [row["step"] for row in rows]
            self.rows = rows[: steps.index(int(model.step)) + 1]
        except Exception as error:  # Keras raises many kinds for a file that is not its own
            raise ValueError(
                "The checkpoint or the curves of the run are damaged, begin it in another folder; "
                f"received {self.run}"
            ) from error

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.step)
        if step % self.every and batch + 1 < self.params["steps"]:
            return
        means = self.model.means.items()
        row = {
            name: float(mean.result()) if float(mean.count) else math.nan for name, mean in means
        }
        self.rows.append({"step": step} | row)
        self.model.reset_metrics()
        # Curves first: rows beyond the checkpoint are cut when it is restored, not the reverse.
        with writing(self.run / "curves.csv") as path, open(path, "w", newline="") as file:
            table = csv.DictWriter(file, self.rows[0])
            table.writeheader()
            table.writerows(self.rows)
        with writing(self.run / "checkpoint.weights.h5") as path:
            self.model.save_weights(path)


def train(
    synthetic, real, preset, run, seed=0, resume=False, callbacks=(), build=SimGAN.from_preset
):
    """Trains a refiner from warm-up to end, in a folder from which it can be resumed.

    Writes `preset.json`, `curves.csv` (a row a checkpoint), `checkpoint.weights.h5` (weights,
    optimisers, buffer, step) and at the end `refiner.keras`.

    Args:
        synthetic: `EyeSet` of simulated eyes.
        real: `EyeSet` of real eyes; labels are not looked at.
        preset: A `Preset`.
        run: Folder, made if it does not exist.
        seed: Seed of weights, batches and buffer.
        resume: Go on from the folder's checkpoint, or begin where there is none yet.
        callbacks: Further callbacks for `fit`.
        build: Function from preset and seed to a compiled `SimGAN`.

    Returns:
        The trained `SimGAN` and its curves, a list of dicts.

    Raises:
        ValueError: If the folder holds a run and `resume` is False, or a run of another preset,
            seed or data and `resume` is True.
    """
    run = Path(run)
    data = {"synthetic": _fingerprint(synthetic), "real": _fingerprint(real)}
    _claim(run, asdict(preset) | {"seed": seed} | data, resume)
    model = build(preset, seed)
    checkpoints = Checkpoints(run, preset.checkpoint_steps)
    if resume and (run / "checkpoint.weights.h5").exists():
        checkpoints.restore(model)
    while (step := int(model.step)) < preset.total_steps:
        model.stage, end = preset.stage(step)
        model.fit(
            batches(synthetic, real, preset, seed, start=step),
            steps_per_epoch=end - step,
            verbose=0,
            shuffle=False,
            callbacks=[checkpoints, *callbacks],
        )
    with writing(run / "refiner.keras") as path:
        model.refiner.save(path)
    return model, checkpoints.rows


def _fingerprint(eyes):
    """What tells one set of eyes from another, at the cost of reading two blocks of it."""
    return [len(eyes), *(zlib.crc32(eyes.images[rows]) for rows in (slice(512), slice(-512, None)))]


def _claim(run, settings, resume):
    """Makes the folder of a run, or refuses one that something else lives in."""
    file = run / "preset.json"
    if run.exists() and not run.is_dir():
        raise ValueError(f"A run needs a folder; received {run}")
    if not file.exists():
        for name in ("curves.csv", "checkpoint.weights.h5", "refiner.keras"):
            if (run / name).exists():
                raise ValueError(f"The run would overwrite a file of yours; received {run / name}")
        run.mkdir(parents=True, exist_ok=True)
        with writing(file) as path:
            path.write_text(json.dumps(settings, indent=2))
        return
    if not resume:
        raise ValueError(
            f"There is a run already; resume it or choose another folder; received {run}"
        )
    try:
        before = {name: json.loads(file.read_text())[name] for name in settings}
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"The settings of the run are damaged; received {file}") from error
    for name, value in settings.items():
        if name != "steps" and before[name] != value:  # a run may be made longer
            raise ValueError(
                f"{run} is a run of another kind and cannot be resumed with these settings: "
                f"{name} was {before[name]}; received {value}"
            )


class RefinedImages:
    """The images of a set as a refiner shows them, computed when they are read."""

    dtype = np.dtype("uint8")

    def __init__(self, refiner, images):
        self.refiner, self.images = refiner, images
        self.shape = images.shape

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        refined = self.refiner.predict(to_float(self.images[index]), batch_size=128, verbose=0)
        return to_uint8(refined)


def refine(refiner, eyes):
    """Refines a set of eyes and keeps its labels.

    Images are refined when they are read, so that a set larger than memory can be saved; save and
    load what is read more than once.

    Args:
        refiner: A trained refiner.
        eyes: An `EyeSet` of simulated eyes.

    Returns:
        An `EyeSet` with the same gaze.
    """
    return EyeSet(
        RefinedImages(refiner, eyes.images), eyes.gaze, eyes.person, f"{eyes.source}, refined"
    )


def load_refiner(path):
    """Loads a refiner.

    Raises:
        ValueError: If the file is missing, damaged or no model from eyes to eyes.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no refiner; train one with `simgan train`; received {path}")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises many kinds for a file that is not its own
        raise ValueError(f"The file is no Keras model or a damaged one; received {path}") from error
    if not model.input_shape == model.output_shape == (None, 35, 55, 1):
        raise ValueError(
            "A refiner turns eyes (35, 55, 1) into eyes; received a model from "
            f"{model.input_shape} to {model.output_shape} in {path}"
        )
    return model
