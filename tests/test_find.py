"""Which eyes are taken, where a machine has some, and that no person is learned from and tested."""

import numpy as np
import pytest

from simgan_lib.data import find
from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.find import Found, apart, data_folder, find_eyes
from simgan_lib.simulators.pocket import simulate


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A machine with a mount and a home of its own, and no SIMGAN_DATA_DIR."""
    monkeypatch.delenv("SIMGAN_DATA_DIR")
    monkeypatch.setattr(find, "MOUNT", tmp_path / "input")
    monkeypatch.setattr(find.Path, "home", lambda: tmp_path / "home")
    return tmp_path


def put(path, count=3, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    simulate(count, "camera", seed).save(path)


def test_the_embedded_default_where_there_is_nothing(places):
    assert find_eyes()[:3] == (None, None, None)
    assert "simulated" in find_eyes().said


def test_the_order_of_the_places(places, monkeypatch):
    put(data_folder() / "mpiigaze.h5", 1)
    assert len(find_eyes().real) == 1
    put(find.MOUNT / "eye-gaze" / "kaggle-real.h5", 2)
    assert len(find_eyes().real) == 2
    put(places / "mine" / "real.h5", 3)
    monkeypatch.setenv("SIMGAN_DATA_DIR", str(places / "mine"))
    assert len(find_eyes().real) == 3
    put(places / "named" / "real.h5", 4)
    found = find_eyes(places / "named")
    assert len(found.real) == 4 and found.said == f"Eyes: real.h5 in {places / 'named'}"


def test_tests_get_the_embedded_default_whatever_there_is(places, monkeypatch):
    put(data_folder() / "mpiigaze.h5")
    put(find.MOUNT / "mpiigaze.h5")
    monkeypatch.setenv("SIMGAN_DATA_DIR", "")
    assert find_eyes()[:3] == (None, None, None)


def test_this_very_process_looks_nowhere(tmp_path):
    assert find_eyes()[:3] == (None, None, None)  # by conftest.py


@pytest.mark.parametrize(
    "names, kinds",
    [
        (["unityeyes.h5", "kaggle.h5", "kaggle-real.h5"], ["unityeyes.h5", "kaggle-real.h5"]),
        (["syntheseyes.h5", "gaze.h5", "real_gaze.h5"], ["gaze.h5", "real_gaze.h5"]),
        (["mpiigaze.h5", "mpiigaze-evaluation.h5"], ["mpiigaze.h5", "mpiigaze-evaluation.h5"]),
    ],
)
def test_the_order_of_the_files(places, names, kinds):
    for name in names:
        put(places / name)
    assert find_eyes(places).said == f"Eyes: {', '.join(kinds)} in {places}"


def test_a_folder_that_was_named_and_has_no_eyes_is_refused(places, monkeypatch):
    with pytest.raises(ValueError, match="should hold eyes.*received"):
        find_eyes(places)
    monkeypatch.setenv("SIMGAN_DATA_DIR", str(places / "nowhere"))
    with pytest.raises(ValueError, match="nowhere"):
        find_eyes()


def test_what_is_hidden_is_passed_over(places):
    put(data_folder() / ".kaggle.h5.part" / ".unpacked.part" / "folder" / "gaze.h5", 1)
    assert find_eyes().simulated is None
    put(data_folder() / "visible" / ".hidden" / "kaggle.h5", 2)
    put(data_folder() / "visible" / "kaggle.h5", 3)
    assert len(find_eyes().simulated) == 3
    put(places / ".mine" / "deep" / "real.h5", 4)  # hidden, but named
    assert len(find_eyes(places / ".mine").real) == 4


@pytest.mark.parametrize("name", ["gaze.h5", "real_labelled.h5"])
def test_eyes_that_should_have_gaze_and_have_none_are_refused(places, name):
    put(places / "real.h5")
    EyeSet(simulate(3, "camera").images).save(places / name)
    with pytest.raises(ValueError, match=f"need their gaze, .* received none in .*{name}'$"):
        find_eyes(places)


def test_eyes_for_a_refiner_need_no_gaze(places):
    EyeSet(simulate(3, "camera").images).save(places / "real.h5")
    assert len(find_eyes(places).real) == 3


def numbered(persons):
    """Eyes whose first pixel is the number of their person."""
    eyes = simulate(len(persons), "camera", 1)
    images = eyes.images.copy()
    images[:, 0, 0] = persons
    return EyeSet(images, eyes.gaze, np.array(persons))


def test_persons_of_the_test_are_nowhere_else():
    labelled, pool = numbered([0, 1, 2, 3] * 5), numbered([0, 1, 2, 3, 4] * 6)
    real, known, test = apart(Found(None, pool, labelled, ""), 0.5, seed=3, count=11)
    assert len(real) == 11 and real.gaze is None
    assert len(np.unique(test.person)) == len(np.unique(known.person)) == 2
    assert not set(test.person) & (set(known.person) | set(real.images[:, 0, 0]))


def test_without_a_pool_the_refiner_gets_the_known_eyes():
    labelled = numbered([7] * 10)
    real, known, test = apart(Found(None, None, labelled, ""), 0.5)
    assert len(real) == len(known) == len(test) == 5
    assert np.array_equal(np.sort(real.images, 0), np.sort(known.images, 0))


def test_of_one_person_the_refiner_does_not_meet_the_test_either():
    labelled = numbered([7] * 10)
    labelled.images[:, 0, 1] = np.arange(10)
    for pool in (labelled, numbered([7, 8, 9] * 4)):
        real, known, test = apart(Found(None, pool, labelled, ""), 0.5)
        met = {(a, b) for a, b in real.images[:, 0, :2]}
        assert not met & {(a, b) for a, b in test.images[:, 0, :2]}
        assert len(real) == (5 if pool is labelled else 8)
