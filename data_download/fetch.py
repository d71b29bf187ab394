"""Downloads that can be interrupted anywhere and end in the right file, or in none."""

import contextlib
import hashlib
import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm import tqdm

from simgan_lib.files import check_writable

BLOCK = 1 << 16  # bytes read at a time, at most
PATIENCE = 30  # seconds without a byte, after which a connection counts as lost
TRIES = 5  # connections in a row that get no further, before giving up
PAUSE = 1  # seconds before the next connection, doubled by each of those
PASSING = {408, 429, *range(500, 600)}  # HTTP statuses that may be another one a moment later


def fetch(url, path, sha256=None):
    """Downloads a file, going on with what an earlier call has left of it.

    What has arrived lies beside `path` in the hidden folder `.NAME.part`, and takes the name `path`
    when all of it is there and its hash is right. A file that is at `path` already is compared with
    the hash, and nothing is downloaded.

    Args:
        url: str, of the file.
        path: str or path. Where the file is to end up, in a folder that exists.
        sha256: str. Hash of the file in hexadecimal digits; None where nobody has published one.

    Returns:
        The hash of the file.

    Raises:
        ValueError: If the server has no such file, the file is not the one of that hash, or `path`
            cannot be written to.
        OSError: If the connection, the disk or another process at work on it prevents it.
    """
    path = Path(path)
    if not path.is_file():
        with working(path) as folder:
            if not path.is_file():  # another process may have finished just now
                _download(url, folder, sha256)
                (folder / "file").replace(path)
    found = _hash(path)
    if sha256 not in (None, found):
        raise ValueError(
            "The file is not the one that the course knows, delete it and start again: its SHA-256 "
            f"should be {sha256}; received {found} in {str(path)!r}"
        )
    return found


@contextlib.contextmanager
def working(path):
    """Lends a hidden folder beside `path` to one process at a time.

    After an exception the folder stays as it is, for the next call to go on with.

    Args:
        path: str or path. What is to come of the work.

    Yields:
        A `pathlib.Path`, the folder `.NAME.part`.

    Raises:
        ValueError: If `path` cannot be written to.
        OSError: If another process has the folder, or the system stopped the work.
    """
    check_writable(path)
    folder = Path(path).with_name(f".{Path(path).name}.part")
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            yield folder
        shutil.rmtree(folder, ignore_errors=True)
    except Timeout as error:
        raise OSError(
            f"Another process is at work on this, wait for it; received {str(path)!r}"
        ) from error
    except OSError as error:
        if error.errno is None:  # a sentence of ours, not the system's
            raise
        raise OSError(
            f"The file could not be written ({error.strerror or error}), make room or choose "
            f"another folder, and start again; received {str(path)!r}"
        ) from error


def _download(url, folder, sha256):
    """Completes `folder / "file"`, through any number of connections if they get further."""
    part = folder / "file"
    furthest, failed = _size(part), 0
    while True:
        try:
            _connect(url, part, folder / "tag", sha256)
            break
        except ConnectionError as error:
            failed = 0 if _size(part) > furthest else failed + 1
            furthest = max(furthest, _size(part))
            if failed >= TRIES:
                raise ConnectionError(
                    f"The download stopped ({error}), start it again to go on: what has arrived "
                    f"is kept; received {_shown(url)!r}"
                ) from error
        time.sleep(PAUSE * 2**failed)
    if sha256 and (found := _hash(part)) != sha256:
        part.unlink()
        raise ValueError(
            "The server sent another file than the course knows, and it was deleted: start again, "
            f"and if that does not help look for a newer address; received {found} instead of "
            f"{sha256} from {_shown(url)!r}"
        )


def _connect(url, part, tag, sha256):
    """One connection. Raises `ConnectionError` if the file is not complete after it.

    The tag that the server gave the file is kept, and the rest is taken only under the same one:
    a file is never made of two versions. Where there is neither tag nor hash to tell, the file is
    downloaded from its beginning. The last byte is asked for again, so that there always is a rest.
    """
    known = tag.read_bytes() if tag.exists() else b""
    start = max(0, _size(part) - 1) if known or sha256 else 0
    with _open(url, start) as response:
        status = f"HTTP status {response.status} {http.client.responses.get(response.status, '')}"
        mark = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        mark = b"" if mark.startswith("W/") else mark.encode()  # W/: much the same file will do
        rest = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
        if response.status == 200:
            start, size = 0, response.length
        elif response.status == 206 and rest and int(rest[1]) == start and mark == known:
            size = int(rest[2])
        elif response.status in (206, 416):
            part.unlink(missing_ok=True)
            raise ConnectionError("the server has no rest for what was there")
        elif response.status in PASSING:
            raise ConnectionError(status)
        else:
            raise ValueError(
                f"The server does not give the file out ({status}), look for a newer address; "
                f"received {_shown(url)!r}"
            )
        bar = tqdm(total=size, initial=start, desc="Downloading", unit="B", unit_scale=True)
        with open(part, "rb+" if start else "wb") as file, bar:
            if not start:
                tag.write_bytes(mark)  # after the old version has gone, before the new one comes
            file.seek(start)
            for block in _blocks(response):
                file.write(block)
                bar.update(len(block))
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the name without the bytes
    if size not in (None, _size(part)):
        raise ConnectionError("the connection was lost")


def _open(url, start):
    """The server's answer, whatever its status, to asking for a file from byte `start` on."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "simgan-course"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        request = urllib.request.Request(url, headers=headers)
        return urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        return error
    # From here on `from None`, as the system's own words may repeat a password.
    except (ValueError, http.client.InvalidURL):
        raise ValueError(
            f"This is no address to download from, check it; received {_shown(url)!r}"
        ) from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise ConnectionError(getattr(reason, "strerror", None) or reason) from None
    except http.client.HTTPException:
        raise ConnectionError("the answer is not HTTP") from None


def _blocks(response):
    """Yields what a connection brings, as soon as it is there."""
    try:
        while block := response.read1(BLOCK):
            yield block
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError("the connection was lost") from error


def _shown(url):
    """An address without what may be secret in it: user, password and query."""
    return re.sub(r"(?s)(//)[^/?#]*@|[?#].*", r"\1", url)


def _hash(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path):
    return path.stat().st_size if path.exists() else 0
