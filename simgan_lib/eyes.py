"""EyeSet: eye images, with their gaze where it is known, in memory or in a file.

A packed file, ours, holds all images in one data set and opens at once whatever its size. Two
published layouts are read as well: Kaggle's 4quant/eye-gaze with one data set an image, and images
of MPIIGaze in an .npz file. `EyeSet.load(a).save(b)` packs any of them.
"""

import contextlib
import math
import re
import zipfile
import zlib
from pathlib import Path, PureWindowsPath

import h5py
import numpy as np
from h5py.h5z import FILTER_DEFLATE, FILTER_FLETCHER32, FILTER_SHUFFLE
from PIL import Image
from tqdm import tqdm

from .files import Draft, writing
from .gaze import check_gaze, from_look_vec, from_pitch_yaw, to_pitch_yaw

SIZE = 35, 55  # height and width of an image
BLOCK = 512  # images read or written at a time, about 1 MB
MOST = 10_000_000  # eyes in a file; the paper has 1.2 million
BYTES = 1 << 28  # of labels, of a chunk or of an .npz when unpacked, at most
STORED = 500_000  # bytes of a chunk that HDF5 may inflate unseen, to 1,032 times as many at most
TEXT = 1_000  # bytes of a text of fixed length, at most
TEXTS = 1 << 27  # bytes of a file beside its images where texts of any length may be read, at most
ATTRIBUTES = 1 << 20  # bytes of all attributes, at most
CACHE = 1 << 20  # bytes that HDF5 may keep of what describes data sets; it takes six times that
WINDOW = 8  # blocks that `stream` holds and shuffles at a time
SAMPLE = 2_000  # eyes on which images and labels of Kaggle's layout are compared
ENOUGH = 200  # eyes without which that comparison may say nothing
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
        self.images = _Packed(images) if isinstance(images, h5py.Dataset) else images
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
        path = Path(path)
        try:
            with open(path, "rb") as file:
                start = file.read(4)
        except OSError as error:
            raise ValueError(
                f"The file cannot be opened ({error.strerror}); received {str(path)!r}"
            ) from error
        with _reading(path):
            if start == b"\x89HDF":
                return _load_hdf5(path)
            if start == b"PK\x03\x04":
                return _load_npz(path)
            if not start:
                raise ValueError("The file is empty, fetch or make it again; received 0 bytes")
            raise ValueError(f"Eyes are read from HDF5 or .npz; received a file of {start}...")

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
                    _write_block(dataset, row, self.images[row : row + BLOCK])
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


def _write_block(dataset, row, block):
    """Writes a block of images, compressed only where that at least halves it.

    Eyes are noise to a compressor: it saves a tenth of the room, and reading takes 20 times as
    long. So a chunk is stored as it is (its filter mask says so) unless compressing pays.
    """
    if len(block) < BLOCK or len(zlib.compress(block, 1)) < block.nbytes / 2:
        dataset[row : row + len(block)] = block
    else:
        dataset.id.write_direct_chunk((row, 0, 0), block, filter_mask=1)


