"""What the size of the gap does to a refiner: `python -m experiments gap`.

The demo's training and its simpler rivals, as in `stand_in`, with synthetic eyes whose look is
nearer to the camera's than the demo's, or further away, as a cruder simulator has it. The demo's
own gap stands in `stand_in`; geometry, labels, first weights and the camera's eyes are the same for
every gap. Nothing was chosen anew for another gap, lambda neither.
"""

from .common import Demo, counts
from .rows import Rows
from .stand_in import rivals

GAPS, SEEDS = (2, 1), range(5)


def main(out, runs, few=False):
    """Measures every gap with its seeds.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few eyes, to try the command.
    """
    with Rows(out, "gap", **counts(few)) as rows:
        for gap in GAPS:
            demos = [Demo.at(gap, seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]
            rows.add_all({demo.seed: rivals(demo) for demo in demos}, gap=gap)
