"""Packing published data sets: eyes a second, and memory that does not grow with their number.

Kaggle's layout with 5,000 and 50,000 eyes, and 500 and 5,000 pairs of UnityEyes (aim: at most 1.1
times the memory); then opening the packed eyes against reading Kaggle's file as the notebooks of
2017 did, one data set after the other into a list.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
from PIL import Image

from benchmarks import by_turns, run
from simgan_lib.data.eyes import EyeSet
from simgan_lib.simulators.pocket import simulate


def write_kaggle(folder, count):
    """Both files as published, a thousand simulated eyes again and again."""
    folder.mkdir()
    eyes = simulate(1_000, "synthetic")
    rows = np.arange(count) % len(eyes)
    for name in ("gaze.h5", "real_gaze.h5"):
        with h5py.File(folder / name, "w") as file:
            for i, row in enumerate(rows[: count if name == "gaze.h5" else 1]):
                file[f"image/{i}"] = eyes.images[row]
            if name == "gaze.h5":
                file["look_vec"] = np.insert(eyes.gaze[rows] * [1, -1, 1], 3, 0, 1)


def write_unityeyes(folder, count):
    """Pairs of a picture of 640 x 480 and an annotation, all of the same noise."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8)).resize((640, 480))
    smooth.save(folder / "1.jpg", quality=90)
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    lids = [f"({320 + 60 * np.cos(a):.4f}, {240 + 30 * np.sin(a):.4f}, 9.0)" for a in angle]
    annotation = {
        "interior_margin_2d": lids,
        "eye_details": {"look_vec": "(0.1, 0.1, -0.99, 0.0)"},
        "padding": ["(0.0, 0.0, 0.0)"] * 50,  # other landmarks, to be as long as a real one
    }
    text, picture = json.dumps(annotation), (folder / "1.jpg").read_bytes()
    for i in range(1, count + 1):
        (folder / f"{i}.jpg").write_bytes(picture)
        (folder / f"{i}.json").write_text(text)


def read_as_in_2017(path):
    """All images in a list, and the list as an array."""
    with h5py.File(path) as file:
        return np.stack([image[()] for image in file["image"].values()])


def main():
    with TemporaryDirectory() as name:
        place = Path(name)
        for kind, write, counts in (
            ("kaggle", write_kaggle, (5_000, 50_000)),
            ("unityeyes", write_unityeyes, (500, 5_000)),
        ):
            measured = []
            for count in counts:
                source, out = place / f"{kind}-{count}", place / f"{kind}-{count}.h5"
                write(source, count)
                command = "-m", "data_download", kind, "--from", source, "--out", out
                measured.append(run(*command))
            (small, _), (large, seconds) = measured
            print(
                f"packing {counts[1]:,} eyes of {kind}: {counts[1] / seconds:.0f} a second, "
                f"{large:.0f} MB, {counts[0]:,} eyes {small:.0f} MB: {large / small:.2f} times "
                "(aim at most 1.1)",
                flush=True,
            )
        packed, scattered = place / "kaggle-50000.h5", place / "kaggle-50000/gaze.h5"
        ours, theirs = by_turns(
            lambda: EyeSet.load(packed).images[:], lambda: read_as_in_2017(scattered), rounds=3
        )
    print(
        f"opening 50,000 eyes: packed {ours:.3f} s, as in 2017 {theirs:.2f} s: "
        f"{theirs / ours:.0f} times faster"
    )


if __name__ == "__main__":
    main()
