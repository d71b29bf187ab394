"""A training step after `quiet_tensorflow` against one with TensorFlow as it comes."""

import subprocess
import sys
from statistics import median

STEPS = """
import sys, time
from simgan_lib.start import quiet_tensorflow
if sys.argv[1] == "ours":
    quiet_tensorflow()
from simgan_lib.simulators.pocket import simulate
from simgan_lib.simgan.training import PRESETS, SimGAN, batches
preset = PRESETS["pocket"]
eyes = simulate(500, "synthetic"), simulate(500, "camera")
model, data = SimGAN.from_preset(preset), batches(*eyes, preset)
model.fit(data, steps_per_epoch=3, verbose=0)
start = time.perf_counter()
model.fit(data, steps_per_epoch=20, verbose=0)
print((time.perf_counter() - start) / 20)
"""


def step(settings):
    """Seconds of a step of the pocket preset, in a process of its own."""
    run = [sys.executable, "-c", STEPS, settings]
    return float(subprocess.run(run, capture_output=True, check=True).stdout.split()[-1])


def main():
    by_turns = [(step("ours"), step("plain")) for _ in range(3)]
    ours, plain = map(median, zip(*by_turns, strict=True))
    print(
        f"training step, pocket, with our settings of TensorFlow and memory {ours:.2f} s, as they "
        f"come {plain:.2f} s: {plain / ours:.1f} times"
    )


if __name__ == "__main__":
    main()
