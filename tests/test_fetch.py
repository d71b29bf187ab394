import hashlib
import http.server
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

import numpy as np
import pytest

from data_download import fetch as module
from data_download.fetch import BLOCK, fetch

OLD, NEW = (np.random.default_rng(seed).bytes(3 * BLOCK + 7) for seed in (0, 1))
SHA256 = hashlib.sha256(OLD).hexdigest()
LOST = r"^The download stopped \(the connection was lost\)"


class Server(http.server.ThreadingHTTPServer):
    """A server on this machine that notes the ranges it was asked for and answers as it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.answer, self.end = [], give(OLD), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/eyes.bin"

    def handle_error(self, *_):
        pass  # a client that has gone


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.headers["Range"])
        self.server.answer(self)

    def log_message(self, *_):
        pass


def give(content, cut=None, ranges=True, length=True, tag='"1"', date=None, after=None):
    """An answer as servers give it, whose connection ends at byte `cut` of the file."""

    def answer(handler):
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"] or "")
        start = int(asked[1]) if asked and ranges else 0
        if start and start >= len(content):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(content)}")
            handler.end_headers()
            return
        handler.send_response(206 if asked and ranges else 200)
        if asked and ranges:
            last = len(content) - 1
            handler.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
        if length:
            handler.send_header("Content-Length", len(content) - start)
        if tag:
            handler.send_header("ETag", tag)
        if date:
            handler.send_header("Last-Modified", date)
        handler.end_headers()
        handler.wfile.write(content[start:cut])
        handler.wfile.flush()
        if after:
            after(handler)

    return answer


def refuse(status, **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(b"<html>Sorry.</html>")

    return answer


def in_turn(*answers):
    """The answers one after the other, and the last one for ever."""
    left = list(answers)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def stall(handler):
    handler.server.end.wait(20)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 0)
    monkeypatch.setenv("no_proxy", "*")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.end.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "eyes.bin"


def arrived(path):
    """What has arrived of a file that is not complete."""
    part = path.parent / ".eyes.bin.part" / "file"
    return part.read_bytes() if part.exists() else b""


def check_complete(path, content=OLD):
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["eyes.bin"]


def check_refused(path, error, words, *more, **known):
    """`fetch` raises one sentence, and nothing has the final name."""
    with pytest.raises(error, match=words) as caught:
        fetch(*more, path, **known)
    sentence = str(caught.value)
    assert re.fullmatch(r"[A-Z][^\n]*; received [^\n]*[^.\n]", sentence) and ". " not in sentence
    assert not path.exists()


def child(server, path, before=""):
    """Another process that downloads."""
    code = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # as in a terminal
        f"{before}\nfrom data_download.fetch import fetch\nfetch({server.url!r}, {str(path)!r})"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# What must end in the right file


@pytest.mark.parametrize("sha256", [None, SHA256])
@pytest.mark.parametrize("content", [OLD, OLD[:1], b""])
def test_a_file_arrives_and_a_second_call_only_looks(server, path, sha256, content, monkeypatch):
    server.answer = give(content)
    expected = hashlib.sha256(content).hexdigest()
    sha256 = sha256 and expected
    assert fetch(server.url, path, sha256) == expected
    check_complete(path, content)
    monkeypatch.setattr(os, "access", lambda *_: False)  # a folder of data closed to writing
    assert fetch(server.url, path, sha256) == expected
    assert server.asked == [None]


@pytest.mark.parametrize("cut", [0, 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, len(OLD) - 1])
@pytest.mark.parametrize("sha256", [None, SHA256])
def test_a_lost_connection_goes_on_where_it_was(server, path, cut, sha256, monkeypatch):
    server.answer = in_turn(give(OLD, cut), give(OLD))
    assert fetch(server.url, path, sha256) == SHA256
    check_complete(path)
    assert server.asked == [None, f"bytes={cut - 1}-" if cut > 1 else None]

    path.unlink()
    server.answer = in_turn(give(OLD, cut), give(OLD))
    monkeypatch.setattr(module, "TRIES", 0)
    check_refused(path, OSError, LOST, server.url, sha256=sha256)
    assert arrived(path) == OLD[:cut]
    assert fetch(server.url, path, sha256) == SHA256
    check_complete(path)
    assert server.asked[2:] == server.asked[:2]


def test_many_lost_connections_are_fine_as_long_as_each_brings_something(server, path):
    server.answer = in_turn(*(give(OLD, cut) for cut in range(0, len(OLD), 5000)), give(OLD))
    assert fetch(server.url, path) == SHA256
    assert len(server.asked) > 5 * module.TRIES


def test_a_connection_may_be_reset(server, path):
    def reset(handler):
        wait_for(lambda: len(arrived(path)) > 0)  # a reset takes back what is still under way
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()

    server.answer = in_turn(give(OLD, 2 * BLOCK, after=reset), give(OLD))
    assert fetch(server.url, path) == SHA256
    assert server.asked[1] is not None


@pytest.mark.parametrize("how", [signal.SIGINT, getattr(signal, "SIGKILL", signal.SIGTERM)])
@pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of a Unix system")
def test_a_process_stopped_anywhere_goes_on_in_another(server, path, how):
    server.answer = in_turn(give(OLD, 2 * BLOCK + 1, after=stall), give(OLD))
    with child(server, path) as process:
        wait_for(lambda: len(arrived(path)) > BLOCK)  # the rest may wait in a buffer
        process.send_signal(how)
        _, said = process.communicate(timeout=20)
        assert process.returncode == -how and ("KeyboardInterrupt" in said) == (
            how == signal.SIGINT
        )
    assert not path.exists() and OLD.startswith(arrived(path))
    assert fetch(server.url, path, SHA256) == SHA256
    check_complete(path)
    start = int(re.fullmatch(r"bytes=(\d+)-", server.asked[1])[1])
    assert BLOCK <= start <= 2 * BLOCK and (how == signal.SIGKILL or start == 2 * BLOCK)


@pytest.mark.parametrize("stopped", ["before the file is emptied", "before the tag is written"])
def test_a_process_stopped_between_two_versions_mixes_nothing(server, path, stopped):
    server.answer = in_turn(give(OLD, 1000), refuse(404))
    check_refused(path, ValueError, "404", server.url)
    if stopped == "before the tag is written":
        (path.parent / ".eyes.bin.part" / "file").write_bytes(b"")
    server.answer = give(NEW, tag='"2"')
    fetch(server.url, path)
    check_complete(path, NEW)


DATE, LATER = "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:09 GMT"


@pytest.mark.parametrize(
    "old", [dict(), dict(tag=None, date=DATE), dict(tag='W/"1"'), dict(tag="")]
)
@pytest.mark.parametrize(
    "content, new",
    [
        (NEW, dict(tag='"2"', date=LATER)),  # a server without If-Range: a rest, of another version
        (NEW, dict(tag='"2"', date=LATER, ranges=False)),  # with If-Range, or without ranges
        (NEW, dict(tag=None)),
        (NEW, dict(tag='W/"1"')),
        (NEW[:1000], dict(tag='"2"')),  # as long as what has arrived
        (NEW[:999], dict(tag='"2"')),
        (NEW[:10], dict(tag='"2"')),
        (b"", dict(tag='"2"')),
    ],
)
def test_a_file_that_changes_in_between_is_never_mixed(server, path, old, content, new):
    if not old.get("tag", 1) and not old.get("date"):
        new = dict(new, tag="")  # nothing tells the versions apart
    server.answer = in_turn(give(OLD, 1000, **old), give(content, **new))
    assert fetch(server.url, path) == hashlib.sha256(content).hexdigest()
    check_complete(path, content)


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_without_a_tag_the_hash_lets_a_download_go_on(server, path, tag):
    server.answer = in_turn(give(OLD, 1000, tag=tag), give(OLD, tag=tag))
    assert fetch(server.url, path, SHA256) == SHA256
    assert server.asked == [None, "bytes=999-"]


def test_a_date_will_do_as_a_tag(server, path):
    server.answer = in_turn(give(OLD, 1000, tag="", date=DATE), give(OLD, tag="", date=DATE))
    assert fetch(server.url, path) == SHA256
    assert server.asked == [None, "bytes=999-"]


def test_without_tag_and_hash_it_starts_again(server, path):
    server.answer = in_turn(give(OLD, 1000, tag=""), give(OLD, tag=""))
    assert fetch(server.url, path) == SHA256
    assert server.asked == [None, None]


@pytest.mark.parametrize(
    "sent", ["bytes 0-{last}/{size}", "bytes 1000-{last}/{size}", "{last}", ""]
)
@pytest.mark.parametrize("sha256", [None, SHA256])
def test_a_rest_from_another_byte_is_not_taken(server, path, sent, sha256):
    def answer(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", sent.format(last=len(OLD) - 1, size=len(OLD)))
        handler.send_header("ETag", '"1"')
        handler.end_headers()
        handler.wfile.write(OLD[1000:])

    server.answer = in_turn(give(OLD, 1000), answer, give(OLD))
    assert fetch(server.url, path, sha256) == SHA256
    check_complete(path)
    assert server.asked == [None, "bytes=999-", None]


def test_a_rest_that_is_only_a_part_of_the_rest_is_not_the_end(server, path):
    def answer(handler):
        start = int(handler.headers["Range"][6:-1])
        end = min(start + 50_000, len(OLD))
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(OLD)}")
        handler.send_header("Content-Length", end - start)
        handler.send_header("ETag", '"1"')
        handler.end_headers()
        handler.wfile.write(OLD[start:end])

    server.answer = in_turn(give(OLD, 1000), answer)
    assert fetch(server.url, path) == SHA256


def test_a_complete_file_under_its_hidden_name_is_not_downloaded_again(server, path):
    hidden = path.parent / ".eyes.bin.part"
    hidden.mkdir()
    (hidden / "file").write_bytes(OLD)
    (hidden / "tag").write_bytes(b'"1"')
    assert fetch(server.url, path) == SHA256
    check_complete(path)
    assert server.asked == [f"bytes={len(OLD) - 1}-"]


def test_a_redirect_is_followed_with_the_range(server, path):
    there = give(OLD, 1000)

    def answer(handler):
        if handler.path == "/there":
            nonlocal there
            there(handler)
            there = give(OLD)
        else:
            refuse(302, Location="/there")(handler)

    server.answer = answer
    assert fetch(server.url, path) == SHA256
    assert server.asked == [None, None, "bytes=999-", "bytes=999-"]


def test_a_slow_connection_is_not_a_lost_one(server, path, monkeypatch):
    def trickle(handler):
        for start in range(1000, 1010):
            time.sleep(0.05)
            handler.wfile.write(OLD[start : start + 1])
        handler.wfile.write(OLD[1010:])

    monkeypatch.setattr(module, "PATIENCE", 0.4)
    server.answer = give(OLD, 1000, after=trickle)
    assert fetch(server.url, path) == SHA256
    assert server.asked == [None]


def test_a_connection_that_stalls_is_a_lost_one_and_keeps_what_it_brought(
    server, path, monkeypatch
):
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    server.answer = in_turn(give(OLD, 1001, after=stall), stall, give(OLD))
    assert fetch(server.url, path) == SHA256
    assert server.asked == [None, "bytes=1000-", "bytes=1000-"]


@pytest.mark.parametrize("status", [408, 429, 500, 503, 522])
def test_a_server_that_is_busy_a_few_times_is_asked_again(server, path, status, monkeypatch):
    waits = []
    monkeypatch.setattr(module, "PAUSE", 1)
    monkeypatch.setattr(time, "sleep", waits.append)
    server.answer = in_turn(*[refuse(status)] * (module.TRIES - 1), give(OLD))
    assert fetch(server.url, path) == SHA256
    assert waits == [2, 4, 8, 16]


def test_a_length_need_not_be_known(server, path):
    server.answer = give(OLD, length=False)
    assert fetch(server.url, path) == SHA256


def chunked(content, end=b"0\r\n\r\n"):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(content), 1000):
            chunk = content[start : start + 1000]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        handler.wfile.write(end)

    return answer


def test_chunks_that_stop_too_early_are_a_lost_connection(server, path):
    server.answer = in_turn(chunked(OLD[:5000], end=b""), chunked(OLD[:5000], end=b"3e8\r\nab"))
    check_refused(path, OSError, LOST, server.url)
    server.answer = chunked(OLD)
    assert fetch(server.url, path) == SHA256


# What must end in a sentence


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410])
def test_a_file_that_is_not_given_out(server, path, status):
    server.answer = refuse(status)
    words = rf"does not give the file out \(HTTP status {status} [A-Z]"
    check_refused(path, ValueError, words, server.url)
    assert len(server.asked) == 1


def test_a_redirect_to_itself(server, path):
    server.answer = refuse(302, Location="/eyes.bin")
    check_refused(path, ValueError, r"does not give the file out \(HTTP status 302", server.url)


def test_a_server_that_is_busy_for_ever(server, path):
    server.answer = refuse(503)
    check_refused(path, OSError, "HTTP status 503 Service Unavailable", server.url)
    assert len(server.asked) == module.TRIES


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_that_is_always_cut_short(server, path, ranges):
    server.answer = give(OLD, 1000, ranges=ranges)
    check_refused(path, OSError, LOST, server.url, sha256=SHA256)
    assert arrived(path) == OLD[:1000]


def test_a_server_that_promises_more_than_it_has_is_not_asked_for_ever(server, path):
    def answer(handler):
        (refuse(416) if handler.headers["Range"] else give(OLD, 500))(handler)

    server.answer = answer
    check_refused(path, OSError, "The download stopped", server.url)
    assert len(server.asked) < 20


@pytest.mark.parametrize("length", [True, False])
def test_a_wrong_hash(server, path, length):
    server.answer = give(NEW, length=length)
    check_refused(path, ValueError, "another file than the course knows", server.url, sha256=SHA256)
    assert arrived(path) == b""
    server.answer = give(OLD)
    assert fetch(server.url, path, SHA256) == SHA256
    path.write_bytes(NEW)
    with pytest.raises(ValueError, match=f"{SHA256}; received [0-9a-f]* in {str(path)!r}$"):
        fetch(server.url, path, SHA256)
    assert path.read_bytes() == NEW  # somebody's own, perhaps


def test_connection_refused(server, path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/eyes.bin"
        check_refused(path, OSError, r"stopped \(Connection refused\)", url)


def test_what_is_no_http(server, path):
    server.answer = lambda handler: handler.wfile.write(b"\x1b[31mSSH-2.0\r\n")
    check_refused(path, OSError, r"stopped \(the answer is not HTTP\)", server.url)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk(server, path):
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    with child(server, path, limit) as process:
        last = process.communicate(timeout=20)[1].splitlines()[-1]
    assert last == (
        "OSError: The file could not be written (File too large), make room or choose another "
        f"folder, and start again; received {str(path)!r}"
    )
    assert not path.exists() and arrived(path) == OLD[:100_000]
    assert fetch(server.url, path) == SHA256
    assert server.asked == [None, "bytes=99999-"]


def test_a_folder_that_does_not_exist_or_is_closed(server, path, monkeypatch):
    check_refused(path / "a.bin", ValueError, "Create the directory", server.url)
    check_refused(path.parent / "no" / "a.bin", ValueError, "Create the directory", server.url)
    with pytest.raises(ValueError, match="not a directory; received"):
        fetch(server.url, path.parent)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    check_refused(path, ValueError, "cannot be written to", server.url)
    assert os.listdir(path.parent) == [] and server.asked == []


def test_two_processes_do_not_download_one_file_at_once(server, path):
    go = threading.Event()

    def rest(handler):
        go.wait(20)
        handler.wfile.write(OLD[BLOCK:])

    server.answer = give(OLD, BLOCK, after=rest)
    with child(server, path) as process:
        wait_for(lambda: arrived(path))
        check_refused(path, OSError, "^Another process is at work", server.url)
        go.set()
        assert process.wait(20) == 0
    check_complete(path)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://user:hush@127.0.0.1:{port}/eyes.bin?token=hush#hush",
        "http://127.0.0.1:{port}/eyes.bin?mail=a@b&token=hush",
        "http://127.0.0.1:{port}/eyes.bin?a=b\n&token=hush",
        "http://127.0.0.1:{port}/eyes.bin?token=hush hush",
        "http://user:hush@127.0.0.1:port/eyes.bin",
        "http://user:hush@[/eyes.bin",
        "htp://user:hush@127.0.0.1/eyes.bin",
        "//user:hush@127.0.0.1/eyes.bin",
        "file:///dev/null?token=hush",
        "ftp://user:hush@127.0.0.1:{port}/eyes.bin",
    ],
)
@pytest.mark.parametrize("answer", [refuse(404), refuse(503), give(NEW)])
def test_no_password_is_ever_shown(server, path, url, answer, capfd, monkeypatch):
    monkeypatch.setattr(module, "TRIES", 1)
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    server.answer = answer
    with pytest.raises((ValueError, OSError)) as caught:
        fetch(url.format(port=server.server_port), path, SHA256)
    said = "".join(traceback.format_exception(caught.value)) + "".join(capfd.readouterr())
    assert "hush" not in said and "; received " in str(caught.value)
