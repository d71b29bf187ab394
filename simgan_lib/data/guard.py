"""Files of strangers: whoever lies, points elsewhere or would fill the memory is refused.

HDF5 believes the header of a file, so what a header promises is looked at before anything is read.
Whatever goes wrong with a file becomes one sentence that names it.
"""

import contextlib
import math
import zipfile
import zlib

import h5py
import numpy as np
from h5py.h5z import FILTER_DEFLATE, FILTER_FLETCHER32, FILTER_SHUFFLE

BYTES = 1 << 28  # of labels, of a chunk or of an .npz when unpacked, at most
STORED = 500_000  # bytes of a chunk that HDF5 may inflate unseen, to 1,032 times as many at most
TEXT = 1_000  # bytes of a text of fixed length, at most
TEXTS = 1 << 27  # bytes of a file beside its images where texts of any length may be read, at most
ATTRIBUTES = 1 << 20  # bytes of all attributes, at most
CACHE = 1 << 20  # bytes that HDF5 may keep of what describes data sets; it takes six times that
_DAMAGE = (  # what is raised for a damaged file; TypeError, for a type that NumPy lacks
    OSError, RuntimeError, KeyError, TypeError, MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@contextlib.contextmanager
def reading(path):
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


def first_bytes(path):
    """The first six bytes of a file, by which its kind is known."""
    try:
        with open(path, "rb") as file:
            return file.read(6)
    except OSError as error:
        raise ValueError(
            f"The file cannot be opened ({error.strerror}); received {str(path)!r}"
        ) from error


def read_npz(path):
    """The arrays of an .npz file by their names, unless they would fill the memory."""
    with zipfile.ZipFile(path) as file:
        size = sum(member.file_size for member in file.infolist())
    if size > BYTES:
        raise ValueError(
            "Save so many images as .npy or HDF5, for unpacked an .npz file has at most "
            f"{BYTES:,} bytes; received {size:,}"
        )
    with np.load(path) as file:  # never unpickles
        return {name: file[name] for name in file.files}


def check_links(file):
    """Raises if an HDF5 file points elsewhere."""
    for name in file:
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"Data must be in the file itself; received a link at {name!r}")


def open_hdf5(path):
    """Opens an HDF5 file that keeps hardly anything in memory."""
    file = h5py.File(path, "r", rdcc_nbytes=0)  # or HDF5 keeps chunks, as large as they unpack to
    cache = file.id.get_mdc_config()  # of what HDF5 knows of each data set, which it would pile up
    cache.set_initial_size, cache.initial_size = True, CACHE // 2
    cache.min_size, cache.max_size = CACHE // 2, CACHE
    file.id.set_mdc_config(cache)
    return file


def check_storage(dataset):
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
    check_storage(dataset.id)
    if dataset.shape is None:
        raise ValueError(f"Labels need at least one value; received an empty {dataset.name[1:]!r}")
    if dataset.nbytes > BYTES:
        raise ValueError(
            f"No file of eyes has so many labels; received {dataset.dtype} of shape {dataset.shape}"
        )
    if dataset.dtype.hasobject:  # texts of any length, whose bytes are not counted
        raise ValueError(f"Labels are numbers; received {dataset.dtype} of {dataset.name[1:]!r}")
    return dataset[()]


def read_texts(dataset, beside):
    """Texts of any length in a data set; `beside` is what the file has besides images, in bytes.

    HDF5 does not tell how long a text is before it has read it, several times over.
    """
    if not dataset.dtype.hasobject:
        return read_array(dataset)
    check_storage(dataset.id)
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


def read_label(dataset, beside):
    """A label of every image; texts as texts. `beside` is as for `read_texts`."""
    values = read_texts(dataset, beside)
    return np.char.decode(values.astype(bytes)) if values.dtype.kind in "SO" else values


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


def source_of(file, name):
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
