"""The report on paper: a PDF that a Chromium prints of the file, without the network."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from headwater.errors import StackError

#: By these names a Chromium is found on the path; the last is where macOS keeps one.
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
)
PRINTING = (
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
)
#: Seconds that a page of some hundred tables takes on a busy machine.
PATIENCE = 180.0


def browser() -> str:
    """The Chromium that is there; raises StackError with what is missing."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    listed = ", ".join(name for name in NAMES if "/" not in name)
    raise StackError(
        f"a PDF needs a Chromium, and none of {listed} is on the path; nothing was written. "
        "To fix: `apt install chromium`, or leave out --pdf and print the HTML file from any "
        "browser: it is made for A4."
    )


def started(chromium: str, profile: Path, *more: str) -> list[str]:
    """The command of a Chromium without a window, which keeps what it keeps in a folder."""
    # As root a Chromium runs without its sandbox alone. It opens nothing but pages of ours.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [chromium, *OPTIONS, *root, f"--user-data-dir={profile}", *more]


def printed(page: str, chromium: str) -> bytes:
    """The page as a PDF; raises StackError with what the browser said."""
    with tempfile.TemporaryDirectory(prefix="headwater-report-") as name:
        folder = Path(name)
        source, target = folder / "report.html", folder / "report.pdf"
        source.write_text(page, "utf-8")
        command = started(
            chromium, folder / "profile", *PRINTING, f"--print-to-pdf={target}", source.as_uri()
        )
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StackError(
                f"{chromium} did not print the report: {error}. To fix: try again, or print the "
                "HTML file from a browser."
            ) from error
        if not target.exists():
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise StackError(
                f"{chromium} did not print the report: {said}. To fix: print the HTML file from "
                "a browser."
            )
        return target.read_bytes()
