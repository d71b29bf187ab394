"""The site that `make site` builds, on a laptop and on a telephone."""

import functools
import http.server
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build/site"


class Page(HTMLParser):
    """Links and ids of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], {""}
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found.get("id")}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])


@pytest.fixture(scope="session")
def site():
    """Address of the site, built from what is committed."""
    subprocess.run([sys.executable, "-m", "tools.site"], cwd=ROOT, check=True)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_every_link_of_the_site_leads_to_a_page_and_a_place_on_it(site):
    pages = {path: Page(path) for path in SITE.rglob("*.html") if "_static" not in path.parts}
    nowhere = []
    for path, page in pages.items():
        for link in page.links:
            there = urlsplit(link)
            target = (path.parent / unquote(there.path)).resolve() if there.path else path
            if there.scheme or there.netloc or link.startswith("/"):
                continue
            known = target not in pages or unquote(there.fragment) in pages[target].ids
            if not target.is_file() or not known:
                nowhere.append((path.relative_to(SITE).as_posix(), link))
    assert len(pages) > 20 and nowhere == []


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_a_page_fits_the_screen_and_shows_its_pictures(page, site, width, height):
    page.set_viewport_size({"width": width, "height": height})
    wide, broken = [], []
    for path in sorted(SITE.rglob("*.html")):
        name = path.relative_to(SITE).as_posix()
        if not name.startswith(("_", "genindex", "py-modindex", "search")):
            page.goto(site + name)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(name)
            if page.evaluate("[...document.images].some(x => x.complete && !x.naturalWidth)"):
                broken.append(name)
            pictures = "[...document.querySelectorAll('.cell_output img')]"
            assert page.evaluate(f"{pictures}.every(x => x.alt.length >= 30)"), name
    assert (wide, broken, page.complaints) == ([], [], [])


def test_the_site_is_searched(page, site):
    page.goto(f"{site}search.html?q=buffer")
    page.get_by_role("link", name="04 · The history buffer").first.wait_for()
