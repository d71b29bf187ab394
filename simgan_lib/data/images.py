"""ImageSet: images of one size, with whatever is known of each of them."""

import copy

import h5py
import numpy as np
from tqdm import tqdm

from ..files import Draft, writing
from .guard import TEXT
from .stored import BLOCK, MOST, Packed, write_block

WINDOW = 8  # blocks that `stream` holds and shuffles at a time
TYPES = {"uint8": 255, "uint16": 65_535, "float32": 1}  # of a pixel, and its white


class ImageSet:
    """Images of one size, grey or in colour, with whatever is known of each of them.

    `images[index]` is a set in memory, for a number, a slice, an array of rows or a mask. Images
    that a file holds stay on disk until rows of them are asked for.

    Args:
        images: array (N, H, W), (N, H, W, 1) or (N, H, W, 3), or an HDF5 data set of such a shape.
            uint8, uint16 or floats in 0..1, which become float32.
        labels: dict of arrays (N, ...), carried along with their images as they are; of some the
            course knows the meaning, such as "gaze".
        source: str. Where the images come from, for people to read.

    Raises:
        ValueError: If there are no images, a shape or a type is wrong, or a label is not one for
            each image.
    """

    conventions = "image: grey (N, H, W) or colour (N, H, W, 3); the rest: a row an image."

    def __init__(self, images, labels=None, source=""):
        shape = getattr(images, "shape", None) or ()  # of an empty data set it is None
        dtype = getattr(images, "dtype", type(images))
        grey, colour = len(shape) == 3, len(shape) == 4 and shape[3] in (1, 3)
        floats = getattr(dtype, "kind", "") == "f"
        if not (grey or colour) or not (floats or str(dtype) in TYPES):
            raise ValueError(
                "Images are uint8, uint16 or floats of shape (N, H, W), or (N, H, W, 3) in "
                f"colour; received {dtype} of shape {shape}"
            )
        if not 0 < len(images) <= MOST:
            raise ValueError(f"A set has between 1 and {MOST:,} images; received shape {shape}")
        self.labels = {name: np.asarray(values) for name, values in (labels or {}).items()}
        for name, values in self.labels.items():
            if values.shape[:1] != shape[:1]:
                raise ValueError(
                    f"Every image has one label, {len(images)} in all; received {name!r} of shape "
                    f"{values.shape}"
                )
        if isinstance(images, h5py.Dataset):
            images = Packed(images, np.float32 if floats else images.dtype)
        elif floats and dtype != np.float32:
            images = images.astype(np.float32)
        self.images = images
        self.source = source

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        rows = np.atleast_1d(np.arange(len(self))[index])
        return self.like(
            self.images[rows], {name: values[rows] for name, values in self.labels.items()}
        )

    def like(self, images, labels=None, source=None):
        """A set of the same kind with other images, with these labels or its own."""
        other = copy.copy(self)
        other.images = images
        other.labels = self.labels if labels is None else labels
        other.source = self.source if source is None else source
        return other

    @property
    def image_shape(self):
        """Height, width and channels of an image, as networks take it."""
        return (*self.images.shape[1:3], *(self.images.shape[3:] or (1,)))

    def __repr__(self):
        height, width, channels = self.image_shape
        parts = [
            f"{len(self):,} {'colour' if channels == 3 else 'grey'} images, {height} x {width}"
        ]
        parts += [f"labels: {', '.join(self.labels)}"] if self.labels else []
        parts += [f"source: {self.source}"] if self.source else []
        return f"ImageSet({', '.join(parts)})"

    @property
    def block(self):
        """How many images are read or written at a time: about a megabyte."""
        size = np.prod(self.images.shape[1:]) * self.images.dtype.itemsize
        return int(np.clip(2**20 // size, 1, BLOCK))

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
                file.attrs["conventions"] = self.conventions
                for name, values in (self.labels | more).items():
                    file[name] = np.char.encode(values) if values.dtype.kind == "U" else values
                image = self.images.shape[1:]
                dataset = file.create_dataset(
                    "image",
                    (len(self), *image),
                    self.images.dtype,
                    chunks=(min(self.block, len(self)), *image),
                    compression="gzip",
                    compression_opts=1,
                )
                for row in tqdm(
                    range(0, len(self), self.block), "Saving images", unit="block", delay=2
                ):
                    write_block(dataset, row, self.images[row : row + self.block])
                    draft.check()
            draft.check()

    def split(self, fraction, seed=0, by=None):
        """Splits the set at random in two, in memory.

        Args:
            fraction: float in (0, 1), the share of the first part.
            seed: int.
            by: None, or a label such as "person", of which the parts have none in common.

        Returns:
            Two sets. `fraction` counts images, or persons if split by person.

        Raises:
            ValueError: If there is no such label, or a part would be empty.
        """
        if by and by not in self.labels:
            raise ValueError(f"A set is split by None or a label it has; received {by!r}, {self}")
        who = self.labels[by] if by else np.arange(len(self))
        groups = np.random.default_rng(seed).permutation(np.unique(who))
        first = np.isin(who, groups[: round(fraction * len(groups))])
        if first.all() or not first.any():
            raise ValueError(
                f"Both parts need at least one {by or 'image'}, of {len(groups)} there are; "
                f"received fraction {fraction}"
            )
        return self[first], self[~first]

    def stream(self, batch_size, seed=0, start=0, label="gaze"):
        """Gives batches without end, in an order that only `seed` decides.

        Every epoch has every image once, in a new order: the blocks of the file are shuffled,
        and the images within each window of eight blocks, so no more than a window is in memory. A
        batch may reach into the next epoch, so all have the same size.

        Args:
            batch_size: int, at least 1; may be more than there are images.
            seed: int.
            start: int, the number of batches to skip, at no cost. What follows is exactly what
                follows them, which is how a resumed training goes on.
            label: Name of the label that goes with the images.

        Yields:
            images: array (batch_size, H, W) or (batch_size, H, W, C), as the set has them.
            values: array (batch_size, ...) of that label, or None where the set has none.
        """
        if batch_size < 1 or start < 0:
            raise ValueError(
                "A stream has a batch size of at least 1 and a start of at least 0; "
                f"received {batch_size} and {start}"
            )
        epoch, skip = divmod(start * batch_size, len(self))
        known = self.labels.get(label, np.zeros(len(self)))
        images, values = np.empty((0, *self.images.shape[1:]), self.images.dtype), known[:0]
        while True:
            for rows in self._windows(seed, epoch):
                rows, skip = rows[skip:], max(0, skip - len(rows))
                if len(rows) == 0:
                    continue
                images = np.concatenate([images, self.images[rows]])
                values = np.concatenate([values, known[rows]])
                while len(images) >= batch_size:
                    yield images[:batch_size], values[:batch_size] if label in self.labels else None
                    images, values = images[batch_size:], values[batch_size:]
            epoch += 1

    def _windows(self, seed, epoch):
        """Yields all rows of an epoch, shuffled, a window at a time."""
        rng = np.random.default_rng([seed, epoch])
        rows = np.arange(len(self))
        blocks = [rows[row : row + self.block] for row in range(0, len(self), self.block)]
        order = rng.permutation(len(blocks))
        for i in range(0, len(order), WINDOW):
            yield rng.permutation(np.concatenate([blocks[k] for k in order[i : i + WINDOW]]))


def to_float(images):
    """Brings images to what networks take: float32 in [-1, 1], with an axis for channels.

    Args:
        images: array (..., H, W) or (..., H, W, C), uint8, uint16 or float32 in 0..1.

    Returns:
        float32 array (..., H, W, C).
    """
    half = np.float32(TYPES[str(images.dtype)] / 2)
    if images.ndim < 3 or images.shape[-1] not in (1, 3):
        images = images[..., None]
    return (images / half - 1).astype(np.float32)


def from_float(images, like):
    """Brings images back from a network: clipped, and of the shape and the type of others.

    Args:
        images: array (N, H, W, C) in [-1, 1], or beyond.
        like: array (N, H, W) or (N, H, W, C), or anything with such a shape and type.

    Returns:
        array (N, H, W) or (N, H, W, C).
    """
    dtype, white = np.dtype(like.dtype), TYPES[str(like.dtype)]
    images = (np.clip(images, -1, 1) + 1) * np.float32(white / 2)
    images = images if dtype.kind == "f" else np.round(images)
    return images.astype(dtype).reshape(len(images), *like.shape[1:])


def to_uint8(images):
    """Brings grey images back from a network: (..., H, W, 1) in [-1, 1] to (..., H, W) uint8."""
    return np.round((np.clip(images[..., 0], -1, 1) + 1) * 127.5).astype(np.uint8)


def to_levels(images):
    """Grey levels, 0 to 255, of images of any type."""
    return images * (255 / TYPES[str(images.dtype)])


def from_levels(levels, like):
    """Images of the type of others from grey levels, clipped to 0 to 255."""
    dtype, white = np.dtype(like.dtype), TYPES[str(like.dtype)]
    levels = np.clip(levels, 0, 255) * (white / 255)
    return (levels if dtype.kind == "f" else np.round(levels)).astype(dtype)
