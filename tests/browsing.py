"""A real browser, an embedded warehouse of a test's own, and the page between them."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from tests.conftest import OwnWarehouse, free_port, stop, wait_http
from tests.waiting import PATIENCE

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking")


@contextlib.contextmanager
def own_warehouse(folder: Path, **settings: Any) -> Iterator[OwnWarehouse]:
    """A warehouse with its schema, and an organisation's settings."""
    own = OwnWarehouse(folder)
    try:
        own.start()
        own.migrate(**settings)
        yield own
    finally:
        own.end()


@contextlib.contextmanager
def served_page(viewer: str, *, project: Path | None = None, **settings: str) -> Iterator[str]:
    """The live page's address; `project` is a copy of the project whose code is to serve it."""
    port = free_port()
    told = {"HEADWATER_CLICKHOUSE_VIEWER": viewer, "HEADWATER_PAGE_PORT": str(port), **settings}
    command = [sys.executable, "-m", "headwater", "page"]
    process = subprocess.Popen(command, env={**os.environ, **told}, cwd=project)
    try:
        wait_http(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@contextlib.contextmanager
def browser(
    width: int = 1400, height: int = 1200, arguments: Iterable[str] = (), **preferences: Any
) -> Iterator[WebDriver]:
    """Debian's chromium, which records what it asks of the network and says on its console.

    `arguments` are more of its command line's, `preferences` of its profile's (`profile.<name>`).
    """
    driver_path = shutil.which("chromedriver")
    assert driver_path, "needs a browser: apt install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    for option in (*OPTIONS, f"--window-size={width},{height}", *arguments):
        options.add_argument(option)
    if preferences:
        profile = {f"profile.{name}": value for name, value in preferences.items()}
        options.add_experimental_option("prefs", profile)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(driver_path), options=options)
    driver.set_script_timeout(120)  # axe looks at every node, on a machine with other work
    try:
        yield driver
    finally:
        driver.quit()


def soon(driver: WebDriver, condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `condition` gives as soon as it gives something; a redraw meanwhile is no failure."""
    looked_past = [StaleElementReferenceException]
    return WebDriverWait(driver, seconds, 0.05, looked_past).until(lambda _: condition())


def text(driver: WebDriver, selector: str) -> str:
    """What stands in the first such element, read at one moment: the page may redraw any time."""
    found: str | None = driver.execute_script(
        "return document.querySelector(arguments[0])?.innerText", selector
    )
    return found or ""


def values(driver: WebDriver, panel: str) -> list[float]:
    """The figures of a panel, read at one moment."""
    found = driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(one => one.dataset.value)",
        f"[data-panel={panel}] [data-value]",
    )
    return [float(value or "nan") for value in found]


def hosts(driver: WebDriver) -> set[str]:
    """Every host that was asked for something, by any road."""
    asked = set()
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        told = message["params"]
        url = told.get("request", {}).get("url") or told.get("url", "")
        if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            parts = urlsplit(url)
            if parts.scheme not in ("data", "blob", "about", "chrome"):
                asked.add(parts.netloc)
    return asked


def complaints(driver: WebDriver) -> list[str]:
    """What the console holds beyond plain information."""
    return [e["message"] for e in driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
