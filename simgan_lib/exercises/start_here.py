"""Exercises of lesson 00: the game of two players in one dimension."""

import numpy as np

from ..course import game
from .core import Choice, call, expect, function, numbers, recognise


@function(
    solves=game.value,
    hints=[
        "For real numbers it is log(1 - D), for generated ones log D; each gets a mean of its own.",
        "`np.log` and `np.mean` take whole arrays: two means, one plus between them.",
    ],
)
def value(attempt):
    rng = np.random.default_rng(0)
    d_real, d_generated = rng.uniform(0.1, 0.6, 5), rng.uniform(0.5, 0.9, 8)
    real, generated = np.log(1 - d_real), np.log(d_generated)
    right = real.mean() + generated.mean()
    got = numbers(call(attempt, d_real, d_generated), (), "the value")
    recognise(
        got,
        (
            np.log(d_real).mean() + np.log(1 - d_generated).mean(),
            "the targets are swapped: this is the textbook's V, whose D says how probably a number "
            "is real. Ours says how probably it is generated, so D gains where D(real) is small.",
        ),
        (
            real.sum() + generated.sum(),
            "these are sums; the value, and every step made from it, would grow with the number of "
            "samples. Take means.",
        ),
        (
            np.concatenate([real, generated]).mean(),
            "this is one mean over all numbers; each of the two kinds gets a mean of its own.",
        ),
        (
            (1 - d_real).mean() + d_generated.mean(),
            "the logarithm is missing: D would gain no more by correcting a bad mistake than a "
            "small one.",
        ),
        (
            np.log(d_real).mean() + generated.mean(),
            "the `1 -` is missing for the real numbers: D would gain by calling everything "
            "generated.",
        ),
        (
            -right,
            "the sign is turned: this is D's loss, which it makes small. The value is what it "
            "makes large.",
        ),
        (
            real.mean() - generated.mean(),
            "the two means are subtracted: D would lose by being right about generated numbers. "
            "Add them.",
        ),
        (
            real.mean() + np.log(1 - d_generated).mean(),
            "both kinds get log(1 - D) here, so D would gain by calling everything real. For "
            "generated numbers it is log D.",
        ),
        (real.mean(), "the term of the generated numbers is missing: + mean(log D(generated))."),
        (generated.mean(), "the term of the real numbers is missing: mean(log(1 - D(real)))."),
        (
            np.log(1 - d_real.mean()) + np.log(d_generated.mean()),
            "this is the logarithm of a mean, in which one bad mistake hardly counts. First the "
            "logarithm of every number, then the mean.",
        ),
        (right / np.log(10), "this is log10; the course's logarithm is the natural one, `np.log`."),
        (right / np.log(2), "this is log2; the course's logarithm is the natural one, `np.log`."),
    )
    expect(got, right, "the value")


@function(
    solves=game.discriminator_step,
    hints=[
        "Four means: of D(real) * real and D(real), of (1 - D(generated)) * generated and "
        "(1 - D(generated)). The sign of each is in the formula above.",
        "Upwards means plus: new slope = slope + rate * (the slope's derivative), and likewise for "
        "the offset. Compute both derivatives before you change either.",
        "The slope's derivative is mean((1 - D(generated)) * generated) - mean(D(real) * real); "
        "the offset's is the same without the factors `generated` and `real`.",
    ],
)
def discriminator_step(attempt):
    rng = np.random.default_rng(1)
    slope, offset, rate = 0.7, -0.4, 0.3
    real, generated = rng.normal(1, 1, 20), rng.normal(-0.5, 1, 30)
    d_real, d_generated = (game.sigmoid(slope * x + offset) for x in (real, generated))

    def up(of_real, of_generated, mean=np.mean):
        """The step for given weights of the two kinds of numbers."""
        to_slope = mean(of_generated * generated) - mean(of_real * real)
        return np.array([to_slope, mean(of_generated) - mean(of_real)])

    old = np.array([slope, offset])
    step = up(d_real, 1 - d_generated)
    right = old + rate * step
    later = 1 - game.sigmoid(right[0] * generated + offset)
    late = np.mean(later) - np.mean(game.sigmoid(right[0] * real + offset))
    got = call(attempt, slope, offset, real, generated, rate)
    got = numbers(got, (2,), "the pair (slope, offset)")
    recognise(
        got,
        (
            old - rate * step,
            "this steps down the value: D descends and learns to be wrong. D climbs: add the step.",
        ),
        (
            old - rate * up(1 - d_real, d_generated),
            "the targets are swapped: this D learns to say 1 for real numbers. In the course 1 "
            "stands for generated.",
        ),
        (
            old + rate * up(d_real, 1 - d_generated, np.sum),
            "these are sums; the step would grow with the number of samples. Take means.",
        ),
        (
            old + rate * up(d_real * (1 - d_real), d_generated * (1 - d_generated)),
            "the logarithm is missing: this is the gradient of mean(1 - D(real)) + "
            "mean(D(generated)), which vanishes where D is sure and wrong.",
        ),
        (
            old + rate * up(d_real, d_generated),
            "the `1 -` is missing for the generated numbers: the gradient of log D is 1 - D.",
        ),
        (
            old + rate * up(-d_real, 1 - d_generated),
            "the two means are added; log(1 - D) falls where D grows, so what comes from the real "
            "numbers has a minus.",
        ),
        (old + step, "the rate is missing: this is a step of rate 1."),
        (rate * step, "this is the step alone; return where it leads: slope and offset plus it."),
        (
            step,
            "this is the gradient; return the slope and offset after a step of `rate` times it.",
        ),
        (right[::-1], "the two are returned in the wrong order; the slope comes first."),
        (
            old + rate * step[1],
            "the derivative with respect to the slope lacks its factor x: slope * x changes by x "
            "when the slope changes by 1.",
        ),
        (
            np.array([right[0], offset + rate * late]),
            "the offset's step is taken with the new slope; take both from the D that was there "
            "before the step.",
        ),
    )
    expect(got, right, "the pair (slope, offset)")


