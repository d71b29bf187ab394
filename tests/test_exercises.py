"""The exercises: what a learner may hand in, and what the course says to it."""

import importlib
import pkgutil
import random

import numpy as np
import pytest
import tensorflow as tf

from simgan_lib import exercises
from simgan_lib.exercises.core import Choice, Exercise, Function, Number


@pytest.fixture(autouse=True)
def seeded():
    # Other tests ask TensorFlow for determinism, under which attempts with tf.random need a seed.
    tf.random.set_seed(0)


NOT_LESSONS = "core", "overview", "progress"
LESSONS = [m.name for m in pkgutil.iter_modules(exercises.__path__) if m.name not in NOT_LESSONS]


def every(kind=Exercise):
    """Pairs (lesson, name) of the exercises of a kind."""
    found = []
    for lesson in LESSONS:
        module = importlib.import_module(f"simgan_lib.exercises.{lesson}")
        names = [name for name, value in vars(module).items() if isinstance(value, kind)]
        found += [(lesson, name) for name in names]
    return found


def get(lesson, name):
    return getattr(importlib.import_module(f"simgan_lib.exercises.{lesson}"), name)


def attempts(lesson):
    return importlib.import_module(f"attempts.{lesson}")


def right_ways():
    return [
        (lesson, name, attempt)
        for lesson in LESSONS
        for name, others in attempts(lesson).RIGHT.items()
        for attempt in others
    ]


def mistakes():
    return [
        pytest.param(lesson, name, attempt, words, id=f"{lesson}-{name}-{mistake}")
        for lesson in LESSONS
        for name, wrong in attempts(lesson).WRONG.items()
        for mistake, (attempt, words) in wrong.items()
    ]


# The mistakes that public re-implementations ship: exercise and name of the attempt that makes it.
SHIPPED = {
    "np.append thrown away": ("history_buffer", "overwrite"),
    "first entries": ("history_buffer", "draw"),
    "pixels instead of images": ("history_buffer", "overwrite"),
    "class and patch axis mixed": ("local_loss", "local_adversarial_loss"),
    "ReLU on the logits": ("local_loss", "discriminator"),
    "trainable = False": ("training", "refiner_step"),
    "one optimiser": ("training", "discriminator_step"),
    "no adversarial term": ("training", "refiner_step"),
    "sums over pixels or batch": ("refiner", "self_regularization_loss"),
    "K_g loop twice": ("training", "train_step"),
    "only synthetic test eyes": ("gaze_evaluation", "which_test"),
}


def test_there_are_at_least_twenty_exercises_and_hints_that_grow():
    assert len(every()) >= 20
    for lesson, name in every():
        hints = get(lesson, name).hints
        assert len(hints) >= 2 and all(hint.strip() for hint in hints), name


@pytest.mark.parametrize(("lesson", "name"), every())
def test_what_is_not_attempted_is_called_so(lesson, name):
    def stub(*args):
        raise NotImplementedError

    exercise = get(lesson, name)
    untouched = [(), (None,), (...,)]
    if isinstance(exercise, Function):
        untouched.append((stub,))
    for attempt in untouched:
        assert exercise.verdict(*attempt).startswith("Not attempted: ")


@pytest.mark.parametrize(("lesson", "name"), every(Function))
def test_the_library_is_correct(lesson, name):
    exercise = get(lesson, name)
    assert exercise.verdict(exercise.solves).startswith("Correct.")


@pytest.mark.parametrize(("lesson", "name", "attempt"), right_ways())
def test_another_right_way_is_correct(lesson, name, attempt):
    assert get(lesson, name).verdict(attempt).startswith("Correct.")


@pytest.mark.parametrize(("lesson", "name", "attempt", "words"), mistakes())
def test_a_mistake_is_known_by_name(lesson, name, attempt, words):
    verdict = get(lesson, name).verdict(attempt)
    assert verdict.startswith("Incorrect: ") and words in verdict


def test_every_mistake_that_others_ship_is_among_them():
    for mistake, (lesson, name) in SHIPPED.items():
        exercise = get(lesson, name)
        if isinstance(exercise, Function):
            assert mistake in attempts(lesson).WRONG[name], mistake
        else:
            assert len(exercise.options) >= 2


# Attempts that are wrong in ways of their own


@pytest.mark.parametrize(("lesson", "name"), every(Function))
def test_an_attempt_that_raises_or_leaves_is_incorrect(lesson, name):
    def raises(*args):
        return {}["missing"]

    def leaves(*args):
        raise SystemExit

    exercise = get(lesson, name)
    verdict = exercise.verdict(raises)
    assert verdict.startswith("Incorrect: your code raised KeyError: 'missing' in line ")
    assert exercise.verdict(leaves).startswith("Incorrect: your code raised SystemExit")


@pytest.mark.parametrize(("lesson", "name"), every(Function))
@pytest.mark.parametrize("result", ["words", object(), [[1], [2, 3]], {}, 1j, float("nan"), -1e30])
def test_an_attempt_that_returns_nonsense_is_incorrect(lesson, name, result):
    verdict = get(lesson, name).verdict(lambda *args: result)
    assert verdict.startswith("Incorrect: ") and "Traceback" not in verdict


@pytest.mark.parametrize(("lesson", "name"), every(Function))
def test_an_attempt_that_returns_nothing_is_incorrect(lesson, name):
    verdict = get(lesson, name).verdict(lambda *args: None)
    assert verdict.startswith("Incorrect: ") and "no sense" not in verdict


@pytest.mark.parametrize(("lesson", "name"), every(Function))
def test_a_result_of_another_shape_is_incorrect(lesson, name):
    exercise = get(lesson, name)
    verdict = exercise.verdict(lambda *args: exercise.solves(*args)[None])
    assert verdict.startswith("Incorrect: ")


