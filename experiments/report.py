"""RESULTS.md and README's tables: `python -m experiments.report`, and with `--check` the bars.

Every number there is computed here from `simgan_lib/measured/*.json`.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np

from simgan_lib.files import writing
from simgan_lib.results import RESULTS, by_seed, load_results, mean_interval, paired_interval, pairs

PAGE = Path(__file__).parents[1] / "RESULTS.md"
README = Path(__file__).parents[1] / "README.md"

INTRODUCTION = """\
# Results

What the course has measured, on two CPU cores. Each table is one command, which goes on where it
stopped; its rows, one a seed, are in `simgan_lib/measured/`. Intervals are 95 %, Student's t over
the seeds; differences are taken in pairs of the same seed. This page is written by `make results`
from those files, and `make results-check` fails where it differs from them or where a bar that the
course set itself is not met. A seed gives the same numbers on the same machine; another processor
rounds differently, and a training makes much of it (see "refined, nudged", and Remedies).
"""

TITLES = {
    "stand_in": "Simulated camera eyes",
    "real_eyes": "Photographs",
    "ablations": "Ablations",
    "remedies": "Remedies",
    "gap": "Size of the gap",
}

ABOUT = {
    "stand_in": """\
Eyes, refiner and estimators of seed s are those of `simgan demo --seed s`; the test eyes are
simulated camera eyes of persons that no training set has. kNN to random forest learn from the
synthetic eyes. Strengths of noise and domain randomisation are chosen on labelled validation eyes.
"Nudged" is the same training, begun with weights of R that are off in the seventh digit.
"told" is how many of 100 eyes a fresh classifier tells from the camera's, "distance" the kernel
distance to those in an estimator's features, "px" how far pupils moved, "read deg" the error of an
estimator of camera eyes; the control is camera eyes, in which nothing moved.
""",
    "real_eyes": """\
Labelled left eyes of one person are cut in half. On the first half lambda and the strengths of
noise and domain randomisation were chosen, lambda with three seeds of its own; the second half is
the test. The refiner has seen no label and no eye of the test, and as many eyes of that person as
of all others and their mirror images. Lambda 8 had been chosen before, out of 4 and 8 with one
seed, and measured on the test; those two were left over from trials judged on all eyes of that
person, left and right. The choice out of six, 32, came after that. Two trials on the first half had
suggested that refined and synthetic eyes do well together.

The first table is the second half. The next is all that was tried on the first half, with the three
seeds of the choice; where no lambda is named, refiners have 32, and at gap 0.5 and 2 the synthetic
eyes are of another gap. Then the first half again with the seeds of the first table, and 100 right
eyes of the same person, mirrored, which had no part in choosing 32.
""",
    "ablations": """\
A training with the eyes of `simgan demo` that is smaller than the demo's (8 features, batches of
16, 800 rounds), one part changed at a time; a gaze estimator trained on the refined eyes, tested on
simulated camera eyes. A seed decides the eyes, the first weights and the batches, alike for every
variant. Below it the demo's own preset, `pocket`, with both parts of the paper and without.
""",
    "remedies": """\
What might lower the error of refined eyes further, in the training of the ablations: what others do
to steady a game of two networks. None of it is in the paper or in a preset. The base is that of the
ablations, measured once more together with the rest: on another processor its seeds 0, 1 and 2 came
to {again} degrees in place of {before}.
""",
    "gap": """\
