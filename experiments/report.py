"""Tables of RESULTS.md and README: `python -m experiments.report`, and with `--check` the bars.

What stands there between `<!-- results: NAME -->` and `<!-- end -->` is computed here from
`simgan_lib/measured/*.json`; the words around it are the pages' own.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np

from simgan_lib.files import writing
from simgan_lib.measure.results import (
    RESULTS,
    by_seed,
    load_results,
    mean_interval,
    paired_interval,
    pairs,
)
from simgan_lib.simulators.pocket import GAP

PAGE = Path(__file__).parents[1] / "RESULTS.md"
README = Path(__file__).parents[1] / "README.md"

# Columns of a table of errors, and what a row has of each.
DEGREES = {
    "mean error, degrees": "error_deg",
    "calibrated": "error_deg_calibrated",
    "within 7 degrees, %": "within_7deg",
}
PIXELS = {"mean error, pixels": "error_px", "within 5 of 224 pixels, %": "within_5px_of_224"}

# The rows of README's table.
TRAINED_ON = {
    "constant": "nothing: one constant guess",
    "synthetic": "synthetic eyes",
    "kNN": "synthetic eyes, nearest neighbours in place of a network",
    "equalised": "synthetic eyes, their histograms equalised as the camera's are",
    "randomised": "synthetic eyes in random light, blur and noise (domain randomisation)",
    "one R": "refined eyes, all by one refiner",
    "history": "**refined eyes, each by a refiner of the history**",
    "real labels": "camera eyes with labels, which nobody has in practice",
}

HISTORY = "12, from 50% of the rounds on"  # what the course chose


def interval(numbers, sign=""):
    """A mean and its interval as text."""
    mean, low, high = numbers
    return f"{mean:{sign}.2f} ({low:{sign}.2f} to {high:{sign}.2f})"


def cost(name):
    """The lines of how a table was measured, and for how long."""
    command = json.loads((RESULTS / f"{name}.json").read_text())["command"]
    hours = sum(row["seconds"] for row in load_results(name)) / 3600
    yield from [f"`{command}`, {hours:.1f} hours:", ""]


def table(rows, reference, measures=DEGREES):
    """Every variant that has an error, with its paired difference from the reference."""
    error = next(iter(measures.values()))
    yield f"| variant | seeds | {' | '.join(measures)} | against {reference} |"
    yield "| --- " * (3 + len(measures)) + "|"
    for name in dict.fromkeys(row["variant"] for row in rows if error in row):
        seeds = len(by_seed(rows, name, error))
        columns = [
            interval(mean_interval(values)) if seeds > 1 else f"{values[0]:.2f}"
            for values in (by_seed(rows, name, measure) for measure in measures.values())
        ]
        both = pairs(rows, reference, name, error)
        apart = name != reference and len(both[0]) > 1
        against = interval(paired_interval(*both), "+") if apart else ""
        yield f"| {name} | {seeds} | {' | '.join(columns)} | {against} |"


def trained_on():
    """The lines of README's table."""
    yield "| trained on | mean error, degrees | five trainings, best to worst | within 7 degrees |"
    yield "| --- | --- | --- | --- |"
    rows = load_results("stand_in")
    for variant, words in TRAINED_ON.items():
        errors = by_seed(rows, variant)
        if len(errors) < 2:  # chance
            continue
        within = by_seed(rows, variant, "within_7deg").mean()
        spread = f"{errors.min():.1f} to {errors.max():.1f}"
        yield f"| {words} | {errors.mean():.1f} | {spread} | {within:.0f} % |"


def others(rows):
    """What was measured of a seed besides an estimator's error, as means over the seeds."""
    for name in ("labels", "realism"):
        found = [row for row in rows if row["variant"] == name]
        if found:
            yield f"\n| {name} | mean of {len(found)} seeds |\n| --- | --- |"
        for measure in found[0] if found else ():
            if measure not in ("variant", "seed", "seconds"):
                values = [row[measure] for row in found]
                yield f"| {measure.replace('_', ' ')} | {np.mean(values):.3g} |"


def by_gap():
    """Rows of every gap, the course's own among them: a dict in the order of the gaps."""
    rows = load_results("gap") + [row | {"gap": GAP} for row in load_results("stand_in")]
    return {gap: [r for r in rows if r["gap"] == gap] for gap in sorted({r["gap"] for r in rows})}


