"""Weights from a seed, and those that the package ships."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from conftest import same, weights
from simgan_lib.data.images import to_float
from simgan_lib.simgan.losses import self_regularization_loss
from simgan_lib.simgan.refiner import refiner
from simgan_lib.simgan.training import PRESETS
from simgan_lib.simgan.weights import PRETRAINED, initialize, load_pretrained
from simgan_lib.simulators.pocket import simulate


def test_the_seed_decides():
    one, two, other = (weights(initialize(refiner(4), seed)) for seed in (1, 1, 2))
    assert same(one, two) and not same(one, other)


def test_the_shipped_refiners_are_a_history():
    history = load_pretrained("pocket")
    assert len(history) == PRESETS["pocket"].history
    assert history[0].count_params() == refiner(PRESETS["pocket"].filters).count_params()
    assert not same(weights(history[-1]), weights(history[-2]))
    size = sum(file.stat().st_size for file in (PRETRAINED / "pocket").iterdir())
    assert size < 2_000_000


@pytest.mark.parametrize("which", [0, -1])
def test_a_shipped_refiner_changes_the_look_and_not_the_eye(which):
    # Not the identity, of the camera's contrast, and like its own eye more than like another.
    model = load_pretrained("pocket")[which]
    synthetic = simulate(200, "synthetic", seed=5)
    x = to_float(synthetic.images)
    refined = np.clip(model.predict(x, verbose=0), -1, 1)
    assert refined.shape == x.shape
    camera = to_float(simulate(200, "camera", seed=6).images)
    moved, apart = (float(self_regularization_loss(y, x)) for y in (refined, camera))
    assert 0.05 < moved < apart  # nearer to its own eye than the camera's eyes are
    spread = [images.std() for images in (x, refined, camera)]
    assert abs(spread[1] - spread[2]) < abs(spread[0] - spread[2])
    own, others = (np.corrcoef(refined.ravel(), y.ravel())[0, 1] for y in (x, np.roll(x, 1, 0)))
    assert own > others + 0.2


def test_the_shipped_refiner_comes_with_preset_seed_data_and_command():
    made = json.loads((PRETRAINED / "pocket.json").read_text())
    # Of a set its size, then checksums, which differ between machines by their last bits.
    data = {name: made.pop(name)[0] for name in ("synthetic", "real")}
    assert data == {"synthetic": 8_000, "real": 8_000}
    assert made == {"command": "make weights"} | asdict(PRESETS["pocket"]) | {"seed": 0}


@pytest.mark.parametrize("name", ["", "paper", "../pretrained/pocket", None])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="named pocket; received"):
        load_pretrained(name)
