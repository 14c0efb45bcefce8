"""The live page in a real browser, on the real engine."""

import contextlib
import http.client
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from axe_core_python.selenium import Axe
from browsing import (
    OwnWarehouse,
    browser,
    complaints,
    hosts,
    own_warehouse,
    served_page,
    soon,
    text,
    values,
)
from learning_board import LEARNING
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select
from small_organisation import KPI, Fact, busy, history, people, record, roll_up, settle

from dashboards import palette
from kpis.links.runs import COLUMNS
from warehouse import Warehouse

#: By whose clocks it is three in the afternoon: soon after midnight there are so few people of the
#: new day that no day can be told from the next, and most of the last 24 hours is not shown.
AHEAD = (15 - datetime.now(UTC).hour + 12) % 24 - 12
ZONE = f"Etc/GMT{-AHEAD:+d}"  # the names have the sign that the hours do not
#: A week that has begun there.
BEGUN = f"week <= toMonday(toDate(now(), '{ZONE}'))"

BOARD = LEARNING
SCAFFOLDS = tuple(column.name for column in BOARD.panel("totals").columns)

pytestmark = [pytest.mark.integration, pytest.mark.e2e]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("page")
    with own_warehouse(folder, timezone=ZONE, synthetic=True) as own:
        admin = Warehouse(own.urls.admin)
        now = datetime.now(UTC)
        settle(admin, history(now) + busy(now))
        yield admin


@pytest.fixture(scope="module")
def page(settled: Warehouse) -> Iterator[str]:
    address = settled.address
    with served_page(f"http://viewer:v@{address.host}:{address.port}") as url:
        yield url


