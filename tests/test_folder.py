"""Folders of images: what is taken, what is refused in one sentence, and what comes out again."""

import csv
import shutil
import time

import h5py
import numpy as np
import pytest
from PIL import Image

from simgan_lib.data import guard
from simgan_lib.data.beside import columns
from simgan_lib.data.folder import read_folder
from simgan_lib.data.reading import load_images

rng = np.random.default_rng(0)


def fill(folder, count=12, shape=(30, 40), dtype="uint8", ending="png"):
    """A folder of images with a table and a mask for each."""
    masks = folder.with_name("masks")
    (folder / "inner").mkdir(parents=True)
    (masks / "inner").mkdir(parents=True)
    lines = [["file", "size", "count", "what"]]
    for k in range(count):
        name = f"inner/{k}.{ending}"
        image = rng.integers(0, np.iinfo(dtype).max, shape).astype(dtype)
        Image.fromarray(image).save(folder / name)
        (masks / f"inner/{k}.txt").write_text(f"mask {k}")
        lines.append([name, k / 2, k, f"a thing,\nthe {k}th"])
    with open(folder / "labels.csv", "w", newline="") as file:
        csv.writer(file).writerows(lines)
    return folder, masks


@pytest.mark.parametrize(
    ("shape", "dtype", "ending"),
    [
        ((64, 64, 3), "uint8", "png"),
        ((128, 128), "uint8", "tif"),
        ((36, 60), "uint8", "bmp"),
        ((40, 50), "uint16", "png"),
        ((40, 50), "uint16", "tiff"),
        ((40, 50, 3), "uint8", "webp"),
    ],
)
def test_a_folder_goes_in_and_comes_out_the_same(tmp_path, shape, dtype, ending):
    folder, masks = fill(tmp_path / "drawn", 12, shape, dtype, ending)
    images = read_folder(folder, beside=[masks])
    assert images.images.shape == (12, *shape) and images.images.dtype == dtype
    assert list(images.labels["file"]) == [f"inner/{k}.{ending}" for k in range(12)]
    np.testing.assert_array_equal(images.labels["count"], range(12))
    assert images.labels["size"].dtype == float and images.labels["what"][3] == "a thing,\nthe 3th"
    out = tmp_path / "out"
    images.save(out)
    kept = {p.relative_to(out) for p in out.rglob("*") if p.is_file()}
    assert len(kept) == 13
    assert (out / "labels.csv").read_bytes() == (folder / "labels.csv").read_bytes()
    for k in range(12):
        assert (tmp_path / f"out-masks/inner/{k}.txt").read_text() == f"mask {k}"
    again = read_folder(out)
    if ending != "webp" or dtype == "uint8":
        np.testing.assert_array_equal(again.images[:], images.images[:])
    images.save(tmp_path / "packed.h5")
    packed = load_images(tmp_path / "packed.h5")
    np.testing.assert_array_equal(packed.images[:], images.images[:])
    for name, values in images.labels.items():
        np.testing.assert_array_equal(packed.labels[name], values)


def test_a_jpeg_is_read_as_pillow_reads_it(tmp_path):
    folder, _ = fill(tmp_path / "drawn", 3, (40, 50, 3), ending="jpg")
    with Image.open(folder / "inner/2.jpg") as image:
        np.testing.assert_array_equal(read_folder(folder).images[2], np.asarray(image))


def test_sizes_are_brought_together(tmp_path):
    folder, _ = fill(tmp_path / "drawn", 4, (30, 40))
    assert read_folder(folder, (15, 20)).images.shape == (4, 15, 20)
    with pytest.raises(ValueError, match="30 x 40 has other proportions.*--crop.*--pad.*0.png"):
        read_folder(folder, (20, 20))
    cut, filled = (read_folder(folder, (30, 30), how).images[:] for how in ("crop", "pad"))
    np.testing.assert_array_equal(cut, read_folder(folder).images[:][:, :, 5:35])
    assert (filled[:, :3] == 0).all() and filled[:, 10:20].mean() > 100


