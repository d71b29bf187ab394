"""The visual Turing test: can anyone tell refined eyes from real ones, a person or a machine?

As for the discriminator, 0 stands for a real eye and 1 for a refined one.
"""

import io

import keras
import numpy as np
from keras import Input, Model, layers
from PIL import Image
from scipy.stats import binomtest

from ..data.images import to_float
from ..simgan.weights import initialize
from .estimator import estimate_gaze

KINDS = ("real", "refined")
STEPS, HALF_BATCH, RATE = 400, 32, 1e-3  # of the machine that judges


class VisualTuringTest:
    """One judge's test: real and refined eyes, shuffled, one at a time, without feedback.

    `images`, `(2 * count, 35, 55)` uint8, and `truth`, `(2 * count,)`, are in the order in which
    the judge sees them; `verdicts` is the list of those given so far. Both are made of 0 for real
    and 1 for refined.

    Args:
        real: `EyeSet`.
        refined: `EyeSet`.
        count: Eyes of each kind, the paper's 50 for each person.
        seed: Seed of which eyes are shown and in which order.

    Raises:
        ValueError: If there are fewer eyes than that.
    """

    def __init__(self, real, refined, count=50, seed=0):
        if not 1 <= count <= min(len(real), len(refined)):
            raise ValueError(
                f"A test needs at least one eye of each kind, and has {len(real)} real and "
                f"{len(refined)} refined ones; received count {count}"
            )
        rng = np.random.default_rng(seed)
        rows = [rng.choice(len(eyes), count, replace=False) for eyes in (real, refined)]
        order = rng.permutation(2 * count)
        self.images = np.concatenate([real.images[rows[0]], refined.images[rows[1]]])[order]
        self.truth = np.repeat([0, 1], count)[order]
        self.verdicts = []

    @property
    def eye(self):
        """The eye to be judged now, `(35, 55)` uint8, or None if all are judged."""
        position = len(self.verdicts)
        return self.images[position] if position < len(self.images) else None

    def judge(self, verdict):
        """Notes what the eye to be judged was called, and goes on to the next.

        Args:
            verdict: "real" or "refined".

        Raises:
            ValueError: If it is another word, or no eye is left.
        """
        if verdict not in KINDS or self.eye is None:
            raise ValueError(
                f"A verdict is one of {KINDS}, {len(self.images)} in all; "
                f"received {verdict!r} as number {len(self.verdicts) + 1}"
            )
        self.verdicts.append(KINDS.index(verdict))

    def confusion(self):
        """The confusion matrix of the verdicts given so far, `(2, 2)`."""
        return confusion_matrix(self.truth[: len(self.verdicts)], self.verdicts)


def panel(test, zoom=8):
    """Makes the buttons with which a person takes a test.

    Args:
        test: A `VisualTuringTest`, which keeps the verdicts.
        zoom: Pixels of the screen for a pixel of the eye.

    Returns:
        An ipywidgets box: how far one is, the eye, and a button for each verdict.
    """
    import ipywidgets  # only here: nothing but a notebook can show it

    height, width = (f"{zoom * size}px" for size in test.images.shape[1:3])
    size = ipywidgets.Layout(width=width, height=height)  # or it is as wide as the page
    position, picture = ipywidgets.Label(), ipywidgets.Image(format="png", layout=size)
    buttons = ipywidgets.HBox([ipywidgets.Button(description=kind.title()) for kind in KINDS])

    def show():
        if test.eye is None:
            position.value = "All eyes are judged. Go on with the next cell."
            buttons.layout.display = picture.layout.display = "none"
        else:
            position.value = f"Eye {len(test.verdicts) + 1} of {len(test.images)}"
            picture.value = png(test.eye, zoom)

    def judged(button):
        test.judge(button.description.lower())
        show()

    for button in buttons.children:
        button.on_click(judged)
    show()
    return ipywidgets.VBox([position, picture, buttons])


def png(image, zoom):
    """An image `(35, 55)` uint8 as the bytes of a PNG file, `zoom` times as high and as wide."""
    height, width = image.shape
    file = io.BytesIO()
    Image.fromarray(image).resize((zoom * width, zoom * height), Image.BILINEAR).save(file, "PNG")
    return file.getvalue()


def confusion_matrix(truth, verdicts):
    """Counts what was called what, as the paper's table 1 does.

    Args:
        truth: What each eye is, `(N,)`, 0 for real and 1 for refined.
        verdicts: What it was called, `(N,)`, in the same way.

    Returns:
        Counts, `(2, 2)`: a row for what an eye is, a column for what it was called. The paper has
        `[[224, 276], [207, 293]]`.
    """
    truth, verdicts = np.asarray(truth), np.asarray(verdicts)
    return np.array([[np.sum((truth == t) & (verdicts == v)) for v in (0, 1)] for t in (0, 1)])


