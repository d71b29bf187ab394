import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

import data_download.unityeyes
from data_download.pack import pack
from data_download.unityeyes import _numbers, _read, _read_all, blocks
from simgan_lib.data.gaze import from_pitch_yaw, to_pitch_yaw

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT.parent / "shared" / "real_eyes" / "UnityEyes"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="needs UnityEyes in shared/real_eyes beside the repository"
)


def text(numbers):
    return f"({', '.join(f'{number:.4f}' for number in numbers)})"


def write_pair(folder, name, pitch=0, yaw=0, size=(640, 480), middle=(0.5, 0.5), quality=90):
    """An eye of which everything is known: almond of lids, dark iris where the gaze puts it."""
    width, height = size
    unit = height / 200
    x, y = middle[0] * width, middle[1] * height  # from the top
    gaze = from_pitch_yaw(pitch, yaw).astype(float)
    picture = Image.new("RGB", size, (170, 150, 130))
    draw = ImageDraw.Draw(picture)
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    lids = np.stack([x + 24 * unit * np.cos(angle), y + 12 * unit * np.sin(angle)], axis=1)
    draw.polygon([tuple(point) for point in lids], fill=(240, 240, 240))
    iris = x + 22 * unit * gaze[0], y + 22 * unit * gaze[1]
    radius = 4 * unit
    draw.ellipse(
        [iris[0] - radius, iris[1] - radius, iris[0] + radius, iris[1] + radius], fill=(20, 10, 5)
    )
    picture.save(folder / f"{name}.jpg", quality=quality)
    annotation = {
        "interior_margin_2d": [text((px, height - py, 9)) for px, py in lids],
        "eye_details": {"look_vec": text((gaze[0], -gaze[1], gaze[2], 0))},
        "head_pose": "(0.0000, 180.0000, 0.0000)",
    }
    (folder / f"{name}.json").write_text(json.dumps(annotation))
    return annotation


def read(folder):
    parts = list(blocks(folder))
    assert all(set(part) == {"image", "gaze"} for part in parts)
    image, gaze = (np.concatenate([part[key] for part in parts]) for key in ("image", "gaze"))
    assert image.shape[1:] == (35, 55) and image.dtype == np.uint8
    assert gaze.shape == (len(image), 3) and gaze.dtype == np.float32
    return image, gaze


def center(mask):
    """Where a mask is, in pixels from the middle of the image: right and down."""
    row, column = np.nonzero(mask)
    return np.array([column.mean() - 27, row.mean() - 17])


# Genuine samples


@needs_samples
def test_the_annotation_of_unityeyes(tmp_path):
    annotation = json.loads((SAMPLES / "unityeyes_annotation_sample.json").read_text())
    lids, iris = (
        [(float(x), 600 - float(y)) for x, y, _ in (point.strip("()").split(",") for point in name)]
        for name in (annotation["interior_margin_2d"], annotation["iris_2d"])
    )
    picture = Image.new("L", (800, 600), 120)
    draw = ImageDraw.Draw(picture)
    draw.polygon(lids, fill=250)
    draw.polygon(iris, fill=0)
    picture.save(tmp_path / "1.jpg", quality=95)
    shutil.copy(SAMPLES / "unityeyes_annotation_sample.json", tmp_path / "1.json")
    [image], [gaze] = read(tmp_path)

    assert to_pitch_yaw(gaze) == pytest.approx((22.82, -21.67), abs=0.01)  # up, and right in image
    # UnityEyes' camera looks at the middle of the eyeball, so the gaze leads from the middle of the
    # picture to that of the iris.
    x, y = np.mean(iris, axis=0) - (400, 300)
    assert x > 20 and y < -20
    assert y / x == pytest.approx(gaze[1] / gaze[0], rel=0.01)

    seen = center(image < 60)
    corners = np.array([np.min(lids, axis=0), np.max(lids, axis=0)])
    np.testing.assert_allclose(seen, (np.mean(iris, axis=0) - corners.mean(0)) / 3, atol=0.5)
    row, column = np.nonzero(image > 200)
    assert column.max() - column.min() + 1 == pytest.approx((corners[1] - corners[0])[0] / 3, abs=2)
    assert column.min() + column.max() == pytest.approx(54, abs=2)  # as much skin left as right
    assert row.max() < 34 and image[0, 0] == image[34, 54] == 120


