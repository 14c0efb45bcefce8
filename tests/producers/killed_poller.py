"""A real poller in a process of its own that is killed at random moments, and a tool that it asks.

For any connector: `Busy` is an interface that fails now and then as a tool does, `serving` puts it
behind HTTP, `killed` runs a poller over it to the end, through as many kills as are asked for, and
`brought` is what it said meanwhile.
"""

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson

from bus import records
from bus.topics import STATEMENTS
from tests.producers.prepared import Prepared
from tests.topics import held
from tests.waiting import PATIENCE
from tests.web import answering

#: (status, headers, JSON) of an answer.
Said = tuple[int, dict[str, str], Any]
#: After how many questions a poller is killed: some are asked before any list is read.
AFTER = (12, 40)
#: While so many questions are asked, people go on working; the last poller finds all of it.
CHANGING = 10 * AFTER[0]
#: So often something goes wrong with a question.
SHARE = 0.08
Answer = Callable[[str, dict[str, str]], Said]


class Busy:
    """A tool's interface that is now and then busy, broken or forgetful, and changes while read.

    `told` counts what it did to questions: one of `faults`, what `forgets` says, "" for an answer.
    """

    faults: tuple[str, ...] = ("429", "500", "503")

    def __init__(self) -> None:
        self.asked = 0
        self.told = Counter[str]()
        self.chance = random.Random(11)
        self._lock = threading.Lock()

    def answer(self, path: str, asked: dict[str, str]) -> Said:
        """What a question is answered."""
        with self._lock:
            self.asked += 1
            self.go_on()
            fault = self.forgets(path, asked)
            if not fault and self.chance.random() < SHARE:
                fault = self.chance.choice(self.faults)
            self.told[fault] += 1
            return self.refused(fault) if fault else self.found(path, asked)

    def go_on(self) -> None:
        """What people do between two questions."""

    def forgets(self, path: str, asked: dict[str, str]) -> str:
        """What of a question is not known any more; "" where all is."""
        return ""

    def refused(self, fault: str) -> Said:
        """How it says that something goes wrong."""
        return int(fault), {"Retry-After": "0.05"}, {}

    def found(self, path: str, asked: dict[str, str]) -> Said:
        """What there is."""
        raise NotImplementedError


def brought(kafka: str, *sources: str, since: int = 0) -> list[dict[str, Any]]:
    """The statements of sources, in records from one on."""
    return [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[since:]
        if records.source(record.headers) in sources
        for line in records.lines(record.value)
    ]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """The address of an interface: (path, parameters) → what it answers; of a question of GraphQL
    its variables are parameters."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self, variables: Mapping[str, str] = MappingProxyType({})) -> None:
            place = urlsplit(self.path)
            asked = {**dict(parse_qsl(place.query)), **variables}
            status, headers, content = answer(place.path, asked)
            body = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = json.loads(body) if b'"variables"' in body else {"variables": {}}
            self.do_GET({name: str(each or "") for name, each in said["variables"].items()})

        def log_message(self, *_: Any) -> None:
            pass

    with answering(Handler) as url:
        yield url


def _start(kafka: str, connections: Path, port: int) -> Prepared:
    told = {
        **os.environ,
        "HEADWATER_KAFKA": kafka,
        "HEADWATER_CONNECTIONS": str(connections),
        "HEADWATER_POLLER_PORT": str(port),
        "HEADWATER_SYNTHETIC": "false",
    }
    return Prepared("producers.poller", told, connections.parent / "poller.log")


def killed(
    kafka: str, connections: Path, port: int, *, kills: int, asked: Callable[[], int],
    chance: random.Random,
) -> None:  # fmt: skip
    """Runs a poller until every stream was read, and kills it so often before, in the midst of it.

    `asked` counts the questions that came: a kill comes after some more of them, so that each
    poller has got somewhere.
    """
    for _ in range(kills):
        process = _start(kafka, connections, port)
        try:
            _await(_reaches(asked, asked() + chance.randint(*AFTER)), process)
            time.sleep(chance.random() * 0.05)  # between two questions, not at one
        finally:
            process.kill()
            process.wait()
    process = _start(kafka, connections, port)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
            _await(lambda: _read(client), process, every=0.05)
    finally:
        process.kill()
        process.wait()


def _reaches(asked: Callable[[], int], number: int) -> Callable[[], bool]:
    return lambda: asked() >= number


def _await(condition: Callable[[], bool], process: Prepared, every: float = 0.01) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, "the poller ended by itself"
        assert time.monotonic() < until, "the poller was not there"
        time.sleep(every)


def _read(client: httpx.Client) -> bool:
    """Whether the poller has read all streams to their end since it began."""
    try:
        health = client.get("/healthz").json()
    except httpx.TransportError:
        return False
    return bool(health["streams"]) and all(each["rounds"] for each in health["streams"])
