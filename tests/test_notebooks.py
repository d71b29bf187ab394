"""The lessons: what each is made of, and that each runs with its exercises solved.

That they run unsolved, to the outputs they are committed with, is what `pytest --nbval` shows.
"""

import ast
import importlib
import inspect
import os
import re
import statistics
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import nbformat
import pytest

from simgan_lib.data.eyes import EyeSet
from simgan_lib.exercises.core import Exercise
from simgan_lib.simulators.pocket import simulate
from tools import lessons

ROOT = Path(__file__).resolve().parent.parent
LESSONS = [
    "00_start_here", "01_data", "02_refiner", "03_local_loss", "04_history_buffer", "05_training",
    "06_gaze_evaluation", "07_ablations", "08_visual_turing_test",
    "09_your_own_simulator",
    "10_deceive_the_estimator",
    "11_what_the_networks_see",
    "12_rivals_in_the_family",
    "13_other_games",
]  # fmt: skip


def read(lesson):
    return nbformat.read(ROOT / f"notebooks/{lesson}.ipynb", as_version=4)


def code(lesson):
    return [cell for cell in read(lesson).cells if cell.cell_type == "code"]


def printed(cell):
    """What a cell shows, as text."""
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain") for output in cell.outputs
    ]
    return "".join(filter(None, texts))


def tags(cell, prefix=""):
    """What follows the prefix in those tags of a cell that begin with it."""
    found = cell.metadata.get("tags", [])
    return [tag.removeprefix(prefix) for tag in found if tag.startswith(prefix)]


def resolve(path):
    """The object of a dotted path: modules first, then attributes."""
    module, names = path, []
    while True:
        try:
            found = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, name = module.rpartition(".")
            names.insert(0, name)
    for name in names:
        found = getattr(found, name)
    return found


def exercises(lesson):
    """{name: exercise} of a lesson."""
    module = importlib.import_module(f"simgan_lib.exercises.{lesson[3:]}")
    return {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}


def test_the_lessons_are_all_there_and_in_order():
    assert [path.stem for path in lessons.lessons()] == LESSONS


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_begins_and_ends_as_all_do(lesson):
    cells = read(lesson).cells
    first, last = cells[0].source, cells[-2].source
    assert re.match(rf"# {lesson[:2]} · \w", first)
    assert re.search(r"\*\*.*\?\*\*", first), "it opens with a question"
    assert re.search(r"About \d+ minutes", first) and "two CPU cores" in first
    assert "arxiv.org/abs/1612.07828" in last and "## Summary" in last
    assert tags(cells[1]) == ["head"] and tags(cells[-1]) == ["ways"]
    position = LESSONS.index(lesson)
    near = LESSONS[max(0, position - 1) : position] + LESSONS[position + 1 : position + 2]
    for name in [*near, "index"]:
        assert f"]({name}.ipynb)" in cells[1].source and f"]({name}.ipynb)" in cells[-1].source


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_set_up_cell_is_the_same_byte_for_byte(lesson):
    (cell,) = [cell for cell in code(lesson) if "set-up" in tags(cell)]
    assert cell.source == code(lesson)[0].source == lessons.set_up(*lessons.address())


@pytest.mark.parametrize("lesson", LESSONS)
def test_cells_are_short(lesson):
    lines = [len(cell.source.splitlines()) for cell in code(lesson)]
    assert max(lines) <= 25 and statistics.median(lines) <= 8


@pytest.mark.parametrize("lesson", LESSONS)
def test_outputs_are_those_of_one_run_from_a_fresh_kernel(lesson):
    cells = code(lesson)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr"


@pytest.mark.parametrize("lesson", LESSONS)
def test_nothing_of_the_machine_is_in_the_notebook(lesson):
    notebook = read(lesson)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags", "reason", "alt"}
    assert str(ROOT) not in nbformat.writes(notebook)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_figure_has_a_text_in_its_place(lesson):
    # nbconvert and the site read it from the cell; those who cannot see the figure hear it.
    for cell in code(lesson):
        drawn = any("image/png" in output.get("data", {}) for output in cell.outputs)
        assert drawn == ("alt" in cell.metadata), cell.source
        assert 30 <= len(cell.metadata.get("alt", 30 * " ")) <= 250


