"""What the project's files say about one another: versions, pins, the Makefile's choices."""

import ast
import os
import re
import shutil
import subprocess
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = ["3.11", "3.12", "3.13"]


def direct_dependencies():
    """Every requirement of pyproject.toml and its extras, but for the project itself."""
    lines = [*PROJECT["dependencies"], *sum(PROJECT["optional-dependencies"].values(), [])]
    requirements = map(Requirement, lines)
    return [r for r in requirements if canonicalize_name(r.name) != PROJECT["name"]]


def pins():
    """The lines of requirements.txt as requirements."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned(python, platform):
    """{name: version} of the pins that hold for one Python and one `sys.platform`."""
    environment = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "sys_platform": platform,
        "os_name": "nt" if platform == "win32" else "posix",
    }
    held = [p for p in pins() if p.marker is None or p.marker.evaluate(environment)]
    versions = {canonicalize_name(p.name): next(iter(p.specifier)).version for p in held}
    assert len(versions) == len(held), "a package is pinned twice"
    return versions


# Pins


def test_every_pin_is_exact_and_comes_from_the_package_index():
    for pin in pins():
        operators = [s.operator for s in pin.specifier]
        assert operators == ["=="] and "*" not in str(pin.specifier), pin
        assert pin.url is None, pin


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_direct_dependency_has_a_pin_within_its_bound(python, platform):
    versions = pinned(python, platform)
    for requirement in direct_dependencies():
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} has no pin"
        assert requirement.specifier.contains(versions[name]), f"{requirement}: {versions[name]}"


def test_pyproject_has_no_upper_bounds():
    for requirement in direct_dependencies():
        assert {s.operator for s in requirement.specifier} <= {">="}, requirement


def test_both_versions_of_colab_are_allowed():
    bounds = {r.name: r.specifier for r in direct_dependencies()}
    assert bounds["tensorflow"].contains("2.19.0") and bounds["keras"].contains("3.10.0")


def test_conda_installs_the_same_pins():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in environment if isinstance(entry, dict)]
    assert pip == ["-r requirements.txt", "-e ."]
    others = [entry for entry in environment if isinstance(entry, str)]
    (python,) = [entry.split("=")[1] for entry in others if entry.startswith("python=")]
    assert python in PYTHONS
    assert sorted(others) == sorted([f"python={python}", "pip"])


# One answer to "which Python?" and "which version?"


def test_requires_python_is_the_supported_range():
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{m}" for m in range(30) if allowed.contains(f"3.{m}.0")] == PYTHONS


def test_the_makefile_accepts_the_supported_range():
    versions = re.search(r"^VERSIONS = (.*)$", (ROOT / "Makefile").read_text(), re.M)[1]
    assert sorted(versions.split()) == PYTHONS


def test_ci_runs_on_the_supported_range():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert jobs["pinned"]["strategy"]["matrix"]["python"] == PYTHONS
    for name in ("oldest", "newest"):
        setup = next(s["with"] for s in jobs[name]["steps"] if "setup-python" in s.get("uses", ""))
        assert setup["python-version"] in PYTHONS


def test_ci_installs_the_lower_bounds():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    commands = " ".join(step.get("run", "") for step in jobs["oldest"]["steps"])
    installed = dict(re.findall(r'"(\w+)==([\d.]+)\.\*"', commands))
    bounds = {r.name: next(iter(r.specifier)).version for r in direct_dependencies() if r.specifier}
    assert installed == bounds


def test_the_citation_has_the_version_of_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert Version(str(citation["version"])) == Version(PROJECT["version"])


def test_no_file_names_a_folder_of_one_machine():
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git repository, or no git")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    assert ROOT / "pyproject.toml" in files
    folder = b"/" + b"work" + b"/"
    assert [f for f in files if f.is_file() and folder in f.read_bytes()] == []


# What people read

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "data_download/README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    own = [target for target in targets if not target.startswith("https://")]
    assert [target for target in own if not (page.parent / target.split("#")[0]).exists()] == []


def test_the_map_names_every_module_in_its_room():
    rows = re.findall(
        r"^\| (`\w+/`)? *\| (`\w+\.py`.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.M
    )
    found, room = set(), ""
    for name, files in rows:
        room = name.strip("`") or room
        found |= {room + file for file in re.findall(r"`(\w+\.py)`", files)}
    library = ROOT / "simgan_lib"
    there = {path.relative_to(library).as_posix() for path in library.rglob("[a-z]*.py")}
    lessons = {f"exercises/{path.stem[3:]}.py" for path in ROOT.glob("notebooks/[0-9]*.ipynb")}
    assert found == there - lessons


def test_readme_is_a_front_door():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 120 and max(map(len, lines)) <= 120
    assert any("figures/eyes.png" in line for line in lines[:5])
    assert (
        lines.index("make demo     # simulates eyes, refines them, and measures what it brought")
        < 20
    )
    text = re.sub(r"```.*?```", "", "\n".join(lines), flags=re.S)
    for paragraph in re.sub(r"\]\(.*?\)", "]", text).split("\n\n"):
        if not paragraph.startswith(("|", "<!--")):
            assert len(re.findall(r"\d+(?:[.,]\d+)*", paragraph)) <= 3, paragraph


# The Makefile, with stand-ins for Python


@pytest.fixture
def make(tmp_path):
    """A copy of the Makefile, in a path with a space, and a function that makes .venv with it."""
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    folder = tmp_path / "a course"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)

    def run(python=None, path=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        environment.pop("PYTHON", None)
        environment["PIP_NO_INDEX"] = "1"  # should a real Python be reached, it installs nothing
        if path:
            environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
        return subprocess.run(
            ["make", ".venv/installed", *([f"PYTHON={python}"] if python else [])],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )

    run.folder = folder
    return run


def stand_in(path, version, has_venv=True):
    """Writes a script that answers like Python `version` and installs nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""#!/bin/sh
