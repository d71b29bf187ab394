"""The commands `python -m data_download NAME` and `python -m data_download list`."""

import argparse
import contextlib
import re
import shutil
import sys
import warnings
from functools import partial
from hashlib import sha256
from pathlib import Path

from simgan_lib.data.find import data_folder
from simgan_lib.files import writing

from . import kaggle, mpiigaze, syntheseyes, unityeyes
from .fetch import fetch, working
from .pack import pack, verify
from .sources import SOURCES
from .unpack import unpack


def main(argv=None):
    """Runs the command.

    Args:
        argv: Words after `python -m data_download`; those of the process if None.

    Returns:
        Exit code: 0, 2 for bad input or a download that failed, 130 when interrupted.
    """
    args = parser().parse_args(argv)
    warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
    try:
        if args.name == "list":
            print("\n".join(listing()))
        else:
            out = args.out or data_folder() / f"{args.name}.h5"
            for path, eyes in bring(args.name, args.source, out):
                print(f"{path}: {eyes}")
    except KeyboardInterrupt:
        print("\ndata_download: stopped; start it again to go on", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        print(f"data_download: {error}", file=sys.stderr)
        return 2
    return 0


def parser():
    """The words that the command understands."""
    parser = argparse.ArgumentParser(
        prog="python -m data_download",
        description="Packs a published data set of eyes into a file for the lessons and simgan.",
    )
    parser.add_argument("name", choices=("list", *SOURCES), help="a data set, or list: which are")
    parser.add_argument(
        "--from", type=Path, dest="source", metavar="PATH", help="its folder or archive, if here"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.h5", help=f"packed file ({data_folder()}/NAME.h5)"
    )
    return parser


def listing():
    """Yields the lines of `list`."""
    for name, source in SOURCES.items():
        yield f"{name}: {source.holds}"
        yield f"    {source.size}. Terms: {source.terms}"
        yield f"    {source.page}"
        for suffix, content in source.packed.items():
            path = data_folder() / f"{name}{suffix}.h5"
            yield f"    {'here' if path.exists() else 'not here'}: {path} ({content})"


def bring(name, source, out):
    """Packs a data set, or verifies what is packed already.

    Until all is packed, what was unpacked waits in a hidden folder beside `out`. An archive that
    was fetched stays, for another time.

    Args:
        name: str, one of `SOURCES`.
        source: path of the data set's folder or archive, or None to fetch it.
        out: path of the packed file; where there are two, the second has a longer name.

    Returns:
        A list of a path and its `EyeSet` for each packed file.

    Raises:
        ValueError: If the data set is not what it should be, or a packed file is damaged.
        OSError: If the connection, the disk or another process prevents it.
    """
    about = SOURCES[name]
    if not out.name or out.is_dir():
        raise ValueError(f"--out names a file for the packed eyes; received {str(out)!r}")
    if source is not None and not source.exists():
        raise ValueError(f"There is no such file or folder; received {str(source)!r}")
    paths = {f"{name}{s}": out.with_name(f"{out.stem}{s}{out.suffix}") for s in about.packed}
    eyes = {kind: verify(path, kind) for kind, path in paths.items() if path.exists()}
    if len(eyes) < len(paths):
        if out.parent == data_folder() and not out.parent.exists():
            out.parent.mkdir(parents=True)
        with working(out) as space, _source(about, source, out.parent, space) as folder:
            for (kind, path), blocks in zip(paths.items(), readers(name, folder), strict=True):
                if kind not in eyes:
                    eyes[kind] = pack(path, blocks(), kind)
    elif source is not None:
        warnings.warn(
            f"Packed already, and {str(source)!r} was not looked at; delete {str(out)!r} to pack "
            "again",
            stacklevel=2,
        )
    return [(path, eyes[kind]) for kind, path in paths.items()]


@contextlib.contextmanager
def _source(about, source, here, space):
    """Lends the folder of a data set, or None if it is not known; archives are unpacked for it."""
    if source is None and about.url:
        with _fetched(about, here, space) as folder:
            yield folder
    elif source is not None and source.is_file():
        state = source.stat()
        key = f"{source.resolve()} {state.st_size} {state.st_mtime_ns}"
        yield _unpacked(source, about, space, key)
    else:
        yield source


def _unpacked(archive, about, space, key):
    """Unpacks an archive, or goes on with what a stopped call has unpacked of the same one."""
    folder = space / f"unpacked-{sha256(key.encode()).hexdigest()[:16]}"
    for other in set(space.glob("unpacked-*")) - {folder}:
        shutil.rmtree(other)
    unpack(archive, folder, about.wanted, about.limit)
    return folder


@contextlib.contextmanager
def _fetched(about, here, space):
    """Fetches a data set's archive into the folder `here` and lends where it is unpacked.

    We know of no published hash. So that of the first archive that could be packed is written down
    beside it, and whatever comes later is compared with it.
    """
    archive = here / Path(about.url).name
    record = archive.with_name(f"{archive.name}.sha256")  # as sha256sum writes and reads it
    known, was_here = _recorded(record), archive.exists()
    try:
        found = fetch(about.url, archive, known)
        with warnings.catch_warnings():
            warnings.simplefilter("error", mpiigaze.Unreadable)
            yield _unpacked(archive, about, space, found)
    except ValueError as error:
        if was_here or known:
            raise ValueError(
                f"{error}; to begin anew, delete {str(archive)!r} and, where it is, {record.name!r}"
            ) from error
        archive.unlink(missing_ok=True)  # or the next call would not download it again
        raise
    with writing(record) as path:
        path.write_text(f"{found}  {archive.name}\n")


def _recorded(record):
    """The hash in a file as sha256sum writes it, or None where there is no such file."""
    if not record.exists():
        return None
    with open(record, "rb") as file:
        known = file.read(64).decode("latin-1")
    if not re.fullmatch("[0-9a-f]{64}", known):
        raise ValueError(
            "The file should begin with the 64 digits of a hash, delete it to have it written "
            f"again; received {str(record)!r}"
        )
    return known


def readers(name, folder):
    """A function to the blocks of eyes of each packed file."""
    if name == "kaggle":
        return [partial(kaggle.blocks, path) for path in kaggle.find(folder)]
    if name == "mpiigaze":
        return [partial(mpiigaze.blocks, folder, evaluation) for evaluation in (False, True)]
    if name == "syntheseyes":
        return [partial(syntheseyes.blocks, folder)]
    if folder is None:
        raise ValueError(
            f"UnityEyes is a program, so render eyes with it, as {SOURCES[name].page} tells, and "
            "name the folder of its images with --from; received no folder"
        )
    return [partial(unityeyes.blocks, folder)]


if __name__ == "__main__":
    sys.exit(main())
