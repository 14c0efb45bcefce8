"""The real hooks server and the real poller while connections.toml changes: nothing is lost."""

import hashlib
import hmac
import itertools
import os
import random
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from killed_poller import Said, serving
from test_poller import ids

from headwater.embedded import checks
from producers.connections import Connection
from producers.intake import Intake
from producers.registry import all_connectors
from tests.conftest import REPOSITORY, free_port, stop, wait_http
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.integration

CHANGES = 20
GITHUB = '[[connection]]\nname = "{name}"\nconnector = "github"\nsecret = "file:secrets/{name}"\n'


@contextmanager
def running(part: str, kafka: str, file: Path) -> Iterator[str]:
    """The address of a part in a process of its own."""
    port = free_port()
    told = {
        **os.environ,
        "HEADWATER_KAFKA": kafka,
        "HEADWATER_CONNECTIONS": str(file),
        "HEADWATER_DATA": str(file.parent),
        "HEADWATER_HOOKS_MINIMUM_FREE": "0",
        "HEADWATER_SYNTHETIC": "false",
        f"HEADWATER_{part.upper()}_PORT": str(port),
    }
    with (file.parent / f"{part}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", f"from producers.{part} import serve; serve()"],
            env=told, stdout=log, stderr=log, cwd=REPOSITORY,
        )  # fmt: skip
    try:
        wait_http(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
        assert process.poll() is None, "it ended by itself"
    finally:
        stop(process)


def asked_of(url: str) -> httpx.Response:
    """What a part says of itself."""
    return httpx.get(f"{url}/healthz", timeout=PATIENCE)


def event(name: str, number: int) -> dict[str, Any]:
    page = {
        "page_name": "Home",
        "action": "edited",
        "sha": hashlib.sha256(f"{name}{number}".encode()).hexdigest(),
        "html_url": "https://github.com/acme/widgets/wiki/Home",
    }
    repository = {"id": 7, "full_name": "a/w", "html_url": "https://github.com/acme/widgets"}
    sender = {"login": "Ada", "id": 1, "type": "User"}
    return {"pages": [page], "repository": repository, "sender": sender}


def signed(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Hub-Signature-256": f"sha256={digest}",
        "X-GitHub-Event": "gollum",
        "Content-Type": "application/json",
    }


class Tool:
    """A tool that delivers at a rate as long as it has a secret, from a thread of its own."""

    def __init__(self, url: str, name: str, secret: str) -> None:
        self.name, self.secret = name, secret
        self.answered: Counter[int] = Counter()
        self.told: list[str] = []
        self.failures: list[str] = []
        self._url = f"{url}/hooks/{name}"
        self._over = threading.Event()
        self._idle = threading.Event()
        self._thread = threading.Thread(target=self._deliver)

    def __enter__(self) -> "Tool":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def silent(self) -> None:
        """Delivers nothing more, and returns when nothing is under way."""
        self.secret = ""
        self._idle.clear()
        assert self._idle.wait(PATIENCE)

    def _deliver(self) -> None:
        intake = Intake(Connection(self.name, all_connectors()["github"], b""))
        with httpx.Client(timeout=PATIENCE) as client:
            for number in itertools.count():
                if self._over.wait(0.01):
                    return
                if not (secret := self.secret):
                    self._idle.set()
                    continue
                sent = event(self.name, number)
                body = orjson.dumps(sent)
                headers = signed(body, secret)
                answer = client.post(self._url, content=body, headers=headers)
                while answer.status_code == 503:  # a busy machine's Kafka is late: again
                    answer = client.post(self._url, content=body, headers=headers)
                self.answered[answer.status_code] += 1
                if answer.status_code == 200:
                    self.told += [each["id"] for each in intake.map("gollum", sent).statements]
                else:
                    self.failures.append(f"{number}: {answer.status_code} {answer.text}")


class File:
    """connections.toml, written in the ways in which people and programs write."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "connections.toml"
        (folder / "secrets").mkdir()
        self._chance = random.Random(5)

    def write(self, text: str) -> None:
        way = self._chance.choice(("over", "renamed", "in pieces"))
        if way == "renamed":
            new = self.path.with_suffix(".new")
            new.write_text(text)
            new.replace(self.path)
            return
        with self.path.open("w") as file:
            file.write(text[: len(text) // 2] if way == "in pieces" else text)
            file.flush()
            if way == "in pieces":
                threading.Event().wait(0.1)  # as long as a slow editor, or a copy, may take
                file.write(text[len(text) // 2 :])

    def secret(self, name: str, text: str) -> None:
        (self.path.parent / "secrets" / name).write_text(text)


def test_deliveries_while_the_file_changes_are_all_taken_and_all_in_kafka(
    kafka: str, tmp_path: Path
) -> None:
    file = File(tmp_path)
    steady, rotated, passing = (GITHUB.format(name=name) for name in ("st", "ro", "pa"))
    for name in ("st", "ro", "pa"):
        file.secret(name, f"first of {name}")
    file.write(steady + rotated)

    def goes_on(tool: Tool) -> None:
        before = tool.answered.total()
        until(lambda: tool.answered.total() > before + 2, f"{tool.name} is not answered")

    with running("hooks", kafka, file.path) as url:
        with (
            Tool(url, "st", "first of st") as one,
            Tool(url, "ro", "first of ro") as two,
            Tool(url, "pa", "") as three,
        ):
            for number in range(CHANGES // 4):
                file.secret("ro", f"secret {number}")
                two.secret = f"secret {number}"
                goes_on(two)
                file.write(f"# {number}\n{steady}{rotated}{passing}")
                three.secret = "first of pa"
                goes_on(three)
                file.write(f"{steady}{rotated}{passing}[[connection]\n")
                until(lambda: "no TOML" in asked_of(url).text, "it is not told")
                for tool in (one, two, three):
                    goes_on(tool)
                three.silent()
                file.write(steady + rotated)
                goes_on(one)
            tools = (one, two, three)
        assert [failure for tool in tools for failure in tool.failures] == []
        assert all(len(tool.told) > CHANGES for tool in tools)
        until(lambda: asked_of(url).json()["problems"] == [], "it is not over")

        def answered(name: str, secret: str) -> int:
            body = orjson.dumps(event("late", 0))
            headers = signed(body, secret)
            there = f"{url}/hooks/{name}"
            return httpx.post(there, content=body, headers=headers, timeout=PATIENCE).status_code

        until(lambda: answered("ro", "first of ro") == 401, "an old secret is taken for good")
        until(lambda: answered("pa", "first of pa") == 404, "what is gone is taken for good")
    for tool in tools:
        assert Counter(tool.told) <= Counter(ids(kafka, tool.name))


def test_a_delivery_under_way_is_answered_by_what_was_in_force_when_it_came(
    kafka: str, tmp_path: Path
) -> None:
    file = File(tmp_path)
    for name in ("st", "pa"):
        file.secret(name, f"first of {name}")
    file.write(GITHUB.format(name="st") + GITHUB.format(name="pa"))
    body = orjson.dumps(event("slow", 1))
    lines = {**signed(body, "first of pa"), "Host": "hooks", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with running("hooks", kafka, file.path) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as slow:
            slow.sendall(f"POST /hooks/pa HTTP/1.1\r\n{head}\r\n".encode() + body[:50])

            def gone() -> bool:
                headers = signed(body, "first of pa")
                there = httpx.post(
                    f"{url}/hooks/pa", content=body, headers=headers, timeout=PATIENCE
                )
                return there.status_code == 404

            file.write(GITHUB.format(name="st"))
            until(gone)
            slow.sendall(body[50:])
            assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")


class Bookmarks:
    """Two linkdings behind one address, which count what is asked of whom, and with what."""

    def __init__(self) -> None:
        self.asked: dict[str, list[dict[str, str]]] = {}

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        self.asked.setdefault(path.split("/")[1], []).append(asked)
        found = [] if "modified_since" in asked else [BOOKMARK]
        return 200, {}, {"count": len(found), "next": None, "previous": None, "results": found}


BOOKMARK = {
    "id": 1,
    "url": "https://handbook.example.com/pumps",
    "title": "",
    "description": "",
    "notes": "",
    "is_archived": False,
    "unread": False,
    "shared": True,
    "tag_names": [],
    "date_added": "2026-03-02T09:00:00.000000Z",
    "date_modified": "2026-03-02T09:00:00.000000Z",
}
LINKDING = (
    '[[connection]]\nname = "{name}"\nconnector = "linkding"\ntoken = "file:secrets/{name}"\n'
    'options = {{site = "{site}/{name}", user = "ida"{more}}}\n'
)


def test_the_poller_begins_anew_what_a_change_touches_and_nothing_else(
    kafka: str, tmp_path: Path
) -> None:
    file, tool = File(tmp_path), Bookmarks()
    for name in ("one", "two"):
        file.secret(name, "token")

    def asked(name: str) -> int:
        return len(tool.asked.get(name, ()))

    def settled(health: Callable[[], Any], *streams: str) -> dict[str, int]:
        """How often each was asked, once each of these streams, and no other, has been read."""

        def read() -> bool:
            found = health()["streams"]
            names = {each["stream"] for each in found}
            return names == set(streams) and all(each["rounds"] for each in found)

        until(read, f"the streams are not {streams}")
        return {name: asked(name) for name in ("one", "two")}

    with serving(tool.answer) as site:
        one = LINKDING.format(name="one", site=site, more="")
        two = LINKDING.format(name="two", site=site, more="")
        file.write(one)
        with running("poller", kafka, file.path) as url:

            def health() -> Any:
                return asked_of(url).json()

            first = settled(health, "one/bookmarks")
            file.write(one + two)  # added
            second = settled(health, "one/bookmarks", "two/bookmarks")
            assert second["one"] == first["one"]
            file.write(one + LINKDING.format(name="two", site=site, more=", addresses = true"))
            until(lambda: asked("two") > second["two"], "a change of options is not taken up")
            third = settled(health, "one/bookmarks", "two/bookmarks")
            assert third["one"] == first["one"]
            assert "modified_since" in tool.asked["two"][-1], "the cursor stayed"
            file.secret("two", "another token")
            until(lambda: asked("two") > third["two"], "another token is not taken up")
            fourth = settled(health, "one/bookmarks", "two/bookmarks")
            file.path.write_text(one + two.replace("linkding", "linkdig"))
            until(lambda: health()["problems"], "a broken file is not told")
            (problem,) = health()["problems"]
            assert "connections.toml cannot be taken up (line 8, 'connector'" in problem["what"]
            seen = checks.Seen(tmp_path, {}, {"poller": {"url": url}})
            (finding,) = checks.health("poller", seen)
            assert "line 8, 'connector'" in finding.sentence, "status says so"
            assert settled(health, "one/bookmarks", "two/bookmarks") == fourth
            file.write(two)  # removed
            settled(health, "two/bookmarks")
            assert health()["problems"] == []
            assert asked("one") == first["one"]
    # Made and shared, once each however often it was read.
    assert len(set(ids(kafka, "one"))) == len(set(ids(kafka, "two"))) == 2
