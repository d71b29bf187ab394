"""The three layouts in which eyes come: packed HDF5, Kaggle's HDF5, and MPIIGaze's size in .npz."""

import re
from pathlib import Path, PureWindowsPath

import h5py
import numpy as np
from PIL import Image

from .gaze import check_gaze, from_look_vec, from_pitch_yaw
from .guard import (
    check_links,
    check_storage,
    first_bytes,
    open_hdf5,
    read_array,
    read_label,
    read_npz,
    read_texts,
    source_of,
)
from .stored import MOST, SIZE, Scattered

SAMPLE = 2_000  # eyes on which images and labels of Kaggle's layout are compared
ENOUGH = 200  # eyes without which that comparison may say nothing


def read_eyes(path):
    """Reads a file of eyes, whichever of the three layouts it has.

    Args:
        path: str or path. One of
            a packed HDF5 file, as `EyeSet.save` writes it;
            Kaggle's HDF5 layout: a group `image` with one data set an image, and perhaps
            `look_vec` (N, 3 or 4) in UnityEyes' axes. Which order of the images' names is the
            order of its rows is found out by comparing images and labels;
            an .npz file with `image` (N, 36, 60) and `gaze_pitch_yaw_rad` (N, 2), radians.

    Returns:
        A dict of what `EyeSet` takes. Images in HDF5 stay on disk.

    Raises:
        ValueError: If the file is missing, damaged or of another kind, or if images and labels
            are not what the layout says or do not belong together.
    """
    path = Path(path)
    start = first_bytes(path)[:4]
    if start == b"\x89HDF":
        return _read_hdf5(path)
    if start == b"PK\x03\x04":
        return _read_npz(path)
    if not start:
        raise ValueError("The file is empty, fetch or make it again; received 0 bytes")
    raise ValueError(f"Eyes are read from HDF5 or .npz; received a file of {start}...")


def from_36x60(images):
    """Brings MPIIGaze's images to the size of the course.

    The middle is cut out in the proportions of 35 x 55 and scaled by 35 / 36 in both directions,
    so that angles stay what they are. Kaggle's real eyes were made like this.

    Args:
        images: uint8 array (N, 36, 60).

    Returns:
        uint8 array (N, 35, 55).

    Raises:
        ValueError: If the shape or the type is another.
    """
    if images.ndim != 3 or images.shape[1:] != (36, 60) or images.dtype != np.uint8:
        raise ValueError(
            "MPIIGaze's images are uint8 of shape (N, 36, 60); "
            f"received {images.dtype} of shape {images.shape}"
        )
    height, width = SIZE
    half = width * 36 / height / 2
    box = (30 - half, 0, 30 + half, 36)
    resized = np.empty((len(images), *SIZE), np.uint8)
    for i, image in enumerate(images):
        resized[i] = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR, box)
    return resized


def _read_npz(path):
    arrays = read_npz(path)
    if not {"image", "gaze_pitch_yaw_rad"} <= set(arrays):
        raise ValueError(
            "An .npz file of eyes holds 'image' and 'gaze_pitch_yaw_rad'; "
            f"received {sorted(arrays)}"
        )
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise ValueError(f"An .npz file of eyes holds arrays; received {name!r}, which is none")
    angles = arrays["gaze_pitch_yaw_rad"]
    if angles.ndim != 2 or angles.shape[1] != 2 or angles.dtype.kind != "f":
        raise ValueError(
            "gaze_pitch_yaw_rad holds a pitch and a yaw a row; "
            f"received {angles.dtype} of shape {angles.shape}"
        )
    pitch, yaw = angles.T
    if (np.abs(pitch) > np.pi / 2).any() or (np.abs(yaw) > np.pi).any():
        raise ValueError(
            "Pitch is within -pi/2 and pi/2 and yaw within -pi and pi, in radians; received up to "
            f"{np.abs(pitch).max():g} and {np.abs(yaw).max():g}"
        )
    gaze = from_pitch_yaw(np.degrees(pitch), np.degrees(yaw))
    return {"images": from_36x60(arrays["image"]), "gaze": gaze, "source": path.name}


def _read_hdf5(path):
    file = open_hdf5(path)
    try:
        return _eyes_of(file, path.name)
    except BaseException:
        file.close()  # images are read later, so only a file that is refused is closed
        raise


