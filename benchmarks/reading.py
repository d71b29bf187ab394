"""Opening and reading 50,000 eyes, packed against one data set an image: aim, 100 times faster.

Without labels, since Kaggle's are compared with the images when the file is opened.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np

from benchmarks import by_turns
from simgan_lib.data.eyes import EyeSet
from simgan_lib.simulators.pocket import simulate

COUNT = 50_000


def read(path):
    """Opens a file of eyes and reads all images. The cache of the system is warm."""
    assert EyeSet.load(path).images[:].shape == (COUNT, 35, 55)


def main():
    images = np.resize(simulate(1_000).images, (COUNT, 35, 55))
    with TemporaryDirectory() as folder:
        packed, scattered = Path(folder, "packed.h5"), Path(folder, "scattered.h5")
        EyeSet(images).save(packed)
        with h5py.File(scattered, "w") as file:
            for i, image in enumerate(images):
                file[f"image/{i}"] = image
        one, many = by_turns(lambda: read(packed), lambda: read(scattered), rounds=3)
    print(
        f"reading {COUNT:,} eyes: packed {one:.3f} s, one data set an image {many:.2f} s: "
        f"{many / one:.0f} times faster (aim 100)"
    )


if __name__ == "__main__":
    main()