The demo's training and its rivals, as in `stand_in`, with synthetic eyes whose looks, light and
colours, are nearer to the camera's than the demo's or further away: gap 2 is twice the demo's, a
cruder simulator. Gap 1 is `stand_in`. The eyes' geometry and labels, the camera's eyes and the
first weights are the same for every gap, and so is lambda; kNN is trained on the synthetic eyes.
Mean errors in degrees; differences of pairs. The second table has another lambda at gap 2.
""",
}

# The rows of README's tables, which stand between `<!-- results: NAME -->` and `<!-- end -->`.
MIXED = {
    "2x synthetic, randomised": "twice as many synthetic eyes, randomised, tuned",
    "refined and synthetic, randomised": "refined and synthetic eyes, randomised, tuned",
}
TRAINED_ON = {
    "stand_in": {
        "constant": "nothing: one constant guess",
        "kNN": "synthetic eyes, the nearest of them in place of a network",
        "synthetic": "synthetic eyes",
        "noise": "synthetic eyes with noise, its strength tuned",
        "equalised": "synthetic eyes, their histograms equalised as the camera's are",
        "randomised": "synthetic eyes in random light, blur, noise and contrast, tuned",
        "refined": "**refined eyes**",
        "refined, randomised": "refined eyes, randomised, tuned",
        **MIXED,
        "4x synthetic": "four times as many synthetic eyes",
        "4x refined": "**four times as many refined eyes**",
        "real labels": "camera eyes with labels, the bound",
    },
    "real_eyes": {
        "constant": "nothing: one constant guess",
        "kNN": "synthetic eyes, the nearest of them in place of a network",
        "random forest": "synthetic eyes, a random forest in place of a network",
        "synthetic": "synthetic eyes",
        "noise": "synthetic eyes with noise, its strength tuned",
        "equalised": "synthetic eyes, their histograms equalised as the photographs' are",
        "randomised": "synthetic eyes in random light, blur, noise and contrast, tuned",
        "refined": "**refined eyes**",
        "refined, randomised": "refined eyes, randomised, tuned",
        "equalised, refined": "equalised eyes, refined",
        **MIXED,
        "real labels": "other photographs of the same person with labels, the bound",
    },
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


def demos_own():
    """What `stand_in` measured of the demo's own preset, as a variant "pocket"."""
    rows = load_results("stand_in")
    return [row | {"variant": "pocket"} for row in rows if row["variant"] == "refined"]


def short_table(name):
    """The lines of a table of README."""
    yield "| trained on | mean error, degrees | calibrated | within 7 degrees |"
    yield "| --- | --- | --- | --- |"
    rows = load_results(name)
    for variant, words in TRAINED_ON[name].items():
        if len(by_seed(rows, variant)) < 2:  # no interval yet
            continue
        error = mean_interval(by_seed(rows, variant))
        calibrated, within = (
            by_seed(rows, variant, measure).mean()
            for measure in ("error_deg_calibrated", "within_7deg")
        )
        low, high = (f"{limit:.1f}" for limit in error[1:])
        yield f"| {words} | {error[0]:.1f} ({low} to {high}) | {calibrated:.1f} | {within:.0f} % |"


def with_tables(text):
    """README with its tables as the results have them."""

    def table(found):
        lines = gaps() if found[2] == "gap" else short_table(found[2])
        return found[1] + "\n".join(lines) + "\n"

    return re.sub(r"(<!-- results: (\w+) -->\n).*?(?=<!-- end -->)", table, text, flags=re.S)


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
    """Rows of every gap, the demo's among them: a dict in the order of the gaps."""
    rows = load_results("gap")
    found = {gap: [row for row in rows if row["gap"] == gap] for gap in {r["gap"] for r in rows}}
    return dict(sorted((found | {1: load_results("stand_in")}).items()))


def gaps():
    """The lines of a table with a row a gap."""
    names = "kNN", "synthetic", "noise", "equalised", "randomised", "refined"
    rivals = "synthetic", "randomised"
    against = [f"refined against {rival}" for rival in rivals]
    yield f"| gap | seeds | {' | '.join([*names, *against])} |"
    yield "| --- " * (2 + len(names) + len(against)) + "|"
    for gap, rows in by_gap().items():
        errors = [f"{by_seed(rows, name).mean():.2f}" for name in names]
        apart = [interval(paired_interval(*pairs(rows, r, "refined")), "+") for r in rivals]
        seeds = len(by_seed(rows, "refined"))
        yield f"| {gap:g} | {seeds} | {' | '.join(errors + apart)} |"


def by_test(rows):
    """The lines of a table for each set of photographs on which estimators were judged."""
    tests = {
        "tuning": "tuning, synthetic",
        "first half": "synthetic, first half",
        "right eyes": "synthetic, right eyes",
    }
    found = {test: [row for row in rows if test in row["variant"]] for test in tests}
    second_half = [row for row in rows if not any(test in row["variant"] for test in tests)]
    yield from table(second_half, "synthetic")
    for test, reference in tests.items():
        yield from ["", *table(found[test], reference)] if found[test] else []


def repeated():
    """The base of the ablations as it was measured first, and once more on another machine."""
    again = by_seed(load_results("remedies"), "base")
    before = by_seed(load_results("ablations"), "base")[: len(again)]
    return {
        name: ", ".join(f"{error:.1f}" for error in errors)
        for name, errors in (("before", before), ("again", again))
    }


