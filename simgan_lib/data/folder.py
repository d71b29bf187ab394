"""A folder of images as a set, and a set as a folder of images, with the files that belong to them.

What is known of the images lies beside them: a table, `labels.csv`, whose first column names the
image, and folders with a file for each image, such as masks, whose names differ in the ending only.
Both are carried along untouched.
"""

import os
import re
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from .beside import columns, lines_of, partners
from .images import ImageSet
from .stored import BLOCK, OnDisk

ENDINGS = ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"
MODES = {"L": "uint8", "RGB": "uint8", "I;16": "uint16", "I;16B": "uint16"}  # Pillow's
TABLE = "labels.csv"
ROTATION = 274  # EXIF's number for how the camera was held
PIXELS = 100_000_000  # of an image, at most


class FolderSet(ImageSet):
    """Images of a folder. The label "file" has their names, the table's columns are labels too.

    Args:
        folder: Path of the folder.
        images: A `Files`.
        labels: dict of arrays (N, ...), with "file".
        beside: Paths of folders with a file for each image.
    """

    def __init__(self, folder, images, labels, beside=()):
        super().__init__(images, labels, folder.name)
        self.folder, self.beside = folder, [Path(path) for path in beside]

    def save(self, path, **more):
        """Writes a folder of images with the same names, or a packed file if `path` ends in .h5.

        The table goes along line by line as it is. Files beside the images go along too, into a
        folder of their own: those of `masks` into `out-masks` where the images are in `out`.

        Args:
            path: str or path. The folder must not exist yet.
            more: For a packed file, arrays (N, ...) to keep beside the images.

        Raises:
            ValueError: If there is something at `path`, or its folder is missing.
        """
        path = Path(path)
        if path.suffix in (".h5", ".hdf5"):
            return super().save(path, **more)
        masks = {beside: path.with_name(f"{path.name}-{beside.name}") for beside in self.beside}
        for folder in (path, *masks.values()):
            if folder.exists():
                raise ValueError(
                    "The images go to a new folder and this one is there, so choose another name; "
                    f"received {str(folder)!r}"
                )
            if not folder.parent.is_dir():
                raise ValueError(
                    "The images go to a new folder inside one that is there, so make that first; "
                    f"received {str(folder)!r}"
                )
        hidden = path.with_name(f".{uuid.uuid4().hex}-{path.name[-100:]}")
        try:
            self._write_images(hidden / path.name)
            for beside, folder in masks.items():
                self._write_beside(beside, hidden / folder.name)
            for folder in (*masks.values(), path):
                os.replace(hidden / folder.name, folder)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)

    def _write_images(self, folder):
        names = self.labels["file"]
        for row in tqdm(range(0, len(self), self.block), "Saving images", unit="block", delay=2):
            rows = slice(row, row + self.block)
            for name, image in zip(names[rows], self.images[rows], strict=True):
                _make_room(folder / name)
                write_image(folder / name, image)
        if (self.folder / TABLE).exists():
            (folder / TABLE).write_bytes(lines_of(self.folder / TABLE, set(names)))

    def _write_beside(self, beside, folder):
        names = self.labels["file"]
        for source, target in zip(partners(beside, names), names, strict=True):
            target = (folder / target).with_suffix(source.suffix)
            _make_room(target)
            shutil.copyfile(source, target)


class Files(OnDisk):
    """Images of a folder, read when they are asked for, on all cores."""

    def __init__(self, folder, names, shape, dtype, fit):
        super().__init__(folder, (len(names), *shape), dtype)
        self.names, self.fit = names, fit

    def _read(self, rows):
        with ThreadPoolExecutor() as pool:
            read = pool.map(lambda row: self.fit(self.path / self.names[row]), rows)
            images = np.empty((len(rows), *self.shape[1:]), self.dtype)
            for place, image in zip(images, read, strict=True):
                place[...] = image
        return images


def read_folder(folder, size=None, how=None, beside=(), skip_broken=False):
    """Reads a folder of images, recursively, in the natural order of their names.

    Every image is read once, so that a broken one is found now and not after an hour of training.

    Args:
        folder: str or path.
        size: (height, width) to bring all images to, or None if they have one size.
        how: "crop" or "pad" where their proportions are others than those of `size`.
        beside: Paths of folders with a file for each image, such as masks.
        skip_broken: Leave images out that cannot be read, and what is known of them.

    Returns:
        A `FolderSet`; `left_out` are the names of those that were left out.

    Raises:
        ValueError: If there are no images or broken ones, sizes or kinds differ, or a label or a
            file beside them is missing or one too many.
    """
    folder, beside = Path(folder), [Path(path) for path in beside]
    names = image_names(folder, beside)

    def fit(path):
        return read_image(path, size, how)

    def look(name):
        try:
            image = fit(folder / name)
            return image.shape, str(image.dtype)
        except ValueError as error:
            return error

    broken, kinds = {}, {}
    with ThreadPoolExecutor() as pool, tqdm(total=len(names), desc="Looking", delay=2) as bar:
        for row in range(0, len(names), BLOCK):  # or a million are queued at once
            block = names[row : row + BLOCK]
            for name, kind in zip(block, pool.map(look, block), strict=True):
                if isinstance(kind, ValueError):
                    broken[name] = kind
                    if not skip_broken:
                        raise kind
                else:
                    kinds.setdefault(kind, name)
                if len(kinds) > 1:
                    raise ValueError(_unlike(kinds))
            bar.update(len(block))
    if not kinds:
        raise next(iter(broken.values()))
    kept = [name for name in names if name not in broken] if broken else names
    (((shape, dtype), _),) = kinds.items()
    for path in beside:
        partners(path, kept)
    labels = {"file": np.array(kept)} | columns(folder / TABLE, kept, broken)
    files = Files(folder, labels["file"], shape, dtype, fit)
    images = FolderSet(folder, files, labels, beside)
    images.left_out = [*broken]
    return images


