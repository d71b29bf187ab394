"""A real JupyterLab over a copy of the course, and a real browser on a small laptop's screen."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest
from playwright.sync_api import sync_playwright

from tools.tracked import ROOT, copy_tracked

SCREENSHOTS = ROOT / "browser/screenshots"
SCREEN = {"width": 1366, "height": 768}
# Every cell is on the page, also those one would have to scroll to; nobody is asked for news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def chromium():
    """Path of the system's Chromium."""
    names = "chromium", "chromium-browser", "google-chrome"
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.exit(
            "The tests in a browser need Chromium; on Debian and Ubuntu: apt install chromium"
        )
    return found


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A copy of the course to work in."""
    folder = tmp_path_factory.mktemp("clone")
    copy_tracked(folder)
    return folder


def ask(server, path, method="GET"):
    """What the server's REST interface answers."""
    url, token = server
    request = urllib.request.Request(f"{url}api/{path}", method=method)
    request.add_header("Authorization", f"token {token}")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")


@pytest.fixture(scope="session")
def server(course, tmp_path_factory):
    """Address and token of a running JupyterLab."""
    home = tmp_path_factory.mktemp("home")
    for name, content in SETTINGS.items():
        file = home / "lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
    token = secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
    command += ["--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={token}"]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab/user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab/workspaces"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "SIMGAN_SOLVED": str(home / "solved.json"),
        "SIMGAN_DATA_DIR": "",
        "PYTHONPATH": str(course),
    }
    with open(home / "log", "w") as log:
        process = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not (found := [*(home / "runtime").glob("jpserver-*.json")]):
            running = process.poll() is None and time.monotonic() < deadline
            assert running, (home / "log").read_text()
            time.sleep(0.2)
        url = json.loads(found[0].read_text())["url"]
        yield url, token
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # a kernel that does not let go
            process.kill()


@pytest.fixture
def jupyter(server):
    """Where JupyterLab shows a file of the course; the kernels of a test end with it."""
    url, token = server
    yield lambda file: f"{url}lab/tree/{file}?token={token}&reset"
    for kernel in ask(server, "kernels"):
        ask(server, f"kernels/{kernel['id']}", "DELETE")


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        arguments = ["--disable-background-networking", "--disable-component-update"]
        arguments += ["--disable-sync", "--no-first-run"] + ["--no-sandbox"] * (os.geteuid() == 0)
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield browser
        browser.close()


# What JupyterLab says of itself: a kernel was restarted while the debugger was asking it something.
DEBUGGER = "Could not restore the debugger state"


def ours(said):
    """Yields what the console says where it is an error, and no file of another server's."""
    there = said.location.get("url", "")
    apart = there.endswith("favicon.ico") or said.text.startswith(DEBUGGER)
    if said.type == "error" and "127.0.0.1" in there and not apart:
        yield f"{said.text} {there}"


@pytest.fixture
def page(browser, request):
    """A page on which nothing of ours may complain, with a picture of how it was left."""
    context = browser.new_context(viewport=SCREEN)
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda said: page.complaints.extend(ours(said)))
    yield page
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{request.node.name.replace('/', '-')}.png")
    context.close()
