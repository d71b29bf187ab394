"""What each part of SimGAN brings: `python -m experiments ablations`.

One part at a time is changed in the training of `simgan demo`. A seed decides the eyes, the first
weights and the order of the batches, alike for every variant, so that they are compared in pairs.
What they are compared with, the training as it is, has its rows in `stand_in`. Eyes are refined by
the history of refiners. The parts that the paper is about have a second row, where the last refiner
alone refines them ("one R"): is a part needed where there is a history of refiners?
"""

from dataclasses import asdict, replace
from functools import partial

from simgan_lib.measure.ablations import NoHistory, blurred, global_discriminator
from simgan_lib.simgan.training import PRESETS

from .common import Demo, apply, counts, estimator_score
from .rows import Rows

POCKET = PRESETS["pocket"]
SEEDS = range(5)
GLOBAL, FORGETFUL = {"discriminator": global_discriminator}, {"buffer": NoHistory}
# What differs from the preset, and what from the networks. First the two that the paper is about.
PARTS = {
    "no buffer": ({}, FORGETFUL),
    "global": ({}, GLOBAL),
    "global, no buffer": ({}, GLOBAL | FORGETFUL),
}
SETTINGS = {
    "lambda 0": ({"weight": 0.0}, {}),
    "lambda 3": ({"weight": 3.0}, {}),
    "lambda 30": ({"weight": 30.0}, {}),
    "no warm-up": ({"refiner_warmup": 0, "discriminator_warmup": 0}, {}),
    "K_g 1": ({"refiner_steps": 1}, {}),
    "psi blurred": ({}, {"psi": blurred}),
}


def main(out, runs, few=False):
    """Measures every variant with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    demos = [Demo(seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]

    def refined(demo, name, changes, parts, one):
        preset = replace(POCKET, **changes)
        _, refiners, curves = demo.train(f"ablations {name}", preset, parts)
        kept = "self_regularization", "accuracy_real", "accuracy_fresh", "accuracy_remembered"
        curve = {name: round(curves[-1][name], 3) for name in kept}
        made = apply(refiners[-1:] if one else refiners, demo.eyes.synthetic, demo.seed)
        return estimator_score(made, demo.eyes.test, demo.seed) | curve

    with Rows(out, "ablations", **counts(few), preset=asdict(POCKET)) as rows:
        for variants, count in ((PARTS, 5), (SETTINGS, 3)):
            for name, (changes, parts) in variants.items():
                for demo in demos[:count]:
                    for one in (False, True) if variants is PARTS else (False,):
                        measure = partial(refined, demo, name, changes, parts, one)
                        variant = f"{name}, one R" if one else name
                        rows.add(measure, variant=variant, seed=demo.seed)
