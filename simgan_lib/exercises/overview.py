"""What a learner has solved, lesson by lesson: the table of the course's first page."""

import importlib
import json
from html import escape
from pathlib import Path

from .core import Exercise
from .progress import solved


class Overview:
    """A table of the lessons in a folder, and what is solved of each.

    Args:
        folder: str or path, with lessons such as `03_local_loss.ipynb`.
    """

    def __init__(self, folder="."):
        names = solved()
        self.rows, self.last = [], None
        for path in sorted(Path(folder).glob("[0-9][0-9]_*.ipynb")):
            lesson = path.stem[3:]
            module = importlib.import_module(f"{__package__}.{lesson}")
            there = [n for n, value in vars(module).items() if isinstance(value, Exercise)]
            done = [n for n in there if f"{lesson}.{n}" in names]
            title = "".join(json.loads(path.read_text())["cells"][0]["source"]).splitlines()[0]
            self.rows.append((title.removeprefix("# "), path.name, len(done), len(there)))
            if done and names[-1].startswith(f"{lesson}."):
                self.last = title.removeprefix("# ")

    def __repr__(self):
        lines = [f"{name:28} {done} of {count} solved" for name, _, done, count in self.rows]
        return "\n".join([*lines, self._where()])

    def _where(self):
        if self.last:
            return f"You last solved an exercise of {self.last}."
        return "Nothing is solved yet: begin with lesson 00."

    def _repr_html_(self):
        rows = "".join(
            f'<tr><td style="text-align: left"><a href="{file}">{name}</a></td>'
            f"<td>{'●' * done}{'○' * (count - done)}</td><td>{done} of {count} solved</td></tr>"
            for name, file, done, count in self.rows
        )
        return f"<table>{rows}</table><p>{escape(self._where())}</p>"
