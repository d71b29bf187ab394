"""The commands `python -m data_download NAME` and `python -m data_download list`."""

import argparse
import sys
import warnings
from functools import partial
from pathlib import Path

from simgan_lib.data import data_folder
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
    paths = [out.with_name(f"{out.stem}{suffix}{out.suffix}") for suffix in about.packed]
    if not all(path.exists() for path in paths):
        if out.parent == data_folder():
            out.parent.mkdir(parents=True, exist_ok=True)
        with working(out) as space:
            if source is None and about.url:
                source = _fetched(about, out.parent, space / "unpacked")
            elif source is not None and source.is_file():
                unpack(source, space / "unpacked", about.wanted, about.limit)
                source = space / "unpacked"
            for path, blocks in zip(paths, readers(name, source), strict=True):
                if not path.exists():
                    pack(path, blocks(), path.stem)
    return [(path, verify(path)) for path in paths]


def _fetched(about, here, folder):
    """Fetches a data set's archive into the folder `here` and unpacks it; returns `folder`.

    We know of no published hash. So that of the first archive that could be unpacked is written
    down beside it, and whatever comes later is compared with it.
    """
    archive = here / Path(about.url).name
    record = archive.with_name(f"{archive.name}.sha256")  # as sha256sum writes and reads it
    known = record.read_text().split()[0] if record.exists() else None
    found = fetch(about.url, archive, known)
    try:
        unpack(archive, folder, about.wanted, about.limit)
    except ValueError:
        archive.unlink()  # or the next call would not download it again
        raise
    with writing(record) as path:
        path.write_text(f"{found}  {archive.name}\n")
    return folder


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
    pairs = next(folder.rglob("*.json"), folder / "any").parent  # an archive has folders around it
    return [partial(unityeyes.blocks, pairs)]


if __name__ == "__main__":
    sys.exit(main())
