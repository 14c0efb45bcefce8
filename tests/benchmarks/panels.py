"""How fast the page shows what is published: each panel's query, and a click to the last panel.

The warehouse is filled directly with the events of a large organisation over half a year; the marts
take them in. Each query of the page is asked by turns with one written by hand that reads the same
figures flat (`flat/`).
"""

import json
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from selenium.webdriver.remote.webdriver import WebDriver

from dashboards.boards import boards
from streams import marts, release
from streams.rollups import recompute
from tests.benchmarks.measure import Result, percentile, running, temporary_folder
from tests.benchmarks.streams import warehouse_alone
from tests.browsing import browser, soon
from tests.e2e.running import Up
from warehouse import Warehouse

FLAT = Path(__file__).with_name("flat")
WEEKS = 26
PEOPLE, TEAMS = 1_500, 40
ASKED = 60
CLICKS = 40
KPI = "first_time_right"
#: The ranges that a visitor clicks through, and the days of each.
RANGES = {"24h": 1, "7d": 7, "4w": 28, "26w": 182}
#: What a query of the page may cost, in times of the one by hand; and a click, in seconds.
TIMES, CLICK_SECONDS = 2.0, 1.0
_LOAD = UUID("5b0c7a52-6f0e-4a6e-9d0b-9d0f3d6d5c02")
#: How a card says that it does not show its range's figures.
UNDRAWN = "section.card.is-loading, section.card.is-waiting, section.card.is-failed"
#: Clicks a range and looks at each frame; two more frames later all has been painted.
CLICK = """
const [name, undrawn, done] = arguments;
const button = document.querySelector(`[data-range="${name}"]`);
const began = performance.now();
button.click();
const look = () => {
  const pressed = button.getAttribute('aria-pressed') == 'true';
  if (pressed && !document.querySelector(undrawn))
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


#: Seconds that a statement may take while marts take in history, two hundred periods at once.
FILLING = 900.0


def find(stored: int, kept: Path | None = None) -> list[Result]:
    """Every query's p50 and p95 beside the one by hand, and from a click to the last panel.

    `kept` is a data folder that stays, so that the next run need not fill it.
    """
    with ExitStack() as ending:
        data = kept or Path(ending.enter_context(temporary_folder())) / "data"
        results = filled(data, stored)
        up = ending.enter_context(running(data))
        results += queries(viewer(up))
        with browser() as driver:
            results += clicks(up, driver)
        return results


def filled(data: Path, stored: int) -> list[Result]:
    """Sees to it that so many events are there, and published."""
    with running(data):
        pass  # it makes the folder; while it runs, its worker would publish too
    with warehouse_alone(data) as url:
        admin = Warehouse(url, timeout=FILLING)
        held = admin.query("SELECT count() FROM learning.fact_rows")[0][0]
        if held:
            assert held > 0.99 * stored, f"{data} holds {held:,} events: too few; name an empty one"
            return []
        fill(admin, stored)
        began = time.perf_counter()
        weeks = publish(admin)
        took = (time.perf_counter() - began) / weeks
        return [Result("marts, for each week", took, "s", "lower", weeks)]


def fill(admin: Warehouse, stored: int) -> None:
    """Events of half a year, of teams of all sizes, some of accounts that nobody is known for."""
    week = timedelta(weeks=1)
    now = datetime.now(UTC).replace(microsecond=0)
    organisation(admin, now)
    # In pieces, each of a month's partition or two.
    for number in range(WEEKS):
        events_of(admin, now - week * (WEEKS - 1 - number), stored // WEEKS, number)
    first = monday((now - week * WEEKS).date())
    loads = uuid5(_LOAD, "kpi")
    admin.insert(
        "kpi.load_rows", ("load", "sequence", "observations", "at"),
        [(loads, 2, (WEEKS + 1) * TEAMS, now)],
    )  # fmt: skip
    admin.insert(
        "kpi.observation_rows",
        ("load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value", "n"),
        [
            (loads, 1, KPI, "%", "up", f"Team {team}", first + week * n, "week", 50.0 + n, 10)
            for n in range(WEEKS + 1)
            for team in range(TEAMS)
        ],
    )


def organisation(admin: Warehouse, now: datetime) -> None:
    """A directory of people in teams of all sizes."""
    week = timedelta(weeks=1)
    always = (date(2020, 1, 1), date(2149, 6, 6))
    admin.insert(
        "directory.load_rows", ("load", "sequence", "people", "at"), [(_LOAD, 2, PEOPLE, now)]
    )
    admin.insert(
        "directory.person_rows",
        ("load", "sequence", "person", "start", "manager", "accounts", "teams"),
        [
            (_LOAD, 1, 1_000_000 + n, (now - week * (n % 400)).date(), 0, [n],
             [(f"Team {int(TEAMS * (n / PEOPLE) ** 2)}", *always)])
            for n in range(1, PEOPLE)
        ],
    )  # fmt: skip
    for dictionary in ("account_person", "person_start", "person_team", "team_size"):
        admin.command(f"directory/reload_{dictionary}")


def events_of(admin: Warehouse, last: datetime, many: int, seed: int) -> None:
    """So many events of the week that ends then."""
    begins = int((last - timedelta(weeks=1)).timestamp())
    told = {"from": begins, "events": many, "seed": seed, "people": PEOPLE}
    admin.execute((FLAT / "fill.sql").read_text("utf-8"), told)


def publish(admin: Warehouse) -> int:
    """Has every mart take in all there is; returns how many weeks were published."""
    release.release(admin, [mart for mart in marts.every() if mart.published], 1)
    admin.execute(
        "INSERT INTO ops.dirty_hours (hour) "
        "SELECT DISTINCT toStartOfHour(time) FROM learning.fact_rows",
        {},
    )
    weeks = 0
    for mart in marts.every():
        while done := recompute(admin, mart, "benchmark"):
            weeks += done if mart.published else 0
    return weeks


def viewer(up: Up) -> Warehouse:
    """The warehouse, as the page reads it."""
    password = json.loads((up.data / "secrets.json").read_text("utf-8"))["warehouse"]["viewer"]
    url: str = up.stack["warehouse"]["url"]
    return Warehouse(url.replace("://", f"://viewer:{password}@"))


def queries(reader: Warehouse) -> list[Result]:
    """What each query of the page takes, by turns with the one by hand."""
    (board,) = (board for board in boards() if board.name == "learning")
    results: list[Result] = []
    until = datetime.now(UTC)
    for name, days in RANGES.items():
        told = {"from": int((until - timedelta(days=days)).timestamp()), "team": "", "kpi": KPI}
        told |= {"until": int(until.timestamp()), "zone": "UTC"}
        for of, query in {asked.file: board.query(asked) for asked in board.asked}.items():
            flat = (FLAT / f"{of}.sql").read_text("utf-8")
            times = by_turns(reader, query.sql, flat, told)
            results += compared(f"{of}, {name}", *times)
    return results


def by_turns(
    reader: Warehouse, page: str, hand: str, told: dict[str, Any]
) -> tuple[list[float], list[float]]:
    """How long each query takes (s), one after the other."""
    found: tuple[list[float], list[float]] = ([], [])
    for turn in range(-3, ASKED):
        for sql, times in zip((page, hand), found, strict=True):
            began = time.perf_counter()
            reader.query(sql, told)
            if turn >= 0:
                times.append(time.perf_counter() - began)
    return found


def compared(of: str, page: list[float], hand: list[float]) -> list[Result]:
    """The figures of one query."""
    found = [
        Result(f"{of}: {who}, {which}", percentile(times, share) * 1e3, "ms", "lower", ASKED)
        for who, times in (("page", page), ("by hand", hand))
        for share, which in ((0.5, "p50"), (0.95, "p95"))
    ]
    ratio = percentile(page, 0.5) / percentile(hand, 0.5)
    return [*found, Result(f"{of}: times by hand, p50", ratio, "", "lower", ASKED, TIMES)]


def clicks(up: Up, driver: WebDriver) -> list[Result]:
    """From a click on a range until every panel shows it."""
    driver.set_window_size(1440, 2400)
    driver.get(f"{up.stack['page']['url']}/learning?range=4w&kpi={KPI}")
    soon(driver, lambda: shown(driver), 60)
    times = []
    names = list(RANGES)
    for number in range(CLICKS):
        times.append(clicked(driver, names[number % len(names)]))
    return [
        Result(f"from a click to the last panel, {which}", percentile(times, share), "s", "lower",
               CLICKS, CLICK_SECONDS if which == "p95" else None)
        for share, which in ((0.5, "p50"), (0.95, "p95"))
    ]  # fmt: skip


def shown(driver: WebDriver) -> bool:
    """Whether there are cards, and each shows its figures."""
    script = (
        "return document.querySelectorAll('section.card').length > 0 "
        f"&& document.querySelectorAll('{UNDRAWN}').length == 0"
    )
    return bool(driver.execute_script(script))


def clicked(driver: WebDriver, name: str) -> float:
    """Clicks a range; seconds until the last panel has drawn it, by the browser's own clock."""
    found: float = driver.execute_async_script(CLICK, name, UNDRAWN)
    return found / 1e3


def monday(day: date) -> date:
    """The week of a day."""
    return day - timedelta(days=day.weekday())