def page():
    """RESULTS.md as a string."""
    parts = [INTRODUCTION]
    for name, title in TITLES.items():
        if not (RESULTS / f"{name}.json").exists():
            continue
        rows = load_results(name)
        command = json.loads((RESULTS / f"{name}.json").read_text())["command"]
        hours = sum(row["seconds"] for row in rows) / 3600
        parts.append(f"## {title}\n\n`{command}`, {hours:.1f} hours.\n\n{ABOUT[name]}")
        if name == "ablations":
            large = [row for row in rows if row["variant"].startswith("pocket")]
            small = [row for row in rows if row not in large]
            lines = [*table(small, "base"), "", *table(demos_own() + large, "pocket")]
        elif name == "gap":
            weights = [r for r in by_gap()[2] if r["variant"].startswith("refined")]
            lines = [*gaps(), "", *table([r for r in weights if r["seed"] < 3], "refined")]
        elif name == "real_eyes":
            lines = by_test(rows)
        elif name == "remedies":
            parts[-1] = parts[-1].format(**repeated())
            lines = table(sorted(rows, key=lambda row: row["variant"] != "base"), "base")
        else:
            lines = [*table(rows, "synthetic"), *others(rows)]
        parts.append("\n".join(lines) + "\n")
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


def span(interval):
    """A mean and its interval as README's sentences have them."""
    mean, low, high = interval
    return f"{mean:+.1f}, {low:z.1f} to {high:z.1f}"


def claims():
    """Yields (whether it holds, what) for the sentences of README that say more than its tables."""
    rows = load_results("stand_in")
    text = " ".join(README.read_text().split())

    def mean(variant):
        return by_seed(rows, variant).mean()

    def change(before, after):
        return paired_interval(*pairs(rows, before, after))

    def same(before, after):
        _, low, high = change(before, after)
        return low <= 0 <= high

    gain, low, high = change("refined", "synthetic")
    gains = np.subtract(*pairs(rows, "synthetic", "refined"))
    twice, mixed = MIXED
    others = span(mean_interval(gains[1:])).removeprefix("+")
    misread = np.subtract(
        *(by_seed(rows, "labels", f"{name}_read_deg") for name in ("refined", "control"))
    )
    told = {
        "the refiner takes off a tenth of the error": round(10 * gain / mean("synthetic")) == 1,
        f"{gain:.1f} degrees, 95 % interval {low:.1f} to {high:.1f}": True,
        "It helped with every seed, once by next to nothing": 0 < gains.min() < 0.1,
        f"without that seed it is {others}": True,
        "Four rivals that were trained on no camera eye cannot be told from it": all(
            same(rival, "refined") for rival in ("kNN", "noise", "equalised", "randomised")
        ),
        f"randomised: {mean(mixed):.1f} degrees, {100 * mean(mixed) / mean('synthetic'):.0f} % of "
        f"synthetic; as many synthetic eyes in place of the refined ones come to "
        f"{mean(twice):.1f} (difference of pairs {span(change(mixed, twice))})": same(mixed, twice),
        f"misreads refined ones by {misread.min():.1f} to {misread.max():.1f} degrees more": True,
        f"A machine tells {by_seed(rows, 'realism', 'refined_told').mean():.0f} %": True,
        "Four times the data brought nothing": same("synthetic", "4x synthetic")
        and same("refined", "4x refined"),
        f"the labels' own bound is at {100 * mean('real labels') / mean('synthetic'):.0f} %": True,
    }
    told |= claims_of_nudges() | claims_of_gaps()
    told |= claims_of_photographs() | claims_of_ablations() | claims_of_remedies()
    for sentence, holds in told.items():
        yield sentence in text and holds, f"README: {sentence}"


def claims_of_nudges():
    """The same of what the seventh digit of the first weights does."""
    rows = load_results("stand_in")
    before, after = pairs(rows, "refined", "refined, nudged")

    def said(errors):
        return ", ".join(f"{error:.1f}" for error in errors)

    gains = np.subtract(*pairs(rows, "synthetic", "refined"))
    return {
        f"in the seventh digit, came to {said(after)} degrees in place of {said(before)}**: one "
        "moved by more than a refiner brings": len(after) == 5
        and np.abs(after - before).max() > gains.mean(),
    }


