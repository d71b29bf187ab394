"""Who judges eyes: a person with two buttons, and a machine that meets no person twice."""

import io
import math
from fractions import Fraction

import keras
import numpy as np
import pytest
from PIL import Image

from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.images import to_float
from simgan_lib.measure import visual_turing_test as vtt
from simgan_lib.measure.estimator import estimate_gaze, gaze_estimator
from simgan_lib.simulators.pocket import simulate


def numbered(first, count=60):
    """Eyes of one grey each, from `first` on, so that each can be known again."""
    grey = np.arange(first, first + count, dtype=np.uint8)
    return EyeSet(np.tile(grey[:, None, None], (1, 35, 55)))


@pytest.fixture
def test():
    return vtt.VisualTuringTest(numbered(0), numbered(100), count=50, seed=0)


# A person


def test_fifty_of_each_are_shown_once_each_and_shuffled(test):
    grey = test.images[:, 0, 0]
    assert len(set(grey)) == 100 and test.images.shape == (100, 35, 55)
    np.testing.assert_array_equal(test.truth, grey >= 100)
    assert test.truth.sum() == 50 and 10 < test.truth[:50].sum() < 40
    assert (np.diff(grey[grey < 100].astype(int)) < 0).any()


def test_the_seed_decides_what_is_shown():
    first, again, other = (
        vtt.VisualTuringTest(numbered(0), numbered(100), 20, seed).images[:, 0, 0]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_verdicts_are_noted_for_the_eye_that_was_shown(test):
    assert test.confusion().tolist() == [[0, 0], [0, 0]]
    for k in range(100):
        np.testing.assert_array_equal(test.eye, test.images[k])
        test.judge("refined" if test.eye[0, 0] >= 130 else "real")
    assert test.eye is None and len(test.verdicts) == 100
    grey = test.images[:, 0, 0]
    missed, found = np.sum((grey >= 100) & (grey < 130)), np.sum(grey >= 130)
    assert test.confusion().tolist() == [[50, 0], [missed, found]]


def test_the_verdicts_so_far_can_be_counted(test):
    for _ in range(7):
        test.judge("refined")
    refined = test.truth[:7].sum()
    assert test.confusion().tolist() == [[0, 7 - refined], [0, refined]]


def test_another_word_or_one_verdict_too_many_is_refused(test):
    with pytest.raises(ValueError, match="received 'fake' as number 1$"):
        test.judge("fake")
    assert test.verdicts == []
    for _ in range(100):
        test.judge("real")
    with pytest.raises(ValueError, match="received 'real' as number 101$"):
        test.judge("real")


@pytest.mark.parametrize("count", [0, 61])
def test_a_test_needs_enough_eyes(count):
    with pytest.raises(ValueError, match=f"received count {count}$"):
        vtt.VisualTuringTest(numbered(0), numbered(100, 80), count)


def test_the_buttons_judge_and_give_nothing_away(test):
    position, picture, buttons = vtt.panel(test).children
    assert (picture.layout.width, picture.layout.height) == ("440px", "280px")
    real, refined = buttons.children
    assert (real.description, refined.description) == ("Real", "Refined")
    for k in range(100):
        assert position.value == f"Eye {k + 1} of 100"
        np.testing.assert_array_equal(shown(picture.value)[0, 0], test.images[k, 0, 0])
        (refined if k % 3 else real).click()
    assert test.verdicts == [int(k % 3 > 0) for k in range(100)]
    assert position.value == "All eyes are judged. Go on with the next cell."
    assert buttons.layout.display == picture.layout.display == "none"


def test_the_panel_goes_on_where_a_test_stands(test):
    test.judge("real")
    assert vtt.panel(test).children[0].value == "Eye 2 of 100"


def shown(file):
    return np.asarray(Image.open(io.BytesIO(file)))


def test_a_png_is_the_eye_enlarged():
    eye = simulate(1, "camera", seed=1).images[0]
    np.testing.assert_array_equal(shown(vtt.png(eye, 1)), eye)
    large = shown(vtt.png(eye, 6))
    assert large.shape == (210, 330) and large.dtype == np.uint8
    means = large.reshape(35, 6, 55, 6).mean((1, 3))
    assert np.abs(means - eye).mean() < 6


# Counts and chance


def test_the_matrix_of_the_paper():
    table = [[224, 276], [207, 293]]
    pairs = [(t, v) for t in (0, 1) for v in (0, 1) for _ in range(table[t][v])]
    truth, verdicts = np.random.default_rng(0).permutation(pairs).T
    assert vtt.confusion_matrix(truth, verdicts).tolist() == table
    assert vtt.confusion_matrix(list(truth), list(verdicts)).tolist() == table
    assert np.sum(truth == verdicts) == 517


def test_the_papers_p_values():
    assert vtt.binomial_p_value(517, 1000) == pytest.approx(0.148, abs=0.0005)
    assert vtt.binomial_p_value(162, 200) < 1e-18


@pytest.mark.parametrize("trials", [1, 5, 12])
@pytest.mark.parametrize("chance", [0.2, 0.5, 0.6])
def test_a_p_value_is_the_share_of_all_outcomes_counted_one_by_one(trials, chance):
    p = Fraction(chance)
    for correct in range(trials + 1):
        tail = Fraction(0)
        for outcome in range(2**trials):  # its bits: which guesses were right
            right = outcome.bit_count()
            if right >= correct:
                tail += p**right * (1 - p) ** (trials - right)
        assert math.isclose(vtt.binomial_p_value(correct, trials, chance), tail, rel_tol=1e-9)


# A machine


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(vtt, "STEPS", 40)


def test_a_machine_tells_renderings_from_the_camera(short):
    synthetic, camera = (simulate(400, name, seed=1) for name in ("synthetic", "camera"))
    assert vtt.machine_accuracy(camera, synthetic) > 90


def test_a_machine_cannot_tell_the_camera_from_itself(short):
    accuracy = vtt.machine_accuracy(simulate(1000, "camera", 1), simulate(1000, "camera", 2))
    assert 40 < accuracy < 60


def test_sets_of_different_sizes_leave_chance_at_fifty(short):
    accuracy = vtt.machine_accuracy(simulate(1000, "camera", 1), simulate(200, "camera", 2))
    assert 35 < accuracy < 65
    synthetic = simulate(1000, "synthetic", 1)
    assert vtt.machine_accuracy(simulate(200, "camera", 2), synthetic) > 90


def test_the_mean_is_over_both_kinds(monkeypatch):
    real, refined = numbered(0, 40), numbered(100, 20)
    monkeypatch.setattr(vtt, "train_judge", lambda *args: None)
    for called, percent in ((0, 50.0), (1, 50.0)):
        monkeypatch.setattr(vtt, "verdicts", lambda _, e, called=called: np.full(len(e), called))
        assert vtt.machine_accuracy(real, refined) == percent
    monkeypatch.setattr(vtt, "verdicts", lambda _, e: (e.images[:, 0, 0] >= 110).astype(int))
    found = np.mean(refined.split(0.5, 0)[1].images[:, 0, 0] >= 110)
    assert vtt.machine_accuracy(real, refined) == 100 * (1 + found) / 2


def test_the_seed_decides_and_nothing_else_does(short):
    camera, other = (simulate(200, "camera", seed) for seed in (1, 2))
    before = np.random.get_state()[1].copy()
    first = estimate_gaze(vtt.train_judge(camera, other, 1), camera)
    np.testing.assert_array_equal(before, np.random.get_state()[1])
    keras.utils.set_random_seed(99)
    again, another = (estimate_gaze(vtt.train_judge(camera, other, s), camera) for s in (1, 2))
    np.testing.assert_allclose(first, again, atol=1e-3)
    assert not np.allclose(first, another, atol=1e-2)


@pytest.fixture
def sets(monkeypatch):
    """What `machine_accuracy` trains and tests on: {"known": [real, refined], "new": [...]}."""
    seen = {"known": [], "new": []}

    def train(real, refined, seed):
        seen["known"] += [real, refined]

    def judge(model, eyes):
        seen["new"].append(eyes)
        return np.zeros(len(eyes), int)

    monkeypatch.setattr(vtt, "train_judge", train)
    monkeypatch.setattr(vtt, "verdicts", judge)
    return seen


def with_persons(first, person):
    return EyeSet(numbered(first, len(person)).images, person=np.asarray(person))


@pytest.mark.parametrize("others", [0, 1000])
def test_nobody_is_judged_by_who_knows_them(sets, others):
    # others 0: the same ten persons in both sets; 1000: ten persons of their own
    real = with_persons(0, np.repeat(np.arange(10), 4))
    refined = with_persons(100, np.tile(np.arange(10), 3) + others)
    vtt.machine_accuracy(real, refined, seed=3)
    known, new = ({p for e in sets[name] for p in e.person} for name in ("known", "new"))
    assert not known & new and len(known | new) == (20 if others else 10)
    assert [len(eyes) for eyes in sets["known"]] == [20, 15]


def test_one_person_or_nobody_known_is_split_by_eyes(sets):
    vtt.machine_accuracy(with_persons(0, np.full(40, 7)), numbered(100, 30))
    for known, new in zip(sets["known"], sets["new"], strict=True):
        assert len(known) == len(new)
        assert not set(known.images[:, 0, 0]) & set(new.images[:, 0, 0])


def test_some_persons_in_common_are_refused():
    with pytest.raises(ValueError, match="received 2 in common$"):
        vtt.machine_accuracy(with_persons(0, [1, 2, 3, 3]), with_persons(100, [2, 3, 4, 4]))


# Features and their distance


def test_features_are_what_the_last_layer_sees():
    model, eyes = gaze_estimator((2, 2, 2, 2, 2), 6), simulate(30, "camera", seed=1)
    got = vtt.features(model, eyes)
    assert got.shape == (30, 6) and got.dtype == np.float32
    last = model.layers[-1]
    np.testing.assert_allclose(
        got @ last.kernel.numpy() + last.bias.numpy(),
        model.predict(to_float(eyes.images), verbose=0),
        atol=1e-5,
    )


def mmd_by_loops(a, b):
    """The definition, in exact arithmetic: means over all pairs of different members."""

    def k(x, y):
        product = sum(Fraction(p) * Fraction(q) for p, q in zip(x, y, strict=True))
        return (product / len(x) + 1) ** 3

    def mean(pairs):
        values = [k(x, y) for x, y in pairs]
        return sum(values) / len(values)

    def different(x):
        return ((x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j)

    cross = ((x, y) for x in a for y in b)
    return float(mean(different(a)) + mean(different(b)) - 2 * mean(cross))


def test_the_distance_is_that_of_the_definition():
    rng = np.random.default_rng(0)
    for shift in (0.0, 1.0):
        a, b = rng.normal(0, 1, (6, 4)), rng.normal(shift, 2, (9, 4))
        assert vtt.kernel_distance(a, b) == pytest.approx(mmd_by_loops(a, b), rel=1e-9)
        assert vtt.kernel_distance(b, a) == pytest.approx(mmd_by_loops(a, b), rel=1e-9)


def test_two_samples_of_one_distribution_have_distance_zero_on_average():
    rng = np.random.default_rng(0)
    same = [vtt.kernel_distance(*rng.normal(1, 1, (2, 20, 8))) for _ in range(400)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 20 and np.min(same) < 0 < np.max(same)


@pytest.mark.parametrize(("mean", "deviation"), [(0.5, 1.0), (0.0, 1.5)])
def test_another_mean_or_only_another_spread_has_a_distance(mean, deviation):
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(0, 1, (500, 8)), rng.normal(0, 1, (500, 8)), rng.normal(0, 1, (500, 8))
    far = vtt.kernel_distance(a, mean + deviation * c)
    assert far > 5 * abs(vtt.kernel_distance(a, b))


def test_features_in_float32_lose_nothing():
    rng = np.random.default_rng(0)
    a, b = (rng.normal(30, 1, (300, 16)).astype(np.float32) for _ in range(2))
    exact = vtt.kernel_distance(a.astype(float), b.astype(float))
    assert vtt.kernel_distance(a, b) == pytest.approx(exact, rel=1e-9)
