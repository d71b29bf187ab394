"""Results that outlive a crash: a JSON file that gains a row whenever something is measured."""

import json
import time
from pathlib import Path

from filelock import FileLock, Timeout

from simgan_lib.files import writing


class Rows:
    """The rows of one experiment in `FOLDER/NAME.json`; what is there is not measured again.

    ```python
    with Rows("results", "ablations", seeds=5) as rows:
        rows.add(lambda: {"error_deg": measure(seed=3)}, variant="no history", seed=3)
    ```

    Args:
        folder: Folder of results, made if it does not exist.
        name: Name of the experiment.
        settings: What all rows have in common; a file with other settings is refused.

    Raises:
        ValueError: If another process works on the experiment, or the file has other settings.
    """

    def __init__(self, folder, name, **settings):
        self.path = Path(folder) / f"{name}.json"
        self.content = {
            "command": f"python -m experiments {name}",
            "settings": json.loads(json.dumps(settings)),
            "rows": [],
        }

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The system takes the lock back when the process ends, however it ends.
        self.lock = FileLock(self.path.with_suffix(".lock"), timeout=0)
        try:
            self.lock.acquire()
        except Timeout as error:
            raise ValueError(
                "Another process is at work on this experiment, wait for it or choose another "
                f"folder; received {self.path}"
            ) from error
        try:
            self._read()
        except BaseException:
            self.lock.release()
            raise
        return self

    def __exit__(self, *_):
        self.lock.release()

    def _read(self):
        if not self.path.exists():
            return
        try:
            content = json.loads(self.path.read_text())
            settings, self.content["rows"] = content["settings"], content["rows"]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"The results are damaged; received {self.path}") from error
        if settings != self.content["settings"]:
            raise ValueError(
                "The results there were made with other settings, choose another folder or delete "
                f"them: they were {settings}; received {self.content['settings']}"
            )

    def add_all(self, measures, **key):
        """Measures the same variants with several seeds, a variant after the other.

        Args:
            measures: Dict from a seed to a dict from a variant to its function, as `add` takes it.
            key: What tells all of them from others.
        """
        for variant in next(iter(measures.values())):
            for seed, of_seed in measures.items():
                self.add(of_seed[variant], **key, variant=variant, seed=seed)

    def add(self, measure, **key):
        """Measures unless there is a row of this key, and writes the row at once.

        Args:
            measure: Function without arguments to a dict of numbers.
            key: What tells this row from others.

        Returns:
            The row: the key, the numbers and the seconds that it took.
        """
        for row in self.content["rows"]:
            if key.items() <= row.items():
                return row
        start = time.perf_counter()
        row = key | measure()
        row["seconds"] = round(time.perf_counter() - start, 1)
        self.content["rows"].append(row)
        lines = ",\n  ".join(json.dumps(row) for row in self.content["rows"])
        head = json.dumps({k: v for k, v in self.content.items() if k != "rows"}, indent=1)[:-2]
        with writing(self.path) as path:
            path.write_text(f'{head},\n "rows": [\n  {lines}\n ]\n}}\n')
        print(json.dumps(row), flush=True)
        return row
