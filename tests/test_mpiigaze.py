import struct
import tracemalloc
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from scipy.spatial.transform import Rotation

from data_download import mpiigaze
from data_download.mpiigaze import blocks
from data_download.pack import pack
from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.gaze import from_pitch_yaw, to_pitch_yaw
from simgan_lib.data.layouts import from_36x60

REAL_EYES = Path(__file__).resolve().parents[2] / "shared/real_eyes"
needs_real_eyes = pytest.mark.skipif(
    not REAL_EYES.is_dir(), reason="needs real eyes in shared/real_eyes beside the repository"
)
NORMALIZED = "MPIIGaze/Data/Normalized"
LISTS = "MPIIGaze/Evaluation Subset/sample list for eye image"


def draw(count, seed):
    """One side of a day: random images, gaze and head poses."""
    rng = np.random.default_rng(seed)
    gaze = from_pitch_yaw(*rng.uniform(-30, 30, (2, count))).astype(np.float64)
    image = rng.integers(0, 256, (count, 36, 60), np.uint8)
    return {"gaze": gaze, "image": image, "pose": rng.normal(0, 0.4, (count, 3))}


def write_day(root, person, day, count, do_compression=True, **change):
    """A day as published, with the names of its frames from 0001.jpg; returns what is in it."""
    names = np.empty((count, 1), object)
    names[:, 0] = [f"{frame:04d}.jpg" for frame in range(1, count + 1)]
    sides = {"left": draw(count, [person, day, 0]), "right": draw(count, [person, day, 1])}
    path = root / NORMALIZED / f"p{person:02d}" / f"day{day:02d}.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"data": sides, "filenames": names} | change
    scipy.io.savemat(path, content, do_compression=do_compression)
    return sides


def write_list(root, person, lines):
    path = root / LISTS / f"p{person:02d}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def together(parts, side=None):
    parts = [part for part in parts if side is None or (part["side"] == side).all()]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


# What is read


@pytest.mark.parametrize("do_compression", [True, False])
def test_left_eyes_are_read_as_they_are_and_right_ones_mirrored(tmp_path, do_compression):
    sides = write_day(tmp_path, 3, 7, 5, do_compression)
    left, right = blocks(tmp_path)
    for eyes in (left, right):
        assert eyes["image"].dtype == np.uint8 and eyes["gaze"].dtype == np.float32
        assert eyes["head_pose"].dtype == np.float32 and eyes["person"].dtype == np.int64
        assert (eyes["person"] == 3).all() and (eyes["day"] == 7).all()
    np.testing.assert_array_equal(left["side"], [0] * 5)
    np.testing.assert_array_equal(right["side"], [1] * 5)
    np.testing.assert_array_equal(left["image"], from_36x60(sides["left"]["image"]))
    np.testing.assert_array_equal(right["image"], from_36x60(np.flip(sides["right"]["image"], 2)))
    np.testing.assert_allclose(left["gaze"], sides["left"]["gaze"], atol=1e-6)
    np.testing.assert_allclose(left["head_pose"], sides["left"]["pose"], atol=1e-6)
    pitch, yaw = to_pitch_yaw(sides["right"]["gaze"])
    np.testing.assert_allclose(to_pitch_yaw(right["gaze"]), [pitch, -yaw], atol=1e-4)


def test_head_poses_of_right_eyes_are_turned_as_in_a_mirror(tmp_path):
    known = write_day(tmp_path, 0, 1, 20)["right"]["pose"]
    _, right = blocks(tmp_path)
    mirror = np.diag([-1, 1, 1])  # a rotation seen in it: mirror back, rotate, mirror
    seen = mirror @ Rotation.from_rotvec(known).as_matrix() @ mirror
    mirrored = Rotation.from_rotvec(right["head_pose"]).as_matrix()
    np.testing.assert_allclose(mirrored, seen, atol=1e-6)


def test_a_day_may_have_one_frame(tmp_path):
    sides = write_day(tmp_path, 0, 1, 1)
    left, right = blocks(tmp_path)
    np.testing.assert_array_equal(left["image"], from_36x60(sides["left"]["image"]))
    assert right["gaze"].shape == right["head_pose"].shape == (1, 3)


