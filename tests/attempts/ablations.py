"""Attempts at the exercises of lesson 07: other right ways, and mistakes with their messages."""

import statistics

import numpy as np
from scipy import stats


def interval(values, confidence=0.95, ddof=1, quantile=None, divisor=np.sqrt, freedom=1):
    """`mean_interval` with one thing or another done wrong."""
    n, mean = len(values), np.mean(values)
    factor = stats.t.ppf((1 + confidence) / 2, n - freedom) if quantile is None else quantile
    reach = factor * np.std(values, ddof=ddof) / divisor(n)
    return mean, mean - reach, mean + reach


def interval_by_scipy(values, confidence=0.95):
    low, high = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    return np.array([(low + high) / 2, low, high])


def interval_by_statistics(values, confidence=0.95):
    values = list(map(float, values))
    mean, n = statistics.fmean(values), len(values)
    reach = -stats.t(n - 1).ppf((1 - confidence) / 2) * statistics.stdev(values) / n**0.5
    return [mean, mean - reach, mean + reach]


def interval_with_n_for_both(values, confidence=0.95):
    # the standard deviation over N divided by the root of N - 1 is the standard error too
    error = np.std(values) / (len(values) - 1) ** 0.5
    low, high = stats.t.interval(confidence, len(values) - 1, np.mean(values), error)
    return np.mean(values), low, high


def variance(values, confidence=0.95):
    mean, low, high = interval(values, confidence)
    return mean, *(mean + (limit - mean) * np.std(values, ddof=1) for limit in (low, high))


def ordered(*order):
    return lambda values, confidence=0.95: tuple(interval(values, confidence)[k] for k in order)


def distances(values, confidence=0.95):
    mean, low, high = interval(values, confidence)
    return mean, low - mean, high - mean


def pairs_by_scipy(before, after, confidence=0.95):
    low, high = stats.ttest_rel(after, before).confidence_interval(confidence)
    return (low + high) / 2, low, high


def pairs_by_loop(before, after, confidence=0.95):
    return interval_by_statistics([a - b for a, b in zip(after, before, strict=True)], confidence)


def unpaired(equal):
    def attempt(before, after, confidence=0.95):
        low, high = stats.ttest_ind(after, before, equal_var=equal).confidence_interval(confidence)
        return (low + high) / 2, low, high

    return attempt


def unpaired_by_hand(before, after, confidence=0.95):
    mean, n = np.mean(after) - np.mean(before), len(before)
    error = np.sqrt(np.var(after, ddof=1) / n + np.var(before, ddof=1) / n)
    reach = stats.t.ppf((1 + confidence) / 2, n - 1) * error
    return mean, mean - reach, mean + reach


# Exercise -> right attempts that look different from the library's.
RIGHT = {
    "mean_interval": [interval_by_scipy, interval_by_statistics, interval_with_n_for_both],
    "paired_interval": [pairs_by_scipy, pairs_by_loop],
}

# Exercise -> name of the mistake -> attempt, words of its message.
WRONG = {
    "mean_interval": {
        "ddof = 0": (lambda v, c=0.95: interval(v, c, ddof=0), "`ddof=1`"),
        "1.96": (lambda v, c=0.95: interval(v, c, quantile=1.96), "Student's t with N - 1 pays"),
        "divided by N": (lambda v, c=0.95: interval(v, c, divisor=lambda n: n), "not by N"),
        "standard deviation": (
            lambda v, c=0.95: interval(v, c, divisor=lambda n: 1),
            "how far single values scatter",
        ),
        "half the confidence": (
            lambda v, c=0.95: interval(v, c, quantile=stats.t.ppf(0.95, len(v) - 1)),
            "on either side",
        ),
        "1 - confidence": (
            lambda v, c=0.95: interval(v, c, quantile=stats.t.ppf(1 - c, len(v) - 1)),
            "below the middle",
        ),
        "N degrees of freedom": (lambda v, c=0.95: interval(v, c, freedom=0), "N - 1 degrees"),
        "one standard error": (lambda v, c=0.95: interval(v, c, quantile=1), "t is missing"),
        "variance": (variance, "takes the variance"),
        "two at once": (
            lambda v, c=0.95: interval(v, c, ddof=0, quantile=1.96),
            "pays for that; and the standard deviation divides by N",
        ),
        "always 95 %": (lambda v, c=0.95: interval(v), "confidence is an argument"),
        "quantile of five": (
            lambda v, c=0.95: interval(v, c, quantile=2.776),
            "that of five values",
        ),
        "always 0.975 and ddof = 0": (lambda v, c=0.95: interval(v, ddof=0), "`ddof=1`"),
        "limits only": (ordered(1, 2), "three numbers"),
        "mean in the middle": (ordered(1, 0, 2), "mean, low, high"),
        "swapped": (ordered(0, 2, 1), "swapped"),
        "distances": (distances, "add it"),
        "the median": (
            lambda v, c=0.95: np.add(interval(v, c), np.median(v) - np.mean(v) + 0.01),
            "the mean of [6.5",
        ),
        "the mean alone": (lambda v, c=0.95: np.mean(v), "shape ()"),
    },
    "paired_interval": {
        "before - after": (
            lambda b, a, c=0.95: interval(np.subtract(b, a), c),
            "after - before",
        ),
        "unpaired": (unpaired(True), "strangers"),
        "unpaired, Welch": (unpaired(False), "strangers"),
        "unpaired by hand": (unpaired_by_hand, "strangers"),
        "limits subtracted": (
            lambda b, a, c=0.95: np.subtract(interval(a, c), interval(b, c)),
            "pair by pair",
        ),
        "before alone": (lambda b, a, c=0.95: interval(b, c), "`before` alone"),
        "after alone": (lambda b, a, c=0.95: interval(a, c), "`after` alone"),
        "absolute": (lambda b, a, c=0.95: interval(abs(a - b), c), "lost their signs"),
        "sorted": (lambda b, a, c=0.95: interval(np.sort(a) - np.sort(b), c), "tears the pairs"),
        "shares": (lambda b, a, c=0.95: interval(a / b - 1, c), "shares of `before`"),
        "always 95 %": (lambda b, a, c=0.95: interval(a - b), "hand it on"),
        "ddof = 0": (lambda b, a, c=0.95: interval(a - b, c, ddof=0), "`ddof=1`"),
        "1.96": (lambda b, a, c=0.95: interval(a - b, c, quantile=1.96), "Student's t"),
        "standard deviation": (
            lambda b, a, c=0.95: interval(a - b, c, divisor=lambda n: 1),
            "single values scatter",
        ),
        "the differences": (lambda b, a, c=0.95: a - b, "three numbers"),
    },
    # What is right of the other questions the shipped results decide; see tests/test_ablations.py.
    "what_it_says": {
        "no difference": ("a", "Not to have seen"),
        "nearly significant": ("b", "even know the sign"),
        "one seed": ("d", "some seed is the worst"),
    },
}
