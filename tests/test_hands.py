"""Hands: reproducible, built like hands, and two domains that see one geometry."""

import os

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, maximum_filter, minimum_filter

from simgan_lib.data.images import ImageSet
from simgan_lib.measure.evaluation import joints_within
from simgan_lib.simulators import hands
from simgan_lib.simulators.depth_sensor import FAR, SENSOR, read_depth
from simgan_lib.simulators.drawing import CHUNK, DOMAINS, IDS_PER_SET, draw_table
from simgan_lib.simulators.hands import EMPTY, JOINTS, MIDDLE, MM_PER_PX, REACH, SIZE, simulate


def anatomy(seed=0, persons=range(8)):
    """Joints (B, 14, 3), bones of the fingers (B, 5, 3, 3) and their radii of one chunk."""
    traits = hands._identities(np.resize(list(persons), CHUNK))
    joints, starts, ends, radii = hands._geometry(0, traits, seed, 0)
    return joints, (ends - starts)[:, :15].reshape(-1, 5, 3, 3), radii[:, :15], starts[:, :15]


@pytest.mark.parametrize("domain", DOMAINS)
def test_shapes_types_and_ranges(domain):
    drawn = simulate(40, domain, seed=3)
    assert drawn.images.shape == (40, SIZE, SIZE) and drawn.images.dtype == np.uint8
    joints, person = drawn.labels["joints"], drawn.labels["person"]
    assert joints.shape == (40, len(JOINTS), 2) and joints.dtype == np.float32
    assert person.shape == (40,) and person.dtype == np.int64
    share = (drawn.images < EMPTY).mean((1, 2))
    assert share.min() > 0.04 and share.max() < 0.6
    near = [image[image < EMPTY].min() for image in drawn.images]
    assert np.median(near) < MIDDLE - 20  # mm; a hand is deep, and its front is before its middle


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_seed_decides_everything_and_count_nothing(domain):
    drawn, again = simulate(100, domain, seed=4), simulate(33, domain, seed=4)
    np.testing.assert_array_equal(again.images, drawn.images[:33])
    for name in ("joints", "person"):
        np.testing.assert_array_equal(again.labels[name], drawn.labels[name][:33])
    other = simulate(33, domain, seed=5)
    assert ((other.images != again.images).mean((1, 2)) > 0.05).all()


@pytest.mark.parametrize("domain", DOMAINS)
def test_threads_do_not_matter(domain, monkeypatch):
    results = []
    for threads in (1, 5):
        monkeypatch.setattr(os, "cpu_count", lambda threads=threads: threads)
        results.append(simulate(200, domain, seed=1).images)
    np.testing.assert_array_equal(*results)