def claims_of_gaps():
    """The same of the section on the size of the gap."""
    rows = by_gap()

    def mean(gap, variant):
        return by_seed(rows[gap], variant).mean()

    def least(gap):
        return min((*rivals, "refined"), key=lambda name: mean(gap, name))

    def ahead(rival, measure="error_deg"):
        return paired_interval(*pairs(rows[2], "refined", rival, measure))

    def said(numbers):
        return "{:.1f} ({:z.1f} to {:.1f})".format(*numbers)

    rivals = "kNN", "noise", "equalised", "randomised"
    shares = {gap: np.divide(*pairs(rows[gap], "refined", "synthetic")) for gap in rows}
    gains = 100 * (1 - shares[2])
    chosen, noise, equal, near = map(ahead, ("randomised", "noise", "equalised", "kNN"))
    calibrated = ahead("randomised", "error_deg_calibrated")
    more = np.subtract(*(by_seed(rows[gap], "refined")[:3] for gap in (1.5, 1)))
    worse = np.subtract(*(by_seed(rows[gap], "synthetic")[:3] for gap in (1.5, 1)))
    demos, *others = (
        by_seed(rows[2], name)[:3] for name in ("refined", "refined, lambda 1", "refined, lambda 9")
    )
    third, thrice = (span(mean_interval(other - demos)) for other in others)
    return {
        "with a cruder simulator a fifth, ahead of each rival in the mean, though nearest "
        "neighbours come near": least(2) == "refined" and near[1] < 0,
        f"takes off a fifth, from {mean(2, 'synthetic'):.1f} to {mean(2, 'refined'):.1f} degrees, "
        f"{gains.min():.0f} to {gains.max():.0f} % with each of five seeds": len(gains) == 5
        and 17.5 < gains.mean() < 22.5,
        f"noise by {said(noise)} and of randomisation by {said(chosen)}, calibrated by "
        f"{said(calibrated)}": min(noise[1], chosen[1]) > 0,
        f"Of equalising, by {said(equal)}, and of nearest neighbours, by {said(near)}": (
            max(equal[1], near[1]) < 0
        ),
        f"from those of gap 1 ({span(mean_interval(more))}, three seeds), though synthetic ones "
        "are a degree worse": abs(more.mean()) < 0.3 and round(worse.mean()) == 1,
        f"has the least error: {mean(0.5, 'equalised'):.1f} degrees, refined "
        f"{mean(0.5, 'refined'):.1f}": least(0.5) == "equalised",
        f"two refiners of three did harm, if nothing is calibrated, and nearest neighbours have "
        f"the least, {mean(3, 'kNN'):.1f}": sorted(shares[3] > 1) == [False, True, True]
        and least(3) == "kNN",
        f"lambda 1 the first three seeds of gap 2 come to {others[0].mean():.1f} degrees, with 9 "
        f"to {others[1].mean():.1f}, with the demo's 3 to {demos.mean():.1f} (differences of pairs "
        f"{third}; {thrice})": demos.mean() < min(other.mean() for other in others),
        "is not met in the mean at any of these gaps": all(
            mean(gap, "refined") > 0.7 * mean(gap, "synthetic") for gap in rows
        ),
    }


