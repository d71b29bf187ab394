"""What ran on eyes before the library took other images gives the numbers that it gave then.

They were written down at the commit before; another processor may round a training otherwise.
"""

from dataclasses import replace

import numpy as np
import pytest

from simgan_lib.measure.baselines import add_noise, equalise, k_nearest, randomise_domain
from simgan_lib.measure.estimator import estimate_gaze, train_estimator
from simgan_lib.measure.evaluation import summary
from simgan_lib.simgan.refining import load_refiners, refine
from simgan_lib.simgan.runs import train
from simgan_lib.simgan.training import PRESETS
from simgan_lib.simgan.weights import load_pretrained
from simgan_lib.simulators.pocket import simulate


@pytest.fixture(scope="module")
def eyes():
    return simulate(300, "synthetic", 3)


@pytest.fixture(scope="module")
def camera():
    return simulate(100, "camera", 4)


def grey(eyes):
    """The sum of all grey levels."""
    return pytest.approx(int(eyes.images[:].astype(int).sum()), rel=1e-5)


def test_eyes_and_what_rivals_and_the_courses_refiners_make_of_them(eyes, camera):
    assert grey(eyes) == 52_273_454 and grey(camera) == 24_543_800
    assert grey(add_noise(eyes, 8, 1)) == 52_276_943
    assert grey(equalise(eyes)) == 73_631_400
    assert grey(randomise_domain(eyes, 2.0, 5)) == 57_462_830
    assert grey(refine(load_pretrained(), eyes, 0)) == 66_806_887


def test_errors_in_degrees(eyes, camera):
    found = summary(k_nearest(eyes)(camera), camera.gaze)
    assert found["error_deg"] == pytest.approx(9.106556, abs=1e-4)
    model = train_estimator(eyes, "pocket", 1)
    found = summary(estimate_gaze(model, camera), camera.gaze)
    assert found["error_deg"] == pytest.approx(12.702150, abs=0.1)


def test_a_training(eyes, camera, tmp_path):
    small = {"filters": 4, "batch_size": 8, "buffer_size": 64, "checkpoint_steps": 8}
    small |= {"refiner_warmup": 4, "discriminator_warmup": 4, "steps": 8}
    _, curves = train(eyes, camera, replace(PRESETS["pocket"], **small), tmp_path / "run", seed=2)
    before = {"realism": 0.976866, "contrast": 0.530346, "discriminator_loss": 0.916301}
    np.testing.assert_allclose([curves[-1][name] for name in before], [*before.values()], rtol=1e-2)
    refined = refine(load_refiners(tmp_path / "run"), eyes, 0).images[:]
    assert refined.astype(int).sum() == pytest.approx(49_024_350, rel=1e-2)
