"""Images on disk, indexed like an array and read when they are asked for."""

import zlib

import h5py
import numpy as np

from .guard import check_storage, reading

SIZE = 35, 55  # height and width of an image
BLOCK = 512  # images read or written at a time; of eyes about 1 MB
MOST = 10_000_000  # images in a set; the paper has 1.2 million


class OnDisk:
    """What all images on disk have in common: shape `(N, H, W)` or `(N, H, W, C)`, and a type."""

    def __init__(self, path, shape, dtype=np.uint8):
        self.path, self.shape, self.dtype = path, shape, np.dtype(dtype)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        rows = np.arange(len(self))[index]
        with reading(self.path):
            return self._read(rows.reshape(-1)).reshape(*rows.shape, *self.shape[1:])


class Packed(OnDisk):
    """Images of a packed file: one data set for all, read as images of this type."""

    def __init__(self, dataset, dtype=np.uint8):
        super().__init__(dataset.file.filename, dataset.shape, dtype)
        self.dataset = dataset

    def _read(self, rows):
        if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            return self.dataset[rows[0] : rows[0] + len(rows)].astype(self.dtype, copy=False)
        images = np.empty((len(rows), *self.shape[1:]), self.dtype)
        blocks = rows // BLOCK
        for k in np.unique(blocks):  # HDF5 is slow at single rows and quick at blocks of them
            block = self.dataset[k * BLOCK : (k + 1) * BLOCK]
            images[blocks == k] = block[rows[blocks == k] - k * BLOCK]
        return images


class Scattered(OnDisk):
    """Images of Kaggle's layout: a group with one data set an image; names are bytes."""

    def __init__(self, group, names):
        super().__init__(group.file.filename, (len(names), *SIZE))
        self.group = group
        self.names = names
        self.stored = 0  # bytes of all images
        for name in names:
            if group.id.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                raise ValueError(
                    f"Images must be in the file itself; received a link at {_said(name)}"
                )
            image = self._open(name)
            if isinstance(image, h5py.h5d.DatasetID):
                check_storage(image)
                self.stored += image.get_storage_size()
                if h5py.h5o.get_info(image).rc > 1:
                    raise ValueError(f"An image has one name; received several for {_said(name)}")
            shape, dtype = getattr(image, "shape", ()), getattr(image, "dtype", type(image))
            if shape != SIZE or dtype != np.uint8:
                raise ValueError(
                    "Images must be uint8 of shape (35, 55); "
                    f"received image {_said(name)} with {dtype} of shape {shape}"
                )

    def _open(self, name):
        return h5py.h5o.open(self.group.id, name)  # four times as quick as group[name]

    def _read(self, rows):
        images = np.empty((len(rows), *SIZE), np.uint8)
        for image, row in zip(images, rows, strict=True):
            self._open(self.names[row]).read(h5py.h5s.ALL, h5py.h5s.ALL, image)
        return images


def _said(name):
    """A name as an error message has it."""
    return repr(name.decode(errors="replace"))


def write_block(dataset, row, block):
    """Writes a block of images, compressed only where that at least halves it.

    Eyes are noise to a compressor: it saves a tenth of the room, and reading takes 20 times as
    long. So a chunk is stored as it is (its filter mask says so) unless compressing pays.
    """
    if len(block) < BLOCK or len(zlib.compress(block, 1)) < block.nbytes / 2:
        dataset[row : row + len(block)] = block
    else:
        dataset.id.write_direct_chunk((row, 0, 0), block, filter_mask=1)
