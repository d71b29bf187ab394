"""The whole way on simulated eyes: two sets of eyes, a refiner, an error in degrees."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..data.eyes import EyeSet
from ..data.find import apart
from ..data.gaze import angular_error
from ..measure.baselines import NOISE, STRENGTH, add_noise, constant, equalise, randomise_domain
from ..measure.estimator import estimate_gaze, train_estimator
from ..measure.evaluation import summary
from ..simgan.refining import load_refiners, refine
from ..simgan.runs import train
from ..simgan.training import PRESETS
from ..simulators.pocket import simulate

STAND_IN = (
    "The camera eyes are simulated too: a stand-in for real photographs, whose labels are known. "
    "The persons of the test are in no training set."
)


class DemoEyes(NamedTuple):
    """Five sets of eyes, no person of the test in another one where persons are known."""

    synthetic: EyeSet
    camera: EyeSet  # without labels, for the refiner
    labelled: EyeSet  # of the camera, for the bound
    validation: EyeSet  # of the camera
    test: EyeSet  # of the camera
    note: str = STAND_IN


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


def real_demo_eyes(found, seed=0, count=8_000):
    """Chooses the eyes of the demo from real ones.

    Args:
        found: `simgan_lib.data.find.Found` with labelled eyes.
        seed: Seed of the choice, and of the synthetic eyes where none were found.
        count: Eyes of each training set.

    Returns:
        `DemoEyes`.

    Raises:
        ValueError: If there are too few persons, or eyes of one person, for four parts.
    """
    rng = np.random.default_rng(seed)
    camera, known, test = apart(found, 0.8, seed, count)
    several = known.person is not None and len(np.unique(known.person)) > 1
    labelled, validation = known.split(0.8, seed, by="person" if several else None)
    synthetic = found.simulated
    if synthetic is None:
        synthetic = simulate(count, "synthetic", 10 * seed, progress=True)
    synthetic = synthetic[rng.permutation(len(synthetic))[:count]]
    labelled = labelled[rng.choice(len(labelled), count, replace=len(labelled) < count)]
    return DemoEyes(synthetic, camera, labelled, validation, test, f"{found.said}.")


def run_demo(out, seed=0, progress=lambda what: (), found=None):
    """Takes the eyes, trains the refiners and the estimators, and measures.

    The refiner sees no label of a camera eye. A training that was interrupted in the same folder
    goes on where it stopped.

    Args:
        out: Folder for the run, for `refined.h5`, what its history makes of the synthetic eyes.
        seed: Seed of everything.
        progress: Function from the name of a training to callbacks for its `fit`.
        found: `simgan_lib.data.find.Found` with labelled eyes to take; None simulates all eyes.

    Returns:
        A dict of numbers for `report.json`, and a dict of what the figures show.
    """
    started = time.perf_counter()
    out = Path(out)
    eyes = real_demo_eyes(found, seed) if found else demo_eyes(seed)
    synthetic, camera, labelled, _, test, note = eyes
    preset = PRESETS["pocket"]
    _, curves = train(
        synthetic, camera, preset, out, seed, resume=True, callbacks=progress("SimGAN")
    )
    refiners = load_refiners(out)
    refine(refiners, synthetic, seed).save(out / "refined.h5")
    refined = EyeSet.load(out / "refined.h5")
    one = refine(refiners[-1], synthetic)[:]
    learned_from = {
        "synthetic": synthetic,
        "noise": add_noise(synthetic, NOISE, seed),
        "equalised": equalise(synthetic),
        "randomised": randomise_domain(synthetic, STRENGTH, seed),
        "one_refiner": one,
        "history": refined,
        "real_labels": labelled,
    }
    estimated = {"constant": constant(synthetic.gaze, len(test))}
    for name, known in learned_from.items():
        callbacks = progress(f"gaze estimator: {name.replace('_', ' ')}")
        estimated[name] = estimate_gaze(train_estimator(known, "pocket", seed, callbacks), test)
    rows = {name: summary(vectors, test.gaze) for name, vectors in estimated.items()}
    report = {
        measure: {name: round(row[measure], 2) for name, row in rows.items()}
        for measure in ("error_deg", "error_deg_calibrated", "within_7deg")
    }
    report |= {
        "refiners": len(refiners),
        "test": f"{len(test):,} camera eyes",
        "note": note,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 1),
    }
    errors = {name: angular_error(vectors, test.gaze) for name, vectors in estimated.items()}
    return report, {
        "eyes": {
            "synthetic": synthetic.images,
            "the same, one refiner": one.images[:10],
            "the same, the history": refined.images[:10],
            "camera": camera.images,
        },
        "curves": curves,
        "errors": errors,
    }
