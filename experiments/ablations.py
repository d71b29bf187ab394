"""What each part of SimGAN brings: `python -m experiments ablations`.

One part at a time is changed in the training of `simgan demo`. A seed decides the eyes, the first
weights and the order of the batches, alike for every variant, so that they are compared in pairs.
"""

from simgan_lib.ablations import NoHistory, blurred, edges, global_discriminator

from .common import Demo, apply, counts, estimator_score
from .rows import Rows

SEEDS = range(5)
GLOBAL, FORGETFUL = {"discriminator": global_discriminator}, {"buffer": NoHistory}
# What differs from the preset, and what from the networks. First the two that the paper is about.
PARTS = {
    "base": ({}, {}),
    "no history": ({}, FORGETFUL),
    "global": ({}, GLOBAL),
    "global, no history": ({}, GLOBAL | FORGETFUL),
}
SETTINGS = {
    "lambda 0": ({"weight": 0.0}, {}),
    "lambda 0.3": ({"weight": 0.3}, {}),
    "lambda 10": ({"weight": 10.0}, {}),
    "lambda 30": ({"weight": 30.0}, {}),
    "no warm-up": ({"refiner_warmup": 0, "discriminator_warmup": 0}, {}),
    "psi edges": ({}, {"psi": edges}),
    "buffer 32": ({"buffer_size": 32}, {}),
    "K_g 1": ({"refiner_steps": 1}, {}),
    "lambda 0.03": ({"weight": 0.03}, {}),
    "psi blurred": ({}, {"psi": blurred}),
    "buffer 320": ({"buffer_size": 320}, {}),
    "K_g 4": ({"refiner_steps": 4}, {}),
}


def main(out, runs, few=False):
    """Measures every variant with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """

    def unrefined(demo):
        return estimator_score(demo.eyes.synthetic, demo.eyes.test, demo.seed)

    def refined(demo, name, changes, parts):
        simgan, curves = demo.train(name, changes, parts)
        kept = "self_regularization", "accuracy_real", "accuracy_fresh", "accuracy_remembered"
        curve = {name: round(curves[-1][name], 3) for name in kept}
        made = apply(simgan.refiner, demo.eyes.synthetic)
        return estimator_score(made, demo.eyes.test, demo.seed) | curve

    with Rows(out, "ablations", **counts(few)) as rows:
        for variants, seeds in ((PARTS, SEEDS), (SETTINGS, SEEDS[:3])):
            for seed in seeds:
                demo = Demo(seed, runs, few)
                rows.add(lambda d=demo: unrefined(d), variant="synthetic", seed=seed)
                for name, (changes, parts) in variants.items():
                    rows.add(
                        lambda d=demo, n=name, c=changes, p=parts: refined(d, n, c, p),
                        variant=name,
                        seed=seed,
                    )
