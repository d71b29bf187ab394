"""RESULTS.md says what the results say, and a bar that is not met is told."""

import json

import pytest

from experiments import report
from simgan_lib import results


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A function that puts errors of five seeds in place of what the course has measured."""
    for module in (results, report):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    monkeypatch.setattr(report, "PAGE", tmp_path / "RESULTS.md")

    def put(name, **errors):
        rows = [
            {
                "variant": variant,
                "seed": seed,
                "error_deg": error + seed / 100,
                "error_deg_calibrated": error * 0.9,
                "within_7deg": 50.0,
                "seconds": 1800.0,
            }
            for variant, error in errors.items()
            for seed in range(5)
        ]
        content = {"command": f"python -m experiments {name}", "settings": {}, "rows": rows}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))

    return put


def test_the_page_has_means_intervals_differences_command_and_hours(measured):
    measured("stand_in", synthetic=7.0, refined=4.5)
    assert report.main([]) == 0
    page = report.PAGE.read_text()
    assert "`python -m experiments stand_in`, 5.0 hours" in page
    assert "| synthetic | 5 | 7.02 (7.00 to 7.04) | 6.30 (6.30 to 6.30) |" in page
    assert "-2.50 (-2.50 to -2.50) |" in page


def test_the_check_passes_where_all_bars_hold(measured, capsys):
    measured("stand_in", synthetic=7.0, noise=6.5, refined=4.5)
    measured("real_eyes", synthetic=7.0, noise=6.5, refined=4.8)
    report.main([])
    assert report.main(["--check"]) == 0
    assert "FAILS" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stand_in", "real"),
    [
        ({"refined": 5.5}, {}),  # four fifths of synthetic
        ({"noise": 4.0}, {}),  # better than refined
        ({}, {"refined": 5.2}),
        ({}, None),
    ],
)
def test_the_check_fails_where_one_does_not(measured, capsys, stand_in, real):
    measured("stand_in", **({"synthetic": 7.0, "noise": 6.5, "refined": 4.5} | stand_in))
    if real is not None:
        measured("real_eyes", **({"synthetic": 7.0, "refined": 4.8} | real))
    report.main([])
    assert report.main(["--check"]) == 1
    assert "FAILS" in capsys.readouterr().out


def test_the_check_fails_where_the_page_is_old(measured, capsys):
    measured("stand_in", synthetic=7.0, noise=6.5, refined=4.5)
    measured("real_eyes", synthetic=7.0, refined=4.5)
    report.main([])
    report.PAGE.write_text(report.PAGE.read_text().replace("7.02", "7.03"))
    assert report.main(["--check"]) == 1
    assert "FAILS: RESULTS.md" in capsys.readouterr().out
