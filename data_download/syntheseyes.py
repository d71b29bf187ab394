"""SynthesEyes (Wood et al., ICCV 2015): 11,382 rendered left eyes of ten head scans, with gaze.

Ten folders, f01 to f05 and m01 to m05, hold pairs such as `f01_36_0.1963_-0.7854.png`, the image,
and `f01_36_0.1963_-0.7854.pkl`, a pickle of what is known of it.

We have not seen the data themselves. From its page on the web come the folders, the names and the
size of the images; from public programs that read it, the names of the fields, that Python 2 and
Python 3 both open the pickles, and that the eyes are left ones. The axes of `look_vec` are those of
Blender's camera in its authors' own scripts for landmarks in "camera space", and nobody says that
of `look_vec` in so many words. So `blocks` looks whether the irises lie where the labels say.
"""

import io
import pickletools
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image
from tqdm import tqdm

from simgan_lib.data.gaze import check_gaze
from simgan_lib.data.stored import BLOCK, SIZE

PAIR = "[fm][0-9][0-9]_*.png", "[fm][0-9][0-9]_*.pkl"
WIDTH, HEIGHT = 120, 80  # of a published image, pixels
TIGHTNESS = 1.2  # width of a crop in widths of the lids, as in crops of UnityEyes
MARGIN = 80  # pixels by which an image grows before it is cropped; no crop needs more
BYTES = 1 << 20  # more than any file of a pair has, 1 MB
POINTS = 100  # more than there are landmarks on lids or iris
CLEAR = 0.3  # correlation of gaze and iris below which labels are not believed
NUMBERS = "<f8", "<f4", "<i8", "<i4"  # NumPy's names for the types that arrays may have
VALUES = set("NONE INT BININT BININT1 BININT2 LONG LONG1 FLOAT BINFLOAT STRING BINSTRING".split())
VALUES |= {"SHORT_BINSTRING", "UNICODE", "BINUNICODE"}
NAMES = {
    "numpy.core.multiarray _reconstruct",
    "numpy.core.multiarray scalar",
    "numpy._core.multiarray _reconstruct",
    "numpy._core.multiarray scalar",
    "numpy ndarray",
    "numpy dtype",
    "_codecs encode",
}


def blocks(folder):
    """Reads the eyes of SynthesEyes, 512 pairs at a time, sorted by their names.

    A crop has the proportions of 35 x 55 around the middle of the lids, is 1.2 times as wide as
    they are, and goes on with the pixels of the edge where it leaves the image. Pairs that cannot
    be read are left out, and named on stderr at the end.

    The end also brings a comparison of all labels with their images: where a gaze goes right, the
    iris must be to the right between the corners of the lids, and likewise down.

    Args:
        folder: str or path. The unpacked folder; the pairs may be at any depth.

    Yields:
        Dicts of arrays with one row an eye, for `pack`:
        image: uint8 array (n, 35, 55).
        gaze: float32 array (n, 3) of unit vectors.
        head_pose: float32 array (n, 3, 3), the rotation from the scene to the camera as published,
            in Blender's axes: x right, y up, z towards the viewer.
        person: int64 array (n,), 1 to 5 for f01 to f05 and 101 to 105 for m01 to m05.

    Raises:
        ValueError: If there are no pairs, all are broken, or labels and images disagree.
    """
    files = [path for name in PAIR for path in Path(folder).rglob(name)]
    pairs = sorted({path.with_suffix("") for path in files})
    if not pairs:
        raise ValueError(
            "Name the unpacked folder of SynthesEyes, with pairs like f01_36_0.1963_-0.7854.png "
            f"and .pkl in folders f01, f02 and so on; received {str(folder)!r}, which has none"
        )
    gaze, offsets, broken, examples = [], [], 0, []
    for start in tqdm(range(0, len(pairs), BLOCK), "Reading eyes", unit="block", delay=2):
        rows = []
        for pair in pairs[start : start + BLOCK]:
            try:
                rows.append(_read(pair))
            except Exception as error:  # there is no end to the ways in which a file can be wrong
                broken += 1
                if broken <= 3:
                    examples.append(f"{pair.name!r} ({error!r:.200})")
        if rows:
            block = {name: np.array([row[name] for row in rows]) for name in rows[0]}
            offsets.append(block.pop("offset"))
            gaze.append(block["gaze"])
            yield block
    if broken == len(pairs):
        raise ValueError(
            f"Not one of {broken} pairs of SynthesEyes can be read, unpack the data set again; "
            f"received {', '.join(examples)}"
        )
    if broken:
        print(
            f"{broken} of {len(pairs)} pairs of SynthesEyes cannot be read and were left out; "
            f"received {', '.join(examples)}",
            file=sys.stderr,
        )
    _compare(np.concatenate(gaze), np.concatenate(offsets))


