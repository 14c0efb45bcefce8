"""A board is added as one folder: the page draws it, Grafana gets it, the docs list it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import browser, complaints, own_warehouse, served_page, soon, text, values
from selenium.webdriver.common.by import By

pytestmark = [pytest.mark.integration, pytest.mark.e2e]

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "data", "demo-data", "node_modules", "*.pyc.*", ".*_cache"
)
DECLARATION = '''"""A toy: what the installation chose, by two drawings."""

from dashboards.board import Board, Column, Drawing, Panel
from dashboards.queries import TEAM

board = Board(
    "toy",
    "A toy board",
    (TEAM,),
    (
        Panel(
            "chosen",
            (Column("minimum", "Smallest group", "people"), Column("made_up", "Made up")),
            Drawing.STAT,
            "What was chosen",
            "",
            says="What the installation chose.",
            do="Nothing.",
            empty="Nothing was chosen.",
            scope="always",
            width=6,
        ),
        Panel(
            "hours",
            (Column("time", "Time"), Column("hours", "Hours", hue="#87518f"), Column("two", "Two")),
            Drawing.LINES,
            "Hours of the range",
            "hours",
            says="An hour counts itself.",
            do="Nothing.",
            empty="There is no hour.",
            scope="all teams",
            width=6,
        ),
    ),
    says="To show that a board is a folder.",
)
'''
CHOSEN = """SELECT minimum_group AS minimum, toUInt8(synthetic) AS made_up FROM viewer.settings
"""
HOURS = """SELECT toTimeZone(toStartOfHour({until:DateTime}), 'UTC') - 3600 * number AS time,
    number AS hours, 2 AS two
FROM (SELECT arrayJoin(range(6)) AS number, count() FROM viewer.settings GROUP BY number)
WHERE {from:DateTime} < {until:DateTime}
ORDER BY time
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project with one folder more, and nothing else changed."""
    project = tmp_path_factory.mktemp("joint") / "project"
    shutil.copytree(ROOT, project, ignore=LEFT_OUT)
    folder = project / "dashboards" / "boards" / "toy"
    folder.mkdir()
    (folder / "__init__.py").write_text(DECLARATION)
    (folder / "chosen.sql").write_text(CHOSEN)
    (folder / "hours.sql").write_text(HOURS)
    yield project
    shutil.rmtree(project)


@pytest.fixture(scope="module")
def built(copy: Path) -> str:
    """What the first build of the Grafana files in the copy prints, whichever test comes first."""
    return run(copy, "-m", "headwater", "dashboards", "build")


def run(project: Path, *words: str) -> str:
    """Runs Python in the copy, whose code comes before any other."""
    done = subprocess.run(
        [sys.executable, *words], cwd=project, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_page_draws_it(copy: Path, tmp_path: Path) -> None:
    with (
        own_warehouse(tmp_path / "data", synthetic=True) as own,
        served_page(own.urls.viewer, project=copy) as page,
        browser() as driver,
    ):
        driver.get(f"{page}/toy?range=24h")
        shown = "section.card:not(.is-loading)"
        soon(driver, lambda: len(driver.find_elements(By.CSS_SELECTOR, shown)) == 2)
        # Nothing has arrived: only panels that are always there are to be seen, the others drawn.
        soon(driver, lambda: values(driver, "chosen") == [5, 1])
        lines = driver.find_elements(By.CSS_SELECTOR, "[data-panel=hours] .chart svg path")
        assert lines
        legend = driver.execute_script(
            "return document.querySelector('[data-panel=hours] .legend').textContent"
        )
        assert legend == "HoursTwo"
        boards = driver.find_elements(By.CSS_SELECTOR, ".boards a")
        titles = [each.text for each in boards]
        assert titles[0] == "This week"
        toy = boards[titles.index("A toy board")]
        assert toy.get_attribute("aria-current") == "page"
        boards[0].click()
        soon(driver, lambda: driver.find_elements(By.CSS_SELECTOR, "[data-panel=changes]"))
        assert driver.current_url == f"{page}/?range=24h"
        assert "A toy board" in text(driver, ".boards")
        assert complaints(driver) == []


def test_grafana_gets_a_file_of_it(copy: Path, built: str) -> None:
    assert "boards/toy.json" in built
    assert "learning.json" not in built  # a board more changes no other
    made = json.loads((copy / "dashboards/grafana/boards/toy.json").read_text())
    assert made["uid"] == "headwater-toy"
    titles = [panel["title"] for panel in made["panels"]]
    assert titles == ["", "What was chosen (always)", "Hours of the range (all teams)"]
    assert "$__toTime" in made["panels"][2]["targets"][0]["rawSql"]


def test_the_docs_list_it(copy: Path) -> None:
    run(copy, "-m", "headwater.docs")
    page = (copy / "docs" / "boards.md").read_text()
    assert "## `toy`: A toy board" in page
    assert "Hours of the range" in page


@pytest.mark.usefixtures("built")
def test_the_generic_tests_cover_it(copy: Path) -> None:
    told = run(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider",
        "tests/dashboards/test_every_board.py", "tests/dashboards/test_grafana.py", "-k", "toy",
    )  # fmt: skip
    assert "passed" in told