def test_a_broken_image_is_named_or_left_out_with_its_labels(tmp_path):
    folder, masks = fill(tmp_path / "drawn", 12)
    broken = folder / "inner/7.png"
    broken.write_bytes(broken.read_bytes()[:60])
    (masks / "inner/7.txt").unlink()
    with pytest.raises(ValueError, match="cannot be read.*--skip-broken; received .*7.png"):
        read_folder(folder)
    images = read_folder(folder, beside=[masks], skip_broken=True)
    assert images.left_out == ["inner/7.png"] and len(images) == 11
    assert 7 not in images.labels["count"]
    images.save(tmp_path / "out")
    table = (tmp_path / "out/labels.csv").read_bytes()
    whole = (folder / "labels.csv").read_bytes()
    assert table == whole.replace(b'inner/7.png,3.5,7,"a thing,\nthe 7th"\r\n', b"")
    assert len(table) < len(whole)
    assert not (tmp_path / "out/inner/7.png").exists()


def animated(path):
    frames = [Image.new("L", (40, 30), grey) for grey in (0, 100)]
    frames[0].save(path.with_suffix(".webp"), save_all=True, append_images=frames[1:])
    path.unlink()


def rotated(path):
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (40, 30)).save(path.with_suffix(".jpg"), exif=exif)
    path.unlink()


def deep(path):
    # Pillow writes no such image: one pixel, 16 bits a channel.
    import struct
    import zlib

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(7))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: Image.new("L", (41, 30)).save(p), "one kind, so bring .* --size .*30 x 41"),
        (lambda p: Image.new("RGB", (40, 30)).save(p), "one kind, so convert.* 30 x 40, colour"),
        (lambda p: Image.new("I;16", (40, 30)).save(p), "so convert some.* grey, 16 bits"),
        (lambda p: Image.new("RGBA", (40, 30)).save(p), "no transparency, so save.*alpha"),
        (lambda p: Image.new("P", (40, 30)).save(p), "grey or RGB and not P, so convert"),
        (lambda p: Image.new("1", (40, 30)).save(p), "grey or RGB and not 1, so convert"),
        (lambda p: Image.new("CMYK", (9, 9)).save(p, "TIFF"), "grey or RGB and not CMYK"),
        (lambda p: p.write_text("no image"), "cannot be read .it is no image.* --skip-broken"),
        (lambda p: p.write_bytes(b""), "cannot be read .* --skip-broken"),
        (animated, "one picture and not several.* received .*3.webp"),
        (rotated, "not as EXIF turns it, so rotate it .* received .*3.jpg"),
        (deep, "in colour has 8 bits a channel, so convert it; received .*3.png"),
    ],
)
def test_an_image_of_another_kind_is_named(tmp_path, change, said):
    folder, _ = fill(tmp_path / "drawn", 5)
    change(folder / "inner/3.png")
    with pytest.raises(ValueError, match=said) as error:
        read_folder(folder)
    assert "3." in str(error.value) and "\n" not in str(error.value)


def rewrite(folder, change, encoding="utf-8"):
    text = (folder / "labels.csv").read_text()
    (folder / "labels.csv").write_text(change(text), encoding=encoding)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t + "inner/9.png,1,1,no\n", "no image for the line of 1 .* 'inner/9.png'"),
        (lambda t: t[: t.index("inner/4")], "lacks a line for 1 of them; .* 'inner/4.png'"),
        (lambda t: t + "inner/2.png,1,1,again\n", "names an image twice; received .*inner/2.png"),
        (lambda t: t + "inner/2.png,1\n", "names an image twice"),
        (lambda t: t.replace("inner/1.png,", "inner/1.png,1,"), "has not 4 columns"),
        (lambda t: "", "table is empty"),
        (lambda t: t.replace(",", ";"), "separated by commas, so save it so; received 'file;"),
        (lambda t: t[t.index("\n") + 1 :], "first line of the table names its columns"),
        (lambda t: t.replace(".png", ""), "a line for 5 .* whose lines begin with 'inner/0', "),
    ],
)
def test_a_table_that_does_not_match_is_refused(tmp_path, change, said):
    folder, _ = fill(tmp_path / "drawn", 5)
    rewrite(folder, change)
    with pytest.raises(ValueError, match=said):
        read_folder(folder)