def test_persons_can_be_left_out(tmp_path):
    for person, day, count in ((0, 1, 4), (0, 2, 1), (14, 33, 3)):
        write_day(tmp_path, person, day, count)
    eyes = pack(tmp_path / "eyes.h5", blocks(tmp_path), "made")
    np.testing.assert_array_equal(eyes.person, [0] * 10 + [14] * 6)
    first, second = EyeSet.load(tmp_path / "eyes.h5").split(0.5, by="person")
    assert sorted([len(first), len(second)]) == [6, 10] and not {*first.person} & {*second.person}
    with h5py.File(tmp_path / "eyes.h5") as file:
        np.testing.assert_array_equal(file["day"], [1] * 8 + [2] * 2 + [33] * 6)
        np.testing.assert_array_equal(file["side"], [0] * 4 + [1] * 4 + [0, 1] + [0] * 3 + [1] * 3)
        assert file["head_pose"].shape == (16, 3) and file["head_pose"].dtype == np.float32


# The evaluation subset


def test_the_evaluation_subset_has_each_eye_as_often_as_it_is_listed(tmp_path):
    first, second = write_day(tmp_path, 0, 1, 4), write_day(tmp_path, 0, 2, 4)
    write_list(tmp_path, 0, [
        "day01/0002.jpg left", "day02/0002.jpg right", "day02/0004.jpg right", "",
        "day01/0003.jpg left", "day02/0004.jpg right",
    ])  # fmt: skip
    parts = list(blocks(tmp_path, evaluation=True))
    left, right = together(parts, 0), together(parts, 1)
    np.testing.assert_array_equal(left["image"], from_36x60(first["left"]["image"][[1, 2]]))
    np.testing.assert_array_equal(left["day"], [1, 1])
    known = second["right"]
    np.testing.assert_allclose(right["gaze"], known["gaze"][[1, 3, 3]] * [-1, 1, 1], atol=1e-6)
    np.testing.assert_array_equal(right["person"], [0, 0, 0])


ABSENT = ["day01/0005.jpg left", "day09/0001.jpg left", "day01/0001.jpg", "day01/0001.jpg both"]


@pytest.mark.parametrize("line", ABSENT)
def test_of_an_evaluation_subset_what_is_there_is_packed_and_the_rest_counted(tmp_path, line):
    """As in an archive of 2018 (hysts/pytorch_mpiigaze #1), without day02/0726.jpg of p02."""
    known = write_day(tmp_path, 0, 1, 4)
    write_list(tmp_path, 0, ["day01/0001.jpg left", line, line, "day01/0004.jpg right"])
    with pytest.warns(UserWarning) as record:
        eyes = pack(tmp_path / "eyes.h5", blocks(tmp_path, evaluation=True), "made")
    images = [known["left"]["image"][0], known["right"]["image"][3][:, ::-1]]
    np.testing.assert_array_equal(eyes.images[:], from_36x60(np.array(images)))
    [message] = [str(each.message) for each in record]
    assert message.startswith("Eyes that MPIIGaze's evaluation subset lists and no day holds")
    assert message.endswith(f"; received 2 of 4 eyes, first 'p00/{line}'")


def test_of_many_listed_eyes_that_are_not_there_three_are_named(tmp_path):
    write_day(tmp_path, 0, 1, 4)
    write_list(tmp_path, 0, [f"day01/{i:04}.jpg left" for i in range(1, 21)] + ["x" * 10_000])
    with pytest.warns(UserWarning, match=r"received 17 of 21 eyes, first (.*0005.*), (.*)6.*7.jpg"):
        assert len(together(blocks(tmp_path, evaluation=True))["gaze"]) == 4
    write_list(tmp_path, 0, ["day01/0001.jpg left", "x" * 10_000])
    with pytest.warns(UserWarning) as record:
        list(blocks(tmp_path, evaluation=True))
    assert len(str(record[0].message)) < 350


