"""The Dockerfile against the repository: what it copies exists, what it installs is locked."""

import fnmatch
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from headwater.docs import PACKAGES
from tests.web import answering

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text("utf-8")
LOCK = (REPOSITORY / "requirements.lock").read_text("utf-8")


def copied() -> list[str]:
    lines = re.findall(r"(?m)^COPY (?!--from)(?:--\S+ )*(.+)$", DOCKERFILE)
    return [source for line in lines for source in line.split()[:-1]]


def left_out() -> list[str]:
    found = re.search(r"python without (.+?) <", DOCKERFILE)
    assert found is not None
    return found[1].split()


def test_what_it_copies_exists_and_reaches_the_build() -> None:
    ignore = (REPOSITORY / ".dockerignore").read_text("utf-8").splitlines()
    let_in = [line[1:] for line in ignore if line.startswith("!")]
    for source in copied():
        assert (REPOSITORY / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in let_in), source
    assert set(PACKAGES) <= set(copied())


def test_its_images_are_pinned_and_alike() -> None:
    images = set(re.findall(r"(?m)^FROM (\S+)", DOCKERFILE))
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", images.pop())


def test_it_does_not_run_as_root() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"(?m)^USER headwater$", last)
    assert last.index("USER headwater") < last.index("ENTRYPOINT")


def test_its_lock_is_the_repositorys_without_the_embedded_stores() -> None:
    assert "--require-hashes" in DOCKERFILE
    without = subprocess.run(
        [sys.executable, str(REPOSITORY / "deploy" / "without"), *left_out()],
        input=LOCK,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    before, after = (set(re.findall(r"(?m)^([\w.-]+)==", text)) for text in (LOCK, without))
    assert before - after == set(left_out())
    assert "--hash=sha256:" in after_name(without, "starlette")


def after_name(lock: str, name: str) -> str:
    return lock[lock.index(f"\n{name}==") :].split("\n", 2)[2][:200]


def test_no_part_of_the_image_imports_what_it_leaves_out() -> None:
    modules = "|".join(name.replace("-", "_") for name in left_out())
    importing = re.compile(rf"(?m)^\s*(?:import|from) ({modules})\b")
    for package in PACKAGES:
        for path in (REPOSITORY / package).rglob("*.py"):
            if "embedded" not in path.parts and path.name != "docs.py":
                assert not importing.search(path.read_text("utf-8")), path


def test_healthy_says_whether_a_part_is() -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with answering(Answer) as base:
        assert ask(f"{base}/healthz") == 0
        assert ask(f"{base}/other") == 1
    assert ask(f"{base}/healthz") == 1


def ask(url: str) -> int:
    script = str(REPOSITORY / "deploy" / "healthy")
    return subprocess.run(
        [sys.executable, script, url], capture_output=True, check=False, timeout=30
    ).returncode
