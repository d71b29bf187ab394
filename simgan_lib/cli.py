"""The command `simgan`."""

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from .start import quiet_tensorflow

NOTE = (
    "each row but the first two is one training, so a small difference is chance: another --seed "
    "shows how much"
)
STAGES = {"refiner": "Warm-up of R", "discriminator": "Warm-up of D", "adversarial": "Algorithm 1"}
BARS = []  # progress bars, to be closed before an interrupt is reported


def main(argv=None):
    """Runs the command.

    Args:
        argv: Words after `simgan`; those of the process if None.

    Returns:
        Exit code: 0, 2 for bad input, 130 when interrupted.
    """
    args = parser().parse_args(argv)
    try:
        result = args.command(args)
    except KeyboardInterrupt:
        while BARS:
            BARS.pop().close()
        hint = "; train goes on with --resume" if args.command is train else ""
        print(f"simgan: stopped{hint}", file=sys.stderr)
        return 130
    except OSError as error:
        where = f"; received {error.filename}" if error.filename else ""
        print(f"simgan: {error.strerror or error}{where}", file=sys.stderr)
        return 2
    except (ImportError, ValueError) as error:
        print(f"simgan: {error}", file=sys.stderr)
        return 2
    try:
        print(json.dumps(result) if args.json else "\n".join(lines(result)), flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python tries again when it ends
        if isinstance(error, BrokenPipeError):  # the reader has seen enough
            return 0
        print(f"simgan: the result cannot be printed, {error.strerror}", file=sys.stderr)
        return 2
    return 0


def lines(result, indent=""):
    """A result as lines for people."""
    first = max(22, *map(len, result))
    for name, value in result.items():
        if isinstance(value, dict) and all(isinstance(row, dict) for row in value.values()):
            yield from table(name, value)
        elif isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from lines(value, indent + "  ")
        else:
            value = f"{value:.2f}" if isinstance(value, float) else value
            yield f"{indent}{name:<{first}} {value}"


def table(name, rows):
    """Rows of numbers as lines for people, beneath the names of their columns."""
    first = max(len(text) for text in (name, *rows))
    columns = list(next(iter(rows.values())))
    yield "  ".join([name.ljust(first), *columns])
    for text, row in rows.items():
        numbers = (f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values())
        right = (n.rjust(len(column)) for n, column in zip(numbers, columns, strict=True))
        yield "  ".join([text.ljust(first), *right])


def parser():
    """The words that `simgan` understands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--seed", type=seed, default=0, help="seed of everything random (0)")
    common.add_argument("--json", action="store_true", help="print the result as one JSON object")
    main = argparse.ArgumentParser(
        prog="simgan", description="SimGAN: refine simulated eyes until they look real."
    )
    commands = main.add_subparsers(required=True, metavar="COMMAND")

    def add(command, help):
        sub = commands.add_parser(
            command.__name__, parents=[common], help=help, description=command.__doc__
        )
        sub.set_defaults(command=command)
        return sub

    sub = add(demo, "the whole way on simulated eyes, minutes, no data needed")
    sub.add_argument("--out", type=Path, default=Path("simgan-demo"), help="folder (simgan-demo)")
    sub.add_argument("--data", type=Path, help="folder of real eyes (where data_download packs)")

    add(doctor, "what this machine has, and minutes a lesson")

    sub = add(simulate, "make labelled eyes")
    sub.add_argument(
        "--domain",
        choices=("synthetic", "camera"),
        required=True,
        help="clean as a renderer makes them, or as a webcam shows them",
    )
    sub.add_argument("--count", type=int, required=True, help="number of eyes")
    sub.add_argument("--out", type=Path, required=True, help="HDF5 file")
    for axis in ("pitch", "yaw"):
        sub.add_argument(
            f"--{axis}", type=float, nargs=2, metavar=("LO", "HI"), help="range in degrees"
        )

    def add_folder_options(sub):
        sub.add_argument("--size", type=positive, nargs=2, metavar=("H", "W"), help="in pixels")
        ways = sub.add_mutually_exclusive_group()
        for how, what in (("crop", "with --size, cut sides off"), ("pad", "with --size, fill up")):
            ways.add_argument(f"--{how}", dest="how", action="store_const", const=how, help=what)
        sub.add_argument("--skip-broken", action="store_true", help="leave out what is no image")

    sub = add(train, "train a refiner")
    sub.add_argument("--synthetic", type=Path, required=True, help="a simulator's folder or file")
    sub.add_argument("--real", type=Path, required=True, help="real ones; labels are not looked at")
    add_folder_options(sub)
    sub.add_argument("--out", type=Path, required=True, help="folder of the run")
    sub.add_argument(
        "--preset",
        choices=("pocket", "paper"),
        default="pocket",
        help="pocket, the default: minutes on a laptop; paper: the published networks, hours",
    )
    sub.add_argument("--steps", type=positive, help="rounds of Algorithm 1, after the warm-up")
    sub.add_argument("--resume", action="store_true", help="go on where the run stopped")

    sub = add(refine, "refine simulated eyes, labels carried over")
    sub.add_argument("--refiner", type=Path, required=True, help="folder of a run, or one .keras")
    sub.add_argument("--synthetic", type=Path, required=True, help="a simulator's folder or file")
    sub.add_argument("--out", type=Path, required=True, help="HDF5 file, or folder for a folder")
    sub.add_argument(
        "--labels", type=Path, nargs="+", default=[], help="folders with a file for each image"
    )
    add_folder_options(sub)

    sub = add(evaluate, "does refining help on your task? networks from several sets, and rivals")
    sub.add_argument(
        "--train",
        type=Path,
        nargs="+",
        required=True,
        help="labelled sets to learn from, the simulator's own first",
    )
    sub.add_argument(
        "--test", type=Path, required=True, help="labelled real images to be judged on"
    )
    sub.add_argument("--label", default="gaze", help="what to learn (gaze)")
    sub.add_argument("--classes", action="store_true", help="the label's numbers name classes")
    sub.add_argument(
        "--estimator",
        choices=("pocket", "paper"),
        default="pocket",
        help="of gaze: small, or as large as the paper's (pocket)",
    )
    sub.add_argument("--html", type=Path, help="page to write, with the table and images")
    add_folder_options(sub)

    sub = add(pack, "turn a folder, or a file of any known layout, into one packed file")
    sub.add_argument("source", type=Path, metavar="IN", help="folder of images, HDF5, .npz or .npy")
    sub.add_argument("out", type=Path, metavar="OUT.h5", help="HDF5 file")
    add_folder_options(sub)
    return main


def seed(text):
    """A seed from the command line; the demo makes five of it, which must fit in 32 bits."""
    if not text.isdigit() or int(text) > 400_000_000:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 0 to 400,000,000, received {text}"
        )
    return int(text)


def positive(text):
    """A number from the command line that counts something: an integer from 1 on."""
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, received {text}")
    return int(text)


def demo(args):
    """Train a refiner between simulated eyes and real or simulated ones; measure in degrees."""
    start_tensorflow()
    import matplotlib

    matplotlib.use("agg")  # the page needs no window
    from .course.demo import run_demo
    from .course.report import report_page, verdict
    from .data.find import find_eyes
    from .files import check_writable, writing

    args.out.mkdir(parents=True, exist_ok=True)
    check_writable(args.out / "report.html")
    found = find_eyes(args.data)
    said = found.said
    if found.labelled is None:
        if any(found[:3]):
            said += ": none are real and have gaze to measure on, so all eyes are simulated"
        found = None
    print(said, file=sys.stderr)
    report, shown = run_demo(args.out, args.seed, progress_bars, found)
    report |= {"verdict": verdict(report), "page": str(args.out / "report.html")}
    for name, text in (
        ("report.html", report_page(report, shown)),
        ("report.json", json.dumps(report, indent=2) + "\n"),
    ):
        with writing(args.out / name) as path:
            path.write_text(text, encoding="utf-8")
    return report


def doctor(args):
    """Say what this machine has, and how many minutes each lesson will take on it."""
    start_tensorflow()
    from .course.doctor import examine

    return examine()


def simulate(args):
    """Make eyes with known gaze, clean as a renderer makes them or as a webcam shows them."""
    from .files import check_writable
    from .simulators import pocket

    check_writable(args.out)
    ranges = {axis: getattr(args, axis) for axis in ("pitch", "yaw") if getattr(args, axis)}
    eyes = pocket.simulate(args.count, args.domain, args.seed, progress=True, **ranges)
    eyes.save(args.out)
    return {"eyes": len(eyes), "domain": args.domain, "out": str(args.out)}


def load(path, args, beside=()):
    """Images of a file or a folder, brought to the size that the command line names."""
    from .data.reading import load_images

    if args.how and not args.size:
        raise ValueError(f"--crop and --pad need --size HEIGHT WIDTH; received --{args.how} alone")
    images = load_images(path, args.size, args.how, beside, args.skip_broken)
    if left_out := getattr(images, "left_out", ()):
        named = ", ".join(left_out[:3])
        print(f"Left out {len(left_out)} broken images of {path}: {named}", file=sys.stderr)
    return images


def train(args):
    """Train a refiner between simulated and real images, in a folder that `refine` takes."""
    start_tensorflow()
    from .simgan.runs import train
    from .simgan.training import PRESETS

    synthetic, real = load(args.synthetic, args), load(args.real, args)
    if args.synthetic.resolve() == args.real.resolve():
        raise ValueError(
            "Synthetic and real images are two sets, so name another for one of them; received "
            f"{args.real} for both"
        )
    preset = PRESETS[args.preset]
    if args.steps is not None:
        preset = replace(preset, steps=args.steps)
    _, curves = train(
        synthetic, real, preset, args.out, args.seed, args.resume, progress_bars("SimGAN")
    )
    return {"refiner": str(args.out), **curves[-1]}


def refine(args):
    """Refine simulated images, each with one of a run's refiners, drawn at random."""
    start_tensorflow()
    from .files import check_writable
    from .simgan.refining import load_refiners, refine

    if not (args.synthetic.is_dir() and not args.out.suffix):
        check_writable(args.out)
    if args.out.suffix == ".keras" or args.out.name.endswith(".weights.h5"):
        raise ValueError(
            f"The images would overwrite a refiner or its run; received --out {args.out}"
        )
    images, refiners = load(args.synthetic, args, args.labels), load_refiners(args.refiner)
    refine(refiners, images, args.seed).save(args.out)
    return {
        "images": len(images),
        "labels": ", ".join(images.labels) or "none",
        "refiners": len(refiners),
        "out": str(args.out),
    }


def evaluate(args):
    """Train networks on labelled sets and on what simple rivals make of the first; test on real."""
    start_tensorflow()
    import matplotlib

    matplotlib.use("agg")
    from .files import check_writable, writing
    from .measure.comparison import compare

    if args.html:
        check_writable(args.html)
    trains = {str(path): load(path, args) for path in args.train}
    test = load(args.test, args)
    rows, confusion = compare(
        trains, test, args.label, args.seed, args.classes, args.estimator, progress_bars
    )
    result = {"learned from": rows}
    if confusion:
        result["true class"] = confusion
    result |= {"label": args.label, "tested_on": len(test), "seed": args.seed, "note": NOTE}
    if args.html:
        from .course.report import comparison_page

        with writing(args.html) as path:
            path.write_text(comparison_page(result, trains, test), encoding="utf-8")
    return result


def pack(args):
    """Turn a folder or a file of images into one packed file, which opens at once."""
    from .files import check_writable

    check_writable(args.out)
    images = load(args.source, args)
    images.save(args.out)
    labels = ", ".join(images.labels) or "none"
    return {"images": len(images), "labels": labels, "out": str(args.out)}


def start_tensorflow():
    """Imports TensorFlow without its greetings and makes it compute the same bits each time."""
    quiet_tensorflow()
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()


def progress_bars(what):
    """Keras callbacks that show the progress of one training on stderr."""
    import keras
    from tqdm import tqdm

    class Bar(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            total = self.params["epochs"] * self.params["steps"]
            name = STAGES.get(getattr(self.model, "stage", None), what)
            self.bar = tqdm(total=total, desc=name, file=sys.stderr, delay=2)
            BARS.append(self.bar)

        def on_train_batch_end(self, batch, logs=None):
            self.bar.update()

        def on_train_end(self, logs=None):
            self.bar.close()

    return [Bar()]
