"""MPIIGaze (Zhang, Sugano, Fritz and Bulling): eyes of 15 persons at their laptops, with gaze.

The published folder has a MATLAB file for every person and day, and for every person a list of the
eyes on which errors are compared, the evaluation subset.
"""

import struct
import warnings
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from tqdm import tqdm

from simgan_lib.data.gaze import check_gaze
from simgan_lib.data.layouts import from_36x60

DAYS = "p[0-9][0-9]/day[0-9][0-9].mat"
LISTS = "Evaluation Subset/sample list for eye image"
LIST_BYTES = 1 << 20  # more than any list has, 1 MB; they have 3,000 lines
FIELDS = 100  # more than any struct has
DAY_BYTES = 1 << 26  # more than any day has, 64 MB; 14,000 frames would fit
ARRAYS = 50_000  # more than any day has; each takes more memory than it has bytes

# MATLAB's numbers for the classes of arrays, and for the types of their parts
CELL, STRUCT, CHAR, NUMBERS = 1, 2, 4, range(6, 16)
COMPRESSED = 15
TYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8",
         13: "<u8", 16: "u1", 17: "<u2"}  # fmt: skip


class Unreadable(UserWarning, ValueError):
    """Of some files that cannot be read. An error to whoever can fetch the data set again."""


def blocks(folder, evaluation=False):
    """Reads the normalised eyes of MPIIGaze, a day of a person at a time.

    As in MPIIGaze's own evaluation, right eyes are mirrored, images and labels, so that the inner
    corner of every eye is at the left of its image.

    Args:
        folder: str or path. The unpacked folder `MPIIGaze`; any one around it, and `Data` and
            `Data/Normalized` in it, are understood too.
        evaluation: bool. Whether to read only the evaluation subset, 1,500 left and 1,500 right
            eyes of each person. An eye that is listed twice is read twice.

    Yields:
        Dicts of arrays with one row an eye, for `pack`:
        image: uint8 array (n, 35, 55).
        gaze: float32 array (n, 3) of unit vectors.
        head_pose: float32 array (n, 3) of rotation vectors in the axes of `gaze`, of the length of
            the angle in radians.
        person: int64 array (n,), 0 to 14.
        day: uint8 array (n,), as in the name of its file.
        side: uint8 array (n,), 0 for left eyes and 1 for right ones.

    Raises:
        ValueError: If there are no such files, or not one eye can be read. Where some cannot, or
            listed ones are in no day, warnings at the end count them and name the first.
    """
    days, broken = _days(folder), []
    listed = _listed(days, broken) if evaluation else Counter()
    total, found = listed.total(), 0
    for path in tqdm(days, "Reading eyes", unit="day", delay=2):
        person = path.parent.name
        try:
            names, *sides = _read(path)
        except ValueError as error:
            broken.append(str(error))
            continue
        for side, eyes in zip(("left", "right"), sides, strict=True):
            rows = np.arange(len(names))
            if evaluation:
                keys = [f"{person}/{path.stem}/{name} {side}" for name in names]
                rows = np.repeat(rows, [listed.pop(key, 0) for key in keys])
            found += len(rows)
            yield {
                "person": np.full(len(rows), int(person[1:]), np.int64),
                "day": np.full(len(rows), int(path.stem[3:]), np.uint8),
                "side": np.full(len(rows), side == "right", np.uint8),
            } | {column: values[rows] for column, values in eyes.items()}
    first = ", ".join(f"{name!r:.99}" for name in [*listed][:3])
    missing = f"{listed.total()} of {total} eyes, first {first}"
    if not found and (broken or listed):
        raise ValueError(
            broken[0]
            if broken
            else "Not one eye that MPIIGaze's evaluation subset lists is in its days, unpack the "
            f"data set again; received {missing}"
        )
    if broken:
        first = ", ".join(sentence.partition("; received ")[2] for sentence in broken[:3])
        warnings.warn(
            "MPIIGaze lacks days or lists that cannot be read, unpack the data set again; "
            f"received {len(broken)} such files, first {first}",
            Unreadable,
            stacklevel=2,
        )
    if listed:
        warnings.warn(
            "Eyes that MPIIGaze's evaluation subset lists and no day holds were left out, unpack "
            f"the data set again if days or persons are missing; received {missing}",
            stacklevel=2,
        )


def _days(folder):
    """The files of all days, sorted by person."""
    root = Path(folder).resolve()
    days = sorted(root.glob(DAYS)) or sorted(root.rglob(f"Normalized/{DAYS}"))
    if not days:
        raise ValueError(
            "Name the unpacked folder MPIIGaze, which has files Data/Normalized/p00/day01.mat and "
            f"so on; received {str(folder)!r}"
        )
    return [day for day in days if day.parents[1] == days[0].parents[1]]  # of one copy


def _listed(days, broken):
    """How often the evaluation subset has each eye, such as 'p00/day01/0005.jpg left'.

    A sentence on each list that cannot be read, or that a person has none of, goes to `broken`.
    """
    # Of the root of the system the parent is the root, where parents[3] would not exist.
    folder, listed = days[0].parents[1].parent.parent / LISTS, Counter()
    lists = {folder / f"{day.parent.name}.txt" for day in days} | {*folder.glob("p[0-9][0-9].txt")}
    for path in sorted(lists):
        try:
            lines = _content(path, LIST_BYTES).decode("latin-1").splitlines()
        except ValueError as error:
            broken.append(str(error))
        else:
            listed.update(f"{path.stem}/{' '.join(line.split())}" for line in lines if line.strip())
    return listed


