"""Attacks against what is known in closed form, and against a library that many keep."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from conftest import in_double
from simgan_lib.data.images import to_float
from simgan_lib.family import attacks
from simgan_lib.measure.estimator import gaze_estimator, train_estimator
from simgan_lib.simgan.weights import initialize
from simgan_lib.simulators.pocket import simulate

SIZE = 4
LIMIT = SIZE * attacks.GREY


@pytest.fixture(scope="module")
def estimator():
    return initialize(gaze_estimator((4, 4, 4, 4, 4), 8), seed=1)


@pytest.fixture(scope="module")
def eyes():
    rng = np.random.default_rng(0)
    images = np.clip(rng.normal(0, 1, (24, 35, 55, 1)), -1, 1).astype("float32")
    gaze = rng.normal(0, 0.2, (24, 3)) + [0, 0, -1]
    gaze /= np.linalg.norm(gaze, axis=1, keepdims=True)
    return images, gaze.astype("float32")


def loss(model, images, gaze):
    return np.array(attacks.gaze_loss(model(images), gaze))


def everything(model, images, gaze):
    """What each attack makes, by name."""
    pattern = attacks.universal_pattern(model, images, gaze, SIZE, epochs=2, batch_size=8)
    return {
        "one step": np.array(attacks.one_step(model, images, gaze, SIZE)),
        "projected steps": np.array(attacks.projected_steps(model, images, gaze, SIZE)),
        "towards": np.array(attacks.steps_towards(model, images, gaze[0], SIZE)),
        "pattern": np.clip(images + pattern, -1, 1),
    }


def test_the_loss_is_one_minus_the_cosine():
    straight, left = [[0.0, 0, -1]], [[-2.0, 0, 0]]
    assert attacks.gaze_loss(np.array(straight) * 5, np.array(straight))[0] == 0
    assert attacks.gaze_loss(np.array(left), np.array(straight))[0] == 1
    assert attacks.gaze_loss(np.array(straight), -np.array(straight))[0] == 2


def test_on_a_linear_model_the_worst_image_is_known(eyes):
    # Estimates are (w x, 0, -1) and the gaze is straight ahead: the error grows with |w x|, so the
    # worst of all images moves each pixel by the whole size along the sign of w x * w.
    images, _ = eyes
    images = images / 2  # away from black and white
    w = np.random.default_rng(1).normal(0, 0.05, (35 * 55,)).astype("float32")
    kernel = np.stack([w, 0 * w, 0 * w], axis=1)
    flat = keras.layers.Flatten()(inputs := keras.Input((35, 55, 1)))
    dense = keras.layers.Dense(3)
    model = keras.Model(inputs, dense(flat))
    dense.set_weights([kernel, np.array([0, 0, -1], "float32")])
    gaze = np.tile(np.array([0, 0, -1], "float32"), (len(images), 1))
    side = np.sign(images.reshape(len(images), -1) @ w)[:, None]
    right = images + (LIMIT * side * np.sign(w)).reshape(images.shape)
    for made in (attacks.one_step, attacks.projected_steps):
        np.testing.assert_allclose(made(model, images, gaze, SIZE), right, atol=1e-5)
    slope = images.reshape(len(images), -1) @ w + LIMIT * side[:, 0] * np.abs(w).sum()
    worst = 1 - 1 / np.sqrt(1 + slope**2)
    np.testing.assert_allclose(loss(model, right.astype("float32"), gaze), worst, atol=1e-5)


def test_no_attack_leaves_the_ball_or_the_range(estimator, eyes):
    images, gaze = eyes
    for name, changed in everything(estimator, images, gaze).items():
        assert np.abs(changed - images).max() <= LIMIT + 1e-6, name
        assert np.abs(changed).max() <= 1, name


def test_many_steps_are_never_weaker_than_one_and_grow_with_their_number(estimator, eyes):
    images, gaze = eyes
    losses = [loss(estimator, attacks.one_step(estimator, images, gaze, SIZE), gaze)]
    for steps in (1, 5, 20):
        changed = attacks.projected_steps(estimator, images, gaze, SIZE, steps)
        losses.append(loss(estimator, changed, gaze))
        assert (losses[-1] >= losses[-2]).all()
    assert losses[-1].mean() > losses[0].mean() > loss(estimator, images, gaze).mean()


def test_eyes_are_led_to_the_target(estimator, eyes):
    images, gaze = eyes
    before, target = loss(estimator, images, gaze[0]), gaze[0]
    after = loss(estimator, attacks.steps_towards(estimator, images, target, SIZE), target)
    assert (after < before).all()


def test_a_pattern_deceives_eyes_that_it_has_not_seen(estimator, eyes):
    images, gaze = eyes
    pattern = attacks.universal_pattern(estimator, images[:12], gaze[:12], SIZE, batch_size=4)
    assert pattern.shape == (1, 35, 55, 1)
    new, true = images[12:], gaze[12:]
    random = LIMIT * np.random.default_rng(0).choice([-1, 1], pattern.shape)
    errors = [loss(estimator, np.clip(new + p, -1, 1), true).mean() for p in (0, random, pattern)]
    assert errors[2] > max(errors[:2])


@pytest.mark.filterwarnings("ignore:PyTorch not found")
def test_attacks_agree_with_a_library(estimator, eyes):
    from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescentTensorFlowV2
    from art.estimators.classification import TensorFlowV2Classifier

    images, gaze = eyes
    theirs = TensorFlowV2Classifier(
        model=estimator,
        nb_classes=2,  # of more than two classes it would make labels that sum to 1
        input_shape=images.shape[1:],
        loss_object=lambda true, answers: tf.reduce_sum(attacks.gaze_loss(answers, true)),
        clip_values=(-1, 1),
    )
    step = FastGradientMethod(theirs, eps=LIMIT).generate(images, gaze)
    np.testing.assert_allclose(attacks.one_step(estimator, images, gaze, SIZE), step, atol=1e-5)
    # Theirs begins at the eye and ends where the last step leads, whether or not that is the worst.
    several = ProjectedGradientDescentTensorFlowV2(
        theirs, eps=LIMIT, eps_step=LIMIT / 4, max_iter=10, verbose=False
    ).generate(images, gaze)
    ours = attacks.projected_steps(estimator, images, gaze, SIZE)
    found = [loss(estimator, changed, gaze).mean() for changed in (step, several, ours)]
    assert found[0] < 0.9 * found[1] and 0.95 * found[1] < found[2] < 1.1 * found[1], found


# Defences


@pytest.fixture(scope="module")
def trained():
    """A plain and a defended estimator, trained alike on few eyes, and eyes of other persons."""
    known, new = simulate(2000, "synthetic", seed=0), simulate(100, "synthetic", seed=4)
    plain, defended = train_estimator(known), attacks.train_defended(known)
    return plain, defended, to_float(new.images), new.gaze


def test_a_defence_helps_and_is_no_mask(trained):
    plain, defended, images, gaze = trained

    def worst(by, steps=10):
        return attacks.projected_steps(by, images, gaze, SIZE, steps)

    own = loss(defended, worst(defended), gaze).mean()
    assert own < loss(plain, worst(plain), gaze).mean()
    # Where a defence only hides its gradient, eyes made without it deceive more than its own.
    assert loss(defended, worst(plain), gaze).mean() < own
    assert loss(defended, worst(defended, steps=40), gaze).mean() >= own


def test_the_gradient_of_the_pixels_is_that_of_finite_differences(estimator, eyes):
    images, gaze = (values[:2] for values in eyes)
    found = np.array(attacks.pixel_gradient(estimator, images, gaze))
    with in_double(estimator) as precise:
        for row, column in ((10, 20), (17, 27), (22, 35)):
            step = np.zeros(images.shape)
            step[:, row, column] = 1e-6
            up, down = (loss(precise, images + way * step, gaze) for way in (1, -1))
            np.testing.assert_allclose(
                found[:, row, column, 0], (up - down) / 2e-6, rtol=1e-4, atol=1e-6
            )
