"""Blocks of eyes from any source into one packed HDF5 file, in memory that does not grow."""

import hashlib
import os
import tempfile
from pathlib import Path

import h5py
import numpy as np

from simgan_lib.eyes import BLOCK, SIZE, EyeSet, is_text


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
    columns, digest = {}, hashlib.sha256()
    with tempfile.TemporaryFile(dir=out.parent) as images:
        for block in blocks:
            data = np.ascontiguousarray(block["image"], np.uint8)
            images.write(data)
            digest.update(data)
            for name in block.keys() - {"image"}:
                columns.setdefault(name, []).append(block[name])
        columns = {name: np.concatenate(parts) for name, parts in sorted(columns.items())}
        images.flush()
        count = os.fstat(images.fileno()).st_size // (SIZE[0] * SIZE[1])
        if not count:
            raise ValueError(f"There is not one eye to pack for {str(out)!r}; received {source}")
        stored = _Stored(images, count)
        gaze, person = columns.pop("gaze", None), columns.pop("person", None)
        EyeSet(stored, gaze, person, source).save(out, sha256=digest.hexdigest(), **columns)
    return EyeSet.load(out)


class _Stored:
    """Images that lie one after the other in a file, read when asked for."""

    dtype = np.dtype(np.uint8)

    def __init__(self, file, count):
        self.file, self.shape = file, (count, *SIZE)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        # Mapped anew each time, or all that was ever read would count as memory of the process.
        return np.array(np.memmap(self.file, self.dtype, "r", shape=self.shape)[rows])


def verify(path):
    """Opens a file that `pack` has written, after comparing all images with their hash.

    Args:
        path: str or path.

    Returns:
        Its `EyeSet`.

    Raises:
        ValueError: If the file is damaged, or was not written by `pack`.
    """
    eyes, digest = EyeSet.load(path), hashlib.sha256()
    for row in range(0, len(eyes), BLOCK):
        digest.update(eyes.images[row : row + BLOCK])
    with h5py.File(path) as file:
        stored = file.get("sha256")
        packed = isinstance(stored, h5py.Dataset) and is_text(stored.id)
        recorded = stored.asstr(errors="replace")[()] if packed else None
    if recorded != digest.hexdigest():
        raise ValueError(
            "The file is damaged or was not packed by this command, delete it or name another one "
            f"with --out; received {str(path)!r}"
        )
    return eyes
