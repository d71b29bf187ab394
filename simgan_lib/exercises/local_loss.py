"""Exercises of lesson 03: the discriminator and the losses of both players."""

import inspect

import numpy as np
from keras import Model, layers, ops

from ..simgan import discriminator as networks
from ..simgan import losses
from .core import (
    Choice,
    Incorrect,
    Number,
    call,
    close,
    expect,
    function,
    gradients,
    numbers,
    recognise,
    run,
)

NO_GRADIENT = (
    "the value is right, but no gradient reaches the networks: the loss leaves TensorFlow on its "
    "way. Use the functions of `keras.ops`."
)


@function(
    solves=networks.discriminator,
    hints=[
        "Line by line as in the table: `x = layers.Conv2D(96, 3, strides=2, "
        'padding="same", activation="relu")(x)`, starting from `x = images = Input(image_shape)`.',
        'The pooling is `layers.MaxPooling2D(3, strides=1, padding="same")`: without `strides` '
        "Keras would move it by 3.",
        "The last layer is `layers.Conv2D(2, 1)` with no activation at all; then "
        "`return Model(images, x)`.",
    ],
)
def discriminator(attempt):
    model = run(attempt)
    if not isinstance(model, Model):
        raise Incorrect(
            "the function should return a `keras.Model`, `Model(images, x)`; received "
            f"{type(model).__name__}."
        )
    before = model.get_weights()
    try:
        _judge_map(model)
    finally:  # the attempt may return one and the same model every time
        model.set_weights(before)


def _judge_map(model):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (3, 35, 55, 1)).astype("float32")
    got = run(model, x)
    if isinstance(got, list | tuple | dict):
        raise Incorrect(
            "the model should return one tensor, the map of logits; its output is a "
            f"{type(got).__name__} here. `Model(images, x)` takes x as it is."
        )
    got = ops.convert_to_numpy(got)
    if got.shape[1:] == (126, 2):
        raise Incorrect(
            "the 126 verdicts are there, but the map's rows and columns are lost: (126, 2) where "
            "(9, 14, 2) is asked for. Leave out the `Reshape`; the loss takes the map as it is."
        )
    if got.ndim < 4:
        raise Incorrect(
            f"this gives one verdict an image, shape {got.shape[1:]}; a map of verdicts (9, 14, 2) "
            "is asked for. Leave out `Flatten`, `Dense` and global pooling: convolutions only."
        )
    if got.shape[1:3] != (9, 14):
        why = _differs(model) or (
            'Two layers have stride 2, all others stride 1, and all have padding="same": with '
            '"valid" the patches at the border are lost.'
        )
        raise Incorrect(
            f"the map should be 9 x 14; received {got.shape[1]} x {got.shape[2]}. {why}"
        )
    if got.shape[3] != 2:
        raise Incorrect(f"a patch has 2 logits, real and refined; received {got.shape[3]}.")
    library = networks.discriminator()
    shapes = [tuple(w.shape) for w in model.weights]
    right = [tuple(w.shape) for w in library.weights]
    if shapes != right:
        if any("norm" in type(layer).__name__.lower() for layer in model.layers):
            raise Incorrect("the paper's discriminator has no normalisation; leave it out.")
        kernels = ", ".join(str(shape) for shape in shapes if len(shape) > 1)
        raise Incorrect(
            f"the network should have 75,906 weights; received {model.count_params():,}, in "
            f"kernels of shapes {kernels}. Compare with the table."
        )
    weights = [rng.normal(0, 0.3, shape) for shape in shapes]
    model.set_weights(weights)
    library.set_weights(weights)
    got, right = model(x).numpy(), library(x).numpy()
    recognise(
        got,
        (
            np.maximum(right, 0),
            "a ReLU follows the last layer, so no logit can be negative. About a quarter of the "
            "patches then start with both logits at zero and without a gradient, and the loss "
            "sticks at 0.693. Leave that activation out.",
        ),
        (
            ops.softmax(right).numpy(),
            "a softmax stands inside the model: it returns probabilities, and those of a sure "
            "discriminator round to 0, whose logarithm is infinite. Return the logits; the loss "
            "takes the softmax.",
        ),
        (
            ops.sigmoid(right).numpy(),
            "a sigmoid stands inside the model. Return the logits; the loss takes the softmax.",
        ),
    )
    pooling = [
        type(layer).__name__
        for layer in _layers(model, layers.Layer)
        if "Pool" in type(layer).__name__
    ]
    if pooling != ["MaxPooling2D"] and not close(got, right):
        raise Incorrect(
            "one max pooling 3x3 stands after the second convolution; it widens the window to 23 "
            f"pixels. Received {', '.join(pooling) or 'none'}."
        )
    if not close(got, right):
        why = _differs(model) or "Strides, pooling or activations differ from the table."
        raise Incorrect(f"with the same weights as the library's it returns another map. {why}")
    if not close(model(x, training=True).numpy(), got):
        raise Incorrect(
            "in training, with training=True, the model returns something else than in use: it "
            "has a layer such as Dropout or noise. The table has none."
        )