def _compare(gaze, offsets):
    """Raises unless irises lie where their gaze goes: x right and y down are axes of both."""
    a, b = gaze[:, :2] - gaze[:, :2].mean(0), offsets - offsets.mean(0)
    with np.errstate(invalid="ignore"):  # 0 / 0 of a single eye is NaN, which is not clear either
        across, down = (a * b).sum(0) / np.sqrt((a**2).sum(0) * (b**2).sum(0))
    if not (across > CLEAR and down > CLEAR):
        raise ValueError(
            "The irises do not lie where the labels say that the eyes look, or these are too few "
            "eyes to tell, so unpack the whole data set and do not use its labels if this stays; "
            f"received correlations of {across:.2f} across and {down:.2f} down in {len(gaze)} eyes"
        )


def _read(pair):
    """A row of a block, and in `offset` where the iris is, from the middle of the lids' corners."""
    fields = unpickle(_content(f"{pair}.pkl"))
    lids = _floats(fields["ldmks"]["ldmks_lids_2d"], None, 2)
    iris = _floats(fields["ldmks"]["ldmks_iris_2d"], None, 2)
    gaze = check_gaze(_floats(fields["look_vec"], 3) * [1, -1, -1])  # from Blender's axes to ours
    if gaze[2] >= 0:
        raise ValueError("an eye that looks away from the camera")
    with Image.open(io.BytesIO(_content(f"{pair}.png")), formats=["PNG"]) as image:
        if image.size != (WIDTH, HEIGHT):  # known before a pixel is decoded
            raise ValueError(f"an image of {image.size} pixels, not {WIDTH} x {HEIGHT}")
        grey = np.asarray(image.convert("L"))
    corners = lids[[lids[:, 0].argmin(), lids[:, 0].argmax()]]
    return {
        "image": _crop(grey, lids),
        "gaze": gaze,
        "head_pose": _floats(fields["head_pose"], 3, 3).astype(np.float32),
        "person": int(pair.name[1:3]) + 100 * (pair.name[0] == "m"),
        "offset": iris.mean(0) - corners.mean(0),
    }


def _content(path):
    """The bytes of a file, if they are not more than a real one has."""
    if not Path(path).is_file():  # a pipe would let us wait for ever
        raise ValueError(f"no file {Path(path).suffix}")
    with open(path, "rb") as file:
        content = file.read(BYTES + 1)
    if len(content) > BYTES:
        raise ValueError(f"more than {BYTES:,} bytes in {Path(path).suffix}")
    return content


def _crop(image, lids):
    """Cuts out the eye and scales it: (80, 120) -> (35, 55)."""
    (left, top), (right, bottom) = lids.min(0), lids.max(0)
    x, y = (left + right) / 2, (top + bottom) / 2
    if not (20 < right - left <= WIDTH and 0 < x < WIDTH and 0 < y < HEIGHT):
        raise ValueError(f"lids {right - left:.0f} pixels wide around ({x:.0f}, {y:.0f})")
    half = TIGHTNESS * (right - left) / 2
    low = half * SIZE[0] / SIZE[1]
    box = np.array([x - half, y - low, x + half, y + low]) + MARGIN
    wide = Image.fromarray(np.pad(image, MARGIN, mode="edge"))
    return np.asarray(wide.resize(SIZE[::-1], Image.Resampling.BILINEAR, tuple(box)))


# Pickles. A pickle is a program: it may call whatever can be imported. Python's own reader can be
# told to import next to nothing, and still eight bytes make it fill 2 GB, and 1 MB of nested tuples
# as a key of a dict makes it crash. This one imports nothing and calls nothing: a name stays a
# name, and what the pickle wants to have called is noted down.


