"""What a learner has solved is noted once, in the order of solving, and never in the way."""

import json

import pytest

from simgan_lib.exercises import history_buffer, local_loss
from simgan_lib.exercises.core import Verdict
from simgan_lib.exercises.overview import Overview
from simgan_lib.exercises.progress import solved

FORGETS = history_buffer.forgets.answer


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "a folder/solved.json"
    monkeypatch.setenv("SIMGAN_SOLVED", str(path))
    return path


@pytest.fixture
def lessons(tmp_path):
    for name in ("03_local_loss", "04_history_buffer"):
        cell = {"source": [f"# {name[:2]} · A title\n", "More"]}
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": [cell]}))
    return tmp_path


def test_what_is_solved_is_noted_and_the_rest_is_not(file, lessons, capsys):
    history_buffer.forgets.check(None)
    local_loss.window.check("no such answer")
    assert not file.exists()
    for _ in range(2):
        local_loss.window.check(local_loss.window.answer)
        history_buffer.forgets.check(FORGETS)
    assert solved() == ["local_loss.window", "history_buffer.forgets"]
    text = repr(Overview(lessons))
    assert "03 · A title                 1 of 6 solved\n" in text
    assert text.endswith("You last solved an exercise of 04 · A title.")
    page = Overview(lessons)._repr_html_()
    assert '<a href="03_local_loss.ipynb">03 · A title</a>' in page and "●○○○○○" in page
    local_loss.window.check(local_loss.window.answer)
    assert repr(Overview(lessons)).endswith("03 · A title.")


@pytest.mark.parametrize("content", ["", "no json", '{"a": 1}', "[[1], 2]", "\x00"])
def test_a_damaged_file_is_not_in_the_way(file, lessons, content, capsys):
    file.parent.mkdir()
    file.write_text(content)
    assert "0 of 5 solved" in repr(Overview(lessons))
    history_buffer.forgets.check(FORGETS)
    assert "Correct" in capsys.readouterr().out
    assert "history_buffer.forgets" in solved()


def test_a_file_that_cannot_be_written_is_not_in_the_way(tmp_path, monkeypatch, capsys):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("SIMGAN_SOLVED", str(tmp_path / "a file/solved.json"))
    history_buffer.forgets.check(FORGETS)
    assert "Correct" in capsys.readouterr().out and solved() == []


def test_nothing_is_kept_where_the_place_is_empty(monkeypatch, lessons, capsys):
    monkeypatch.setenv("SIMGAN_SOLVED", "")
    history_buffer.forgets.check(FORGETS)
    assert solved() == [] and "Nothing is solved yet" in repr(Overview(lessons))


@pytest.mark.parametrize(
    ("text", "sign", "words"),
    [
        ("Correct.", "✓", "Correct.</b></div>"),
        ("Correct. A mean of <b>", "✓", "Correct.</b> A mean of &lt;b&gt;</div>"),
        ("Incorrect: use `axis=0`.", "✗", "Incorrect:</b> use <code>axis=0</code>.</div>"),
        ("Not attempted: run\nit.", "○", "Not attempted:</b> run\nit.</div>"),
    ],
)
def test_a_verdict_has_a_sign_words_and_code(text, sign, words):
    verdict = Verdict(text)
    assert repr(verdict) == text
    assert f">{sign}</span>" in verdict._repr_html_() and words in verdict._repr_html_()
