"""What the lessons have in common, and how they are run: `make lessons`, `make address`.

The set-up cell, the ways from lesson to lesson and the contents at their head are written here. The
course's address, owner and tag, is in pyproject.toml alone; as long as it is OWNER, no lesson shows
a badge and the set-up cell says so.
"""

import argparse
import json
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

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
INDEX = NOTEBOOKS / "index.ipynb"
BUTTONS = "application/vnd.jupyter.widget-view+json"

# And nothing that a machine left there.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

SET_UP = """\
# Set-up, the same in every lesson: finds the course, or installs it, and nothing else.
import importlib.util
import subprocess
import sys
from pathlib import Path

COURSE = "{course}"
if importlib.util.find_spec("simgan_lib") is None:
    near = [f for f in (Path.cwd(), *Path.cwd().parents) if (f / "simgan_lib").is_dir()]
    wheels = sorted(Path("/kaggle/input").rglob("simgan_course-*.whl"))
    sys.path += map(str, near[:1])
    if not near and not wheels and not COURSE:
        sys.exit("The course is not here and has no address yet: open this lesson in its clone")
    if not near:
        source = str(wheels[-1]) if wheels else COURSE
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", source]
        if subprocess.run(pip).returncode:
            sys.exit(f"Switch the internet on and run this cell again; it needs {{source}}")

from simgan_lib.start import quiet_tensorflow

quiet_tensorflow()"""

COLAB = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/{0})"
)
KAGGLE = (
    "[![Open in Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]"
    "(https://kaggle.com/kernels/welcome?src=https://github.com/{0})"
)


def lessons():
    """Paths of the lessons, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def address():
    """Owner and tag of the repository; the owner is None as long as there is none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    owner = project["urls"]["Repository"].split("/")[-2]
    return None if owner == "OWNER" else owner, f"v{project['version']}"


def set_up(owner, tag):
    """The source of the set-up cell."""
    archive = f"https://github.com/{owner}/simgan-course/archive/refs/tags/{tag}.tar.gz"
    return SET_UP.format(course=archive if owner else "")


def title(path):
    """What the first line of a lesson calls it: '04 · The history buffer'."""
    return nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].removeprefix("# ")


def ways(path):
    """Links to the lesson before, to all lessons and to the next one."""
    row = lessons()
    position = row.index(path)
    links = [f"← [{title(p)}]({p.name})" for p in row[:position][-1:]]
    links += [f"[All lessons]({INDEX.name})"]
    links += [f"[{title(p)}]({p.name}) →" for p in row[position + 1 :][:1]]
    return " · ".join(links)


def anchor(heading):
    """The id that Jupyter gives to a heading, and the site after it."""
    return heading.replace(" ", "-")


def contents(notebook):
    """Links to the sections of a lesson."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    sections = re.findall(r"^## (.*)$", text, re.M)
    anchors = [anchor(section).replace('"', "%22") for section in sections]
    return " · ".join(f"[{s}](#{a})" for s, a in zip(sections, anchors, strict=True))


def head(notebook, path, owner, tag):
    """What stands under the first cell: ways, contents, and badges where there is an address."""
    parts = [ways(path), f"In this lesson: {contents(notebook)}"]
    if owner:
        here = f"{owner}/simgan-course/blob/{tag}/notebooks/{path.name}"
        parts.append(f"{COLAB.format(here)} {KAGGLE.format(here)}")
    return "\n\n".join(parts)


def prepare(notebook, path):
    """Puts into a notebook what all have in common."""
    owner, tag = address()
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "set-up" in tags:
            cell.source = set_up(owner, tag)
        if "head" in tags:
            cell.source = head(notebook, path, owner, tag)
        if "ways" in tags:
            cell.source = ways(path)


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
            for message in messages:  # for whoever runs them anew, not for the learner
                print(message.text, file=sys.stderr)
            buttons = [o for o in cell.outputs if BUTTONS in o.get("data", {})]
            cell.outputs = [o for o in cell.outputs if o not in messages + buttons]


def renew(paths, run):
    """Prepares notebooks, runs them if asked to, and writes each that came to its end.

    Returns:
        Seconds that each took, by name.
    """
    seconds = {}
    os.environ |= {"SIMGAN_DATA_DIR": "", "SIMGAN_SOLVED": ""}  # outputs of the embedded default
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        prepare(notebook, path)
        start = time.perf_counter()
        try:
            if run:
                execute(notebook)
        except CellExecutionError as error:
            sys.exit(f"{path.name} stopped and stays as it was:\n{error}")
        notebook.metadata = nbformat.from_dict(METADATA)
        with writing(path) as temporary:
            nbformat.write(notebook, temporary)
        seconds[path.stem] = round(time.perf_counter() - start)
        print(f"{path.name} {seconds[path.stem]} s", flush=True)
    return seconds


def keep(seconds):
    """Writes what lessons took here, and how fast this machine is, for `simgan doctor`."""
    from simgan_lib.course.doctor import MEASURED, seconds_a_round

    measured = {"seconds_a_round": round(seconds_a_round(), 3), "lessons": seconds}
    measured["lessons"].pop(INDEX.stem)
    with writing(MEASURED) as temporary:
        Path(temporary).write_text(json.dumps(measured, indent=2) + "\n")


def move(owner, tag):
    """Writes the course's address where it stands."""
    for name, changes in {
        "pyproject.toml": {
            r'(?<=^Repository = "https://github.com/)[\w.-]+': owner,
            r'(?<=^version = ")[^"]+': tag.removeprefix("v"),
        },
        "CITATION.cff": {r"(?<=^version: ).*": tag.removeprefix("v")},
    }.items():
        text = (ROOT / name).read_text()
        for pattern, word in changes.items():
            text = re.sub(pattern, word, text, flags=re.M)
        with writing(ROOT / name) as temporary:
            temporary.write_text(text)


def main(argv=None):
    words = argparse.ArgumentParser(prog="python -m tools.lessons", description=__doc__)
    words.add_argument("names", nargs="*", help="such as 04_history_buffer; all if none is named")
    words.add_argument("--address", nargs=2, metavar=("OWNER", "TAG"), help="move, run nothing")
    args = words.parse_args(argv)
    if args.address:
        move(*args.address)
    paths = [*lessons(), INDEX]
    known = [path.stem for path in paths]
    if unknown := set(args.names) - set(known):
        words.error(f"there are {', '.join(known)}; received {', '.join(sorted(unknown))}")
    seconds = renew([p for p in paths if p.stem in (args.names or known)], run=not args.address)
    if not args.names and not args.address:
        keep(seconds)


if __name__ == "__main__":
    main()