def _eyes_of(file, name):
    source = source_of(file, name)
    check_links(file)
    if "image" not in file:
        raise ValueError(f"An HDF5 file of eyes has 'image' at its root; received {sorted(file)}")
    arrays = {
        name: read_array(file[name])
        for name in ("gaze", "person", "look_vec")
        if isinstance(file.get(name), h5py.Dataset)
    }
    image = file["image"]
    if isinstance(image, h5py.Dataset):
        check_storage(image.id)
        known = {name: arrays.get(name) for name in ("gaze", "person")}
        beside = file.id.get_filesize() - image.id.get_storage_size()
        further = {
            name: read_label(dataset, beside)
            for name, dataset in file.items()
            if name not in ("image", *arrays)
            and isinstance(dataset, h5py.Dataset)
            and (dataset.shape or ())[:1] == image.shape[:1]
        }
        return {"images": image, **known, "source": source, "labels": further}
    if not isinstance(image, h5py.Group):
        raise ValueError(f"'image' is one data set or a group of them; received {image}")
    if len(image) > MOST:
        raise ValueError(f"A file of eyes has at most {MOST:,} images; received {len(image):,}")
    names = list(image.id)  # once, and as bytes: they are what grows with the number of images
    images = Scattered(image, _by_number(names))
    if "look_vec" not in arrays:
        return {"images": images, "source": source}
    gaze = check_gaze(from_look_vec(arrays["look_vec"]), len(images))
    beside = file.id.get_filesize() - images.stored
    images.names = _order_of_labels(images, gaze, _orders(file, names, beside))
    return {"images": images, "gaze": gaze, "source": source}


def _by_number(names):
    """Sorts names by the numbers in them: '9' before '10', which the alphabet puts behind."""

    def key(name):  # one text for each name, for lists of numbers take four times the memory
        return b" ".join([*(n.zfill(30) for n in re.findall(rb"\d+", name)), name])

    return sorted(names, key=key)


def _stem(path):
    """The name of a file without its folders and its ending."""
    return PureWindowsPath(path.decode(errors="replace")).stem.encode()


def _orders(file, names, beside):
    """Lists every order that the images of Kaggle's layout may be meant to have."""
    orders = [_by_number(names), sorted(names), names]  # the last: as created, if tracked
    paths = file.get("path")
    if isinstance(paths, h5py.Dataset) and h5py.check_string_dtype(paths.dtype):
        paths = read_texts(paths, beside).ravel().tolist()
        orders += [paths, [_stem(path) for path in paths]]
    return list(dict.fromkeys(tuple(order) for order in orders if sorted(order) == sorted(names)))


def _order_of_labels(images, gaze, orders):
    """Finds the order of the images' names in which the labels belong to the images.

    A simple regression can tell the gaze of an eye from others with their gaze, but only if the
    labels are those of the images. The right order must have errors smaller than every other order,
    and smaller than guessing the mean, by five standard errors.
    """
    if len(orders) == 1 and len(images) < ENOUGH:
        return orders[0]
    names = images.names
    rows = np.random.default_rng(0).permutation(len(images))[:SAMPLE]
    read = images[rows]
    sampled, labels, errors = {names[row] for row in rows}, [], []
    for order in orders:
        row_of = {name: row for row, name in enumerate(order) if name in sampled}
        labels.append(gaze[[row_of[names[row]] for row in rows]])
        errors.append(_errors_of_regression(read, labels[-1]))
    best = int(np.argmin(np.mean(errors, axis=1)))
    guess = ((labels[best] - labels[best].mean(0)) ** 2).sum(1)
    rivals = [guess] + errors[:best] + errors[best + 1 :]
    leads = [rival - errors[best] for rival in rivals]
    if all(lead.mean() > 5 * lead.std() / len(rows) ** 0.5 for lead in leads):
        return orders[best]
    if len(images) < ENOUGH:
        raise ValueError(
            f"There are too few images to tell which of {len(orders)} orders of their names is "
            "the order of look_vec, so pad the names with zeros to leave one; "
            f"received {len(images)} images"
        )
    raise ValueError(
        "The labels do not belong to the images, or not clearly, in any order of their names; "
        f"received {len(images)} images and {len(orders)} orders"
    )


def _errors_of_regression(images, gaze):
    """Squared error of every gaze, by ridge regression on the half of the eyes it is not in."""
    x = images.reshape(-1, 7, 5, 11, 5).mean((2, 4)).reshape(len(images), -1)  # (N, 77)
    x = x - x.mean(1, keepdims=True)
    x = x / (x.std(1, keepdims=True) + 1)
    errors = np.empty(len(gaze))
    first = np.arange(len(gaze)) % 2 == 0
    for test in (first, ~first):
        mean_x, mean_gaze = x[~test].mean(0), gaze[~test].mean(0)
        known = x[~test] - mean_x
        ridge = 0.3 * len(known) * np.eye(x.shape[1])
        weights = np.linalg.solve(known.T @ known + ridge, known.T @ (gaze[~test] - mean_gaze))
        errors[test] = (((x[test] - mean_x) @ weights + mean_gaze - gaze[test]) ** 2).sum(1)
    return errors
