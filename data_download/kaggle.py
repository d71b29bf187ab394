"""Kaggle's 4quant/eye-gaze: 50,000 eyes of UnityEyes with labels, 34,100 of MPIIGaze without."""

from pathlib import Path

NAME = "4quant/eye-gaze"
MOUNT = Path("/kaggle/input")
FILES = "gaze.h5", "real_gaze.h5"
BY_HAND = f"""\
The way by hand: 1. sign in and download https://www.kaggle.com/datasets/{NAME}
2. unpack archive.zip into a folder, where it leaves {" and ".join(FILES)}
3. python -m data_download kaggle --from THAT_FOLDER"""


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