def test_most_of_what_is_printed_is_compared_and_the_rest_says_why_not():
    printing = [cell for lesson in LESSONS for cell in code(lesson) if cell.outputs]
    ignored = [cell for cell in printing if "nbval-ignore-output" in tags(cell)]
    assert len(ignored) <= 0.4 * len(printing)
    for lesson in LESSONS:
        for cell in code(lesson):
            skipped = [tag for tag in tags(cell) if tag.startswith(("nbval", "raises", "skip"))]
            assert skipped in ([], ["nbval-ignore-output"])
            assert bool(skipped) == (len(cell.metadata.get("reason", "").split()) > 2)


@pytest.mark.parametrize("lesson", LESSONS)
def test_mirrors_are_equal_to_the_library(lesson):
    def body(source):
        node = ast.parse(source).body[-1]
        for part in ast.walk(node):
            if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part):
                part.body = part.body[1:]
        return ast.dump(node)

    for cell in code(lesson):
        for path in tags(cell, "mirrors:"):
            source = textwrap.dedent(inspect.getsource(resolve(path)))
            assert body(cell.source) == body(source), path


@pytest.mark.parametrize("lesson", [*LESSONS, "index"])
def test_what_lessons_have_in_common_is_up_to_date(lesson):
    before, after = read(lesson), read(lesson)
    lessons.prepare(after, ROOT / f"notebooks/{lesson}.ipynb")
    assert [c.source for c in before.cells] == [c.source for c in after.cells], "run `make lessons`"


