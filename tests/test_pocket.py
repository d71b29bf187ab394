"""The pocket simulator: reproducible, true to its geometry, and two domains with one gap."""

import os
from pathlib import Path

import numpy as np
import pytest

from simgan_lib.data.gaze import to_pitch_yaw
from simgan_lib.simulators.drawing import DOMAINS
from simgan_lib.simulators.pocket import PX_PER_MM, pupil_centres, simulate

REAL = Path(__file__).resolve().parents[2] / "shared" / "real_eyes" / "real_gaze.h5"
COLUMNS = np.arange(55) - 27.0
ROWS = np.arange(35) - 17.0


def pooled(images):
    """(N, 35, 55) -> (N, 7, 5), means of 5 rows by 11 columns."""
    return images.astype(np.float64).reshape(-1, 7, 5, 5, 11).mean((2, 4))


def centroid(weights):
    """Centre of mass in pixels from the middle. (N, 35, 55) -> x, y"""
    total = weights.sum((1, 2))
    return weights.sum(1) @ COLUMNS / total, weights.sum(2) @ ROWS / total


@pytest.mark.parametrize("domain", DOMAINS)
def test_shapes_types_and_ranges(domain):
    eyes = simulate(70, domain, seed=3, pitch=(-12, -4), yaw=(2, 9))
    assert eyes.images.shape == (70, 35, 55) and eyes.images.dtype == np.uint8
    assert eyes.gaze.shape == (70, 3) and eyes.gaze.dtype == np.float32
    assert eyes.person.shape == (70,) and eyes.person.dtype == np.int64
    np.testing.assert_allclose(np.linalg.norm(eyes.gaze, axis=1), 1, atol=1e-6)
    pitch, yaw = to_pitch_yaw(eyes.gaze)
    for angle, low, high in ((pitch, -12, -4), (yaw, 2, 9)):
        assert low - 1e-4 <= angle.min() < low + 1 and high - 1 < angle.max() <= high + 1e-4


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_seed_decides_everything_and_count_nothing(domain):
    eyes = simulate(100, domain, seed=4)
    again = simulate(33, domain, seed=4)
    np.testing.assert_array_equal(again.images, eyes.images[:33])
    np.testing.assert_array_equal(again.gaze, eyes.gaze[:33])
    np.testing.assert_array_equal(again.person, eyes.person[:33])
    other = simulate(33, domain, seed=5)
    assert (np.abs(other.images - again.images.astype(int)).mean((1, 2)) > 2).all()


@pytest.mark.parametrize("domain", DOMAINS)
def test_threads_do_not_matter(domain, monkeypatch):
    results = []
    for threads in (1, 5):
        monkeypatch.setattr(os, "cpu_count", lambda threads=threads: threads)
        results.append(simulate(200, domain, seed=1).images)
    np.testing.assert_array_equal(*results)


