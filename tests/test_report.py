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
    monkeypatch.setattr(report, "README", tmp_path / "README.md")
    monkeypatch.setattr(report, "claims", lambda: [])  # of the course's own README
    report.README.write_text("A.\n\n<!-- results: stand_in -->\n| old |\n<!-- end -->\n\nB.\n")

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
            for variant, error in (dict.fromkeys(report.TRAINED_ON[name], 8.0) | errors).items()
            for seed in range(5)
        ]
        content = {"command": f"python -m experiments {name}", "settings": {}, "rows": rows}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))

    return put


def test_the_page_has_means_intervals_differences_command_and_hours(measured):
    measured("stand_in", synthetic=7.0, refined=4.5)
    assert report.main([]) == 0
    page = report.PAGE.read_text()
    assert "`python -m experiments stand_in`, 32.5 hours" in page
    assert "| synthetic | 5 | 7.02 (7.00 to 7.04) | 6.30 (6.30 to 6.30) |" in page
    assert "-2.50 (-2.50 to -2.50) |" in page


def test_the_check_passes_where_all_bars_hold(measured, capsys):
    measured("stand_in", synthetic=7.0, noise=6.5, refined=4.5)
    measured("real_eyes", synthetic=7.0, refined=4.8)
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


def test_readme_gets_its_table_and_keeps_the_rest(measured):
    measured("stand_in", synthetic=7.0, refined=4.5)
    report.main([])
    text = report.README.read_text()
    assert "| **refined eyes** | 4.5 (4.5 to 4.5) | 4.0 | 50 % |\n" in text
    assert text.endswith("\n<!-- end -->\n\nB.\n")
    assert text.startswith("A.\n\n<!-- results: stand_in -->\n| trained on |")
    assert "| old |" not in text
    report.main([])
    assert report.README.read_text() == text


@pytest.mark.parametrize("file", ["PAGE", "README"])
def test_the_check_fails_where_a_number_is_changed_by_hand(measured, capsys, file):
    measured("stand_in", synthetic=7.0, noise=6.5, refined=4.5)
    measured("real_eyes", synthetic=7.0, refined=4.5)
    report.main([])
    path = getattr(report, file)
    path.write_text(path.read_text().replace("7.0", "7.1"))
    assert report.main(["--check"]) == 1
    assert f"FAILS: {path.name}" in capsys.readouterr().out


def test_the_page_and_readme_are_what_the_results_say():
    assert report.PAGE.read_text() == report.page(), "run `make results`"
    readme = report.README.read_text()
    assert readme == report.with_tables(readme), "run `make results`"


def test_what_readme_says_of_the_results_holds():
    said = list(report.claims())
    assert len(said) >= 5
    assert [what for holds, what in said if not holds] == []


@pytest.mark.parametrize("variant", ["synthetic", "refined", "real labels", "4x refined"])
def test_what_readme_says_fails_where_other_results_are_measured(variant, monkeypatch):
    rows = results.load_results("stand_in")
    for row in rows:
        if row["variant"] == variant:
            row["error_deg"] *= 0.8
    load = report.load_results
    monkeypatch.setattr(
        report, "load_results", lambda name: rows if name == "stand_in" else load(name)
    )
    assert not all(holds for holds, _ in report.claims())