@needs_samples
def test_an_iris_is_as_large_as_in_genuine_crops():
    crop = Image.open(SAMPLES / "crops_84x140" / "0.png")  # looks into the camera
    row = np.asarray(crop.resize((55, 35), Image.Resampling.BILINEAR, (4, 0, 136, 84)))[17]
    runs, _ = ndimage.label(row < 100)
    annotation = json.loads((SAMPLES / "unityeyes_annotation_sample.json").read_text())
    iris = np.array([point.strip("()").split(",")[:2] for point in annotation["iris_2d"]], float)
    longest = np.linalg.norm(iris[:, None] - iris, axis=-1).max() / 3  # of a picture of 800 x 600
    assert longest == pytest.approx(np.bincount(runs)[1:].max(), rel=0.1)


@needs_samples
def test_the_renders_of_unityeyes2():
    image, gaze = read(SAMPLES / "unityeyes2_renders")
    assert len(image) == 11
    pitch, yaw = to_pitch_yaw(gaze)
    np.testing.assert_allclose(pitch[[0, 5, 7]], (-22.9, 1.7, -65.9), atol=0.1)
    np.testing.assert_allclose(yaw[[0, 1, 2]], (4.5, 29.1, -12.1), atol=0.1)
    found = np.array([darkest(eye) for eye in image])
    assert np.corrcoef(found[:, 0], gaze[:, 0])[0, 1] > 0.9
    assert np.corrcoef(found[:, 1], gaze[:, 1])[0, 1] > 0.9
    sideways = np.abs(yaw) > 3  # all but one, which looks into the camera
    assert sideways.sum() == 10
    assert (np.sign(found[sideways, 0]) == -np.sign(yaw[sideways])).all()
    assert np.abs(found[~sideways, 0]) < 3


def darkest(image):
    """The middle of the largest dark spot, which in these renders is in the iris."""
    smooth = ndimage.gaussian_filter(image.astype(float), 1.5)[3:, 5:50]
    spots, count = ndimage.label(smooth <= np.quantile(smooth, 0.03))
    largest = np.argmax(np.bincount(spots.ravel())[1:]) + 1
    return center(np.pad(spots == largest, ((3, 0), (5, 5))))


# Made pairs


def test_eyes_come_in_the_order_of_their_numbers_with_their_gaze(tmp_path, monkeypatch):
    monkeypatch.setattr(data_download.unityeyes, "CHUNK", 3)
    rng = np.random.default_rng(0)
    angles = np.column_stack([rng.uniform(-12, 12, 14), rng.uniform(-40, 40, 14)])
    sizes = [(3200, 2400), (640, 480), (800, 600), (1024, 768)]  # the first takes longest
    for i in range(14):
        write_pair(tmp_path, i + 1, *angles[i], sizes[i and 1 + i % 3], middle=(0.4, 0.6))
    (tmp_path / "readme.txt").write_text("neither a picture nor an annotation")
    with warnings.catch_warnings(action="error"):
        eyes = pack(tmp_path / "eyes.h5", blocks(tmp_path), "made")
    pitch, yaw = to_pitch_yaw(eyes.gaze)
    np.testing.assert_allclose(np.column_stack([pitch, yaw]), angles, atol=0.02)
    for image, gaze in zip(eyes.images, eyes.gaze, strict=True):
        np.testing.assert_allclose(center(image < 80), 22 * gaze[:2], atol=0.6)
        assert int(image[0, 0]) == pytest.approx(154, abs=2)  # the luma of the skin


def test_a_right_eye_is_mirrored(tmp_path):
    left, right = write_pair(tmp_path, "1", 5, 15), write_pair(tmp_path, "2", 5, -15)
    left["caruncle_2d"], right["caruncle_2d"] = [["(290.0, 240.0, 9.0)"], ["(350.0, 240.0, 9.0)"]]
    for name, annotation in (("1", left), ("2", right)):
        (tmp_path / f"{name}.json").write_text(json.dumps(annotation))
    images, gaze = read(tmp_path)
    np.testing.assert_allclose(gaze[0], gaze[1], atol=1e-4)
    assert center(images[0] < 60)[0] < -1
    np.testing.assert_allclose(center(images[0] < 60), center(images[1] < 60), atol=0.7)