# Eyes 0 and 1 of seed 0, pooled to 7 x 5: what another machine must reproduce.
GOLDEN = {
    "synthetic": [
        [118.5, 103.7, 87.9, 128.5, 137.5],
        [124.3, 122.9, 146.0, 121.8, 138.1],
        [101.8, 85.9, 76.3, 108.3, 139.5],
        [96.2, 103.4, 48.7, 124.7, 84.8],
        [117.8, 102.9, 89.8, 114.1, 118.6],
        [123.7, 105.2, 115.3, 134.3, 142.8],
        [124.0, 118.4, 117.0, 126.6, 148.8],
        [50.3, 63.7, 76.8, 65.5, 50.0],
        [80.0, 70.8, 65.5, 76.6, 82.5],
        [70.3, 101.9, 62.8, 88.7, 78.2],
        [69.4, 118.4, 84.9, 109.3, 74.9],
        [79.9, 96.4, 97.7, 101.7, 85.9],
        [84.7, 67.8, 70.8, 73.5, 83.6],
        [83.2, 79.9, 78.8, 82.0, 87.3],
    ],
    "camera": [
        [135.8, 98.9, 141.5, 174.4, 235.9],
        [123.4, 54.0, 55.8, 143.9, 224.7],
        [56.4, 30.0, 24.1, 108.8, 133.0],
        [55.2, 35.6, 17.3, 182.7, 121.9],
        [87.5, 55.2, 56.7, 176.0, 206.5],
        [141.3, 95.8, 118.2, 196.1, 234.5],
        [164.3, 139.8, 172.1, 218.2, 247.0],
        [94.0, 100.2, 177.6, 174.0, 197.4],
        [133.5, 85.3, 59.9, 115.2, 209.3],
        [91.6, 20.0, 7.5, 162.4, 119.5],
        [73.6, 28.2, 20.0, 195.2, 117.8],
        [112.5, 62.7, 61.0, 130.8, 171.3],
        [207.5, 105.7, 63.1, 123.9, 217.1],
        [177.2, 194.3, 218.9, 223.1, 211.1],
    ],
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_same_eyes_on_every_machine(domain):
    np.testing.assert_allclose(
        pooled(simulate(2, domain, gap=1).images),
        np.array(GOLDEN[domain]).reshape(2, 7, 5),
        atol=1.0,
    )


def test_pupil_moves_as_the_ball_turns():
    """The iris plane is 10.45 mm from the ball's centre: 16.25 px here, 16.7 of 60 x 36."""
    eyes = simulate(1500, seed=8, pitch=(-12, 5), yaw=(-18, 18))
    darkness = np.maximum(14.0 - eyes.images, 0)  # nothing but the pupil is as dark
    for axis, place in enumerate(centroid(darkness)):
        slope, start = np.polyfit(eyes.gaze[:, axis], place, 1)
        assert 16.0 < slope * 36 / 35 < 18.0, (axis, slope)
        residual = place - slope * eyes.gaze[:, axis] - start
        assert residual.std() * 36 / 35 < 2.8  # px: persons, heads and crops differ
    # Straight ahead the iris is some 3.5 px above the middle.
    assert -4.5 < start * 36 / 35 < -2.5


def test_dark_iris_moves_in_the_camera_too():
    eyes = simulate(1500, "camera", seed=8)
    middle = np.exp(-((ROWS[:, None] / 7) ** 2)) * np.ones(55)
    x, _ = centroid((eyes.images < 26) * middle)
    slope = np.polyfit(eyes.gaze[:, 0], x, 1)[0]
    assert 11 < slope < 18  # dark corners and shadows, which do not move, weaken it


@pytest.mark.parametrize("domain", DOMAINS)
def test_positive_yaw_is_left_and_negative_pitch_is_down(domain):
    ends = {"left": (20, 0), "right": (-20, 0), "down": (0, -15), "up": (0, 10)}
    seen = {}
    for name, (yaw, pitch) in ends.items():
        eyes = simulate(150, domain, 6, (pitch, pitch), (yaw, yaw), persons=range(50))
        seen[name] = eyes.images.astype(float).mean(0)[None]
    x, _ = centroid(np.maximum(seen["right"] - seen["left"], 0))
    assert x < -3
    x, _ = centroid(np.maximum(seen["left"] - seen["right"], 0))
    assert x > 3
    inner = slice(17, 38)  # columns that hold the iris
    rows = (np.maximum(seen["up"] - seen["down"], 0)[0, :, inner].sum(1)) @ ROWS
    assert rows > 0  # looking down makes the lower part darker


def test_no_person_is_in_two_sets():
    sets = [simulate(1001, d, seed).person for seed in (0, 1) for d in DOMAINS]
    for i, a in enumerate(sets):
        assert len(np.unique(a)) == 51 and np.bincount(a - a.min()).max() == 20
        for b in sets[:i]:
            assert not np.intersect1d(a, b).size
    assert len(np.unique(sets[0][:20])) == 20  # the first eyes are of many persons
    chosen = simulate(5, persons=np.array([7, 9])).person
    assert chosen.tolist() == [7, 9, 7, 9, 7]


def test_same_persons_and_seed_make_pairs():
    persons = list(range(100, 140))
    a, b = (simulate(400, domain, seed=3, persons=persons, gap=1) for domain in DOMAINS)
    np.testing.assert_array_equal(a.gaze, b.gaze)
    np.testing.assert_array_equal(a.person, b.person)
    # Edges are in the same places: an eye resembles its pair more than another eye.
    flat = []
    for eyes in (a, b):
        edges = np.abs(np.diff(eyes.images.astype(float), axis=1)).reshape(400, -1)
        edges -= edges.mean(0)
        flat.append(edges / np.linalg.norm(edges, axis=1, keepdims=True))
    likeness = flat[0] @ flat[1].T
    assert np.mean(likeness.argmax(1) == np.arange(400)) > 0.1  # by chance 1 in 400
    # Fresh persons come with gazes of their own, so that unpaired sets are unpaired.
    a, b = (simulate(50, domain, seed=3) for domain in DOMAINS)
    assert not np.allclose(a.gaze, b.gaze)


def test_domains_differ_in_looks_not_in_gaze():
    parts = {}
    for seed in (30, 31):
        eyes = [simulate(500, domain, seed) for domain in DOMAINS]
        images = np.concatenate([e.images for e in eyes])
        features = np.concatenate([pooled(images), pooled(images.astype(float) ** 2) / 128], 1)
        features = np.concatenate([features.reshape(1000, -1), np.ones((1000, 1))], 1)
        parts[seed] = features, np.repeat([-1.0, 1.0], 500), [to_pitch_yaw(e.gaze) for e in eyes]
    (x, y, _), (new_x, new_y, angles) = parts.values()
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    assert np.mean(np.sign(new_x @ weights) == new_y) > 0.95
    for a, b in zip(*angles, strict=True):
        quantiles = np.linspace(0, 1, 11)
        spread = np.quantile(a, quantiles) - np.quantile(b, quantiles)
        assert np.abs(spread).max() < 0.1 * np.ptp(a)


def test_a_gap_changes_how_eyes_look_and_not_where():
    near, *others = (simulate(200, "synthetic", 3, gap=gap) for gap in (0, 0.5, 1, 1.5, 2, 3))
    far = [np.abs(eyes.images - near.images.astype(int)).mean() for eyes in others]
    assert far == sorted(far) and far[0] > 3
    for eyes in others:
        np.testing.assert_array_equal(eyes.gaze, near.gaze)
        np.testing.assert_array_equal(eyes.person, near.person)
    np.testing.assert_array_equal(others[2].images, simulate(200, "synthetic", 3).images)
    assert others[-1].source == "pocket, synthetic, seed 3, gap 3"
    np.testing.assert_array_equal(simulate(5, seed=3, gap=np.float32(2)).gaze, near.gaze[:5])
    camera = simulate(40, "camera", 3)
    np.testing.assert_array_equal(simulate(40, "camera", 3, gap=3).images, camera.images)


def test_eyes_vary_and_are_finite_at_the_limits():
    for domain in DOMAINS:
        eyes = simulate(300, domain, seed=2, pitch=(-60, 60), yaw=(-60, 60))
        assert (eyes.images.std((1, 2)) > 8).all()
    eyes = simulate(40, seed=2, persons=[11])
    assert len(np.unique(eyes.images.reshape(40, -1), axis=0)) == 40  # one person, many images


def test_scale_is_the_normalised_cameras():
    assert PX_PER_MM == pytest.approx(1.5556, abs=1e-4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": 0},
        {"count": 2.5},
        {"domain": "real"},
        {"seed": -1},
        {"seed": None},
        {"pitch": (5, -20)},
        {"pitch": (-20, float("nan"))},
        {"yaw": (-90, 90)},
        {"yaw": 3},
        {"yaw": ("a", "b")},
        {"persons": []},
        {"persons": [-1]},
        {"persons": [0.5]},
        {"persons": 7},
        {"gap": -0.5},
        {"gap": float("nan")},
        {"gap": "2"},
        {"gap": 3.1},
        {"gap": True},
    ],
    ids=str,
)
def test_bad_arguments_say_what_was_received(arguments):
    (name, value) = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=f"^{name} must be .*; received ") as error:
        simulate(**{"count": 4, **arguments})
    assert str(error.value).endswith(repr(value))


