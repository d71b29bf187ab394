"""Results that the course ships: what `python -m experiments` measured, and how sure it is."""

import json
from pathlib import Path

import numpy as np
from scipy.stats import t

RESULTS = Path(__file__).parents[1] / "measured"


def load_results(name):
    """Loads the rows of an experiment.

    Args:
        name: Name of the experiment, such as "ablations".

    Returns:
        A list of dicts, each with what tells it from others ("variant", "seed"), what was
        measured ("error_deg", ...) and the "seconds" it took.

    Raises:
        ValueError: If there is no experiment of that name.
    """
    names = sorted(path.stem for path in RESULTS.glob("*.json"))
    if name not in names:
        raise ValueError(f"There are results of {', '.join(names)}; received {name!r}")
    return json.loads((RESULTS / f"{name}.json").read_text())["rows"]


def by_seed(rows, variant, measure="error_deg"):
    """One measure of one variant, in the order of the seeds.

    Args:
        rows: What `load_results` returned.
        variant: A variant among the rows.
        measure: What was measured.

    Returns:
        float array (N,), a number a seed.
    """
    chosen = sorted((row for row in rows if row["variant"] == variant), key=lambda r: r["seed"])
    return np.array([row[measure] for row in chosen], float)


def pairs(rows, before, after, measure="error_deg"):
    """One measure of two variants, for the seeds that both were run with.

    Args:
        rows: What `load_results` returned.
        before: A variant among the rows.
        after: Another.
        measure: What was measured.

    Returns:
        Two float arrays (N,), a number a seed, in the order of the seeds.
    """
    seeds = [{row["seed"] for row in rows if row["variant"] == name} for name in (before, after)]
    shared = [row for row in rows if row["seed"] in seeds[0] & seeds[1]]
    return by_seed(shared, before, measure), by_seed(shared, after, measure)


def mean_interval(values, confidence=0.95):
    """Mean of some measurements and its confidence interval, by Student's t.

    Args:
        values: (N,), N at least 2, independent of one another.
        confidence: In (0, 1).

    Returns:
        Three floats: mean, low, high.
    """
    values = np.asarray(values, float)
    mean = values.mean()
    error = values.std(ddof=1) / np.sqrt(len(values))
    reach = t.ppf((1 + confidence) / 2, len(values) - 1) * error
    return float(mean), float(mean - reach), float(mean + reach)


def paired_interval(before, after, confidence=0.95):
    """Mean of the differences `after - before` and its confidence interval.

    Both have the same seeds in the same order, hence the same eyes and the same first weights; what
    a seed does to both drops out of the difference.

    Args:
        before: (N,), N at least 2.
        after: (N,).
        confidence: In (0, 1).

    Returns:
        Three floats: mean, low, high. If 0 is not between the last two, the difference is
        significant.
    """
    return mean_interval(np.subtract(after, before), confidence)