def test_beyond_the_edge_its_last_pixels_go_on(tmp_path):
    write_pair(tmp_path, "1", middle=(0.092, 0.0625))
    picture = np.asarray(Image.open(tmp_path / "1.jpg").convert("L")).copy()
    picture[:, :8], picture[:8] = 200, 90
    Image.fromarray(picture).save(tmp_path / "1.jpg", quality=100)
    [image], _ = read(tmp_path)
    # The picture ends 24.5 of our pixels left of the middle of the lids and 12.5 above it, so that
    # 3 columns and 5 rows are beyond, and its painted edge is another 3.3 wide.
    np.testing.assert_allclose(image[9:, :5], 200, atol=6)
    np.testing.assert_allclose(image[:7], 90, atol=6)
    assert np.abs(center(image < 60)).max() < 0.6


def test_a_link_out_of_the_folder_is_read(tmp_path):
    (tmp_path / "imgs").mkdir()
    write_pair(tmp_path, "far", yaw=10)
    for kind in ("jpg", "json"):
        (tmp_path / "imgs" / f"1.{kind}").symlink_to(tmp_path / f"far.{kind}")
    assert to_pitch_yaw(read(tmp_path / "imgs")[1][0])[1] == pytest.approx(10, abs=0.02)


# Numbers as other systems write them


FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789.,()-"} | {ord(" "): 0x3000}
WRITTEN = {
    "commas": lambda text: text.replace(", ", ";").replace(".", ",").replace(";", ", "),
    "no spaces": lambda text: text.replace(" ", ""),
    "a space missing": lambda text: text.replace(", ", ",", 1),
    "full-width": lambda text: text.translate(FULL_WIDTH),
    "full-width, no spaces": lambda text: text.replace(" ", "").translate(FULL_WIDTH),
    "full-width points": lambda text: text.replace(".", "\uff0e"),
    "ideographic points": lambda text: text.replace(".", "\u3002"),
    "full-width commas": lambda text: text.replace(", ", "\uff0c"),
    "commas, full-width": lambda text: WRITTEN["commas"](text).translate(FULL_WIDTH),
}


def written_otherwise(value, how):
    """An annotation whose vectors and points are written in another way."""
    if isinstance(value, dict):
        return {key: written_otherwise(item, how) for key, item in value.items()}
    if isinstance(value, list):
        return [written_otherwise(item, how) for item in value]
    return how(value) if value.startswith("(") else value


@pytest.mark.parametrize("kind", WRITTEN)
def test_numbers_are_read_as_systems_of_other_countries_write_them(tmp_path, kind):
    annotations = [write_pair(tmp_path, i, 8 * i - 10, 15 * i - 20, (800, 600)) for i in (1, 2, 3)]
    for annotation in annotations:  # right eyes, to be mirrored
        annotation["caruncle_2d"] = ["(510.5000, 240.2500, 9.0000)"]
    for name, annotation in zip("123", annotations, strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps(annotation))
    images, gaze = read(tmp_path)
    for name, annotation in zip("123", annotations, strict=True):
        annotation = written_otherwise(annotation, WRITTEN[kind])
        text = json.dumps(annotation, ensure_ascii=False)
        assert text != (tmp_path / f"{name}.json").read_text()
        (tmp_path / f"{name}.json").write_text(text, "utf-8")
    with warnings.catch_warnings(action="error"):
        images_too, gaze_too = read(tmp_path)
    np.testing.assert_array_equal(images_too, images)
    np.testing.assert_array_equal(gaze_too, gaze)