def stand_in():
    """The lines of every rival, and of what became of labels and looks."""
    rows = load_results("stand_in")
    yield from [*cost("stand_in"), *table(rows, "synthetic"), *others(rows)]


def gap():
    """The lines of a table with a row a gap."""
    yield from cost("gap")
    names = "kNN", "synthetic", "noise", "equalised", "randomised", "one R", "history"
    rivals = "synthetic", "randomised", "one R"
    against = [f"history against {rival}" for rival in rivals]
    yield f"| gap | seeds | {' | '.join([*names, *against])} |"
    yield "| --- " * (2 + len(names) + len(against)) + "|"
    for gap, rows in by_gap().items():
        found = [by_seed(rows, name) for name in names]
        errors = [f"{values.mean():.2f}" if len(values) > 1 else "" for values in found]
        apart = [interval(paired_interval(*pairs(rows, r, "history")), "+") for r in rivals]
        yield f"| {gap:g} | {len(found[-1])} | {' | '.join(errors + apart)} |"


def history():
    """The lines of how many refiners make a history, and of what would cost more training."""
    yield from [*cost("history"), *table(load_results("history"), HISTORY)]


def survival():
    """The lines of how near trainings came to eyes of one grey."""
    yield from cost("survival")
    yield "| training | seeds | least contrast after round 100, each seed | contrast at the end |"
    yield "| --- | --- | --- | --- |"
    rows = load_results("survival")
    for name in dict.fromkeys(row["variant"] for row in rows):
        found = [by_seed(rows, name, measure) for measure in ("least_contrast", "contrast")]
        least, last = (", ".join(f"{value:.2f}" for value in values) for values in found)
        yield f"| {name} | {len(found[0])} | {least} | {last} |"


def real_eyes():
    """The lines of the test, of the history in pairs, and of what lambda was chosen by."""
    rows = load_results("real_eyes")
    tuning = [row for row in rows if row["variant"].startswith("tuning")]
    yield from [*cost("real_eyes"), *table([r for r in rows if r not in tuning], "synthetic"), ""]
    measures = list(DEGREES.values())[:2]
    yield "| history against | seeds | degrees | calibrated |"
    yield "| --- | --- | --- | --- |"
    for rival in ("synthetic", "one R", "randomised", "kNN"):
        both = [pairs(rows, rival, "history", measure) for measure in measures]
        apart = " | ".join(interval(paired_interval(*pair), "+") for pair in both)
        yield f"| {rival} | {len(both[0][0])} | {apart} |"
    yield from ["", *table(tuning, "tuning, lambda 1")]


def ablations():
    """The lines of each part changed: with the history of refiners, then with one R."""
    names = "history", "one R", "synthetic"
    rows = [row for row in load_results("stand_in") if row["variant"] in names]
    rows += load_results("ablations")
    alone = [row for row in rows if row["variant"].endswith("one R")]
    yield from cost("ablations")
    yield from table([row for row in rows if row not in alone], "history")
    yield from ["", *table(alone, "one R")]


def remedies():
    """The lines of what was tried, the training as it is first."""
    rows = load_results("remedies")
    yield from cost("remedies")
    yield from table(sorted(rows, key=lambda row: row["variant"] != "base"), "base")


def hands():
    """The lines of the paper's table 4."""
    yield from [*cost("hands"), *table(load_results("hands"), "synthetic", PIXELS)]


def family():
    """The lines of a table a gap: what was measured before of simpler rivals, then the family."""
    rows, simpler = load_results("family"), ("synthetic", "randomised", "one R", "history")
    # It learns from gazes alone, and they are the same at every gap.
    constant = [row for row in load_results("stand_in") if row["variant"] == "constant"]
    yield from cost("family")
    for gap in dict.fromkeys(row["gap"] for row in rows):
        before = [row for name in simpler for row in by_gap()[gap] if row["variant"] == name]
        own = [row for row in rows if row["gap"] == gap]
        yield from [f"At gap {gap:g}:", "", *table([*constant, *before, *own], "history"), ""]


TABLES = {
    "trained on": trained_on,
    "stand_in": stand_in,
    "real_eyes": real_eyes,
    "ablations": ablations,
    "remedies": remedies,
    "gap": gap,
    "history": history,
    "survival": survival,
    "hands": hands,
    "family": family,
}


