"""The paper's second experiment, table 4, on hands of our own: `python -m experiments hands`.

The depth images of `simulators/hands.py`, clean as a renderer makes them and as a depth sensor sees
them, of other people. R, D, the losses and Algorithm 1 are those of the eyes; the pose network is
that of `simgan evaluate`, one for each number. Nothing was chosen on these hands: lambda, rounds
and the history are the demo's, and so are the strengths of noise and randomisation.
"""

from dataclasses import replace
from functools import cached_property

from simgan_lib.course.demo import DemoEyes
from simgan_lib.data.images import ImageSet
from simgan_lib.measure.baselines import NOISE, STRENGTH, add_noise, randomise_domain
from simgan_lib.measure.comparison import mean, nearest
from simgan_lib.measure.estimator import answers
from simgan_lib.measure.tasks import task_of, train_network
from simgan_lib.simulators.hands import simulate

from .common import Demo, apply, counts
from .rows import Rows

SEEDS = range(5)


def main(out, runs, few=False):
    """Measures every row with every seed.

    Args:
        out: Folder of the results.
        runs: Folder of unfinished trainings.
        few: Take a few steps with a few hands, to try the command.
    """
    with Rows(out, "hands", **counts(few)) as rows:
        demos = [Hands(seed, runs, few) for seed in (SEEDS[:1] if few else SEEDS)]
        rows.add_all({demo.seed: demo.measures() for demo in demos})


class Hands(Demo):
    """A `Demo` with hands in place of eyes."""

    def __init__(self, seed, runs, few):
        super().__init__(seed, runs, few)
        self.name = "hands"

    @cached_property
    def eyes(self):
        """`DemoEyes` that are hands; no part of them is for choosing."""
        count, test = counts(self.few).values()
        synthetic = simulate(count, "synthetic", 10 * self.seed, progress=True)
        camera, labelled, tested = (
            simulate(size, "camera", 10 * self.seed + k, progress=True)
            for k, size in enumerate((count, count, test), start=1)
        )
        return DemoEyes(synthetic, ImageSet(camera.images), labelled, None, tested)

    def measures(self):
        """A function for each row."""
        hands, seed = self.eyes, self.seed
        truth = hands.test.labels["joints"]
        known = hands.synthetic.labels["joints"]
        task = task_of("joints", known, hands.synthetic.image_shape)
        rival = task, hands.synthetic, hands.test, "joints"

        def score(numbers):
            return {name: round(value, 3) for name, value in task.measure(numbers, truth).items()}

        def network(images):
            if self.few:
                task.preset = replace(task.preset, epochs=1)
            model = train_network(task, images, "joints", seed)
            return score(task.decode(answers(model, hands.test)))

        def three_times():
            return simulate(3 * len(hands.synthetic), "synthetic", 10 * seed)

        return {
            "constant": lambda: score(mean(*rival)),
            "synthetic": lambda: network(hands.synthetic),
            "history": lambda: network(self.refined),
            "one R": lambda: network(apply(self.refiners[-1], hands.synthetic)),
            "real labels": lambda: network(hands.labelled),
            "kNN": lambda: score(nearest(*rival)),
            "randomised": lambda: network(randomise_domain(hands.synthetic, STRENGTH, seed)),
            "noise": lambda: network(add_noise(hands.synthetic, NOISE, seed)),
            "3x history": lambda: network(apply(self.refiners, three_times(), seed)),
            "3x synthetic": lambda: network(three_times()),
        }
