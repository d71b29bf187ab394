"""The best eyes that a machine has: photographs where there are some, else the course's own."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .eyes import EyeSet

MOUNT = Path("/kaggle/input")
# By whom they are written: `python -m data_download`, Kaggle, you. The first one there is taken.
SIMULATED = "unityeyes.h5", "kaggle.h5", "gaze.h5", "syntheseyes.h5"
REAL = "real.h5", "mpiigaze.h5", "kaggle-real.h5", "real_gaze.h5"
LABELLED = "real_labelled.h5", "real_labelled.npz", "mpiigaze-evaluation.h5"


class Found(NamedTuple):
    """What eyes there are, None where there are none."""

    simulated: EyeSet | None  # with gaze
    real: EyeSet | None  # for a refiner
    labelled: EyeSet | None  # real ones with gaze, to be tested on
    said: str  # one line: which eyes these are


def data_folder():
    """Where packed data sets lie: the folder SIMGAN_DATA_DIR, else one in the home directory."""
    return Path(os.environ.get("SIMGAN_DATA_DIR") or Path.home() / ".keras/datasets/simgan")


def find_eyes(folder=None):
    """Looks for eyes that are better than the embedded default.

    The first of these places that has any: `folder`; what the environment variable SIMGAN_DATA_DIR
    names; what Kaggle has mounted; what `python -m data_download` has packed. Where SIMGAN_DATA_DIR
    is set and empty, the machine is not looked at: so tests always get the embedded default.

    Args:
        folder: str or path. A folder with files of eyes by the names above, at any depth.

    Returns:
        A `Found`.

    Raises:
        ValueError: If a folder that was named has no eyes, or a file of eyes is damaged or lacks
            the gaze that it should have.
    """
    named = folder or os.environ.get("SIMGAN_DATA_DIR")
    places = [Path(named)] if named else [MOUNT, data_folder()]
    if folder is None and named == "":
        places = []
    for place in places:
        files = [_first(place, names) for names in (SIMULATED, REAL, LABELLED)]
        if any(files):
            names = ", ".join(file.name for file in files if file)
            simulated, real, labelled = (file and EyeSet.load(file) for file in files)
            for eyes, file in ((simulated, files[0]), (labelled, files[2])):
                if eyes and eyes.gaze is None:
                    raise ValueError(
                        "Simulated and labelled eyes need their gaze, so make the file again or "
                        f"take it away; received none in {str(file)!r}"
                    )
            return Found(simulated, real, labelled, f"Eyes: {names} in {place}")
    if named:
        raise ValueError(
            f"The folder should hold eyes, such as {', '.join((REAL + LABELLED)[:5])}; "
            f"received {str(named)!r}"
        )
    said = "Eyes: simulated ones (python -m data_download list says which real ones there are)"
    return Found(None, None, None, said)


def apart(found, share=0.5, seed=0, count=8_000):
    """Real eyes to learn from and others to be tested on, of other persons where there are several.

    Args:
        found: A `Found` with labelled eyes.
        share: float in (0, 1). Of the labelled eyes or their persons, what is to learn from.
        seed: int.
        count: int. How many eyes for a refiner, at most.

    Returns:
        Sets of eyes for a refiner, without labels; with labels, to learn from; with labels, to be
        tested on. Where `found.real` says whose its eyes are, the first has none of the test's
        persons; where that leaves nothing, or there are no such eyes, it is the second.
    """
    labelled, pool = found.labelled, found.real
    several = labelled.person is not None and len(np.unique(labelled.person)) > 1
    known, test = labelled.split(share, seed, by="person" if several else None)
    rows = np.arange(0 if pool is None else len(pool))
    if len(rows) and labelled.person is not None and pool.person is not None:
        rows = rows[~np.isin(pool.person, test.person)]
    if not len(rows):
        pool, rows = known, np.arange(len(known))
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(rows, min(count, len(rows)), replace=False))
    return EyeSet(pool.images[rows], source=pool.source), known, test


def _first(folder, names):
    """The first of the names that is a file in the folder, at any depth; else None.

    What is hidden there is passed over: downloads wait in hidden folders until they are whole.
    """
    for name in names:
        if (folder / name).is_file():
            return folder / name
        for path in sorted(folder.glob(f"*/**/{name}")):
            if not any(part.startswith(".") for part in path.relative_to(folder).parts):
                return path
    return None
