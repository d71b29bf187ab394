"""RESULTS.md from the results: `python -m experiments.report`, and with `--check` the bars.

Every number of RESULTS.md is computed here from `simgan_lib/measured/*.json`.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from simgan_lib.files import writing
from simgan_lib.results import RESULTS, by_seed, load_results, mean_interval, paired_interval, pairs

PAGE = Path(__file__).parents[1] / "RESULTS.md"

INTRODUCTION = """\
# Results

What the course has measured, on two CPU cores. Each table is one command, which goes on where it
stopped; its rows, one a seed, are in `simgan_lib/measured/`. Intervals are 95 %, Student's t over
the seeds; differences are taken in pairs of the same seed. This page is written by `make results`
from those files, and `make results-check` fails where it differs from them or where a bar that the
course set itself is not met.
"""

TITLES = {
    "stand_in": "Simulated camera eyes",
    "real_eyes": "Photographs",
    "ablations": "Ablations",
}

ABOUT = {
    "stand_in": """\
Eyes, refiner and estimators of seed s are those of `simgan demo --seed s`; the test eyes are
simulated camera eyes of persons that no training set has. kNN to random forest learn from the
synthetic eyes. Strengths of noise and domain randomisation are chosen on labelled validation eyes.
""",
    "real_eyes": """\
The refiner has seen the real eyes without labels; the test eyes are labelled eyes of one person, of
which the half that is reported took no part in choosing settings.
""",
    "ablations": """\
The training of `simgan demo`, one part changed at a time; a gaze estimator trained on the refined
eyes, tested on simulated camera eyes. A seed decides the eyes, the first weights and the batches,
alike for every variant.
""",
}


def interval(numbers, sign=""):
    """A mean and its interval as text."""
    mean, low, high = numbers
    return f"{mean:{sign}.2f} ({low:{sign}.2f} to {high:{sign}.2f})"


def table(rows, reference):
    """Every variant that has an error, with its paired difference from the reference."""
    measures = "mean error, degrees | calibrated | within 7 degrees, %"
    yield f"| variant | seeds | {measures} | against {reference} |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name in dict.fromkeys(row["variant"] for row in rows if "error_deg" in row):
        columns = [
            interval(mean_interval(by_seed(rows, name, measure)))
            if len(by_seed(rows, name)) > 1
            else f"{by_seed(rows, name, measure)[0]:.2f}"
            for measure in ("error_deg", "error_deg_calibrated", "within_7deg")
        ]
        both = pairs(rows, reference, name)
        apart = name != reference and len(both[0]) > 1
        against = interval(paired_interval(*both), "+") if apart else ""
        seeds = len(by_seed(rows, name))
        yield f"| {name} | {seeds} | {' | '.join(columns)} | {against} |"


def others(rows):
    """What was measured of a seed besides an estimator's error, as means over the seeds."""
    for name in ("labels", "realism"):
        found = [row for row in rows if row["variant"] == name]
        if found:
            yield f"\n| {name} | mean of {len(found)} seeds |\n| --- | --- |"
        for measure in found[0] if found else ():
            if measure not in ("variant", "seed", "seconds"):
                values = [row[measure] for row in found]
                yield f"| {measure.replace('_', ' ')} | {np.mean(values):.3f} |"


def page():
    """RESULTS.md as a string."""
    parts = [INTRODUCTION]
    for name, title in TITLES.items():
        if not (RESULTS / f"{name}.json").exists():
            continue
        rows = load_results(name)
        command = json.loads((RESULTS / f"{name}.json").read_text())["command"]
        hours = sum(row["seconds"] for row in rows) / 3600
        reference = "base" if name == "ablations" else "synthetic"
        parts.append(f"## {title}\n\n`{command}`, {hours:.1f} hours.\n\n{ABOUT[name]}")
        parts.append("\n".join([*table(rows, reference), *others(rows)]) + "\n")
    return "\n".join(parts)


def bars():
    """Yields (whether it holds, what) for every bar that the course set itself."""
    for name in ("stand_in", "real_eyes"):
        if not (RESULTS / f"{name}.json").exists():
            yield False, f"{name} has been measured"
    if (RESULTS / "stand_in.json").exists():
        rows = load_results("stand_in")
        for rival, share in (("synthetic", 0.7), ("noise", 1.0)):
            ratios = np.divide(*pairs(rows, "refined", rival))
            what = (
                f"simulated camera eyes: refined at most {share:.0%} of {rival}, every seed of five"
            )
            yield len(ratios) >= 5 and (ratios <= share).all(), f"{what}: {np.round(ratios, 2)}"
    if (RESULTS / "real_eyes.json").exists():
        rows = load_results("real_eyes")
        for measure, share in (("error_deg", 0.7), ("error_deg_calibrated", 0.85)):
            refined, synthetic = pairs(rows, "refined", "synthetic", measure)
            ratio = refined.mean() / synthetic.mean()
            what = f"photographs: refined at most {share:.0%} of synthetic, {measure}, mean of five"
            yield len(refined) >= 5 and ratio <= share, f"{what}: {ratio:.2f}"


def main(argv=None):
    """Writes RESULTS.md, or checks it and the bars; returns the exit code."""
    words = argparse.ArgumentParser(prog="python -m experiments.report", description=__doc__)
    words.add_argument(
        "--check", action="store_true", help="write nothing, fail if all is not well"
    )
    if not words.parse_args(argv).check:
        with writing(PAGE) as path:
            path.write_text(page())
        return 0
    checks = [(PAGE.exists() and PAGE.read_text() == page(), "RESULTS.md is what the results say")]
    checks += bars()
    for holds, what in checks:
        print("holds:" if holds else "FAILS:", what)
    return 0 if all(holds for holds, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
