"""A board of the page on one sheet of A4, as a PDF: what a Chromium prints of the running page.

It is spoken to by its own protocol: the page's login goes in a header, and in no command's line;
that the panels are drawn, and how high they are, is asked and not guessed.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from headwater.errors import StackError
from headwater.report import paper

ASKED = ("--hide-scrollbars", "--remote-debugging-port=0")
#: Seconds that a browser and a page of queries may take on a busy machine.
PATIENCE = 120.0
#: A4 in inches, and the margins.
WIDTH, HEIGHT, MARGIN = 8.27, 11.69, 0.4
#: The page is laid out so wide, in pixels: as narrow, and so as large on paper, as it fits.
NARROWEST, WIDEST, STEP = 900, 3000, 60
#: Of the sheet's height, what rounding may take.
SPARE = 0.98
_PIXELS = 96
_DRAWN = """(() => {
  const cards = document.querySelectorAll('section.card');
  return cards.length > 0 && !document.querySelector('section.is-loading, section.is-waiting');
})()"""
_PICTURES = "[...document.querySelectorAll('.chart svg')].map((one) => one.outerHTML).join('')"
_HEIGHT = "document.querySelector('.page').getBoundingClientRect().bottom + window.scrollY"
_FIX = "To fix: open the address in a browser, or see `headwater status`."


def printed(address: str, login: str | None = None) -> bytes:
    """The board at an address of the page, as a PDF of one page; `login` is `user:password`.

    Raises StackError with what is missing: a Chromium, or the page.
    """
    chromium = paper.browser()
    # What is left of a browser may still write there for a moment: its folder is nobody's then.
    with tempfile.TemporaryDirectory(prefix="headwater-sheet-", ignore_cleanup_errors=True) as name:
        try:
            with _running(chromium, Path(name)) as tab:
                return _sheet(tab, address, login)
        except (OSError, WebSocketException, subprocess.TimeoutExpired) as error:
            raise StackError(f"{chromium} did not print the board: {error}. {_FIX}") from error


def _sheet(tab: "Tab", address: str, login: str | None) -> bytes:
    if login:
        told = "Basic " + base64.b64encode(login.encode()).decode()
        tab.ask("Network.enable")
        tab.ask("Network.setExtraHTTPHeaders", headers={"Authorization": told})
    light = [{"name": "prefers-color-scheme", "value": "light"}]
    tab.ask("Emulation.setEmulatedMedia", media="screen", features=light)
    _widen(tab, NARROWEST)
    gone = tab.ask("Page.navigate", url=address).get("errorText")
    if gone and "AUTH" in gone:
        raise StackError(f"the page at {address} asks for another login. {_FIX}")
    if gone:
        raise StackError(f"the page does not answer at {address} ({gone}). {_FIX}")
    tab.until("document.readyState === 'complete'", f"{address} was not loaded")
    if not str(tab.run("document.title")).startswith("Headwater"):
        raise StackError(f"{address} is no board of the page, or asks for another login. {_FIX}")
    tab.until(_DRAWN, f"the board at {address} was not drawn")
    width = next(width for width in range(NARROWEST, WIDEST + 1, STEP) if _fits(tab, width))
    across = WIDTH - 2 * MARGIN
    found = tab.ask(
        "Page.printToPDF",
        printBackground=True,
        paperWidth=WIDTH,
        paperHeight=HEIGHT,
        **{f"margin{side}": MARGIN for side in ("Top", "Bottom", "Left", "Right")},
        scale=across * _PIXELS / width,
        generateTaggedPDF=True,
    )
    return base64.b64decode(found["data"])


def _fits(tab: "Tab", width: int) -> bool:
    """Lays the page out so wide, and says whether it is one sheet; the widest is taken as it is."""
    _widen(tab, width)
    tab.run("window.dispatchEvent(new Event('sheet'))")
    tab.settle(_PICTURES)
    high = float(tab.run(_HEIGHT))
    sheet = width * (HEIGHT - 2 * MARGIN) / (WIDTH - 2 * MARGIN)
    return high <= sheet * SPARE or width + STEP > WIDEST


def _widen(tab: "Tab", width: int) -> None:
    tab.ask(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=1200, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip


class Tab:
    """A tab of a browser, asked one thing after the other."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._session: str | None = None
        self._end = time.monotonic() + PATIENCE
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers; raises StackError where it refuses."""
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        self._connection.send(json.dumps(asked))
        while True:
            told = json.loads(self._connection.recv(max(0.1, self._end - time.monotonic())))
            if told.get("id") == self._number:
                break
        if "error" in told:
            raise StackError(f"the browser refuses {method}: {told['error']['message']}. {_FIX}")
        result: dict[str, Any] = told["result"]
        return result

    def close(self) -> None:
        """Has the browser end by itself, with all that it started."""
        self._connection.send(json.dumps({"id": self._number + 1, "method": "Browser.close"}))

    def run(self, script: str) -> Any:
        """What a script of the page gives."""
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        return told["result"].get("value")

    def until(self, script: str, otherwise: str) -> None:
        """Returns as soon as a script of the page gives something."""
        while not self.run(script):
            if time.monotonic() > self._end:
                raise StackError(f"{otherwise} in {PATIENCE:g} s. {_FIX}")
            time.sleep(0.1)

    def settle(self, script: str) -> None:
        """Returns when a script of the page gives the same twice in a row."""
        before, now = None, self.run(script)
        while before != now and time.monotonic() < self._end:
            time.sleep(0.15)
            before, now = now, self.run(script)


@contextmanager
def _running(chromium: str, folder: Path) -> Iterator[Tab]:
    """A browser of its own, which ends with the block."""
    command = paper.started(chromium, folder, *ASKED, "about:blank")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_address(process, folder), max_size=None, compression=None) as connection:
            tab = Tab(connection)
            yield tab
            tab.close()
            process.wait(10)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], folder: Path) -> str:
    """Where the browser takes questions, as soon as it says so."""
    told, end = folder / "DevToolsActivePort", time.monotonic() + PATIENCE
    while True:
        lines = told.read_text("utf-8").split() if told.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        if process.poll() is not None:
            raise OSError(f"it ended with {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"it did not start in {PATIENCE:g} s")
        time.sleep(0.05)
