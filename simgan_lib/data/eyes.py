"""EyeSet: images of eyes, with their gaze where it is known, in memory or in a file.

A packed file, ours, holds all images in one data set and opens at once whatever its size. Two
published layouts are read as well (`layouts.py`). `EyeSet.load(a).save(b)` packs any of them.
"""

import numpy as np

from .gaze import check_gaze, to_pitch_yaw
from .guard import reading
from .images import ImageSet
from .layouts import read_eyes
from .stored import MOST, SIZE


class EyeSet(ImageSet):
    """Images of eyes, whose labels have a meaning: a gaze and a person.

    Args:
        images: uint8 array (N, 35, 55), or a data set of that shape in an open HDF5 file.
        gaze: array (N, 3) of unit vectors as in `simgan_lib.data.gaze`, or None where unknown.
        person: integer array (N,), equal for eyes of one person, or None where unknown.
        source: str. Where the eyes come from, for people to read.
        labels: dict of further arrays (N, ...), carried along as they are.

    Raises:
        ValueError: If there are no eyes, or a shape, a type or a gaze is wrong.
    """

    conventions = (
        "image: grey uint8 (N, 35, 55), height before width. gaze: float32 unit vectors (N, 3) in "
        "MPIIGaze's normalised camera, x right, y down, z away, (0, 0, -1) looks into the camera. "
        "person: int64 (N,), equal for eyes of one person."
    )

    def __init__(self, images, gaze=None, person=None, source="", labels=None):
        shape = getattr(images, "shape", None) or ()  # of an empty data set it is None
        dtype = getattr(images, "dtype", type(images))
        if len(shape) != 3 or shape[1:] != SIZE or dtype != np.uint8:
            raise ValueError(
                "Images must be uint8 of shape (N, 35, 55), height before width; "
                f"received {dtype} of shape {shape}"
            )
        if len(images) > MOST:
            raise ValueError(f"An EyeSet has at most {MOST:,} eyes; received shape {shape}")
        if len(images) == 0:
            raise ValueError(f"An EyeSet needs at least one eye; received shape {shape}")
        if person is not None:
            person = np.asarray(person)
            if person.shape != shape[:1] or person.dtype.kind not in "iu":
                raise ValueError(
                    f"Every image needs one whole number for its person, {len(images)} in all; "
                    f"received {person.dtype} of shape {person.shape}"
                )
            person = person.astype(np.int64)
        known = {"gaze": None if gaze is None else check_gaze(gaze, len(images)), "person": person}
        known = {name: values for name, values in known.items() if values is not None}
        super().__init__(images, known | (labels or {}), source)

    @property
    def gaze(self):
        """Unit vectors (N, 3), or None where unknown."""
        return self.labels.get("gaze")

    @property
    def person(self):
        """Whole numbers (N,), or None where unknown."""
        return self.labels.get("person")

    def __repr__(self):
        parts = [f"{len(self):,} eyes"]
        if self.gaze is not None:
            (a, b), (c, d) = ((x.min(), x.max()) for x in to_pitch_yaw(self.gaze))
            parts.append(f"pitch {a:.0f} to {b:.0f} and yaw {c:.0f} to {d:.0f} degrees")
        if self.person is not None:
            parts.append(f"persons: {len(np.unique(self.person))}")
        if self.source:
            parts.append(f"source: {self.source}")
        return f"EyeSet({', '.join(parts)})"

    @staticmethod
    def load(path):
        """Opens a file of eyes, whichever of the three layouts it has.

        Args:
            path: str or path. One of
                a packed HDF5 file, as `save` writes it;
                Kaggle's HDF5 layout: a group `image` with one data set an image, and perhaps
                `look_vec` (N, 3 or 4) in UnityEyes' axes. Which order of the images' names is the
                order of its rows is found out by comparing images and labels;
                an .npz file with `image` (N, 36, 60) and `gaze_pitch_yaw_rad` (N, 2), radians.

        Returns:
            An `EyeSet`. Images in HDF5 stay on disk, so keep the file where it is.

        Raises:
            ValueError: If the file is missing, damaged or of another kind, or if images and labels
                are not what the layout says or do not belong together.
        """
        with reading(path):
            return EyeSet(**read_eyes(path))
