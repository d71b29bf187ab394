"""What a history of refiners brings, and how long it should be: `python -m experiments history`.

In the demo's training, with seeds that no reported row has. First the choice: eyes refined by 1 to
24 refiners of one training, from a quarter, half or three quarters of its rounds on. Then what a
history is worth: three refiners of one training against the last ones of three trainings that
differ by their seed, and one refiner after twice the rounds.
"""

from dataclasses import asdict, replace
from functools import cache, partial

from simgan_lib.simgan.refining import load_refiners
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import PRESETS, Preset

from .common import Demo, apply, counts, estimator_score, smaller
from .rows import Rows

SEEDS = 100, 101, 102
CHOICES = [(k, 1 / 2) for k in (1, 2, 3, 6, 12, 24)] + [(12, 1 / 4), (12, 3 / 4)]
KEPT = 80  # refiners of a training to choose from, which keeps them over all of its rounds


class Whole(Preset):
    """A preset whose runs keep refiners over all of their rounds."""

    @property
    def history_steps(self):
        """The steps after which R is kept, evenly from the first round to the last one."""
        apart = self.steps / self.history
        return sorted({self.total_steps - int(apart * k) for k in range(self.history)})


def main(out, runs, few=False):
    """Measures every choice with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    with Rows(out, "history", **counts(few), preset=asdict(PRESETS["pocket"])) as rows:
        for seed in SEEDS[:1] if few else SEEDS:
            measure_seed(rows, Demo(seed, runs, few))


def measure_seed(rows, demo):
    """Adds the rows of one seed."""
    preset = PRESETS["pocket"]
    preset = Whole(**asdict(smaller(preset) if demo.few else preset))

    @cache
    def trained(seed=demo.seed, steps=preset.steps):
        run = demo.runs / f"history-{steps}-{demo.seed}-{seed}"
        longer = replace(preset, steps=steps, history=KEPT)
        train(demo.eyes.synthetic, demo.eyes.camera, longer, run, seed, resume=True)
        return load_refiners(run)

    def add(variant, choose):
        def measure():
            eyes = apply(choose(), demo.eyes.synthetic, demo.seed)
            return estimator_score(eyes, demo.eyes.test, demo.seed)

        rows.add(measure, variant=variant, seed=demo.seed)

    def chosen(count, start):
        return [trained()[k] for k in places(len(trained()), count, start)]

    for count, start in CHOICES:
        add(f"{count}, from {start:.0%} of the rounds on", partial(chosen, count, start))
    add("3, of 3 trainings", lambda: [trained(1_000 * k + demo.seed)[-1] for k in range(3)])
    add("1, after twice the rounds", lambda: trained(steps=2 * preset.steps)[-1:])


def places(kept, count, start):
    """Which of the refiners of a training make a history of `count`, the last one always in it."""
    apart = kept * (1 - start) / count
    return [kept - 1 - int(apart * k) for k in reversed(range(count))]
