"""The page as a person uses it: changes, popups, paper, phones, a lost connection, downloads; and
the report of a quarter, on a screen and on paper."""

import base64
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest
from axe_core_python.selenium import Axe
from browsing import browser, complaints, hosts, own_warehouse, served_page, soon, text
from learning_board import LEARNING
from pypdf import PdfReader
from report_rows import keep, links
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select
from small_organisation import KPI, SMALL_KPI, busy, history, measure, settle

from dashboards.boards import boards
from dashboards.saved import SavedViews
from dashboards.spans import RANGES
from headwater import sheets
from headwater.errors import StackError
from headwater.report.quarter import Quarter
from kpis import declared
from tests.conftest import OwnWarehouse
from tests.waiting import PATIENCE
from warehouse import Warehouse

pytestmark = [pytest.mark.integration, pytest.mark.e2e]

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnWarehouse]:
    folder = tmp_path_factory.mktemp("people")
    with own_warehouse(folder, timezone="Europe/Paris", synthetic=True) as own:
        admin = Warehouse(own.urls.admin)
        now = datetime.now(UTC)
        settle(admin, history(now) + busy(now))
        measure(admin, SMALL_KPI, ("Skiff",))
        admin.close()
        yield own


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> SavedViews:
    """Where the page saves views."""
    return SavedViews(tmp_path_factory.mktemp("views"))


@pytest.fixture(scope="module")
def page(own: OwnWarehouse, views: SavedViews) -> Iterator[str]:
    with served_page(own.urls.viewer, HEADWATER_VIEWS=str(views.path.parent)) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[WebDriver]:
    with browser(1440, 1200) as driver:
        yield driver


def look(driver: WebDriver, page: str, **asked: str) -> None:
    driver.get("about:blank")
    driver.get_log("browser")
    driver.get(f"{page}/learning?{urlencode(asked)}")
    soon(driver, lambda: driver.find_elements(By.CSS_SELECTOR, "section.card"))
    settled(driver)


def settled(driver: WebDriver) -> None:
    waiting = "section.is-loading, section.is-waiting"
    soon(driver, lambda: not driver.find_elements(By.CSS_SELECTOR, waiting))


def found(driver: WebDriver, selector: str) -> list[Any]:
    return driver.find_elements(By.CSS_SELECTOR, selector)


def kpi_names(driver: WebDriver) -> str:
    return text(driver, "[data-panel=kpi] .legend")


def test_a_page_with_nothing_to_show_says_so_on_a_phone(page: str) -> None:
    with browser(390, 844) as phone:
        phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        look(phone, page, **{"from": "2019-03-04", "until": "2019-03-10"})
        soon(phone, lambda: found(phone, ".d-tiles.is-empty .note"))
        words = "const n = arguments[0]; return [n.scrollHeight <= n.clientHeight, n.textContent]"
        fits, said = phone.execute_script(words, found(phone, ".d-tiles.is-empty .note")[0])
        assert fits
        assert said.startswith("Nothing to show")
        violations = Axe().run(phone)["violations"]
        assert [(r["id"], [n["html"][:120] for n in r["nodes"][:3]]) for r in violations] == []


