"""Measures one experiment, or goes on with it: `python -m experiments NAME`."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from simgan_lib.measure.results import RESULTS
from simgan_lib.start import quiet_tensorflow

NAMES = (
    "stand_in",
    "gap",
    "history",
    "survival",
    "ablations",
    "remedies",
    "real_eyes",
    "hands",
    "attacks",
    "family",
)
RUNS = Path(__file__).parent / "runs"


def main(argv=None):
    """Runs the command and returns its exit code: 0, 2 for bad input, 130 when interrupted."""
    words = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    words.add_argument("name", choices=NAMES)
    words.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    words.add_argument("--runs", type=Path, default=RUNS, help="folder of trainings under way")
    words.add_argument(
        "--few", action="store_true", help="a few steps, eyes and estimators, to try it"
    )
    args = words.parse_args(argv)
    quiet_tensorflow()
    import tensorflow as tf

    from experiments import common

    tf.config.experimental.enable_op_determinism()
    if args.few:
        common.ESTIMATORS = 1
        tf.config.run_functions_eagerly(True)  # a few steps end before a graph is built
    try:
        import_module(f"experiments.{args.name}").main(args.out, args.runs, args.few)
    except (OSError, ValueError) as error:
        print(f"experiments: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("experiments: stopped; the same command goes on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
