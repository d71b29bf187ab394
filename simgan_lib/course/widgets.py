"""Figures that follow sliders in a notebook; beside each stands one that needs no kernel."""

import io

import matplotlib.pyplot as plt


def explore(draw, **choices):
    """Makes sliders and the figure that follows them.

    Args:
        draw: Function from one value of each slider, by name, to a matplotlib figure.
        choices: Values of each slider, by name; it begins in the middle of them.

    Returns:
        An ipywidgets box: the sliders, by mouse or by arrow keys, and the figure.
    """
    import ipywidgets  # only here: nothing but a notebook can show it

    sliders = {
        name: ipywidgets.SelectionSlider(
            options=list(values), value=list(values)[len(values) // 2], description=name
        )
        for name, values in choices.items()
    }
    # As large as it was drawn, and no wider than the page; a box would stretch it.
    fit = ipywidgets.Layout(align_self="flex-start", max_width="100%")
    picture = ipywidgets.Image(format="png", layout=fit)

    def follow(change=None):
        figure = draw(**{name: slider.value for name, slider in sliders.items()})
        file = io.BytesIO()
        figure.savefig(file, format="png")
        plt.close(figure)
        picture.value = file.getvalue()

    for slider in sliders.values():
        slider.observe(follow, "value")
    follow()
    return ipywidgets.VBox([*sliders.values(), picture])