def _differs(model):
    """What strides, pooling and padding differ from the table, in a sentence; "" if none."""
    convolutions = _layers(model, layers.Conv2D)
    if len(convolutions) == 5:
        for number, (layer, stride) in enumerate(
            zip(convolutions, (2, 2, 1, 1, 1), strict=True), start=1
        ):
            if tuple(layer.strides) != (stride, stride):
                return (
                    f"Convolution {number} has strides {tuple(layer.strides)}; in the table its "
                    f"stride is {stride}."
                )
    for layer in _layers(model, layers.MaxPooling2D):
        if tuple(layer.pool_size) != (3, 3):
            return f"The max pooling takes {tuple(layer.pool_size)} pixels; in the table 3 x 3."
        if tuple(layer.strides) == (3, 3):
            return (
                "The max pooling moves by 3: without `strides` Keras takes the size of its window. "
                "Write `strides=1`, which keeps all patches."
            )
        if tuple(layer.strides) != (1, 1):
            return (
                f"The max pooling moves by {layer.strides[0]}; with stride 1 it keeps all patches."
            )
    for layer in [*convolutions, *_layers(model, layers.MaxPooling2D)]:
        size = getattr(layer, "kernel_size", None) or layer.pool_size
        if layer.padding != "same" and max(size) > 1:
            return (
                f'{type(layer).__name__} has padding="{layer.padding}", and the patches at the '
                'border are lost; all layers have padding="same".'
            )
    return ""


def _layers(model, kind):
    """The model's layers of a kind, also those of models inside it."""
    found = []
    for layer in model.layers:
        if isinstance(layer, Model):
            found += _layers(layer, kind)
        elif isinstance(layer, kind):
            found.append(layer)
    return found


def _log_softmax(logits, axis=-1):
    return logits - np.log(np.exp(logits).sum(axis, keepdims=True))


def _cross_entropy(logits, target):
    return -_log_softmax(np.float64(logits))[..., target].mean()


