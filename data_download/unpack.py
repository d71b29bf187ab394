"""What is wanted of an archive, which need not be trusted, in a folder of its own."""

import errno
import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from .fetch import working

FILES = 1 << 18  # more files than any archive that we know has
NAME = 255  # bytes of the longest path that is unpacked
HEADER = 1 << 16  # bytes that describe one member of a .tar, at most
TAIL = 1 << 20  # bytes behind the last one, at most
DIRECTORY = 1 << 24  # bytes that describe all members of a .zip, at most
RATIO, FREE = 100, 1 << 27  # times its own bytes that an archive unpacks to, and bytes in any case


def unpack(archive, folder, wanted, limit):
    """Unpacks what is wanted of an archive into a new folder, all of it or nothing.

    Only plain files are written, and only in `folder`: an archive with a wanted member that is
    something else, or would land elsewhere, is refused. What is not wanted is passed over, whatever
    it is. Where `folder` is there already, it has been unpacked, and nothing happens.

    Args:
        archive: str or path, of a .tar.gz or a .zip file.
        folder: str or path. Where the files go, in the subfolders that the archive has them in.
        wanted: List of patterns such as "Data/Normalized/*/*.mat", for `PurePath.match`: a star is
            any part of one name, and any folders may come before the first one.
        limit: int. What the members may have in bytes when unpacked, all together, wanted or not.
            Nor may it be more than 128 MB and more than 100 times what the archive has.

    Raises:
        ValueError: If the archive is missing, damaged, refused, or has nothing that is wanted, or
            `folder` cannot be written to.
        OSError: If the disk or another process at work on it prevents it.
    """
    folder = Path(folder)
    if folder.is_dir():
        return
    try:
        file = open(archive, "rb")
    except OSError as error:
        raise ValueError(
            f"The archive cannot be opened ({error.strerror}), download it first; "
            f"received {str(archive)!r}"
        ) from error
    with file, working(folder) as space:
        draft = space / "folder"
        try:
            shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed
            if not folder.is_dir():  # another process may have finished just now
                _extract(file, draft, wanted, limit)
                draft.replace(folder)
        except Exception as error:  # there is no end to the ways in which an archive can be wrong
            # An invalid argument is a place before the beginning of a .zip, and the rest the disk.
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            reason = " ".join(str(error).split())[:200]
            raise ValueError(
                "The archive is damaged, not to be trusted, or neither a .zip nor a .tar.gz, "
                "download it again, from a source you know; "
                f"received {reason!r} in {str(archive)!r}"
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _extract(file, draft, wanted, limit):
    """Writes what is wanted into the folder `draft`, a member at a time."""
    zipped = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    limit = min(limit, max(FREE, RATIO * os.fstat(file.fileno()).st_size))
    members = (
        _of_zip(_Rationed(file)) if zipped else _of_tar(_Rationed(gzip.GzipFile(fileobj=file)))
    )
    total, names = 0, set()
    for name, size, plain, content in tqdm(members, "Unpacking", unit="file", delay=2):
        total += size
        if size < 0 or total > limit:
            raise ValueError(f"more than {limit:,} bytes")
        path = PurePosixPath(name)
        if not any(path.match(pattern) for pattern in wanted):
            continue
        if not plain:
            raise ValueError(f"no plain file: {name!r}")
        if not _stays_inside(path):
            raise ValueError(f"no name for a file: {name!r}")
        if str(path).casefold() in names or len(names) == FILES:
            raise ValueError(f"a file twice, or too many: {name!r}")
        names.add(str(path).casefold())  # to Windows and macOS, A.mat and a.mat are one
        target = draft / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with content() as source, open(target, "xb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())  # or a power cut could leave the name without the bytes
    if not names:
        raise ValueError(f"nothing like {' or '.join(wanted)}")


def _stays_inside(path):
    """Whether a path names a file within a folder, on every system."""
    return (
        str(path).isprintable()
        and len(str(path).encode()) <= NAME
        and not path.is_absolute()
        and not set("\\:") & set(str(path))  # folders and drives of Windows
        and all(part == part.rstrip(". ") for part in path.parts)  # "..", or what Windows makes it
    )


def _of_tar(file):
    """Yields name, size, whether it is a plain file, and how to open it, of every member."""
    file.left = HEADER
    with tarfile.open(fileobj=file, mode="r:") as tar:
        while member := tar.next():
            file.left = HEADER + member.size
            if not member.isdir():
                plain = member.isreg() and not member.issparse()
                yield member.name, member.size, plain, partial(tar.extractfile, member)
            file.left = HEADER
            tar.members.clear()  # which would grow with the archive
            tar.pax_headers.clear()
    # Python takes a broken header for the end, and has not come to the checksum of the archive.
    file.left = TAIL
    rest = file.read()
    if not rest or rest.strip(b"\0"):
        raise ValueError("no end")


def _of_zip(file):
    """Yields the same of every member of a .zip."""
    file.left = DIRECTORY
    with zipfile.ZipFile(file) as archive:
        file.left = 1 << 62
        for info in archive.infolist():
            if not info.is_dir():
                plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
                # Python unpacks the other methods into memory as a whole.
                plain &= info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                yield info.filename, info.file_size, plain, partial(archive.open, info)


class _Rationed(io.BufferedReader):
    """A file that gives out `left` bytes, so that no description of a member fills the memory."""

    left = 0

    def read(self, size=-1):
        data = super().read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("a description that is too long")
        return data
