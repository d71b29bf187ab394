"""JupyterLab as a learner's hands and eyes have it."""

import re
import time
from pathlib import Path

# A figure may not be shown smaller than this, or its smallest letters are under 9 pixels.
SCALE = 0.82
MEASURE = (Path(__file__).parent / "measure.js").read_text().replace("SCALE", str(SCALE))
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"


class Lesson:
    """A notebook in a JupyterLab that a page shows.

    Args:
        page: Playwright's page.
        url: Address of the notebook in JupyterLab.
    """

    def __init__(self, page, url):
        self.page = page
        page.goto(url)
        self.panel = page.locator(NOTEBOOK)
        self.panel.locator(".jp-RenderedMarkdown h1").first.wait_for(timeout=60_000)
        self.idle()

    def idle(self, seconds=60):
        """Waits until the status bar says that the kernel has nothing to do."""
        self.page.get_by_text(re.compile(r"Python 3.* \| Idle")).wait_for(timeout=1000 * seconds)

    def cells(self, kind="Code"):
        """Locator of the cells of a kind."""
        return self.panel.locator(f".jp-Notebook .jp-{kind}Cell")

    def run_all(self, seconds):
        """Restarts the kernel and runs every cell, through the menu, within so many seconds."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_text("Restart Kernel and Run All Cells…", exact=True).click()
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        self.panel.locator(".jp-InputPrompt", has_text="[*]").first.wait_for()
        self.page.wait_for_function(
            """panel => {
                const cells = [...document.querySelector(panel).querySelectorAll('.jp-CodeCell')];
                const prompts = cells.map(c => c.querySelector('.jp-InputPrompt').innerText.trim());
                const outputs = [...document.querySelectorAll(`${panel} .jp-OutputArea-output`)];
                const failed = outputs.some(output => output.textContent.includes('Traceback ('));
                return failed || prompts.every((prompt, k) => prompt === `[${k + 1}]:`);
            }""",
            arg=NOTEBOOK,
            timeout=1000 * seconds,
        )

    def errors(self):
        """The text of every output that is an error."""
        return self.panel.locator(
            ".jp-OutputArea-output", has_text="Traceback (most recent call last)"
        ).all_inner_texts()

    def find(self, text):
        """The first code cell whose source holds a text; it stays that cell when the text goes."""
        cells = self.cells()
        return cells.nth([text in found for found in cells.all_inner_texts()].index(True))

    def write(self, cell, source):
        """Puts a source in place of a cell's, by the keyboard."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, cell):
        """Runs one cell with Shift and Enter, and waits for its end."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        time.sleep(0.3)
        self.idle()

    def measure(self):
        """What the page shows that no reader should meet: a dict of lists."""
        return self.page.evaluate(MEASURE)
