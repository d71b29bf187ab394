"""What the course claims, measured: each experiment is one command that goes on where it stopped.

`python -m experiments NAME` writes a row of `simgan_lib/measured/NAME.json` whenever something is
measured, and leaves out what is there already; `--out` writes elsewhere. `make results` draws
RESULTS.md from the rows, `make results-check` holds README and RESULTS.md against them.
"""

from dataclasses import replace

from simgan_lib.estimator import estimate_gaze, train_estimator
from simgan_lib.evaluation import summary
from simgan_lib.eyes import EyeSet
from simgan_lib.runs import refine


def score(estimated, test):
    """`summary` with as many digits as are worth keeping."""
    return {name: round(value, 3) for name, value in summary(estimated, test.gaze).items()}


def estimator_score(eyes, test, seed):
    """Trains a gaze estimator on eyes and measures it on others."""
    return score(estimate_gaze(train_estimator(eyes, "pocket", seed), test), test)


def smaller(preset):
    """The preset as a test of the command needs it: a few steps, with hardly a weight."""
    return replace(
        preset,
        filters=2,
        batch_size=4,
        buffer_size=8,
        refiner_warmup=2,
        discriminator_warmup=2,
        steps=4,
    )


def apply(refiner, eyes):
    """The eyes refined, in memory, so that they are refined once and not in every epoch."""
    return EyeSet(refine(refiner, eyes).images[:], eyes.gaze, eyes.person)