def test_an_evaluation_subset_of_which_nothing_is_there_is_refused(tmp_path):
    write_day(tmp_path, 0, 1, 4)
    for line in ABSENT:
        write_list(tmp_path, 0, [line, line])
        with pytest.raises(ValueError, match=f"^Not one eye .* 2 of 2 eyes, first 'p00/{line}'$"):
            list(blocks(tmp_path, evaluation=True))


def test_listed_eyes_of_a_person_who_is_not_there_are_counted(tmp_path):
    write_day(tmp_path, 0, 1, 4)
    for person in (0, 7):
        write_list(tmp_path, person, ["day01/0001.jpg left", "day01/0002.jpg left"])
    with pytest.warns(UserWarning, match="received 2 of 4 eyes, first 'p07/day01/0001.jpg left', "):
        eyes = together(blocks(tmp_path, evaluation=True))
    assert (eyes["person"] == 0).all() and len(eyes["gaze"]) == 2


def test_a_list_that_cannot_be_read_is_counted(tmp_path):
    for person in (0, 5, 9):
        write_day(tmp_path, person, 1, 4)
        write_list(tmp_path, person, ["day01/0001.jpg left"])
    (tmp_path / LISTS / "p05.txt").unlink()
    write_list(tmp_path, 9, ["day01/0001.jpg left"] * 60_000)
    with pytest.warns(UserWarning) as record:
        eyes = together(blocks(tmp_path, evaluation=True))
    assert eyes["person"].tolist() == [0]
    [message] = [str(each.message) for each in record]
    lists = [str(tmp_path / LISTS / f"p0{person}.txt") for person in (5, 9)]
    assert message == (
        "MPIIGaze lacks days or lists that cannot be read, unpack the data set again; "
        f"received 2 such files, first {lists[0]!r}, more in {lists[1]!r}"
    )


def test_where_no_list_can_be_read_the_first_is_refused(tmp_path):
    write_day(tmp_path, 5, 1, 4)
    with pytest.raises(ValueError, match=r"cannot be opened \(No such file.*p05.txt'$"):
        list(blocks(tmp_path, evaluation=True))
    write_list(tmp_path, 5, ["day01/0001.jpg left"] * 60_000)
    with pytest.raises(ValueError, match=r"at most 1,048,576 bytes.*p05.txt'$"):
        list(blocks(tmp_path, evaluation=True))
    assert len(together(blocks(tmp_path))["gaze"]) == 8  # all eyes need no list


# Days that cannot be read


