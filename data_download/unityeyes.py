"""UnityEyes (Wood et al., 2016): eyes of nobody, rendered with their gaze.

The program writes a picture and an annotation of each eye, 1.jpg and 1.json, 2.jpg and 2.json, ...
It renders left eyes, with the inner corner at the left of the image; an eye whose annotation has
the caruncle at the right of the lids is mirrored. Its successor UnityEyes2 writes such pairs too,
with a `ground_truth` in the annotation.
"""

import io
import json
import os
import re
import signal
import warnings
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

import numpy as np
from PIL import Image
from tqdm import tqdm

from simgan_lib.data.gaze import from_look_vec
from simgan_lib.data.stored import SIZE

CHUNK = 100  # pairs that a process reads at a time
PICTURE_BYTES = 1 << 23  # more than any picture has, 8 MB
ANNOTATION_BYTES = 1 << 20  # more than any annotation has, 1 MB

# How many rows a whole picture would have at our scale. In UnityEyes' 640 x 480 an eye is then
# 132 x 84, which is the paper's 140 x 84 in the proportions of 55 x 35. UnityEyes2's camera can be
# moved; in the pictures that it comes with, an eye is twice as large.
UNITYEYES, UNITYEYES2 = 200, 96
SMALLEST, LARGEST = 200, 4096  # pixels of a side of a picture; a smaller one would be enlarged
SCANS = 100  # more than a progressive picture has; each is a pass over all its pixels

# Full-width characters of East Asian systems, from ！ to ～, and their space and full stop
TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x3002: "."}


def blocks(folder):
    """Reads the eyes of UnityEyes or UnityEyes2 in the order of their numbers, on all cores.

    An eye is cut out around the middle of its annotated lids, and around the middle of the picture
    where UnityEyes2 annotates no lids. The cut has the same size in all pictures, since the camera
    is always equally far away: an eye seen from the side stays narrower than one seen from the
    front. Beyond the edge of a picture its last pixels go on.

    A script that calls this needs `if __name__ == "__main__":`, as it starts processes.

    Args:
        folder: str or path. The folder with the pairs, `imgs` for UnityEyes, or one around it: of
            several such folders all are read.

    Yields:
        Dicts of arrays with one row an eye, for `pack`:
        image: uint8 array (n, 35, 55), grey.
        gaze: float32 array (n, 3) of unit vectors.

    Raises:
        ValueError: If there are no pairs, or not one can be read. Where some cannot, a warning
            at the end says how many and names the first.
        OSError: If the system ended one of the processes.
    """
    folder = Path(folder)
    names = _names(folder)
    count, first = 0, []
    with tqdm(total=len(names), desc="Reading eyes", unit="pair", delay=2) as bar:
        for images, gaze, broken in _read_all(folder, names):
            if images:
                yield {"image": np.stack(images), "gaze": np.stack(gaze)}
            count, first = count + len(broken), (first + broken)[:3]
            bar.update(len(images) + len(broken))
    received = f"{count} of {len(names)} pairs that cannot be read, first {', '.join(first)}"
    if count == len(names):
        raise ValueError(
            f"There is not one eye in the folder {str(folder)!r}, render them again; "
            f"received {received}"
        )
    if count:
        warnings.warn(f"Broken eyes were left out; received {received}", stacklevel=2)


def _names(folder):
    """The names of all pairs without .jpg and .json, sorted by the numbers in them.

    What macOS adds to an archive has the same endings and is passed over.
    """
    names = set()  # of strings: paths would take half a kilobyte a file
    for place, folders, files in os.walk(folder):
        folders[:] = filter(_is_users, folders)
        inside = Path(place).relative_to(folder).as_posix()
        for name, ending in map(os.path.splitext, filter(_is_users, files)):
            if ending in (".jpg", ".json"):
                names.add(name if inside == "." else f"{inside}/{name}")
    if not names:
        raise ValueError(
            "The folder should hold pairs of a picture and an annotation, 1.jpg and 1.json; "
            f"received {str(folder)!r}"
        )
    return sorted(names, key=lambda name: ([int(n) for n in re.findall(r"\d+", name)], name))


def _is_users(name):
    """Whether a file or a folder is the user's."""
    return not name.startswith((".", "__MACOSX"))