def test_a_long_table_takes_seconds_and_not_minutes(tmp_path):
    names = [f"{k}.png" for k in range(10_000)]
    table = tmp_path / "labels.csv"
    table.write_text("file,radius\n" + "".join(f"{name},{k}\n" for k, name in enumerate(names)))
    start = time.process_time()
    assert columns(table, names, {})["radius"][-1] == 9_999
    assert time.process_time() - start < 2  # half a minute if each line looks at all names


def test_a_table_in_another_encoding_is_refused_and_a_mark_at_its_head_is_not(tmp_path):
    folder, _ = fill(tmp_path / "drawn", 5)
    rewrite(folder, lambda text: text.replace("thing", "Gänse"), "utf-8-sig")
    assert read_folder(folder).labels["what"][0] == "a Gänse,\nthe 0th"
    read_folder(folder).save(tmp_path / "out")
    assert (tmp_path / "out/labels.csv").read_bytes() == (folder / "labels.csv").read_bytes()
    (folder / "labels.csv").write_bytes("file,what\n0.png,Gänse\n".encode("latin-1"))
    with pytest.raises(ValueError, match="not UTF-8, save it so"):
        read_folder(folder)


def test_masks_belong_to_images_one_each(tmp_path):
    folder, masks = fill(tmp_path / "drawn", 5)
    shutil.copy(masks / "inner/2.txt", masks / "inner/2.json")
    with pytest.raises(ValueError, match="one file beside it.* received 2 for 'inner/2'"):
        read_folder(folder, beside=[masks])
    for path in masks.glob("inner/2.*"):
        path.unlink()
    with pytest.raises(ValueError, match="one file beside it.* received 0 for 'inner/2'"):
        read_folder(folder, beside=[masks])
    with pytest.raises(ValueError, match="no such folder of labels; received .*nowhere"):
        read_folder(folder, beside=[tmp_path / "nowhere"])


def test_masks_inside_the_folder_are_no_images(tmp_path):
    folder, _ = fill(tmp_path / "drawn", 5)
    shutil.copytree(folder / "inner", folder / "masks/inner")
    assert len(read_folder(folder, beside=[folder / "masks"])) == 5


def test_names_are_in_natural_order_and_hidden_files_are_not_read(tmp_path):
    for name in ("10.png", "9.png", "b2/1.PNG", "b10/1.png", ".hidden.png", ".git/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (30, 30)).save(tmp_path / name)
    names = list(read_folder(tmp_path).labels["file"])
    assert names == ["9.png", "10.png", "b2/1.PNG", "b10/1.png"]


def test_an_empty_folder_and_none_are_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no image .png, jpg.*received"):
        read_folder(tmp_path)
    with pytest.raises(ValueError, match="no such folder"):
        read_folder(tmp_path / "nowhere")


def test_nothing_half_written_is_left_and_nothing_is_overwritten(tmp_path):
    folder, masks = fill(tmp_path / "drawn", 5)
    images = read_folder(folder, beside=[masks])
    with pytest.raises(ValueError, match="a new folder and this one is there"):
        images.save(folder)
    (masks / "inner/4.txt").unlink()
    with pytest.raises(ValueError, match="one file beside it"):
        images.save(tmp_path / "out")
    (tmp_path / "other-masks").mkdir()
    with pytest.raises(ValueError, match="a new folder .*other-masks"):
        images.save(tmp_path / "other")
    (tmp_path / "other-masks").rmdir()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["drawn", "masks"]


@pytest.mark.parametrize("name", ["pictures.npz", "pictures.h5"])
def test_arrays_are_carried_from_files(tmp_path, name):
    arrays = {
        "image": rng.integers(0, 255, (6, 30, 40, 3)).astype("uint8"),
        "joints": rng.normal(size=(6, 14, 2)),
    }
    if name.endswith("npz"):
        np.savez(tmp_path / name, **arrays)
    else:
        with h5py.File(tmp_path / name, "w") as file:
            file.update(arrays)
    images = load_images(tmp_path / name)
    np.testing.assert_array_equal(images.images[:], arrays["image"])
    np.testing.assert_array_equal(images.labels["joints"], arrays["joints"])
    with pytest.raises(ValueError, match="a matter of folders.*received"):
        load_images(tmp_path / name, size=(20, 20))


def test_npy_is_images_alone_and_other_files_are_refused(tmp_path):
    images = rng.random((6, 30, 40)).astype("float32")
    np.save(tmp_path / "a.npy", images)
    np.testing.assert_array_equal(load_images(tmp_path / "a.npy").images[:], images)
    np.savez(tmp_path / "b.npz", other=images)
    with pytest.raises(ValueError, match="holds an array 'image'; received .'other'. in .*b.npz"):
        load_images(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", image=images, size=[1, 2])
    with pytest.raises(ValueError, match="one label, 6 in all; received 'size'.*c.npz"):
        load_images(tmp_path / "c.npz")
    with pytest.raises(ValueError, match="no folder or file of this name; received .*nowhere.h5"):
        load_images(tmp_path / "nowhere.h5")
    Image.new("L", (5, 4)).save(tmp_path / "one.PNG")
    with pytest.raises(ValueError, match="Name the folder of the images.*one.PNG"):
        load_images(tmp_path / "one.PNG")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: np.where(x < 0.5, np.nan, x), "scale them and replace what is missing.* nan"),
        (lambda x: 255 * x, "Floats are from 0, black, to 1, white.*received values from"),
        (lambda x: -x, "Floats are from 0"),
        (lambda x: (4_095 * x).astype("uint16"), "multiply them by 16; received values from"),
    ],
)
def test_pixels_use_the_range_of_their_type(tmp_path, change, said):
    images = change(rng.random((40, 30, 40)))
    np.savez(tmp_path / "a.npz", image=images)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["image"] = images
    for name in ("a.npz", "a.h5"):
        with pytest.raises(ValueError, match=f"{said}.*{name}"):
            load_images(tmp_path / name)


