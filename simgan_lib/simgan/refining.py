"""Refining: what a run's refiners make of images that they have never seen."""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from ..data.images import from_float, to_float

ROOM = 2**18  # pixels that a refiner is given at a time; of eyes, a batch of 128


class RefinedImages:
    """The images of a set as refiners show them, computed when they are read.

    Args:
        refiners: A list of refiners.
        images: Images of a set, such as `(N, 35, 55)` uint8.
        drawn: int array `(N,)`: image i is refined by `refiners[drawn[i]]`.
    """

    def __init__(self, refiners, images, drawn):
        image_shape = (*images.shape[1:3], *(images.shape[3:] or (1,)))
        self.refiners = [_fitting(refiner, image_shape) for refiner in refiners]
        self.images, self.drawn = images, drawn
        self.shape, self.dtype = images.shape, images.dtype

    def __len__(self):
        return len(self.images)

    def __getitem__(self, rows):
        images, drawn = self.images[rows], self.drawn[rows]
        refined = np.empty_like(images)
        large = np.prod(self.shape[1:3]) > ROOM
        for k in np.unique(drawn):
            refiner, chosen = self.refiners[k], images[drawn == k]
            way = _in_tiles if large and _is_local(refiner) else _whole
            refined[drawn == k] = from_float(way(refiner, to_float(chosen)), chosen)
        return refined


def _whole(refiner, images):
    """What a refiner makes of images (N, H, W, C), as many at a time as there is room for."""
    batch = int(np.clip(ROOM // np.prod(images.shape[1:3]), 1, 128))
    return refiner.predict(images, batch_size=batch, verbose=0)


def _in_tiles(refiner, images):
    """The same for large images, in squares that are put together again without a seam.

    A pixel of the answer depends on its neighbours in the question up to half of R's window away,
    so each square is cut out with as wide a margin, whose answer is thrown away.
    """
    kernels = [x.kernel_size[0] for x in refiner.layers if isinstance(x, layers.Conv2D)]
    margin = sum(kernel // 2 for kernel in kernels)
    side = int(ROOM**0.5) - 2 * margin
    answer = np.empty_like(images)
    for y in range(0, images.shape[1], side):
        for x in range(0, images.shape[2], side):
            top, left = max(0, y - margin), max(0, x - margin)
            tile = np.s_[:, top : y + side + margin, left : x + side + margin]
            inner = np.s_[:, y - top : y - top + side, x - left : x - left + side]
            for k in range(len(images)):  # one at a time, for memory
                one = np.s_[k : k + 1]
                refined = np.asarray(refiner(images[one][tile], training=False))
                answer[one, y : y + side, x : x + side] = refined[inner]
    return answer


def _is_local(refiner):
    """Whether a pixel of the answer depends on near ones alone, as with the course's R."""
    kinds = layers.InputLayer, layers.ReLU, layers.Add
    return all(
        isinstance(x, kinds) or (isinstance(x, layers.Conv2D) and x.strides == (1, 1))
        for x in refiner.layers
    )


def refine(refiners, eyes, seed=0):
    """Refines each eye of a set with one of several refiners, drawn at random; labels stay.

    No refiner of a game is the last word. Each overdoes something else, and an estimator that
    learns from the eyes of one learns its manner too; from the eyes of many it cannot. (After the
    self-ensembles of Wang, Zhang and van de Weijer, arXiv 1612.00991.)

    Images are refined when they are read, so that a set larger than memory can be saved; save and
    load what is read more than once.

    Args:
        refiners: A list of refiners, such as a run's history, or a single one.
        eyes: An `ImageSet` of simulated images, such as an `EyeSet`.
        seed: Seed of the draw: the same one draws the same refiner for an eye each time.

    Returns:
        A set of the same kind with the same labels.
    """
    refiners = refiners if isinstance(refiners, list) else [refiners]
    drawn = np.random.default_rng(seed).integers(len(refiners), size=len(eyes))
    images = RefinedImages(refiners, eyes.images, drawn)
    return eyes.like(images, source=f"{eyes.source}, refined")


def _fitting(refiner, image_shape):
    """The refiner for images of this size; it has no layer that minds another one."""
    if refiner.input_shape[1:] == image_shape:
        return refiner
    if refiner.input_shape[-1] != image_shape[-1]:
        raise ValueError(
            "The refiner learned from images of another kind, grey or colour, so train one from "
            f"such images; it takes {refiner.input_shape[-1]} channels and received {image_shape}"
        )
    large = np.prod(image_shape[:2]) > ROOM
    size = (None, None) if large else image_shape[:2]  # of a tile, or of an image
    other = keras.models.clone_model(refiner, input_tensors=keras.Input((*size, image_shape[-1])))
    other.set_weights(refiner.get_weights())
    return other


def load_refiners(path):
    """Loads the refiners of a run, or a single one.

    Args:
        path: Folder of a run that has come to its end, or a `.keras` file.

    Returns:
        A list of refiners for `refine`: the run's history, oldest first, the last one R as the
        training left it; a single one if the run was made before there were histories.

    Raises:
        ValueError: If a file is missing, damaged or no model from eyes to eyes, or the run has not
            come to its end.
    """
    path = Path(path)
    if not path.is_dir():
        return [load_refiner(path)]
    if not (path / "refiner.keras").exists():
        raise ValueError(
            "The folder holds no refiner; train one with `simgan train`, or end a run that was "
            f"stopped with --resume; received {path}"
        )
    files = sorted((path / "history").glob("*.keras")) or [path / "refiner.keras"]
    return [load_refiner(file) for file in files]


def load_refiner(path):
    """Loads a refiner.

    Raises:
        ValueError: If the file is missing, damaged or no model from eyes to eyes.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no refiner; train one with `simgan train`; received {path}")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises many kinds for a file that is not its own
        raise ValueError(f"The file is no Keras model or a damaged one; received {path}") from error
    if model.input_shape != model.output_shape or len(model.input_shape) != 4:
        raise ValueError(
            "A refiner turns images into images of the same shape; received a model from "
            f"{model.input_shape} to {model.output_shape} in {path}"
        )
    return model
