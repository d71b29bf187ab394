"""What each part of SimGAN brings: `python -m experiments ablations`.

One part at a time is changed in a training with the eyes of `simgan demo`. A seed decides the eyes,
the first weights and the order of the batches, alike for every variant, so that they are compared
in pairs; those of `stand_in` have the same. The preset is smaller than the demo's, a third of the
time; whether the demo's agrees, its own rows say.
"""

from dataclasses import asdict, replace
from functools import partial

from simgan_lib.ablations import NoHistory, blurred, edges, global_discriminator
from simgan_lib.training import PRESETS

from .common import SMALL, Demo, apply, counts, estimator_score
from .rows import Rows

POCKET = PRESETS["pocket"]
SEEDS = range(5)
GLOBAL, FORGETFUL = {"discriminator": global_discriminator}, {"buffer": NoHistory}
# What differs from the preset, and what from the networks. First the two that the paper is about.
PARTS = {
    "base": ({}, {}),
    "no history": ({}, FORGETFUL),
    "global": ({}, GLOBAL),
    "global, no history": ({}, GLOBAL | FORGETFUL),
}
# Whether the demo's preset agrees, with what `stand_in` measured of it: its "refined".
LARGE = {"pocket, global, no history": ({}, GLOBAL | FORGETFUL)}
SETTINGS = {
    "lambda 0": ({"weight": 0.0}, {}),
    "lambda 30": ({"weight": 30.0}, {}),
    "no warm-up": ({"refiner_warmup": 0, "discriminator_warmup": 0}, {}),
    "K_g 1": ({"refiner_steps": 1}, {}),
    "psi blurred": ({}, {"psi": blurred}),
    "buffer 16": ({"buffer_size": 16}, {}),
    "lambda 0.3": ({"weight": 0.3}, {}),
    "buffer 160": ({"buffer_size": 160}, {}),
    "lambda 0.03": ({"weight": 0.03}, {}),
    "K_g 4": ({"refiner_steps": 4}, {}),
    "psi edges": ({}, {"psi": edges}),
}


def main(out, runs, few=False):
    """Measures every variant with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    demos = [Demo(seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]

    def unrefined(demo):
        return estimator_score(demo.eyes.synthetic, demo.eyes.test, demo.seed)

    def refined(demo, name, preset, parts):
        simgan, curves = demo.train(f"ablations {name}", preset, parts)
        kept = "self_regularization", "accuracy_real", "accuracy_fresh", "accuracy_remembered"
        curve = {name: round(curves[-1][name], 3) for name in kept}
        made = apply(simgan.refiner, demo.eyes.synthetic)
        return estimator_score(made, demo.eyes.test, demo.seed) | curve

    with Rows(out, "ablations", **counts(few), preset=asdict(SMALL)) as rows:
        for demo in demos:
            rows.add(partial(unrefined, demo), variant="synthetic", seed=demo.seed)
        for preset, variants, count in (
            (SMALL, PARTS, 5),
            (POCKET, LARGE, 3),
            (SMALL, SETTINGS, 3),
        ):
            for name, (changes, parts) in variants.items():
                for demo in demos[:count]:
                    measure = partial(refined, demo, name, replace(preset, **changes), parts)
                    rows.add(measure, variant=name, seed=demo.seed)