def test_camera_has_the_grey_levels_of_real_eyes():
    h5py = pytest.importorskip("h5py")
    if not REAL.exists():
        pytest.skip("no real eyes beside the repository")
    with h5py.File(REAL) as file:
        real = np.stack([file["image"][str(i)][:] for i in range(1500, 1744)]).astype(float)
    camera = simulate(500, "camera", seed=12).images.astype(float)
    assert abs(camera.mean() - real.mean()) < 4
    assert abs(camera.std((1, 2)).mean() - real.std((1, 2)).mean()) < 4
    for axis in (1, 2):  # as sharp as real ones
        ratio = np.abs(np.diff(camera, axis=axis)).mean() / np.abs(np.diff(real, axis=axis)).mean()
        assert 0.8 < ratio < 1.2
    assert np.abs(pooled(camera).mean(0) - pooled(real).mean(0)).mean() < 15


def test_pupils_are_darkest_where_the_simulator_says_they_are():
    persons = list(range(70))
    eyes = simulate(70, seed=3, persons=persons)  # more than two chunks
    centres = pupil_centres(eyes, seed=3)
    assert centres.shape == (70, 2)
    columns, rows = np.round(centres).astype(int).T
    inside = (rows > 0) & (rows < 34)
    dark = eyes.images[np.arange(70), np.clip(rows, 0, 34), columns]
    open_eye = eyes.images[:, 10:25, 15:40].mean(axis=(1, 2))
    assert inside.mean() > 0.9 and (dark < 0.5 * open_eye).mean() > 0.9
    # Both domains of a pair have one geometry, and a narrower range of gaze moves the pupils.
    camera = simulate(70, "camera", seed=3, persons=persons)
    np.testing.assert_array_equal(pupil_centres(camera, seed=3), centres)
    ahead = simulate(70, seed=3, pitch=(0, 0), yaw=(0, 0), persons=persons)
    assert pupil_centres(ahead, 3, (0, 0), (0, 0))[:, 0].std() < centres[:, 0].std()