def test_it_opens_with_four_whole_weeks_and_says_so(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    said = text(chromium, ".live")
    assert said.startswith("Standing still · the last 4 full weeks (")
    assert not found(chromium, ".live .dot")
    pressed = chromium.find_element(By.CSS_SELECTOR, "[data-range][aria-pressed=true]")
    assert pressed.get_attribute("data-range") == "4w"
    assert text(chromium, "[data-panel=people] .reach") == "at least 12 weeks"
    look(chromium, page, range="24h")
    assert text(chromium, ".live").startswith("Live · ")


def test_a_change_dims_only_what_it_touches_and_keeps_the_old_names(
    chromium: WebDriver, page: str
) -> None:
    look(chromium, page, range="24h", kpi=KPI)
    old = kpi_names(chromium)
    assert "berths found at once" in old
    chromium.execute_script(
        "window.seen = [];"
        "new MutationObserver(() => { const waits = [...document.querySelectorAll("
        "'section.is-waiting')].map(s => s.dataset.panel); if (waits.length) seen.push([waits, "
        "document.querySelector('[data-panel=kpi] .legend').innerText,"
        "document.querySelectorAll('[data-panel=kpi] .chart svg path').length]); })"
        ".observe(document.body, {subtree: true, attributes: true, attributeFilter: ['class']});"
    )
    select = Select(chromium.find_element(By.ID, "kpi"))
    chromium.execute_script(
        "const o = new Option('another', 'another_kpi'); arguments[0].add(o);", select._el
    )
    select.select_by_value("another_kpi")
    soon(chromium, lambda: "kpi=another_kpi" in chromium.current_url)
    soon(chromium, lambda: found(chromium, "[data-panel=kpi].is-empty"))
    seen = chromium.execute_script("return seen")
    assert seen
    assert {panel for waits, _, _ in seen for panel in waits} == {"kpi"}
    assert seen[0][1] == old
    assert seen[0][2] > 0


def test_popups_close_by_escape_and_outside_and_one_is_open_at_a_time(
    chromium: WebDriver, page: str
) -> None:
    look(chromium, page, range="24h")
    first, second = (
        chromium.find_element(By.CSS_SELECTOR, f"[data-panel={name}] .help > summary")
        for name in ("behaviours", "totals")
    )
    first.send_keys(Keys.ENTER)
    soon(chromium, lambda: len(found(chromium, "details.popup[open]")) == 1)
    second.send_keys(Keys.ENTER)
    soon(chromium, lambda: len(found(chromium, "[data-panel=totals] .popup[open]")) == 1)
    assert len(found(chromium, "details.popup[open]")) == 1
    chromium.switch_to.active_element.send_keys(Keys.ESCAPE)
    soon(chromium, lambda: not found(chromium, "details.popup[open]"))
    assert chromium.switch_to.active_element == second
    second.click()
    soon(chromium, lambda: found(chromium, "details.popup[open]"))
    chromium.find_element(By.CSS_SELECTOR, ".page > footer").click()
    soon(chromium, lambda: not found(chromium, "details.popup[open]"))


def test_from_until_comes_filled_in_and_says_what_is_wrong(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    chromium.find_element(By.CSS_SELECTOR, ".between > summary").click()
    soon(chromium, lambda: found(chromium, "#until"))
    value = "return document.getElementById(arguments[0]).value"
    first, last = (chromium.execute_script(value, name) for name in ("from", "until"))
    length = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    assert length == timedelta(weeks=4)
    assert "Europe/Paris" in text(chromium, ".between .zone")
    put = "document.getElementById(arguments[0]).value = arguments[1]"
    chromium.execute_script(put, "until", "2020-01-01T00:00")
    chromium.find_element(By.CSS_SELECTOR, ".between button").click()
    soon(chromium, lambda: "does not lie after from" in text(chromium, ".unfit"))
    chromium.execute_script(put, "until", "")
    chromium.find_element(By.CSS_SELECTOR, ".between button").click()
    soon(chromium, lambda: "until is empty" in text(chromium, ".unfit"))
    chromium.execute_script(put, "until", first[:11] + "23:00")
    chromium.find_element(By.CSS_SELECTOR, ".between button").click()
    soon(chromium, lambda: f"from={first[:10]}" in chromium.current_url)
    assert not found(chromium, "details.popup[open]")
    # Who came by keyboard goes on from there.
    opens = chromium.find_element(By.CSS_SELECTOR, ".between > summary")
    soon(chromium, lambda: chromium.switch_to.active_element == opens)
    settled(chromium)


def test_a_kpi_of_groups_too_small_to_be_shown_says_so(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    offered = Select(chromium.find_element(By.ID, "kpi"))
    name = "oars lost (of groups too small to be shown)"
    soon(chromium, lambda: name in [option.text for option in offered.options])
    assert offered.first_selected_option.text == "berths found at once"
    offered.select_by_visible_text(name)
    soon(chromium, lambda: found(chromium, "[data-panel=kpi].is-empty"))
    assert "large enough to be shown" in text(chromium, "[data-panel=kpi] .note")


def test_a_bar_is_looked_into(chromium: WebDriver, page: str) -> None:
    look(chromium, page)
    script = (
        "const shown = document.querySelector('[data-panel=' + arguments[0] + '] .chart');"
        "const chart = getElement(Number(shown.id.slice(1))).chart;"
        "const option = chart.getOption();"
        "const series = option.series.findIndex(s => s.data.some(v => v > 0));"
        "const at = option.series[series].data.findIndex(v => v > 0);"
        "const box = shown.getBoundingClientRect();"
        "const axis = arguments[1] ? [option.series[series].data[at] / 2, at] : "
        "  [at, option.series[series].data[at] / 2];"
        "const place = chart.convertToPixel({seriesIndex: series}, axis);"
        "return [box.left + place[0], box.top + place[1]]"
    )

    def click(panel: str, across: bool) -> None:
        section = chromium.find_element(By.CSS_SELECTOR, f"[data-panel={panel}]")
        chromium.execute_script("arguments[0].scrollIntoView({block: 'center'})", section)
        x, y = chromium.execute_script(script, panel, across)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            told = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            chromium.execute_cdp_cmd("Input.dispatchMouseEvent", told)

    click("teams_scaffolds", across=True)
    soon(chromium, lambda: "team=" in chromium.current_url)
    settled(chromium)
    click("behaviours", across=False)
    soon(chromium, lambda: "from=" in chromium.current_url)
    assert "team=" in chromium.current_url
    settled(chromium)
    chromium.back()
    soon(chromium, lambda: "range=" in chromium.current_url or "team=" in chromium.current_url)


def test_each_panel_gives_its_numbers_and_its_picture(
    chromium: WebDriver, page: str, tmp_path: Path
) -> None:
    look(chromium, page, range="26w", kpi=KPI)
    told = {"behavior": "allow", "downloadPath": str(tmp_path)}
    chromium.execute_cdp_cmd("Browser.setDownloadBehavior", told)
    for name in (panel.name for panel in LEARNING.panels):
        for kind, whole in (("csv", _is_csv), ("png", _is_png)):
            selector = f"[data-panel={name}] .tools .{kind}"
            button = chromium.find_element(By.CSS_SELECTOR, selector)
            chromium.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
            button.click()
            file = tmp_path / f"headwater-{name}.{kind}"
            soon(chromium, lambda file=file, whole=whole: whole(file))  # type: ignore[misc]
    lines = (tmp_path / "headwater-teams_scaffolds.csv").read_text().splitlines()
    assert lines[0] == "Team,Discovery,Practice,Sharing,Reinforcement"
    assert {line.partition(",")[0] for line in lines[1:]} == {"Harbour", "Lighthouse", "Other"}
    assert complaints(chromium) == []


def _is_csv(file: Path) -> bool:
    return file.exists() and bool(file.read_bytes())


def _is_png(file: Path) -> bool:
    if not file.exists():
        return False
    content = file.read_bytes()
    return content.startswith(b"\x89PNG") and len(content) > 2000


def test_a_series_is_left_out_by_keyboard(chromium: WebDriver, page: str) -> None:
    look(chromium, page, range="24h")
    # Bars alone: an axis to a smaller number may have more lines across the chart.
    bars = "[data-panel=teams_scaffolds] svg path:not([fill=none])"
    paths = f"return document.querySelectorAll('{bars}').length"
    before = chromium.execute_script(paths)
    button = chromium.find_element(By.CSS_SELECTOR, "[data-panel=teams_scaffolds] .legend button")
    button.send_keys(Keys.ENTER)
    soon(chromium, lambda: chromium.execute_script(paths) < before)
    assert button.get_attribute("aria-pressed") == "false"
    button.send_keys(Keys.ENTER)
    soon(chromium, lambda: chromium.execute_script(paths) == before)


def test_a_view_is_saved_opened_by_its_link_and_removed(
    chromium: WebDriver, page: str, views: SavedViews
) -> None:
    views.save("Kept <i>", "/know_how?range=90d", declared=True)
    look(chromium, page, range="24h", team="Harbour", kpi=KPI)
    opens = chromium.find_element(By.CSS_SELECTOR, ".views summary")
    opens.send_keys(Keys.ENTER)
    soon(chromium, lambda: found(chromium, ".views .saved a"))
    assert text(chromium, ".views .saved") == "Kept <i>"  # a command's, so not to be removed
    name = chromium.find_element(By.ID, "view-name")
    name.send_keys("Harbour, a day", Keys.ENTER)
    soon(chromium, lambda: "Saved as Harbour, a day" in text(chromium, ".views .told"))
    assert (view := views.named("Harbour, a day"))
    assert view.address == f"/learning?range=24h&team=Harbour&kpi={KPI}"
    assert not view.declared
    serious = [
        (rule["id"], [node["html"] for node in rule["nodes"]])
        for rule in Axe().run(chromium)["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []
    name.clear()
    name.send_keys("Kept <i>", Keys.ENTER)
    soon(chromium, lambda: "was saved by a command" in text(chromium, ".views .told"))

    # Somebody else has the link from the list.
    link = chromium.find_element(By.LINK_TEXT, "Harbour, a day").get_attribute("href")
    with browser(1440, 1200) as other:
        assert link
        other.get(link)
        soon(other, lambda: found(other, "section.card"))
        settled(other)
        assert Select(other.find_element(By.ID, "team")).first_selected_option.text == "Harbour"
        assert text(other, "[aria-pressed=true][data-range]") == "24 h"
        other.find_element(By.CSS_SELECTOR, ".views summary").click()
        remove = '.views button[data-view="Harbour, a day"]'
        soon(other, lambda: found(other, remove))
        found(other, remove)[0].click()
        soon(other, lambda: "is removed" in text(other, ".views .told"))
        assert not found(other, remove)
    assert [view.name for view in views.every()] == ["Kept <i>"]
    opens.send_keys(Keys.ENTER)  # closed, and opened anew: it is gone here, too
    opens.send_keys(Keys.ENTER)
    soon(chromium, lambda: text(chromium, ".views .saved") == "Kept <i>")
    assert complaints(chromium) == []


def test_a_damaged_file_of_views_is_said_and_left(
    chromium: WebDriver, page: str, views: SavedViews
) -> None:
    before = views.path.read_bytes() if views.path.exists() else b'{"views": []}'
    views.path.write_text("{")
    try:
        look(chromium, page, range="24h")
        chromium.find_element(By.CSS_SELECTOR, ".views summary").send_keys(Keys.ENTER)
        soon(chromium, lambda: "views.json is damaged" in text(chromium, ".views .told"))
        chromium.find_element(By.ID, "view-name").send_keys("new", Keys.ENTER)
        soon(chromium, lambda: "Not saved: " in text(chromium, ".views .told"))
        assert views.path.read_text() == "{"
    finally:
        views.path.write_bytes(before)


@pytest.mark.parametrize("board", ["learning", "know_how"])
def test_a_board_is_printed_on_one_page(page: str, board: str) -> None:
    pdf = PdfReader(io.BytesIO(sheets.printed(f"{page}/{board}?range=7d")))
    assert len(pdf.pages) == 1
    sheet = pdf.pages[0]
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (596, 842)  # A4 upright
    said = " ".join(sheet.extract_text().split())
    declared = next(each for each in boards() if each.name == board)
    for words in (declared.title, "the last 7 days", "Europe/Paris", "Printed"):
        assert words in said
    assert all(panel.title in said for panel in declared.panels)
    assert "Saved views" not in said  # nothing that is only for a screen


def test_a_page_behind_a_login_is_printed_by_who_knows_it(own: OwnWarehouse) -> None:
    with served_page(own.urls.viewer, HEADWATER_PAGE_LOGIN="lead:s p:cret") as url:
        assert sheets.printed(f"{url}/know_who", "lead:s p:cret").startswith(b"%PDF")
        with pytest.raises(StackError, match="asks for another login"):
            sheets.printed(f"{url}/know_who", "lead:wrong")
    with pytest.raises(StackError, match="the page does not answer"):
        sheets.printed(f"{url}/know_who")


def test_paper_has_title_range_filters_date_and_whole_charts(
    chromium: WebDriver, page: str
) -> None:
    look(chromium, page, range="24h", team="Harbour", kpi=KPI)
    chromium.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        said = text(chromium, ".printed")
        told = ("Learning in the flow of work", "the last 24 h", "Team: Harbour", "Europe/Paris")
        for words in (*told, "KPI: berths found at once", f"{datetime.now(UTC):%Y}"):
            assert words in said
        assert "Printed" in said
        charts = chromium.execute_script(
            "return [...document.querySelectorAll('.card:has(.chart)')].map(card => {"
            "const svg = card.querySelector('svg').getBoundingClientRect();"
            "return [svg.width / card.clientWidth, svg.height, getComputedStyle(card).breakInside,"
            " card.querySelectorAll('.legend button').length,"
            " svg.width / svg.height, card.querySelector('svg').viewBox.baseVal]})"
        )
        assert len(charts) >= 5
        for share, height, breaks, series, shape, drawn in charts:
            assert 0.9 < share <= 1
            # The picture fills it: not letterboxed in a box of another shape.
            assert shape == pytest.approx(drawn["width"] / drawn["height"], rel=0.02)
            assert height > 150
            assert breaks == "avoid"
            assert series
        hidden = (".controls", ".tools", ".help", ".live")
        assert not any(one.is_displayed() for each in hidden for one in found(chromium, each))
    finally:
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    pdf = chromium.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(pdf["data"]).startswith(b"%PDF")


@pytest.fixture(scope="module")
def reported(own: OwnWarehouse, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The report of the quarter in which the last full week lies, as the viewer has it written."""
    folder = tmp_path_factory.mktemp("report")
    today = datetime.now(UTC).date()
    admin = Warehouse(own.urls.admin)
    begun = declared.Begun("Coaching", "Harbour", today - timedelta(days=30), "a coach")
    declared.declare(admin, [begun])
    keep(admin, links(), datetime.now(UTC))
    admin.close()
    files = folder / "report.html", folder / "report.pdf"
    # Two days back it is the last full week by any clock.
    last_full: date = today - timedelta(days=today.weekday() + 9)
    command = [sys.executable, "-m", "headwater", "report", "--quarter", str(Quarter.of(last_full))]
    command += ["--out", str(files[0]), "--pdf", str(files[1])]
    environment = {**os.environ, "HEADWATER_CLICKHOUSE": own.urls.viewer}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return files


def test_the_report_is_read_by_everybody_and_asks_nobody(
    chromium: WebDriver, reported: tuple[Path, Path]
) -> None:
    chromium.get("about:blank")
    chromium.get_log("browser")
    chromium.get_log("performance")
    for scheme in ("light", "dark"):
        told = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", told)
        try:
            chromium.get(reported[0].as_uri())
            violations = Axe().run(chromium)["violations"]
            assert [(r["id"], [n["html"][:120] for n in r["nodes"][:3]]) for r in violations] == []
        finally:
            chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert hosts(chromium) <= {""}
    assert complaints(chromium) == []
    said = text(chromium, "body")
    assert "Synthetic data" in said
    assert "clock of Europe/Paris" in said
    assert "Skiff" not in chromium.page_source
    pictures = found(chromium, "svg[role=img]")
    assert len(pictures) >= 4 + 1 + 1 + 1, "series, a KPI, intervals, an event study"
    for picture in pictures:
        box = picture.rect
        assert box["width"] > 200
        assert box["height"] > 60
    # What a chart says lies within it: nothing of a label is cut.
    outside = chromium.execute_script(
        "return [...document.querySelectorAll('svg[role=img] text')].filter(text => {"
        "const a = text.getBoundingClientRect(), b = text.closest('svg').getBoundingClientRect();"
        "return a.left < b.left - 1 || a.right > b.right + 1 || a.bottom > b.bottom + 1})"
        ".map(text => text.textContent)"
    )
    assert outside == []
    wide = "return document.documentElement.scrollWidth <= innerWidth"
    assert chromium.execute_script(wide)
    # A4 between its margins, on which nothing is made smaller to fit; and a phone.
    for media, width in (("print", 673), ("screen", 390)):
        told = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", told)
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media})
        try:
            assert chromium.execute_script(wide), media
        finally:
            chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
            chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_report_on_paper_has_pages_whose_text_is_found(reported: tuple[Path, Path]) -> None:
    read = PdfReader(io.BytesIO(reported[1].read_bytes()))
    pages = [each.extract_text() for each in read.pages]
    assert len(pages) > 3
    size = read.pages[0].mediabox
    assert (round(size.width), round(size.height)) == (595, 842), "A4, in points"
    for number, said in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in said
        assert "ynthetic data" in said
    whole = " ".join(" ".join(pages).split())
    for words in (
        "What changed",
        "Berths found at once",
        "Harbour",
        "Association",
        "95 % interval",
    ):
        assert words in whole
    assert "Skiff" not in whole


def test_dark_is_dark_and_read(chromium: WebDriver, page: str) -> None:
    look(chromium, page, range="24h", kpi=KPI)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        ground = chromium.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(18, 25, 27)"
        violations = Axe().run(chromium)["violations"]
        assert [(r["id"], [n["html"][:120] for n in r["nodes"][:3]]) for r in violations] == []
    finally:
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [390, 720])
def test_every_range_and_help_fits_a_phone_and_a_zoomed_page(page: str, width: int) -> None:
    with browser(width, 844) as phone:
        phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**PHONE, "width": width})
        look(phone, page, range="24h")
        inside = (
            "const box = arguments[0].getBoundingClientRect();"
            "return box.left >= 0 && box.right <= innerWidth && box.width > 0"
        )
        for name in RANGES:
            button = phone.find_element(By.CSS_SELECTOR, f"[data-range='{name}']")
            assert phone.execute_script(inside, button), name
        for summary in found(phone, ".help > summary"):
            summary.click()
            popup = summary.find_element(By.XPATH, "../div")
            soon(phone, popup.is_displayed)
            assert phone.execute_script(inside, popup)
            summary.send_keys(Keys.ESCAPE)  # it may lie over the next one
            soon(phone, lambda popup=popup: not popup.is_displayed())  # type: ignore[misc]
        assert phone.execute_script("return document.documentElement.scrollWidth") <= width
        violations = Axe().run(phone)["violations"]
        assert [(r["id"], [n["html"][:120] for n in r["nodes"][:3]]) for r in violations] == []


def test_a_lost_connection_is_seen(chromium: WebDriver, page: str) -> None:
    port = page.rpartition(":")[2]
    (server,) = [p for p in psutil.process_iter(["cmdline", "pid"]) if _serves(p, int(port))]
    look(chromium, page, range="24h")
    server.suspend()
    try:
        chromium.execute_script("window.socket.io.engine.close()")
        words = "connection to the page was lost"
        soon(chromium, lambda: words in text(chromium, ".lost"))
        assert not chromium.find_element(By.CSS_SELECTOR, ".live").is_displayed()
    finally:
        server.resume()
    soon(chromium, lambda: not found(chromium, "body.is-lost"))
    deadline = time.monotonic() + PATIENCE
    while not text(chromium, ".live").startswith("Live"):
        assert time.monotonic() < deadline


def _serves(process: psutil.Process, port: int) -> bool:
    try:
        return any(
            each.status == psutil.CONN_LISTEN and each.laddr.port == port
            for each in process.net_connections("tcp")
        )
    except psutil.Error:
        return False
