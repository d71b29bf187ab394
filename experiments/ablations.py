"""What each part of SimGAN brings: `python -m experiments ablations`.

One part at a time is changed in the training of `simgan demo`. A seed decides the eyes, the first
weights and the order of the batches, alike for every variant, so that they are compared in pairs.
What they are compared with, the training as it is, has its rows in `stand_in`. Eyes are refined by
the history of refiners. The parts that the paper is about have a second row, where the last refiner
alone refines them ("one R"): is a part needed where there is a history of refiners?
"""

from dataclasses import asdict, replace
from functools import partial

from simgan_lib.measure.ablations import NoHistory, global_discriminator
from simgan_lib.simgan.training import PRESETS

from .common import Demo, apply, counts, estimator_score
from .rows import Rows

POCKET = PRESETS["pocket"]
SEEDS = range(5)
PARTS = {"no buffer": {"buffer": NoHistory}, "global": {"discriminator": global_discriminator}}
SETTINGS = {
    "lambda 0": {"weight": 0.0},
    "lambda 3": {"weight": 3.0},
    "lambda 30": {"weight": 30.0},
    "no warm-up": {"refiner_warmup": 0, "discriminator_warmup": 0},
}


def main(out, runs, few=False):
    """Measures every variant with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    demos = [Demo(seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]

    def refined(demo, name, one=False):
        preset = replace(POCKET, **SETTINGS.get(name, {}))
        _, refiners, curves = demo.train(f"ablations {name}", preset, PARTS.get(name))
        kept = "self_regularization", "accuracy_real", "accuracy_fresh", "accuracy_remembered"
        curve = {name: round(curves[-1][name], 3) for name in kept}
        made = apply(refiners[-1:] if one else refiners, demo.eyes.synthetic, demo.seed)
        return estimator_score(made, demo.eyes.test, demo.seed) | curve

    with Rows(out, "ablations", **counts(few), preset=asdict(POCKET)) as rows:
        for name in PARTS:
            for demo in demos:
                seed, alone = demo.seed, f"{name}, one R"
                rows.add(partial(refined, demo, name), variant=name, seed=seed)
                rows.add(partial(refined, demo, name, one=True), variant=alone, seed=seed)
        for name in SETTINGS:
            for demo in demos[:3]:
                rows.add(partial(refined, demo, name), variant=name, seed=demo.seed)
