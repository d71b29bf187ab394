"""What the figures show: the data that went in, and what is said of it."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from simgan_lib.course import plots
from simgan_lib.data.gaze import from_pitch_yaw
from simgan_lib.simgan.refiner import refiner
from simgan_lib.simulators.pocket import simulate


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def test_lines_draws_every_curve_with_its_name():
    x = np.linspace(0, 1, 5)
    figure = plots.lines(x, {"up": x, "down": 1 - x}, "time", "height")
    (axis,) = figure.axes
    assert [line.get_label() for line in axis.lines] == ["up", "down"]
    assert [line.get_linestyle() for line in axis.lines] == ["-", "--"]
    np.testing.assert_array_equal(axis.lines[1].get_ydata(), 1 - x)
    assert axis.get_xlabel() == "time" and axis.get_ylabel() == "height"


def test_game_draws_both_heaps_and_the_judge():
    real, generated = np.full(10, 1.0), np.full(10, -2.0)
    figure = plots.game({"a": (real, generated, 0.0, 0.0), "b": (real, generated, -2.0, 1.0)})
    assert [axis.get_title() for axis in figure.axes] == ["a", "b"]
    flat, falling = (axis.lines[0].get_ydata() for axis in figure.axes)
    assert (flat == 0.5).all() and falling[0] > 0.99 and falling[-1] < 0.01


def test_game_paths_draws_the_path_and_where_nobody_gains():
    path = np.array([[-2, 0], [-1, -0.5], [1, 0]])
    (axis,) = plots.game_paths({"one": path}, mean=1).axes
    np.testing.assert_array_equal(axis.lines[0].get_xydata(), path)
    np.testing.assert_array_equal(axis.lines[2].get_xydata(), [[1, 0]])


def test_extremes_shows_the_eyes_it_names():
    images = np.arange(7, dtype=np.uint8)[:, None, None] * np.ones((1, 35, 55), np.uint8)
    value = np.array([3.0, -5, 0, 1, 8, 2, 4])
    figure = plots.extremes(images, {"v": value, "-v": -value}, seed=0)
    shown = [axis.images[0].get_array()[0, 0] for axis in figure.axes]
    assert shown[:3] == [1, 4, 5] and shown[4:7] == [4, 1, 5]
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:3] == ["smallest v: -5.0", "largest v: 8.0", "most central v: 2.0"]


def test_distributions_has_a_panel_for_each_angle_and_one_for_grey_levels():
    sets = {name: simulate(30, name, seed=1) for name in ("synthetic", "camera")}
    figure = plots.distributions(sets)
    labels = [axis.get_xlabel() for axis in figure.axes]
    assert labels == ["pitch, degrees", "yaw, degrees", "grey level"]
    assert all(len(axis.patches) == 2 for axis in figure.axes)


def test_arrows_point_where_the_label_looks():
    eyes = simulate(5, seed=1)
    gaze = from_pitch_yaw([0, 0, -20, 5, 0], [15, -15, 0, 0, 0])
    figure = plots.arrows(eyes.images, gaze, columns=3)
    drawn = [axis for axis in figure.axes if axis.images]
    assert len(figure.axes) == 6 and [axis.get_title() for axis in drawn] == list("12345")
    left, right, down, up, camera = (np.subtract(a.texts[0].xy, (27, 17)) for a in drawn)
    assert left[0] < -10 and right[0] > 10  # yaw above 0: to the left of the image
    assert down[1] > 10 and up[1] < -1  # y points down
    np.testing.assert_allclose(camera, 0, atol=1e-6)


def test_overlays_and_verdicts_stretch_a_map_over_the_whole_eye():
    eye, patches = simulate(1, seed=1).images[0], np.linspace(0, 1, 126).reshape(9, 14)
    for figure in (plots.overlays(eye, {"a": patches}), plots.verdicts({"a": eye}, [patches])):
        pictures = [picture for axis in figure.axes for picture in axis.images]
        (laid,) = [picture for picture in pictures if picture.get_array().shape == (9, 14)]
        under = laid.axes.images[0]
        assert under.get_array().shape == (35, 55)
        assert tuple(laid.get_extent()) == tuple(under.get_extent())


def test_graph_draws_every_layer_and_every_way_around():
    model = refiner(4)
    (axis,) = plots.graph(model).axes
    named = [text.get_text() for text in axis.texts if text.get_text()]
    assert named == [type(layer).__name__ for layer in model.layers]
    arrows = [text for text in axis.texts if not text.get_text()]
    around = [arrow for arrow in arrows if arrow.xy[1] > 0]
    assert len(around) == 4 and len(arrows) == len(model.layers) - 1 + 4


def test_misses_shows_what_an_offset_does():
    gaze = from_pitch_yaw(np.array([-10.0, 0, 3]), np.array([-5.0, 0, 12]))
    shifted = from_pitch_yaw(np.array([-10.0, 0, 3]) + 4, np.array([-5.0, 0, 12]))
    right, off = plots.misses({"right": gaze, "off": shifted}, gaze).axes
    np.testing.assert_allclose(right.lines[1].get_xydata(), [[0, 0]], atol=1e-4)
    np.testing.assert_allclose(off.lines[1].get_xydata(), [[0, 4]], atol=1e-4)


def test_accuracies_has_a_panel_a_run():
    rows = [
        {"step": s, "accuracy_real": 0.7, "accuracy_fresh": 0.5, "accuracy_remembered": 0.9}
        for s in (10, 20)
    ]
    figure = plots.accuracies({"A": rows, "B": rows})
    assert [axis.get_title() for axis in figure.axes] == ["A", "B"]
    heights = [line.get_ydata()[0] for line in figure.axes[1].lines[:3]]
    assert heights == [0.7, 0.5, 0.9]


def test_lambdas_has_both_scales():
    figure = plots.lambdas({"pocket": 3, "paper": 1}, others=(0.01, 98.6), factor=0.0655)
    (axis,) = figure.axes
    assert axis.get_xscale() == "log" and axis.lines[1].get_xdata()[0] == 3
    (above,) = axis.child_axes
    figure.canvas.draw()
    np.testing.assert_allclose(above.get_xlim(), np.multiply(axis.get_xlim(), 0.0655), rtol=1e-6)


def test_memory_and_ages_draw_what_they_are_given():
    (axis,) = plots.memory({"without": [(5, 1.0), (10, 0.2)]}, {0: "A", 5: "B"}).axes
    np.testing.assert_array_equal(axis.lines[0].get_xydata(), [[5, 1.0], [10, 0.2]])
    assert [text.get_text() for text in axis.texts] == ["A", "B"]
    (axis,) = plots.ages(np.array([1, 2, 3, 10])).axes
    assert sum(patch.get_height() for patch in axis.patches) == 4
    assert axis.lines[0].get_xdata()[0] == 4


def test_numbers_right_fills_what_is_enough():
    (axis,) = plots.numbers_right(4, {"coin": 0.5, "sure": 1.0}, needed=3).axes
    coin, sure, threshold = axis.lines
    np.testing.assert_allclose(coin.get_ydata(), np.array([1, 4, 6, 4, 1]) / 16)
    np.testing.assert_allclose(sure.get_ydata(), [0, 0, 0, 0, 1])
    assert threshold.get_xdata()[0] == 2.5
    filled = [(bar.get_x(), bar.get_height()) for bar in axis.patches]
    assert filled == [
        (2.5, pytest.approx(4 / 16)),
        (3.5, pytest.approx(1 / 16)),
        (2.5, 0),
        (3.5, 1),
    ]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["coin", "sure"]


def test_intervals_are_grey_where_they_hold_the_line():
    measured = {"off": (1.0, 0.5, 1.5), "on": (0.2, -0.1, 0.5)}
    (axis,) = plots.intervals(measured, "degrees", line=0).axes
    bars, dots, line = axis.lines[0:4:2], axis.lines[1:4:2], axis.lines[4]
    np.testing.assert_array_equal([bar.get_xdata() for bar in bars], [(0.5, 1.5), (-0.1, 0.5)])
    np.testing.assert_array_equal([dot.get_xdata()[0] for dot in dots], [1.0, 0.2])
    assert [bar.get_color() for bar in bars] == ["tab:blue", "0.5"] and line.get_xdata()[0] == 0
    assert [label.get_text() for label in axis.get_yticklabels()] == ["off", "on"]
    assert axis.yaxis_inverted()  # the first on top
    (axis,) = plots.intervals(measured, "degrees").axes
    assert len(axis.lines) == 4 and all(part.get_color() == "tab:blue" for part in axis.lines)


def test_pairs_joins_what_has_the_same_seed():
    pair = {"before": [1.0, 2.0, 3.0], "after": [1.5, 1.0, 2.0]}
    first, second = plots.pairs({"a": pair, "b": pair}, "degrees").axes
    drawn = [tuple(line.get_ydata()) for line in second.lines]
    assert drawn == [(1.0, 1.5), (2.0, 1.0), (3.0, 2.0)]
    assert [label.get_text() for label in first.get_xticklabels()] == ["before", "after"]
    assert first.get_title() == "a" and first.get_ylabel() == "degrees"


def test_joints_are_dots_on_their_image():
    images = np.zeros((3, 8, 8), np.uint8)
    points = np.random.default_rng(0).uniform(0, 8, (3, 2, 2))
    figure = plots.joints(images, points, names=("tip", "palm"), columns=2)
    drawn = [axis for axis in figure.axes if axis.images]
    assert len(drawn) == 3 and len(figure.axes) == 4
    for axis, places in zip(drawn, points, strict=True):
        np.testing.assert_allclose(axis.collections[0].get_offsets(), places)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["tip", "palm"]


def test_heaps_draws_the_points_and_greys_where_the_answer_is_above_0():
    points = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    panels = {"left": {"one": points, "two": points + 1}, "right": {"one": points}}
    borders = dict.fromkeys(panels, lambda xy: xy[:, :1] - 0.5)
    figure = plots.heaps(panels, borders)
    left, right = figure.axes
    np.testing.assert_allclose(left.lines[1].get_xydata(), points + 1)
    assert right.get_title() == "right" and len(right.lines) == 1
    (grey,) = left.collections[0].get_paths()
    assert grey.vertices[:, 0].min() == pytest.approx(0.5, abs=0.02)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    assert not plots.heaps(panels).axes[0].collections