def unpickle(data):
    """Reads a pickle of numbers, strings, lists, dicts and NumPy arrays, and runs none of it.

    A pickle is written for a machine with a stack, on which most instructions put a value or
    gather the values on top into a list. Those of protocols 0 to 2 that plain data need are here.

    Args:
        data: bytes of the pickle.

    Returns:
        What it holds, with lists in place of tuples. A NumPy array is a `SimpleNamespace` with the
        `name` of what makes arrays, the `arguments` it should be called with, and the `state` that
        the array should then be given.

    Raises:
        ValueError: If there is any other instruction, name, or key of a dict.
        Exception: Almost any, if the pickle is damaged.
    """
    stack, marks, memo = [], [], {}

    def marked():
        start = marks.pop()
        values = stack[start:]
        del stack[start:]
        return values

    for opcode, argument, _ in pickletools.genops(data):
        match opcode.name:
            case "PROTO":
                pass
            case name if name in VALUES:
                stack.append(argument)
            case "NEWTRUE" | "NEWFALSE":
                stack.append(opcode.name == "NEWTRUE")
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "MARK":
                marks.append(len(stack))
            case "EMPTY_LIST" | "EMPTY_TUPLE":
                stack.append([])
            case "LIST" | "TUPLE":
                stack.append(marked())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(opcode.name[-1])
                stack[-count:] = [stack[-count:]]
            case "APPEND" | "APPENDS":
                values = [stack.pop()] if opcode.name == "APPEND" else marked()
                stack[-1].extend(values)
            case "EMPTY_DICT":
                stack.append({})
            case "DICT" | "SETITEM" | "SETITEMS":
                items = [stack.pop(-2), stack.pop()] if opcode.name == "SETITEM" else marked()
                if opcode.name == "DICT":
                    stack.append({})
                if not all(isinstance(key, str) for key in items[::2]):
                    raise ValueError("a dict whose keys are not strings")
                stack[-1].update(zip(items[::2], items[1::2], strict=True))
            case "GLOBAL" if argument in NAMES:
                stack.append(argument)
            case "REDUCE":
                name, arguments = stack.pop(-2), stack.pop()
                stack.append(SimpleNamespace(name=name, arguments=arguments, state=None))
            case "BUILD":
                state = stack.pop()
                stack[-1].state = state
            case "STOP":
                return stack.pop()
            case _:
                raise ValueError(f"a pickle with {opcode.name} {argument!r:.60}")


def _floats(value, *shape):
    """An array of finite floats of that shape, from whatever `unpickle` returns. None: any length.

    The shape is compared on the way in, since a list that holds another one ten times, which holds
    another one ten times, and so on, is short in a pickle and fills a memory as an array.
    """
    if isinstance(value, SimpleNamespace):
        array = _array(value)
    elif isinstance(value, list) and shape and len(value) <= POINTS:
        array = np.array([_floats(item, *shape[1:]) for item in value])
    elif isinstance(value, int | float):
        array = np.float64(value)
    else:
        raise ValueError(f"a {type(value).__name__} where numbers of shape {shape} should be")
    if array.ndim != len(shape) or any(
        size not in (None, length) for size, length in zip(shape, array.shape, strict=True)
    ):
        raise ValueError(f"numbers of shape {array.shape} where {shape} should be")
    if not np.isfinite(array).all():
        raise ValueError("a number that is not finite")
    return array.astype(np.float64)


def _array(made):
    """The array, or the single number of NumPy's, that a pickle wants to have made."""
    if made.name.endswith("_reconstruct"):
        _, shape, dtype, by_columns, content = made.state
    else:
        (dtype, content), shape, by_columns = made.arguments, [], False
    kind = "".join([dtype.state[1], dtype.arguments[0]])  # order of bytes, and type
    if kind not in NUMBERS:
        raise ValueError(f"an array of type {kind!r:.60}")
    match content:
        case SimpleNamespace(arguments=[text, "latin1"]):  # bytes, as text to be encoded
            content = text
    array = np.frombuffer(content.encode("latin-1"), kind)
    return array.reshape(shape, order="F" if by_columns else "C")
