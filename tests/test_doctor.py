"""What a machine is told of itself."""

import json

import pytest

from simgan_lib.cli import main
from simgan_lib.course import doctor
from simgan_lib.course.doctor import MEASURED
from tools.lessons import lessons


def test_minutes_go_with_the_pace_of_the_machine(monkeypatch, capsys):
    measured = json.loads(MEASURED.read_text())
    monkeypatch.setattr(doctor, "seconds_a_round", lambda: 3 * measured["seconds_a_round"])
    assert main(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    seconds = measured["lessons"]["05_training"]
    told = said["minutes of computing"]["05_training"]
    assert told == pytest.approx(3 * seconds / 60, abs=0.06)  # which is rounded to a tenth
    assert said["cores"] >= 1 and said["eyes"].startswith("simulated ones")


def test_every_lesson_has_been_measured():
    names = [path.stem for path in lessons()]
    assert list(json.loads(MEASURED.read_text())["lessons"]) == names


def test_the_probe_takes_seconds():
    assert 0.01 < doctor.seconds_a_round(2) < 60
