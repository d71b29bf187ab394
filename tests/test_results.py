"""What the course ships as measured, and its intervals against SciPy's."""

import json

import numpy as np
import pytest
from scipy import stats

from simgan_lib.measure import results
from simgan_lib.measure.results import by_seed, load_results, mean_interval, paired_interval, pairs

ROWS = [
    {"variant": "base", "seed": 2, "error_deg": 5.0, "within_7deg": 70.0},
    {"variant": "no history", "seed": 0, "error_deg": 9.0, "within_7deg": 20.0},
    {"variant": "base", "seed": 0, "error_deg": 6.0, "within_7deg": 60.0},
    {"variant": "base", "seed": 10, "error_deg": 7.0, "within_7deg": 50.0},
]


@pytest.mark.parametrize("count", [2, 3, 5, 40])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_a_mean_interval_is_that_of_the_t_test(count, confidence):
    values = np.random.default_rng(count).normal(5, 2, count)
    mean, low, high = mean_interval(values, confidence)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    np.testing.assert_allclose((mean, low, high), (np.mean(values), *theirs), rtol=1e-10)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_a_paired_interval_is_that_of_the_paired_t_test(confidence):
    before, after = np.random.default_rng(1).normal((6, 5), 1, (7, 2)).T
    mean, low, high = paired_interval(before, after, confidence)
    theirs = stats.ttest_rel(after, before).confidence_interval(confidence)
    np.testing.assert_allclose((mean, low, high), (np.mean(after - before), *theirs), rtol=1e-10)


def test_confidence_is_95_percent_unless_said():
    values = [1.0, 2.0, 4.0]
    assert mean_interval(values) == mean_interval(values, 0.95)
    assert paired_interval([0, 0, 0], values) == mean_interval(values)
    assert all(type(number) is float for number in mean_interval(values))


def test_95_of_100_intervals_hold_the_true_mean():
    draws = np.random.default_rng(0).normal(3, 1, (2000, 4))
    held = [low <= 3 <= high for _, low, high in map(mean_interval, draws)]
    assert 0.935 < np.mean(held) < 0.965


def test_what_a_seed_does_to_both_drops_out():
    seed = np.array([0.0, 10.0, -20.0, 5.0])
    mean, low, high = paired_interval(seed, seed + [0.9, 1.1, 1.0, 1.0])
    assert 0.8 < low < mean < high < 1.2
    assert paired_interval(seed + 1, seed)[0] == -1


def test_arrays_of_different_length_are_no_pairs():
    with pytest.raises(ValueError):
        paired_interval([1.0, 2.0, 3.0], [1.0, 2.0])


def test_rows_of_a_variant_come_in_the_order_of_the_seeds():
    np.testing.assert_array_equal(by_seed(ROWS, "base"), [6, 5, 7])
    np.testing.assert_array_equal(by_seed(ROWS, "base", "within_7deg"), [60, 70, 50])
    assert by_seed(ROWS, "base").dtype == float


def test_pairs_have_the_seeds_that_both_variants_were_run_with():
    before, after = pairs(ROWS, "base", "no history")
    assert before.tolist() == [6] and after.tolist() == [9]
    before, after = pairs(ROWS, "no history", "base", "within_7deg")
    assert before.tolist() == [20] and after.tolist() == [60]


def test_results_are_loaded_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    content = {"command": "python -m experiments trial", "settings": {}, "rows": ROWS}
    (tmp_path / "trial.json").write_text(json.dumps(content))
    assert load_results("trial") == ROWS
    with pytest.raises(ValueError, match="results of trial; received 'trail'"):
        load_results("trail")


def test_of_what_is_shipped_every_row_says_what_it_is():
    paths = list(results.RESULTS.glob("*.json"))
    assert paths
    for path in paths:
        rows = load_results(path.stem)
        assert rows and all(row["seconds"] >= 0 for row in rows)
        assert f"python -m experiments {path.stem}" in json.loads(path.read_text())["command"]