def claims_of_photographs():
    """The same of README's section on real eyes: a dict from a sentence to whether it holds."""
    rows = load_results("real_eyes")

    def mean(variant, measure="error_deg"):
        return by_seed(rows, variant, measure).mean()

    def change(before, after, measure="error_deg"):
        return paired_interval(*pairs(rows, before, after, measure))

    def chance(*names):
        _, low, high = change(*names)
        return low <= 0 <= high

    calibrated = "error_deg_calibrated"
    both = "error_deg", calibrated
    twice, mixed = MIXED
    helped = "refined, randomised"
    right = [f"{name}, right eyes" for name in ("synthetic", "refined", "randomised")]
    curve = {weight: mean(f"tuning, lambda {weight}") for weight in (4, 8, 16, 32, 64, 128)}
    best = min(curve, key=curve.get)

    def of_synthetic(variant, measure="error_deg"):
        return 100 * mean(variant, measure) / mean("synthetic", measure)

    def meets_bars(variant):
        return of_synthetic(variant) <= 70 and of_synthetic(variant, calibrated) <= 85

    def listed(numbers):
        return ", ".join(f"{number:.1f}" for number in numbers)

    def apart(before, after):
        return "{}; calibrated {}".format(*(span(change(before, after, m)) for m in both))

    refined, synthetic = (by_seed(rows, name) for name in ("refined", "synthetic"))
    promised = change("tuning, synthetic", f"tuning, lambda {best}")
    gain, low, high = change("synthetic", "equalised")
    trials = [f"tuning, {name}" for name in ("gap 0.5", "gap 2", "larger refiner")]
    unrefined = [f"{trials[0]}, not refined", f"{trials[1]}, not refined", "tuning, synthetic"]
    return {
        f"lambda {', '.join(map(str, curve))} came to {listed(curve.values())} degrees, "
        f"synthetic eyes to {mean('tuning, synthetic'):.1f}": best == 32,
        f"three differences ({span(promised)}) left out zero": promised[2] < 0,
        f"{mean('refined'):.1f} degrees in place of {mean('synthetic'):.1f} (difference of pairs "
        f"{span(change('synthetic', 'refined'))}), calibrated "
        f"{mean('refined', calibrated):.1f} in place of {mean('synthetic', calibrated):.1f} "
        f"({span(change('synthetic', 'refined', calibrated))})": all(
            chance("synthetic", "refined", measure) for measure in both
        ),
        "a quarter is ruled out": change("synthetic", "refined")[1] > -mean("synthetic") / 4,
        f"first half itself, refined eyes come to {mean('refined, first half'):.1f} in place of "
        f"{mean('synthetic, first half'):.1f}": chance(
            "synthetic, first half", "refined, first half"
        ),
        f"{mean('refined, lambda 8'):.1f} degrees and calibrated "
        f"{mean('refined, lambda 8', calibrated):.1f}": True,
        f"refined eyes came to {of_synthetic('refined'):.0f} % and "
        f"{of_synthetic('refined', calibrated):.0f} %, and they are not met": (
            of_synthetic("refined") > 70 and of_synthetic("refined", calibrated) > 85
        ),
        f"between {refined.min():.1f} and {refined.max():.1f} degrees, those on synthetic eyes "
        f"between {synthetic.min():.1f} and {synthetic.max():.1f}": True,
        f"with lambda 32 brought nothing certain either: {listed(map(mean, trials))} degrees, "
        f"where unrefined ones come to {listed(map(mean, unrefined))}": all(
            map(chance, unrefined, trials)
        ),
        f"ahead of the refiner in the mean**, {mean('randomised'):.1f} degrees "
        f"({apart('refined', 'randomised')})": all(
            mean("randomised", measure) < mean("refined", measure) for measure in both
        ),
        f"randomised, {mean(helped):.1f} and {mean(helped, calibrated):.1f}": all(
            chance(helped, "randomised", measure) for measure in both
        ),
        "do as well as randomisation": all(
            chance("randomised", name, calibrated) for name in ("kNN", "random forest")
        ),
        "Equalising before refining brings nothing": all(
            chance("refined", "equalised, refined", measure) for measure in both
        ),
        f"equalising alone brought {gain:+z.1f} degrees ({low:z.1f} to {high:z.1f})": low
        < 0
        < high,
        f"{mean(mixed):.1f} degrees, calibrated {mean(mixed, calibrated):.1f}, which are "
        f"{of_synthetic(mixed):.0f} % and {of_synthetic(mixed, calibrated):.0f} % of synthetic, "
        "and would meet the bars": meets_bars(mixed),
        f"{mean(twice):.1f} and {mean(twice, calibrated):.1f}, {of_synthetic(twice):.0f} % and "
        f"{of_synthetic(twice, calibrated):.0f} % (difference of pairs {apart(mixed, twice)})": (
            meets_bars(twice) and all(chance(mixed, twice, measure) for measure in both)
        ),
        f"it looks the same: refined against synthetic {apart(*right[:2])}": all(
            chance(*right[:2], measure) for measure in both
        ),
        f"randomised against refined {apart(*right[1:])}": mean(right[2]) < mean(right[1]),
    }


