"""Images of any size, type and colour go the whole way, with whatever is known of them."""

import h5py
import keras
import numpy as np
import pytest

from simgan_lib.course.receptive_field import receptive_field
from simgan_lib.data.images import ImageSet, from_float, to_float
from simgan_lib.simgan import refining
from simgan_lib.simgan.discriminator import fitting_discriminator
from simgan_lib.simgan.losses import channel_mean
from simgan_lib.simgan.refiner import refiner
from simgan_lib.simgan.refining import load_refiners, refine
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import SimGAN


def pictures(count, shape, dtype, seed=0):
    """Random blocks, so that there is something to see."""
    rng = np.random.default_rng(seed)
    white = {"uint8": 255, "uint16": 65_535, "float32": 1}[dtype]
    coarse = rng.uniform(0, white, (count, -(-shape[0] // 8), -(-shape[1] // 8), *shape[2:]))
    return coarse.repeat(8, 1).repeat(8, 2)[:, : shape[0], : shape[1]].astype(dtype)


SHAPES = [
    ((24, 40), "uint8"),
    ((24, 24, 3), "uint8"),
    ((30, 23, 1), "uint16"),
    ((24, 24), "float32"),
]


@pytest.mark.parametrize(("shape", "dtype"), SHAPES)
def test_they_are_trained_refined_and_saved_as_they_came(shape, dtype, tiny, tmp_path):
    labels = {"size": np.arange(20.0), "name": np.array([f"picture {k}" for k in range(20)])}
    synthetic = ImageSet(pictures(20, shape, dtype), labels)
    real = ImageSet(pictures(20, shape, dtype, seed=1))
    train(synthetic, real, tiny, tmp_path / "run")
    refined = refine(load_refiners(tmp_path / "run"), synthetic)
    assert refined.images.shape == (20, *shape) and refined.images.dtype == dtype
    refined.save(tmp_path / "refined.h5")
    with h5py.File(tmp_path / "refined.h5") as file:
        assert file["image"].shape == (20, *shape) and file["image"].dtype == dtype
        np.testing.assert_array_equal(file["image"][:], refined.images[:])
        np.testing.assert_array_equal(file["size"][:], labels["size"])
        assert [name.decode() for name in file["name"]] == list(labels["name"])


@pytest.mark.parametrize(("shape", "dtype"), SHAPES)
def test_to_networks_and_back_loses_nothing(shape, dtype):
    images = pictures(5, shape, dtype)
    floats = to_float(images)
    assert floats.dtype == np.float32 and floats.shape == (5, *shape[:2], *(shape[2:] or (1,)))
    assert -1 <= floats.min() < -0.5 < 0.5 < floats.max() <= 1
    back = from_float(floats, images)
    assert back.dtype == images.dtype and back.shape == images.shape
    np.testing.assert_allclose(back, images, rtol=1e-6, atol=1e-6)
    beyond = from_float(2 * floats, images)
    assert beyond.max() <= {"uint8": 255, "uint16": 65_535, "float32": 1}[dtype]
    assert (beyond[floats.reshape(images.shape) < -0.5] == 0).all()


def test_rows_keep_their_labels():
    labels = {"count": np.arange(12), "mask": np.arange(12 * 4).reshape(12, 2, 2)}
    images = ImageSet(pictures(12, (24, 24), "uint8"), labels, "drawn")
    some = images[[7, 2]]
    np.testing.assert_array_equal(some.images, images.images[[7, 2]])
    np.testing.assert_array_equal(some.labels["mask"], labels["mask"][[7, 2]])
    assert images[3].labels["count"] == [3] and len(images[3]) == 1
    assert repr(images) == "ImageSet(12 grey images, 24 x 24, labels: count, mask, source: drawn)"
    first, second = images.split(0.5, by="count")
    assert sorted([*first.labels["count"], *second.labels["count"]]) == [*range(12)]
    drawn, counts = next(images.stream(12, label="count"))
    np.testing.assert_array_equal(drawn, images.images[counts])
    assert sorted(counts) == [*range(12)] and next(images.stream(3))[1] is None


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (np.zeros((4, 24, 24), int), {}, "received int64 of shape"),
        (np.zeros((4, 24, 24, 4), np.uint8), {}, r"received uint8 of shape \(4, 24, 24, 4\)"),
        (np.zeros((24, 24), np.uint8), {}, r"received uint8 of shape \(24, 24\)"),
        (np.zeros((0, 24, 24), np.uint8), {}, r"between 1 and .* received shape \(0, 24, 24\)"),
        (np.zeros((4, 24, 24), np.uint8), {"size": [1, 2]}, r"received 'size' of shape \(2,\)"),
        ([1, 2], {}, "received <class 'list'> of shape"),
    ],
)
def test_what_is_no_set_of_images_is_refused(images, labels, said):
    with pytest.raises(ValueError, match=said):
        ImageSet(images, labels)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        (((24, 24), (24, 24, 3)), "both be grey or both in colour.*received 1 and 3"),
        (((24, 24), (24, 32)), "must have one size.*received 24 x 24 and 24 x 32"),
        (((16, 24), (16, 24)), "at least 23 pixels a side.*received 16 x 24"),
    ],
)
def test_sets_that_do_not_go_together_are_refused_before_anything_is_written(
    shapes, said, tiny, tmp_path
):
    synthetic, real = (ImageSet(pictures(8, shape, "uint8")) for shape in shapes)
    with pytest.raises(ValueError, match=said):
        train(synthetic, real, tiny, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_in_colour_r_pays_for_brightness_and_not_for_hue(tiny):
    grey, colour = (SimGAN.from_preset(tiny, image_shape=(24, 24, c)) for c in (1, 3))
    assert grey.psi is None and colour.psi is channel_mean
    images = np.array([[[[0.3, 0.0, -0.3], [0.5, 0.5, 0.5]]]], np.float32)
    np.testing.assert_allclose(channel_mean(images), [[[[0.0], [0.5]]]], atol=1e-7)


@pytest.mark.parametrize(
    ("side", "window", "verdicts"), [(127, 23, 32), (128, 71, 4), (224, 71, 7)]
)
def test_d_sees_larger_windows_of_larger_images(side, window, verdicts):
    model = fitting_discriminator((side, side + 10, 3))
    steps = [layer.get_config() for layer in model.layers[1:]]
    kernels = [(step.get("kernel_size") or step["pool_size"])[0] for step in steps]
    assert receptive_field(kernels, [step["strides"][0] for step in steps]) == window
    assert model.output_shape[1] == verdicts and model.output_shape[3] == 2


def test_a_larger_image_than_those_of_the_training_is_refined_whole():
    network = refiner(3, image_shape=(24, 24, 1))
    large = ImageSet(pictures(3, (50, 61), "uint8"))
    refined = refine(network, large).images[:]
    assert refined.shape == (3, 50, 61)
    inner = np.s_[:, 20:44, 30:54]
    alone = refine(network, ImageSet(large.images[inner])).images[:]
    reach = np.s_[:, 9:-9, 9:-9]  # beyond it the edge of the small image shows
    np.testing.assert_array_equal(refined[inner][reach], alone[reach])
    with pytest.raises(ValueError, match="another kind, grey or colour.*takes 1 channels"):
        refine(network, ImageSet(pictures(3, (24, 24, 3), "uint8")))


@pytest.mark.parametrize("shape", [(70, 90), (64, 130, 3), (41, 41)])
def test_tiles_leave_no_seam(shape, monkeypatch):
    network = refiner(3, image_shape=(24, 24, (*shape, 1)[2]))
    images = ImageSet(pictures(2, shape, "uint16"))
    whole = refine(network, images).images[:]
    monkeypatch.setattr(refining, "ROOM", 40 * 40)
    tiled = refine(network, images).images[:]
    assert tiled.shape == whole.shape and tiled.dtype == np.uint16
    np.testing.assert_allclose(tiled.astype(int), whole.astype(int), atol=1)


def test_a_network_that_is_not_local_sees_large_images_whole(monkeypatch):
    inputs = keras.Input((48, 48, 1))
    x = keras.layers.UpSampling2D(2)(keras.layers.MaxPooling2D(2)(inputs))
    images = ImageSet(pictures(2, (48, 48), "uint8"))
    whole = refine(keras.Model(inputs, x), images).images[:]
    monkeypatch.setattr(refining, "ROOM", 1_000)
    np.testing.assert_array_equal(refine(keras.Model(inputs, x), images).images[:], whole)