@pytest.mark.parametrize("lesson", [*LESSONS, "index"])
def test_links_lead_to_files_and_headings(lesson):
    text = "\n".join(cell.source for cell in read(lesson).cells if cell.cell_type == "markdown")
    headings = {
        h.replace(" ", "-").replace('"', "%22") for h in re.findall("^#+ (.*)$", text, re.M)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("https://"):
            assert (ROOT / "notebooks" / target).exists(), target
        assert "simgan-course" not in target or "badge" in text, "no address without a badge"


def test_the_address_stands_in_one_place(tmp_path, monkeypatch):
    for name in ("pyproject.toml", "CITATION.cff"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    path, notebook = ROOT / "notebooks/04_history_buffer.ipynb", read("04_history_buffer")
    assert lessons.address()[0] is None and "badge" not in notebook.cells[1].source
    lessons.move("somebody", "v9.9.9")
    assert lessons.address() == ("somebody", "v9.9.9")
    assert "version: 9.9.9\n" in (tmp_path / "CITATION.cff").read_text()
    lessons.prepare(notebook, path)
    there = "somebody/simgan-course/blob/v9.9.9/notebooks/04_history_buffer.ipynb"
    assert f"colab.research.google.com/github/{there}" in notebook.cells[1].source
    assert f"kaggle.com/kernels/welcome?src=https://github.com/{there}" in notebook.cells[1].source
    assert "github.com/somebody/simgan-course/archive/refs/tags/v9.9.9" in notebook.cells[2].source


def set_up(folder, *words, prelude="", course=""):
    """Runs the set-up cell in a folder, with all that is installed here but the course."""
    packages = Path(pytest.__file__).parents[1]
    source = f"import sys\nsys.path.append({str(packages)!r})\n{prelude}\n"
    source += (
        lessons.SET_UP.format(course=course) + "\nimport simgan_lib; print(simgan_lib.__file__)"
    )
    command = [sys.executable, "-S", "-I", "-c", source]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


# In place of pip, and of Kaggle's folder: says what it was asked to install.
PIP = """
import subprocess, pathlib
def run(command):
    print("asked for", command[-1])
    return subprocess.CompletedProcess(command, 1)
subprocess.run = run
"""


def test_the_set_up_cell_finds_the_clone_around_it():
    ran = set_up(ROOT / "notebooks")
    assert ran.stdout.strip() == str(ROOT / "simgan_lib/__init__.py"), ran.stderr


def test_the_set_up_cell_without_address_or_clone_says_so(tmp_path):
    ran = set_up(tmp_path, prelude=PIP)
    assert ran.returncode == 1 and "asked for" not in ran.stdout
    assert ran.stderr.strip() == (
        "The course is not here and has no address yet: open this lesson in its clone"
    )


def test_the_set_up_cell_asks_for_the_address(tmp_path):
    ran = set_up(tmp_path, prelude=PIP, course="https://here/course.tar.gz")
    assert ran.stdout == "asked for https://here/course.tar.gz\n"
    assert ran.stderr.strip().endswith("it needs https://here/course.tar.gz")


def test_the_set_up_cell_takes_the_wheel_of_an_attached_data_set(tmp_path):
    wheel = tmp_path / "course/simgan_course-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    kaggle = f"pathlib.Path.rglob = lambda self, name: [pathlib.PosixPath({str(wheel)!r})]"
    ran = set_up(tmp_path, prelude=f"{PIP}\n{kaggle}", course="https://here/course.tar.gz")
    assert ran.stdout == f"asked for {wheel}\n"


def test_the_readme_lists_the_lessons():
    rows = [r for r in (ROOT / "README.md").read_text().splitlines() if r.startswith("| [")]
    for lesson, row in zip(LESSONS, rows, strict=True):
        minutes = re.search(r"About (\d+) minutes", read(lesson).cells[0].source)[1]
        assert row.startswith(f"| [{lesson[:2]} ") and f"(notebooks/{lesson}.ipynb)" in row
        assert row.endswith(f"| {minutes} |")


# Exercises in their notebooks


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_a_stub_a_check_minutes_and_an_expected_output(lesson):
    cells, asked = read(lesson).cells, exercises(lesson)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = re.findall(
        r"^### Exercise (\d+) · .+ \(\d+ minutes?(?:, predict first)?\)$", text, re.M
    )
    assert headings == [str(k) for k in range(1, len(asked) + 1)] and len(asked) >= 2
    checked = []
    for position, cell in enumerate(cells):
        if "exercise" not in tags(cell):
            assert not tags(cell, "solves:") + tags(cell, "answers:")
            continue
        (path,) = tags(cell, "solves:") + tags(cell, "answers:")
        following = "\n".join(c.source for c in cells[position + 1 :] if c.cell_type == "code")
        name, attempt = re.search(r"^exercise\.(\w+)\.check\((\w+)\)$", following, re.M).groups()
        assert f"# exercise.{name}.hint(1)   exercise.{name}.solution()" in following
        checked.append(name)
        if tags(cell, "solves:"):
            assert resolve(path) is asked[name].solves
            assert cell.source.endswith("raise NotImplementedError")
            assert ast.get_docstring(ast.parse(cell.source).body[-1])
            (stub,) = ast.parse(cell.source).body
            assert stub.name == attempt == asked[name].solves.__name__
            theirs = inspect.signature(asked[name].solves).parameters
            mine = [a.arg for a in stub.args.args]
            assert mine == list(theirs)
        else:
            assert resolve(path) is asked[name]
            assert cell.source == f"{attempt} = None"
    assert sorted(checked) == sorted(asked)


@pytest.mark.parametrize("lesson", LESSONS)
def test_unsolved_no_exercise_is_said_to_be_solved(lesson):
    for cell in code(lesson):
        if ".check(" in cell.source:
            assert "Not attempted: " in printed(cell) and "Correct" not in printed(cell)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The course as others install it: a wheel, unpacked outside the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    # pip builds in a copy of its own, so that nothing is left in the repository.
    source = folder / "source"
    for name in ("simgan_lib", "pyproject.toml", "README.md", "LICENSE"):
        path = ROOT / name
        files = path.rglob("*") if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                target = source / file.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())
    subprocess.run([*pip, "-w", folder, source], check=True)
    (built,) = folder.glob("*.whl")
    zipfile.ZipFile(built).extractall(folder / "installed")
    return folder / "installed"


# The same lesson, unsolved, has gone through everything in full; here it only has to begin.
SHORT = """
from dataclasses import replace

import tensorflow as tf

from simgan_lib.measure import estimator, tasks
from simgan_lib.simgan import runs
from simgan_lib.simulators import hands, pocket

estimator.ESTIMATORS["pocket"] = replace(estimator.ESTIMATORS["pocket"], epochs=1)
whole_train, whole_preset = runs.train, tasks.preset_for


def train(synthetic, real, preset, *args, **kwargs):
    steps = {"refiner_warmup": 2, "discriminator_warmup": 2, "steps": min(preset.steps, 6)}
    tf.config.run_functions_eagerly(True)  # a few steps end before a graph is built
    try:
        preset = replace(preset, **steps, history=2)
        return whole_train(synthetic, real, preset, *args, **kwargs)
    finally:
        tf.config.run_functions_eagerly(False)


def few(simulate):
    return lambda count, *args, **kwargs: simulate(count if count < 8000 else 800, *args, **kwargs)


runs.train = train
tasks.preset_for = lambda count, steps=1: replace(whole_preset(count, steps), epochs=1)
pocket.simulate, hands.simulate = few(pocket.simulate), few(hands.simulate)"""


@pytest.fixture(scope="session")
def real_eyes(tmp_path_factory):
    """A folder as a learner with photographs has it; these are the camera's."""
    folder = tmp_path_factory.mktemp("eyes")
    EyeSet(simulate(400, "camera", seed=7).images).save(folder / "real.h5")
    simulate(400, "camera", seed=8).save(folder / "real_labelled.h5")
    return folder


@pytest.mark.parametrize("lesson", LESSONS)
def test_solved_and_with_real_eyes_every_check_says_correct(lesson, wheel, real_eyes, tmp_path):
    # A copy that cannot be written to, with the wheel, far from the repository.
    notebook = read(lesson)
    for cell in notebook.cells:
        for path in tags(cell, "solves:"):
            cell.source = textwrap.dedent(inspect.getsource(resolve(path)))
        for path in tags(cell, "answers:"):
            cell.source = cell.source.replace("None", resolve(path).source())
    (set_up,) = [k for k, cell in enumerate(notebook.cells) if "set-up" in tags(cell)]
    notebook.cells.insert(set_up + 1, nbformat.v4.new_code_cell(SHORT))
    where = "import simgan_lib\nprint(simgan_lib.__file__)"
    notebook.cells.append(nbformat.v4.new_code_cell(where))
    folder = tmp_path / "read-only"
    folder.mkdir()
    nbformat.write(notebook, folder / "solved.ipynb")
    folder.chmod(0o555)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute"]
    command += ["--ExecutePreprocessor.timeout=300", folder / "solved.ipynb"]
    ran = subprocess.run(
        [*command, "--output-dir", tmp_path],
        env=os.environ
        | {"PYTHONPATH": str(wheel), "SIMGAN_STRICT": "1", "SIMGAN_DATA_DIR": str(real_eyes)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    *cells, last = nbformat.read(tmp_path / "solved.ipynb", as_version=4).cells
    said = {cell.source: printed(cell) for cell in cells if cell.cell_type == "code"}
    verdicts = [text for source, text in said.items() if ".check(" in source]
    found = [text for source, text in said.items() if "find_eyes()" in source]
    assert len(verdicts) == len(exercises(lesson))
    assert all("Correct." in verdict and "Incorrect" not in verdict for verdict in verdicts)
    assert all(f"Eyes: real.h5, real_labelled.h5 in {real_eyes}\n" in text for text in found)
    assert len(found) == (lesson[:2] in ("01", "03", "05", "06"))
    assert last.outputs[0].text.startswith(str(wheel))
    assert [path.name for path in folder.iterdir()] == ["solved.ipynb"]
