"""Exercises of lesson 08: the visual Turing test."""

import numpy as np
from scipy.stats import binom, binomtest, norm

from ..measure import visual_turing_test
from .core import Choice, Incorrect, Number, call, close, expect, function, numbers, recognise


@function(
    solves=visual_turing_test.confusion_matrix,
    hints=[
        "There are four counts. The first, at row 0 and column 0: in how many places is `truth` 0 "
        "and `verdicts` 0?",
        "`(truth == 0) & (verdicts == 0)` is True in those places, and `np.sum` counts them.",
        "Do that for t in (0, 1), a row each, and in it for v in (0, 1), a column each.",
    ],
)
def confusion_matrix(attempt):
    right = np.array([[7, 4], [2, 5]])
    truth, verdicts = (
        np.random.default_rng(0)
        .permutation([(t, v) for t in (0, 1) for v in (0, 1) for _ in range(right[t, v])])
        .T
    )
    got = numbers(call(attempt, truth, verdicts), (2, 2), "the matrix")
    share = "these are shares; the matrix has counts, from which every share can be computed."
    recognise(
        got,
        (right.T, "a row is what an eye is and a column what it was called; here it is reversed."),
        (right[::-1, ::-1], "0 is real and comes first, in the rows and in the columns."),
        (right[::-1], "the rows are reversed: the real eyes, 0, are the upper row."),
        (right[:, ::-1], "the columns are reversed: called real, 0, is the left column."),
        (right / right.sum(), share),
        (right / right.sum(1, keepdims=True), share),
        (right / right.sum(0, keepdims=True), share),
        (100 * right / right.sum(1, keepdims=True), share),
    )
    expect(got, right, "the matrix")
    for said, matrix in (("real", [[2, 0], [0, 0]]), ("refined", [[0, 2], [0, 0]])):
        what = f"the matrix of two real eyes, both called {said},"
        called = np.full(2, visual_turing_test.KINDS.index(said))
        got = numbers(call(attempt, np.zeros(2, int), called), (2, 2), what)
        expect(got, np.array(matrix), what)


@function(
    solves=visual_turing_test.binomial_p_value,
    hints=[
        "`scipy.stats` has this very test, `binomtest`; look up its argument `alternative`.",
        "Or write the sum: `math.comb(trials, k)` ways to be right k times, each with probability "
        "`chance**k * (1 - chance) ** (trials - k)`, for every k from `correct` to `trials`.",
    ],
)
def binomial_p_value(attempt):
    # few trials and a chance other than a half first: there all of the mistakes differ
    for correct, trials, chance in ((3, 6, 0.3), (9, 12, 0.5), (517, 1000, 0.5), (0, 5, 0.5)):
        guess = binom(trials, chance)
        right = guess.sf(correct - 1)
        got = numbers(call(attempt, correct, trials, chance), (), "the p-value")
        if got != numbers(call(attempt, correct, trials, chance), (), "the p-value"):
            raise Incorrect(
                "two calls give two answers. Guessing need not be simulated: the probability is "
                "a sum of `trials` terms at most, and exact."
            )
        if close(got, right):
            continue
        normal = (correct - guess.mean()) / guess.std()
        half = 0.5 / guess.std()
        approximate = "this is the normal approximation; with few trials it is off. Sum exactly."
        recognise(
            got,
            (
                binomtest(correct, trials, chance).pvalue,
                "this is the two-sided p-value, which also counts judges who are wrong as "
                "surprisingly often. The question has one side: right at least as often.",
            ),
            (2 * right, "this is twice the p-value: the question has one side only."),
            (
                guess.sf(correct),
                "the equal case is missing: this is P(X > correct), not P(X >= correct). "
                "`sf(k)` is the probability of more than k.",
            ),
            (
                guess.pmf(correct),
                "this is the probability of exactly so many. Any one number is improbable; what "
                "counts is that many or more.",
            ),
            (
                guess.cdf(trials - 1) - guess.cdf(correct - 1),
                "the last case is missing: all of them right. `range(correct, trials)` ends one "
                "before `trials`.",
            ),
            (guess.cdf(correct), "this is the other side: right at most as often."),
            (guess.cdf(correct - 1), "this is the other side: right less often."),
            (norm.sf(normal), approximate),
            (norm.sf(normal - half), approximate),
            (2 * norm.sf(normal), approximate),
            (100 * right, "this is in percent; a probability is between 0 and 1."),
            (binom(trials, 0.5).sf(correct - 1), "`chance` is an argument, not always 0.5."),
        )
        expect(got, right, f"the p-value of {correct} right of {trials} at chance {chance:g}")