def image_names(folder, beside=()):
    """Names of the images in a folder, relative to it, "2.png" before "10.png".

    Raises:
        ValueError: If there are none, or there is no such folder.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no such folder; received {str(folder)!r}")
    apart = {path.resolve() for path in beside}
    names = []
    for place, folders, files in os.walk(folder):
        folders[:] = [
            f for f in folders if f[0] != "." and (Path(place) / f).resolve() not in apart
        ]
        inner = "" if Path(place) == folder else f"{Path(place).relative_to(folder).as_posix()}/"
        names += [inner + f for f in files if f.lower().endswith(ENDINGS) and f[0] != "."]
    if not names:
        raise ValueError(
            f"The folder holds no image ({', '.join(e[1:] for e in ENDINGS)}); "
            f"received {str(folder)!r}"
        )
    names.sort(key=lambda n: re.sub(r"\d+", lambda number: number[0].zfill(20), n))
    return names


def read_image(path, size=None, how=None):
    """Reads one image, grey or in colour, as an array (H, W) or (H, W, 3), uint8 or uint16.

    Raises:
        ValueError: If it cannot be read, or is of a kind that would lose something.
    """
    try:
        with Image.open(path) as image:
            if problem := _problem(image):
                raise ValueError(f"{problem}; received {str(path)!r}")
            image.load()
            image = image if size is None else _bring_to(image, size, how, path)
            return np.array(image, MODES[image.mode])
    except (UnidentifiedImageError, OSError, SyntaxError) as error:  # the last for a broken PNG
        reason = "it is no image" if isinstance(error, UnidentifiedImageError) else error
        raise ValueError(
            f"An image cannot be read ({reason}), make it again or leave it out with "
            f"--skip-broken; received {str(path)!r}"
        ) from error


def _problem(image):
    """Why an image is not taken as it is: one sentence that says what to do, or None."""
    if image.width * image.height > PIXELS:
        return f"An image has at most {PIXELS:,} pixels, so cut it"
    if getattr(image, "n_frames", 1) > 1:
        return "An image is one picture and not several, so save its frames one by one"
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return "An image has no transparency, so save it without alpha"
    if image.mode not in MODES:
        return f"An image is grey or RGB and not {image.mode}, so convert it"
    if image.mode == "RGB" and any(";16" in str(tile[3]) for tile in image.tile):
        return "An image in colour has 8 bits a channel, so convert it"  # Pillow would, unasked
    if image.getexif().get(ROTATION, 1) != 1:
        return "An image stands as its pixels do and not as EXIF turns it, so rotate it for good"
    return None


def _bring_to(image, size, how, path):
    """An image of another size, scaled; its proportions change only as `how` says."""
    height, width = size
    wide = image.width * height / (image.height * width)
    if how is None and abs(wide - 1) > 0.01:
        raise ValueError(
            f"An image of {image.height} x {image.width} has other proportions than {height} x "
            f"{width}: cut its sides with --crop or fill it up with --pad; received {str(path)!r}"
        )
    way = {None: Image.Image.resize, "crop": ImageOps.fit, "pad": ImageOps.pad}[how]
    return way(image, (width, height), Image.Resampling.BILINEAR)


def write_image(path, image):
    """Writes an array (H, W), (H, W, 1) or (H, W, 3) in the format that the file's name says."""
    image = image[..., 0] if image.shape[-1] == 1 else image
    exactly = {".jpg": {"quality": 95}, ".jpeg": {"quality": 95}, ".webp": {"lossless": True}}
    Image.fromarray(image).save(path, **exactly.get(path.suffix.lower(), {}))


def _unlike(kinds):
    """What to say of images that do not go together: the first two kinds of them."""
    ((first, a), (second, b)) = list(kinds.items())[:2]

    def said(kind):
        shape, dtype = kind
        colour = "colour" if len(shape) == 3 else "grey"
        return f"{shape[0]} x {shape[1]}, {colour}, {np.dtype(dtype).itemsize * 8} bits"

    option = "bring them to one size with --size HEIGHT WIDTH"
    if first[0][:2] == second[0][:2]:
        option = "convert some of them"
    return (
        f"All images of a folder must be of one kind, so {option}; received {a!r} of {said(first)} "
        f"and {b!r} of {said(second)}"
    )


def _make_room(path):
    path.parent.mkdir(parents=True, exist_ok=True)
