"""What the size of the gap does to a refiner: `python -m experiments gap`.

The demo's training and its simpler rivals, as in `stand_in`, with synthetic eyes whose look is
nearer to the camera's than the demo's, or further away, as a cruder simulator has it. Gap 1 is the
demo's and stands in `stand_in`; geometry, labels, first weights and the camera's eyes are the same
for every gap. Nothing was chosen anew for another gap, lambda neither. What lambda does is measured
at gap 2, with 1 and 9 in place of 3.
"""

from dataclasses import replace

from simgan_lib.baselines import add_noise, k_nearest, randomise_domain
from simgan_lib.demo import NOISE_LEVELS
from simgan_lib.pocket import simulate
from simgan_lib.training import PRESETS

from .common import STRENGTHS, Demo, apply, counts, estimator_score, score, tuned
from .rows import Rows

SEEDS = {2: 5, 1.5: 3, 3: 3, 0.5: 3}  # how many, for each gap
WEIGHTS = 1.0, 9.0  # lambda in place of the demo's 3, with the first three seeds of gap 2


def main(out, runs, few=False):
    """Measures every gap with its seeds.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    with Rows(out, "gap", **counts(few)) as rows:
        for gap, seeds in SEEDS.items():
            for seed in range(1 if few else seeds):
                measure(rows, Demo(seed, runs, few), gap)


def measure(rows, demo, gap):
    """Adds the rows of one seed and gap."""
    seed = demo.seed
    synthetic = simulate(counts(demo.few)["eyes"], "synthetic", 10 * seed, gap=gap)
    demo.eyes = e = demo.eyes._replace(synthetic=synthetic)

    def cnn(eyes):
        return estimator_score(eyes, e.test, seed)

    def best(change, strengths):
        return tuned(synthetic, change, strengths, e.validation, e.test, seed)

    measures = {
        "synthetic": lambda: cnn(synthetic),
        "refined": lambda: cnn(apply(demo.train(f"gap {gap}")[0].refiner, synthetic)),
        "equalised": lambda: cnn(demo.equalised),
        "noise": lambda: best(add_noise, NOISE_LEVELS),
        "randomised": lambda: best(randomise_domain, STRENGTHS),
        "kNN": lambda: score(k_nearest(synthetic)(e.test), e.test),
    }
    for weight in WEIGHTS if gap == 2 and seed < 3 else ():
        preset = replace(PRESETS["pocket"], weight=weight)
        measures[f"refined, lambda {weight:g}"] = lambda w=weight, p=preset: cnn(
            apply(demo.train(f"gap {gap} lambda {w:g}", p)[0].refiner, synthetic)
        )
    for variant, make in measures.items():
        rows.add(make, gap=gap, variant=variant, seed=seed)
