"""Other adversaries with the same eyes: `python -m experiments family`.

Labelled synthetic and unlabelled camera eyes of seed s are those of `simgan demo --seed s`, at the
demo's gap and at a smaller one, as in `stand_in` and `gap`, where the simpler rivals and SimGAN
itself stand. Some rivals refine no eye and train the estimator otherwise; some refine by another
rule; and some do both. A number is the mean of three estimators. The weight of DANN, the size of
VAT and the rate of ADDA are the best of five, three and two that were tried with seed 100, which no
row has, on one estimator each. The cycle's weight is its paper's; that of the gaze is a guess.
"""

from dataclasses import asdict, replace
from functools import partial

from simgan_lib.family.adda import train_adda
from simgan_lib.family.cycle import Cycle
from simgan_lib.family.domain_adversarial import train_domain_adversarial
from simgan_lib.family.gaze_consistency import GazeConsistency
from simgan_lib.family.virtual_adversarial import train_virtual_adversarial
from simgan_lib.measure.estimator import train_estimator
from simgan_lib.simgan.training import PRESETS
from simgan_lib.simulators.pocket import GAP

from .common import Demo, apply, counts, estimator_score
from .rows import Rows

SEEDS = range(5)
GAPS = GAP, 1
POCKET = PRESETS["pocket"]
CYCLE = replace(POCKET, weight=10.0)  # the paper's lambda of a cycle


def main(out, runs, few=False):
    """Measures every rival at every gap with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    with Rows(out, "family", **counts(few), preset=asdict(POCKET), cycle=CYCLE.weight) as rows:
        for gap in GAPS:
            demos = [Demo.at(gap, seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]
            rows.add_all({demo.seed: rivals(demo) for demo in demos}, gap=gap)


def rivals(demo):
    """A function for each row of a seed."""
    e, seed = demo.eyes, demo.seed

    def score(eyes, train=None):
        return estimator_score(eyes, e.test, seed, train)

    dann, vat, adda = (
        partial(train, unlabelled=e.camera)
        for train in (train_domain_adversarial, train_virtual_adversarial, train_adda)
    )

    def cycle():
        return demo.train(f"{demo.name} cycle", CYCLE, kind=Cycle)[1]

    def consistent():
        judge = train_estimator(e.synthetic, "pocket", seed)
        name, parts = f"{demo.name} gaze consistency", {"estimator": judge}
        return demo.train(name, POCKET, parts, GazeConsistency)[1]

    return {
        "DANN": lambda: score(e.synthetic, dann),
        "VAT": lambda: score(e.synthetic, vat),
        "ADDA": lambda: score(e.synthetic, adda),
        "cycle, one R": lambda: score(apply(cycle()[-1], e.synthetic)),
        "cycle, history": lambda: score(apply(cycle(), e.synthetic, seed)),
        "gaze consistency, history": lambda: score(apply(consistent(), e.synthetic, seed)),
        "history, DANN": lambda: score(demo.refined, dann),
        "history, VAT": lambda: score(demo.refined, vat),
    }
