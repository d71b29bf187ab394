"""Exercises of lesson 07: ablations, and how sure one is of them."""

import itertools

import numpy as np
from scipy.stats import norm, t

from ..measure import results
from .core import Choice, Exercise, Incorrect, call, close, expect, function, numbers, recognise

ABLATED = {
    "a": "lambda 0",
    "b": "lambda 3",
    "c": "lambda 30",
    "d": "no warm-up",
}  # the options of `most_harm`


class Measured(Choice):
    """A question that the shipped results decide, at the moment it is asked.

    Args:
        keys: Keys of the options.
        look: Function of the rows of `stand_in` and `ablations` that returns the right key and, as
            for a `Choice`, a dict from every key to what is said of it.
        hints: Sentences, each telling more than the one before.
    """

    def __init__(self, keys, look, hints):
        Exercise.__init__(self, hints)
        self.task = f"put one of {', '.join(map(repr, keys))} in place of None"
        self._look = look

    @property
    def answer(self):
        return self._looked()[0]

    @property
    def options(self):
        return self._looked()[1]

    def _looked(self):
        return self._look([*results.load_results("stand_in"), *results.load_results("ablations")])


def measured(*keys, hints):
    """Makes the decorated function a question: `@measured("a", "b", hints=[...])`."""
    return lambda look: Measured(keys, look, hints)


@function(
    solves=results.mean_interval,
    hints=[
        "Three steps: the mean; its standard error, `values.std(ddof=1) / np.sqrt(N)`; how many "
        "standard errors the interval reaches to either side.",
        "95 % in the middle leave 2.5 % below and 2.5 % above, so the quantile wanted is that of "
        "(1 + 0.95) / 2 = 0.975. `t.ppf(quantile, N - 1)` knows it.",
        "With reach = t.ppf((1 + confidence) / 2, N - 1) * error, return mean, mean - reach, "
        "mean + reach.",
    ],
)
def mean_interval(attempt):
    values = np.array([6.5, 6.9, 7.3, 5.8, 6.1])
    _judge_interval(_triple(call(attempt, values)), values, 0.95)
    more = np.array([3.0, 4.5, 2.2, 3.9, 5.1, 2.8, 3.3, 4.1, 3.6])
    got = _triple(call(attempt, more, 0.8))
    mean, low, high = results.mean_interval(more)
    five = t.ppf(0.975, 4) / t.ppf(0.975, 8)
    recognise(
        got,
        ((mean, low, high), "confidence is an argument, not always 0.95."),
        (
            (mean, mean - five * (mean - low), mean + five * (high - mean)),
            "the quantile is that of five values for 95 %; it depends on N and on confidence.",
        ),
    )
    _judge_interval(got, more, 0.8)


@function(
    solves=results.paired_interval,
    hints=[
        "Element k of both arrays has the same seed. What a seed does to both drops out where?",
        "The differences `after - before` are N numbers, one a seed. You have just written what "
        "makes an interval of N numbers.",
        "return mean_interval(np.subtract(after, before), confidence)",
    ],
)
def paired_interval(attempt):
    before = np.array([6.5, 7.9, 7.1, 5.2, 6.0])
    after = np.array([6.1, 7.2, 7.3, 4.6, 5.9])  # not all with one sign
    _judge_pairs(_triple(call(attempt, before, after)), before, after, 0.95)
    before = np.array([3.0, 4.5, 2.2, 3.9, 5.1, 2.8, 3.3])
    after = np.array([3.4, 4.1, 3.1, 4.8, 5.2, 3.8, 3.5])  # in another order
    got = _triple(call(attempt, before, after, 0.8))
    always = results.paired_interval(before, after)
    recognise(got, (always, "confidence is an argument, not always 0.95: hand it on."))
    _judge_pairs(got, before, after, 0.8)


def _triple(result):
    got = numbers(result, (None,), "what is returned")
    if len(got) != 3:
        raise Incorrect(
            f"the function should return three numbers: mean, low and high; received {len(got)}."
        )
    return got


def _judge_interval(got, values, confidence):
    """Raises unless `got` is the values' mean and interval."""
    n, percent, tail = len(values), f"{100 * confidence:g} %", (1 + confidence) / 2
    right = mean, low, high = results.mean_interval(values, confidence)
    if close(got, right):
        return
    recognise(
        got,
        ((mean, low - mean, high - mean), "low and high are distances from the mean: add it."),
        ((mean, high, low), "low and high are swapped."),
    )
    if close(np.sort(got), np.sort(right)):
        raise Incorrect("the numbers are right, their order is not: mean, low, high.")
    # Every mistake may come with every other; what is right has nothing said of it.
    quantiles = {
        t.ppf(tail, n - 1): None,
        norm.ppf(tail): f"the normal distribution's quantile (1.96 for 95 %) takes the spread as "
        f"known; {n} values only estimate it, and Student's t with N - 1 pays for that",
        t.ppf(confidence, n - 1): f"ppf({confidence:g}) leaves {100 * (1 - confidence):.0f} % on "
        f"either side; {percent} in the middle leave half of that, ppf({tail:g})",
        t.ppf(
            1 - confidence, n - 1
        ): f"ppf({1 - confidence:.2g}) lies below the middle, and leaves "
        f"{100 * (1 - confidence):.0f} % on either side; wanted is ppf({tail:g})",
        t.ppf(tail, n): "N values have N - 1 degrees of freedom, since the mean is taken from them",
        1.0: f"one standard error to either side is no {percent}: Student's t is missing",
    }
    spreads = {
        values.std(ddof=1): None,
        values.std(): "the standard deviation divides by N; around a mean that comes from the same "
        "values it has to be N - 1, `ddof=1`",
        values.var(ddof=1): "this takes the variance; its root is the standard deviation",
    }
    divisors = {
        np.sqrt(n): None,
        n: "the standard error is the standard deviation divided by the root of N, not by N",
        1.0: "the standard deviation says how far single values scatter; that of their mean, the "
        "standard error, is smaller by the root of N",
    }
    mistakes = []
    for parts in itertools.product(quantiles.items(), spreads.items(), divisors.items()):
        (quantile, _), (spread, _), (divisor, _) = parts
        reach = quantile * spread / divisor
        words = [said for _, said in parts if said]
        mistakes.append(((mean, mean - reach, mean + reach), words))
    mistakes.sort(key=lambda mistake: len(mistake[1]))
    recognise(got, *((wrong, "; and ".join(words) + ".") for wrong, words in mistakes if words))
    for name, value, wanted in zip(("the mean", "low", "high"), got, right, strict=True):
        expect(value, wanted, f"{name} of {values.tolist()} with confidence {confidence:g}")


