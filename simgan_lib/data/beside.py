"""What lies beside images: a table with a line for each, and folders with a file for each."""

import csv
from pathlib import Path

import numpy as np


def columns(path, names, broken):
    """The columns of the table as arrays in the order of the images; none if there is no table."""
    if not path.exists():
        return {}
    head, *lines = _table(path)
    if len(head) == 1 and ";" in head[0]:
        raise ValueError(
            f"Columns of the table are separated by commas, so save it so; received {head[0]!r} in "
            f"{str(path)!r}"
        )
    if head[0] in names:
        raise ValueError(
            "The first line of the table names its columns, so put one above the others; received "
            f"{head} in {str(path)!r}"
        )
    rows = {}
    for line in lines:
        if len(line) != len(head) or line[0] in rows:
            what = "names an image twice" if line[0] in rows else f"has not {len(head)} columns"
            raise ValueError(f"A line of the table {what}; received {line} in {str(path)!r}")
        rows[line[0]] = line[1:]
    known = {*names, *broken}
    for missing, where in (
        ([n for n in names if n not in rows], "the table lacks a line for"),
        ([n for n in rows if n not in known], "there is no image for the line of"),
    ):
        if missing:
            raise ValueError(
                f"Images and lines of the table do not match: {where} {len(missing)} of them; "
                f"received {missing[0]!r} in {str(path)!r}, whose lines begin with "
                f"{', '.join(map(repr, list(rows)[:3])) or 'nothing'}"
            )
    columns = zip(*(rows[name] for name in names), strict=True)
    return {name: _typed(values) for name, values in zip(head[1:], columns, strict=True)}


def _table(path):
    """Lines of a table, each a list of texts."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except UnicodeDecodeError as error:
        raise ValueError(f"The table is not UTF-8, save it so; received {str(path)!r}") from error
    if not lines:
        raise ValueError(
            f"The table is empty, its first line names columns; received {str(path)!r}"
        )
    return lines


def _typed(values):
    """Whole numbers, numbers or texts, the first that all of them are."""
    for kind in (np.int64, np.float64):
        try:
            return np.array([kind(value) for value in values])
        except ValueError:
            pass
    return np.array(values)


def lines_of(path, names):
    """The bytes of a table with the lines of these images only, each line as it is."""
    lines = path.read_bytes().splitlines(keepends=True)
    reader = csv.reader(line.decode("utf-8-sig") for line in lines)
    kept, start = [], 0
    for row in reader:  # which may take several lines, where a text has line breaks
        if start == 0 or not row or row[0] in names:
            kept += lines[start : reader.line_num]
        start = reader.line_num
    return b"".join(kept)


def partners(beside, names):
    """Files of the folder beside, one for each image, in the images' order."""
    if not beside.is_dir():
        raise ValueError(f"There is no such folder of labels; received {str(beside)!r}")
    found = {}
    for path in sorted(beside.rglob("*")):
        if path.is_file() and path.name[0] != ".":
            found.setdefault(path.relative_to(beside).with_suffix("").as_posix(), []).append(path)
    stems = [Path(name).with_suffix("").as_posix() for name in names]
    for stem in stems:
        if len(found.get(stem, ())) != 1:
            raise ValueError(
                "Each image has one file beside it with its name and any ending; "
                f"received {len(found.get(stem, ()))} for {stem!r} in {str(beside)!r}"
            )
    return [found[stem][0] for stem in stems]
