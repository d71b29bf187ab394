"""Writing files so that a crash, a full disk or a second writer never leaves half a file behind."""

import contextlib
import io
import os
import uuid
from pathlib import Path


def check_writable(path):
    """Raises unless a file could be written at `path`; creates nothing.

    For commands that work for minutes before they write: they ask first.

    Args:
        path: str or path. Where the file is meant to go; a file already there may be replaced.

    Raises:
        ValueError: If the directory is missing or closed to us, or `path` itself is no file.
    """
    folder = Path(path).parent
    if Path(path).exists() and not Path(path).is_file():
        # A new file would take the place of what is there, be it a folder or a device.
        kind = "directory" if Path(path).is_dir() else "device"
        raise ValueError(f"A file is to be written here, not a {kind}; received {str(path)!r}")
    if not folder.is_dir():
        raise ValueError(f"Create the directory {str(folder)!r} first; received {str(path)!r}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(
            f"The directory {str(folder)!r} cannot be written to, choose another; "
            f"received {str(path)!r}"
        )


@contextlib.contextmanager
def writing(path):
    """Writes a file whole or not at all.

    ```python
    with writing("scores.csv") as temporary:
        temporary.write_text(table)
    ```
    The block fills a hidden file beside `path`, which takes the name `path` only once the block has
    ended well and the bytes are on the disk. After any exception the hidden file is removed and
    whatever was at `path` is as it was. Every call has a hidden name of its own, so that two
    writers of one `path` do not meet: the last to finish wins.

    Args:
        path: str or path. Where the file is to end up.

    Yields:
        A `pathlib.Path` to write to, whose name ends as that of `path`.

    Raises:
        ValueError: If `path` cannot be written to, as `check_writable` finds before the block runs.
        OSError: If the system stopped the writing, for instance on a full disk.
    """
    check_writable(path)
    final = Path(os.path.realpath(path))  # a link stays a link to the new file
    temporary = final.with_name(f".{uuid.uuid4().hex}-{final.name[-100:]}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())  # or a power cut could leave the new name without the bytes
        os.replace(temporary, final)
    except OSError as error:
        raise OSError(
            f"The file could not be written, so nothing there was changed "
            f"({error.strerror or error}); received {str(path)!r}"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


class Draft(io.FileIO):
    """A file for HDF5 to write to, which keeps a failed write to itself until it is asked.

    HDF5 takes a full disk badly: it tries again when the program ends, and crashes. So it is told
    that all went well, and we ask with `check`.

    ```python
    with writing("eyes.h5") as temporary, Draft(temporary, "w+") as draft:
        with h5py.File(draft, "w") as file:
            ...
        draft.check()
    ```
    """

    error = None

    def write(self, data):
        left = memoryview(data)
        try:
            while left:  # the system may take only a part at a time
                left = left[super().write(left) :]
        except BaseException as error:  # Ctrl-C too
            self.error = error
        return len(data)

    def truncate(self, size=None):
        try:
            return super().truncate(size)
        except BaseException as error:  # Ctrl-C too
            self.error = error

    def check(self):
        """Raises what a write has failed with, if one did."""
        if self.error:
            raise self.error