found = Number(
    answer=62.3,
    tolerance=1.5,
    why="from 59 right on p is below 0.05, and a judge who is right for 60 % of the eyes gets "
    "there in 62 of 100 tests. The other 38 end with 'no difference found', though there is one.",
    hints=[
        "Two steps. First: how many of 100 must be right for p below 0.05? Try a few numbers in "
        "`binomial_p_value(correct, 100)`.",
        "Second: how probable is it that this judge gets so many or more? The same function "
        "knows, with `chance=0.6`.",
    ],
    mistakes={
        0.623: "in percent, please: 100 times that.",
        37.7: "that is how often the judge is missed; asked is how often p is below 0.05.",
        54.3: "this judge reaches 60 in so many tests, but fewer than 60 are enough.",
        69.7: "this judge reaches 58 in so many tests, but 58 right have p = 0.067.",
        46.2: "that takes 61 right, as a two-sided test does; ours is one-sided.",
        60: "that is how often the judge is right about one eye, not how often the test notices.",
        59: "so many right are needed. How often does this judge get there?",
        95: "nothing guarantees that. 0.05 says how often a coin is taken for a judge; how often a "
        "judge is taken for a coin depends on the judge and on the number of eyes.",
        5: "so often a coin passes for a judge, at most. This judge is better than a coin.",
    },
)

machine = Choice(
    "c",
    {
        "a": "so it would be if the machine looked as people do. It takes any regularity in any of "
        "the 1,925 pixels, and it has had hundreds of eyes of each kind with the answers.",
        "b": "one regularity that all refined eyes share is enough to know nearly every one, and a "
        "network that has had the answers for hundreds of eyes finds more than one.",
        "c": "it knows by far the most of them. The refiner's adversary saw patches of 23 pixels "
        "and chased a refiner that moved; this judge sees whole eyes of one that stands still.",
    },
    hints=[
        "How many examples with answers has the machine had, and how many had you?",
        "It needs one regularity that refined eyes share and camera eyes lack, however faint. Did "
        "anything in the refiner's training rule out every one?",
    ],
)


@function(
    solves=visual_turing_test.kernel_distance,
    hints=[
        "`x @ y.T` has all products x . y at once, `(N, M)`; `/ x.shape[1]`, `+ 1` and `** 3` "
        "make all kernels of it.",
        "Three means: of k(a, a) and of k(b, b), each without the diagonal, and of k(a, b), all.",
        "The mean without the diagonal is `(k.sum() - np.trace(k)) / (n * (n - 1))`. The result "
        "is the first mean plus the second minus twice the third.",
    ],
)
def kernel_distance(attempt):
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.3, 1, (7, 5)), rng.normal(0.9, 1.5, (9, 5))
    right = visual_turing_test.kernel_distance(a, b)
    got = numbers(call(attempt, a, b), (), "the distance")

    def wrong(power=3, plus=1, scale=5.0, diagonal=False, divisor=None, cross=2.0):
        def kernel(x, y):
            return (x @ y.T / scale + plus) ** power

        def among(x):
            k, n = kernel(x, x), len(x)
            if diagonal:
                return k.mean()
            return (k.sum() - np.trace(k)) / (divisor(n) if divisor else n * (n - 1))

        return among(a) + among(b) - cross * kernel(a, b).mean()

    recognise(
        got,
        (
            wrong(diagonal=True),
            "this is the biased estimate: an eye is most like itself, so the diagonals of k(a, a) "
            "and k(b, b) push the distance up, the more the fewer eyes there are. Leave them out.",
        ),
        (
            wrong(divisor=lambda n: n * n),
            "without the diagonal n * (n - 1) kernels are left, not n * n.",
        ),
        (
            wrong(divisor=lambda n: n),
            "a mean over pairs: n * (n - 1) kernels are left without the diagonal, not n.",
        ),
        (
            wrong(divisor=lambda n: n - 1),
            "a mean over pairs: n * (n - 1) kernels are left without the diagonal, not n - 1.",
        ),
        (wrong(scale=7.0), "x . y is divided by the number of features, not by that of the eyes."),
        (abs(right) ** 0.5, "this is its square root; the squared distance is unbiased."),
        (wrong(scale=1.0), "the product is divided by the number of features: x . y / d."),
        (wrong(plus=0), "the 1 is missing: (x . y / d + 1) ** 3."),
        (wrong(power=2), "the kernel is a third power, not a second."),
        (wrong(power=1), "the third power is missing, so this compares means only."),
        (wrong(cross=1.0), "k(a, b) counts twice."),
        (wrong(cross=-2.0), "k(a, b) is subtracted: likeness across the sets makes them near."),
        (-right, "the sign is reversed: likeness across the sets makes them near."),
        (
            ((a.mean(0) - b.mean(0)) ** 2).sum(),
            "this compares the means only; two sets with one mean may differ in all else.",
        ),
    )
    expect(got, right, "the distance")
