"""Every figure of the course. Each function returns a matplotlib figure."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import binom

from ..data.gaze import to_pitch_yaw
from ..data.images import to_levels

COLOURS = {
    "constant": "0.6",
    "synthetic": "tab:blue",
    "noise": "tab:olive",
    "equalised": "tab:purple",
    "randomised": "tab:orange",
    "refined": "tab:red",
    "one_refiner": "tab:red",
    "history": "tab:brown",
    "real_labels": "tab:green",
}


def montage(rows, columns=10, scale=1.1):
    """Draws sets of images under each other, a titled row a set.

    Args:
        rows: Dict from a title to images, `(N, H, W)` or `(N, H, W, C)`, of one size.
        columns: Images a row.
        scale: Width of an image in inches.
    """
    height, width = next(iter(rows.values())).shape[1:3]
    size = columns * scale, len(rows) * (scale * height / width + 0.3)
    figure, axes = plt.subplots(len(rows), 1, figsize=size, squeeze=False)
    for axis, (title, images) in zip(axes[:, 0], rows.items(), strict=True):
        row = np.hstack(to_levels(np.asarray(images[:columns]))).astype("uint8")
        axis.imshow(row.squeeze(), cmap="gray", vmin=0, vmax=255)
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


def overlays(eye, maps):
    """Draws an eye and beside it maps laid over it, each with its scale.

    Args:
        eye: Image, `(35, 55)` uint8.
        maps: Dict from a title to a map `(h, w)`, coarse or fine, stretched over the whole eye.
    """
    figure, axes = plt.subplots(1, 1 + len(maps), figsize=(2.8 * (1 + len(maps)), 2.1))
    for axis in axes:
        axis.imshow(eye, cmap="gray", vmin=0, vmax=255)
        axis.axis("off")
    axes[0].set_title("the eye", fontsize=9)
    height, width = eye.shape
    box = (-0.5, width - 0.5, height - 0.5, -0.5)
    for axis, (title, values) in zip(axes[1:], maps.items(), strict=True):
        shown = axis.imshow(values, cmap="inferno", alpha=0.7, extent=box, interpolation="nearest")
        figure.colorbar(shown, ax=axis, fraction=0.03)
        axis.set_title(title, fontsize=9)
    figure.tight_layout()
    return figure


def graph(model):
    """Draws the layers of a network in order, with an arrow for all that skips some of them.

    Args:
        model: A functional `keras.Model`.
    """
    made_by = {id(layer.output): k for k, layer in enumerate(model.layers)}
    figure, axis = plt.subplots(figsize=(0.55 * len(model.layers), 2.6))
    for k, layer in enumerate(model.layers):
        box = {"boxstyle": "round", "facecolor": "0.93", "edgecolor": "0.6"}
        axis.text(k, 0, type(layer).__name__, rotation=90, ha="center", va="center", bbox=box)
        sources = [] if k == 0 else layer.input
        for source in sources if isinstance(sources, list) else [sources]:
            start = made_by[id(source)]
            if start == k - 1:
                axis.annotate("", (k - 0.3, 0), (start + 0.3, 0), arrowprops={"arrowstyle": "->"})
            else:
                bend = {"arrowstyle": "->", "connectionstyle": "arc3,rad=-0.5", "color": "tab:red"}
                axis.annotate("", (k, 0.55), (start, 0.55), arrowprops=bend)
    axis.set(xlim=(-0.7, len(model.layers) - 0.3), ylim=(-0.7, 1.5))
    axis.axis("off")
    figure.tight_layout()
    return figure


def misses(estimated, gaze):
    """Draws by how much pitch and yaw are off, a panel an estimator, a dot an eye.

    The circle is at 7 degrees, the cross at the mean miss, which `calibrate` moves to the middle.

    Args:
        estimated: Dict from a name to estimated gaze vectors, `(N, 3)`.
        gaze: True gaze vectors, `(N, 3)`.
    """
    figure, axes = plt.subplots(
        1, len(estimated), figsize=(2.6 * len(estimated), 2.9), squeeze=False, sharey=True
    )
    true = np.array(to_pitch_yaw(gaze))
    for axis, (name, vectors) in zip(axes[0], estimated.items(), strict=True):
        pitch, yaw = np.array(to_pitch_yaw(vectors)) - true
        axis.plot(yaw, pitch, ".", markersize=2, alpha=0.4, color=COLOURS.get(name))
        axis.add_patch(plt.Circle((0, 0), 7, fill=False))
        axis.plot(yaw.mean(), pitch.mean(), "k+", markersize=12, markeredgewidth=2)
        # Yaw grows to the left, as the iris moves in the image.
        axis.set(xlim=(25, -25), ylim=(-25, 25), aspect="equal", title=name, xlabel="yaw, degrees")
    axes[0, 0].set_ylabel("pitch, degrees")
    figure.tight_layout()
    return figure


def lines(x, curves, xlabel, ylabel=""):
    """Draws curves over one axis, every second one dashed, so that equal ones can both be seen.

    Args:
        x: Array, `(N,)`.
        curves: Dict from a name to an array, `(N,)`.
        xlabel: What `x` is.
        ylabel: What the curves are.
    """
    figure, axis = plt.subplots(figsize=(6.4, 2.8))
    for k, (name, y) in enumerate(curves.items()):
        axis.plot(x, y, label=name, linewidth=2, linestyle=("-", "--")[k % 2])
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def game(rounds):
    """Draws both players of `simgan_lib.course.game`, a panel a round.

    Args:
        rounds: Dict from a title to (real numbers `(N,)`, generated numbers `(N,)`, D's slope, D's
            offset).
    """
    figure, axes = plt.subplots(1, len(rounds), figsize=(2.2 * len(rounds), 2.4), sharey=True)
    x = np.linspace(-6, 6, 200)
    for axis, (title, (real, generated, slope, offset)) in zip(axes, rounds.items(), strict=True):
        style = {"bins": np.linspace(-6, 6, 41), "density": True, "alpha": 0.5}
        axis.hist(real, label="real", color=COLOURS["real_labels"], **style)
        axis.hist(generated, label="generated", color=COLOURS["refined"], **style)
        axis.plot(x, 1 / (1 + np.exp(-slope * x - offset)), "k", label="D(x)")
        axis.set(title=title, xlabel="x", xlim=(-6, 6), ylim=(0, 1))
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def game_paths(paths, mean):
    """Draws how shift and slope move in `simgan_lib.course.game`, a panel a game.

    Args:
        paths: Dict from a title to shift and slope after every round, `(T, 2)`.
        mean: The mean of the real numbers; the cross marks where neither player can gain.
    """
    figure, axes = plt.subplots(1, len(paths), figsize=(4.4 * len(paths), 3.2), squeeze=False)
    for axis, (title, path) in zip(axes[0], paths.items(), strict=True):
        shift, slope = np.transpose(path)
        axis.plot(shift, slope, ".-", linewidth=0.8, markersize=4)
        axis.plot(shift[0], slope[0], "ko", label="start")
        axis.plot(mean, 0, "r+", markersize=14, markeredgewidth=2, label="shift = mean, slope = 0")
        axis.set(title=title, xlabel="shift of G", ylabel="slope of D")
        axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def rings(panels, centres, radius, columns=5):
    """Draws points over the circles in which they should lie, a panel a set.

    Args:
        panels: Dict from a title to points, `(N, 2)`.
        centres: Of the circles, `(K, 2)`.
        radius: Of each circle.
        columns: Panels a row.
    """
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(2.1 * columns, 2.4 * rows), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, (title, points) in zip(axes.flat, panels.items(), strict=False):
        for centre in centres:
            axis.add_patch(plt.Circle(centre, radius, color=COLOURS["real_labels"], alpha=0.35))
        axis.plot(*np.transpose(points), ".", markersize=2, alpha=0.5, color=COLOURS["refined"])
        axis.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal")
        axis.set_title(title, fontsize=9)
    return figure


def heaps(panels, borders=None):
    """Draws heaps of points in the plane, and behind them where a network answers above 0.

    Args:
        panels: Dict from a title to a dict from a name to points, `(N, 2)`.
        borders: Dict from a title to a function from points `(N, 2)` to numbers `(N, 1)`; grey is
            where they are above 0. None for no border.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.4 * len(panels), 2.8), squeeze=False, layout="constrained"
    )
    for axis, (title, heaps) in zip(axes[0], panels.items(), strict=True):
        for name, points in heaps.items():
            axis.plot(*np.transpose(points), ".", markersize=3, alpha=0.6, label=name)
        axis.set(title=title, xticks=[], yticks=[])
        if borders is not None:
            x, y = (np.linspace(*ends, 150) for ends in (axis.get_xlim(), axis.get_ylim()))
            grid = np.stack(np.meshgrid(x, y), axis=-1).astype("float32")  # (150, 150, 2)
            height = np.reshape(borders[title](grid.reshape(-1, 2)), (150, 150))
            axis.contourf(x, y, height, levels=[0, np.inf], colors=["0.88"], zorder=0)
    named = axes[0, 0].get_legend_handles_labels()
    figure.legend(*named, loc="outside lower center", ncols=3, frameon=False, markerscale=2)
    return figure