@pytest.mark.parametrize(("lesson", "name"), every(Function))
def test_an_argument_changed_in_place_is_incorrect(lesson, name):
    exercise = get(lesson, name)
    changed = []

    def spoils(*args):
        result = exercise.solves(*args)
        for arg in args:
            if isinstance(arg, np.ndarray) and arg.dtype.kind == "f":
                arg[...] = 0.5
                changed.append(arg)
        return result

    verdict = exercise.verdict(spoils)
    if changed:
        assert verdict.startswith("Incorrect: ") and "in place" in verdict


@pytest.mark.parametrize(("lesson", "name"), every(Function))
@pytest.mark.parametrize("attempt", ["text", 3.5, np.zeros(3), [1, 2]])
def test_what_is_no_function_is_incorrect(lesson, name, attempt):
    assert "without brackets" in get(lesson, name).verdict(attempt)


@pytest.mark.parametrize(("lesson", "name"), every(Choice))
def test_of_the_options_one_is_correct_and_each_has_its_reason(lesson, name):
    exercise = get(lesson, name)
    assert len(set(exercise.options.values())) == len(exercise.options) >= 2
    for key in exercise.options:
        verdict = exercise.verdict(f" {key.upper()} ")
        assert verdict.startswith("Correct. " if key == exercise.answer else "Incorrect: ")
        assert exercise.options[key][1:] in verdict  # it may begin with a capital
    for strange in ("", "z", 3, ["a"], np.zeros(2), float("nan")):
        assert "the answer is one of" in exercise.verdict(strange)


@pytest.mark.parametrize(("lesson", "name"), every(Number))
def test_of_the_numbers_one_is_correct(lesson, name):
    exercise = get(lesson, name)
    assert exercise.verdict(exercise.answer).startswith("Correct. ")
    assert exercise.verdict(np.float32(exercise.answer)).startswith("Correct. ")
    for wrong, words in exercise.mistakes.items():
        assert exercise.verdict(wrong) == f"Incorrect: {words}"
    for strange in ("12", [exercise.answer], float("nan"), 1e30):
        assert exercise.verdict(strange).startswith("Incorrect: ")


# Hints, solutions, strictness


@pytest.mark.parametrize(("lesson", "name"), every())
def test_hints_and_solution_are_printed_and_never_raise(lesson, name, capsys):
    exercise = get(lesson, name)
    for number, hint in enumerate(exercise.hints, start=1):
        exercise.hint(number)
        assert hint in capsys.readouterr().out
    for number in (0, 99, "one", None, 1.0, True, np.array([1, 2])):
        exercise.hint(number)
        assert f"hints 1 to {len(exercise.hints)}" in capsys.readouterr().out
    exercise.solution()
    said = capsys.readouterr().out
    assert exercise.source() in said if isinstance(exercise, Function) else said


def test_strict_checks_raise_unless_correct(monkeypatch, capsys):
    exercise = get("refiner", "l1_or_l2")
    exercise.check()
    exercise.check("a")
    monkeypatch.setenv("SIMGAN_STRICT", "1")
    exercise.check("b")
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["Not", "Incorrect:", "Correct."]
    for attempt in (("a",), (None,), ()):
        with pytest.raises(AssertionError, match="Incorrect|Not attempted"):
            exercise.check(*attempt)


def test_an_interrupt_is_not_a_wrong_answer():
    def waits(*args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get("refiner", "receptive_field").verdict(waits)


# What all verdicts are made of


def test_a_function_that_tensorflow_compiles_is_judged_as_one():
    exercise = get("refiner", "self_regularization_loss")
    right = tf.function(exercise.solves)
    assert exercise.verdict(right) == "Correct."
    assert not tf.config.functions_run_eagerly()
    in_numpy = tf.function(lambda refined, synthetic: np.abs(refined - synthetic).mean())
    assert "no gradient" in exercise.verdict(in_numpy)


def test_only_the_stub_is_not_attempted():
    def says_why(*args):
        raise NotImplementedError("not for this dtype")

    verdict = get("refiner", "receptive_field").verdict(says_why)
    assert verdict.startswith("Incorrect: your code raised NotImplementedError: not for this dtype")


def test_the_line_named_is_one_of_the_learners():
    def fourth_line(kernels, strides):
        """A cell whose error comes from deep inside a library."""
        several = list(kernels)
        return np.linalg.inv(several)

    first = fourth_line.__code__.co_firstlineno
    verdict = get("refiner", "receptive_field").verdict(fourth_line)
    assert f" in line {first + 3} of the cell." in verdict
    inside = get("refiner", "receptive_field").verdict(np.linalg.inv)
    assert "raised" in inside and "of the cell" not in inside


def test_a_long_message_is_cut_between_words_and_ends_once():
    def raises(*args):
        raise ValueError("\x1b[1mwords\x1b[0m {{function_node x}} " + "word " * 100 + ".")

    verdict = get("refiner", "receptive_field").verdict(raises)
    assert len(verdict) < 300 and "function_node" not in verdict and "\x1b" not in verdict
    assert "words word" in verdict and " [...] in line " in verdict


def test_more_than_one_attempt_is_said():
    for attempt in (("b", "c"), (None, None)):
        assert "takes one thing; received 2" in get("refiner", "l1_or_l2").verdict(*attempt)


def test_a_model_is_not_its_builder():
    exercise = get("local_loss", "discriminator")
    assert "without brackets" in exercise.verdict(exercise.solves())


def test_a_check_leaves_pythons_random_numbers_alone():
    before = random.getstate()
    get("refiner", "resnet_block").verdict(get("refiner", "resnet_block").solves)
    assert random.getstate() == before
