"""Draws README's picture from the refiners of the package: `python -m experiments.picture`."""

from pathlib import Path

from simgan_lib.course.plots import montage
from simgan_lib.files import writing
from simgan_lib.simgan.refining import refine
from simgan_lib.simulators.pocket import simulate
from simgan_lib.start import quiet_tensorflow

PICTURE = Path(__file__).parents[1] / "figures/eyes.png"


def main():
    """Writes eyes of ten persons: as simulated, refined, and others as the camera shows them."""
    quiet_tensorflow()
    from simgan_lib.simgan.weights import load_pretrained

    synthetic, camera = (simulate(10, domain, seed=7) for domain in ("synthetic", "camera"))
    figure = montage(
        {
            "simulated, with labels": synthetic.images,
            "the same, each refined by one of twelve saved refiners": refine(
                load_pretrained("pocket"), synthetic
            ).images[:],
            "other persons, by the simulated camera": camera.images,
        },
        columns=8,
    )
    PICTURE.parent.mkdir(exist_ok=True)
    with writing(PICTURE) as path:
        figure.savefig(path, dpi=100)


if __name__ == "__main__":
    main()