def extremes(images, values, seed=0):
    """Draws for each value the eye that has least of it, most, the middle, and one at random.

    Args:
        images: `(N, 35, 55)` uint8.
        values: Dict from a name to what each image has of it, `(N,)`.
        seed: Decides which eye is the random one.
    """
    figure, axes = plt.subplots(len(values), 4, figsize=(9, 1.8 * len(values)), squeeze=False)
    for row, (name, value) in zip(axes, values.items(), strict=True):
        chosen = {
            "smallest": np.argmin(value),
            "largest": np.argmax(value),
            "most central": np.argmin(np.abs(value - np.median(value))),
            "random": np.random.default_rng(seed).integers(len(value)),
        }
        for axis, (title, index) in zip(row, chosen.items(), strict=True):
            axis.imshow(images[index], cmap="gray", vmin=0, vmax=255)
            axis.set_title(f"{title} {name}: {value[index]:.1f}", fontsize=9)
            axis.axis("off")
    figure.tight_layout()
    return figure


def distributions(sets):
    """Draws how pitch, yaw and grey levels are distributed in sets of eyes.

    Args:
        sets: Dict from a name to a labelled `EyeSet`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(10, 2.6))
    for name, eyes in sets.items():
        kinds = *to_pitch_yaw(eyes.gaze), eyes.images.ravel()
        for axis, values, bins in zip(axes, kinds, (24, 24, 64), strict=True):
            axis.hist(values, bins, density=True, histtype="step", linewidth=1.5, label=name)
    for axis, label in zip(axes, ("pitch, degrees", "yaw, degrees", "grey level"), strict=True):
        axis.set(xlabel=label, yticks=[])
    axes[0].set_ylabel("share")
    axes[2].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def arrows(images, gaze, columns=6):
    """Draws eyes, numbered from 1, and on each an arrow to where its label says that it looks.

    The image's axes are the camera's, x right and y down, so an arrow is x and y of the label.

    Args:
        images: `(N, 35, 55)` uint8.
        gaze: Unit vectors, `(N, 3)`.
        columns: Eyes a row.
    """
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.8 * columns, 1.45 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    middle = np.array([27, 17])
    for k, (image, (x, y, _)) in enumerate(zip(images, gaze, strict=True)):
        axes.flat[k].imshow(image, cmap="gray", vmin=0, vmax=255)
        axes.flat[k].set_title(k + 1, fontsize=9)
        style = {"arrowstyle": "-|>", "color": "tab:red", "linewidth": 2, "shrinkA": 0}
        axes.flat[k].annotate("", middle + 60 * np.array([x, y]), middle, arrowprops=style)
    figure.tight_layout(pad=0.3)
    return figure


def looks(rows, gaze, scale=1.3):
    """Draws rows of the same eyes, with where each looks and where a network says that it looks.

    Args:
        rows: Dict from a title to images, `(N, 35, 55)` uint8, and estimated gaze, `(N, 3)`.
        gaze: Unit vectors, `(N, 3)`, the true gaze in every row: a dashed arrow.
        scale: Width of an image in inches.
    """
    size = scale * len(gaze), len(rows) * (scale * 35 / 55 + 0.3)
    figure, axes = plt.subplots(len(rows), len(gaze), figsize=size, squeeze=False)
    middle = np.array([27, 17])
    styles = ("tab:blue", "--"), ("tab:orange", "-")
    for row, (title, (images, estimated)) in zip(axes, rows.items(), strict=True):
        row[0].set_title(title, loc="left", fontsize=9)
        for axis, image, *both in zip(row, images, gaze, estimated, strict=True):
            axis.imshow(image, cmap="gray", vmin=0, vmax=255)
            axis.set_axis_off()
            for (colour, line), (x, y, _) in zip(styles, both, strict=True):
                arrow = {"arrowstyle": "-|>", "color": colour, "linestyle": line, "linewidth": 2}
                tip = middle + 45 * np.array([x, y])
                axis.annotate("", tip, middle, arrowprops=arrow | {"shrinkA": 0, "shrinkB": 0})
    figure.tight_layout(pad=0.3)
    return figure


def joints(images, points, names=(), columns=6):
    """Draws images and on each the points that its label names.

    Args:
        images: `(N, H, W)`.
        points: `(N, J, 2)`: x to the right and y down in pixels.
        names: Names of the points, for a legend.
        columns: Images a row.
    """
    rows = -(-len(images) // columns)
    size = 1.6 * columns + 1.5 * (len(names) > 0), max(1.6 * rows, 0.17 * len(names))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    colours = plt.get_cmap("hsv")(np.linspace(0, 1, points.shape[1], endpoint=False))
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, places in zip(axes.flat, images, points, strict=False):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255)
        axis.scatter(*places.T, s=16, c=colours, edgecolors="k", linewidths=0.5)
    if len(names):
        dots = [axes[0, 0].scatter([], [], s=16, color=colour) for colour in colours]
        figure.legend(dots, names, loc="outside right", frameon=False, fontsize=7)
    return figure


def accuracies(runs):
    """Draws D's accuracies in several runs beside each other.

    Args:
        runs: Dict from a title to curves, lists of dicts as `train` returns them.
    """
    figure, axes = plt.subplots(1, len(runs), figsize=(3.6 * len(runs), 2.6), sharey=True)
    for axis, (title, curves) in zip(axes, runs.items(), strict=True):
        for name in ("real", "fresh", "remembered"):
            values = [row[f"accuracy_{name}"] for row in curves]
            axis.plot([row["step"] for row in curves], values, label=name)
        axis.axhline(0.5, color="0.8", zorder=0)
        axis.set(title=title, xlabel="step", ylim=(0, 1))
    axes[0].set_ylabel("accuracy of D")
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def verdicts(eyes, maps):
    """Draws eyes and under each the discriminator's map, all on one scale from 0 to 1.

    Args:
        eyes: Dict from a title to an image, `(35, 55)` uint8.
        maps: Probability "refined" of every patch, `(h, w)` for each eye, in the same order.
    """
    size = 1.85 * len(eyes), 2.8
    figure, axes = plt.subplots(2, len(eyes), figsize=size, layout="constrained", squeeze=False)
    for (top, bottom), (title, eye), values in zip(axes.T, eyes.items(), maps, strict=True):
        box = (-0.5, eye.shape[1] - 0.5, eye.shape[0] - 0.5, -0.5)
        for axis in (top, bottom):
            axis.imshow(eye, cmap="gray", vmin=0, vmax=255)
            axis.axis("off")
        shown = bottom.imshow(values, cmap="inferno", vmin=0, vmax=1, alpha=0.7, extent=box)
        top.set_title(title, fontsize=9)
    figure.colorbar(shown, ax=axes[1], label="probability refined")
    return figure


def lambdas(ours, others, factor):
    """Draws values of lambda on the scale of means, and above it on the scale of the paper's sums.

    Args:
        ours: Dict from a name to a lambda, each a point.
        others: (smallest, largest) lambda of public re-implementations, a line.
        factor: What a lambda on the scale of means is multiplied with for the scale of sums.
    """
    figure, axis = plt.subplots(figsize=(8, 1.7))
    axis.plot(others, (0, 0), "|-", color="0.6", markersize=14, linewidth=3)
    axis.text(others[0], 0.35, "public re-implementations", color="0.4")
    for name, value in ours.items():
        axis.plot(value, 0, "o")
        axis.text(value, -0.65, name, ha="center")
    axis.set(xscale="log", ylim=(-1, 1), yticks=[], xlabel="lambda on the scale of means")
    above = axis.secondary_xaxis("top", functions=(lambda v: v * factor, lambda v: v / factor))
    above.set_xlabel("lambda on the scale of the paper's sums")
    figure.tight_layout()
    return figure


def memory(curves, phases):
    """Draws how much of one trick D recognises while it learns against this trick and another.

    Args:
        curves: Dict from a name to pairs (step, share).
        phases: Dict from a first step to what D learns against from there on.
    """
    figure, axis = plt.subplots(figsize=(8, 2.8))
    for name, pairs in curves.items():
        axis.plot(*zip(*pairs, strict=True), label=name)
    for step, name in phases.items():
        axis.axvline(step, color="0.8", zorder=0)
        axis.text(step + 1, 1.05, name, fontsize=9)
    axis.set(xlabel="step of D", ylabel="called refined", ylim=(-0.03, 1.2), xlim=(0, None))
    axis.legend(frameon=False, fontsize=8, loc="center left")
    figure.tight_layout()
    return figure


def ages(steps):
    """Draws how long the images of a buffer have been in it.

    Args:
        steps: Age of every image in steps, `(size,)`.
    """
    figure, axis = plt.subplots(figsize=(6, 2.4))
    axis.hist(steps, bins=40, color="0.6")
    axis.axvline(np.mean(steps), color="tab:red")
    axis.text(np.mean(steps), axis.get_ylim()[1], " the mean", color="tab:red", va="top")
    axis.set(xlabel="steps since it was stored", ylabel="images")
    figure.tight_layout()
    return figure


def numbers_right(trials, rates, needed):
    """Draws how probable it is for judges to be right so and so often; filled where it is enough.

    Args:
        trials: Verdicts of each judge.
        rates: Dict from a judge's name to the probability that one verdict is right.
        needed: The smallest number of right verdicts that is enough.
    """
    figure, axis = plt.subplots(figsize=(8, 2.8))
    right = np.arange(trials + 1)
    for name, rate in rates.items():
        probable = binom.pmf(right, trials, rate)
        (line,) = axis.plot(right, probable, drawstyle="steps-mid", label=name)
        axis.bar(right[needed:], probable[needed:], 1, alpha=0.4, color=line.get_color())
    axis.axvline(needed - 0.5, color="0.5", linewidth=1)
    spread = 4 * np.sqrt(trials) / 2  # of the widest, at one half
    axis.set_xlim(min(rates.values()) * trials - spread, max(rates.values()) * trials + spread)
    axis.set(xlabel=f"right verdicts of {trials}", ylabel="probability", ylim=(0, None))
    axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


def intervals(measured, xlabel, line=None):
    """Draws means with their confidence intervals under each other, grey where one holds `line`.

    Args:
        measured: Dict from a name to mean, low and high.
        xlabel: What was measured.
        line: Where to draw a line, such as 0 for differences; none if None.
    """
    figure, axis = plt.subplots(figsize=(6.4, 0.8 + 0.28 * len(measured)))
    for row, (mean, low, high) in enumerate(measured.values()):
        colour = "0.5" if line is not None and low <= line <= high else "tab:blue"
        axis.plot((low, high), (row, row), color=colour, linewidth=2)
        axis.plot(mean, row, "o", color=colour)
    if line is not None:
        axis.axvline(line, color="0.8", zorder=0)
    axis.set(yticks=range(len(measured)), yticklabels=measured, xlabel=xlabel)
    axis.set_ylim(len(measured) - 0.4, -0.6)  # the first on top
    figure.tight_layout()
    return figure


def pairs(groups, ylabel):
    """Draws measurements with the same seeds, a line a seed, a panel a pair.

    Args:
        groups: Dict from a title to a dict of two: from a name to numbers, `(N,)`, a number a seed.
        ylabel: What was measured.
    """
    figure, axes = plt.subplots(
        1, len(groups), figsize=(2.6 * len(groups), 2.8), sharey=True, squeeze=False
    )
    for axis, (title, pair) in zip(axes[0], groups.items(), strict=True):
        before, after = pair.values()
        axis.plot((0, 1), (before, after), "o-", color="tab:blue", markersize=4)
        axis.set(title=title, xticks=(0, 1), xticklabels=pair, xlim=(-0.4, 1.4))
    axes[0, 0].set_ylabel(ylabel)
    figure.tight_layout()
    return figure
