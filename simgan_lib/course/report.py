"""The report of the demo: one HTML page that needs no other file."""

import base64
import html
import io

import matplotlib.pyplot as plt

from . import plots

ROWS = {
    "constant": "one constant guess",
    "synthetic": "synthetic eyes",
    "noise": "synthetic eyes and Gaussian noise",
    "equalised": "synthetic eyes, histograms equalised",
    "randomised": "synthetic eyes in random light, blur, noise and contrast",
    "one_refiner": "refined eyes, all by one refiner",
    "history": "refined eyes, each by one of the history",
    "real_labels": "camera eyes with labels, which nobody has in practice",
}

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
img{max-width:100%}table{border-collapse:collapse}
td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}.note{background:#f4f1e8;padding:.6rem 1rem}"""


def report_page(report, shown):
    """Writes the page of a demo.

    Args:
        report: The numbers that `run_demo` returns.
        shown: What the figures show, the second thing it returns.

    Returns:
        HTML, a string.
    """
    body = [
        "<h1>SimGAN on simulated eyes</h1>",
        f"<p>{verdict(report)}</p>",
        f"<p class=note>{html.escape(report['note'])}</p>",
        table(report),
        "<p>Mean angular error on the same "
        f"{html.escape(report['test'])}; calibrated: after taking out one constant offset. "
        f"The history has {report['refiners']} refiners of one training, and each eye is refined "
        f"by one of them. Seed {report['seed']}, {report['seconds']:.0f} seconds.</p>",
        "<h2>Eyes</h2>",
        picture(plots.montage(shown["eyes"])),
        "<p>A refined eye should look where the synthetic eye above it looks, and should look "
        "taken by the camera of the last row.</p>",
        "<h2>Errors</h2>",
        picture(plots.error_curves(shown["errors"])),
        "<h2>Training</h2>",
        picture(plots.learning_curves(shown["curves"])),
        "<p>Healthy: D is right about fresh and real patches somewhat more often than by chance, "
        "and stays so. A D at chance from the first step on has not learned anything; a D that is "
        "always right has won, and R no longer learns from it.</p>",
    ]
    return page(body)


def page(body):
    """The parts of a page as one."""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>SimGAN</title>"
        f"<style>{STYLE}</style>{''.join(body)}</html>\n"
    )


def comparison_page(result, trains, test):
    """Writes the page of `simgan evaluate`.

    Args:
        result: What the command prints.
        trains: dict of the sets that were learned from, `ImageSet`.
        test: The `ImageSet` of the test.

    Returns:
        HTML, a string.
    """
    label = html.escape(result["label"])
    body = [f"<h1>What helps to learn {label}</h1>", rows_table("learned from", result)]
    if "true class" in result:
        body += ["<h2>Taken for</h2>", rows_table("true class", result)]
    shown = {name: images.images[:10] for name, images in trains.items()}
    body += [
        f"<p>All are tested on the same {result['tested_on']:,} images, with seed "
        f"{result['seed']}; {html.escape(result['note'])}.</p>",
        "<h2>Images</h2>",
        picture(plots.montage(shown | {"test": test.images[:10]})),
    ]
    return page(body)


def rows_table(name, result):
    """Rows of numbers as an HTML table."""
    rows = result[name]
    names = (name, *next(iter(rows.values())))
    head = "<th>".join(html.escape(n.replace("_", " ")) for n in names)
    lines = [
        "<tr><td>" + "<td>".join([html.escape(text), *(f"{value:.4g}" for value in row.values())])
        for text, row in rows.items()
    ]
    return f"<table><tr><th>{head}{''.join(lines)}</table>"


def verdict(report):
    """What the numbers say, in a sentence."""
    refined, synthetic = (report["error_deg"][name] for name in ("history", "synthetic"))
    word = "lowered" if refined < synthetic else "did not lower"
    return (
        f"Refining {word} the error of the gaze estimator: {synthetic:.1f} degrees when trained on "
        f"synthetic eyes, {refined:.1f} on eyes that its history of refiners has refined "
        f"({refined / synthetic:.0%} of it)."
    )


def table(report):
    """The table of all estimators as HTML."""
    head = "trained on", "error, degrees", "calibrated", "within 7 degrees"
    lines = [
        f"<tr><td>{text}<td>{report['error_deg'][name]:.2f}"
        f"<td>{report['error_deg_calibrated'][name]:.2f}<td>{report['within_7deg'][name]:.0f} %"
        for name, text in ROWS.items()
    ]
    return f"<table><tr><th>{'<th>'.join(head)}{''.join(lines)}</table>"


def picture(figure):
    """A figure as an image inside the page."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=130)
    plt.close(figure)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}">'
