"""EyeSet: eye images, with their gaze where it is known, in memory or in a file.

A packed file, ours, holds all images in one data set and opens at once whatever its size. Two
published layouts are read as well (`layouts.py`). `EyeSet.load(a).save(b)` packs any of them.
"""

import h5py
import numpy as np
from tqdm import tqdm

from .files import Draft, writing
from .gaze import check_gaze, to_pitch_yaw
from .guard import TEXT, reading
from .layouts import MOST, read_eyes
from .stored import BLOCK, SIZE, Packed, write_block

WINDOW = 8  # blocks that `stream` holds and shuffles at a time
CONVENTIONS = (
    "image: grey uint8 (N, 35, 55), height before width. gaze: float32 unit vectors (N, 3) in "
    "MPIIGaze's normalised camera, x right, y down, z away, (0, 0, -1) looks into the camera. "
    "person: int64 (N,), equal for eyes of one person."
)


class EyeSet:
    """Eye images with what is known of each: its gaze and its person.

    `eyes[index]` is an EyeSet in memory, for a number, a slice, an array of rows or a mask. The
    images of a loaded file stay on disk until rows of them are asked for.

    Args:
        images: uint8 array (N, 35, 55), or a data set of that shape in an open HDF5 file.
        gaze: array (N, 3) of unit vectors as in `simgan_lib.gaze`, or None where unknown.
        person: integer array (N,), equal for eyes of one person, or None where unknown.
        source: str. Where the eyes come from, for people to read.

    Raises:
        ValueError: If there are no eyes, or a shape, a type or a gaze is wrong.
    """

    def __init__(self, images, gaze=None, person=None, source=""):
        shape = getattr(images, "shape", None) or ()  # of an empty data set it is None
        dtype = getattr(images, "dtype", type(images))
        if len(shape) != 3 or shape[1:] != SIZE or dtype != np.uint8:
            raise ValueError(
                "Images must be uint8 of shape (N, 35, 55), height before width; "
                f"received {dtype} of shape {shape}"
            )
        if len(images) > MOST:
            raise ValueError(f"An EyeSet has at most {MOST:,} eyes; received shape {shape}")
        if len(images) == 0:
            raise ValueError(f"An EyeSet needs at least one eye; received shape {shape}")
        if person is not None:
            person = np.asarray(person)
            if person.shape != shape[:1] or person.dtype.kind not in "iu":
                raise ValueError(
                    f"Every image needs one whole number for its person, {len(images)} in all; "
                    f"received {person.dtype} of shape {person.shape}"
                )
            person = person.astype(np.int64)
        self.images = Packed(images) if isinstance(images, h5py.Dataset) else images
        self.gaze = None if gaze is None else check_gaze(gaze, len(images))
        self.person = person
        self.source = source

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        rows = np.atleast_1d(np.arange(len(self))[index])
        gaze, person = (x if x is None else x[rows] for x in (self.gaze, self.person))
        return EyeSet(self.images[rows], gaze, person, self.source)

    def __repr__(self):
        parts = [f"{len(self):,} eyes"]
        if self.gaze is not None:
            (a, b), (c, d) = ((x.min(), x.max()) for x in to_pitch_yaw(self.gaze))
            parts.append(f"pitch {a:.0f} to {b:.0f} and yaw {c:.0f} to {d:.0f} degrees")
        if self.person is not None:
            parts.append(f"persons: {len(np.unique(self.person))}")
        if self.source:
            parts.append(f"source: {self.source}")
        return f"EyeSet({', '.join(parts)})"

    @staticmethod
    def load(path):
        """Opens a file of eyes, whichever of the three layouts it has.

        Args:
            path: str or path. One of
                a packed HDF5 file, as `save` writes it;
                Kaggle's HDF5 layout: a group `image` with one data set an image, and perhaps
                `look_vec` (N, 3 or 4) in UnityEyes' axes. Which order of the images' names is the
                order of its rows is found out by comparing images and labels;
                an .npz file with `image` (N, 36, 60) and `gaze_pitch_yaw_rad` (N, 2), radians.

        Returns:
            An `EyeSet`. Images in HDF5 stay on disk, so keep the file where it is.

        Raises:
            ValueError: If the file is missing, damaged or of another kind, or if images and labels
                are not what the layout says or do not belong together.
        """
        with reading(path):
            return EyeSet(**read_eyes(path))

    def save(self, path, **more):
        """Writes a packed file, whole or not at all, a block of images at a time.

        Args:
            path: str or path. A file already there is replaced.
            more: Arrays (N, ...) to keep beside the images, such as `side` or `day`.

        Raises:
            ValueError: If `path` cannot be written to, or the images cannot be read.
            OSError: If the system stopped the writing, for instance on a full disk.
        """
        with writing(path) as temporary, Draft(temporary, "w+") as draft:
            with h5py.File(draft, "w") as file:
                # Of fixed length, which `is_text` can see before it is read.
                file.attrs["source"] = np.bytes_(self.source.encode()[:TEXT] or b" ")
                file.attrs["conventions"] = CONVENTIONS
                if self.gaze is not None:
                    file["gaze"] = self.gaze
                if self.person is not None:
                    file["person"] = self.person
                for name, values in more.items():
                    file[name] = values
                dataset = file.create_dataset(
                    "image",
                    (len(self), *SIZE),
                    np.uint8,
                    chunks=(min(BLOCK, len(self)), *SIZE),
                    compression="gzip",
                    compression_opts=1,
                )
                for row in tqdm(range(0, len(self), BLOCK), "Saving eyes", unit="block", delay=2):
                    write_block(dataset, row, self.images[row : row + BLOCK])
                    draft.check()
            draft.check()

    def split(self, fraction, seed=0, by=None):
        """Splits the eyes at random in two, in memory.

        Args:
            fraction: float in (0, 1), the share of the first part.
            seed: int.
            by: None, or "person" for two parts that have no person in common.

        Returns:
            Two `EyeSet`s. `fraction` counts eyes, or persons if split by person.

        Raises:
            ValueError: If the persons are not known, or a part would be empty.
        """
        if by not in (None, "person") or (by and self.person is None):
            raise ValueError(f"Eyes are split by None or a known 'person'; received {by!r}, {self}")
        who = self.person if by else np.arange(len(self))
        groups = np.random.default_rng(seed).permutation(np.unique(who))
        first = np.isin(who, groups[: round(fraction * len(groups))])
        if first.all() or not first.any():
            raise ValueError(
                f"Both parts need at least one {by or 'eye'}, of {len(groups)} there are; "
                f"received fraction {fraction}"
            )
        return self[first], self[~first]

    def stream(self, batch_size, seed=0, start=0):
        """Gives batches without end, in an order that only `seed` decides.

        Every epoch has every eye once, in a new order: the blocks of the file are shuffled, and
        the eyes within each window of eight blocks, so no more than a window is in memory. A batch
        may reach into the next epoch, so all have the same size.

        Args:
            batch_size: int, at least 1; may be more than there are eyes.
            seed: int.
            start: int, the number of batches to skip, at no cost. What follows is exactly what
                follows them, which is how a resumed training goes on.

        Yields:
            images: uint8 array (batch_size, 35, 55).
            gaze: float32 array (batch_size, 3), or None if the eyes have no gaze.
        """
        if batch_size < 1 or start < 0:
            raise ValueError(
                "A stream has a batch size of at least 1 and a start of at least 0; "
                f"received {batch_size} and {start}"
            )
        epoch, skip = divmod(start * batch_size, len(self))
        images, gaze = np.empty((0, *SIZE), np.uint8), np.empty((0, 3), np.float32)
        while True:
            for rows in self._windows(seed, epoch):
                rows, skip = rows[skip:], max(0, skip - len(rows))
                if len(rows) == 0:
                    continue
                images = np.concatenate([images, self.images[rows]])
                if self.gaze is not None:
                    gaze = np.concatenate([gaze, self.gaze[rows]])
                while len(images) >= batch_size:
                    yield images[:batch_size], None if self.gaze is None else gaze[:batch_size]
                    images, gaze = images[batch_size:], gaze[batch_size:]
            epoch += 1

    def _windows(self, seed, epoch):
        """Yields all rows of an epoch, shuffled, a window at a time."""
        rng = np.random.default_rng([seed, epoch])
        rows = np.arange(len(self))
        blocks = [rows[row : row + BLOCK] for row in range(0, len(self), BLOCK)]
        order = rng.permutation(len(blocks))
        for i in range(0, len(order), WINDOW):
            yield rng.permutation(np.concatenate([blocks[k] for k in order[i : i + WINDOW]]))


def to_float(images):
    """Brings images to what networks take: (..., 35, 55) uint8 to (..., 35, 55, 1) in [-1, 1]."""
    return (images[..., None] / np.float32(127.5) - 1).astype(np.float32)


def to_uint8(images):
    """Brings images back from a network: (..., 35, 55, 1) in [-1, 1] to (..., 35, 55) uint8."""
    return np.round((np.clip(images[..., 0], -1, 1) + 1) * 127.5).astype(np.uint8)