def _judge_pairs(got, before, after, confidence):
    """Raises unless `got` is the mean and the interval of the differences."""

    def interval(values):
        return results.mean_interval(values, confidence)

    n, mean = len(before), np.mean(after - before)
    error = np.sqrt((before.var(ddof=1) + after.var(ddof=1)) / n)
    strangers = (
        "this treats the two as strangers: its width is that of the seeds' own scatter. Subtract "
        "pair by pair first; what a seed does to both then drops out."
    )
    welch = (before.var(ddof=1) + after.var(ddof=1)) ** 2 * (n - 1)
    welch /= before.var(ddof=1) ** 2 + after.var(ddof=1) ** 2
    unpaired = [t.ppf((1 + confidence) / 2, df) * error for df in (2 * n - 2, n - 1, welch)]
    recognise(
        got,
        (interval(before - after), "the sign is turned: the difference is after - before."),
        *(((mean, mean - reach, mean + reach), strangers) for reach in unpaired),
        (
            np.subtract(interval(after), interval(before)),
            "limits of two intervals subtracted are no limits of the difference; subtract pair by "
            "pair first and make one interval of that.",
        ),
        (interval(before), "this is the interval of `before` alone."),
        (interval(after), "this is the interval of `after` alone."),
        (
            interval(abs(after - before)),
            "the differences have lost their signs, so that chance alone looks like an effect.",
        ),
        (
            interval(np.sort(after) - np.sort(before)),
            "sorting tears the pairs apart: element k has the same seed in both, as they come in.",
        ),
        (
            interval(after / before - 1),
            "these are shares of `before`; the difference is in the units of both, degrees.",
        ),
    )
    _judge_interval(got, after - before, confidence)


def _difference(rows, variant):
    """What a variant's error is above that of the whole training, in pairs: mean, low, high."""
    return results.paired_interval(*results.pairs(rows, "history", variant))


def _said(interval):
    mean, low, high = interval
    return f"{mean:+.2f} degrees (95 %: {low:+.2f} to {high:+.2f})"


@measured(
    "a",
    "b",
    "c",
    "d",
    hints=[
        "Of each of the two: what would go wrong without it, and did you see that in lessons 03 "
        "and 04, or in the live run above?",
        "Beyond chance means: the whole interval of the paired difference lies above 0. The figure "
        "shows both intervals.",
    ],
)
def buffer_and_local(rows):
    both = {name: _difference(rows, name) for name in ("no buffer", "global")}
    keys = {(True, True): "a", (True, False): "b", (False, True): "c", (False, False): "d"}
    answer = keys[tuple(low > 0 for _, low, _ in both.values())]
    found = "; ".join(f"{name} {_said(interval)}" for name, interval in both.items())
    claims = {
        "a": "both raise the error beyond chance",
        "b": "only the lost buffer raises the error beyond chance",
        "c": "only the global loss raises the error beyond chance",
        "d": "neither raises the error beyond chance",
    }
    return answer, {key: f"{claim}. Measured: {found}." for key, claim in claims.items()}


@measured(
    *ABLATED,
    hints=[
        "Which of them takes away something that nothing else in the algorithm makes up for?",
        "Lesson 05 showed eyes after 60 rounds of one of these.",
    ],
)
def most_harm(rows):
    found = {key: _difference(rows, name) for key, name in ABLATED.items()}
    answer = max(found, key=lambda key: found[key][0])
    most = f"{ABLATED[answer]} {_said(found[answer])}"
    said = {key: f"{ABLATED[key]} {_said(found[key])}; the most is {most}." for key in found}
    return answer, said | {answer: f"{most}, the most of all."}


what_it_says = Choice(
    "c",
    {
        "a": "the interval holds 0, and it holds +0.5 as well. Not to have seen a difference is "
        "not to have seen that there is none.",
        "b": "more seeds make the interval narrower, but around a mean that moves, and it may move "
        "below 0. Five seeds do not even know the sign.",
        "c": "this is all that five seeds say. A reader who needs to know about 0.5 degrees knows "
        "that more seeds are needed; one who cares about 2 degrees has the answer.",
        "d": "among five seeds one is always the worst. Chosen after looking, it says nothing of "
        "the change: without it some seed is the worst too.",
    },
    hints=[
        "Go through the numbers in the interval, one by one: which of them would surprise you "
        "after these five seeds?",
        "A sentence may claim no more than what is true for every number in the interval.",
    ],
)
