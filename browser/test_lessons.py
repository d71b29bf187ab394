"""Every lesson in JupyterLab, as a learner on a small laptop has it: `make test-browser`."""

import inspect

import pytest
from lab import Lesson

from conftest import SCREENSHOTS
from simgan_lib.course import game
from tools.lessons import INDEX, lessons

NAMES = [path.stem for path in [INDEX, *lessons()]]
BUDGET = 600  # seconds for a whole lesson


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_runs_and_reads_well(page, jupyter, name):
    lesson = Lesson(page, jupyter(f"notebooks/{name}.ipynb"))
    lesson.run_all(BUDGET)
    assert lesson.errors() == []
    assert lesson.measure() == {"broken": [], "wide": [], "shrunk": [], "nowhere": []}
    assert page.complaints == []


def test_the_contents_and_the_ways_lead_on(page, jupyter):
    lesson = Lesson(page, jupyter("notebooks/04_history_buffer.ipynb"))
    lesson.cells("Markdown").get_by_role("link", name="Summary", exact=True).first.click()
    heading = lesson.panel.get_by_role("heading", name="Summary")
    page.wait_for_timeout(500)
    assert 0 < heading.bounding_box()["y"] < 768
    lesson.cells("Markdown").get_by_role("link", name="05 · Training").last.click()
    page.get_by_role("tab", name="05_training.ipynb").wait_for()
    assert "/lab/" in page.url and page.complaints == []


def test_an_exercise_as_a_learner_does_it(page, jupyter):
    lesson = Lesson(page, jupyter("notebooks/00_start_here.ipynb"))
    lesson.run_all(BUDGET)
    stub, check = lesson.find("def value("), lesson.find("exercise.value.check(value)")
    assert "○ Not attempted:" in check.inner_text()
    lesson.write(stub, "def value(p_real, p_generated):\n    return 0.0")
    lesson.run(stub)
    lesson.run(check)
    assert "✗ Incorrect:" in check.inner_text()
    lesson.write(check, "exercise.value.hint(1)")
    lesson.run(check)
    assert "Hint 1 of" in check.inner_text()
    lesson.write(stub, inspect.getsource(game.value))
    lesson.run(stub)
    lesson.write(check, "exercise.value.check(value)")
    lesson.run(check)
    assert "✓ Correct." in check.inner_text()
    index = Lesson(page, jupyter("notebooks/index.ipynb"))
    index.run_all(BUDGET)
    assert "●○○○" in index.panel.inner_text() and "1 of 4 solved" in index.panel.inner_text()


def test_the_game_of_lesson_08_is_played_to_its_end(page, jupyter):
    lesson = Lesson(page, jupyter("notebooks/08_visual_turing_test.ipynb"))
    for text in ("COURSE =", "from simgan_lib.course import plots", "test = VisualTuringTest("):
        lesson.run(lesson.find(text))
    game = lesson.find("panel(test)")
    lesson.run(game)
    real, refined = (game.get_by_role("button", name=name) for name in ("Real", "Refined"))
    game.get_by_text("Eye 1 of 100").wait_for()
    game.get_by_text("Eye 1 of 100").scroll_into_view_if_needed()
    picture = game.locator(".widget-image")
    for thing in (picture, real, refined):  # all of it at once on the screen
        box = thing.bounding_box()
        assert 0 <= box["y"] and box["y"] + box["height"] <= 768
    assert picture.bounding_box()["width"] == 440
    page.screenshot(path=SCREENSHOTS / "the game.png")
    for number in range(1, 101):
        game.get_by_text(f"Eye {number} of 100").wait_for()
        if number <= 50:
            (real if number % 2 else refined).click()
        else:  # by the keyboard alone
            if number == 51:
                real.focus()
            else:
                page.keyboard.press("Shift+Tab" if number % 2 else "Tab")
            page.keyboard.press("Space")
    game.get_by_text("All eyes are judged.").wait_for()
    coin = lesson.find("coin = ")
    lesson.run(coin)
    assert "judged by you: 100 eyes" in coin.inner_text()


def test_verdicts_can_be_read_in_the_dark(page, jupyter):
    lesson = Lesson(page, jupyter("notebooks/00_start_here.ipynb"))
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_text("Theme", exact=True).hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    page.wait_for_timeout(2000)
    verdict = lesson.find("exercise.value.check(value)").locator("b").first
    verdict.scroll_into_view_if_needed()
    colours = verdict.evaluate(
        """element => {
            const sign = getComputedStyle(element.querySelector('span')).color;
            const words = getComputedStyle(element).color;
            const behind = getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor;
            return [sign, words, behind].map(c => c.match(/\\d+/g).slice(0, 3).map(Number));
        }"""
    )
    sign, words, behind = map(luminance, colours)
    assert behind < 0.05, "the theme is dark"
    assert contrast(sign, behind) > 3 and contrast(words, behind) > 4.5


def luminance(rgb):
    """How bright a colour of three numbers of 0 to 255 is, as WCAG 2 has it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in rgb)
    ]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    """The contrast of two luminances, 1 to 21, as WCAG 2 has it."""
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
