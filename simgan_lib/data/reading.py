"""Any file or folder of images as a set: `load_images`."""

from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from .eyes import EyeSet
from .folder import ENDINGS, read_folder
from .guard import check_links, check_storage, first_bytes, open_hdf5, read_label, read_npz, reading
from .images import ImageSet
from .stored import SIZE

NAMES = "image", "images"  # what an array of images may be called
TWELVE_BITS = 4_095  # the largest value of many depth sensors


def load_images(path, size=None, how=None, beside=(), skip_broken=False):
    """Reads images with all that is known of them.

    Args:
        path: str or path. A folder of images (see `read_folder`); a file of eyes in a layout that
            `EyeSet.load` knows; HDF5 or .npz with `image` (N, H, W) or (N, H, W, 3) and any further
            arrays of N rows; .npy with images alone.
        size: (height, width) to bring the images of a folder to.
        how: "crop" or "pad", for images of other proportions than `size`.
        beside: Paths of folders with a file for each image of a folder.
        skip_broken: Leave out what cannot be read of a folder.

    Returns:
        An `ImageSet`; an `EyeSet` if these are eyes.

    Raises:
        ValueError: If there is nothing there, or something of another kind.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"There is no folder or file of this name; received {str(path)!r}")
    if path.suffix.lower() in ENDINGS and path.is_file():
        raise ValueError(f"Name the folder of the images, not one of them; received {str(path)!r}")
    if path.is_dir():
        images = read_folder(path, size, how, beside, skip_broken)
    else:
        images = _read_file(path, size or beside or skip_broken)
    images.source = images.source or path.name
    with reading(path):
        _check_range(images)
    return images


def _check_range(images):
    """Raises unless pixels use the range of their type: all of 16 bits, and 0..1 of floats."""
    dtype = images.images.dtype
    if dtype == np.uint8:
        return
    low, high = np.inf, -np.inf
    for row in tqdm(range(0, len(images), images.block), "Looking at images", delay=2):
        block = images.images[row : row + images.block]
        low, high = np.minimum(low, block.min()), np.maximum(high, block.max())  # NaN stays
        if dtype == np.uint16 and high > TWELVE_BITS:
            return
    if dtype == np.uint16:
        raise ValueError(
            "Images of 16 bits use their range and not that of 12, or all would look black, so "
            f"multiply them by 16; received values from {low} to {high}"
        )
    if not (low >= 0 and high <= 1):  # NaN is neither
        raise ValueError(
            "Floats are from 0, black, to 1, white, so scale them and replace what is missing; "
            f"received values from {low} to {high}"
        )


def _read_file(path, of_folders):
    start = first_bytes(path)
    if of_folders:
        raise ValueError(
            "Sizes, labels beside images and broken images are a matter of folders, so leave those "
            f"options out; received {str(path)!r}"
        )
    with reading(path):
        if start == b"\x93NUMPY":
            return ImageSet(np.load(path, mmap_mode="r"), source=path.name)
        if start[:4] == b"PK\x03\x04":
            return _of_npz(path)
        if start[:4] == b"\x89HDF":
            return _of_hdf5(path)
    return EyeSet.load(path)


def _of_npz(path):
    arrays = read_npz(path)
    if "gaze_pitch_yaw_rad" in arrays:
        return EyeSet.load(path)
    return ImageSet(_images_of(arrays), arrays, path.name)


def _of_hdf5(path):
    file = open_hdf5(path)
    check_links(file)
    image = next((file[name] for name in NAMES if name in file), None)
    eyes = isinstance(image, h5py.Dataset) and (image.shape[1:], image.dtype) == (SIZE, np.uint8)
    if eyes or not isinstance(image, h5py.Dataset):
        file.close()
        return EyeSet.load(path)
    arrays = {name: dataset for name, dataset in file.items() if isinstance(dataset, h5py.Dataset)}
    images = _images_of(arrays)
    check_storage(images.id)
    beside = file.id.get_filesize() - images.id.get_storage_size()
    labels = {name: read_label(dataset, beside) for name, dataset in arrays.items()}
    return ImageSet(images, labels, path.name)


def _images_of(arrays):
    """Takes the images out of a dict of arrays."""
    for name in NAMES:
        if name in arrays:
            return arrays.pop(name)
    raise ValueError(f"A file of images holds an array 'image'; received {sorted(arrays)}")
