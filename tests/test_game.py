import numpy as np
import pytest

from simgan_lib.course.game import discriminator_step, generator_step, play, sigmoid, value

RNG = np.random.default_rng(0)
REAL, NOISE = RNG.normal(1, 1, 40), RNG.normal(0, 1, 50)
SHIFT, SLOPE, OFFSET, STEP = -0.7, 0.6, 0.3, 1e-6


def judged(x, slope=SLOPE, offset=OFFSET):
    return sigmoid(slope * x + offset)


def test_the_value_of_a_judge_without_opinion():
    assert value(np.full(3, 0.5), np.full(5, 0.5)) == pytest.approx(-2 * np.log(2))


def test_a_better_judge_has_a_larger_value():
    good, bad = np.array([0.1, 0.2]), np.array([0.8, 0.9])
    assert value(good, bad) > value(np.full(2, 0.5), np.full(2, 0.5)) > value(bad, good)


def test_the_value_is_minus_the_discriminator_loss_of_the_course():
    from simgan_lib.simgan.losses import discriminator_loss

    def logits(x):
        t = SLOPE * x + OFFSET
        return np.stack([np.zeros_like(t), t], axis=-1)  # softmax gives sigmoid(t) at REFINED

    generated = NOISE + SHIFT
    loss = discriminator_loss(logits(generated), logits(REAL))
    assert value(judged(REAL), judged(generated)) == pytest.approx(-float(loss), rel=1e-5)


def test_d_climbs_the_value():
    generated = NOISE + SHIFT

    def v(slope, offset):
        return value(judged(REAL, slope, offset), judged(generated, slope, offset))

    to_slope = (v(SLOPE + STEP, OFFSET) - v(SLOPE - STEP, OFFSET)) / (2 * STEP)
    to_offset = (v(SLOPE, OFFSET + STEP) - v(SLOPE, OFFSET - STEP)) / (2 * STEP)
    slope, offset = discriminator_step(SLOPE, OFFSET, REAL, generated, rate=0.3)
    assert slope == pytest.approx(SLOPE + 0.3 * to_slope, abs=1e-7)
    assert offset == pytest.approx(OFFSET + 0.3 * to_offset, abs=1e-7)


def test_g_descends_the_first_term_of_equation_4():
    def loss(shift):
        return -np.mean(np.log(1 - judged(NOISE + shift)))

    gradient = (loss(SHIFT + STEP) - loss(SHIFT - STEP)) / (2 * STEP)
    shift = generator_step(SHIFT, SLOPE, OFFSET, NOISE, rate=0.3)
    assert shift == pytest.approx(SHIFT - 0.3 * gradient, abs=1e-7)


def test_the_best_judge_of_two_normal_distributions_stands_still():
    rng = np.random.default_rng(1)
    real, generated = rng.normal(1, 1, 200_000), rng.normal(-0.5, 1, 200_000)
    best = -1.5, (1 - 0.25) / 2
    np.testing.assert_allclose(discriminator_step(*best, real, generated, 1.0), best, atol=0.01)


def test_a_game_starts_where_it_is_told_and_repeats_itself():
    path = play(rounds=3, shift=-1.5, seed=4)
    assert path.shape == (4, 3)
    np.testing.assert_array_equal(path[0], [-1.5, 0, 0])
    np.testing.assert_array_equal(path, play(rounds=3, shift=-1.5, seed=4))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_single_steps_settle_and_turns_to_the_end_do_not(seed):
    settled, thrown = play(seed=seed)[:, 0], play(turn=50, seed=seed)[:, 0]
    assert np.abs(settled[-50:] - 1).max() < 0.2 and settled.max() > 1.2
    assert np.abs(thrown[-50:] - 1).min() > 1