def binomial_p_value(correct, trials, chance=0.5):
    """Probability that guessing is right at least as often: exact, one-sided.

    The paper's 517 of 1,000 have 0.148 (its section on the visual Turing test).

    Args:
        correct: How often the judge was right, 0 to `trials`.
        trials: How often the judge was asked.
        chance: Probability that one guess is right.

    Returns:
        float, P(X >= correct) for a binomial X of `trials` and `chance`.
    """
    return float(binomtest(correct, trials, chance, alternative="greater").pvalue)


def machine_accuracy(real, refined, seed=0):
    """How often a fresh network tells refined from real eyes that it has not seen.

    It learns from one half of each set and is tested on the other. Where persons are known, the
    halves have none in common; eyes of one person only, or of nobody known, are split at random.

    Args:
        real: `EyeSet`.
        refined: `EyeSet`, of the same persons as `real` or of none of them.
        seed: Seed of the halves, the weights and the order of the eyes.

    Returns:
        float, percent of right verdicts, the mean of those on real and on refined eyes, so that
        50 is chance whatever the sizes of the sets.

    Raises:
        ValueError: If the sets share some persons, but not all.
    """
    persons = [set() if eyes.person is None else set(eyes.person) for eyes in (real, refined)]
    if persons[0] != persons[1] and persons[0] & persons[1]:
        raise ValueError(
            "Both sets need the same persons or none in common, or the judge is tested on whom it "
            f"knows; received {len(persons[0] & persons[1])} in common"
        )
    halves = [_halves(eyes, seed) for eyes in (real, refined)]
    model = train_judge(*(known for known, _ in halves), seed)
    right = [np.mean(verdicts(model, new) == kind) for kind, (_, new) in enumerate(halves)]
    return float(100 * np.mean(right))


def train_judge(real, refined, seed=0):
    """Trains a small network to tell refined from real eyes, reproducibly, in a few seconds.

    Args:
        real: `EyeSet`.
        refined: `EyeSet`. Every batch has as many of the one as of the other.
        seed: Seed of the weights and of the order of the eyes.

    Returns:
        A `keras.Model` from `(B, 35, 55, 1)` in [-1, 1] to logits `(B, 1)`, above 0 for refined.
    """
    x = images = Input((35, 55, 1))
    for count in (16, 32, 64):
        x = layers.Conv2D(count, 3, strides=2, activation="relu")(x)
    model = initialize(Model(images, layers.Dense(1)(layers.Flatten()(x)), name="judge"), seed)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss, jit_compile=False)
    streams = [eyes.stream(HALF_BATCH, seed) for eyes in (real, refined)]
    truth = np.repeat([[0.0], [1.0]], HALF_BATCH, axis=0)
    for _ in range(STEPS):
        images = np.concatenate([next(stream)[0] for stream in streams])
        model.train_on_batch(to_float(images), truth)
    return model


def verdicts(judge, eyes):
    """What a trained judge calls the eyes of an `EyeSet`, `(N,)`: 0 for real, 1 for refined."""
    return (estimate_gaze(judge, eyes)[:, 0] > 0).astype(int)


def _halves(eyes, seed):
    """Splits eyes in two, between persons if there are several."""
    several = eyes.person is not None and len(np.unique(eyes.person)) > 1
    return eyes.split(0.5, seed, by="person" if several else None)


def features(estimator, eyes):
    """What a gaze estimator makes of eyes before its last layer.

    Args:
        estimator: A gaze estimator, as `simgan_lib.measure.estimator.train_estimator` returns it.
        eyes: `EyeSet`.

    Returns:
        float32, `(N, units)`: 128 numbers an eye for the preset "pocket".
    """
    return estimate_gaze(Model(estimator.inputs, estimator.layers[-2].output), eyes)


def kernel_distance(a, b):
    """Squared maximum mean discrepancy of two sets of features, unbiased.

    The kernel is (x . y / d + 1)^3, as in the kernel inception distance (Binkowski et al., 2018).

    Args:
        a: Features, `(N, d)`, N at least 2.
        b: Features, `(M, d)`, M at least 2. It takes room for N x N, M x M and N x M numbers.

    Returns:
        float. 0 on average if both come from one distribution, so it may also be a little below.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)

    def kernel(x, y):
        return (x @ y.T / x.shape[1] + 1) ** 3

    def among(x):
        alike = kernel(x, x)  # (N, N), on its diagonal each with itself, which does not count
        return (alike.sum() - np.trace(alike)) / (len(x) * (len(x) - 1))

    return float(among(a) + among(b) - 2 * kernel(a, b).mean())