@function(
    solves=losses.local_adversarial_loss,
    hints=[
        "The classes are on the last axis: `ops.log_softmax(logits, axis=-1)` has the shape of "
        "the logits.",
        "`[..., target]` takes one class of every patch; shape (B, 9, 14).",
        "Then the mean of all of them, with a minus in front.",
    ],
)
def local_adversarial_loss(attempt):
    logits = np.random.default_rng(1).normal(0, 2, (4, 9, 14, 2)).astype("float32")
    wide = np.float64(logits)
    channels = wide.transpose(0, 3, 1, 2)
    for target in (losses.REAL, losses.REFINED):
        got = numbers(call(attempt, logits, target), (), "the loss")
        log = _log_softmax(wide)[..., target]
        right = -log.mean()
        mixed = "the class axis and the patch axes are mixed in a reshape: the loss compares "
        mixed += (
            "neighbouring patches, not the two classes. The classes are the last axis as it is."
        )
        axes = "the softmax runs over {}, so patches compete with each other. Its axis is the last."
        index = "this takes {} number `target` of the batch or map; the target is a class, and the "
        index += "classes are the last axis: `[..., target]`."
        scale = "The weight lambda of the other term would mean something else for every"
        recognise(
            got,
            (-_log_softmax(wide.reshape(4, 2, -1), 1)[:, target].mean(), mixed),
            (-_log_softmax(channels.reshape(-1, 2))[:, target].mean(), mixed),
            (-_log_softmax(channels.reshape(4, -1, 2))[..., target].mean(), mixed),
            (-_log_softmax(wide)[target].mean(), index.format("image")),
            (-_log_softmax(wide)[:, target].mean(), index.format("row")),
            (-_log_softmax(wide)[:, :, target].mean(), index.format("column")),
            (-_log_softmax(wide, 0)[target].mean(), index.format("image")),
            (-_log_softmax(wide, 0)[..., target].mean(), axes.format("the batch")),
            (-_log_softmax(wide, 1)[..., target].mean(), axes.format("the rows")),
            (-_log_softmax(wide, 2)[..., target].mean(), axes.format("the columns")),
            (-_log_softmax(wide, (1, 2))[..., target].mean(), axes.format("the patches")),
            (right * 504, f"this is a sum. {scale} batch and map. Take the mean."),
            (right * 126, f"this sums over the patches. {scale} size of the map. Take the mean."),
            (right * 4, f"this sums over the batch. {scale} batch. Take the mean."),
            (
                right / 2,
                "this is half of it: the mean counts the class that is not the target too, "
                "with a zero. Take the one class first, `[..., target]`, then the mean.",
            ),
            (-right, "the sign is missing: log-probabilities are negative, a loss is positive."),
            (
                _cross_entropy(wide, 1 - target),
                f"the target is swapped: for {target} it is the loss of the other class.",
            ),
            (
                _cross_entropy(wide.mean((1, 2)), target),
                "this takes the mean of the logits first and then judges once: that is the global "
                "loss. Every patch has a cross-entropy of its own; the mean comes last.",
            ),
            (
                -np.log(np.exp(log).mean((1, 2))).mean(),
                "the mean of an image's probabilities is taken before the logarithm, so one sure "
                "patch speaks for the others. First the logarithm, then the mean.",
            ),
            (
                -np.log(np.exp(log).mean()),
                "the mean of the probabilities is taken before the logarithm, so one sure patch "
                "speaks for the others. First the logarithm, then the mean.",
            ),
            (-np.exp(log).mean(), "the logarithm is missing: this is the mean probability."),
            (
                -wide[..., target].mean(),
                "the softmax is missing: logits are no log-probabilities yet.",
            ),
            (
                _cross_entropy(np.exp(_log_softmax(wide)), target),
                "the softmax is taken twice. `ops.log_softmax` takes logits; so does a loss of "
                "Keras with from_logits=True.",
            ),
        )
        expect(got, right, f"the loss for target {target}")
    _, (gradient,) = gradients(attempt, logits, losses.REFINED)
    if gradient is None:
        raise Incorrect(NO_GRADIENT)
    chance = np.exp(_log_softmax(wide))
    if not close(np.asarray(gradient) * 504, chance - [0, 1]):
        raise Incorrect("the value is right, but its gradient is not that of the cross-entropy.")
    sure = np.full((1, 9, 14, 2), [500.0, -500.0], "float32")
    got = np.asarray(call(attempt, sure, losses.REFINED))
    if not close(got, 1000):
        raise Incorrect(
            "a discriminator that is sure, with logits 500 and -500, should cost 1000; received "
            f"{float(got):.4g}. Its probabilities overflow or round to 0: use `ops.log_softmax`, "
            "which never computes them."
        )


def _two_maps():
    return np.random.default_rng(2).normal(0, 2, (2, 4, 9, 14, 2)).astype("float32")


@function(
    solves=losses.refiner_loss,
    hints=[
        "R wants its eyes to be taken for real: that is the local loss of D's map with the target "
        "REAL.",
        "Add `weight` times `self_regularization_loss(refined, synthetic, psi)`.",
    ],
)
def refiner_loss(attempt):
    logits, _ = _two_maps()
    images = np.random.default_rng(3).uniform(-1, 1, (2, 4, 35, 55, 1)).astype("float32")
    refined, synthetic = images
    weight = 2.5
    got = numbers(call(attempt, logits, refined, synthetic, weight), (), "the loss")
    realism = _cross_entropy(logits, losses.REAL)
    opposite = _cross_entropy(logits, losses.REFINED)
    size = np.abs(np.float64(refined) - synthetic)
    fidelity = size.mean()
    summed = "lambda multiplies a sum over pixels: one value would mean something else for every "
    summed += "batch and image size. Take the mean."
    recognise(
        got,
        (
            opposite + weight * fidelity,
            "the targets are swapped: this rewards R when D recognises its eyes as refined. R "
            "wants them to be taken for REAL.",
        ),
        (
            weight * fidelity,
            "the adversarial term is missing, D's verdict does not count: R learns the identity.",
        ),
        (fidelity, "the adversarial term and lambda are missing: R learns the identity."),
        (realism, "the self-regularisation is missing: nothing holds R to its input."),
        (realism + fidelity, "lambda is forgotten: `weight` should multiply the second term."),
        (weight * realism + fidelity, "lambda stands at the wrong term, it multiplies the second."),
        (weight * (realism + fidelity), "lambda multiplies both terms; it belongs to the second."),
        (
            weight * fidelity - opposite,
            "this fools D by maximising its loss: right in theory, but the gradient dies where D "
            "is sure, which is when R needs it. Minimise the loss with the target REAL.",
        ),
        (
            realism + 3 * fidelity,
            "lambda is always 3 here; it is the argument `weight`, 2.5 in this check.",
        ),
        (realism + weight * size.sum(), summed),
        (realism + weight * size.sum((1, 2, 3)).mean(), summed),
    )
    expect(got, realism + weight * fidelity, "the loss")
    _, (verdict, image, _) = gradients(attempt, logits, refined, synthetic, weight)
    if verdict is None or image is None:
        raise Incorrect(NO_GRADIENT)
    try:
        inspect.signature(attempt).bind(logits, refined, synthetic, weight, None)
    except (TypeError, ValueError):
        return  # it does without psi
    got = call(attempt, logits, refined, synthetic, weight, lambda images: images[:, ::2])
    got = numbers(got, (), "the loss with psi")
    recognise(
        got,
        (
            realism + weight * fidelity,
            "`psi` makes no difference: hand it on to `self_regularization_loss`.",
        ),
    )
    right = realism + weight * size[:, ::2].mean()
    expect(got, right, "the loss with psi, a function that leaves out every other row,")


