"""Starting `simgan` against starting Python; neither help nor the simulator needs TensorFlow."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import by_turns

SIMULATE = "simulate --domain synthetic --count 100 --out".split()
IMPORTS = (
    "import sys; from simgan_lib.cli import main; main(); sys.exit('tensorflow' in sys.modules)"
)


def python(*words, check=True):
    """Runs Python, quietly, and returns its exit code."""
    return subprocess.run([sys.executable, *words], capture_output=True, check=check).returncode


def main():
    with TemporaryDirectory() as folder:
        out = str(Path(folder, "eyes.h5"))
        plain, help, simulate = by_turns(
            lambda: python("-c", "pass"),
            lambda: python("-m", "simgan_lib", "--help"),
            lambda: python("-m", "simgan_lib", *SIMULATE, out),
            rounds=7,
        )
        tensorflow = python("-c", IMPORTS, *SIMULATE, out, check=False)
    print(
        f"start-up: python {plain:.2f} s, simgan --help {help:.2f} s: {help / plain:.1f} times; "
        f"simgan simulate of 100 eyes {simulate:.2f} s: {simulate / plain:.1f} times, "
        f"{'imports' if tensorflow else 'without'} TensorFlow (aim: without)"
    )


if __name__ == "__main__":
    main()