def claims_of_ablations():
    """The same of README's section on the parts of SimGAN."""
    rows = load_results("ablations") + demos_own()

    def apart(variant, reference="base"):
        mean, low, high = paired_interval(*pairs(rows, reference, variant))
        return f"{mean:+z.1f}", f"{low:z.1f} to {high:z.1f}", low <= 0 <= high

    def white(*variants):  # R at the end of its range everywhere
        moved = [by_seed(rows, name, "self_regularization") for name in variants]
        return np.concatenate(moved) > 1

    def worse(variant):  # than if nobody had refined, in how many seeds
        return (np.subtract(*pairs(rows, variant, "synthetic")) > 0).sum()

    base, synthetic = (by_seed(rows, name).mean() for name in ("base", "synthetic"))
    history, span_of_history, chance = apart("no history")
    loss, span_of_loss, chance_too = apart("global")
    tenth, span_of_tenth, _ = apart("lambda 0.3")
    hundredth, span_of_hundredth, by_chance = apart("lambda 0.03")
    unheld = ", ".join(f"{error:.1f}" for error in by_seed(rows, "lambda 0"))
    whole, local = white("global", "global, no history"), white("base", "no history")
    held = white("psi edges")
    within_chance = {
        "Half as many steps of R in a round": apart("K_g 1"),
        "or twice as many": apart("K_g 4"),
        "no warm-up": apart("no warm-up"),
        "Held to the differences of neighbours alone": apart("psi edges"),
        "With lambda 30 R changes a third as much": apart("lambda 30"),
        "R is held to the means of 5 x 5 pixels in place of the pixels": apart("psi blurred"),
        "a buffer of 160 images in place of 1,000": apart("buffer 160"),
        "or of 16": apart("buffer 16"),
        "with neither part": apart("pocket, global, no history", "pocket"),
    }
    return {
        f"comes to {base:.1f} degrees in the mean of five seeds, synthetic eyes to "
        f"{synthetic:.1f}": True,
        f"without it {history} degrees, 95 % interval {span_of_history}": chance,
        f"{whole.sum()} of {len(whole)} refiners (five with history, five without) made every eye "
        "white": len(by_seed(rows, "global")) == len(by_seed(rows, "global, no history")) == 5,
        f"with the local loss none of {len(local)} did": not local.any(),
        f"{held.sum()} of {len(held)} refiners made every eye white, though": True,
        f"the mean of those with history, {loss} degrees, cannot be told from chance "
        f"({span_of_loss})": chance_too,
        f"With lambda 0 the errors of three seeds were {unheld} degrees": True,
        f"with 0.03 ({hundredth}, {span_of_hundredth}) each was above that of synthetic "
        "eyes": worse("lambda 0.03") == 3 and not by_chance,
        f"with lambda 0.3 ({tenth}, {span_of_tenth}) two of three": worse("lambda 0.3") == 2,
    } | {
        f"{sentence} ({mean}, {span})": holds
        for sentence, (mean, span, holds) in within_chance.items()
    }


def claims_of_remedies():
    """The same of what README says was tried besides."""
    rows = load_results("remedies")
    named = {
        "a running average of R's weights": "average of R's weights",
        "synthetic eyes among the refined ones": "synthetic eyes among the refined",
        "noise for D": "noise for D",
        "R at a third of its rate": "R at a third of its rate",
        "D at a third of its rate": "D at a third of its rate",
        "spectral normalisation of D": "spectral normalisation of D",
        "smoothed labels for D": "smoothed labels",
        "Half the rounds are too few for each seed,": "400 rounds",
        "and twice as many no safer,": "1,600 rounds",
    }
    told = {}
    for words, variant in named.items():
        mean, low, high = paired_interval(*pairs(rows, "base", variant))
        told[f"{words} {mean:+z.1f} ({low:z.1f} to {high:z.1f})"] = mean > 0
    twice = repeated()
    fewer = np.subtract(*pairs(rows, "400 rounds", "base"))
    worst = by_seed(rows, "1,600 rounds").max()
    return told | {
        "too few for each seed": (fewer > 0).all(),
        f"came to {twice['again']} degrees in place of {twice['before']}": True,
        f"one ended at {worst:.1f} degrees": worst > by_seed(rows, "base").max(),
    }


def main(argv=None):
    """Writes RESULTS.md and README's tables, or checks them and the bars; returns the exit code."""
    words = argparse.ArgumentParser(prog="python -m experiments.report", description=__doc__)
    words.add_argument(
        "--check", action="store_true", help="write nothing, fail if all is not well"
    )
    files = {PAGE: page(), README: with_tables(README.read_text())}
    if not words.parse_args(argv).check:
        for file, text in files.items():
            with writing(file) as path:
                path.write_text(text)
        return 0
    checks = [
        (file.exists() and file.read_text() == text, f"{file.name} is what the results say")
        for file, text in files.items()
    ]
    checks += [*claims(), *bars()]
    for holds, what in checks:
        print("holds:" if holds else "FAILS:", what)
    return 0 if all(holds for holds, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
