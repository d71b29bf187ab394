"""What each part of SimGAN brings: `python -m experiments ablations`.

One part at a time is changed in a preset small enough for a hundred runs on two cores. A seed
decides the eyes, the first weights and the order of the batches, alike for every variant, so
that variants are compared in pairs. The last rows repeat two of them at the size of "pocket".
"""

from dataclasses import replace
from functools import cache

from simgan_lib.ablations import NoHistory, blurred, edges, global_discriminator
from simgan_lib.eyes import EyeSet
from simgan_lib.pocket import simulate
from simgan_lib.runs import refine, train
from simgan_lib.training import PRESETS, SimGAN

from . import estimator_score, smaller
from .rows import Rows

SMALL = replace(PRESETS["pocket"], batch_size=16, steps=500)
SEEDS = range(100, 105)  # none of them is used elsewhere
EYES, TEST = 6_000, 2_000

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
LARGE = {"pocket": "base", "pocket, no history": "no history"}


def main(out, runs, few=False):
    """Measures every variant with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    count, test_count = (60, 40) if few else (EYES, TEST)

    @cache
    def eyes(seed):
        synthetic = simulate(count, "synthetic", 10 * seed)
        camera = EyeSet(simulate(count, "camera", 10 * seed + 1).images)
        return synthetic, camera, simulate(test_count, "camera", 10 * seed + 4)

    def unrefined(seed):
        synthetic, _, test = eyes(seed)
        return estimator_score(synthetic, test, seed)

    def measure(name, preset, parts, seed):
        synthetic, camera, test = eyes(seed)
        simgan, curves = train(
            synthetic,
            camera,
            smaller(preset) if few else preset,
            runs / f"ablations-{name}-{seed}".replace(", ", "-").replace(" ", "-"),
            seed,
            resume=True,
            build=lambda preset, seed: SimGAN.from_preset(preset, seed, **parts),
        )
        refined = refine(simgan.refiner, synthetic)
        refined = EyeSet(refined.images[:], synthetic.gaze)
        kept = "self_regularization", "accuracy_real", "accuracy_fresh", "accuracy_remembered"
        curve = {name: round(curves[-1][name], 3) for name in kept}
        return estimator_score(refined, test, seed) | curve

    def add(name, seed, preset, changes, parts):
        preset = replace(preset, **changes)
        rows.add(lambda: measure(name, preset, parts, seed), variant=name, seed=seed)

    with Rows(out, "ablations", eyes=count, test=test_count) as rows:
        for variants, seeds in ((PARTS, SEEDS), (SETTINGS, SEEDS[:3])):
            for seed in seeds:
                rows.add(lambda s=seed: unrefined(s), variant="synthetic", seed=seed)
                for name, (changes, parts) in variants.items():
                    add(name, seed, SMALL, changes, parts)
        for seed in SEEDS[:3]:
            for name, variant in LARGE.items():
                add(name, seed, PRESETS["pocket"], *PARTS[variant])
