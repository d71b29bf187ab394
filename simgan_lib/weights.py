"""Where the weights of a network come from."""

import keras


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