def _content(path, most):
    """The bytes of a file, if they are not more than a real one has."""
    try:
        if path.is_fifo():  # would be waited for
            raise OSError(None, "Is a pipe")
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ValueError(
            f"A file of MPIIGaze cannot be opened ({error.strerror}), unpack the data set again; "
            f"received {str(path)!r}"
        ) from error
    if len(content) > most:
        raise ValueError(
            f"A file of this name has at most {most:,} bytes in MPIIGaze, unpack it again; "
            f"received more in {str(path)!r}"
        )
    return content


def _read(path):
    """The names of a day's frames, and the columns of its left eyes and of its right ones."""
    content = _content(path, DAY_BYTES)
    if content[124:128] != b"\x00\x01IM":
        raise ValueError(
            "A day of MPIIGaze is a MATLAB file of version 5 to 7, and not 7.3, unpack it again; "
            f"received {content[:19]!r}... in {str(path)!r}"
        )
    try:
        variables = _variables(content)
        names, data = variables["filenames"], variables["data"]
        return names, *(_columns(data[side], len(names), side) for side in ("left", "right"))
    except Exception as error:  # there is no end to the ways in which a file can be wrong
        raise ValueError(
            "The file is damaged or not a day of MPIIGaze, unpack it again; "
            f"received {error!r} in {str(path)!r}"
        ) from error


def _columns(eyes, count, side):
    """The columns of the left or right eyes of a day, right ones mirrored."""
    image, gaze, pose = eyes["image"], eyes["gaze"], eyes["pose"]
    shapes = image.shape, gaze.shape, pose.shape
    if shapes != ((count, 36, 60), (count, 3), (count, 3)):
        raise ValueError(f"arrays of shapes {shapes} for {count} frames")
    if side == "right":
        image, gaze = image[:, :, ::-1], gaze * [-1, 1, 1]
        pose = pose * [1, -1, -1]  # only a turn about x looks the same in a mirror
    return {
        "image": from_36x60(image),
        "gaze": check_gaze(gaze),
        "head_pose": pose.astype(np.float32),
    }


# MATLAB files. SciPy's reader is not made for files of strangers: it believes the sizes that they
# declare, so that 250 bytes can fill the memory, and crashes on others. This one knows only what
# MPIIGaze needs, and its arrays are the bytes that are there.


def _variables(content):
    """The variables of a MATLAB file, by name."""
    variables, room, left = {}, DAY_BYTES, iter(range(ARRAYS))
    for kind, part in _parts(memoryview(content)[128:]):
        if kind == COMPRESSED:
            inflater = zlib.decompressobj()
            inflated = memoryview(inflater.decompress(part, room + 1))
            room -= len(inflated)
            if not inflater.eof or room < 0:
                raise ValueError(f"cut short, or more than {DAY_BYTES:,} bytes when inflated")
            kind, part = next(_parts(inflated))
        name, value = _array(part, left)
        variables[name] = value
    return variables


def _parts(data):
    """Splits a MATLAB file, or an array in it, into its parts: the type and the bytes of each."""
    while data:
        kind, size = struct.unpack_from("<II", data)
        start, end = 8, 8 + size
        if kind > 0xFFFF:  # a part of up to four bytes, which stand where else its size does
            kind, size = kind & 0xFFFF, kind >> 16
            start, end = 4, 4 + size
        if end > len(data):
            raise ValueError("cut short")
        yield kind, data[start:end]
        data = data[end if kind == COMPRESSED else -(-end // 8) * 8 :]


def _array(data, left):
    """The name of a MATLAB array and its value: a list for a cell array, a dict for a struct.

    `left` runs out when a file has more arrays than any day.
    """
    if next(left, None) is None:
        raise ValueError(f"more than {ARRAYS:,} arrays")
    parts = _parts(data)
    flags, shape, name = next(parts)[1], next(parts)[1], bytes(next(parts)[1]).decode("latin-1")
    if flags[0] == CELL:
        return name, [_array(part, left)[1] for _, part in parts]
    if flags[0] == STRUCT:
        width, fields = int.from_bytes(next(parts)[1], "little"), next(parts)[1]
        if len(fields) > FIELDS * width:  # or short names could fill the memory
            raise ValueError(f"a struct of more than {FIELDS} fields")
        fields = np.frombuffer(fields, f"S{width}")  # with zeros behind shorter names
        pairs = zip(np.char.decode(fields, "latin-1"), parts, strict=True)
        return name, {field: _array(part, left)[1] for field, (_, part) in pairs}
    if flags[0] != CHAR and flags[0] not in NUMBERS:
        raise ValueError(f"an array of MATLAB's class {flags[0]}")
    kind, part = next(parts)
    values = np.frombuffer(part, TYPES[kind])
    if flags[0] == CHAR:
        return name, bytes(values.astype(np.uint8)).decode("latin-1")
    return name, values.reshape(np.frombuffer(shape, "<i4"), order="F")
