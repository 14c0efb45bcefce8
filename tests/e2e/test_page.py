"""The live page in a real browser, on the real engine."""

import contextlib
import http.client
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

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
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select
from small_organisation import KPI, Fact, busy, history, people, record, roll_up, settle

from dashboards import palette
from dashboards.boards import boards
from warehouse import Warehouse

BOARD = boards()[0]
SCAFFOLDS = tuple(column.name for column in BOARD.panel("totals").columns)

pytestmark = [pytest.mark.integration, pytest.mark.e2e]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("page")
    with own_warehouse(folder, timezone="Europe/Paris", synthetic=True) as own:
        admin = Warehouse(own.urls.admin)
        now = datetime.now(UTC)
        settle(admin, history(now) + busy(now))
        yield admin


@pytest.fixture(scope="module")
def page(settled: Warehouse) -> Iterator[str]:
    address = settled.address
    with served_page(f"http://viewer:v@{address.host}:{address.port}") as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[WebDriver]:
    with browser() as driver:
        yield driver


def look(driver: WebDriver, page: str, **asked: str) -> None:
    """Open the page, and wait until every panel has its say."""
    driver.get("about:blank")  # another test's page may be without its server by now
    driver.get_log("browser")
    driver.get_log("performance")
    driver.get(f"{page}/?{urlencode(asked)}")
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
        begins = "start >= toStartOfHour(now() - INTERVAL 24 HOUR, 'Europe/Paris')"
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
        days = (
            "grain = 'day' AND toDate(start, 'Europe/Paris') >= toDate(now(), 'Europe/Paris') - 1"
        )
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
        f"SELECT avg(value) FROM viewer.kpi_weeks WHERE kpi = '{KPI}' "
        "GROUP BY week ORDER BY week DESC"
    )
    assert [float(row[5]) for row in kpi[: len(means)]] == [mean for (mean,) in means]

    # Nothing was refused here, and the panel of refusals says so.
    blank = "section.is-empty:not([data-panel=refusals]), section.is-failed"
    assert not chromium.find_elements(By.CSS_SELECTOR, blank)
    assert complaints(chromium) == []
    assert hosts(chromium) == {page.removeprefix("http://")}


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
        "SELECT toString(toDate(start, 'Europe/Paris')) AS day, sum(events) AS n "
        "FROM viewer.activity WHERE scaffold = 'sharing' AND grain != 'week' "
        "GROUP BY day ORDER BY n DESC LIMIT 1"
    )
    look(chromium, page, **{"from": day, "until": day})
    shows(chromium, lambda: values(chromium, "totals")[2:3], [count])
    assert "Europe/Paris" in text(chromium, ".live")


def test_times_are_the_organisations(chromium: WebDriver, page: str, settled: Warehouse) -> None:
    look(chromium, page, range="24h", team="Harbour")
    ((newest,),) = settled.query(
        "SELECT formatDateTime(max(start), '%Y-%m-%dT%H:%i:%S', 'Europe/Paris') "
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


def test_it_reads_on_a_phone(page: str) -> None:
    with browser(390, 844) as phone:
        size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
        phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        look(phone, page)
        widths = phone.execute_script(
            "return [document.documentElement.scrollWidth, "
            "Math.max(...[...document.querySelectorAll('section')]"
            ".map(section => section.getBoundingClientRect().right))]"
        )
        assert max(widths) <= 390
        assert complaints(phone) == []


def test_axe_finds_nothing(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    numbers(chromium, "behaviours")
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
    chromium.get("about:blank")

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