# Means of 16 x 16 pixels of hands 0 and 1 of seed 0: what another machine must reproduce.
GOLDEN = {
    "synthetic": [
        [255.0, 255.0, 255.0, 255.0],
        [255.0, 172.8, 133.8, 251.9],
        [215.2, 38.0, 176.6, 254.5],
        [215.2, 191.2, 255.0, 255.0],
        [255.0, 255.0, 241.3, 255.0],
        [255.0, 206.3, 175.1, 255.0],
        [255.0, 140.4, 141.1, 255.0],
        [255.0, 165.1, 155.4, 255.0],
    ],
    "camera": [
        [255.0, 251.3, 254.8, 255.0],
        [255.0, 184.0, 182.6, 255.0],
        [255.0, 233.3, 182.5, 255.0],
        [255.0, 243.0, 173.8, 255.0],
        [255.0, 255.0, 255.0, 255.0],
        [255.0, 190.9, 162.0, 255.0],
        [255.0, 131.1, 137.3, 255.0],
        [255.0, 157.5, 211.2, 255.0],
    ],
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_same_hands_on_every_machine(domain):
    pooled = simulate(2, domain).images.reshape(2, 4, 16, 4, 16).mean((2, 4), dtype=float)
    np.testing.assert_allclose(pooled.reshape(8, 4), GOLDEN[domain], atol=1.0)


def test_no_person_is_in_two_sets():
    traits = hands._identities(np.arange(500))
    assert len(np.unique(traits, axis=0)) == 500
    sets = [simulate(1001, domain, seed).labels["person"] for seed in (0, 1) for domain in DOMAINS]
    for i, a in enumerate(sets):
        assert len(np.unique(a)) == 51 and np.bincount(a - a.min()).max() == 20
        assert a.min() == i * IDS_PER_SET
        for b in sets[:i]:
            assert not np.intersect1d(a, b).size
    assert simulate(5, persons=np.array([7, 9])).labels["person"].tolist() == [7, 9, 7, 9, 7]


def test_bones_are_a_persons_own_and_keep_their_lengths():
    first, second = (np.linalg.norm(anatomy(seed)[1], axis=-1) for seed in (0, 1))
    np.testing.assert_allclose(first, second)  # other poses, the same persons
    np.testing.assert_allclose(first[:8], first[8:16])
    assert (first[:8].std(axis=0) > 0.3).all()  # mm; persons differ
    assert (first[:, 1:, 0] > first[:, 1:, 1]).all()  # the bone at the knuckle is the longest
    fingers = first[:, 1:].sum(axis=2)
    assert (fingers.argmin(axis=1) == 3).all()  # and the little finger the shortest
    assert (60 < fingers).all() and (fingers < 115).all()


def test_fingers_do_not_bend_backwards():
    for seed in range(6):
        _, bones, _, starts = anatomy(seed)
        bones = bones / np.linalg.norm(bones, axis=-1, keepdims=True)
        knuckles = starts.reshape(-1, 5, 3, 3)[:, 1:, 0]
        towards_thumb = knuckles[:, 0] - knuckles[:, 3]
        # Bending turns around the line of the knuckles; on a left hand or backwards it is below 0.
        for a, b, most in ((0, 1, 104.1), (1, 2, 62.1)):
            sine = np.cross(bones[:, 1:, a], bones[:, 1:, b])
            angle = np.degrees(
                np.arccos(np.clip((bones[:, 1:, a] * bones[:, 1:, b]).sum(-1), -1, 1))
            )
            assert (np.einsum("bfi,bi->bf", sine, towards_thumb) > -1e-9).all()
            assert angle.max() < most
        # The thumb bends across the palm, twice in one plane.
        across = -np.einsum("bic,bc->bi", bones[:, 0], towards_thumb)
        assert (across[:, 1] > across[:, 0] - 1e-9).all()
        planes = [np.cross(bones[:, 0, i], bones[:, 0, i + 1]) for i in (0, 1)]
        assert (np.abs(np.linalg.det(bones[:, 0])) < 1e-9).all()
        assert np.degrees(np.linalg.norm(planes[0], axis=1).max()) < 60


def test_poses_are_open_closed_and_pointing():
    bent = []
    for seed in range(20):
        _, bones, _, _ = anatomy(seed)
        ends = bones.sum(axis=2)
        bent.append(np.linalg.norm(ends, axis=-1) / np.linalg.norm(bones, axis=-1).sum(-1))
    straight = np.concatenate(bent)[:, 1:] > 0.95  # a finger's tip is nearly its length away
    count = straight.sum(axis=1)
    assert (count == 4).mean() > 0.1 and (count == 0).mean() > 0.2
    assert (straight[:, 0] & (count == 1)).mean() > 0.02  # points with the index finger


def test_joints_lie_in_the_image_for_nearly_all_hands():
    joints = np.concatenate([simulate(1000, domain, 2).labels["joints"] for domain in DOMAINS])
    inside = ((joints > -0.5) & (joints < SIZE - 0.5)).all(axis=2)
    assert inside.all(axis=1).mean() > 0.985
    assert joints.min() > -8 and joints.max() < SIZE + 7
    assert np.abs(joints.mean((0, 1)) - (SIZE - 1) / 2).max() < 1


def test_the_surface_is_a_radius_before_the_joints():
    shown = total = 0
    for seed in range(4):
        joints, _, radii, _ = anatomy(seed, persons=range(32))
        drawn = simulate(CHUNK, seed=seed, persons=range(32))
        np.testing.assert_allclose(drawn.labels["joints"], joints[..., :2] / 3.5 + 31.5, atol=1e-4)
        x, y = np.clip(np.round(drawn.labels["joints"]), 0, SIZE - 1).astype(int).transpose(2, 0, 1)
        surface = drawn.images[np.arange(CHUNK)[:, None], y, x] - float(MIDDLE)
        inside = ((drawn.labels["joints"] > 0) & (drawn.labels["joints"] < SIZE - 1)).all(axis=2)
        behind = joints[..., 2]
        assert (surface < behind + 1)[inside].all()  # no joint lies bare, none beside the hand
        # Tips and middle joints of the four fingers: which bone ends there, with what radius.
        bone = np.array([14, 12, 11, 9, 8, 6, 5, 3])
        radius = radii[:, bone, 1]
        before = behind[:, :8] - surface[:, :8]
        seen = inside[:, :8] & (before < radius + 1)  # else something is in front of it
        assert (before[seen] > 0.3 * radius[seen]).all()
        shown, total = shown + seen.sum(), total + seen.size
    assert shown / total > 0.4


def test_camera_and_synthetic_see_one_geometry():
    a, b = (simulate(400, domain, seed=3, persons=range(40)) for domain in DOMAINS)
    np.testing.assert_array_equal(a.labels["joints"], b.labels["joints"])
    np.testing.assert_array_equal(a.labels["person"], b.labels["person"])
    both = (a.images < EMPTY) & (b.images < EMPTY)
    apart = np.abs(a.images[both].astype(int) - b.images[both])
    assert np.median(apart) <= 2 and np.mean(apart <= 10) > 0.9
    hand = a.images < EMPTY
    assert both.sum() / hand.sum() > 0.85
    assert (a.images != b.images).any((1, 2)).all()
    # Fresh persons come with poses of their own, so that unpaired sets are unpaired.
    a, b = (simulate(50, domain, seed=3) for domain in DOMAINS)
    assert not np.allclose(a.labels["joints"], b.labels["joints"])


def test_poses_come_from_one_distribution():
    for axis in range(2):
        a, b = (simulate(1500, domain, seed=9).labels["joints"][:, :, axis] for domain in DOMAINS)
        quantiles = np.linspace(0.05, 0.95, 10)
        assert np.abs(np.quantile(a, quantiles, 0) - np.quantile(b, quantiles, 0)).max() < 4  # px


def test_the_camera_loses_rims_and_hardly_anything_else():
    a, b = (simulate(300, domain, seed=6, persons=range(30)) for domain in DOMAINS)
    hand = a.images < EMPTY
    depth, lost = np.where(hand, a.images, 500.0), hand & (b.images == EMPTY)
    jump = maximum_filter(depth, (1, 3, 3)) - minimum_filter(depth, (1, 3, 3)) > 20
    edge = binary_dilation(jump, np.ones((1, 3, 3)))
    assert 0.04 < lost.sum() / hand.sum() < 0.15
    assert lost[edge].sum() / lost.sum() > 0.9
    assert lost[~edge].sum() / hand[~edge].sum() < 0.01
    assert lost[edge].sum() / hand[edge].sum() > 10 * lost[~edge].sum() / hand[~edge].sum()
    added = ~hand & (b.images < EMPTY)
    assert added.any() and not (added & ~jump).any()  # rims grow by one pixel, no more


def test_the_projectors_shadow_lies_to_the_right():
    plane = np.full((CHUNK, SIZE, SIZE), 60.0, np.float32)
    lost = {}
    for step in (120, 22):  # mm; the first throws a shadow of two pixels at least, the second none
        plane[:, 20:40, 20:30] = 60 - step
        seen = read_depth(plane, REACH, MM_PER_PX, np.random.default_rng(0))
        lost[step] = (seen == FAR)[:, 24:36].mean((0, 1))
    assert (lost[120][30:32] == 1).all() and lost[120][34:].max() < 0.05
    assert lost[120][:19].max() < 0.05 and lost[22].max() < 0.7


def test_the_sensors_steps_grow_with_distance():
    ramp = np.tile(np.linspace(-50, 50, SIZE, dtype=np.float32), (CHUNK, SIZE, 1))
    seen = read_depth(ramp, REACH, MM_PER_PX, np.random.default_rng(0))
    distance = draw_table(np.random.default_rng(0), SENSOR)["distance"]
    for image, z in zip(seen, distance, strict=True):
        depths = np.unique(image[image < FAR])
        gaps = np.diff(depths[depths < 50])
        assert np.median(gaps) == pytest.approx(z * z / 348_000, rel=0.15)  # 0.7 mm to 2.9 mm


def test_rows_of_a_set_are_a_set():
    drawn = simulate(10, seed=1)
    assert len(drawn) == 10 and len(drawn[3:5]) == 2 and len(drawn[-1]) == 1
    for rows in ([4, 2], np.array([4, 2]), np.isin(np.arange(10), (2, 4))):
        part = drawn[rows]
        assert isinstance(part, ImageSet) and len(part) == 2
        at = np.arange(10)[rows]
        np.testing.assert_array_equal(part.images, drawn.images[at])
        np.testing.assert_array_equal(part.labels["joints"], drawn.labels["joints"][at])
        np.testing.assert_array_equal(part.labels["person"], drawn.labels["person"][at])


def test_within_counts_joints():
    joints = simulate(10).labels["joints"]
    moved = joints.copy()
    moved[:5, :, 0] += 3
    moved[:5, :, 1] -= 4
    assert joints_within(joints, joints, 0) == 100
    assert joints_within(moved, joints, 4.99) == 50 and joints_within(moved, joints, 5.01) == 100
    moved[0, :7] = np.nan
    assert joints_within(moved, joints, 5.01) == 95
    with pytest.raises(ValueError, match=r"received \(10, 13, 2\) and \(10, 14, 2\)$"):
        joints_within(joints[:, 1:], joints, 5)
    for pixels in (-1, float("nan")):
        with pytest.raises(ValueError, match="^pixels must be .*; received "):
            joints_within(joints, joints, pixels)


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": 0},
        {"count": 2.5},
        {"domain": "real"},
        {"seed": -1},
        {"seed": None},
        {"persons": []},
        {"persons": [-1]},
        {"persons": [0.5]},
        {"persons": 7},
    ],
    ids=str,
)
def test_bad_arguments_say_what_was_received(arguments):
    (name, value) = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=f"^{name} must be .*; received ") as error:
        simulate(**{"count": 4, **arguments})
    assert str(error.value).endswith(repr(value))
