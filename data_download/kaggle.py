"""Kaggle's 4quant/eye-gaze: 50,000 eyes of UnityEyes with labels, 34,100 of MPIIGaze without."""

from pathlib import Path

from tqdm import tqdm

from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.find import MOUNT
from simgan_lib.data.stored import BLOCK

NAME = "4quant/eye-gaze"
FILES = "gaze.h5", "real_gaze.h5"
BY_HAND = f"""\
The way by hand: 1. sign in and download https://www.kaggle.com/datasets/{NAME}
2. python -m data_download kaggle --from archive.zip"""


def find(folder=None):
    """Finds the two published files.

    Args:
        folder: str or path. Folder that holds them, at any depth; None looks where Kaggle mounts
            data sets and else asks kagglehub for them.

    Returns:
        Two paths: labelled synthetic eyes, real eyes.

    Raises:
        OSError: If they are not there and kagglehub is missing or fails.
        ValueError: If `folder` does not hold them.
    """
    if folder is not None:
        found = _both(Path(folder))
        if not found:
            raise ValueError(f"The folder should hold {' and '.join(FILES)}; received {folder}")
        return found
    found = _both(MOUNT) or _both(_downloaded())
    if not found:
        raise OSError(f"{NAME} was downloaded without {' and '.join(FILES)}.\n{BY_HAND}")
    return found


def blocks(path):
    """Reads a published file, after `EyeSet.load` has found the order in which its labels fit.

    Args:
        path: str or path. Either of the two files.

    Yields:
        Dicts of arrays with one row an eye, for `pack`:
        image: uint8 array (n, 35, 55).
        gaze: float32 array (n, 3) of unit vectors, where the file has labels.

    Raises:
        ValueError: As `EyeSet.load` does, and if the file that should have labels has none.
    """
    eyes = EyeSet.load(path)
    if eyes.gaze is None and Path(path).name == FILES[0]:
        raise ValueError(
            f"{FILES[0]} should hold the gaze of its eyes as 'look_vec', fetch it again; "
            f"received none in {str(path)!r}"
        )
    for row in tqdm(range(0, len(eyes), BLOCK), "Reading eyes", unit="block", delay=2):
        block = {"image": eyes.images[row : row + BLOCK]}
        if eyes.gaze is not None:
            block["gaze"] = eyes.gaze[row : row + BLOCK]
        yield block


def _both(folder):
    """Both files, or None where one is missing."""
    found = [next(iter(sorted(folder.glob(f"**/{name}"))), None) for name in FILES]
    return found if all(found) else None


def _downloaded():
    """The folder in which kagglehub keeps the data set, which it downloads once."""
    try:
        import kagglehub

        return Path(kagglehub.dataset_download(NAME))
    except ImportError:
        reason = "kagglehub is not installed: python -m pip install kagglehub"
    except Exception as error:  # whatever it meets; its message may hold a name or a key
        reason = f"kagglehub failed with {type(error).__name__}"
    raise OSError(f"{NAME} was not found: {reason}.\n{BY_HAND}")
