import gzip
import io
import itertools
import os
import random
import re
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile

import pytest

from data_download import unpack as module
from data_download.fetch import working
from data_download.unpack import unpack

EYES = {
    f"MPIIGaze/Data/Normalized/p{person:02}/day{day:02}.mat": bytes([person, day]) * 50_000 * day
    for person, day in itertools.product(range(3), range(3))
}
OTHERS = {
    "MPIIGaze/readme.txt": b"Read me.",
    "MPIIGaze/Data/Original/p00/day01/0001.jpg": b"a face" * 10_000,
    "MPIIGaze/Data/Normalized/p00/.day01.mat.swp": b"",
    "MPIIGaze/Data/Normalized/day01.mat": b"one level up",
}
WANTED = ["MPIIGaze/Data/Normalized/*/*.mat"]
LIMIT = 10**7


def tar(path, *members, end=True, format=tarfile.GNU_FORMAT):
    """Writes a .tar.gz of pairs of a name, or all that the header says, and a content."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=format) as file:
        for member, data in members:
            member = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            member.size = member.size or len(data)
            file.fileobj.write(member.tobuf(format))
            file.fileobj.write(data + bytes(-len(data) % 512))
            file.offset = file.fileobj.tell()
        if not end:
            content.truncate(file.offset)
            file.closed = True
    path.write_bytes(gzip.compress(content.getvalue(), 1))
    return path


def zip(path, *members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as file:
        for member, data in members:
            file.writestr(member, data)
    return path


def header(name, type=tarfile.REGTYPE, **more):
    member = tarfile.TarInfo(name)
    member.type = type
    for key, value in more.items():
        setattr(member, key, value)
    return member


def check_refused(
    archive,
    words="The archive is damaged, not to be trusted, or neither",
    wanted=("*.mat",),
    limit=LIMIT,
    error=ValueError,
):
    """Unpacking ends in one sentence and leaves nothing behind, here or elsewhere."""
    top = archive.parents[1]
    before = sorted(path for path in top.rglob("*") if ".part" not in str(path))
    folder = archive.parent / "folder"
    with pytest.raises(error, match=words) as caught:
        unpack(archive, folder, wanted, limit)
    sentence = str(caught.value)
    assert re.fullmatch(r"[A-Z][^\n]*; received [^\n]*[^.\n]", sentence) and len(sentence) < 500
    assert sorted(path for path in top.rglob("*") if ".part" not in str(path)) == before
    assert os.listdir(archive.parent / ".folder.part") == ["lock"]


@pytest.fixture
def here(tmp_path):
    """A folder within a folder, both watched."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def peak():
    """Measures the memory in megabytes that Python takes at most."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()


def found(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


both = pytest.mark.parametrize("make", [tar, zip])


# What is wanted


@both
@pytest.mark.parametrize("wanted", [WANTED, ["p0*/day*.mat"], [WANTED[0], "readme.md"]])
def test_what_is_wanted_is_unpacked_and_nothing_else(here, make, wanted):
    archive = make(here / "archive", *OTHERS.items(), *EYES.items())
    unpack(archive, here / "folder", wanted, LIMIT)
    assert found(here / "folder") == EYES
    assert sorted(os.listdir(here)) == ["archive", "folder"]
    archive.unlink()  # two gigabytes that nobody needs now
    first = here / "folder" / min(EYES)
    first.write_bytes(b"as it was")
    unpack(archive, here / "folder", wanted, LIMIT)
    assert first.read_bytes() == b"as it was" and os.listdir(here) == ["folder"]


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_the_tars_of_this_world(here, format):
    eyes = {f"./some folder/{'é' * 40}/{'long' * 20}{i}.mat": b"eye" for i in range(3)}
    if format != tarfile.USTAR_FORMAT:
        eyes[f"./{'x' * 120}/{'y' * 120}.mat"] = b""
    tar(here / "archive", (header(".", tarfile.DIRTYPE), b""), *eyes.items(), format=format)
    unpack(here / "archive", here / "folder", ["*/*.mat"], LIMIT)
    assert found(here / "folder") == {name[2:]: content for name, content in eyes.items()}


@pytest.mark.skipif(not shutil.which("tar"), reason="needs the command tar")
def test_an_archive_of_the_command_tar(here):
    for name, content in EYES.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(content)
    subprocess.run(["tar", "czf", "archive", "MPIIGaze"], cwd=here, check=True)
    unpack(here / "archive", here / "folder", WANTED, LIMIT)
    assert found(here / "folder") == EYES


@pytest.mark.skipif(sys.platform == "win32", reason="needs the permissions of a Unix system")
def test_the_archive_does_not_decide_on_permissions(here):
    tar(here / "archive", *((header(f"{mode:o}.mat", mode=mode), b"") for mode in (0, 0o6777)))
    unpack(here / "archive", here / "folder", ["*.mat"], LIMIT)
    (here / "new").touch()
    (here / "made").mkdir()
    assert (here / "folder").stat().st_mode == (here / "made").stat().st_mode
    for path in (here / "folder").iterdir():
        assert path.stat().st_mode == (here / "new").stat().st_mode


def test_the_zips_of_this_world(here):
    with zipfile.ZipFile(here / "archive", "w", zipfile.ZIP_DEFLATED) as file:
        file.comment = b"zipped"
        file.writestr("eyes/", b"")
        file.writestr("eyes/folder.mat/", b"")
        file.writestr(zipfile.ZipInfo("eyes/stored.mat"), b"eye")
        with file.open("eyes/é.mat", "w", force_zip64=True) as member:
            member.write(b"eye")
    unpack(here / "archive", here / "folder", ["*.mat"], LIMIT)
    assert found(here / "folder") == {"eyes/stored.mat": b"eye", "eyes/é.mat": b"eye"}


@both
def test_nothing_that_is_wanted(here, make):
    make(here / "archive", *OTHERS.items())
    check_refused(
        here / "archive", r"received 'nothing like \*.png or \*.mov' in", ["*.png", "*.mov"]
    )


# What cannot be trusted

NAMES = [
    "../x.mat",
    "../../x.mat",
    "a/../../x.mat",
    "a/../x.mat",
    "/x.mat",
    "//x.mat",
    "/tmp/x.mat",
    "..\\x.mat",
    "a\\x.mat",
    "C:x.mat",
    "C:/x.mat",
    "x.mat:stream.mat",
    ".. /x.mat",
    ".../x.mat",
    "a /x.mat",
    "a\n/x.mat",
    "\x1b[31m.mat",
    "\u202etam.mat",
    "x" * 252 + ".mat",
    "é" * 130 + ".mat",
    "/".join("x" * 200) + ".mat",
]


@both
@pytest.mark.parametrize("name", NAMES)
def test_names_that_do_not_stay_inside(here, make, name):
    archive = make(here / "archive", ("fine.mat", b"fine"), (name, b"not fine"))
    check_refused(archive, "no name for a file")
    unpack(archive, here / "folder", ["fine.mat"], LIMIT)
    assert found(here / "folder") == {"fine.mat": b"fine"}


@pytest.mark.parametrize("name", [b"\xff.mat", b"a\0b.mat"])
def test_names_in_bytes_that_are_no_text(here, name):
    content = bytearray(gzip.decompress(tar(here / "archive", ("x" * len(name), b"")).read_bytes()))
    content[: len(name)] = name
    content[148:156] = b"%06o\0 " % (sum(content[:148]) + 8 * 32 + sum(content[156:512]))
    (here / "archive").write_bytes(gzip.compress(content))
    check_refused(here / "archive", wanted=["*.mat"])


@both
@pytest.mark.parametrize(
    "names", [("a/x.mat", "a/x.mat"), ("a/x.mat", "A/X.mat"), ("ß.mat", "SS.mat")]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(here, make, names):
    archive = make(here / "archive", *((name, b"eye") for name in names))
    check_refused(archive, f"a file twice, or too many: {names[1]!r}")


@both
def test_a_file_that_is_also_a_folder(here, make):
    archive = make(here / "archive", ("a.mat", b"eye"), ("a.mat/b.mat", b"eye"))
    check_refused(archive, "could not be written", error=OSError)


@pytest.mark.parametrize(
    "type",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
        b"Z",
    ],
)
def test_members_that_are_no_plain_files(here, type):
    secret = here.parent / "secret.mat"
    secret.write_bytes(b"secret")
    odd = header("odd.mat", type, linkname=str(secret))
    archive = tar(here / "archive", ("fine.mat", b"fine"), (odd, b""))
    check_refused(archive, "no plain file: 'odd.mat'")
    unpack(archive, here / "folder", ["fine.mat"], LIMIT)
    assert found(here / "folder") == {"fine.mat": b"fine"}


@pytest.mark.parametrize("type", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("name", ["a", "a/x.mat"])
def test_nothing_is_written_through_a_link(here, type, name):
    (here.parent / "elsewhere").mkdir()
    link = header(name, type, linkname="../../elsewhere")
    tar(here / "archive", (link, b""), ("a/b/x.mat", b"eye"))
    unpack(here / "archive", here / "folder", ["b/*.mat"], LIMIT)
    assert found(here / "folder") == {"a/b/x.mat": b"eye"}
    assert not any((here.parent / "elsewhere").iterdir())


def test_members_of_a_zip_that_are_no_plain_files(here):
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR):
        odd = zipfile.ZipInfo("odd.mat")
        odd.external_attr = (kind | 0o777) << 16
        check_refused(zip(here / "archive", (odd, "/etc/passwd")), "no plain file")
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # would be unpacked into memory
        check_refused(zip(here / "archive", ("x.mat", b"eye"), method=method), "no plain file")


def test_a_zip_with_a_password(here):
    content = bytearray(zip(here / "archive", ("x.mat", b"eye")).read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    (here / "archive").write_bytes(content)
    check_refused(here / "archive", "password required")


# What does not fit


@both
@pytest.mark.parametrize("wanted", [["*.mat"], ["fine.mat"]])
def test_a_bomb(here, make, wanted):
    members = ("fine.mat", b"fine"), ("bomb.mat", bytes(10**6 - 4))
    archive = make(here / "archive", *members)
    assert archive.stat().st_size < 10_000
    check_refused(archive, "'more than 999,999 bytes'", wanted, 999_999)
    unpack(archive, here / "folder", wanted, 10**6)


@both
def test_a_bomb_by_its_ratio(here, make, monkeypatch):
    archive = make(here / "archive", ("day.mat", bytes(10**7)))
    monkeypatch.setattr(module, "FREE", 10**6)
    most = max(100 * archive.stat().st_size, 10**6)
    assert most < 10**7
    check_refused(archive, f"'more than {most:,} bytes'", ["*.mat"], 10**9)
    monkeypatch.setattr(module, "FREE", 10**7)
    unpack(archive, here / "folder", ["*.mat"], 10**9)


@pytest.mark.parametrize("size", [2**62, -512, -1])
def test_a_size_that_is_no_size(here, size):
    tar(here / "archive", ("fine.mat", b"fine"), (header("x.mat", size=size), b"eye"))
    check_refused(here / "archive", "more than")
    check_refused(here / "archive", "more than", ["fine.mat"])


def test_a_zip_that_lies_about_a_size(here):
    content = zip(here / "archive", ("x.mat", bytes(10**6))).read_bytes()
    lie = content.replace(struct.pack("<I", 10**6), struct.pack("<I", 1000))
    (here / "archive").write_bytes(lie)
    check_refused(here / "archive", "Bad CRC-32", limit=1000)


def test_too_many_files(here, monkeypatch):
    monkeypatch.setattr(module, "FILES", 3)
    members = [(f"{i}.mat", b"") for i in range(4)]
    check_refused(tar(here / "archive", *members), "too many")
    unpack(tar(here / "archive", *members[:3]), here / "folder", ["*.mat"], LIMIT)


def pax(*records):
    """A pax header of some records."""
    # The length counts its own digits, here always nine.
    return b"".join(b"%09d %b\n" % (len(record) + 11, record) for record in records)


def many_members():
    return [(f"{i}.txt", b"") for i in range(8_000)]


def many_global_headers():
    for i in range(200):
        records = (b"key%d.%d=%b" % (i, k, b"x" * 1000) for k in range(50))
        yield header("g", tarfile.XGLTYPE), pax(*records)
        yield f"{i}.txt", b""


def a_long_name():
    yield header("././@LongLink", tarfile.GNUTYPE_LONGNAME), b"x" * 50_000_000


def a_long_header():
    yield header("x", tarfile.XHDTYPE), pax(b"path=" + b"x" * 50_000_000)


def a_sparse_map():
    # Claims of more entries than there are, each of which is a number in memory.
    records = pax(b"GNU.sparse.major=1", b"GNU.sparse.minor=0", b"GNU.sparse.name=x.mat")
    yield header("x", tarfile.XHDTYPE), records
    yield "x.mat", b"99999999\n" + b"1\n" * 10_000_000


def headers_of_headers():
    return [(header("x", tarfile.XHDTYPE), pax(b"a=b"))] * 2_000


@pytest.mark.parametrize(
    "members",
    [
        many_members,
        many_global_headers,
        a_long_name,
        a_long_header,
        a_sparse_map,
        headers_of_headers,
    ],
)
def test_no_header_of_a_tar_fills_the_memory(here, members, peak):
    archive = tar(here / "archive", *members(), ("x.mat", b"eye"))
    fine = members in (many_members, many_global_headers)
    if fine:  # once unmeasured: Python's own table of all names may have to grow for it
        unpack(archive, here / "before", ["*.mat"], LIMIT)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0] / 1e6
    if fine:
        unpack(archive, here / "folder", ["*.mat"], LIMIT)
        assert found(here / "folder") == {"x.mat": b"eye"}
        assert peak() - before < 8
    else:
        check_refused(archive, limit=10**9)
        assert peak() - before < 8


def test_no_directory_of_a_zip_fills_the_memory(here, peak, monkeypatch):
    archive = zip(here / "archive", *((f"{i}" + "x" * 1000, b"") for i in range(5_000)))
    monkeypatch.setattr(module, "DIRECTORY", 1_000_000)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0] / 1e6
    check_refused(archive, "a description that is too long")
    assert peak() - before < 2


@both
def test_large_members_do_not_fill_the_memory(here, make, peak, monkeypatch):
    monkeypatch.setattr(module, "DIRECTORY", 1_000_000)
    archive = make(here / "archive", ("a.txt", bytes(20_000_000)), ("x.mat", bytes(20_000_000)))
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0] / 1e6
    unpack(archive, here / "folder", ["*.mat"], 10**8)
    assert peak() - before < 8
    assert (here / "folder" / "x.mat").stat().st_size == 20_000_000


# What is damaged


@both
def test_an_archive_that_was_cut_anywhere(here, make):
    content = make(here / "archive", *OTHERS.items(), *EYES.items()).read_bytes()
    for cut in (0, 1, 3, 4, 100, len(content) // 3, len(content) // 2, len(content) - 1):
        (here / "archive").write_bytes(content[:cut])
        check_refused(here / "archive")


def test_a_tar_that_ends_before_its_end(here):
    check_refused(tar(here / "archive", *EYES.items(), end=False), "no end")
    content = bytearray(gzip.decompress(tar(here / "archive", *EYES.items()).read_bytes()))
    second = content.index(b"MPIIGaze", 1000)
    content[second] ^= 1  # Python takes a broken header for the end
    (here / "archive").write_bytes(gzip.compress(content))
    check_refused(here / "archive", "no end")


@both
def test_broken_bytes(here, make):
    content = make(here / "archive", *((name, os.urandom(2000)) for name in EYES)).read_bytes()
    rng = random.Random(0)
    for _ in range(100):
        broken = bytearray(content)
        broken[rng.randrange(len(broken))] ^= rng.randrange(1, 256)
        (here / "archive").write_bytes(broken)
        try:
            unpack(here / "archive", here / "folder", WANTED, LIMIT)
        except ValueError as error:
            assert "; received " in str(error)
            assert sorted(os.listdir(here)) == [".folder.part", "archive"]
        else:  # a byte that nobody reads, such as a date
            assert sorted(os.listdir(here)) == ["archive", "folder"]
            files = found(here / "folder")
            assert len(files) >= len(EYES) - 1 and all(len(eye) == 2000 for eye in files.values())
            shutil.rmtree(here / "folder")


@pytest.mark.parametrize("content", [b"<html>Sorry</html>", b"PK\3\4", b"\x89HDF\r\n\x1a\n", b""])
def test_what_is_no_archive(here, content):
    (here / "archive").write_bytes(content)
    check_refused(here / "archive")


def test_an_archive_that_is_not_there(here):
    for archive in (here / "missing", here):
        with pytest.raises(ValueError, match=r"cannot be opened.*; received '.*'$"):
            unpack(archive, here / "folder", ["*.mat"], LIMIT)
    assert os.listdir(here) == []


def test_a_folder_that_cannot_be(here, monkeypatch):
    archive = tar(here / "archive", *EYES.items())
    with pytest.raises(ValueError, match="Create the directory"):
        unpack(archive, here / "no" / "folder", WANTED, LIMIT)
    (here / "file").write_bytes(b"mine")
    with pytest.raises(OSError, match="could not be written.*; received"):
        unpack(archive, here / "file", WANTED, LIMIT)
    assert (here / "file").read_bytes() == b"mine"
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(ValueError, match="cannot be written to"):
        unpack(archive, here / "folder", WANTED, LIMIT)


# What is interrupted


@both
def test_an_interrupt_leaves_nothing_and_a_second_call_does_it(here, make, monkeypatch):
    archive = make(here / "archive", *EYES.items())

    def interrupt(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "fsync", interrupt)
        unpack(archive, here / "folder", WANTED, LIMIT)
    assert not (here / "folder").exists() and os.listdir(here / ".folder.part") == ["lock"]
    unpack(archive, here / "folder", WANTED, LIMIT)
    assert found(here / "folder") == EYES
    assert sorted(os.listdir(here)) == ["archive", "folder"]


def child(archive, folder, before):
    code = f"{before}\nfrom data_download.unpack import unpack\n"
    code += f"unpack({str(archive)!r}, {str(folder)!r}, ['*.mat'], {LIMIT})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of a Unix system")
def test_a_process_that_was_killed_leaves_nothing_under_the_final_name(here):
    archive = tar(here / "archive", *EYES.items())
    kill = "import os\nos.fsync = lambda _: os.kill(os.getpid(), 9)"
    assert child(archive, here / "folder", kill).returncode == -9
    assert not (here / "folder").exists()
    (here / ".folder.part" / "folder" / "old.mat").write_bytes(b"of a killed process")
    unpack(archive, here / "folder", WANTED, LIMIT)
    assert found(here / "folder") == EYES
    assert sorted(os.listdir(here)) == ["archive", "folder"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk(here):
    archive = tar(here / "archive", *EYES.items())
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))"
    last = child(archive, here / "folder", limit).stderr.splitlines()[-1]
    assert last == (
        "OSError: The file could not be written (File too large), make room or choose another "
        f"folder, and start again; received {str(here / 'folder')!r}"
    )
    assert os.listdir(here / ".folder.part") == ["lock"]


def test_two_processes_do_not_unpack_into_one_folder_at_once(here):
    archive = tar(here / "archive", *EYES.items())
    with working(here / "folder"):
        with pytest.raises(OSError, match="^Another process is at work on this, wait for it; rec"):
            unpack(archive, here / "folder", WANTED, LIMIT)
    unpack(archive, here / "folder", WANTED, LIMIT)
    assert found(here / "folder") == EYES
