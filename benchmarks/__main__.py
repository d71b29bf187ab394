"""Runs the benchmarks, each in a process of its own, so that none sees another's memory."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

NAMES = (
    "training_step",
    "tensorflow_settings",
    "reading",
    "folders",
    "packing",
    "simulator",
    "refining_memory",
    "startup",
)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; else all")
    names = parser.parse_args().names
    if unknown := set(names) - set(NAMES):
        parser.error(f"NAME is one of {', '.join(NAMES)}; received {', '.join(unknown)}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    failed = 0
    for name in names or NAMES:
        run = [sys.executable, "-m", f"benchmarks.{name}"]
        result = subprocess.run(run, cwd=Path(__file__).parents[1], stderr=subprocess.PIPE)
        if result.returncode:  # else its stderr holds but progress bars and TensorFlow's greetings
            sys.stderr.buffer.write(result.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