#: Of each chart that shows something the width of its picture, as a part of its place's.
DRAWN_WIDE = """
return [...document.querySelectorAll('section.card:not(.is-empty) .chart')].map(place =>
  place.querySelector('svg').getBoundingClientRect().width / place.clientWidth)
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[WebDriver]:
    with browser() as driver:
        yield driver


def look(driver: WebDriver, page: str, at: str = "learning", **asked: str) -> None:
    """Open a board, and wait until every panel has its say."""
    driver.get("about:blank")  # another test's page may be without its server by now
    driver.get_log("browser")
    driver.get_log("performance")
    driver.get(f"{page}/{at}?{urlencode(asked)}")
    loading = "section.is-loading, section.is-waiting"
    soon(driver, lambda: driver.find_elements(By.CSS_SELECTOR, "section.card"))
    soon(driver, lambda: not driver.find_elements(By.CSS_SELECTOR, loading))


def card(driver: WebDriver, name: str) -> Any:
    return driver.find_element(By.CSS_SELECTOR, f"[data-panel={name}]")


def numbers(driver: WebDriver, name: str) -> list[list[str]]:
    """The rows of the table beside a chart, opened as a reader would."""
    shown = card(driver, name)
    details = shown.find_element(By.CSS_SELECTOR, "details.numbers")
    if not details.get_attribute("open"):
        details.find_element(By.TAG_NAME, "summary").click()
    soon(driver, lambda: shown.find_elements(By.CSS_SELECTOR, "details.numbers tbody tr"))
    return driver.execute_script(  # type: ignore[no-any-return]
        "return [...arguments[0].querySelectorAll('details.numbers tbody tr')]"
        ".map(row => [...row.children].map(cell => cell.textContent))",
        shown,
    )


def shows(driver: WebDriver, read: Callable[[], Any], expected: Any) -> None:
    """Waits until `expected` is read: a view that was looked at a moment ago opens with what was
    read then, and is read anew."""
    with contextlib.suppress(TimeoutException):  # what differs is said by the line below
        soon(driver, lambda: read() == expected)
    assert read() == expected


def _by_behaviour(driver: WebDriver) -> Counter[str]:
    shown: Counter[str] = Counter()
    for _, behaviour, events in numbers(driver, "behaviours"):
        shown[behaviour] += number(events)
    return shown


def _by_team(driver: WebDriver) -> list[list[Any]]:
    told = numbers(driver, "teams_scaffolds")
    return sorted([team, *map(number, counts)] for team, *counts in told)


def number(shown: str) -> int:
    return int(shown.replace(",", ""))


def team(driver: WebDriver) -> str:
    return Select(driver.find_element(By.ID, "team")).first_selected_option.text


@pytest.mark.parametrize("range_", ["24h", "26w"])
def test_every_number_is_the_warehouses(
    chromium: WebDriver, page: str, settled: Warehouse, range_: str
) -> None:
    look(chromium, page, range=range_, kpi=KPI)
    cells = placed = "1"  # all there is
    if range_ == "24h":
        # All of a cell's time is in the range: soon after midnight that of a whole day is.
        begins = f"start >= toStartOfHour(now() - INTERVAL 24 HOUR, '{ZONE}')"
        placed = f"grain IN ('minute', 'quarter', 'hour') AND {begins}"
        cells = f"{placed} OR grain = 'day' AND {begins} AND start + INTERVAL 1 DAY <= now()"
    counted = dict(
        settled.query(f"SELECT scaffold, sum(events) FROM viewer.activity WHERE {cells} GROUP BY 1")
    )
    totals = [counted.get(scaffold, 0) for scaffold in SCAFFOLDS]
    shows(chromium, lambda: values(chromium, "totals"), totals)
    assert sum(counted.values()) > 100

    by_behaviour = settled.query(
        "SELECT multiIf(behaviour != '', behaviour, scaffold != '', scaffold, 'any'), sum(events) "
        f"FROM viewer.activity WHERE {placed} GROUP BY 1"
    )
    titles = {palette.BEHAVIOUR.of(name).title: count for name, count in by_behaviour}
    shows(chromium, lambda: _by_behaviour(chromium), titles)

    days = cells
    if range_ == "24h":  # teams are told by day at least
        days = f"grain = 'day' AND toDate(start, '{ZONE}') >= toDate(now(), '{ZONE}') - 1"
    columns = ", ".join(f"sumIf(events, scaffold = '{scaffold}')" for scaffold in SCAFFOLDS)
    by_team = settled.query(
        f"SELECT team, {columns} FROM viewer.team_activity WHERE {days} GROUP BY team"
    )
    shows(chromium, lambda: _by_team(chromium), sorted(list(row) for row in by_team))

    weeks = settled.query(
        "SELECT people FROM viewer.people_weeks WHERE team = '' AND scaffold = '' "
        "ORDER BY week DESC"
    )
    reached = [f"{count:,}" for (count,) in weeks]
    shows(chromium, lambda: [row[1] for row in numbers(chromium, "people")], reached)

    kpi = numbers(chromium, "kpi")
    learning = settled.query(
        "SELECT sum(events) FROM viewer.team_activity "
        f"WHERE team != 'Other' AND scaffold IN {SCAFFOLDS} GROUP BY week ORDER BY week DESC"
    )
    sums = [sum(map(number, row[1:5])) for row in kpi]
    assert sums[: len(learning)] == [count for (count,) in learning]
    means = settled.query(
        f"SELECT avg(value) FROM viewer.kpi_weeks WHERE kpi = '{KPI}' AND {BEGUN} "
        "GROUP BY week ORDER BY week DESC"
    )
    told = [float(row[5]) for row in kpi if row[5] != "–"]  # a week that has begun may have none
    assert told[: len(means)] == [mean for (mean,) in means]

    # Nothing was refused here, and the panel of refusals says so.
    blank = "section.is-empty:not([data-panel=refusals]), section.is-failed"
    assert not chromium.find_elements(By.CSS_SELECTOR, blank)
    assert complaints(chromium) == []
    assert hosts(chromium) == {page.removeprefix("http://")}


def declared(settled: Warehouse, *words: str) -> None:
    """Does as a user would, by the command."""
    address = settled.address
    told = {"HEADWATER_CLICKHOUSE": f"http://headwater:h@{address.host}:{address.port}"}
    command = [sys.executable, "-m", "headwater", "rollout", *words]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def linked(settled: Warehouse) -> None:
    """Links of a run, as `headwater links run` stores them, of more teams than there are here."""
    profile = [(-2, 0.1, -0.5, 0.7), (-1, 0.0, 0.0, 0.0), (0, -1.25, -2.0, -0.5), (1, -2.5, -3, -2)]
    common = {
        "run": uuid4(),
        "at": datetime.now(UTC),
        "kpi": KPI,
        "unit": "%",
        "direction": "up",
        "more": 4.0,
        "p": 0.001,
        "q": 0.002,
        "family": 2,
        "n": 400,
        "clusters": 12,
        "weeks": 40,
        "since": date(2026, 1, 5),
        "until": date(2026, 10, 5),
        "parameters": "{}",
        "data": "",
        "lag": 0,
        "detectable": 1.0,
        "placebo": 0.0,
        "placebo_p": 0.5,
        "doubts": [],
    }

    def row(number: int, method: str, behaviour: str, kind: str, **more: Any) -> tuple[Any, ...]:
        told = {"estimate": -1.5, "low": -2.5, "high": -0.5, "lacks": [], "profile": [], **more}
        said = {"id": f"{number:016}", "method": method, "behaviour": behaviour, "kind": kind}
        verdict = {"verdict": f"{kind} of {behaviour} & <i>{method}</i>"}
        return tuple({**common, **told, **said, **verdict}[name] for name in COLUMNS)

    nothing = dict.fromkeys(("estimate", "low", "high", "p", "q"))
    rows = [
        row(1, "panel", "search", "association"),
        row(2, "panel", "read", "nothing", estimate=0.5, low=-1.0, high=2.0),
        row(3, "rollout", "New harbour", "effect", profile=profile),
        row(4, "lags", "search", "missing", **nothing, lacks=["6 more weeks"]),
        row(5, "lags", "read", "doubtful", profile=profile),
    ]
    settled.insert("kpi.link_rows", COLUMNS, rows)


def svg(driver: WebDriver, name: str) -> str:
    """The texts of a chart's picture."""
    read = "return [...arguments[0].querySelectorAll('svg text')].map(one => one.textContent)"
    return " | ".join(driver.execute_script(read, card(driver, name)))


