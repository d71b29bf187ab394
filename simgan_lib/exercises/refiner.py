"""Exercises of lesson 02: the refiner."""

import numpy as np
from keras import Input, KerasTensor, Model, ops

from ..course import receptive_field as field
from ..simgan import losses, refiner
from .core import (
    Choice,
    Incorrect,
    call,
    close,
    expect,
    function,
    gradients,
    numbers,
    recognise,
    run,
)


@function(
    solves=refiner.resnet_block,
    hints=[
        'A layer is made and called in one line: `layers.Conv2D(filters, 3, padding="same")(x)`.',
        "Give the result of the two convolutions a name of its own, such as y: x is still needed.",
        "At the end comes the sum of x and y, and only then the second ReLU.",
    ],
)
def resnet_block(attempt):
    images = Input((7, 9, 5))
    out = run(attempt, images, 5)
    if not isinstance(out, KerasTensor):
        raise Incorrect(
            "the block should return feature maps made of x by Keras layers, from `keras.layers`; "
            f"received {type(out).__name__}."
        )
    if out is images:
        raise Incorrect("this returns x as it came; the two 3x3 convolutions do nothing to it.")
    if tuple(out.shape) != (None, 7, 9, 5):
        raise Incorrect(
            f"feature maps (B, 7, 9, 5) should keep their shape; received {tuple(out.shape)}. "
            'Without padding="same" every convolution takes a frame off the image.'
        )
    block = Model(images, out)
    shapes = [tuple(w.shape) for w in block.weights]
    if sorted(shapes) != sorted([(3, 3, 5, 5), (5,)] * 2):
        if any("norm" in type(layer).__name__.lower() for layer in block.layers):
            raise Incorrect("the paper's refiner has no normalisation; leave it out.")
        raise Incorrect(
            f"two 3x3 convolutions with biases have weights of shapes {[(3, 3, 5, 5), (5,)] * 2}; "
            f"received {shapes}."
        )
    try:
        twice = Model(images, run(attempt, out, 5))
    except ValueError as error:
        if "unique" not in str(error):
            raise
        raise Incorrect(
            "a refiner has four blocks, but two of these do not fit into one model: their layers "
            "have the same fixed names. Leave `name=` out."
        ) from error
    if len(twice.weights) != 2 * len(block.weights):
        raise Incorrect(
            "a second block shares its layers with the first; make new layers in every call."
        )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 7, 9, 5)).astype("float32")
    block.set_weights([np.zeros(shape) for shape in shapes])
    recognise(
        block(x).numpy(),
        (
            np.zeros_like(x),
            "with all weights at zero the block returns zeros: the way around is missing. Add x to "
            "what the convolutions made; then doing nothing is easy to learn.",
        ),
        (
            x,
            "the ReLU after the sum is missing: with all weights at zero the block should return "
            "relu(x), and it returned x.",
        ),
    )
    block.set_weights([rng.normal(0, 0.3, shape) for shape in shapes])
    kernels = [w for w in block.get_weights() if w.ndim == 4]
    biases = [w for w in block.get_weights() if w.ndim == 1]

    def convolution(x, k):
        return ops.conv(x, kernels[k], padding="same") + biases[k]

    got = block(x).numpy()
    rights = []
    for one, two in ((0, 1), (1, 0)):  # a layer of one's own may keep its weights in either order
        first = convolution(x, one)
        y = convolution(ops.relu(first), two)
        rights.append(ops.relu(x + y).numpy())
        recognise(
            got,
            (
                ops.relu(x + convolution(first, two)),
                "the ReLU between the two convolutions is missing; without it they are one.",
            ),
            (
                ops.relu(x + ops.relu(y)),
                "a ReLU stands before the sum: the block can then only make things brighter. Add "
                "first, then take the ReLU.",
            ),
        )
    if not close(got, rights[1]):
        expect(got, rights[0], "the block's output")
    if not close(block(x, training=True).numpy(), got):
        raise Incorrect(
            "in training, with training=True, the block returns something else than in use: it "
            "has a layer such as Dropout or noise. The paper's block has none."
        )


