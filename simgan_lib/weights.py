"""Where the weights of a network come from."""

from pathlib import Path

import keras

from .refiner import refiner

PRETRAINED = Path(__file__).parent / "pretrained"


def initialize(model, seed):
    """Draws the weights of a new network again, from a seed alone and from no global state.

    Args:
        model: A `keras.Model`, whose kernels become Glorot uniform and whose biases stay zero.
        seed: Seed.

    Returns:
        The same model.
    """
    draw = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
    for weight in model.trainable_weights:
        if len(weight.shape) > 1:
            weight.assign(draw(weight.shape))
    return model


def load_pretrained(name="pocket"):
    """Loads a refiner that the course ships, so that nobody has to train one to go on.

    "pocket" is the refiner of `simgan demo --seed 0`: trained between simulated synthetic and
    camera eyes, for synthetic eyes of gap 1. It is the luckiest of the five that the course
    measured, and may not be what the same command makes on your machine: where numbers are rounded
    otherwise, a training ends with another refiner. `pretrained/pocket.json` has its preset, its
    seed, what tells its data and the command that trains it again. Weights trained on photographs
    are not shipped: those of MPIIGaze are licensed for non-commercial use, and that would go for
    the weights too.

    Args:
        name: "pocket".

    Returns:
        A `keras.Model` as `simgan_lib.refiner.refiner` builds it, with 16 filters.

    Raises:
        ValueError: If there are no weights of that name.
    """
    path = PRETRAINED / f"{name}.keras"
    names = sorted(file.stem for file in PRETRAINED.glob("*.keras"))
    if name not in names:
        raise ValueError(f"There are weights named {', '.join(names)}; received {name!r}")
    model = refiner(filters=16)  # the preset's
    model.load_weights(path)  # an older Keras reads the weights, not always the whole model
    return model
