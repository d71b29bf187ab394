import io
import itertools
import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

import simgan_lib.data.guard
import simgan_lib.data.images
from simgan_lib.data.eyes import EyeSet
from simgan_lib.data.gaze import from_pitch_yaw, to_pitch_yaw
from simgan_lib.data.layouts import from_36x60
from simgan_lib.simulators.pocket import simulate

ROOT = Path(__file__).parents[1]
REAL_EYES = ROOT.parent / "shared" / "real_eyes"
needs_real_eyes = pytest.mark.skipif(
    not REAL_EYES.is_dir(), reason="needs real eyes in shared/real_eyes beside the repository"
)


def draw(count, seed=0, sweep=False):
    """Images of a dark disc that moves with the gaze, on a noisy ground of varying brightness."""
    rng = np.random.default_rng(seed)
    pitch, yaw = rng.uniform(-20, 20, (2, count, 1, 1))
    if sweep:
        yaw = np.sort(yaw, axis=0)
    row, column = np.mgrid[:35, :55]
    disc = (row - 17 + pitch / 3) ** 2 + (column - 27 + yaw / 2) ** 2 < 49
    images = rng.uniform(100, 180, (count, 1, 1)) + rng.normal(0, 25, (count, 35, 55)) - 60 * disc
    gaze = from_pitch_yaw(pitch.ravel(), yaw.ravel())
    return images.clip(0, 255).astype(np.uint8), gaze


def numbered(count, **known):
    """Eyes that carry their row number in the image and in the gaze."""
    images = np.zeros((count, 35, 55), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(count), 256)
    return EyeSet(images, from_pitch_yaw(0, np.arange(count) / 100), **known)


def numbers(images):
    return images[:, 0, 0].astype(int) * 256 + images[:, 0, 1]


class Recorder:
    """Images that note how many rows were asked for at a time."""

    dtype = np.dtype(np.uint8)

    def __init__(self, images):
        self.images, self.shape, self.asked = images, images.shape, []

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        self.asked.append(len(self.images[index]))
        return self.images[index]


def write_kaggle(path, images, names, gaze=None, paths=None, track_order=False, created=1):
    images, names = images[::created], names[::created]
    with h5py.File(path, "w") as file:
        group = file.create_group("image", track_order=track_order)
        for name, image in zip(names, images, strict=True):
            group[name] = image
        if gaze is not None:
            file["look_vec"] = np.column_stack([gaze * [1, -1, 1], np.zeros(len(gaze))])
        if paths is not None:
            file["path"] = paths
    return path