def with_tables(text):
    """The text of a page with its tables as the results have them."""

    def filled(found):
        return "\n".join([found[1], *TABLES[found[2]](), "", ""])

    marks = r"(<!-- results: ([\w ]+) -->\n).*?(?=<!-- end -->)"
    return re.sub(marks, filled, text, flags=re.S)


def bars():
    """Yields (whether it holds, what) for every bar that the course set itself."""
    for gap, most, worst, rivals in (
        (2, 0.70, 0.78, ("kNN", "noise", "equalised", "randomised")),
        (1, 0.83, None, ()),
    ):
        rows, what = by_gap().get(gap, []), f"gap {gap}: the history"
        history, synthetic = pairs(rows, "history", "synthetic")
        if len(history) < 5:
            yield False, f"{what} has been measured with five seeds"
            continue
        shares = history / synthetic
        yield shares.mean() <= most, f"{what} at most {most} of synthetic: {shares.mean():.2f}"
        if worst:
            yield shares.max() <= worst, f"{what} at most {worst} with each seed: {shares.round(2)}"
        for rival in rivals:
            low, high = paired_interval(*pairs(rows, "history", rival))[1:]
            yield low > 0, f"{what} below {rival} beyond chance: {low:.2f} to {high:.2f}"
        randomised = by_seed(rows, "randomised").mean()
        yield history.mean() <= randomised, f"{what} not above randomised: {randomised:.2f}"
        spread = history.std(ddof=1)
        yield spread <= 0.35, f"{what} spreads by at most 0.35 degrees over seeds: {spread:.2f}"
    rows = load_results("survival")
    for name in ("pocket", "pocket, lambda 3", "paper, batch 32"):
        least = by_seed(rows, name, "least_contrast")
        alive = len(least) == 5 and least.min() > 0.5
        yield alive, f"{name}: five seeds keep half the contrast of synthetic eyes: {least}"


def claims():
    """Yields (whether it holds, what) for the sentences of README that say more than its table."""
    rows, photographs = load_results("stand_in"), load_results("real_eyes")
    text = " ".join(README.read_text().split())

    def same(rows, before, after):
        _, low, high = paired_interval(*pairs(rows, before, after))
        return low <= 0 <= high

    history, synthetic = pairs(rows, "history", "synthetic")
    one, bound = by_seed(rows, "one R"), by_seed(rows, "real labels")
    refined, drawn = pairs(photographs, "history", "synthetic")
    way = (synthetic - history) / (synthetic - bound)
    shares = [np.divide(*pairs(by_gap()[gap], "history", "synthetic")).mean() for gap in (1, 2)]
    parts = [round(1 / (1 - share)) for share in shares]  # one of how many comes off the error
    rivals = "kNN", "randomised", "equalised", "one R"
    told = {
        "take three tenths off the error": round(10 * (1 - (history / synthetic).mean())) == 3,
        "much the same with each of five seeds": len(history) == 5 and np.ptp(history) < 0.35,
        "two thirds of the way to labelled camera eyes": round(3 * np.mean(way)) == 2,
        "no rival of the table comes as far": all(
            history.mean() < by_seed(rows, r).mean() for r in rivals
        ),
        "a sixth of the error where that gap is small, and a third where it is wide": parts
        == [6, 3],
        "One refiner alone brings less": history.mean() < one.mean() < synthetic.mean(),
        "took an eighth off the error": round(1 / (1 - (refined / drawn).mean())) == 8,
        "with nine of ten seeds": len(refined) == 10 and (refined < drawn).sum() == 9,
        "nearly as well there": same(photographs, "one R", "history"),
        "nearest neighbours came close": same(photographs, "kNN", "history"),
    }
    for sentence, holds in told.items():
        yield sentence in text and holds, f"README: {sentence}"


def main(argv=None):
    """Writes the tables, or checks them and the bars; returns the exit code."""
    words = argparse.ArgumentParser(prog="python -m experiments.report", description=__doc__)
    words.add_argument(
        "--check", action="store_true", help="write nothing, fail if all is not well"
    )
    files = {file: with_tables(file.read_text()) for file in (PAGE, README)}
    if not words.parse_args(argv).check:
        for file, text in files.items():
            with writing(file) as path:
                path.write_text(text)
        return 0
    checks = [
        (file.read_text() == text, f"{file.name} is what the results say")
        for file, text in files.items()
    ]
    checks += [*claims(), *bars()]
    for holds, what in checks:
        print("holds:" if holds else "FAILS:", what)
    return 0 if all(holds for holds, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
