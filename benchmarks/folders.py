"""A folder of images: reading it against Pillow alone, and memory for 100,000 against 10,000.

Images are 128 x 128 in colour. The files of the folders are a hundred of them again and again.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks import by_turns, run
from simgan_lib.data.reading import load_images

PACK = "-m", "simgan_lib", "pack"


def fill(folder, count):
    """A folder of so many names for a hundred images of soft colours and some noise."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for k in range(count):
        if k < 100:
            soft = rng.uniform(40, 200, (2, 2, 3)).repeat(64, 0).repeat(64, 1)
            image = np.clip(soft + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)
            Image.fromarray(image).save(folder / f"{k}.png")
        else:
            os.link(folder / f"{k % 100}.png", folder / f"{k}.png")
    return folder


def with_pillow(folder):
    for path in folder.iterdir():
        with Image.open(path) as image:
            np.asarray(image)


def main():
    with TemporaryDirectory() as place:
        small, large = (fill(Path(place, str(n)), n) for n in (10_000, 100_000))
        images = load_images(small)
        ours, alone = by_turns(lambda: images.images[:2000], lambda: with_pillow(small), rounds=1)
        peaks = [run(*PACK, folder, Path(place, "out.h5")) for folder in (small, large)]
    (first, _), (second, seconds) = peaks
    ratio = alone / 10_000 * 2_000 / ours
    print(
        f"reading a folder of 128 x 128 x 3: {2_000 / ours:,.0f} images a second, {ratio:.2f} "
        f"times Pillow alone (aim 1)\nmemory of packing it: 10,000 images {first:.0f} MB, 100,000 "
        f"{second:.0f} MB in {seconds:.0f} s: {second / first:.2f} times (aim at most 1.1)"
    )


if __name__ == "__main__":
    main()
