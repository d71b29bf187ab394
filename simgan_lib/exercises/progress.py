"""Which exercises a learner has solved, in one small file in their own folder.

The checks keep it in `~/.simgan/solved.json`, or in the file that SIMGAN_SOLVED names; where that
is empty, as in tests, nothing is kept. A file that cannot be written is no reason to stop.
"""

import json
import os
import sys
from pathlib import Path

from ..files import writing


def place():
    """Path of the file; None where nothing is to be kept."""
    named = os.environ.get("SIMGAN_SOLVED")
    if named is None:
        return Path.home() / ".simgan/solved.json"
    return Path(named) if named else None


def solved():
    """Names of exercises, 'lesson.exercise', in the order in which they were last solved."""
    path = place()
    try:
        names = json.loads(path.read_text()) if path else []
    except (OSError, ValueError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def record(exercise):
    """Notes that an exercise of a lesson is solved."""
    for module in [name for name in sys.modules if name.startswith(f"{__package__}.")]:
        for name, value in vars(sys.modules[module]).items():
            if value is exercise and place():
                key = f"{module.rpartition('.')[2]}.{name}"
                _write([*(other for other in solved() if other != key), key])
                return


def _write(names):
    path = place()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as temporary:
            Path(temporary).write_text(json.dumps(names))
    except (OSError, ValueError):  # a folder that cannot be written to; the verdict counts more
        pass