def test_a_rollout_is_on_every_chart_at_once_and_its_links_are_drawn(
    chromium: WebDriver, page: str, settled: Warehouse
) -> None:
    look(chromium, page, "impact", range="26w", kpi=KPI, behaviour="read")
    chromium.execute_script("window.sameDocument = true")
    began = datetime.now(UTC).date() - timedelta(weeks=6)
    declared(settled, "add", "New harbour", "--teams", "Harbour", "--date", f"{began}")
    since = time.monotonic()
    for name in ("weeks", "teams"):
        marks = f"[data-panel={name}] svg path[stroke-dasharray]"
        soon(chromium, lambda at=marks: chromium.find_elements(By.CSS_SELECTOR, at))  # type: ignore[misc]
    soon(chromium, lambda: "New harbour" in svg(chromium, "weeks"))
    soon(chromium, lambda: "New harbour" in text(chromium, "[data-panel=rollouts]"))
    assert time.monotonic() - since < 10

    by_team = settled.query(
        f"SELECT team, toString(week), value FROM viewer.kpi_weeks WHERE kpi = '{KPI}' AND {BEGUN}"
    )
    assert len(numbers(chromium, "teams")) == len(by_team)
    assert {row[1] for row in numbers(chromium, "teams")} == {team for team, *_ in by_team}

    linked(settled)
    told = ["effect of New harbour & <i>rollout</i>", "association of search & <i>panel</i>"]
    verdicts = "[data-panel=verdicts] tbody"
    soon(chromium, lambda: all(said in text(chromium, verdicts) for said in told))
    soon(chromium, lambda: "6 more weeks" in text(chromium, "[data-panel=missing]"))
    empty = ", ".join(f"[data-panel={name}].is-empty" for name in ("forest", "study", "lags"))
    soon(chromium, lambda: not chromium.find_elements(By.CSS_SELECTOR, empty))
    forest = [["Search", "-1.5", "-2.5", "-0.5"], ["Read", "0.5", "-1", "2"]]
    shows(chromium, lambda: [r[1:4] for r in numbers(chromium, "forest")],
          [row[1:] for row in reversed(forest)])  # fmt: skip
    assert "New harbour" in svg(chromium, "study")
    assert [row[2] for row in numbers(chromium, "study")] == ["0.1", "0", "-1.25", "-2.5"]
    assert [row[1] for row in numbers(chromium, "lags")] == ["0.1", "0", "-1.25", "-2.5"]
    assert all(0.95 < share <= 1 for share in chromium.execute_script(DRAWN_WIDE))

    declared(settled, "remove", "New harbour")
    soon(chromium, lambda: "New harbour" not in svg(chromium, "weeks"))
    soon(chromium, lambda: "New harbour" not in text(chromium, verdicts))
    assert chromium.execute_script("return window.sameDocument") is True
    assert not chromium.find_elements(By.CSS_SELECTOR, "section.is-failed")
    assert complaints(chromium) == []