case "$*" in
*version_info*) echo {version} ;;
*ensurepip*) exit {0 if has_venv else 1} ;;
"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip --version") ;;
*install*) echo "$@" >> installs.txt; [ ! -e no_network ] ;;
*) echo "unexpected: $*" >&2; exit 9 ;;
esac
"""
    )
    path.chmod(0o755)
    return path


def sentence(result):
    """What the Makefile said before make's own closing line."""
    lines = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert result.returncode != 0 and len(lines) == 1, result
    return lines[0]


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.14"])
def test_make_refuses_a_named_python_outside_the_range(make, version):
    message = sentence(make(stand_in(make.folder / "some python", version)))
    assert f"some python ({version})" in message and "3.13 3.12 3.11" in message
    assert not (make.folder / ".venv").exists()


def test_make_refuses_a_named_python_that_does_not_run(make):
    assert "found none" in sentence(make("no-such-python"))


def test_make_refuses_another_python_than_the_one_installed(make):
    assert make(stand_in(make.folder / "first", "3.12")).returncode == 0
    assert "made with Python 3.12, not 3.11" in sentence(make(stand_in(make.folder / "b", "3.11")))


def test_make_says_what_a_python_without_venv_needs(make):
    message = sentence(make(stand_in(make.folder / "bare", "3.12", has_venv=False)))
    assert "apt install python3.12-venv" in message


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"python3": "3.12", "python3.13": "3.13"}, "3.12"),
        ({"python3": "3.10", "python3.13": "3.13", "python3.11": "3.11"}, "3.13"),
        ({"python3": "3.14", "python3.13": "3.10", "python3.12": "3.10"}, "3.11"),
    ],
)
def test_make_takes_the_first_python_within_the_range(make, found, chosen):
    found = {"python3.11": "3.11", **found}
    for name, version in found.items():
        stand_in(make.folder / "bin" / name, version)
    result = make(path=make.folder / "bin")
    assert result.returncode == 0, result
    assert f"with Python {chosen}:" in result.stdout


def test_make_installs_once(make):
    python = stand_in(make.folder / "python", "3.12")
    installs = make.folder / "installs.txt"
    first = make(python)
    assert first.returncode == 0 and "2.6 GB" in first.stdout
    assert "-r requirements.txt" in installs.read_text() and "-e ." in installs.read_text()
    installs.unlink()
    for python_or_none in (python, None):
        assert make(python_or_none).returncode == 0
        assert not installs.exists()
    newer = (make.folder / ".venv/installed").stat().st_mtime + 1
    os.utime(make.folder / "requirements.txt", (newer, newer))
    assert make().returncode == 0 and installs.exists()


def test_make_repairs_an_install_that_failed(make):
    python = stand_in(make.folder / "python", "3.12")
    (make.folder / "no_network").touch()
    assert make(python).returncode != 0
    assert not (make.folder / ".venv/installed").exists()
    (make.folder / "no_network").unlink()
    packages = make.folder / ".venv/lib/python3.12/site-packages"
    whole, half = packages / "whole-1.dist-info", packages / "half-1.dist-info"
    for info in (whole, half):
        info.mkdir(parents=True)
        (info / "METADATA").touch()
    (whole / "INSTALLER").touch()
    assert make().returncode == 0
    assert (make.folder / ".venv/installed").exists()
    assert whole.exists() and not half.exists()


# The library's rooms


def test_no_import_runs_back():
    # A room knows those before it; what stands in none of them is what all use, or the command.
    order = ["files", "start", "data", "simulators", "simgan", "measure", "family", "course"]
    order += ["exercises", "cli", "__main__", "__init__"]
    library = ROOT / "simgan_lib"
    for path in library.rglob("*.py"):
        here = path.relative_to(library).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = (*here[: len(here) - node.level], *(node.module or "").split("."))
                names = [base[0]] if base[0] else [alias.name for alias in node.names]
                for room in names:
                    assert order.index(room) <= order.index(here[0]), f"{path}: {room}"


def test_modules_import_one_another_in_no_circle():
    library, imports = ROOT / "simgan_lib", {}
    for path in library.rglob("*.py"):
        here = path.relative_to(library).with_suffix("").parts
        found = imports.setdefault(".".join(here), set())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = [*here[: len(here) - node.level], *filter(None, [node.module])]
                found |= {".".join(base), *(".".join([*base, a.name]) for a in node.names)}
    TopologicalSorter(imports).prepare()  # which raises CycleError, naming the circle