def test_days_that_cannot_be_read_are_counted_and_the_first_named(tmp_path):
    for day in range(1, 7):
        write_day(tmp_path, 1, day, 2)
    write_list(tmp_path, 1, [f"day0{day}/0001.jpg left" for day in range(1, 7)])
    folder = tmp_path / NORMALIZED / "p01"
    content = (folder / "day02.mat").read_bytes()
    (folder / "day02.mat").write_bytes(content[: len(content) // 2])
    (folder / "day03.mat").write_bytes(b"")
    write_day(tmp_path, 1, 4, 2, data={"left": draw(2, 0), "right": draw(3, 0)})
    (folder / "day05.mat").unlink()
    (folder / "day05.mat").mkdir()
    with pytest.warns(UserWarning) as record:
        eyes = pack(tmp_path / "eyes.h5", blocks(tmp_path), "made")
    with h5py.File(tmp_path / "eyes.h5") as file:
        np.testing.assert_array_equal(file["day"], [1, 1, 1, 1, 6, 6, 6, 6])
    assert len(eyes) == 8
    [message] = [str(each.message) for each in record]
    assert message.startswith("MPIIGaze lacks days or lists that cannot be read, unpack the data")
    assert "; received 4 such files, first " in message and "\n" not in message
    assert [repr(str(folder / f"day0{day}.mat")) in message for day in range(1, 7)] == [
        False, True, True, True, False, False,
    ]  # fmt: skip
    with pytest.warns(UserWarning) as record:
        eyes = together(blocks(tmp_path, evaluation=True))
    assert eyes["day"].tolist() == [1, 6]
    said = [str(each.message) for each in record]
    assert len(said) == 2 and said[0] == message
    assert "received 4 of 6 eyes, first 'p01/day02/0001.jpg left', " in said[1]


def test_nothing_is_said_of_a_whole_data_set(tmp_path, recwarn):
    write_day(tmp_path, 0, 1, 4)
    write_list(tmp_path, 0, ["day01/0001.jpg left"])
    assert len(together(blocks(tmp_path))["gaze"]) == 8
    assert len(together(blocks(tmp_path, evaluation=True))["gaze"]) == 1
    assert not recwarn.list


# The folder


@pytest.mark.parametrize("level", [".", "MPIIGaze", "MPIIGaze/Data", NORMALIZED])
def test_the_folder_may_be_named_at_any_level(tmp_path, monkeypatch, level):
    write_day(tmp_path, 0, 1, 3)
    write_list(tmp_path, 0, ["day01/0001.jpg left"])
    for name in (tmp_path / level, str(tmp_path / level)):
        assert len(together(blocks(name))["gaze"]) == 6
        assert len(together(blocks(name, evaluation=True))["gaze"]) == 1
    monkeypatch.chdir(tmp_path / level)
    assert len(together(blocks(".", evaluation=True))["gaze"]) == 1


def test_persons_may_lie_near_the_root_of_the_system():
    broken = []
    assert not mpiigaze._listed([Path("/data/p00/day01.mat")], broken)
    assert len(broken) == 1 and "p00.txt" in broken[0]


def test_other_files_are_left_alone(tmp_path):
    write_day(tmp_path, 0, 1, 3)
    folder = tmp_path / NORMALIZED
    for name in ("p00/day1.mat", "p00/day001.mat", "p00/day02.mat.part", "p00/.day02.mat",
                 "p00/day02.txt", "p0/day01.mat", "p000/day01.mat", "day01.mat"):  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("no eyes")
    assert len(together(blocks(tmp_path))["gaze"]) == 6


def test_a_folder_without_days_is_one_sentence(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ValueError, match="has files Data/Normalized/p00/day01.mat") as caught:
            next(blocks(folder))
        assert str(caught.value).endswith(f"; received {str(folder)!r}")


def test_memory_does_not_grow_with_the_days(tmp_path):
    for day in range(1, 9):
        write_day(tmp_path, 0, day, 150)
    tracemalloc.start()
    held = [tracemalloc.get_traced_memory()[0] for _ in blocks(tmp_path)]
    tracemalloc.stop()
    assert len(held) == 16 and max(held) < 1.2 * max(held[:4])


# Bad files, written part by part


def part(kind, content):
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def array(form, shape, name=b"", *parts):
    shape = struct.pack(f"<{len(shape)}i", *shape)
    head = part(6, bytes([form]) + bytes(7)) + part(5, shape) + part(1, name)
    return part(14, head + b"".join(parts))


def compressed(array):
    squeezed = zlib.compress(array)
    return struct.pack("<II", 15, len(squeezed)) + squeezed


def nested(depth):
    inner, layers = array(6, (1, 1), b"", part(9, bytes(8))), []
    size, layer = len(inner), array(1, (1, 1))[8:]
    for _ in range(depth):
        size += len(layer)
        layers.append(struct.pack("<II", 14, size) + layer)
        size += 8
    return b"".join(layers[::-1]) + inner


HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
ROOM = 1 << 26


HOSTILE = {
    "empty": (lambda: b"", "version 5 to 7"),
    "text": (lambda: b"no eyes " * 100, r"received b'no eyes no eyes no '\.\.\."),
    "nothing in it": (lambda: HEAD, r"KeyError\('filenames'\)"),
    "7.3": (lambda: HEAD.replace(b"5.0", b"7.3").replace(b"\0\1", b"\0\2"), "and not 7.3"),
    "large": (lambda: HEAD + bytes(ROOM), "at most 67,108,864 bytes"),
    "zeros": (lambda: HEAD + bytes(100), "damaged or not a day"),
    "bomb": (lambda: HEAD + compressed(part(14, bytes(4 * ROOM))), "more than 67,108,864"),
    "bombs": (
        lambda: (
            HEAD
            + compressed(array(9, (ROOM // 2, 1), b"a", part(2, bytes(ROOM // 2))))
            + compressed(array(9, (ROOM // 2, 1), b"b", part(2, bytes(ROOM // 2))))
        ),
        "more than 67,108,864 bytes when inflated",
    ),
    "a million fields": (
        lambda: (
            HEAD
            + compressed(
                array(2, (1, 1), b"data", struct.pack("<HHI", 5, 4, 1), part(1, b"a" * 2**25))
            )
        ),
        "a struct of more than 100 fields",
    ),
    "long text of nothing": (
        lambda: HEAD + array(1, (1, 1), b"data", array(4, (1, 2**31 - 1), b"", part(16, b""))),
        r"KeyError\('filenames'\)",
    ),
    "huge array of nothing": (
        lambda: HEAD + array(9, (2**31 - 1, 36, 60), b"data", part(2, b"")),
        "cannot reshape",
    ),
    "huge cell of nothing": (
        lambda: HEAD + array(1, (2**31 - 1, 1), b"filenames"),
        r"KeyError\('data'\)",
    ),
    "a million arrays": (
        lambda: (
            HEAD
            + compressed(array(1, (10**6, 1), b"data", array(9, (0, 0), b"", part(9, b"")) * 10**6))
        ),
        "more than 50,000 arrays",
    ),
    "deep": (lambda: HEAD + nested(100_000), "RecursionError"),
    "wild type": (lambda: HEAD + array(9, (1, 1), b"x", part(9999, bytes(8))), "KeyError"),
    "function": (lambda: HEAD + array(16, (1, 1), b"f", array(2, (1, 1))), "class 16"),
    "opaque": (lambda: HEAD + array(17, (1, 1), b"s0"), "class 17"),
    "object": (lambda: HEAD + array(3, (1, 1), b"data"), "class 3"),
}


def test_a_folder_around_it_is_understood_and_only_one_copy_is_read(tmp_path):
    for above in ("a/b/MPIIGaze", "c/MPIIGaze"):
        write_day(tmp_path / above, 1, 2, 3)
    assert [len(part["image"]) for part in blocks(tmp_path)] == [3, 3]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_one_sentence_and_little_memory(tmp_path, kind):
    make, words = HOSTILE[kind]
    path = tmp_path / "p00/day01.mat"
    path.parent.mkdir()
    path.write_bytes(make())
    tracemalloc.start()
    with pytest.raises(ValueError, match=words) as caught:
        list(blocks(tmp_path))
    assert tracemalloc.get_traced_memory()[1] < 4 * ROOM
    tracemalloc.stop()
    assert "\n" not in str(caught.value) and str(caught.value).endswith(repr(str(path)))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"image": np.zeros((4, 60, 36), np.uint8)}, r"arrays of shapes \(\(4, 60, 36\), \(4, 3\)"),
        ({"image": np.zeros((5, 36, 60), np.uint8)}, "for 4 frames"),
        ({"image": np.zeros((4, 36, 60))}, "received float64"),
        ({"image": {"a": 1}}, "no attribute 'shape'"),
        ({"image": np.array([b"x", {"a": 1}, "x"], object)}, "received"),
        ({"gaze": np.zeros((4, 3))}, "4 of 4 are not"),
        ({"gaze": np.full((4, 3), np.nan)}, "4 of 4 are not"),
        ({"gaze": np.zeros((3, 4))}, r"\(3, 4\)"),
        ({"gaze": "abc"}, "no attribute 'shape'"),
        ({"pose": np.zeros((4, 2))}, r"\(4, 2\)\) for 4"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, change, words):
    for side in ("left", "right"):
        sides = {"left": draw(4, 0), "right": draw(4, 1)}
        sides[side] |= change
        write_day(tmp_path, 0, 1, 4, data=sides)
        with pytest.raises(ValueError, match=words) as caught:
            list(blocks(tmp_path))
        assert "\n" not in str(caught.value) and "damaged or not a day" in str(caught.value)
    write_day(tmp_path, 0, 1, 4, data=np.zeros(3))
    with pytest.raises(ValueError, match="damaged or not a day"):
        list(blocks(tmp_path))


@pytest.mark.parametrize("do_compression", [True, False])
def test_any_damage_is_noticed_or_harmless(tmp_path, do_compression):
    write_day(tmp_path, 0, 1, 2, do_compression)
    path = tmp_path / NORMALIZED / "p00/day01.mat"
    content, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content[: rng.integers(1, len(content))])
        if rng.random() < 0.7:
            damaged = bytearray(content)
            # Sizes, shapes and names stand near the ends of an uncompressed file.
            place = rng.choice(
                [rng.integers(128, 900), rng.integers(len(content) - 600, len(content))]
            )
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            assert together(blocks(tmp_path))["image"].shape[1:] == (35, 55)
        except ValueError as error:
            refused += 1
            assert str(error).endswith(repr(str(path)))
    assert refused > 100


def test_a_day_that_cannot_be_opened_is_one_sentence(tmp_path):
    (tmp_path / "p00/day01.mat").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"cannot be opened \(Is a directory\).*day01.mat'$"):
        next(blocks(tmp_path))


# Real eyes


def published(side, field):
    """What SciPy reads from the real sample."""
    days = sorted((REAL_EYES / NORMALIZED).glob("p00/*.mat"))
    data = [scipy.io.loadmat(day)["data"][side][0, 0][field][0, 0] for day in days]
    return np.concatenate(data)


@needs_real_eyes
def test_real_left_eyes_have_the_labels_that_are_known_of_them():
    known = np.load(REAL_EYES / "p00_left_labelled.npz")
    row_of = {image.tobytes(): row for row, image in enumerate(known["image"])}
    rows = [row_of[image.tobytes()] for image in published("left", "image")]
    assert len(set(rows)) == 100
    left = together(blocks(REAL_EYES), 0)
    pitch, yaw = np.degrees(known["gaze_pitch_yaw_rad"][rows].T)
    np.testing.assert_allclose(left["gaze"], from_pitch_yaw(pitch, yaw), atol=1e-6)
    np.testing.assert_array_equal(left["image"], from_36x60(known["image"][rows]))
    assert (left["person"] == 0).all() and np.bincount(left["day"]).tolist() == [0, 60, 39, 1]


@needs_real_eyes
def test_real_right_eyes_are_mirrored():
    right = together(blocks(REAL_EYES), 1)
    np.testing.assert_array_equal(
        right["image"], from_36x60(published("right", "image")[..., ::-1])
    )
    pitch, yaw = to_pitch_yaw(published("right", "gaze"))
    np.testing.assert_allclose(to_pitch_yaw(right["gaze"]), [pitch, -yaw], atol=1e-4)


@needs_real_eyes
def test_the_iris_of_real_eyes_is_where_their_yaw_says():
    for side in (0, 1):
        eyes = together(blocks(REAL_EYES), side)
        images = eyes["image"][:, :, 8:-8].astype(float)  # without the dark outer corners
        darkness = (np.percentile(images, 15, axis=(1, 2), keepdims=True) - images).clip(0)
        column = (darkness.sum(1) * np.arange(39)).sum(1) / darkness.sum((1, 2))
        yaw = to_pitch_yaw(eyes["gaze"])[1]
        assert np.corrcoef(column, yaw)[0, 1] < -0.3  # yaw above 0: iris at the left


@needs_real_eyes
def test_the_real_evaluation_subset_is_read_once_each():
    lines = (REAL_EYES / LISTS / "p00.txt").read_text().split("\n")
    eyes = together(blocks(REAL_EYES, evaluation=True))
    assert len(eyes["gaze"]) == len(set(filter(None, lines))) == 100
    assert (eyes["side"] == 0).sum() == sum(line.endswith("left") for line in lines)
    everything = {image.tobytes() for image in together(blocks(REAL_EYES))["image"]}
    assert {image.tobytes() for image in eyes["image"]} <= everything
