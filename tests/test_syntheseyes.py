import io
import os
import pickle
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_download.pack import pack
from data_download.syntheseyes import blocks, unpickle
from simgan_lib.data.gaze import from_pitch_yaw, to_pitch_yaw

ROOT = Path(__file__).parents[1]
TO_BLENDER = np.diag([1.0, -1.0, -1.0])  # x right, y up, z towards the viewer


# Pairs. Nobody here has seen a real one, so an eyeball is put before a pinhole camera, and its
# landmarks are projected: where the iris lies in the image follows from optics, not the reader.


def rotation(pitch, yaw):
    """Turns what looks along -z, into the camera, by angles in degrees, in the course's axes."""
    z = -from_pitch_yaw(pitch, yaw).astype(float)
    x = np.cross([0, 1, 0], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def project(points):
    """Points in mm, in the course's axes, to pixels of an image of 120 x 80."""
    points = points + [0, 0, 600]
    return points[:, :2] / points[:, 2:] * 1200 + [60, 40]


def eye(head=(0, 0), gaze=(0, 0)):
    """The image and the fields of a pair, for a head and a gaze of pitch and yaw in degrees."""
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(12)], axis=1)
    head, gaze = rotation(*head), rotation(*gaze)
    lids = project(ring * [14, 6, 1] @ head.T - 7 * head[:, 2])
    iris = project(ring[::2] * 6 @ gaze.T - 10 * gaze[:, 2])
    image = Image.new("RGBA", (120, 80), (180, 150, 120, 255))
    draw = ImageDraw.Draw(image)
    draw.polygon([tuple(point) for point in lids], (250, 250, 250, 255))
    draw.polygon([tuple(point) for point in iris], (10, 40, 10, 255))
    return image, {
        "look_vec": TO_BLENDER @ -gaze[:, 2],
        "head_pose": TO_BLENDER @ head,
        "ldmks": {"ldmks_lids_2d": lids, "ldmks_iris_2d": iris, "ldmks_pupil_2d": iris},
    }


def angles(count, seed=0):
    """Heads and gazes of pitch and yaw that differ as much as in renderings."""
    rng = np.random.default_rng(seed)
    heads = rng.uniform(-25, 25, (count, 2))
    return heads, heads + rng.uniform(-15, 15, (count, 2))


def write(folder, name, image, fields):
    """Writes a pair; fields may be bytes already."""
    folder = folder / name[:3]
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(image, Image.Image):
        image.save(folder / f"{name}.png")
    elif image is not None:
        (folder / f"{name}.png").write_bytes(image)
    if fields is not None:
        data = fields if isinstance(fields, bytes) else python2(fields)
        (folder / f"{name}.pkl").write_bytes(data)


def names(count):
    return [
        f"{'fm'[i % 2]}0{i % 5 + 1}_{i}_{i % 3 / 5.1:.4f}_{-i / 1000:.4f}" for i in range(count)
    ]


def write_all(folder, count=24, change=lambda fields: fields, dump=lambda fields: python2(fields)):
    heads, gazes = angles(count)
    for name, head, gaze in zip(names(count), heads, gazes, strict=True):
        image, fields = eye(head, gaze)
        write(folder, name, image, dump(change(fields)))
    order = np.argsort([f"{name[:3]}/{name}" for name in names(count)])
    return [names(count)[i] for i in order], heads[order], gazes[order]


def everything(folder):
    parts = list(blocks(folder))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


# Pickles as Python 2 wrote them: text and bytes are one type, of one byte a letter.


class Python2(pickle._Pickler):
    def save_8_bit(self, value):
        data = value if isinstance(value, bytes) else value.encode("latin-1")
        short = len(data) < 256
        self.write(b"U" + bytes([len(data)]) if short else b"T" + struct.pack("<i", len(data)))
        self.write(data)
        self.memoize(value)

    dispatch = pickle._Pickler.dispatch | {str: save_8_bit, bytes: save_8_bit}


