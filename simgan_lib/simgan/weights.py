"""Where the weights of a network come from."""

from pathlib import Path

import keras

from .refiner import refiner

PRETRAINED = Path(__file__).parents[1] / "pretrained"


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
    """Loads refiners that the course ships, so that nobody has to train any to go on.

    "pocket" is the history of `simgan demo --seed 0`, trained between simulated synthetic and
    camera eyes. `pretrained/pocket.json` has its preset, its seed, what tells its data and the
    command that trains it again, on another machine to other weights of the same kind: where
    numbers are rounded otherwise, a game takes another course. Weights trained on photographs are
    not shipped: those of MPIIGaze are licensed for non-commercial use, and that would go for the
    weights too.

    Args:
        name: "pocket".

    Returns:
        A list of `keras.Model` as `refiner` builds them, with 16 filters, oldest first; the last
        one is R as the training left it.

    Raises:
        ValueError: If there are no weights of that name.
    """
    names = sorted(path.stem for path in PRETRAINED.glob("*.json"))
    if name not in names:
        raise ValueError(f"There are weights named {', '.join(names)}; received {name!r}")
    history = []
    for file in sorted((PRETRAINED / name).glob("*.keras")):
        history.append(refiner(filters=16))  # the preset's
        history[-1].load_weights(file)  # an older Keras reads weights, not always a whole model
    return history