def test_floats_of_any_size_and_16_bits_are_read(tmp_path):
    for dtype, kept in (("float64", "float32"), ("float16", "float32"), ("uint16", "uint16")):
        images = rng.random((6, 30, 40))
        images = (65_535 * images).astype(dtype) if dtype == "uint16" else images.astype(dtype)
        np.savez(tmp_path / f"{dtype}.npz", image=images)
        with h5py.File(tmp_path / f"{dtype}.h5", "w") as file:
            file["image"] = images
        for ending in ("npz", "h5"):
            read = load_images(tmp_path / f"{dtype}.{ending}").images
            assert read.dtype == kept and read[:].dtype == kept
            np.testing.assert_allclose(read[[4, 1]], images[[4, 1]], rtol=1e-6)


def test_dark_folders_of_16_bits_are_refused(tmp_path):
    for k in range(3):
        image = rng.integers(0, 4_000, (20, 20)).astype("uint16")
        Image.fromarray(image).save(tmp_path / f"{k}.png")
    with pytest.raises(ValueError, match="multiply them by 16"):
        load_images(tmp_path)


@pytest.mark.parametrize("kind", ["link", "storage", "virtual"])
def test_a_strangers_file_that_points_elsewhere_is_refused(tmp_path, kind):
    images = rng.integers(0, 255, (6, 30, 40)).astype("uint8")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["image"] = images
    (tmp_path / "raw.bin").write_bytes(images.tobytes())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        if kind == "link":
            file["image"] = h5py.ExternalLink("other.h5", "image")
        elif kind == "storage":
            outside = [(tmp_path / "raw.bin", 0, images.nbytes)]
            file.create_dataset("image", images.shape, "uint8", external=outside)
        else:
            layout = h5py.VirtualLayout(images.shape, "uint8")
            layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "image", images.shape)
            file.create_virtual_dataset("image", layout)
    with pytest.raises(ValueError, match="must be in the file itself.*a.h5"):
        load_images(tmp_path / "a.h5")


def test_an_npz_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", image=np.zeros((9, 400, 400), "uint8"))
    monkeypatch.setattr(guard, "BYTES", 1_000_000)
    with pytest.raises(
        ValueError, match="as .npy or HDF5.*at most 1,000,000 bytes; received 1,440"
    ):
        load_images(tmp_path / "a.npz")