@function(
    solves=game.generator_step,
    hints=[
        "The derivative of -log(1 - D) with respect to slope * x + offset is D. Then comes the "
        "chain rule: x = z + shift, and slope * x changes by `slope` when the shift changes by 1.",
        "So the derivative of the loss is slope * mean(D(z + shift)); a step down subtracts `rate` "
        "times it from the shift.",
    ],
)
def generator_step(attempt):
    rng = np.random.default_rng(2)
    noise = rng.normal(size=30)
    shift, slope, offset, rate = -0.8, -0.9, 0.5, 0.3
    d = game.sigmoid(slope * (noise + shift) + offset)
    step = rate * slope * d.mean()
    right = shift - step
    got = numbers(call(attempt, shift, slope, offset, noise, rate), (), "the shift")
    recognise(
        got,
        (
            shift + step,
            "the generator moves the wrong way, to where D is surer that its numbers are "
            "generated. A loss is made small: subtract the step.",
        ),
        (
            shift - rate * slope * (1 - d).mean(),
            "this step minimises V itself, mean log D: it vanishes just where D is sure, so a bad "
            "generator would not move. The paper's loss is -mean log(1 - D).",
        ),
        (
            shift + rate * slope * (1 - d).mean(),
            "the targets are swapped: this makes D(G(z)) large, as one does where D says how "
            "probably a number is real. Ours says how probably it is generated.",
        ),
        (
            shift - step * len(noise),
            "this is a sum; the step would grow with the number of samples. Take the mean.",
        ),
        (
            shift - rate * slope * (d * (1 - d)).mean(),
            "the logarithm is missing: this is a step down mean D, which is nearly flat where D "
            "is sure.",
        ),
        (
            shift - rate * d.mean(),
            "the slope is missing: by the chain rule the derivative with respect to the shift is "
            "`slope` times that with respect to slope * x + offset.",
        ),
        (
            shift - rate * slope * game.sigmoid(slope * noise + offset).mean(),
            "D is asked about the noise; it should judge what G makes of it, noise + shift.",
        ),
        (shift - slope * d.mean(), "the rate is missing: this is a step of rate 1."),
        (-step, "this is the step alone; return where it leads, the shift plus it."),
        (slope * d.mean(), "this is the gradient; return the shift after a step."),
    )
    expect(got, right, "the shift")


settles = Choice(
    "b",
    {
        "a": "that would need a generator that slows down before it arrives. It is pulled as long "
        "as D's slope is not 0, and when the shift is right D still believes what it learnt from "
        "earlier rounds; so G runs past.",
        "b": "G arrives while D's slope is still steep, runs past by about 0.4, D turns round, and "
        "each swing is smaller than the one before. Within 100 rounds both stay near the cross.",
        "c": "that is what such a game does when D has no reason to stay small. Here D loses by "
        "a steep slope once the two heaps overlap, and that takes a part of every swing.",
        "d": "that takes very large rates. With long turns of both it swings for ever, as you will "
        "see next; with single steps of rate 0.3 every swing is smaller than the one before.",
    },
    hints=[
        "What is D's slope when the shift first equals the mean? For many rounds D has learnt that "
        "generated numbers lie to the left. Is it 0 yet?",
        "So G runs past. Does D gain by a steep slope while the heaps overlap? It is punished for "
        "being sure and wrong, so the slope shrinks whenever they lie on each other.",
    ],
)