@needs_samples
def test_the_genuine_annotation_with_decimal_commas_says_the_same(tmp_path):
    text = (SAMPLES / "unityeyes_annotation_sample.json").read_text()
    commas = written_otherwise(json.loads(text), WRITTEN["commas"])
    assert commas["eye_details"]["look_vec"] == "(0,3404, 0,3879, -0,8566, 0,0000)"
    Image.effect_noise((800, 600), 50).save(tmp_path / "1.jpg")
    shutil.copy(tmp_path / "1.jpg", tmp_path / "2.jpg")
    (tmp_path / "1.json").write_text(text)
    (tmp_path / "2.json").write_text(json.dumps(commas))
    images, gaze = read(tmp_path)
    np.testing.assert_array_equal(images[1], images[0])
    np.testing.assert_array_equal(gaze[1], gaze[0])


def test_every_number_is_read_right_with_commas_and_with_points():
    rng = np.random.default_rng(0)
    for digits in (1, 4, 6):
        for count in (2, 3, 4):
            numbers = rng.uniform(-800, 800, count).round(digits)
            text = f"({', '.join(f'{number:.{digits}f}' for number in numbers)})"
            for how in (str, *WRITTEN.values()):
                assert _numbers(how(text)) == numbers.tolist()
    assert _numbers("(1, 2, 3)") == [1, 2, 3]
    assert _numbers("(0.5, 1, 1.9E-17)") == [0.5, 1, 1.9e-17]