@function(
    solves=field.receptive_field,
    hints=[
        "Start with a window of 1 pixel and a step of 1 pixel, and go through the layers in order.",
        "A kernel of k adds k - 1 steps to the window. Then its stride multiplies the step.",
    ],
)
def receptive_field(attempt):
    for kernels, strides in [
        ([3], [1]),
        # before the small ones, for which several mistakes give the same number
        ([7, 5, 3, 3], [4, 2, 2, 2]),
        ([3, 3], [1, 1]),
        ([3, 3], [2, 1]),
        ([3, 3], [1, 2]),
        ([2, 4, 3], [2, 1, 1]),
        ([3, 5], [2, 1]),
    ]:
        got = numbers(call(attempt, list(kernels), list(strides)), ())
        steps = np.cumprod([1, *strides])
        widths = np.array(kernels) - 1
        right = 1 + (widths * steps[:-1]).sum()
        if got != right:
            forward = 1
            for kernel, stride in zip(kernels, strides, strict=True):
                forward = (forward - 1) * stride + kernel
            recognise(
                got,
                (
                    forward,
                    "(size - 1) * stride + kernel is the formula that goes backwards, from the "
                    "last layer to the first; here it runs forwards. Reverse the lists, or count "
                    "steps: a kernel adds k - 1 of them, then its stride multiplies the step.",
                ),
                (
                    1 + widths.sum(),
                    "the strides are left out. After a stride of 2 the next kernel's pixels lie "
                    "two apart, so it widens the window twice as much.",
                ),
                (
                    1 + (widths * steps[1:]).sum(),
                    "a layer's stride comes too early: it spreads the layers after it, not its "
                    "own kernel.",
                ),
                (
                    np.sum(kernels),
                    "this adds whole kernels. A kernel of 3 on a window of 3 sees 5 pixels, not 6: "
                    "it adds k - 1.",
                ),
                (right**2, "this is the area; the side is asked for."),
            )
            raise Incorrect(
                f"kernels {kernels} with strides {strides} see {right} pixels; received {got:g}."
            )


@function(
    solves=losses.self_regularization_loss,
    hints=[
        "Image minus image, without its sign, then one number for the whole batch.",
        "`ops.abs` and `ops.mean`, from `keras`: they pass gradients on, NumPy does not.",
    ],
)
def self_regularization_loss(attempt):
    rng = np.random.default_rng(0)
    refined, synthetic = rng.uniform(-1, 1, (2, 3, 35, 55, 1)).astype("float32")
    difference = refined - synthetic
    size = np.abs(difference)
    got = numbers(call(attempt, refined, synthetic), (), "the loss")
    scale = "lambda would then mean something else for every"
    l2 = "The paper's is L1, the mean absolute value."
    recognise(
        got,
        (
            -size.mean(),
            "the sign is turned: whoever makes this small moves the image as far as possible. "
            "Leave the minus out.",
        ),
        (size.sum(), f"this is a sum; {scale} batch and image size. Take the mean."),
        (size.sum((1, 2, 3)).mean(), f"this sums over pixels; {scale} image size. Take the mean."),
        (size.mean((1, 2, 3)).sum(), f"this sums over the batch; {scale} batch size. Take means."),
        (np.square(difference).mean(), f"this is the mean of the squares, L2. {l2}"),
        (np.sqrt(np.square(difference).mean()), f"this is the root of the mean square, L2. {l2}"),
    )
    if close(abs(got), abs(difference.mean())):
        raise Incorrect("brighter and darker pixels cancel: take absolute values before the mean.")
    expect(got, size.mean(), "the loss")
    _, (gradient, _) = gradients(attempt, refined, synthetic)
    if gradient is None:
        raise Incorrect(
            "the value is right, but no gradient reaches the refiner: the loss leaves TensorFlow "
            "on its way. Use the functions of `keras.ops`."
        )
    if not close(np.asarray(gradient) * difference.size, np.sign(difference)):
        raise Incorrect("the value is right, but its gradient is not that of the mean |R(x) - x|.")


l1_or_l2 = Choice(
    "b",
    {
        "a": "L1 counts what is changed in all: a tenth of the pixels by 60 levels is 6 levels a "
        "pixel on average, the same as 6 levels everywhere.",
        "b": "L1 charges both the same. L2 squares: 0.1 * 60 * 60 = 360 against 6 * 6 = 36, ten "
        "times. Under L2 a refiner would rather make everything a little grey than one iris dark.",
        "c": "that would hold if large changes cost less than in proportion; squares cost more.",
    },
    hints=[
        "Give the image 100 pixels and write both edits down: 10 pixels by 60, 100 pixels by 6.",
        "L1: 10 * 60 against 100 * 6. L2: 10 * 60 * 60 against 100 * 6 * 6.",
    ],
)
