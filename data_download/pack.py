"""Blocks of eyes from any source into one packed HDF5 file, in memory that does not grow."""

import hashlib
import os
import tempfile
from pathlib import Path

import h5py
import numpy as np

from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.guard import is_text, read_array
from simgan_lib.data.stored import BLOCK, SIZE


def pack(out, blocks, source):
    """Packs eyes into a file for `EyeSet.load`, whole or not at all.

    Args:
        out: str or path. The file; one that is there is replaced.
        blocks: Iterator of dicts of arrays with one row an eye: `image` (n, 35, 55) uint8, `gaze`
            (n, 3), `person` (n,) integers, and whatever else is to be kept beside them, such as
            `side`. Images wait in a temporary file beside `out`; the rest, in memory.
        source: str. Where the eyes come from, by which `verify` knows them.

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
        eyes = EyeSet(stored, gaze, person, source)
        labels = {"gaze": eyes.gaze, "person": eyes.person}
        _update(digest, columns | {name: x for name, x in labels.items() if x is not None})
        eyes.save(out, sha256=np.bytes_(digest.hexdigest()), **columns)
    return EyeSet.load(out)


def _update(digest, columns):
    """Adds arrays and their names to the hash of the images."""
    for name, values in sorted(columns.items()):
        digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values))


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


def verify(path, source):
    """Opens a file that `pack` has written, after comparing all that is in it with its hash.

    Args:
        path: str or path.
        source: str. What `pack` was told of where the eyes come from.

    Returns:
        Its `EyeSet`.

    Raises:
        ValueError: If the file is damaged, was not written by `pack`, or holds other eyes.
    """
    eyes, digest = EyeSet.load(path), hashlib.sha256()
    for row in range(0, len(eyes), BLOCK):
        digest.update(eyes.images[row : row + BLOCK])
    with h5py.File(path) as file:
        stored = file.get("sha256")
        packed = isinstance(stored, h5py.Dataset) and is_text(stored.id)
        recorded = stored.asstr(errors="replace")[()] if packed else None
        columns = {name: file[name] for name in file.keys() - {"image", "sha256"}}
        if packed and all(isinstance(column, h5py.Dataset) for column in columns.values()):
            _update(digest, {name: read_array(column) for name, column in columns.items()})
    if recorded != digest.hexdigest() or eyes.source != source:
        raise ValueError(
            "The file was not packed by this command or has changed since, name another one with "
            f"--out; received eyes of {eyes.source!r} in {str(path)!r}"
        )
    return eyes