def test_releases_and_targets_stand_on_the_chart(
    chromium: WebDriver, page: str, settled: Warehouse
) -> None:
    look(chromium, page, "impact", range="26w", kpi=KPI, behaviour="read")
    soon(chromium, lambda: numbers(chromium, "weeks"))
    assert {row[-1] for row in numbers(chromium, "weeks")} == {"–"}, "nobody said a target"
    assert "Target" not in text(chromium, "[data-panel=weeks] .legend")
    weeks = settled.query(
        f"SELECT week, count() FROM viewer.kpi_weeks WHERE kpi = '{KPI}' AND {BEGUN} "
        "GROUP BY week ORDER BY week DESC LIMIT 4"
    )
    told = [week for week, _ in weeks[1:]]
    load, now = uuid4(), datetime.now(UTC)
    settled.insert("kpi.load_rows", ("load", "sequence", "observations", "at"), [(load, 9, 6, now)])
    settled.insert(
        "kpi.observation_rows",
        ("load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value", "n",
         "target"),
        [(load, 1, KPI, "%", "up", team, week, "week", 60.0, 10, 72.0 + place)
         for place, week in enumerate(told) for team in ("Harbour", "Lighthouse")],
    )  # fmt: skip
    settled.insert(
        "kpi.derived_rows",
        ("kpi", "released", "unit", "direction", "grain", "cells", "inputs", "number", "at"),
        [("releases", True, "mark", "", "week",
          [("git.example harbour/app", told[0], 3.0, 3, 9)], 1, 1, now)],
    )  # fmt: skip
    soon(chromium, lambda: "3 releases (git" in svg(chromium, "weeks"))  # cut off where it is long
    assert numbers(chromium, "weeks")[1][1] == "3 releases (git.example harbour/app)"
    aims = [row[-1] for row in numbers(chromium, "weeks")]
    assert aims[1:4] == ["72", "73", "74"]
    assert {*aims[:1], *aims[4:]} == {"–"}
    assert "Target" in text(chromium, "[data-panel=weeks] .legend")
    drawn = "[data-panel=weeks] svg path[stroke-dasharray]"
    assert len(chromium.find_elements(By.CSS_SELECTOR, drawn)) >= 2, "the mark, and the target"
    assert complaints(chromium) == []


def test_what_happens_appears_without_reload(
    chromium: WebDriver, page: str, settled: Warehouse
) -> None:
    look(chromium, page, range="1h", team="Harbour")
    chromium.execute_script("window.sameDocument = true")
    harbour = [account for account, team in people().items() if team == "Harbour"]
    for number in range(3):
        topic = f"a new mooring {number} {time.time_ns()}"
        now = datetime.now(UTC)
        facts = [Fact(now, one, "Harbour", "Slack", "ask", "discovery", topic) for one in harbour]
        record(settled, facts)
        roll_up(settled, facts)
        soon(
            chromium,
            lambda topic=topic: topic in text(chromium, "[data-panel=latest]"),  # type: ignore[misc]
        )
    assert chromium.execute_script("return window.sameDocument") is True
    assert complaints(chromium) == []