_DAMAGE = (  # what is raised for a damaged file; TypeError, for a type that NumPy lacks
    OSError, RuntimeError, KeyError, TypeError, MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@contextlib.contextmanager
def _reading(path):
    """Makes whatever goes wrong with a file one sentence that names the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{error} in {str(path)!r}") from error
    except _DAMAGE as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            "The file is damaged or cut short, fetch or make it again; "
            f"received {reason!r} in {str(path)!r}"
        ) from error


class _OnDisk:
    """Images in a file, indexed like an array of shape (N, 35, 55), read when asked for."""

    dtype = np.dtype(np.uint8)

    def __init__(self, path, count):
        self.path = path
        self.shape = count, *SIZE

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        rows = np.arange(len(self))[index]
        with _reading(self.path):
            return self._read(rows.reshape(-1)).reshape(*rows.shape, *SIZE)


class _Packed(_OnDisk):
    """Images of a packed file: one data set for all."""

    def __init__(self, dataset):
        super().__init__(dataset.file.filename, len(dataset))
        self.dataset = dataset

    def _read(self, rows):
        if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            return self.dataset[rows[0] : rows[0] + len(rows)]
        images = np.empty((len(rows), *SIZE), np.uint8)
        blocks = rows // BLOCK
        for k in np.unique(blocks):  # HDF5 is slow at single rows and quick at blocks of them
            block = self.dataset[k * BLOCK : (k + 1) * BLOCK]
            images[blocks == k] = block[rows[blocks == k] - k * BLOCK]
        return images


class _Scattered(_OnDisk):
    """Images of Kaggle's layout: a group with one data set an image; names are bytes."""

    def __init__(self, group, names):
        super().__init__(group.file.filename, len(names))
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
                _check_storage(image)
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


def _check_storage(dataset):
    """Raises unless a data set is in the file itself, in pieces that fit into memory."""
    plan = dataset.get_create_plist()
    if plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count():
        raise ValueError("Data must be in the file itself; received one that names other files")
    if plan.get_layout() == h5py.h5d.CHUNKED:
        _check_chunks(dataset, plan)


def _check_chunks(dataset, plan):
    """Raises if a chunk would fill the memory, by its size or while HDF5 unpacks it.

    A header may promise what it likes, and HDF5 inflates what is stored of a chunk to its end
    whatever was promised. So what is stored has to be small, or is inflated here first, no further
    than promised.
    """
    size = math.prod(plan.get_chunk()) * dataset.dtype.itemsize
    if size > BYTES:
        raise ValueError(f"No file of eyes has such chunks; received {plan.get_chunk()}")
    filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
    # In this order, for what is changed again after it was deflated cannot be inflated here.
    allowed = iter([FILTER_FLETCHER32, FILTER_SHUFFLE, FILTER_DEFLATE, FILTER_FLETCHER32])
    if not all(number in allowed for number in filters):  # each is looked for behind the last
        raise ValueError(
            "Eyes in HDF5 may be shuffled and then deflated, once, so save them with gzip or "
            f"without compression; received filters {filters}"
        )
    most = 2 * size + 100  # filters may add a little; what points to a text takes twice its size
    limit, large = min(most, STORED), []
    if filters and dataset.get_storage_size() > limit:  # else no chunk can be large
        dataset.chunk_iter(lambda chunk: large.append(chunk) if chunk.size > limit else None)
    for chunk in large:
        used = [number for i, number in enumerate(filters) if not chunk.filter_mask >> i & 1]
        if chunk.size > most or (FILTER_DEFLATE in used and not _inflates_to(dataset, chunk, most)):
            raise ValueError(
                f"The file has a chunk that unpacks to more than its {size:,} bytes, fetch or make "
                f"it again; received a chunk stored in {chunk.size:,} bytes"
            )


def _inflates_to(dataset, chunk, most):
    """Whether a deflated chunk ends within `most` bytes, of which few are in memory at a time."""
    _, stored = dataset.read_direct_chunk(chunk.chunk_offset)
    inflater = zlib.decompressobj()
    while stored and most >= 0 and not inflater.eof:
        most -= len(inflater.decompress(stored, 1 << 22))
        stored = inflater.unconsumed_tail
    return most >= 0


def read_array(dataset):
    """Reads labels, or whatever else there is a little of for every eye.

    Args:
        dataset: h5py.Dataset of a file that need not be trusted.

    Returns:
        A NumPy array.

    Raises:
        ValueError: If it is too large, empty, or lies or points elsewhere.
    """
    _check_storage(dataset.id)
    if dataset.shape is None:
        raise ValueError(f"Labels need at least one value; received an empty {dataset.name[1:]!r}")
    if dataset.nbytes > BYTES:
        raise ValueError(
            f"No file of eyes has so many labels; received {dataset.dtype} of shape {dataset.shape}"
        )
    if dataset.dtype.hasobject:  # texts of any length, whose bytes are not counted
        raise ValueError(f"Labels are numbers; received {dataset.dtype} of {dataset.name[1:]!r}")
    return dataset[()]


def _texts(dataset, beside):
    """Texts of any length in a data set; `beside` is what the file has besides images, in bytes.

    HDF5 does not tell how long a text is before it has read it, several times over.
    """
    if not dataset.dtype.hasobject:
        return read_array(dataset)
    _check_storage(dataset.id)
    if dataset.shape is None or dataset.nbytes > BYTES or beside > TEXTS:
        raise ValueError(
            f"No file of eyes has so much text; received {dataset.name[1:]!r} of shape "
            f"{dataset.shape}, in {beside:,} bytes beside the images"
        )
    texts, room = np.empty(dataset.shape, object), BYTES
    for place in np.ndindex(dataset.shape):  # many may be one and the same long text in the file
        texts[place] = dataset[place]
        room -= len(texts[place])
        if room < 0:
            raise ValueError(
                f"No file of eyes has such long texts; received more than {BYTES:,} bytes of them"
            )
    return texts


def _load_npz(path):
    with zipfile.ZipFile(path) as file:
        size = sum(member.file_size for member in file.infolist())
    if size > BYTES:
        raise ValueError(f"An .npz file of eyes has at most {BYTES:,} bytes; received {size:,}")
    with np.load(path) as file:  # never unpickles
        arrays = {name: file[name] for name in file.files}
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
    return EyeSet(from_36x60(arrays["image"]), gaze, source=path.name)


def is_text(stored):
    """Whether an attribute or a data set is a single short text, to be asked before reading it.

    Args:
        stored: h5py.h5a.AttrID or h5py.h5d.DatasetID.

    Returns:
        bool. A text of variable length is none: HDF5 does not tell how long it is.
    """
    kind = stored.get_type()
    single = stored.get_space().get_simple_extent_type() == h5py.h5s.SCALAR
    fixed = isinstance(kind, h5py.h5t.TypeStringID) and not kind.is_variable_str()
    return single and fixed and kind.get_size() <= TEXT


def _load_hdf5(path):
    file = h5py.File(path, "r", rdcc_nbytes=0)  # or HDF5 keeps chunks, as large as they unpack to
    cache = file.id.get_mdc_config()  # of what HDF5 knows of each data set, which it would pile up
    cache.set_initial_size, cache.initial_size = True, CACHE // 2
    cache.min_size, cache.max_size = CACHE // 2, CACHE
    file.id.set_mdc_config(cache)
    try:
        return _eyes_of(file, path.name)
    except BaseException:
        file.close()  # images are read later, so only a file that is refused is closed
        raise


def _source_of(file, name):
    """What the file says of its source, or its name."""
    # HDF5 reads an attribute to tell whether there is one, so the size of all of them comes first.
    size = h5py.h5o.get_info(file.id).meta_size.attr.heap_size
    if size > ATTRIBUTES:
        raise ValueError(
            f"A file of eyes has at most {ATTRIBUTES:,} bytes of attributes, so take some away; "
            f"received {size:,}"
        )
    if "source" not in file.attrs:
        return name
    stored = file.attrs.get_id("source")
    if h5py.check_string_dtype(stored.dtype) and stored.dtype.hasobject:
        return name
    if not is_text(stored):
        raise ValueError(
            f"The attribute 'source' should be one text of at most {TEXT:,} bytes, so write it "
            f"anew; received {stored.dtype} of shape {stored.shape}"
        )
    return file.attrs["source"].decode(errors="replace").strip()


def _eyes_of(file, name):
    source = _source_of(file, name)
    for name in file:
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"Data must be in the file itself; received a link at {name!r}")
    if "image" not in file:
        raise ValueError(f"An HDF5 file of eyes has 'image' at its root; received {sorted(file)}")
    arrays = {
        name: read_array(file[name])
        for name in ("gaze", "person", "look_vec")
        if isinstance(file.get(name), h5py.Dataset)
    }
    image = file["image"]
    if isinstance(image, h5py.Dataset):
        _check_storage(image.id)
        return EyeSet(image, arrays.get("gaze"), arrays.get("person"), source)
    if not isinstance(image, h5py.Group):
        raise ValueError(f"'image' is one data set or a group of them; received {image}")
    if len(image) > MOST:
        raise ValueError(f"A file of eyes has at most {MOST:,} images; received {len(image):,}")
    names = list(image.id)  # once, and as bytes: they are what grows with the number of images
    images = _Scattered(image, _by_number(names))
    if "look_vec" not in arrays:
        return EyeSet(images, source=source)
    eyes = EyeSet(images, from_look_vec(arrays["look_vec"]), source=source)
    beside = file.id.get_filesize() - images.stored
    images.names = _order_of_labels(eyes, _orders(file, names, beside))
    return eyes


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
        paths = _texts(paths, beside).ravel().tolist()
        orders += [paths, [_stem(path) for path in paths]]
    return list(dict.fromkeys(tuple(order) for order in orders if sorted(order) == sorted(names)))


