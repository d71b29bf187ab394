"""Builds the course's site from what is committed, without running anything: `make site`.

The pages are README, the lessons as they were executed, RESULTS.md, the other pages, and the
library from its docstrings. A link that leads nowhere stops it.
"""

import re
import shutil
import subprocess
import sys

import nbformat

from .tracked import ROOT, copy_tracked

SOURCE, SITE = ROOT / "build/pages", ROOT / "build/site"
ROOMS = "data", "simulators", "simgan", "measure", "course"

TOC = """
```{{toctree}}
:hidden:
:caption: {caption}

{pages}
```
"""


def api():
    """The page of each room of the library, by name."""
    for room in ROOMS:
        modules = sorted((ROOT / "simgan_lib" / room).glob("[a-z]*.py"))
        lines = [f"# simgan_lib.{room}"]
        for path in modules:
            name = f"simgan_lib.{room}.{path.stem}"
            lines += [f"## {path.stem}", "```{eval-rst}", f".. automodule:: {name}", "```"]
        yield room, "\n\n".join(lines)


def lay_out():
    """Copies the pages, and all that they link to, to where Sphinx reads them."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    copy_tracked(SOURCE)
    (SOURCE / "api").mkdir()
    for room, text in api():
        (SOURCE / f"api/{room}.md").write_text(text)
    for path in SOURCE.glob("notebooks/*.ipynb"):  # where Sphinx looks for a figure's text
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if "alt" in cell.metadata:
                cell.metadata["mystnb"] = {"image": {"alt": cell.metadata["alt"]}}
        nbformat.write(notebook, path)
    index = SOURCE / "notebooks/index.ipynb"  # whose table is an output, and no text of Sphinx's
    index.write_text(re.sub(r"(?<=href=\\\")(\w+)\.ipynb", r"\1.html", index.read_text()))
    lessons = sorted(f"notebooks/{path.stem}" for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
    more = [
        "docs/using_simgan",
        "docs/for_instructors",
        "RESULTS",
        "data_download/README",
        "CONTRIBUTING",
    ]
    front = (SOURCE / "README.md").rename(SOURCE / "index.md")
    with open(front, "a") as file:
        for caption, pages in {
            "Lessons": ["notebooks/index", *lessons],
            "More": more,
            "The library": [f"api/{room}" for room in ROOMS],
        }.items():
            file.write(TOC.format(caption=caption, pages="\n".join(pages)))


def main():
    lay_out()
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", ROOT / "site"]
    sys.exit(subprocess.run([*command, SOURCE, SITE], cwd=ROOT).returncode)


if __name__ == "__main__":
    main()