def test_the_address_says_what_is_shown(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    chromium.find_element(By.CSS_SELECTOR, "[data-range='7d']").click()
    soon(chromium, lambda: "range=7d" in chromium.current_url)
    Select(chromium.find_element(By.ID, "team")).select_by_visible_text("Lighthouse")
    soon(chromium, lambda: "team=Lighthouse" in chromium.current_url)
    soon(
        chromium, lambda: [row[0] for row in numbers(chromium, "teams_scaffolds")] == ["Lighthouse"]
    )
    shown = values(chromium, "totals")
    chromium.refresh()
    soon(chromium, lambda: chromium.find_elements(By.CSS_SELECTOR, ".tile"))
    shows(chromium, lambda: values(chromium, "totals"), shown)
    pressed = chromium.find_element(By.CSS_SELECTOR, "[aria-pressed=true]")
    assert pressed.get_attribute("data-range") == "7d"
    assert team(chromium) == "Lighthouse"
    chromium.back()
    soon(chromium, lambda: "team=" not in chromium.current_url)
    soon(chromium, lambda: team(chromium) == "All teams")


def test_a_range_between_two_days_is_the_organisations(
    chromium: WebDriver, page: str, settled: Warehouse
) -> None:
    ((day, count),) = settled.query(
        f"SELECT toString(toDate(start, '{ZONE}')) AS day, sum(events) AS n "
        "FROM viewer.activity WHERE scaffold = 'sharing' AND grain != 'week' "
        "GROUP BY day ORDER BY n DESC LIMIT 1"
    )
    look(chromium, page, **{"from": day, "until": day})
    shows(chromium, lambda: values(chromium, "totals")[2:3], [count])
    assert ZONE in text(chromium, ".live")


def test_times_are_the_organisations(chromium: WebDriver, page: str, settled: Warehouse) -> None:
    look(chromium, page, range="24h", team="Harbour")
    ((newest,),) = settled.query(
        f"SELECT formatDateTime(max(start), '%Y-%m-%dT%H:%i:%S', '{ZONE}') "
        "FROM viewer.latest WHERE team = 'Harbour' AND grain IN ('quarter', 'hour')"
    )
    # A view that was looked at a moment ago opens with what was read then, and is read anew.
    first = "[data-panel=latest] time"
    shown = "return document.querySelector(arguments[0])?.dateTime ?? ''"
    soon(chromium, lambda: chromium.execute_script(shown, first).startswith(newest))
    assert newest[11:16] in text(chromium, first)


def test_a_range_that_cannot_be_read_is_said(chromium: WebDriver, page: str) -> None:
    look(chromium, page, range="soon")
    notice = text(chromium, ".notice")
    assert "range=soon is not known" in notice
    assert "24h" in notice


def test_synthetic_data_says_so_in_every_view(chromium: WebDriver, page: str) -> None:
    for asked in ({}, {"team": "Harbour"}, {"range": "26w"}):
        look(chromium, page, **asked)
        assert "Synthetic data" in text(chromium, ".banner")


def test_nothing_from_a_tool_becomes_markup(chromium: WebDriver, page: str) -> None:
    look(chromium, page, range="7d", team="Lighthouse")
    assert "tides <b>" in text(chromium, "[data-panel=latest]")


@pytest.mark.parametrize("board", ["learning", "this_week", "coverage"])
def test_it_reads_on_a_phone(page: str, board: str) -> None:
    with browser(390, 844) as phone:
        size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
        phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        look(phone, page, board)
        widths = phone.execute_script(
            "return [document.documentElement.scrollWidth, "
            "Math.max(...[...document.querySelectorAll('section')]"
            ".map(section => section.getBoundingClientRect().right))]"
        )
        assert max(widths) <= 390
        # A chart takes the card's width.
        soon(phone, lambda: min(phone.execute_script(DRAWN_WIDE), default=1) > 0.9)
        assert complaints(phone) == []


@pytest.mark.parametrize(
    ("board", "opened"),
    [("learning", "behaviours"), ("this_week", "carriers"), ("coverage", "weeks")],
)
def test_axe_finds_nothing(chromium: WebDriver, page: str, board: str, opened: str) -> None:
    look(chromium, page, board)
    numbers(chromium, opened)
    found = Axe().run(chromium)["violations"]
    assert [
        (rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in found
    ] == []


def test_every_chart_has_a_name_and_its_numbers(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    for declared in BOARD.panels:
        shown = card(chromium, declared.name)
        assert declared.title in shown.find_element(By.TAG_NAME, "h2").text
        if declared.charted:
            chart = shown.find_element(By.CSS_SELECTOR, ".chart")
            assert declared.title in (chart.get_attribute("aria-label") or "")
            assert chart.find_elements(By.TAG_NAME, "path")
            assert numbers(chromium, declared.name)


def test_nobody_looks_nobody_asks(chromium: WebDriver, page: str) -> None:
    """Be it a browser that left, or one that never connected (a link's preview, a check)."""
    chromium.get("about:blank")
    with urllib.request.urlopen(f"{page}/learning", timeout=30) as answer:
        assert b"section" in answer.read()

    def asked() -> float:
        with urllib.request.urlopen(f"{page}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return sum(float(n) for n in re.findall(r"_query_seconds_count\{.*\} (\S+)", text))

    deadline = time.monotonic() + 40
    while True:
        before = asked()
        time.sleep(3)  # long enough for the fastest panels to be asked twice
        if asked() == before:
            return
        assert time.monotonic() < deadline, "the page goes on asking though nobody looks"


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnWarehouse]:
    with own_warehouse(tmp_path_factory.mktemp("empty")) as own:
        yield own


def test_from_empty_through_silence_to_life(empty: OwnWarehouse, chromium: WebDriver) -> None:
    with served_page(empty.urls.viewer) as page:
        look(chromium, page)
        welcome = chromium.find_element(By.CSS_SELECTOR, ".welcome")
        soon(chromium, lambda: welcome.is_displayed())
        assert "webhook address" in welcome.text
        assert "headwater load" in welcome.text
        assert not chromium.find_element(By.CSS_SELECTOR, ".banner").is_displayed()
        empties = chromium.find_elements(By.CSS_SELECTOR, "section.is-empty")
        assert len(empties) >= 6
        notes = [one.find_element(By.CSS_SELECTOR, ".note") for one in empties]
        assert all(note.get_attribute("textContent") for note in notes)
        assert card(chromium, "pipeline").is_displayed()
        assert not card(chromium, "behaviours").is_displayed()

        admin = Warehouse(empty.urls.admin)
        now = datetime.now(UTC)
        settle(admin, history(now) + busy(now))
        admin.close()
        soon(chromium, lambda: not welcome.is_displayed())
        chart = card(chromium, "behaviours").find_element(By.CSS_SELECTOR, ".chart")
        soon(chromium, lambda: chart.is_displayed() and chart.size["height"] > 200)
        assert complaints(chromium) == []
        soon(chromium, lambda: any(values(chromium, "totals")))
        chromium.refresh()  # it may have looked while weeks were being published
        soon(chromium, lambda: any(values(chromium, "totals")))
        kept = values(chromium, "totals")

        empty.stop()
        soon(chromium, lambda: "has not answered since" in text(chromium, ".live"))
        assert values(chromium, "totals") == kept
        assert chromium.find_elements(By.CSS_SELECTOR, "section.is-stale")

        chromium.refresh()
        soon(chromium, lambda: chromium.find_elements(By.CSS_SELECTOR, ".live.stale"))

        empty.start()
        soon(chromium, lambda: not chromium.find_elements(By.CSS_SELECTOR, ".live.stale"))
        soon(chromium, lambda: values(chromium, "totals") == kept)


def test_nothing_that_is_put_into_the_page_runs(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    chromium.execute_script(
        "window.broken = []; window.ran = false;"
        "document.addEventListener('securitypolicyviolation',"
        "  event => broken.push(event.violatedDirective));"
        "const put = document.createElement('div');"
        'put.innerHTML = \'<img src="/none" onerror="ran = true">\';'
        "document.body.append(put);"
        "const script = document.createElement('script'); script.textContent = 'ran = true';"
        "document.body.append(script);"
        "const frame = document.createElement('iframe'); frame.src = 'https://example.invalid/';"
        "document.body.append(frame);"
    )
    wanted = {"script-src-attr", "script-src-elem", "frame-src"}
    soon(chromium, lambda: set(chromium.execute_script("return broken")) == wanted)
    assert chromium.execute_script("return ran") is False


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), ("{page}", 101)])
def test_the_socket_is_for_the_page_alone(page: str, origin: str, status: int) -> None:
    at = urlsplit(page)
    connection = http.client.HTTPConnection(at.netloc, timeout=60)
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": origin.format(page=page),
    }
    connection.request("GET", path, headers=upgrade)
    assert connection.getresponse().status == status
    connection.close()