def write(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path


def promise(path, name, shape, dtype, **layout):
    """Adds a data set that nothing was written to: a header that promises whatever it likes."""
    with h5py.File(path, "a") as file:
        file.create_dataset(name, shape, dtype, **layout)


def zeros(megabytes):
    """Many zeros, deflated to a thousandth, and soon: all megabytes but the first are alike."""
    deflate = zlib.compressobj(9)
    first, other = (deflate.compress(bytes(1 << 20)) + deflate.flush(3) for _ in range(2))
    adler = (megabytes << 20) % 65521 << 16 | 1  # the checksum of so many zeros
    return first + (megabytes - 1) * other + b"\3\0" + adler.to_bytes(4, "big")


def filtered(path, name, shape, dtype, filters):
    """Adds an empty data set with HDF5's filters in any order, which h5py sorts."""
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk(shape)
    for word in filters:
        getattr(plan, f"set_{word}")(*[1] * (word == "deflate"))
    with h5py.File(path, "a") as file:
        h5py.h5d.create(file.id, name.encode(), dtype, h5py.h5s.create_simple(shape), plan)


def inflate(path, name, shape, dtype, megabytes):
    """Adds a data set of one chunk that unpacks to much more than its header says."""
    with h5py.File(path, "a") as file:
        dataset = file.create_dataset(name, shape, dtype, chunks=shape, compression="gzip")
        dataset.id.write_direct_chunk((0,) * len(shape), zeros(megabytes))


def printed(code, folder):
    """What a process of its own prints, which has to end well."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and run.stderr == ""
    return run.stdout


def memory(code, folder):
    """Megabytes that a code adds to the most memory that a process of its own ever had."""
    status = Path("/proc/self/status")  # not ru_maxrss, which begins with what pytest has
    if not status.exists():
        pytest.skip("needs Linux, which tells a process its memory")
    code = f"""
from simgan_lib.data.eyes import EyeSet
def most():
    return int(open("{status}").read().split("VmHWM:")[1].split()[0]) // 1024
before = most()
{code}
print(most() - before)
"""
    return int(printed(code, folder))


# In memory


def test_indexing_gives_the_same_eyes_in_memory_and_on_disk(tmp_path):
    eyes = numbered(1200, person=np.arange(1200) // 10, source="numbers")
    eyes.save(tmp_path / "eyes.h5")
    write_kaggle(tmp_path / "kaggle.h5", eyes.images, [str(i) for i in range(1200)])
    packed, kaggle = EyeSet.load(tmp_path / "eyes.h5"), EyeSet.load(tmp_path / "kaggle.h5")
    mask = np.arange(1200) % 7 == 3
    for index in (5, -1, slice(500, 530), slice(None, None, -3), [1100, 3, 3, 600], mask, slice(0)):
        expected = eyes.images[index]
        np.testing.assert_array_equal(packed.images[index], expected)
        np.testing.assert_array_equal(kaggle.images[index], expected)
        if expected.size:
            part = packed[index]
            assert isinstance(part.images, np.ndarray) and part.source == "numbers"
            np.testing.assert_array_equal(part.images, expected.reshape(-1, 35, 55))
            np.testing.assert_array_equal(part.gaze, eyes.gaze[index].reshape(-1, 3))
            np.testing.assert_array_equal(part.person, eyes.person[index].reshape(-1))
    for images in (packed.images, kaggle.images):
        with pytest.raises(IndexError):
            images[1200]


def test_repr_says_what_a_person_asks():
    eyes = EyeSet(*draw(1500), person=np.arange(1500) // 100, source="discs")
    assert repr(eyes) == (
        "EyeSet(1,500 eyes, pitch -20 to 20 and yaw -20 to 20 degrees, persons: 15, source: discs)"
    )
    assert repr(EyeSet(eyes.images)) == "EyeSet(1,500 eyes)"


@pytest.mark.parametrize(
    "images, gaze, person, received",
    [
        (np.zeros((4, 55, 35), np.uint8), None, None, r"uint8 of shape \(4, 55, 35\)$"),
        (np.zeros((4, 35, 55, 1), np.uint8), None, None, r"\(4, 35, 55, 1\)$"),
        (np.zeros((4, 35, 55), np.float32), None, None, r"float32 of shape \(4, 35, 55\)$"),
        ([1, 2], None, None, r"list"),
        (np.zeros((0, 35, 55), np.uint8), None, None, r"at least one eye.*\(0, 35, 55\)$"),
        (np.zeros((4, 35, 55), np.uint8), np.ones((4, 3)), None, "length 1"),
        (np.zeros((4, 35, 55), np.uint8), [[0, 0, -1]] * 5, None, r"received shape \(5, 3\)$"),
        (np.zeros((4, 35, 55), np.uint8), None, [1, 2, 3], r"int64 of shape \(3,\)$"),
        (np.zeros((4, 35, 55), np.uint8), None, [0.5] * 4, r"float64 of shape \(4,\)$"),
    ],
)
def test_what_is_no_set_of_eyes_is_refused(images, gaze, person, received):
    with pytest.raises(ValueError, match=received):
        EyeSet(images, gaze, person)


def test_split():
    eyes = numbered(100, person=np.arange(100) % 10)
    first, second = eyes.split(0.8, seed=1)
    both = np.concatenate([numbers(first.images), numbers(second.images)])
    assert len(first) == 80 and sorted(both) == list(range(100))
    np.testing.assert_array_equal(first.gaze, eyes.gaze[numbers(first.images)])
    assert set(numbers(eyes.split(0.8, seed=2)[0].images)) != set(numbers(first.images))

    first, second = eyes.split(0.7, seed=1, by="person")
    assert len(set(first.person)) == 7 and not set(first.person) & set(second.person)
    assert len(first) == 70 and len(second) == 30

    with pytest.raises(ValueError, match="at least one person"):
        eyes.split(0.01, by="person")
    with pytest.raises(ValueError, match="received 'person', EyeSet"):
        EyeSet(eyes.images).split(0.5, by="person")


# Streaming


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 16 and windows of 64 eyes, so that small sets reach over many."""
    monkeypatch.setattr(simgan_lib.data.images, "BLOCK", 16)
    monkeypatch.setattr(simgan_lib.data.images, "WINDOW", 4)


@pytest.mark.parametrize("count, batch", [(1000, 32), (1000, 7), (64, 64), (17, 50), (1, 3)])
def test_every_epoch_has_every_eye_once(small_blocks, count, batch):
    eyes = numbered(count)
    drawn, labels = [], []
    for images, gaze in itertools.islice(eyes.stream(batch, seed=3), -(-3 * count // batch)):
        assert images.shape == (batch, 35, 55) and images.dtype == np.uint8
        drawn.extend(numbers(images))
        labels.extend(gaze)
    np.testing.assert_array_equal(labels, eyes.gaze[drawn])
    epochs = [drawn[i * count : (i + 1) * count] for i in range(3)]
    assert all(sorted(epoch) == list(range(count)) for epoch in epochs)
    if count > 1:
        assert epochs[0] != epochs[1] != epochs[2] != sorted(epochs[2])
        other = np.concatenate([b for b, _ in itertools.islice(eyes.stream(batch, seed=4), 9)])
        assert list(numbers(other)) != drawn[: len(other)]


@pytest.mark.parametrize("count, batch", [(1000, 32), (100, 33), (5, 8)])
def test_a_stream_goes_on_where_another_stopped(small_blocks, count, batch):
    eyes = numbered(count)
    whole = [numbers(images) for images, _ in itertools.islice(eyes.stream(batch, seed=1), 80)]
    for start in (0, 1, 5, 31, 62, 77):
        rest = itertools.islice(eyes.stream(batch, seed=1, start=start), 80 - start)
        np.testing.assert_array_equal([numbers(images) for images, _ in rest], whole[start:])


def test_a_stream_reads_a_window_at_a_time_and_skips_without_reading(small_blocks):
    images = Recorder(numbered(1000).images)
    list(itertools.islice(EyeSet(images).stream(32), 100))
    assert max(images.asked) <= 64
    images.asked.clear()
    next(EyeSet(images).stream(32, start=10**6))
    assert sum(images.asked) <= 128


def test_a_stream_mixes_eyes_that_are_far_apart(small_blocks):
    images, _ = next(numbered(1000).stream(32))
    blocks = set(numbers(images) // 16)
    assert len(blocks) == 4 and max(blocks) - min(blocks) > 10  # four of the 63 blocks


def test_streams_from_disk_and_memory_are_the_same(tmp_path):
    images, gaze = draw(1300)
    EyeSet(images).save(tmp_path / "eyes.h5")
    streams = EyeSet(images).stream(100, 5), EyeSet.load(tmp_path / "eyes.h5").stream(100, 5)
    for (a, none), (b, _) in itertools.islice(zip(*streams, strict=True), 30):
        np.testing.assert_array_equal(a, b)
        assert none is None


@pytest.mark.parametrize("batch, start", [(0, 0), (8, -1)])
def test_a_stream_refuses_what_makes_no_sense(batch, start):
    with pytest.raises(ValueError, match=f"received {batch} and {start}$"):
        next(numbered(3).stream(batch, start=start))


# Packed files


@pytest.mark.parametrize("count", [1, 511, 512, 513, 1100])
@pytest.mark.parametrize("make", [draw, lambda count: (numbered(count).images, None)])
def test_what_was_saved_is_loaded(tmp_path, count, make):
    images, gaze = make(count)
    eyes = EyeSet(images, gaze, person=np.arange(count) % 3, source="a source")
    eyes.save(tmp_path / "a.h5")
    EyeSet.load(tmp_path / "a.h5").save(tmp_path / "b.h5")
    for name in ("a.h5", "b.h5"):
        loaded = EyeSet.load(tmp_path / name)
        np.testing.assert_array_equal(loaded.images[:], images)
        np.testing.assert_array_equal(loaded.gaze, eyes.gaze)
        np.testing.assert_array_equal(loaded.person, eyes.person)
        assert loaded.person.dtype == np.int64 and loaded.source == "a source"
    EyeSet(images).save(tmp_path / "a.h5")
    loaded = EyeSet.load(tmp_path / "a.h5")
    assert loaded.gaze is None and loaded.person is None
    assert sorted(os.listdir(tmp_path)) == ["a.h5", "b.h5"]


def test_a_packed_file_is_laid_out_as_promised(tmp_path):
    images, gaze = draw(1100)
    EyeSet(images, gaze, source="discs").save(tmp_path / "eyes.h5")
    with h5py.File(tmp_path / "eyes.h5") as file:
        assert sorted(file) == ["gaze", "image"]
        assert file["image"].shape == (1100, 35, 55) and file["image"].dtype == np.uint8
        assert file["image"].chunks == (512, 35, 55) and file["image"].compression == "gzip"
        assert file["gaze"].shape == (1100, 3) and file["gaze"].dtype == np.float32
        assert file.attrs["source"] == b"discs" and "MPIIGaze" in file.attrs["conventions"]
        np.testing.assert_array_equal(file["image"][:], images)  # for any reader, not only ours
        chunks = [file["image"].id.get_chunk_info(k) for k in range(3)]
        assert [chunk.filter_mask for chunk in chunks] == [1, 1, 0]
        assert [chunk.size for chunk in chunks[:2]] == [512 * 35 * 55] * 2


def test_what_can_be_compressed_is(tmp_path):
    numbered(2000).save(tmp_path / "eyes.h5")
    assert (tmp_path / "eyes.h5").stat().st_size < 2000 * 35 * 55 / 10


def test_saving_reads_a_block_at_a_time(tmp_path, capfd):
    images = Recorder(draw(1500)[0])
    EyeSet(images).save(tmp_path / "eyes.h5")
    assert max(images.asked) <= 512
    assert capfd.readouterr().err == ""  # no progress bar for what takes no time


def test_what_else_a_file_knows_of_its_eyes_is_carried(tmp_path):
    eyes = simulate(40, seed=2)
    names = np.array([f"eye {k}" for k in range(40)])
    eyes.save(tmp_path / "a.h5", side=np.arange(40) % 2, name=names)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["weights"] = np.zeros(7)  # not one for each eye
    loaded = EyeSet.load(tmp_path / "a.h5")
    assert list(loaded.labels) == ["gaze", "person", "name", "side"]
    some = loaded[[30, 3]]
    assert some.labels["name"].tolist() == ["eye 30", "eye 3"]
    assert some.labels["side"].tolist() == [0, 1]
    some.save(tmp_path / "b.h5")
    again = EyeSet.load(tmp_path / "b.h5")
    np.testing.assert_array_equal(again.labels["name"], some.labels["name"])


def test_a_file_may_be_saved_over_itself(tmp_path):
    numbered(600).save(tmp_path / "eyes.h5")
    EyeSet.load(tmp_path / "eyes.h5").save(tmp_path / "eyes.h5")
    assert list(numbers(EyeSet.load(tmp_path / "eyes.h5").images[:])) == list(range(600))


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_saving_is_all_or_nothing(tmp_path, stop):
    class Failing(Recorder):
        def __getitem__(self, index):
            if len(self.asked) == 2:
                raise stop
            return super().__getitem__(index)

    for before in ([], ["eyes.h5"]):
        with pytest.raises(stop):
            EyeSet(Failing(draw(1500)[0])).save(tmp_path / "eyes.h5")
        assert os.listdir(tmp_path) == before
        numbered(3).save(tmp_path / "eyes.h5")
    assert len(EyeSet.load(tmp_path / "eyes.h5")) == 3


def test_saving_stops_when_the_disk_is_full(tmp_path, monkeypatch):
    class Full(simgan_lib.data.images.Draft):
        def write(self, data):
            self.error = OSError(28, "No space left on device")
            return len(data)

    monkeypatch.setattr(simgan_lib.data.images, "Draft", Full)
    images = Recorder(draw(1500)[0])
    with pytest.raises(OSError, match="nothing there was changed"):
        EyeSet(images).save(tmp_path / "eyes.h5")
    assert images.asked == [512] and os.listdir(tmp_path) == []


@pytest.mark.parametrize("room", [100, 70_000, 1_500_000, "size - 50"])
def test_a_full_disk_is_one_sentence(tmp_path, room):
    pytest.importorskip("resource", reason="needs a system that can limit the size of files")
    code = f"""
import os, resource
import numpy as np
from simgan_lib.data.eyes import EyeSet
images = np.random.default_rng(0).integers(0, 256, (1500, 35, 55), np.uint8)
eyes = EyeSet(images, np.tile([0, 0, -1.0], (1500, 1)))
eyes.save("eyes.h5")
size = os.path.getsize("eyes.h5")
os.remove("eyes.h5")
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
try:
    eyes.save("eyes.h5")
except OSError as error:
    print(error)
"""
    assert printed(code, tmp_path) == (  # where HDF5 would crash when the program ends
        "The file could not be written, so nothing there was changed (File too large); "
        "received 'eyes.h5'\n"
    )
    assert os.listdir(tmp_path) == []


# Kaggle's layout


COUNT = 400
UNPADDED = [str(i) for i in range(COUNT)]
PADDED = [f"{i:05d}" for i in range(COUNT)]
MEANINGLESS = [f"{i * 7919 % 104729:05x}-eye" for i in range(COUNT)]


@pytest.mark.parametrize("sweep", [False, True])
@pytest.mark.parametrize(
    "names, extra",
    [
        (UNPADDED, {}),
        (PADDED, {}),
        (sorted(UNPADDED), {}),
        (sorted(UNPADDED), {"created": -1, "track_order": True}),
        (UNPADDED[::-1], {"track_order": True}),
        (MEANINGLESS, {"track_order": True}),
        (
            [f"{name}.jpg" for name in MEANINGLESS],
            {"paths": [f"{name}.jpg" for name in MEANINGLESS]},
        ),
        (MEANINGLESS, {"paths": [f"C:\\eyes\\{name}.jpg" for name in MEANINGLESS]}),
        (UNPADDED, {"paths": ["nowhere"] * COUNT}),
    ],
)
def test_the_order_of_the_labels_is_found(tmp_path, names, extra, sweep):
    images, gaze = draw(COUNT, sweep=sweep)
    path = write_kaggle(tmp_path / "eyes.h5", images, names, gaze, **extra)
    eyes = EyeSet.load(path)
    np.testing.assert_array_equal(eyes.images[:], images)
    np.testing.assert_allclose(eyes.gaze, gaze, atol=1e-6)
    eyes.save(tmp_path / "packed.h5")
    np.testing.assert_array_equal(EyeSet.load(tmp_path / "packed.h5").images[:], images)


@pytest.mark.parametrize("names", [UNPADDED, PADDED])
def test_labels_that_belong_to_other_images_are_refused(tmp_path, names):
    images, gaze = draw(COUNT)
    for wrong in (np.random.default_rng(1).permutation(gaze), np.roll(gaze, 1, axis=0)):
        with pytest.raises(ValueError, match="do not belong .* received 400 images"):
            EyeSet.load(write_kaggle(tmp_path / "eyes.h5", images, names, wrong))


def test_labels_that_fit_two_orders_alike_are_refused(tmp_path):
    images, gaze = draw(COUNT)
    by_alphabet = gaze[[int(name) for name in sorted(UNPADDED)]]
    both = gaze + by_alphabet
    both /= np.linalg.norm(both, axis=1, keepdims=True)
    with pytest.raises(ValueError, match="received 400 images and 2 orders"):
        EyeSet.load(write_kaggle(tmp_path / "eyes.h5", images, UNPADDED, both))
    assert EyeSet.load(write_kaggle(tmp_path / "padded.h5", images, PADDED, both))


def test_few_images_are_refused_only_if_their_order_is_open(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (30, 35, 55), np.uint8)
    _, gaze = draw(30)
    np.testing.assert_array_equal(
        EyeSet.load(write_kaggle(tmp_path / "a.h5", images, PADDED[:30], gaze)).images[:], images
    )
    with pytest.raises(ValueError, match="too few images .* 2 orders.*received 30 images"):
        EyeSet.load(write_kaggle(tmp_path / "b.h5", images, UNPADDED[:30], gaze))


def test_without_labels_names_are_sorted_by_their_numbers(tmp_path):
    eyes = EyeSet.load(write_kaggle(tmp_path / "eyes.h5", numbered(120).images, UNPADDED[:120]))
    assert list(numbers(eyes.images[:])) == list(range(120))
    assert eyes.gaze is None and eyes.source == "eyes.h5"
    pairs = [f"{side}_{i}" for i in range(60) for side in ("left", "right")]
    eyes = EyeSet.load(write_kaggle(tmp_path / "pairs.h5", numbered(120).images, pairs))
    assert list(numbers(eyes.images[:])) == list(range(120))


@pytest.mark.parametrize(
    "filters",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"shuffle": True},
        {"fletcher32": True},
    ],
)
def test_what_others_have_compressed_is_read(tmp_path, filters):
    images, gaze = draw(512)  # of which gzip leaves so much that it is unpacked to be looked at
    path, kaggle = tmp_path / "eyes.h5", write_kaggle(tmp_path / "kaggle.h5", [], [])
    with h5py.File(path, "w") as file:
        file.create_dataset("image", data=images, chunks=images.shape, **filters)
        file.create_dataset("gaze", data=gaze, **filters)
        file.create_dataset("person", data=np.arange(512), **filters)
    with h5py.File(kaggle, "a") as file:
        for name, image in enumerate(images):
            file.create_dataset(f"image/{name}", data=image, **filters)
        file.create_dataset("look_vec", data=gaze * [1, -1, 1], **filters)
        file.create_dataset("path", data=[str(i) for i in range(512)], compression="gzip")
    for eyes in (EyeSet.load(path), EyeSet.load(kaggle)):
        np.testing.assert_array_equal(eyes.images[:], images)
        np.testing.assert_allclose(eyes.gaze, gaze, atol=1e-6)
    np.testing.assert_array_equal(EyeSet.load(path).person, np.arange(512))


def test_a_checksum_may_come_before_the_compression(tmp_path):
    images, _ = draw(512)
    filters = ["fletcher32", "shuffle", "deflate"]
    filtered(tmp_path / "eyes.h5", "image", images.shape, h5py.h5t.STD_U8LE, filters)
    with h5py.File(tmp_path / "eyes.h5", "a") as file:
        file["image"][:] = images
    np.testing.assert_array_equal(EyeSet.load(tmp_path / "eyes.h5").images[:], images)


# Bad files


def test_one_long_text_that_many_paths_are_is_not_read_so_often(tmp_path, monkeypatch):
    images, gaze = draw(64)
    path = write_kaggle(tmp_path / "eyes.h5", images, [f"{i:02}" for i in range(64)], gaze)
    with h5py.File(path, "a") as file:
        texts = file.create_dataset("path", (64,), h5py.string_dtype(), chunks=(64,))
        texts[0] = "a" * 100_000
        file.flush()
        _, places = texts.id.read_direct_chunk((0,))
        texts.id.write_direct_chunk((0,), places[:16] * 64)
    monkeypatch.setattr(simgan_lib.data.guard, "BYTES", 1 << 20)
    with pytest.raises(ValueError, match="such long texts; received more than 1,048,576 bytes"):
        EyeSet.load(path)


def test_texts_of_any_length_are_read_only_of_files_that_cannot_hold_long_ones(
    tmp_path, monkeypatch
):
    """HDF5 takes several times the memory of a text, and tells its length only afterwards."""
    images, gaze = draw(64)
    long = ["a" * 100_000] + ["b"] * 63
    path = write_kaggle(tmp_path / "a.h5", images, [f"{i:02}" for i in range(64)], gaze, long)
    EyeSet.load(path)
    monkeypatch.setattr(simgan_lib.data.guard, "TEXTS", 100_000)
    with pytest.raises(ValueError, match="so much text; received 'path' of shape"):
        EyeSet.load(path)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["image"] = images
        file.attrs["source"] = "of any length"
    assert EyeSet.load(tmp_path / "b.h5").source == "b.h5"  # not read


def test_an_image_that_is_linked_twice_does_not_make_two(tmp_path):
    path = write_kaggle(tmp_path / "eyes.h5", draw(4)[0], [f"{i}" for i in range(4)])
    with h5py.File(path, "a") as file:
        file["image/5"] = file["image/3"]
    with pytest.raises(ValueError, match="one name; received several for '3'"):
        EyeSet.load(path)


SOURCES = {
    "a source of numbers": np.zeros(3, np.uint8),
    "a source of many texts": np.zeros(8, "S5"),
    "a long source": np.bytes_(b"a" * 1001),
    "a huge source": np.bytes_(b"a" * 100_000_000),
    "an empty source": h5py.Empty("S5"),
}


def broken(path, kind):
    images, gaze = draw(6)
    names = PADDED[:6]
    if kind == "empty file":
        path.touch()
    elif kind == "text":
        path.write_text("eyes")
    elif kind == "directory":
        path.mkdir()
    elif kind == "truncated":
        EyeSet(images, gaze).save(path)
        path.write_bytes(path.read_bytes()[:-500])
    elif kind == "signature only":
        path.write_bytes(b"\x89HDF\r\n\x1a\n")
    elif kind == "no image":
        write(path, picture=images)
    elif kind == "packed shape":
        write(path, image=images.transpose(0, 2, 1))
    elif kind == "packed type":
        write(path, image=images / 255)
    elif kind == "packed empty":
        write(path, image=images[:0])
    elif kind == "packed scalar":
        write(path, image=3)
    elif kind == "nan":
        write(path, image=images, gaze=gaze * [[1], [1], [1], [1], [np.nan], [1]])
    elif kind == "infinite":
        write(path, image=images, gaze=gaze * np.inf)
    elif kind == "length":
        write(path, image=images, gaze=gaze * 1.5)
    elif kind == "fewer":
        write(path, image=images, gaze=gaze[:5])
    elif kind == "more":
        write_kaggle(path, images[:5], names[:5], gaze)
    elif kind == "words":
        write(path, image=images, gaze=[b"up"] * 6)
    elif kind == "kaggle length":
        write_kaggle(path, images, names, gaze * 1.5)
    elif kind == "kaggle words":
        with h5py.File(write_kaggle(path, images, names), "a") as file:
            file["look_vec"] = [[b"up"] * 3] * 6
    elif kind == "kaggle two numbers":
        with h5py.File(write_kaggle(path, images, names), "a") as file:
            file["look_vec"] = gaze[:, :2]
    elif kind == "kaggle empty":
        write_kaggle(path, [], [], gaze[:0])
    elif kind == "kaggle shape":
        write_kaggle(path, [*images[:5], images[5][:30]], names)
    elif kind == "kaggle type":
        write_kaggle(path, [*images[:5], images[5] / 255], names)
    elif kind == "kaggle group":
        with h5py.File(write_kaggle(path, images, names), "a") as file:
            file["image"].create_group("more")
    elif kind == "soft link":
        with h5py.File(write_kaggle(path, images, names), "a") as file:
            file["image"]["link"] = h5py.SoftLink("/image/00000")
    elif kind == "external link":
        with h5py.File(path, "w") as file:
            file["image"] = h5py.ExternalLink(write(path.with_name("b.h5"), image=images), "image")
    elif kind == "virtual":
        other = write(path.with_name("b.h5"), image=images)
        layout = h5py.VirtualLayout((6, 35, 55), np.uint8)
        layout[:] = h5py.VirtualSource(other, "image", (6, 35, 55))
        with h5py.File(path, "w") as file:
            file.create_virtual_dataset("image", layout)
    elif kind == "external storage":
        path.with_name("b.bin").write_bytes(images.tobytes())
        with h5py.File(path, "w") as file:
            outside = [(path.with_name("b.bin"), 0, images.nbytes)]
            file.create_dataset("image", images.shape, np.uint8, external=outside)
    elif kind == "kaggle external storage":
        path.with_name("b.bin").write_bytes(images.tobytes())
        with h5py.File(write_kaggle(path, images, names), "a") as file:
            outside = [(path.with_name("b.bin"), 0, 35 * 55)]
            file["image"].create_dataset("x", (35, 55), np.uint8, external=outside)
    elif kind == "a terabyte of images":
        promise(path, "image", (500_000_000, 35, 55), np.uint8, chunks=(1, 35, 55))
    elif kind == "a terabyte in a chunk":
        size = dict(chunks=(2_000_000, 35, 55), maxshape=(None, 35, 55))
        promise(path, "image", (2_000_000, 35, 55), np.uint8, **size)
    elif kind == "a terabyte of labels":
        write(path, image=images)
        promise(path, "gaze", (40_000_000_000, 3), np.float64, chunks=(1, 3))
    elif kind == "kaggle, a terabyte of labels":
        write_kaggle(path, images, names)
        promise(path, "look_vec", (40_000_000_000, 4), np.float64, chunks=(1, 4))
    elif kind == "kaggle, a terabyte in a chunk":
        write_kaggle(path, images, names)
        size = dict(chunks=(1 << 16, 1 << 15), maxshape=(None, None))
        promise(path, "image/x", (35, 55), np.uint8, **size)
    elif kind == "a chunk stored in more than its size":
        inflate(path, "image", (6, 35, 55), np.uint8, 40)
    elif kind == "a chunk that inflates":
        inflate(path, "image", (512, 35, 55), np.uint8, 600)
    elif kind == "labels that inflate":
        write(path, image=images)
        inflate(path, "gaze", (6, 3), np.float32, 60)
    elif kind == "a large chunk of persons that inflates":
        write(path, image=images)
        inflate(path, "person", (100_000,), np.int64, 600)
    elif kind == "kaggle, an image that inflates":
        write_kaggle(path, images, names)
        inflate(path, "image/x", (35, 55), np.uint8, 20)
    elif kind == "kaggle, labels that inflate":
        write_kaggle(path, images, names)
        inflate(path, "look_vec", (6, 4), np.float32, 60)
    elif kind == "deflated twice":
        filtered(path, "image", (6, 35, 55), h5py.h5t.STD_U8LE, ["deflate", "deflate"])
    elif kind == "shuffled when deflated":
        write(path, image=images)
        filtered(path, "gaze", (6, 3), h5py.h5t.IEEE_F32LE, ["deflate", "shuffle"])
    elif kind == "another filter":
        promise(path, "image", (6, 35, 55), np.uint8, compression="lzf")
    elif kind == "kaggle, another filter":
        write_kaggle(path, images, names)
        promise(path, "image/x", (35, 55), np.uint8, compression="lzf")
    elif kind == "named type":
        write(path, image=images.dtype)
    elif kind == "no dataspace":
        write(path, image=h5py.Empty("u1"))
    elif kind == "labels without dataspace":
        write(path, image=images, gaze=h5py.Empty("f4"))
    elif kind == "kaggle paths without dataspace":
        write_kaggle(path, images, names, gaze, h5py.Empty(h5py.string_dtype()))
    elif kind == "a type that NumPy lacks":
        with h5py.File(path, "w") as file:
            space = h5py.h5s.create_simple((6, 35, 55))
            h5py.h5d.create(file.id, b"image", h5py.h5t.UNIX_D32LE, space)
    elif kind in SOURCES:
        with h5py.File(path, "w", libver="latest") as file:  # in older files, attributes are small
            file["image"] = images
            file.attrs["source"] = SOURCES[kind]
    elif kind == "npz bomb":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            with file.open("image.npy", "w") as member:
                for _ in range(300):
                    member.write(bytes(1 << 20))
    elif kind == "npz promise":
        header = io.BytesIO()
        shape = {"descr": "|u1", "fortran_order": False, "shape": (1 << 50, 36, 60)}
        np.lib.format.write_array_header_2_0(header, shape)
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("image.npy", header.getvalue())
    elif kind == "npz without labels":
        np.savez(path, image=np.zeros((6, 36, 60), np.uint8))
    elif kind == "npz size":
        np.savez(path, image=images, gaze_pitch_yaw_rad=np.zeros((6, 2)))
    elif kind == "npz angles":
        np.savez(path, image=np.zeros((6, 36, 60), np.uint8), gaze_pitch_yaw_rad=gaze)
    elif kind == "npz pickled":
        image = np.array([{}, {}], object)
        np.savez(path, image=image, gaze_pitch_yaw_rad=np.zeros((6, 2)), allow_pickle=True)
    elif kind == "npz truncated":
        np.savez(path, image=np.zeros((6, 36, 60), np.uint8), gaze_pitch_yaw_rad=np.zeros((6, 2)))
        path.write_bytes(path.read_bytes()[:-500])


@pytest.mark.parametrize(
    "kind, words",
    {
        "missing": r"cannot be opened \(No such file",
        "directory": r"cannot be opened \(Is a directory",
        "empty file": "is empty, .* received 0 bytes",
        "text": "from HDF5 or .npz; received a file of b'eyes'",
        "truncated": "damaged or cut short",
        "signature only": "damaged or cut short",
        "no image": r"has 'image' at its root; received \['picture'\]",
        "virtual": "must be in the file itself",
        "external storage": "must be in the file itself",
        "kaggle external storage": "must be in the file itself",
        "a terabyte of images": "at most 10,000,000 eyes",
        "a terabyte in a chunk": "has such chunks",
        "a terabyte of labels": "has so many labels",
        "kaggle, a terabyte of labels": "has so many labels",
        "kaggle, a terabyte in a chunk": "has such chunks",
        "a chunk stored in more than its size": "to more than its 11,550 bytes",
        "a chunk that inflates": "to more than its 985,600 bytes",
        "labels that inflate": "to more than its 72 bytes",
        "a large chunk of persons that inflates": "to more than its 800,000 bytes",
        "kaggle, an image that inflates": "to more than its 1,925 bytes",
        "kaggle, labels that inflate": "to more than its 96 bytes",
        "deflated twice": r"received filters \[1, 1\]",
        "shuffled when deflated": r"received filters \[1, 2\]",
        "another filter": r"received filters \[32000\]",
        "kaggle, another filter": r"received filters \[32000\]",
        "named type": "a group of them; received <HDF5 named type",
        "no dataspace": r"received uint8 of shape \(\)",
        "labels without dataspace": "received an empty 'gaze'",
        "kaggle paths without dataspace": "so much text; received 'path' of shape None",
        "a type that NumPy lacks": "No NumPy equivalent",
        "a source of numbers": r"received uint8 of shape \(3,\)",
        "a source of many texts": r"received \|S5 of shape \(8,\)",
        "a long source": r"at most 1,000 bytes, .* received \|S1001 of shape \(\)",
        "a huge source": "at most 1,048,576 bytes of attributes, .* received 100,000,",
        "an empty source": r"received \|S5 of shape None",
        "npz bomb": "at most 268,435,456 bytes; received 314,572,800",
        "npz promise": "damaged or cut short",
        "packed shape": r"received uint8 of shape \(6, 55, 35\)",
        "packed type": r"received float64 of shape \(6, 35, 55\)",
        "packed empty": r"at least one eye; received shape \(0, 35, 55\)",
        "packed scalar": r"received int64 of shape \(\)",
        "nan": r"but 1 of 6 are not; received \[nan",
        "infinite": "but 6 of 6 are not",
        "length": "length 1, but 6 of 6 are not",
        "fewer": r"for 6 images the shape is \(6, 3\); received shape \(5, 3\)",
        "more": r"for 5 images the shape is \(5, 3\); received shape \(6, 3\)",
        "words": "Labels are numbers; received object of 'gaze'",
        "kaggle length": "length 1, but 6 of 6 are not",
        "kaggle words": "Labels are numbers; received object of 'look_vec'",
        "kaggle two numbers": r"3 or 4 numbers a row; received .* of shape \(6, 2\)",
        "kaggle empty": "at least one eye",
        "kaggle shape": r"received image '00005' with uint8 of shape \(30, 55\)",
        "kaggle type": "received image '00005' with float64",
        "kaggle group": "received image 'more' with .*Group",
        "soft link": "in the file itself; received a link at 'link'",
        "external link": "in the file itself; received a link at 'image'",
        "npz without labels": r"'gaze_pitch_yaw_rad'; received \['image'\]",
        "npz size": r"\(N, 36, 60\); received uint8 of shape \(6, 35, 55\)",
        "npz angles": r"a pitch and a yaw a row; received float32 of shape \(6, 3\)",
        "npz pickled": "allow_pickle=False",
        "npz truncated": "damaged or cut short",
    }.items(),
)
def test_a_bad_file_is_one_sentence(tmp_path, kind, words):
    path = tmp_path / ("eyes.npz" if "npz" in kind else "eyes.h5")
    broken(path, kind)
    with pytest.raises(ValueError, match=words) as caught:
        EyeSet.load(path)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(repr(str(path)))


def test_what_is_refused_is_not_read_before(tmp_path):
    kinds = ["labels that inflate", "a large chunk of persons that inflates", "a huge source"]
    for kind in kinds:
        broken(tmp_path / f"{kind}.h5", kind)
    code = f"""
for kind in {kinds}:
    try:
        EyeSet.load(f"{{kind}}.h5")
    except ValueError:
        pass
"""
    assert memory(code, tmp_path) < 40


def test_chunks_that_inflate_do_not_add_up(tmp_path):
    with h5py.File(tmp_path / "eyes.h5", "w") as file:
        layout = dict(chunks=(16, 35, 55), compression="gzip")
        dataset = file.create_dataset("image", (160, 35, 55), np.uint8, **layout)
        for row in range(0, 160, 16):
            dataset.id.write_direct_chunk((row, 0, 0), zeros(30))
    # All ten together take 300 MB.
    assert memory('EyeSet.load("eyes.h5").images[:]', tmp_path) < 60


def test_damage_in_the_images_shows_when_they_are_read(tmp_path):
    path = tmp_path / "eyes.h5"
    numbered(1100).save(path)
    with h5py.File(path) as file:
        chunk = file["image"].id.get_chunk_info(1)
    with open(path, "rb+") as file:
        file.seek(chunk.byte_offset)
        file.write(bytes(chunk.size))
    eyes = EyeSet.load(path)  # opens at once, which is to say without reading the images
    assert list(numbers(eyes.images[:512])) == list(range(512))
    for read in (lambda: eyes[600], lambda: eyes.save(tmp_path / "copy.h5")):
        with pytest.raises(ValueError, match="^The file is damaged or cut short") as caught:
            read()
        assert str(caught.value).endswith(repr(str(path)))
    assert os.listdir(tmp_path) == ["eyes.h5"]


# MPIIGaze's size, and the published eyes


def test_an_npz_of_mpiigaze_is_read(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (5, 36, 60), np.uint8)
    angles = np.radians([[-10, 20], [0, 0], [5, -5], [1, 2], [3, 4]])
    np.savez(tmp_path / "eyes.npz", image=image, gaze_pitch_yaw_rad=angles)
    eyes = EyeSet.load(tmp_path / "eyes.npz")
    np.testing.assert_allclose(np.transpose(to_pitch_yaw(eyes.gaze)), np.degrees(angles), atol=1e-5)
    np.testing.assert_array_equal(eyes.images, from_36x60(image))


def test_the_middle_stays_the_middle():
    image = np.zeros((1, 36, 60), np.uint8)
    image[0, 16:20, 28:32] = 255
    small = from_36x60(image)[0]
    assert small.shape == (35, 55)
    np.testing.assert_array_equal(small, small[::-1, ::-1])
    assert small[17, 27] == 255 and small.sum() == pytest.approx(16 * 255 * (35 / 36) ** 2, rel=0.1)
    with pytest.raises(ValueError, match=r"received uint8 of shape \(1, 35, 55\)$"):
        from_36x60(small[None])


@needs_real_eyes
def test_real_eyes_of_kaggle_were_made_from_mpiigaze_like_ours():
    kaggle = EyeSet.load(REAL_EYES / "real_gaze.h5")
    assert len(kaggle) == 1744 and kaggle.gaze is None
    eyes = EyeSet.load(REAL_EYES / "p00_left_labelled.npz")
    assert len(eyes) == 1500
    pitch, yaw = to_pitch_yaw(eyes.gaze)
    assert pitch.min() == pytest.approx(-16.7, abs=0.1) and pitch.max() <= 1.65
    assert yaw.min() >= -16.85 and yaw.max() == pytest.approx(15.9, abs=0.1)
    difference = kaggle.images[:1500].astype(float) - eyes.images
    assert abs(difference).mean() < 0.03  # also says that names were sorted by number


@needs_real_eyes
@pytest.mark.parametrize("order", [UNPADDED, sorted(UNPADDED)])
def test_the_order_of_labels_is_found_in_real_eyes(tmp_path, order):
    eyes = EyeSet.load(REAL_EYES / "p00_left_labelled.npz")[:COUNT]
    loaded = EyeSet.load(write_kaggle(tmp_path / "eyes.h5", eyes.images, order, eyes.gaze))
    np.testing.assert_array_equal(loaded.images[:], eyes.images)
    shuffled = np.random.default_rng(0).permutation(eyes.gaze)
    with pytest.raises(ValueError, match="do not belong"):
        EyeSet.load(write_kaggle(tmp_path / "shuffled.h5", eyes.images, order, shuffled))


def test_reading_eyes_does_not_wait_for_tensorflow():
    code = "import sys, simgan_lib.data.eyes; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