def _read_all(folder, names):
    """Yields what `_read` returns for chunks of the names, in order, a few chunks ahead."""
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=_start)
    ahead = deque()
    try:
        for row in range(0, len(names), CHUNK):
            ahead.append(pool.submit(_read, folder, names[row : row + CHUNK]))
            if len(ahead) > 2 * os.cpu_count():
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    except BrokenProcessPool as error:
        raise OSError(
            "The system ended a process that was reading eyes, perhaps for want of memory, "
            f"start again; received {str(folder)!r}"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start():
    """What a process does first."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once and without a traceback
    Thread(target=_end_with_parent, daemon=True).start()
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `_picture` looks at sizes


def _end_with_parent():
    """Ends this process when the one that started it has been killed."""
    parent_process().join()
    os._exit(1)


def _read(folder, names):
    """Images, gaze, and a line on each pair that cannot be read."""
    images, gaze, broken = [], [], []
    for name in names:
        try:
            image, vector = _eye(folder / f"{name}.jpg", folder / f"{name}.json")
        except Exception as error:  # there is no end to what may be wrong with a file
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            broken.append(f"{name!r} ({reason[:100]})")
        else:
            images.append(image)
            gaze.append(vector)
    return images, gaze, broken


def _eye(picture, annotation):
    """The image and the gaze of one eye."""
    annotation = json.loads(_bytes(annotation, ANNOTATION_BYTES))
    picture = _picture(picture)
    if "ground_truth" in annotation:
        look_vec, rows = annotation["ground_truth"]["gaze_vec"], UNITYEYES2
    else:
        look_vec, rows = annotation["eye_details"]["look_vec"], UNITYEYES
    gaze = from_look_vec(_numbers(look_vec))
    if gaze[2] >= 0:
        raise ValueError("an eye that looks away from the camera")
    image = _cut(picture, _middle(annotation, *picture.shape), len(picture) / rows)
    if _is_right(annotation):
        return image[:, ::-1], gaze * np.float32([-1, 1, 1])
    return image, gaze


def _bytes(path, most):
    if not path.is_file():
        raise ValueError(f"there is no file {path.name!r}")
    with open(path, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{path.name!r} has more than {most} bytes")
    return data


def _numbers(text):
    """'(1.0, 2.0, 3.0)' as a list of numbers, and '(1,0, 2,0, 3,0)', as some Windows writes it.

    A comma with a space separates numbers. One without is a decimal sign if each number has one
    and none has a point, and separates numbers too if each has a point. `float` refuses the rest,
    such as (1,0,2,0) and (1.0, 2,0), where a comma may be either.
    """
    text = text.translate(TO_ASCII).strip("()")
    numbers = text.split(", ")
    if all(number.count(",") == 1 and "." not in number for number in numbers):
        numbers = [number.replace(",", ".") for number in numbers]
    elif all("." in number for number in text.split(",")):
        numbers = text.split(",")
    return [float(number) for number in numbers]


def _picture(path):
    data = _bytes(path, PICTURE_BYTES)
    if data.count(b"\xff\xda") > SCANS:
        raise ValueError(f"the picture has more than {SCANS} scans")
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        if min(image.size) < SMALLEST or max(image.size) > LARGEST:  # before anything is decoded
            raise ValueError(f"the picture has a size of {image.width} x {image.height}")
        image.draft("L", None)  # leaves out the colours, which saves time
        return np.asarray(image.convert("L"))


def _middle(annotation, height, width):
    """Row and column of the middle of the lids."""
    if "ground_truth" in annotation and "interior_margin_2d" not in annotation:
        return height / 2, width / 2
    x, y, _ = np.transpose([_numbers(point) for point in annotation["interior_margin_2d"]])
    inside = (0 <= x) & (x <= width) & (0 <= y) & (y <= height)
    if not inside.all():  # NaN is not inside either
        raise ValueError(f"a point of the lids is outside the picture of {width} x {height}")
    y = height - y  # counted from the bottom
    return (y.min() + y.max()) / 2, (x.min() + x.max()) / 2


def _is_right(annotation):
    """Whether the inner corner, where the caruncle is, lies at the right of the picture."""
    if not {"caruncle_2d", "interior_margin_2d"} <= annotation.keys():
        return False
    caruncle, lids = (
        np.mean([_numbers(point)[0] for point in annotation[name]])
        for name in ("caruncle_2d", "interior_margin_2d")
    )
    return caruncle > lids


def _cut(picture, middle, scale):
    """The image around `middle`; `scale` pixels of the picture become one."""
    window = []
    for center, size, end in zip(middle, SIZE, picture.shape, strict=True):
        length = round(size * scale)
        window.append(np.clip(round(center - length / 2) + np.arange(length), 0, end - 1))
    eye = Image.fromarray(picture[np.ix_(*window)])
    return np.asarray(eye.resize(SIZE[::-1], Image.Resampling.BILINEAR))
