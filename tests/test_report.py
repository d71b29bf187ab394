"""RESULTS.md says what the results say, and a bar that is not met is told."""

import json
import re

import pytest

from experiments import report
from simgan_lib.measure import results

NAMES = [*report.TRAINED_ON, "noise"]
MET = {"synthetic": 9.0, "history": 6.0}  # errors with which every bar is met


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A function that puts errors of five seeds in place of what the course has measured."""
    for module in (results, report):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    monkeypatch.setattr(report, "PAGE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(report, "README", tmp_path / "README.md")
    monkeypatch.setattr(report, "claims", lambda: [])  # of the course's own README
    report.README.write_text("A.\n\n<!-- results: trained on -->\n| old |\n<!-- end -->\n\nB.\n")
    report.PAGE.write_text("C.\n\n<!-- results: stand_in -->\n<!-- end -->\n")

    def put(name, gaps=(None,), **errors):
        rows = [
            {
                "variant": variant,
                "seed": seed,
                "error_deg": error + seed / 100,
                "error_deg_calibrated": error * 0.9,
                "within_7deg": 50.0,
                "seconds": 1800.0,
            }
            | ({"gap": gap} if gap else {})
            for gap in gaps
            for variant, error in (dict.fromkeys(NAMES, 8.0) | errors).items()
            for seed in range(5)
        ]
        settings = {"gap": 1.5} if name == "stand_in" else {}
        content = {"command": f"python -m experiments {name}", "settings": settings, "rows": rows}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))

    def put_survival(least):
        rows = [
            {"variant": name, "seed": seed, "least_contrast": least, "contrast": 1.5, "seconds": 60}
            for name in ("pocket", "pocket, lambda 3", "paper, batch 32")
            for seed in range(5)
        ]
        content = {"command": "python -m experiments survival", "settings": {}, "rows": rows}
        (tmp_path / "survival.json").write_text(json.dumps(content))

    put.survival = put_survival
    put("stand_in")
    put.survival(1.2)
    return put


def test_the_page_has_means_intervals_differences_command_and_hours(measured):
    measured("stand_in", synthetic=7.0, history=4.5)
    assert report.main([]) == 0
    page = report.PAGE.read_text()
    assert "`python -m experiments stand_in`, 22.5 hours" in page
    assert "| synthetic | 5 | 7.02 (7.00 to 7.04) | 6.30 (6.30 to 6.30) |" in page
    assert "-2.50 (-2.50 to -2.50) |" in page


def test_the_check_passes_where_all_bars_hold(measured, capsys):
    measured("gap", gaps=(1, 2), **MET)
    report.main([])
    assert report.main(["--check"]) == 0
    assert "FAILS" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"history": 6.6}, "gap 2: the history at most 0.7 of synthetic"),
        ({"history": 7.5}, "gap 2: the history at most 0.78 with each seed"),
        ({"history": 7.5}, "gap 1: the history at most 0.83 of synthetic"),
        ({"kNN": 5.9}, "below kNN beyond chance"),
        ({"noise": 5.9}, "below noise beyond chance"),
        ({"equalised": 5.9}, "below equalised beyond chance"),
        ({"randomised": 5.9}, "below randomised beyond chance"),
        ({"randomised": 5.9}, "gap 1: the history not above randomised"),
    ],
)
def test_the_check_fails_where_one_does_not(measured, capsys, change, words):
    measured("gap", gaps=(1, 2), **(MET | change))
    report.main([])
    assert report.main(["--check"]) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAILS")]
    assert any(words in line for line in failed)


def test_the_check_fails_where_a_refiner_died(measured, capsys):
    measured("gap", gaps=(1, 2), **MET)
    report.main([])
    measured.survival(0.05)
    assert report.main(["--check"]) == 1
    assert "FAILS: paper, batch 32: five seeds keep half the contrast" in capsys.readouterr().out


def test_the_check_fails_where_seeds_are_missing_or_differ(measured, capsys, tmp_path):
    file = tmp_path / "gap.json"
    for change, words in (
        (lambda row: row | {"seed": min(row["seed"], 3)}, "measured with five seeds"),
        (lambda row: row | {"error_deg": row["error_deg"] + row["seed"] / 3}, "spreads by"),
    ):
        measured("gap", gaps=(1, 2), **MET)
        content = json.loads(file.read_text())
        rows = {(r["gap"], r["variant"], r["seed"]): r for r in map(change, content["rows"])}
        file.write_text(json.dumps(content | {"rows": [*rows.values()]}))
        report.main([])
        assert report.main(["--check"]) == 1
        assert words in capsys.readouterr().out


def test_the_family_stands_below_what_was_measured_before_of_each_gap(measured, tmp_path):
    measured("stand_in", history=5.0)
    measured("gap", gaps=(1, 2), history=4.0)
    file = tmp_path / "family.json"
    content = json.loads((tmp_path / "gap.json").read_text())
    content["rows"] = [
        row | {"gap": gap, "variant": "DANN"}
        for gap in (1.5, 1)
        for row in content["rows"]
        if row["variant"] == "history" and row["gap"] == 1
    ]
    file.write_text(json.dumps(content))
    report.PAGE.write_text("<!-- results: family -->\n<!-- end -->\n")
    report.main([])
    parts = re.findall(r"At gap (.*?):\n(.*?)\n\n(?=At|<)", report.PAGE.read_text(), re.S)
    names = "constant", "synthetic", "randomised", "one R", "history", "DANN"
    for (gap, lines), own, apart in zip(parts, ("1.5", "1"), ("-1.00", "+0.00"), strict=True):
        assert gap == own
        assert tuple(re.findall(r"^\| ([\w ]+) \| 5 \|", lines, re.M)) == names
        assert re.search(rf"\| DANN .*\| {re.escape(apart)} \(.*\) \|$", lines, re.M)


def test_photographs_are_told_in_pairs_and_apart_from_what_chose_lambda(measured):
    tuning = {"tuning, lambda 1": 6.5, "tuning, lambda 4": 7.5}
    measured("real_eyes", synthetic=7.0, history=6.0, **tuning)
    report.PAGE.write_text("<!-- results: real_eyes -->\n<!-- end -->\n")
    report.main([])
    test, against, chosen = report.PAGE.read_text().split("\n\n")[2:5]
    assert "| history | 5 | 6.02" in test and "tuning" not in test
    assert "| synthetic | 5 | -1.00 (-1.00 to -1.00) | -0.90 (-0.90 to -0.90) |" in against
    assert "| tuning, lambda 4 | 5 |" in chosen and "| +1.00 (" in chosen


def test_readme_gets_its_table_and_keeps_the_rest(measured):
    measured("stand_in", synthetic=7.0, history=4.5)
    report.main([])
    text = report.README.read_text()
    row = "| **refined eyes, each by a refiner of the history** | 4.5 | 4.5 to 4.5 |"
    assert f"{row} 50 % |\n" in text
    assert text.endswith("\n<!-- end -->\n\nB.\n")
    assert text.startswith("A.\n\n<!-- results: trained on -->\n\n| trained on |")
    assert "| old |" not in text
    report.main([])
    assert report.README.read_text() == text


@pytest.mark.parametrize("file", ["PAGE", "README"])
def test_the_check_fails_where_a_number_is_changed_by_hand(measured, capsys, file):
    measured("stand_in", synthetic=7.0, equalised=6.5, history=4.5)
    measured("gap", gaps=(1, 2), **MET)
    report.main([])
    path = getattr(report, file)
    path.write_text(path.read_text().replace("7.0", "7.1"))
    assert report.main(["--check"]) == 1
    assert f"FAILS: {path.name}" in capsys.readouterr().out


def test_the_page_and_readme_are_what_the_results_say():
    for page in (report.PAGE, report.README):
        text = page.read_text()
        assert text == report.with_tables(text), "run `make results`"
    names = re.findall("<!-- results: (.*) -->", report.PAGE.read_text())
    assert sorted(names) == sorted(path.stem for path in results.RESULTS.glob("*.json"))


def test_what_readme_says_of_the_results_holds():
    said = list(report.claims())
    assert len(said) >= 5
    assert [what for holds, what in said if not holds] == []


@pytest.mark.parametrize("variant", ["synthetic", "one R", "randomised"])
def test_what_readme_says_fails_where_other_results_are_measured(variant, monkeypatch):
    rows = results.load_results("stand_in")
    for row in rows:
        if row["variant"] == variant:
            row["error_deg"] *= 0.7
    load = report.load_results
    monkeypatch.setattr(
        report, "load_results", lambda name: rows if name == "stand_in" else load(name)
    )
    assert not all(holds for holds, _ in report.claims())