AMBIGUOUS = {
    "no spaces": "(0,3404,0,3879,-0,8566,0,0000)",
    "no spaces, no decimals": "(1,2,3)",
    "points and commas": "(0.6, 0,0, -0.8)",
    "commas and points": "(0,6, 0.0, -0,8)",
    "a point that is one number short": "(320.0, 240,5)",
    "a comma in one number only": "(0, 0, -1,0)",
    "groups of digits": "(1.320,5, 1.240,5, 0,0)",
    "groups of digits with points": "(1,320.5, 1,240.5, 0.0)",
    "two signs in a number": "(0,0,1, 0,0,2, -1,0,0)",
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("where", ["gaze", "lids"])
def test_commas_that_may_be_either_are_refused(tmp_path, kind, where):
    for name in "12":
        write_pair(tmp_path, name, yaw=int(name))
    how = change(eye_details={"look_vec": AMBIGUOUS[kind]})
    (how if where == "gaze" else margin(AMBIGUOUS[kind]))(tmp_path / "2")
    with pytest.warns(UserWarning, match=r"received 1 of 2 pairs .* '2' \(ValueError: could not"):
        assert len(read(tmp_path)[0]) == 1


def change(**new):
    def break_annotation(path):
        annotation = json.loads(path.with_suffix(".json").read_text())
        path.with_suffix(".json").write_text(json.dumps(annotation | new))

    return break_annotation


def margin(point):
    def break_annotation(path):
        annotation = json.loads(path.with_suffix(".json").read_text())
        annotation["interior_margin_2d"][3] = point
        path.with_suffix(".json").write_text(json.dumps(annotation))

    return break_annotation


def replace(suffix, content):
    def break_file(path):
        path.with_suffix(suffix).write_bytes(content)

    return break_file


def truncate(path):
    jpeg = path.with_suffix(".jpg")
    jpeg.write_bytes(jpeg.read_bytes()[: jpeg.stat().st_size // 2])


def header(width, height):
    """A JPEG that says its size to be another."""

    def break_picture(path):
        jpeg = bytearray(path.with_suffix(".jpg").read_bytes())
        start = jpeg.index(b"\xff\xc0")
        jpeg[start + 5 : start + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
        path.with_suffix(".jpg").write_bytes(jpeg)

    return break_picture


def small(path):
    write_pair(path.parent, path.name, size=(160, 120))


def png(path):
    Image.new("L", (640, 480)).save(path.with_suffix(".jpg"), format="PNG")


def pipe(path):
    path.with_suffix(".json").unlink()
    os.mkfifo(path.with_suffix(".json"))


def passes(path):
    """A picture of many scans, each of which would be drawn over the whole picture."""
    Image.new("L", (640, 480)).save(path.with_suffix(".jpg"), progressive=True)
    jpeg = path.with_suffix(".jpg").read_bytes()
    scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    path.with_suffix(".jpg").write_bytes(jpeg[:-2] + 200 * scan + jpeg[-2:])


def endless(path):
    with open(path.with_suffix(".json"), "r+b") as file:
        file.truncate(10**8)


BROKEN = {
    "picture missing": (lambda path: path.with_suffix(".jpg").unlink(), "no file"),
    "annotation missing": (lambda path: path.with_suffix(".json").unlink(), "no file"),
    "picture cut short": (truncate, "truncated"),
    "picture empty": (replace(".jpg", b""), "cannot identify"),
    "no JPEG": (png, "cannot identify"),
    "annotation cut short": (replace(".json", b'{"interior_margin_2d": ["(1'), "JSONDecodeError"),
    "annotation empty": (replace(".json", b""), "JSONDecodeError"),
    "annotation no text": (replace(".json", b'{"\xff": 1}'), "UnicodeDecodeError"),
    "annotation a list": (replace(".json", b"[1, 2]"), "TypeError"),
    "nothing annotated": (replace(".json", b"{}"), "eye_details"),
    "NaN among the lids": (margin("(NaN, 240.0, 9.0)"), "outside the picture of 640 x 480"),
    "a point left of it": (margin("(-1.0, 240.0, 9.0)"), "outside"),
    "a point right of it": (margin("(640.1, 240.0, 9.0)"), "outside"),
    "a point above it": (margin("(320.0, 480.1, 9.0)"), "outside"),
    "a point below it": (margin("(320.0, -0.1, 9.0)"), "outside"),
    "a point of one number": (margin("(320.0)"), "ValueError"),
    "a point of words": (margin("(a, b, c)"), "ValueError"),
    "a point no text": (margin(7), "AttributeError"),
    "no points": (change(interior_margin_2d=[]), "ValueError"),
    "NaN in the gaze": (change(eye_details={"look_vec": "(NaN, 0.0, -1.0, 0.0)"}), "finite"),
    "a gaze too long": (change(eye_details={"look_vec": "(0.1, 0.2, -1.1, 0.0)"}), "length 1"),
    "a gaze too short": (change(eye_details={"look_vec": "(0.6, 0.8)"}), "3 or 4 numbers"),
    "a gaze away from the camera": (
        change(eye_details={"look_vec": "(0.0, 0.0, 1.0, 0.0)"}),
        "looks away",
    ),
    "a picture too small": (small, "160 x 120"),
    "a picture too large": (header(4097, 480), "4097 x 480"),
    "100 million pixels": (header(10_000, 10_000), "10000 x 10000"),
    "200 scans": (passes, "more than 100 scans"),
    "a billion pixels": (header(40_000, 25_000), "DecompressionBombError"),
    "10,000 levels": (replace(".json", b"[" * 10_000 + b"]" * 10_000), "RecursionError"),
    "100 MB": (endless, "more than 1048576 bytes"),
    "a pipe": (pipe, "no file"),
}
if not hasattr(os, "mkfifo"):
    del BROKEN["a pipe"]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # as processes do
@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_pair_is_left_out(tmp_path, what):
    for name in "123":
        write_pair(tmp_path, name, yaw=int(name))
    how, reason = BROKEN[what]
    how(tmp_path / "2")
    images, gaze, broken = _read(tmp_path, ["1", "2", "3"])
    np.testing.assert_allclose(to_pitch_yaw(np.array(gaze))[1], [1, 3], atol=0.02)
    assert len(images) == 2 and len(broken) == 1
    assert broken[0].startswith("'2' (") and reason in broken[0] and len(broken[0]) < 120


def test_a_picture_cut_short_anywhere_is_broken(tmp_path):
    write_pair(tmp_path, "1")
    jpeg = (tmp_path / "1.jpg").read_bytes()
    for length in np.linspace(0, len(jpeg) - 3, 30).astype(int):
        (tmp_path / "1.jpg").write_bytes(jpeg[:length])
        assert len(_read(tmp_path, ["1"])[2]) == 1


def test_one_warning_counts_all_broken_pairs_and_names_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(data_download.unityeyes, "CHUNK", 2)
    for name, (how, _) in enumerate(BROKEN.values(), start=1):
        write_pair(tmp_path, name)
        how(tmp_path / str(name))
    write_pair(tmp_path, "1000", yaw=7)
    with pytest.warns(UserWarning) as record:
        _, gaze = read(tmp_path)
    assert len(gaze) == 1 and to_pitch_yaw(gaze[0])[1] == pytest.approx(7, abs=0.02)
    assert len(record) == 1
    message = str(record[0].message)
    assert f"received {len(BROKEN)} of {len(BROKEN) + 1} pairs" in message
    assert "'1' (" in message and "'3' (" in message and "'4' (" not in message
    assert "\n" not in message and len(message) < 500


def test_without_one_good_pair_there_is_an_error(tmp_path):
    write_pair(tmp_path, "1")
    (tmp_path / "1.json").write_text("{")
    (tmp_path / "2.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match=r"not one eye.*received 2 of 2 pairs .*'1' \(.*'2' \("):
        list(blocks(tmp_path))
    for folder in (tmp_path / "none", tmp_path / "1.jpg", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        with pytest.raises(ValueError, match=f"1.jpg and 1.json; received '.*{folder.name}'$"):
            list(blocks(folder))


def test_all_folders_with_pairs_are_read_and_no_others(tmp_path):
    for folder, yaw in (("10/imgs", 3), ("9/imgs", 2), ("9/more imgs", 5)):
        (tmp_path / folder).mkdir(parents=True)
        write_pair(tmp_path / folder, "1", yaw=yaw)
    for folder in ("__MACOSX/9/imgs", ".hidden"):
        (tmp_path / folder).mkdir(parents=True)
        write_pair(tmp_path / folder, "1")
    (tmp_path / "9/imgs/._1.json").write_bytes(b"of macOS")
    with warnings.catch_warnings(action="error"):
        _, gaze = read(tmp_path)
    np.testing.assert_allclose(to_pitch_yaw(gaze)[1], [2, 5, 3], atol=0.02)


def end(folder, names):
    os._exit(9)  # as the system ends a process for want of memory


def test_a_process_that_the_system_ended_is_one_sentence(tmp_path, monkeypatch):
    write_pair(tmp_path, "1")
    monkeypatch.setattr(data_download.unityeyes, "_read", end)
    with pytest.raises(OSError, match="ended a process .* start again; received"):
        list(blocks(tmp_path))


def test_only_a_few_chunks_are_read_ahead(tmp_path, monkeypatch):
    class Names(list):
        asked = 0

        def __getitem__(self, rows):
            self.asked = rows.stop
            return super().__getitem__(rows)

    monkeypatch.setattr(data_download.unityeyes, "CHUNK", 1)
    write_pair(tmp_path, "1")
    names = Names(["1"] * 100_000)
    chunks = _read_all(tmp_path, names)
    for done in range(1, 4):
        images, _, _ = next(chunks)
        assert len(images) == 1 and names.asked <= done + 2 * os.cpu_count()
    chunks.close()


@pytest.mark.skipif(os.name == "nt", reason="sends Ctrl-C as Linux and macOS do")
@pytest.mark.parametrize(
    "signals, seconds", [("group", 0), ("group", 0.25), ("parent", 0.25)], ids=str
)
def test_all_processes_end_after_ctrl_c_or_with_the_first(tmp_path, signals, seconds):
    write_pair(tmp_path, "0", size=(1600, 1200))
    for i in range(1, 200):
        for kind in ("jpg", "json"):
            (tmp_path / f"{i}.{kind}").symlink_to(tmp_path / f"0.{kind}")
    script = tmp_path / "script.py"
    script.write_text(
        "import signal, sys\n"
        "from data_download import unityeyes\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # as in a terminal
        "    unityeyes.CHUNK = 10\n"
        "    for block in unityeyes.blocks(sys.argv[1]):\n"
        "        print(len(block['image']), flush=True)\n"
    )
    run = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert run.stdout.readline() == "10\n"
        time.sleep(seconds)
        if signals == "group":
            os.killpg(run.pid, signal.SIGINT)
        else:
            run.kill()
        out, err = run.communicate(timeout=15)  # until no process has its output open
    except BaseException:
        os.killpg(run.pid, signal.SIGKILL)
        raise
    assert run.returncode != 0 and out.count("\n") < 15
    assert signals == "parent" or err.rstrip().endswith("KeyboardInterrupt")
