"""What a machine has, and how long the lessons will take on it: `simgan doctor`."""

import json
import os
import platform
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ..data.find import find_eyes
from ..simgan.training import PRESETS, SimGAN, batches
from ..simulators.pocket import simulate

# Seconds of every lesson and of a round, measured on one machine: `make lessons` writes them.
MEASURED = Path(__file__).parent / "lessons.json"


def seconds_a_round(rounds=5):
    """The median time of a round of Algorithm 1 with the preset `pocket`, after two others."""
    preset, ends = PRESETS["pocket"], []
    simgan = SimGAN.from_preset(preset)
    data = batches(simulate(200, "synthetic"), simulate(200, "camera"), preset)
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    simgan.fit(
        data, epochs=rounds + 2, steps_per_epoch=1, verbose=0, shuffle=False, callbacks=[clock]
    )
    return float(np.median(np.diff(ends[1:])))


def memory():
    """Gigabytes of memory, None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, OSError, ValueError):
        return None


def examine():
    """What `simgan doctor` prints: versions, the machine, eyes, and minutes a lesson."""
    measured = json.loads(MEASURED.read_text())
    pace = seconds_a_round() / measured["seconds_a_round"]
    ram = memory()
    return {
        "Python": platform.python_version(),
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
        "cores": os.cpu_count(),
        "memory": f"{ram:.0f} GB" if ram else "unknown",
        "GPU": len(tf.config.list_physical_devices("GPU")) or "none, and none is needed",
        "eyes": find_eyes().said.removeprefix("Eyes: "),
        "minutes of computing": {
            name: round(seconds * pace / 60, 1) for name, seconds in measured["lessons"].items()
        },
    }
