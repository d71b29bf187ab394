"""The whole way on simulated eyes: two sets of eyes, a refiner, an error in degrees."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .baselines import add_noise, constant
from .estimator import estimate_gaze, train_estimator
from .evaluation import summary
from .eyes import EyeSet
from .gaze import angular_error
from .pocket import simulate
from .runs import refine, train
from .training import PRESETS

NOISE_LEVELS = 4, 8, 16  # standard deviations, grey levels


class DemoEyes(NamedTuple):
    """Five `EyeSet`s of different persons each."""

    synthetic: EyeSet
    camera: EyeSet  # without labels, for the refiner
    labelled: EyeSet  # of the camera, for the bound
    validation: EyeSet  # of the camera
    test: EyeSet  # of the camera


def demo_eyes(seed=0, count=8_000, test=2_000):
    """Simulates the eyes of the demo.

    Args:
        seed: Seed; other seeds are other persons.
        count: Eyes of each training set.
        test: Eyes of the test.

    Returns:
        `DemoEyes`.
    """
    synthetic = simulate(count, "synthetic", 10 * seed, progress=True)
    camera, labelled, validation, tested = (
        simulate(size, "camera", 10 * seed + k, progress=True)
        for k, size in enumerate((count, count, test // 2, test), start=1)
    )
    return DemoEyes(synthetic, EyeSet(camera.images), labelled, validation, tested)


def run_demo(out, seed=0, progress=lambda what: ()):
    """Makes the eyes, trains the refiner and the estimators, and measures.

    The refiner sees no label of a camera eye. The strength of the noise is chosen
    on labelled validation eyes, an advantage that the refiner does not get. A training that was
    interrupted in the same folder goes on where it stopped.

    Args:
        out: Folder for `refiner.keras`, `refined.h5` and what `train` writes.
        seed: Seed of everything.
        progress: Function from the name of a training to callbacks for its `fit`.

    Returns:
        A dict of numbers for `report.json`, and a dict of what the figures show.
    """
    started = time.perf_counter()
    out = Path(out)
    synthetic, camera, labelled, validation, test = demo_eyes(seed)
    model, curves = train(
        synthetic,
        camera,
        PRESETS["pocket"],
        out,
        seed,
        resume=True,
        callbacks=progress("SimGAN"),
    )
    refine(model.refiner, synthetic).save(out / "refined.h5")
    refined = EyeSet.load(out / "refined.h5")

    def estimator(eyes, name):
        return train_estimator(eyes, "pocket", seed, progress(f"gaze estimator on {name}"))

    noisy = [
        estimator(add_noise(synthetic, level, seed), f"noise {level}") for level in NOISE_LEVELS
    ]
    validated = [
        angular_error(estimate_gaze(network, validation), validation.gaze).mean()
        for network in noisy
    ]
    estimated = {
        "constant": constant(synthetic.gaze, len(test)),
        "synthetic": estimate_gaze(estimator(synthetic, "synthetic"), test),
        "noise": estimate_gaze(noisy[np.argmin(validated)], test),
        "refined": estimate_gaze(estimator(refined, "refined"), test),
        "real_labels": estimate_gaze(estimator(labelled, "real labels"), test),
    }
    rows = {name: summary(vectors, test.gaze) for name, vectors in estimated.items()}
    report = {
        measure: {name: round(row[measure], 2) for name, row in rows.items()}
        for measure in ("error_deg", "error_deg_calibrated", "within_7deg")
    }
    report |= {
        "noise_grey_levels": NOISE_LEVELS[np.argmin(validated)],
        "test": f"{len(test)} simulated camera eyes, a stand-in for real photographs",
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 1),
    }
    errors = {name: angular_error(vectors, test.gaze) for name, vectors in estimated.items()}
    return report, {
        "eyes": {
            "synthetic": synthetic.images,
            "the same, refined": refined.images[:10],
            "camera, a stand-in for real photographs": camera.images,
        },
        "curves": curves,
        "errors": errors,
    }
