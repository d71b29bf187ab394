"""The questions of lesson 07 follow the results that the course ships."""

import json

import pytest

from simgan_lib.exercises import ablations as exercise
from simgan_lib.measure import results

PARTS = {"no buffer", "global"}


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """A function that ships results in which variants err by so much more than the whole."""

    def shipped(worse):
        for name, variants in (("stand_in", {"history": 0}), ("ablations", worse)):
            rows = [
                {"variant": variant, "seed": seed, "error_deg": 6 + seed + more + noise}
                for variant, more in variants.items()
                for seed, noise in enumerate((-0.1, 0.1, 0) if more else (0, 0, 0))
            ]
            (tmp_path / f"{name}.json").write_text(json.dumps({"rows": rows}))

    monkeypatch.setattr(results, "RESULTS", tmp_path)
    return shipped


@pytest.mark.parametrize(
    ("no_buffer", "total", "answer"),
    [(1, 1, "a"), (1, 0.01, "b"), (0.01, 1, "c"), (0.01, 0.01, "d"), (-1, -1, "d"), (-1, 1, "c")],
)
def test_the_question_of_two_parts_follows_the_results(ship, no_buffer, total, answer):
    ship({"no buffer": no_buffer, "global": total})
    question = exercise.buffer_and_local
    assert question.answer == answer and question.source() == repr(answer)
    for key in "abcd":
        verdict = question.verdict(key)
        assert verdict.startswith("Correct. " if key == answer else "Incorrect: ")
        assert f"no buffer {no_buffer:+.2f} degrees" in verdict
        assert f"global {total:+.2f} degrees (95 %: {total - 0.25:+.2f} to" in verdict


@pytest.mark.parametrize("worst", exercise.ABLATED)
def test_the_question_of_harm_follows_the_results(ship, worst):
    harm = {name: 0.1 + 0.1 * k for k, name in enumerate(exercise.ABLATED.values())}
    ship(harm | {exercise.ABLATED[worst]: 2.0})
    for key, name in exercise.ABLATED.items():
        verdict = exercise.most_harm.verdict(key)
        assert verdict.startswith("Correct. " if key == worst else "Incorrect: ")
        assert name[1:] in verdict and f"{exercise.ABLATED[worst][1:]} +2.00 degrees" in verdict


def test_without_results_a_question_still_does_not_raise(ship):
    assert exercise.most_harm.verdict("a").startswith("Incorrect: the check could make no sense")


def test_what_is_asked_was_measured_with_five_seeds_or_three():
    rows = [*results.load_results("stand_in"), *results.load_results("ablations")]
    for name in PARTS | set(exercise.ABLATED.values()):
        before, _ = results.pairs(rows, "history", name)
        assert len(before) >= (5 if name in PARTS else 3), name
