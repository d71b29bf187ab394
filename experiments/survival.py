"""Whether R stays alive: `python -m experiments survival`.

A refiner that makes every eye of one grey has left the game. Here is the least contrast that the
eyes of a training ever had after its first hundred rounds, and the one they ended with, both as a
share of the synthetic eyes' own, for the demo's training with two values of lambda and for the
networks and rates of the paper with a batch that fits a laptop.
"""

from dataclasses import replace
from functools import partial

from simgan_lib.simgan.training import PRESETS

from .common import Demo, counts
from .rows import Rows

SEEDS = range(5)
SHORT = {"batch_size": 32, "buffer_size": 2_000, "checkpoint_steps": 50}
SHORT |= {"refiner_warmup": 100, "discriminator_warmup": 50, "steps": 300}
VARIANTS = {
    "pocket": PRESETS["pocket"],
    "pocket, lambda 3": replace(PRESETS["pocket"], weight=3.0),
    "paper, batch 32": replace(PRESETS["paper"], **SHORT),
}


def main(out, runs, few=False):
    """Trains every variant with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """

    def survived(demo, name, preset):
        curves = demo.train("base" if name == "pocket" else f"survival {name}", preset)[2]
        contrast = [row["contrast"] for row in curves if row["contrast"] == row["contrast"]]
        return {
            "least_contrast": round(min(contrast[4:] or contrast), 3),
            "contrast": round(contrast[-1], 3),
        }

    with Rows(out, "survival", **counts(few)) as rows:
        for name, preset in VARIANTS.items():
            for seed in SEEDS[:1] if few else SEEDS:
                measure = partial(survived, Demo(seed, runs, few), name, preset)
                rows.add(measure, variant=name, seed=seed)
