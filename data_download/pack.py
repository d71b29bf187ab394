"""Blocks of eyes from any source into one packed HDF5 file, in memory that does not grow."""

import os
import tempfile
from pathlib import Path

import numpy as np

from simgan_lib.eyes import SIZE, EyeSet


def pack(out, blocks, source):
    """Packs eyes into a file for `EyeSet.load`, whole or not at all.

    Args:
        out: str or path. The file; one that is there is replaced.
        blocks: Iterator of dicts of arrays with one row an eye: `image` (n, 35, 55) uint8, `gaze`
            (n, 3), `person` (n,) integers, and whatever else is to be kept beside them, such as
            `side`. Images wait in a temporary file beside `out`; the rest, in memory.
        source: str. Where the eyes come from, for people to read.

    Returns:
        The `EyeSet` in the file.

    Raises:
        ValueError: If there is not one eye, or `out` cannot be written to.
    """
    out = Path(out)
    columns = {}
    with tempfile.TemporaryFile(dir=out.parent) as images:
        for block in blocks:
            images.write(np.ascontiguousarray(block["image"], np.uint8))
            for name in block.keys() - {"image"}:
                columns.setdefault(name, []).append(block[name])
        columns = {name: np.concatenate(parts) for name, parts in sorted(columns.items())}
        images.flush()
        count = os.fstat(images.fileno()).st_size // (SIZE[0] * SIZE[1])
        if not count:
            raise ValueError(f"There is not one eye to pack for {str(out)!r}; received {source}")
        stored = np.memmap(images, np.uint8, "r", shape=(count, *SIZE))
        gaze, person = columns.pop("gaze", None), columns.pop("person", None)
        EyeSet(stored, gaze, person, source).save(out, **columns)
    return EyeSet.load(out)
