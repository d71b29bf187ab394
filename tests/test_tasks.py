"""What a network learns of images: every kind of label, and the table that compares sets."""

import h5py
import numpy as np
import pytest
from PIL import Image

from simgan_lib.cli import main
from simgan_lib.data.images import ImageSet
from simgan_lib.measure import tasks
from simgan_lib.measure.comparison import compare
from simgan_lib.measure.estimator import answers
from simgan_lib.measure.networks import image_network, pose_network
from simgan_lib.measure.tasks import Classes, Gaze, Joints, Numbers, task_of

SHAPE = (24, 28, 1)


def squares(count, seed=0, dark=30):
    """Bright squares whose side, place and kind are known, in images as noisy as any."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, dark, (count, *SHAPE[:2])).astype(np.uint8)
    side, top, left = rng.integers(3, 12, count), *rng.integers(0, 12, (2, count))
    for image, a, y, x in zip(images, side, top, left, strict=True):
        image[y : y + a, x : x + a] = 200
    corners = np.stack([left, top, left + side - 1, top + side - 1], axis=1)
    labels = {"side": side, "kind": np.where(side < 7, "small", "large")}
    labels["joints"] = corners.reshape(count, 2, 2).astype(np.float32)
    return ImageSet(images, labels)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(tasks, "STEPS", 150)
    monkeypatch.setattr(tasks.preset_for, "__defaults__", (150,))
    monkeypatch.setattr(tasks, "JOINT_STEPS", 200)


@pytest.mark.parametrize(
    ("label", "kind", "measure", "guess", "learned"),
    [
        ("side", Numbers, "r2", (-0.2, 0.01), (0.8, 1)),
        ("kind", Classes, "accuracy", (40, 75), (90, 100)),
        ("joints", Joints, "error_px", (3, 9), (0, 1.5)),
    ],
)
def test_a_network_learns_what_a_guess_does_not_know(quick, label, kind, measure, guess, learned):
    train, test = squares(400), squares(100, seed=1)
    task = task_of(label, train.labels[label], SHAPE)
    assert isinstance(task, kind)
    truth, known = test.labels[label], task.numbers(train.labels[label])
    constant = task.measure(known.mean(0, keepdims=True).repeat(100, 0), truth)
    assert guess[0] <= constant[measure] <= guess[1]
    model = tasks.train_network(task, train, label)
    found = task.decode(answers(model, test))
    assert learned[0] <= task.measure(found, truth)[measure] <= learned[1]
    again = tasks.train_network(task, train, label)
    np.testing.assert_allclose(task.decode(answers(again, test)), found, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("label", ["side", "kind", "joints"])
def test_the_truth_is_without_error(label):
    images = squares(50)
    task = task_of(label, images.labels[label], SHAPE)
    values = images.labels[label]
    numbers = task.decode(np.log(np.maximum(task.encode(values), 1e-9)))
    if label == "side":
        numbers = task.decode(task.encode(values))
    measured = task.measure(numbers, values)
    wanted = {"mean_absolute_error": 0, "r2": 1, "accuracy": 100, "error_px": 0}
    for name in measured.keys() & wanted.keys():
        assert measured[name] == pytest.approx(wanted[name], abs=0.8 if label == "joints" else 1e-6)
    if label == "kind":
        confusion = task.confusion(task.numbers(values), values)
        assert sum(confusion["small"].values()) == (values == "small").sum()
        assert confusion["small"]["large"] == 0


def test_a_gaze_is_learned_of_eyes_and_of_others():
    gaze = np.tile(np.float32([0, 0, -1]), (9, 1))
    assert task_of("gaze", gaze, (35, 55, 1)).network().name == "gaze_estimator"
    other = task_of("gaze", gaze, (36, 60, 1))
    assert isinstance(other, Gaze) and other.network().output_shape == (None, 3)


@pytest.mark.parametrize("shape", [(23, 31, 3), (64, 64, 1), (130, 200, 3)])
def test_networks_fit_every_size(shape):
    assert image_network(shape, 5).output_shape == (None, 5)
    model = pose_network(shape, 4)
    assert model.output_shape[2] == 4
    task = Joints("joints", np.zeros((9, 4, 2)), shape)
    assert len(task.places) == model.output_shape[1]
    inside = (task.places >= 0).all() and (task.places <= [shape[1] - 1, shape[0] - 1]).all()
    assert inside


@pytest.mark.parametrize(
    ("label", "values", "said"),
    [
        ("side", np.array([3.0, np.nan]), r"finite numbers in every set; received \[ 3. nan\]"),
        ("side", np.array([3, 3]), "not be the same for all images"),
        (
            "name",
            np.array(["a", "b", "c"]),
            "at least two, .*3 classes among 3",
        ),
        ("side", np.zeros((4, 2, 2)), r"received 'side', float64 of shape \(4, 2, 2\)"),
        ("joints", np.zeros((4, 3)) + 1, "not be the same"),
    ],
)
def test_what_cannot_be_learned_is_said(label, values, said):
    with pytest.raises(ValueError, match=said):
        task_of(label, values, SHAPE)


def test_numbers_may_name_classes():
    digits = np.array([3, 1, 3, 1, 3])
    assert isinstance(task_of("digit", digits, SHAPE), Numbers)
    task = task_of("digit", digits, SHAPE, classes=True)
    assert isinstance(task, Classes) and task.names.tolist() == [1, 3]
    with pytest.raises(ValueError, match="only the classes that it learned.*received 7 of 'digit'"):
        task.check(np.array([1, 7]))
    task.check(np.array([1.0, 3.0]))
    with pytest.raises(ValueError, match="'digit' must be text in every set or numbers"):
        task.check(np.array(["one"]))


def test_sets_that_cannot_be_compared_are_refused():
    good = squares(20)
    bare = good.like(good.images, {})
    wide = ImageSet(np.zeros((20, 24, 30), np.uint8), good.labels)
    with pytest.raises(
        ValueError, match="label 'side', or name another .--label.; received the test with no"
    ):
        compare({"drawn": good}, bare, "side")
    with pytest.raises(ValueError, match="one size.* received refined with .24, 30, 1."):
        compare({"drawn": good, "refined": wide}, good, "side")


@pytest.mark.parametrize("slip", ["abc", "", "nan"])
def test_a_label_that_is_no_number_among_numbers_is_named(slip):
    sides = ["1", "2.5", slip, "4"]
    labels = {"side": np.array(sides), "file": np.array([f"{k}.png" for k in range(4)])}
    drawn = ImageSet(np.zeros((4, 9, 9), np.uint8), labels)
    said = rf"Each 'side' must be a number.*received '{slip}' for 2.png in drawn$"
    with pytest.raises(ValueError, match=said):
        compare({"drawn": drawn}, drawn, "side")


def test_labels_of_a_kind_that_nobody_can_learn_are_refused():
    days = {"day": np.array(["2017-07-21", "2017-07-22"] * 2, dtype="datetime64[D]")}
    drawn = ImageSet(np.zeros((4, 9, 9), np.uint8), days)
    with pytest.raises(ValueError, match="A label is numbers.*received 'day', datetime64"):
        compare({"drawn": drawn}, drawn, "day")


def folder_of(path, images):
    path.mkdir()
    lines = ["file,side,kind\n"]
    for k, image in enumerate(images.images):
        Image.fromarray(image).save(path / f"{k}.png")
        lines.append(f"{k}.png,{images.labels['side'][k]},{images.labels['kind'][k]}\n")
    (path / "labels.csv").write_text("".join(lines))
    return path


def test_the_table_that_decides(quick, tmp_path, capsys):
    drawn = folder_of(tmp_path / "drawn", squares(200))
    light = folder_of(tmp_path / "light", squares(200, dark=120))
    test = folder_of(tmp_path / "test", squares(80, seed=1, dark=120))
    words = ["evaluate", "--train", drawn, light, "--test", test, "--label", "kind"]
    page = tmp_path / "page.html"
    assert main([*map(str, words), "--html", str(page)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["learned", "from", "accuracy"]
    names = [line.rsplit(maxsplit=1)[0] for line in out[1:7]]
    rivals = ["constant", "nearest neighbours", "noise", "randomised"]
    assert names == [*rivals, str(drawn), str(light)]
    assert any(line.startswith("true class") for line in out)
    text = page.read_text()
    assert "What helps to learn kind" in text and text.count("data:image/png") == 1
    packed = tmp_path / "light.h5"
    assert main(["pack", str(light), str(packed)]) == 0
    with h5py.File(packed) as file:
        assert {"image", "file", "side", "kind"} == set(file)