def older(data):
    """NumPy's name of before version 2."""
    return data.replace(b"numpy._core", b"numpy.core")


def python2(fields, protocol=2):
    file = io.BytesIO()
    Python2(file, protocol).dump(fields)
    return older(file.getvalue())


def listed(value):
    """Arrays as lists of tuples."""
    if isinstance(value, dict):
        return {key: listed(item) for key, item in value.items()}
    return [tuple(row) if isinstance(row, list) else row for row in value.tolist()]


def pieces(value):
    """Arrays as lists of arrays and of NumPy's numbers."""
    if isinstance(value, dict):
        return {key: pieces(item) for key, item in value.items()}
    return list(value)


STYLES = {
    "Python 2, protocol 1": lambda fields: python2(fields, 1),
    "Python 2, protocol 2": python2,
    "Python 3, protocol 0": lambda fields: pickle.dumps(fields, 0),
    "Python 3, protocol 1": lambda fields: pickle.dumps(fields, 1),
    "Python 3, protocol 2": lambda fields: pickle.dumps(fields, 2),
    "Python 3, older NumPy": lambda fields: older(pickle.dumps(fields, 2)),
    "lists, protocol 0": lambda fields: pickle.dumps(listed(fields), 0),
    "lists, protocol 2": lambda fields: python2(listed(fields)),
    "pieces, protocol 0": lambda fields: pickle.dumps(pieces(fields), 0),
    "pieces, protocol 2": lambda fields: python2(pieces(fields)),
    "columns first": lambda fields: python2(fields | {"head_pose": fields["head_pose"].T.copy().T}),
}


@pytest.mark.parametrize("style", STYLES)
def test_pairs_are_read_whatever_wrote_them(tmp_path, style):
    order, heads, gazes = write_all(tmp_path, dump=STYLES[style])
    eyes = everything(tmp_path)
    np.testing.assert_allclose(eyes["gaze"], from_pitch_yaw(*gazes.T), atol=1e-6)
    np.testing.assert_allclose(
        eyes["head_pose"], [TO_BLENDER @ rotation(*head) for head in heads], atol=1e-6
    )
    assert eyes["person"].tolist() == [
        int(name[1:3]) + (100 if name[0] == "m" else 0) for name in order
    ]
    assert {name: (x.dtype.name, x.shape[1:]) for name, x in eyes.items()} == {
        "image": ("uint8", (35, 55)),
        "gaze": ("float32", (3,)),
        "head_pose": ("float32", (3, 3)),
        "person": ("int64", ()),
    }


def test_the_iris_is_on_the_side_of_its_label(tmp_path):
    write_all(tmp_path, 60, dump=python2)
    eyes = everything(tmp_path)
    pitch, yaw = to_pitch_yaw(eyes["gaze"])
    dark = eyes["image"] < 90
    row, column = np.mgrid[:35, :55]
    right = (dark * column).sum((1, 2)) / dark.sum((1, 2))
    down = (dark * row).sum((1, 2)) / dark.sum((1, 2))
    assert np.corrcoef(right, yaw)[0, 1] < -0.7
    assert np.corrcoef(down, pitch)[0, 1] < -0.7


def test_packed_pairs_are_an_eye_set(tmp_path):
    _, _, gazes = write_all(tmp_path / "pairs")
    eyes = pack(tmp_path / "eyes.h5", blocks(tmp_path / "pairs"), "SynthesEyes")
    np.testing.assert_allclose(eyes.gaze, from_pitch_yaw(*gazes.T), atol=1e-6)
    assert len(eyes) == 24 and set(eyes.person) == {1, 2, 3, 4, 5, 101, 102, 103, 104, 105}


def test_blocks_have_at_most_512_eyes(tmp_path):
    heads, gazes = angles(520)
    image = eye()[0]
    for i, (head, gaze) in enumerate(zip(heads, gazes, strict=True)):
        write(tmp_path, f"f01_{i:03}_0.0_0.0", image, eye(head, gaze)[1])
    assert [len(block["image"]) for block in blocks(tmp_path)] == [512, 8]


