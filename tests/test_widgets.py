"""Figures that follow sliders."""

import matplotlib.pyplot as plt

from simgan_lib.course.widgets import explore


def test_the_figure_follows_the_sliders():
    drawn = []

    def draw(width, height):
        drawn.append((width, height))
        return plt.figure(figsize=(width, height))

    first, second, picture = explore(draw, width=range(1, 4), height=[1, 2]).children
    assert (first.description, second.description) == ("width", "height")
    assert drawn == [(2, 2)]
    before = picture.value
    first.value = 3
    assert drawn[-1] == (3, 2) and picture.value != before
    assert bytes(picture.value).startswith(b"\x89PNG") and plt.get_fignums() == []