@function(
    solves=losses.discriminator_loss,
    hints=[
        "Two terms: patches of refined eyes against the target REFINED, patches of real eyes "
        "against REAL.",
        "Both are `local_adversarial_loss(..., ...)`; add them.",
    ],
)
def discriminator_loss(attempt):
    refined, real = _two_maps()
    got = numbers(call(attempt, refined, real), (), "the loss")

    def both(a, b):
        return _cross_entropy(refined, a) + _cross_entropy(real, b)

    right = both(losses.REFINED, losses.REAL)
    recognise(
        got,
        (
            both(losses.REAL, losses.REFINED),
            "the targets are swapped: D would learn to call real eyes refined, and R, which asks "
            "for REAL, would be led away from real eyes.",
        ),
        (both(losses.REAL, losses.REAL), "both targets are REAL: D learns to say yes to all."),
        (both(losses.REFINED, losses.REFINED), "both targets are REFINED; D says no to all."),
        (_cross_entropy(refined, losses.REFINED), "the term of the real eyes is missing."),
        (_cross_entropy(real, losses.REAL), "the term of the refined eyes is missing."),
        (
            _cross_entropy(refined, losses.REFINED) - _cross_entropy(real, losses.REAL),
            "the second term is subtracted; D wants both to be small, so add them.",
        ),
    )
    half = close(got, right / 2)
    if not half:
        expect(got, right, "the loss")
    _, both_gradients = gradients(attempt, refined, real)
    if any(gradient is None for gradient in both_gradients):
        raise Incorrect(NO_GRADIENT)
    if half:
        return (
            "Yours is the mean of the two terms, half of equation 2: only a scale, and Adam's step "
            "does not depend on it. The curves of this course show the sum, 1.386 at chance."
        )


paper_lambda = Number(
    0.196,
    0.002,
    "3 * 126 / 1925 = 0.196. The batch falls out, both sums run over it.",
    hints=[
        "Multiply mean cross-entropy + 3 * mean |R(x) - x| by B * 126: the first mean becomes the "
        "paper's sum.",
        "In the second term B * 126 * 3 * mean = B * 126 * 3 * sum / (B * 1925). What stands "
        "before the sum?",
    ],
    mistakes={
        45.8: "this is 3 * 1925 / 126, the way back, from the paper's scale to ours. A sum of few "
        "patches and many pixels needs a smaller lambda, not a larger one.",
        6.284: "the batch of 32 counts in both sums, so it falls out.",
        378: "this is 3 * 126; the mean over 1,925 pixels is still to be turned into a sum.",
        3: "that is the value on our scale; the sums have 126 and 1,925 members.",
        0.0655: "that is the factor 126 / 1925; multiply it by the 3.",
    },
)


window = Choice(
    "c",
    {
        "a": "if all that betrays a patch were its grain, 3 pixels would do; but its light and its "
        "shapes betray it too, and they need room: the share grows with the window.",
        "b": "a wider window sees all that a narrow one sees, and more; 100 steps were enough to "
        "use it.",
        "c": "the more of the eye a patch sees, the more often it is right: from seven patches of "
        "ten with 3 pixels to nearly always with the whole eye.",
    },
    hints=[
        "A network with a wide window may ignore all but the middle of it.",
        "So a wide window can lose only by being harder to train.",
    ],
)
