"""What each part of SimGAN brings: `python -m experiments ablations`.

One part at a time is changed in the training of `simgan demo`. A seed decides the eyes, the first
weights and the order of the batches, alike for every variant, so that they are compared in pairs.
"""

from dataclasses import replace
from functools import cache

from simgan_lib.ablations import NoHistory, blurred, edges, global_discriminator
from simgan_lib.demo import demo_eyes
from simgan_lib.runs import train
from simgan_lib.training import PRESETS, SimGAN

from . import apply, estimator_score, smaller
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
    count, test_count = (60, 40) if few else (8_000, 2_000)

    @cache
    def eyes(seed):
        return demo_eyes(seed, count, test_count)

    def unrefined(seed):
        return estimator_score(eyes(seed).synthetic, eyes(seed).test, seed)

    def refined(name, changes, parts, seed):
        preset = replace(PRESETS["pocket"], **changes)
        simgan, curves = train(
            eyes(seed).synthetic,
            eyes(seed).camera,
            smaller(preset) if few else preset,
            runs / f"{name}-{seed}".replace(", ", "-").replace(" ", "-"),
            seed,
            resume=True,
            build=lambda preset, seed: SimGAN.from_preset(preset, seed, **parts),
        )
        kept = "self_regularization", "accuracy_real", "accuracy_fresh", "accuracy_remembered"
        curve = {name: round(curves[-1][name], 3) for name in kept}
        made = apply(simgan.refiner, eyes(seed).synthetic)
        return estimator_score(made, eyes(seed).test, seed) | curve

    with Rows(out, "ablations", eyes=count, test=test_count) as rows:
        for variants, seeds in ((PARTS, SEEDS), (SETTINGS, SEEDS[:3])):
            for seed in seeds:
                rows.add(lambda s=seed: unrefined(s), variant="synthetic", seed=seed)
                for name, (changes, parts) in variants.items():
                    rows.add(
                        lambda n=name, c=changes, p=parts, s=seed: refined(n, c, p, s),
                        variant=name,
                        seed=seed,
                    )
