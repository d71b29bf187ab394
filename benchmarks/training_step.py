"""An adversarial training step against its convolutions alone: aim, they are 90 % of its time.

Each convolution, with the gradients that the step needs of it, is called as often as the step has
it. A call from Python costs 0.2 ms, which the sum has 50 times and the step once: nothing for the
paper's networks, but 4 % for the small ones, whose share may therefore come out above 100 %.
"""

from collections import Counter
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from benchmarks import by_turns
from simgan_lib.simgan.training import PRESETS, SimGAN

BATCH = 32  # of the paper's 512, whose step takes half a minute and gigabytes


def convolutions(model):
    """Counts what one step convolves: {(input, kernel, stride, which gradients): how often}."""
    uses = (  # network, how often, gradient to its input, gradients to its weights
        (model.refiner, model.refiner_steps, False, True),
        (model.refiner, model.discriminator_steps, False, False),
        (model.discriminator, model.refiner_steps, True, False),
        (model.discriminator, 2 * model.discriminator_steps, False, True),  # refined, real
    )
    counts = Counter()
    for network, times, to_images, to_weights in uses:
        layers = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
        for layer in layers:
            to_input = to_images or (to_weights and layer is not layers[0])
            shapes = layer.input.shape[1:], tuple(layer.kernel.shape), layer.strides
            counts[*shapes, to_input, to_weights] += times
    return counts


def convolution(batch, shape, kernel, strides, to_input, to_weights):
    """One convolution with the gradients asked for, as a compiled function without arguments."""
    x, weights = tf.random.normal((batch, *shape)), tf.random.normal(kernel)
    answer = tf.random.normal(tf.nn.conv2d(x, weights, strides, "SAME").shape)

    @tf.function
    def run(x, weights, answer):
        with tf.GradientTape() as tape:
            sources = [x] * to_input + [weights] * to_weights
            tape.watch(sources)
            y = tf.nn.conv2d(x, weights, strides, "SAME")
        return y, tape.gradient(y, sources, answer) if sources else None

    return lambda: run(x, weights, answer)


def measure(name, preset, rounds):
    """Prints the seconds of a step, of its convolutions and their share."""
    model = SimGAN.from_preset(preset)
    sizes = preset.refiner_steps + preset.discriminator_steps, preset.discriminator_steps
    rng = np.random.default_rng(0)
    shapes = [(size, preset.batch_size, 35, 55, 1) for size in sizes]
    images = tuple(rng.uniform(-1, 1, shape).astype("float32") for shape in shapes)
    data = iter(tf.data.Dataset.from_tensors(images).repeat())
    model.make_train_function()
    counts = convolutions(model)
    parts = {key: convolution(preset.batch_size, *key) for key in counts}

    def convolve():
        for key, times in counts.items():
            for _ in range(times):
                parts[key]()

    whole, alone = by_turns(lambda: model.train_function(data), convolve, rounds=rounds)
    refined = sizes[0] * preset.batch_size
    print(
        f"training step, {name}, batch {preset.batch_size}: {whole:.3f} s, its convolutions alone "
        f"{alone:.3f} s: {alone / whole:.0%} (aim 90 %)\n"
        f"    {refined / whole:.0f} images a second, counting the {refined} that R refines in a "
        f"step: {preset.refiner_steps} x {preset.batch_size} to learn and "
        f"{preset.discriminator_steps} x {preset.batch_size} for D",
        flush=True,
    )


if __name__ == "__main__":
    measure("paper", replace(PRESETS["paper"], batch_size=BATCH, buffer_size=10 * BATCH), 7)
    measure("pocket", PRESETS["pocket"], 30)
