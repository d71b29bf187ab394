"""Runs every lesson from a fresh kernel, in order, and keeps what it shows: `make lessons`.

Owner and tag in the links of lessons and README come from pyproject.toml, the set-up cell is here.
"""

import os
import re
import sys
import time
import tomllib
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from simgan_lib.files import writing

NOTEBOOKS = Path(__file__).resolve().parent
PROJECT = tomllib.loads((NOTEBOOKS.parent / "pyproject.toml").read_text())["project"]
OWNER = PROJECT["urls"]["Repository"].split("/")[-2]
TAG = f"v{PROJECT['version']}"
BUTTONS = "application/vnd.jupyter.widget-view+json"

SET_UP = f"""\
# Set-up, the same in every lesson: installs the course where it is missing, and nothing else.
import importlib.util
import subprocess
import sys

COURSE = "https://github.com/{OWNER}/simgan-course/archive/refs/tags/{TAG}.tar.gz"
if importlib.util.find_spec("simgan_lib") is None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", COURSE]
    if subprocess.run(pip).returncode:
        sys.exit(f"Switch the notebook's internet on and run this cell again; it needs {{COURSE}}")

from simgan_lib.start import quiet_tensorflow

quiet_tensorflow()"""


def lessons():
    """Paths of the lessons, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def point(text):
    """The text with its links to the course's own files at the owner and the tag."""
    there = rf"\1/{OWNER}/simgan-course/blob/{TAG}/"
    return re.sub(r"(github(?:\.com)?)/[\w.-]+/simgan-course/blob/[\w.-]+/", there, text)


def prepare(notebook):
    """Puts the set-up cell and the links into a notebook, and nothing that a machine left there."""
    for cell in notebook.cells:
        if "set-up" in cell.metadata.get("tags", []):
            cell.source = SET_UP
        if cell.cell_type == "markdown":
            cell.source = point(cell.source)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )


def execute(notebook):
    """Runs a notebook from a fresh kernel, in its folder, as `pytest --nbval` does."""
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,  # buttons live only while a kernel does
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            messages = [o for o in cell.outputs if o.get("name") == "stderr"]
            for message in messages:  # for whoever refreshes, not for the learner
                print(message.text, file=sys.stderr)
            buttons = [o for o in cell.outputs if BUTTONS in o.get("data", {})]
            cell.outputs = [o for o in cell.outputs if o not in messages + buttons]


def main():
    os.environ["SIMGAN_DATA_DIR"] = ""  # outputs come from the embedded default
    for path in lessons():
        notebook = nbformat.read(path, as_version=4)
        prepare(notebook)
        print(path.name, end=" ", flush=True)
        start = time.perf_counter()
        try:
            execute(notebook)
        except CellExecutionError as error:
            sys.exit(f"{path.name} stopped and stays as it was:\n{error}")
        with writing(path) as temporary:
            nbformat.write(notebook, temporary)
        print(f"{time.perf_counter() - start:.0f} s")
    readme = NOTEBOOKS.parent / "README.md"
    text = point(readme.read_text())
    with writing(readme) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    main()