def _order_of_labels(eyes, orders):
    """Finds the order of the images' names in which the labels belong to the images.

    A simple regression can tell the gaze of an eye from others with their gaze, but only if the
    labels are those of the images. The right order must have errors smaller than every other order,
    and smaller than guessing the mean, by five standard errors.
    """
    if len(orders) == 1 and len(eyes) < ENOUGH:
        return orders[0]
    names = eyes.images.names
    rows = np.random.default_rng(0).permutation(len(eyes))[:SAMPLE]
    images = eyes.images._read(rows)
    sampled, labels, errors = {names[row] for row in rows}, [], []
    for order in orders:
        row_of = {name: row for row, name in enumerate(order) if name in sampled}
        labels.append(eyes.gaze[[row_of[names[row]] for row in rows]])
        errors.append(_errors_of_regression(images, labels[-1]))
    best = int(np.argmin(np.mean(errors, axis=1)))
    guess = ((labels[best] - labels[best].mean(0)) ** 2).sum(1)
    rivals = [guess] + errors[:best] + errors[best + 1 :]
    leads = [rival - errors[best] for rival in rivals]
    if all(lead.mean() > 5 * lead.std() / len(rows) ** 0.5 for lead in leads):
        return orders[best]
    if len(eyes) < ENOUGH:
        raise ValueError(
            f"There are too few images to tell which of {len(orders)} orders of their names is "
            "the order of look_vec, so pad the names with zeros to leave one; "
            f"received {len(eyes)} images"
        )
    raise ValueError(
        "The labels do not belong to the images, or not clearly, in any order of their names; "
        f"received {len(eyes)} images and {len(orders)} orders"
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
