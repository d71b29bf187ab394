"""A training run in a folder: checkpoints, resuming, and what comes out of it."""

import csv
import json
import math
import zlib
from dataclasses import asdict
from pathlib import Path

import keras

from ..files import writing
from .training import SimGAN, batches

FLAT = 0.1  # of the synthetic eyes' contrast: an eye with less is of one grey
SMALLEST = 23  # pixels a side, D's window on small images
PATIENCE = 50  # rounds in a row in which every eye is flat, before a run is stopped


class Checkpoints(keras.callbacks.Callback):
    """Writes the whole state of a run, its curves and its history of refiners, and keeps watch.

    Args:
        run: Folder of the run.
        preset: The run's `Preset`, which says after which steps to write.
    """

    def __init__(self, run, preset):
        super().__init__()
        self.run, self.preset = Path(run), preset
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
        # Before the checkpoint: what is killed here is kept again, with the same bits.
        if step in self.preset.history_steps:
            with writing(history_file(self.run, step)) as path:
                self.model.refiner.save(path)
        if step % self.preset.checkpoint_steps and batch + 1 < self.params["steps"]:
            return
        means = self.model.means.items()
        row = {
            name: float(mean.result()) if float(mean.count) else math.nan for name, mean in means
        }
        self.rows.append({"step": step} | row)
        self.model.reset_metrics()
        self._watch(step)
        # Curves first: rows beyond the checkpoint are cut when it is restored, not the reverse.
        with writing(self.run / "curves.csv") as path, open(path, "w", newline="") as file:
            table = csv.DictWriter(file, self.rows[0])
            table.writeheader()
            table.writerows(self.rows)
        with writing(self.run / "checkpoint.weights.h5") as path:
            self.model.save_weights(path)

    def _watch(self, step):
        """Stops a run whose eyes have been flat for too long; nothing would bring them back."""
        alive = [row["step"] for row in self.rows if not row["contrast"] < FLAT]
        since = max(alive, default=0)
        if step - since >= PATIENCE:
            raise ValueError(
                f"Every refined eye has been of one grey since step {since}, so R has collapsed; "
                "begin again in another folder, with another seed, a larger weight (lambda) or a "
                f"lower refiner_rate; received {self.run}"
            )


def history_file(run, step):
    """Where a run keeps the refiner of a step."""
    return Path(run) / "history" / f"{step:06}.keras"


def train(
    synthetic, real, preset, run, seed=0, resume=False, callbacks=(), build=SimGAN.from_preset
):
    """Trains a refiner from warm-up to end, in a folder from which it can be resumed.

    Writes `preset.json`, `curves.csv` (a row a checkpoint), `checkpoint.weights.h5` (weights,
    optimisers, buffer, step), in the second half `history/STEP.keras`, refiners from which
    `load_refiners` makes a history, and at the end `refiner.keras`, the last of them.

    Args:
        synthetic: `ImageSet` of simulated images, such as an `EyeSet`.
        real: `ImageSet` of real ones; labels are not looked at.
        preset: A `Preset`.
        run: Folder, made if it does not exist.
        seed: Seed of weights, batches and buffer.
        resume: Go on from the folder's checkpoint, or begin where there is none yet.
        callbacks: Further callbacks for `fit`.
        build: Function from preset, seed and `image_shape` to a compiled `SimGAN`.

    Returns:
        The trained `SimGAN` and its curves, a list of dicts.

    Raises:
        ValueError: If the folder holds a run and `resume` is False, or a run of another preset,
            seed or data and `resume` is True; if the images of the two sets differ in shape; if R
            collapses and makes every eye of one grey.
    """
    run = Path(run)
    _check_alike(synthetic, real)
    data = {"synthetic": _fingerprint(synthetic), "real": _fingerprint(real)}
    _claim(run, asdict(preset) | {"seed": seed} | data, resume)
    model = build(preset, seed, image_shape=synthetic.image_shape)
    checkpoints = Checkpoints(run, preset)
    if resume and (run / "checkpoint.weights.h5").exists():
        checkpoints.restore(model)
    if int(model.step) < preset.total_steps:  # made longer: it has no history before its new end
        (run / "refiner.keras").unlink(missing_ok=True)
    while (step := int(model.step)) < preset.total_steps:
        model.stage, end = preset.stage(step)
        model.fit(
            batches(synthetic, real, preset, seed, start=step),
            steps_per_epoch=end - step,
            verbose=0,
            shuffle=False,
            callbacks=[checkpoints, *callbacks],
        )
    kept = {history_file(run, step) for step in preset.history_steps}
    for file in set((run / "history").iterdir()) - kept:  # of the shorter run that this one was
        file.unlink()
    with writing(run / "refiner.keras") as path:
        model.refiner.save(path)
    return model, checkpoints.rows


def _check_alike(synthetic, real):
    """Raises unless R and D can take images of both sets."""
    shapes = [images.image_shape for images in (synthetic, real)]
    if shapes[0][2] != shapes[1][2]:
        raise ValueError(
            "Simulated and real images must both be grey or both in colour, so convert one set; "
            f"received {shapes[0][2]} and {shapes[1][2]} channels"
        )
    if shapes[0] != shapes[1]:
        raise ValueError(
            "Simulated and real images must have one size, so bring folders to it with --size and "
            "--crop or --pad; received {} x {} and {} x {}".format(*shapes[0][:2], *shapes[1][:2])
        )
    if min(shapes[0][:2]) < SMALLEST:
        raise ValueError(
            f"An image needs at least {SMALLEST} pixels a side, for D judges windows as large; "
            "received {} x {}".format(*shapes[0][:2])
        )


def _fingerprint(eyes):
    """What tells one set of eyes from another, at the cost of reading two blocks of it."""
    return [len(eyes), *(zlib.crc32(eyes.images[rows]) for rows in (slice(512), slice(-512, None)))]


def _claim(run, settings, resume):
    """Makes the folder of a run, or refuses one that something else lives in."""
    file = run / "preset.json"
    if run.exists() and not run.is_dir():
        raise ValueError(f"A run needs a folder; received {run}")
    if not file.exists():
        if run.exists() and any(run.iterdir()):
            raise ValueError(f"A run goes to a new or an empty folder; received {run}")
        (run / "history").mkdir(parents=True, exist_ok=True)
        with writing(file) as path:
            path.write_text(json.dumps(settings, indent=2))
        return
    if not resume:
        raise ValueError(
            f"There is a run already; resume it or choose another folder; received {run}"
        )
    try:
        before = {name: json.loads(file.read_text())[name] for name in settings}
    except KeyError as error:
        raise ValueError(
            "An older version of the course made this run, so it can refine and not be resumed; "
            f"begin in another folder; received {run}"
        ) from error
    except (ValueError, TypeError) as error:
        raise ValueError(f"The settings of the run are damaged; received {file}") from error
    for name, value in settings.items():
        if name != "steps" and before[name] != value:  # a run may be made longer
            raise ValueError(
                f"{run} is a run of another kind and cannot be resumed with these settings: "
                f"{name} was {before[name]}; received {value}"
            )