# Crops


def cropped(tmp_path, image, lids):
    """The first of some eyes, of which it alone has this image and these lids."""
    write_all(tmp_path)
    fields = eye()[1]
    fields["ldmks"]["ldmks_lids_2d"] = np.array(lids, float)
    write(tmp_path, "f01_0000_0.0_0.0", image, fields)
    return next(blocks(tmp_path))["image"][0]


def test_lids_are_in_the_middle_and_a_circle_stays_a_circle(tmp_path):
    image = Image.new("RGB", (120, 80), "white")
    ImageDraw.Draw(image).ellipse((52, 24, 71, 43), "black")  # 20 pixels wide around (62, 34)
    crop = cropped(tmp_path, image, [[32, 35], [62, 20], [92, 40], [62, 48]])  # 60 wide
    dark = crop < 128
    across, down = dark.any(0).nonzero()[0], dark.any(1).nonzero()[0]
    assert len(across) == pytest.approx(20 / (60 * 1.2) * 55, abs=1.01)
    assert len(across) == pytest.approx(len(down), abs=1)
    assert across.mean() == pytest.approx(27, abs=0.6) and down.mean() == pytest.approx(17, abs=0.6)


def test_a_crop_goes_on_where_the_image_ends(tmp_path):
    grey = np.repeat(np.arange(120, dtype=np.uint8)[None], 80, 0)
    crop = cropped(tmp_path, Image.fromarray(grey), [[0, 5], [30, 0], [60, 5], [30, 10]])
    assert (crop[:, :4] == 0).all() and (crop == crop[0]).all()
    assert (np.diff(crop[0].astype(int)) >= 0).all() and crop[0, -1] in (64, 65, 66)


def test_colours_become_grey_as_the_eye_sees_them(tmp_path):
    image = Image.new("RGBA", (120, 80), (0, 255, 0, 40))  # alpha does not count
    assert (cropped(tmp_path, image, [[32, 35], [62, 20], [92, 40]]) == 150).all()


# Labels that cannot be right


@pytest.mark.parametrize(
    "axes", [[-1, 1, 1], [1, -1, 1], [-1, -1, 1]], ids=["mirrored", "upside down", "both"]
)
def test_axes_of_another_kind_are_refused(tmp_path, axes):
    write_all(tmp_path, change=lambda fields: fields | {"look_vec": fields["look_vec"] * axes})
    with pytest.raises(ValueError, match="irises do not lie where .* received correl.* in 24 eyes"):
        pack(tmp_path / "eyes.h5", blocks(tmp_path), "SynthesEyes")
    assert not (tmp_path / "eyes.h5").exists()


def test_eyes_that_look_away_are_refused(tmp_path):
    write_all(tmp_path, change=lambda fields: fields | {"look_vec": -fields["look_vec"]})
    with pytest.raises(ValueError, match="Not one of 24 pairs .*looks away from the camera"):
        list(blocks(tmp_path))


def test_labels_of_other_images_are_refused(tmp_path):
    write_all(tmp_path, 200)
    files = sorted(tmp_path.rglob("*.pkl"))
    fields = [pickle.loads(path.read_bytes(), encoding="latin1") for path in files]
    gazes = [field["look_vec"] for field in fields]
    random.Random(0).shuffle(gazes)
    for path, field, gaze in zip(files, fields, gazes, strict=True):
        path.write_bytes(python2(field | {"look_vec": gaze}))
    with pytest.raises(ValueError, match="irises do not lie"):
        list(blocks(tmp_path))


def test_one_eye_is_too_few_to_tell(tmp_path):
    write_all(tmp_path, 1)
    with pytest.raises(ValueError, match="too few eyes to tell.* received .*nan.* in 1 eyes$"):
        list(blocks(tmp_path))


# Broken pairs


