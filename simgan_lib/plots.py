"""Every figure of the course. Each function returns a matplotlib figure."""

import matplotlib.pyplot as plt
import numpy as np

COLOURS = {
    "constant": "0.6",
    "synthetic": "tab:blue",
    "noise": "tab:olive",
    "refined": "tab:red",
    "real_labels": "tab:green",
}


def montage(rows, columns=10, scale=1.1):
    """Draws sets of eyes under each other, a titled row a set.

    Args:
        rows: Dict from a title to images, `(N, 35, 55)` uint8.
        columns: Eyes a row.
        scale: Width of an eye in inches.
    """
    figure, axes = plt.subplots(
        len(rows), 1, figsize=(columns * scale, len(rows) * (scale * 35 / 55 + 0.3)), squeeze=False
    )
    for axis, (title, images) in zip(axes[:, 0], rows.items(), strict=True):
        axis.imshow(np.hstack(images[:columns]), cmap="gray", vmin=0, vmax=255)
        axis.set_title(title, loc="left", fontsize=9)
        axis.axis("off")
    figure.tight_layout(pad=0.3)
    return figure


def learning_curves(curves):
    """Draws what `SimGAN` notes while it trains.

    Args:
        curves: List of dicts, one every few steps, as `train` returns it.
    """

    def draw(axis, **labels):
        for name, label in labels.items():
            axis.plot([r["step"] for r in curves], [r[name] for r in curves], label=label)
        axis.set_xlabel("step")
        axis.legend(frameon=False, fontsize=8)

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 2.8))
    draw(left, accuracy_real="real", accuracy_fresh="fresh", accuracy_remembered="remembered")
    left.axhline(0.5, color="0.8", zorder=0)
    left.set(title="Accuracy of D", ylim=(0, 1))
    draw(middle, discriminator_loss="D, equation 2", realism="R, first term of equation 4")
    middle.set(title="Losses (nats)", ylim=(0, None))
    draw(right, self_regularization="mean |R(x) - x|")
    right.set(title="Self-regularization", ylim=(0, None))
    figure.tight_layout()
    return figure


def error_curves(errors, limit=30):
    """Draws for every angle which share of the eyes is off by no more than it.

    Args:
        errors: Dict from a name to angular errors in degrees, `(N,)`.
        limit: Largest angle drawn, in degrees.
    """
    figure, axis = plt.subplots(figsize=(6, 3.4))
    for name, error in errors.items():
        share = np.arange(1, len(error) + 1) / len(error) * 100
        axis.plot(np.sort(error), share, label=name, color=COLOURS.get(name))
    axis.axvline(7, color="0.8", zorder=0)
    axis.set(xlim=(0, limit), ylim=(0, 100), xlabel="angular error, degrees")
    axis.set_ylabel("share of eyes within, %")
    axis.legend(title="trained on", frameon=False)
    figure.tight_layout()
    return figure
