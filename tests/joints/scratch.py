"""A copy of the project in a scratch folder, to which a test adds one thing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from headwater.docs import PACKAGES

ROOT = Path(__file__).parents[2]
#: Bytecode that another process is writing; what is whole saves each copy seconds.
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")


def copied(folder: Path, *more: str) -> Path:
    """The product's folders and its pages, and others that are named."""
    for name in (*PACKAGES, "docs", *more):
        shutil.copytree(ROOT / name, folder / name, ignore=HALF_WRITTEN)
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    """Adds files, by their path in the project; none may be there yet."""
    for path, text in files.items():
        assert not (folder / path).exists(), f"{path} is in the project already"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def run(folder: Path, code: str, **environment: str) -> str:
    """What Python code prints in the copy; every folder of ours is imported from there."""
    told = {**os.environ, **environment, "PYTHONPATH": str(folder)}
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder, env=told, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