IMAGE, FIELDS = eye()
FLAT = {"ldmks_lids_2d": np.zeros((12, 3)), "ldmks_iris_2d": np.zeros((8, 2))}


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def with_field(name, value):
    return {**FIELDS, name: value}


def with_lids(*lids):
    return {**FIELDS, "ldmks": {**FIELDS["ldmks"], "ldmks_lids_2d": np.array(lids, float)}}


BROKEN = {
    "no pickle": (IMAGE, None, "no file .pkl"),
    "no image": (None, FIELDS, "no file .png"),
    "cut image": (png(IMAGE)[:200], FIELDS, "OSError"),
    "no PNG": (b"GIF89a" + bytes(100), FIELDS, "UnidentifiedImageError"),
    "another size": (IMAGE.resize((800, 600)), FIELDS, "(800, 600) pixels, not 120 x 80"),
    "empty pickle": (IMAGE, b"", "pickle exhausted before seeing STOP"),
    "cut pickle": (IMAGE, python2(FIELDS)[:300], "ValueError"),
    "list": (IMAGE, python2([1, 2]), "TypeError"),
    "no gaze": (IMAGE, python2({"ldmks": FIELDS["ldmks"]}), "KeyError('look_vec')"),
    "four numbers": (IMAGE, with_field("look_vec", np.array([0, 0, 1, 0.0])), "(4,) where (3,)"),
    "text": (IMAGE, with_field("look_vec", ["0", "0", "1"]), "a str where numbers"),
    "long gaze": (IMAGE, with_field("look_vec", np.array([0, 0, 1.5])), "length 1"),
    "infinite": (IMAGE, with_field("look_vec", np.array([0, np.inf, 1])), "not finite"),
    "head": (IMAGE, with_field("head_pose", np.eye(4)), "(4, 4) where (3, 3)"),
    "lids in space": (IMAGE, with_field("ldmks", FLAT), "(12, 3) where (None, 2)"),
    "closed lids": (IMAGE, with_lids([50, 30], [51, 30]), "lids 1 pixels wide"),
    "wide lids": (IMAGE, with_lids([-50, 30], [151, 30]), "lids 201 pixels wide"),
    "lids elsewhere": (IMAGE, with_lids([10, 130], [70, 130]), "around (40, 130)"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_pair_is_left_out_and_named(tmp_path, capsys, kind):
    write_all(tmp_path)
    image, fields, reason = BROKEN[kind]
    write(tmp_path, "m05_77_0.1_0.2", image, fields)
    assert len(everything(tmp_path)["image"]) == 24
    said = capsys.readouterr().err
    assert said.startswith(
        "1 of 25 pairs of SynthesEyes cannot be read and were left out; received 'm05_77_0.1_0.2' ("
    )
    assert reason in said and said.count("\n") == 1


def test_of_many_broken_pairs_three_are_named(tmp_path, capsys):
    write_all(tmp_path)
    for i in range(7):
        write(tmp_path, f"f01_99{i}_0.1_0.2", IMAGE, b"broken")
    assert len(everything(tmp_path)["image"]) == 24
    said = capsys.readouterr().err
    assert said.startswith("7 of 31 pairs") and [f"99{i}_" in said for i in range(4)] == [
        1,
        1,
        1,
        0,
    ]


def test_broken_pairs_are_counted_also_where_too_few_are_left_to_tell(tmp_path, capsys):
    write_all(tmp_path, 6)
    for path in sorted(tmp_path.rglob("*.pkl"))[1:]:
        path.unlink()
    with pytest.raises(ValueError, match="too few eyes to tell"):
        list(blocks(tmp_path))
    assert capsys.readouterr().err.startswith("5 of 6 pairs of SynthesEyes cannot be read")


def test_nothing_is_said_of_whole_pairs(tmp_path, capsys):
    write_all(tmp_path)
    (tmp_path / "f01" / "._f01_3_0.1_0.2.png").touch()  # as a Mac leaves them
    (tmp_path / "readme.png").touch()
    assert len(everything(tmp_path)["image"]) == 24
    assert capsys.readouterr() == ("", "")


def test_folders_without_one_pair_to_read_are_one_sentence(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ValueError, match="^Name the unpacked folder .* which has none$"):
            list(blocks(folder))
    for i in range(4):
        write(tmp_path, f"f01_{i}_0.1_0.2", IMAGE, None)
    with pytest.raises(ValueError, match="^Not one of 4 pairs .*; received 'f01_0_0.1_0.2' "):
        pack(tmp_path / "eyes.h5", blocks(tmp_path), "SynthesEyes")
    assert [path.name for path in tmp_path.iterdir()] == ["f01"]


# Pickles of plain data, against Python's own reader


def some_data(rng, depth=0):
    kinds = [
        lambda: rng.choice([0, 1, 255, 256, -1, 70_000, 2**31, -(2**40), 2**100]),
        lambda: rng.choice([0.0, -1.5, 1e300, float("inf")]),
        lambda: rng.choice(["", "look_vec", "é" * 300, "a\nb'\\", "\u20ac"]),
        lambda: rng.choice([None, True, False]),
    ]
    if depth < 4:
        some = range(rng.choice([0, 1, 2, 3, 5]))
        kinds += [lambda: [some_data(rng, depth + 1) for _ in some]] * 2
        kinds += [lambda: tuple(some_data(rng, depth + 1) for _ in some)] * 2
        kinds += [lambda: {f"key {i}": some_data(rng, depth + 1) for i in some}] * 2
    return rng.choice(kinds)()


def without_tuples(value):
    if isinstance(value, dict):
        return {key: without_tuples(item) for key, item in value.items()}
    return [without_tuples(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_plain_data_is_what_python_reads(protocol):
    rng = random.Random(protocol)
    for _ in range(300):
        data = pickle.dumps(some_data(rng), protocol)
        assert repr(unpickle(data)) == repr(without_tuples(pickle.loads(data)))


def test_what_occurs_twice_is_one_object():
    row = [1, 2]
    first, second = unpickle(pickle.dumps([row, row], 2))
    assert first is second


# Pickles that want more


class Call:
    """Something whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


def alive(path):
    """Pickles that make the directory `path` when Python reads them."""
    text = os.fsencode(path)
    made = {
        "os.system": pickle.dumps(Call(os.system, f"mkdir {path}"), 2),
        "os.mkdir, protocol 0": pickle.dumps(Call(os.mkdir, str(path)), 0),
        "os.mkdir, protocol 5": pickle.dumps(Call(os.mkdir, str(path)), 5),
        "eval": pickle.dumps(Call(eval, f"__import__('os').mkdir({str(path)!r})"), 2),
        "exec": b"c__builtin__\nexec\n(S'import os; os.mkdir(\"" + text + b"\")'\ntR.",
        "subprocess": pickle.dumps(Call(subprocess.check_output, ["mkdir", str(path)]), 2),
        "getattr": b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S'os'\ntRS'mkdir'\ntR"
        + b"(S'"
        + text
        + b"'\ntR.",
        "INST": b"(S'" + text + b"'\nios\nmkdir\n.",
        "OBJ": b"(cos\nmkdir\nS'" + text + b"'\no.",
        "dotted name": b"\x80\x04\x8c\x06shutil\x8c\x08os.mkdir\x93(S'" + text + b"'\ntR.",
        "in a list": pickle.dumps({"look_vec": [0, 0, Call(os.mkdir, str(path))]}, 2),
        "in an array": python2(np.array([Call(os.mkdir, str(path))], object)),
        "in a state": python2(np.array([1.0])).replace(
            b"\x89", b"cos\nmkdir\n(S'" + text + b"'\ntR", 1
        ),
    }
    inner = io.BytesIO()
    np.save(inner, np.array([Call(os.mkdir, str(path))], object), allow_pickle=True)
    made["np.load"] = pickle.dumps(Call(np.load, Call(io.BytesIO, inner.getvalue()), None, True), 2)
    return made


@pytest.mark.parametrize("kind", alive(Path("x")))
def test_no_pickle_runs_anything(tmp_path, kind):
    data = alive(tmp_path / "made")[kind]
    write(tmp_path / "pairs", "f01_1_0.1_0.2", IMAGE, data)
    with pytest.raises(ValueError, match="Not one of 1 pairs"):
        list(blocks(tmp_path / "pairs"))
    assert not (tmp_path / "made").exists()
    pickle.loads(data, encoding="latin1", errors="replace")
    assert (tmp_path / "made").exists()  # so the pickle was a live one


REFUSED = {
    "object array": (python2(with_field("look_vec", np.array([0, 0, 1], object))), "type '|O8'"),
    "text array": (python2(with_field("look_vec", np.array(["0", "0", "1"]))), "type '<U1'"),
    "unknown name": (b"\x80\x02cposix\nsystem\n.", "GLOBAL 'posix system'"),
    "persistent id": (b"Pid\n.", "PERSID"),
    "persistent object": (b"U\x02idQ.", "BINPERSID"),
    "extension": (b"\x80\x02\x82\x01.", "EXT1"),
    "new object": (b"\x80\x02cnumpy\nndarray\nK\x01\x85\x81.", "NEWOBJ"),
    "buffer": (b"\x80\x05\x97.", "NEXT_BUFFER"),
    "keys": (b"}(K\x01K\x02u.", "keys are not strings"),
    "codec": (pickle.dumps(FIELDS, 2).replace(b"latin1", b"rot_13"), "AttributeError"),
    "state of a name": (b"cnumpy\ndtype\n}U\x08__call__K\x01sb.", "AttributeError"),
    "state of a list": (b"]}b.", "AttributeError"),
    "nothing there": (b".", "IndexError"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_plain_data_do_not_need_is_refused(tmp_path, kind):
    data, reason = REFUSED[kind]
    write(tmp_path, "f01_1_0.1_0.2", IMAGE, data)
    with pytest.raises(ValueError, match="Not one of 1 pairs") as caught:
        list(blocks(tmp_path))
    assert reason in str(caught.value)


def array(shape, content=bytes(8), kind="f8", order="<"):
    """The bytes of an array that may not be what it says; without its STOP."""
    state = pickle.dumps((1, shape, "KIND", False, "CONTENT"), 2)[2:-1]
    raw = b"T" + struct.pack("<i", len(content)) + content
    described = pickle.dumps((3, order, None, None, None, -1, -1, 0), 2)[2:-1]
    dtype = (
        b"cnumpy\ndtype\n" + pickle.dumps((kind, False, True), 2)[2:-1] + b"R" + described + b"b"
    )
    state = state.replace(pickle.dumps("KIND", 2)[2:-1].split(b"q")[0], dtype)
    state = state.replace(pickle.dumps("CONTENT", 2)[2:-1].split(b"q")[0], raw)
    head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
    return head + state + b"b"


def as_gaze(value):
    """A pair's pickle with these bytes for its gaze."""
    ldmks = pickle.dumps(listed(FIELDS["ldmks"]), 2)[2:-1]
    head = pickle.dumps(FIELDS["head_pose"].tolist(), 2)[2:-1]
    fields = b"U\x05ldmks" + ldmks + b"U\x09head_pose" + head + b"U\x08look_vec" + value
    return b"\x80\x02}(" + fields + b"u."


def repeated(value, times):
    """A list of one and the same value; costs two bytes each."""
    return b"(" + value + b"q\x00" + b"h\x00" * (times - 1) + b"l"


def laughs(value=b"K\x01", depth=30):
    """A list of ten times a list of ten times a list, and so on."""
    return laughs(repeated(value, 10), depth - 1) if depth else value


MEGABYTE = 1 << 20
HUGE = {
    "honest": as_gaze(array((3,), np.array([0, 0, 1.0]).tobytes())),
    "memo": b"\x80\x02Nr\x00\x00\x00\x08.",
    "memo of text": b"Np999999999\n.",
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", 1 << 33) + b".",
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 33) + b".",
    "letters": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b".",
    "string": b"T\xff\xff\xff\x7f.",
    "long": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "digits": b"L" + b"9" * 900_000 + b"L\n.",
    "frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b".",
    "shape": as_gaze(array((10**6, 10**6))),
    "empty shape": as_gaze(array((10**12, 0), b"")),
    "kind": as_gaze(array((1,), kind="f8", order="(1000000,1000000)<")),
    "void": as_gaze(array((1,), b"", kind="V2000000000", order="|")),
    "laughs": as_gaze(laughs()),
    "laughs as type": as_gaze(array((1,)).replace(b"X\x02\x00\x00\x00f8", laughs())),
    "laughs as order": as_gaze(array((1,)).replace(b"X\x01\x00\x00\x00<", laughs())),
    "laughs as shape": as_gaze(array((1,)).replace(b"K\x01\x85", laughs())),
    "wide": as_gaze(repeated(repeated(b"K\x01", 50_000), 50_000)),
    "long rows": as_gaze(repeated(array((100_000,), bytes(800_000)), 90)),
    "deep key": b"\x80\x02})" + b"\x85" * (MEGABYTE - 10) + b"Ns.",
    "deep lists": b"(" * 100_000 + b"l" * 100_000 + b".",
    "deep calls": b"N" + b"\x85q\x00h\x00R" * 60_000 + b".",
    "deep gaze": as_gaze(b")" + b"\x85" * 200_000),
    "itself": as_gaze(b"]q\x00(h\x00h\x00h\x00e"),
    "dicts": b"}" * (MEGABYTE - 1) + b".",
    "marks": b"(" * (MEGABYTE - 1) + b".",
}


def big_png(*sizes):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    headers = b"".join(chunk(b"IHDR", struct.pack(">2I5B", *size, 8, 2, 0, 0, 0)) for size in sizes)
    pixels = chunk(b"IDAT", zlib.compress(bytes(900_000_000 // 1000)))
    return b"\x89PNG\r\n\x1a\n" + headers + pixels + chunk(b"IEND", b"")


def test_no_pair_takes_much_memory_or_stops_the_reader(tmp_path):
    pytest.importorskip("resource", reason="needs a system that measures memory")
    write_all(tmp_path)
    for i, data in enumerate(HUGE.values()):
        write(tmp_path, f"f05_9{i:02}_0.1_0.2", IMAGE, data)
    for i, sizes in enumerate(
        [[(32_000, 32_000)], [(9_400, 9_400)], [(120, 80), (32_000, 32_000)]]
    ):
        write(tmp_path, f"m05_9{i:02}_0.1_0.2", big_png(*sizes), FIELDS)
    write(tmp_path, "m05_990_0.1_0.2", IMAGE, b"")
    os.truncate(tmp_path / "m05" / "m05_990_0.1_0.2.pkl", 100 * MEGABYTE)
    write(tmp_path, "m05_991_0.1_0.2", None, FIELDS)
    os.mkfifo(tmp_path / "m05" / "m05_991_0.1_0.2.png")
    code = f"""
import resource
from data_download.syntheseyes import blocks
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = most()
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
eyes = [len(block["image"]) for block in blocks({str(tmp_path)!r})]
print(sum(eyes), before, most())
"""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert run.returncode == 0, run.stderr
    eyes, before, after = map(int, run.stdout.split())
    assert eyes == 24 + 1  # the honest one
    assert after - before < 300  # MB
    # One line for people, behind the progress bars of a slow machine.
    assert run.stderr.splitlines()[-1].startswith(f"{len(HUGE) + 4} of ")
    assert "Traceback" not in run.stderr
