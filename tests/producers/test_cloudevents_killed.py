"""CloudEvents sent to a real hooks server that is killed again and again: what counts is exact.

A sender does what the specification asks: it sends each delivery until one is answered by success.
"""

import os
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from counted import counting, statements
from test_cloudevents import (
    HEAD,
    KEPT,
    LET_GO,
    READ,
    TOKEN,
    batched,
    binary,
    event,
    found,
    intake,
    structured,
)

from bus import records
from bus.topics import REJECTED, STATEMENTS
from producers.signatures import Delivery
from tests.conftest import free_port, wait_http
from tests.producers.prepared import Prepared
from tests.topics import held
from tests.waiting import until

pytestmark = pytest.mark.integration

EVENTS, KILLS, SENDERS = 600, 10, 3
RULES = [READ, KEPT, LET_GO]


def told() -> list[dict[str, Any]]:
    """What people read, keep and let go of; of some events a rule can make nothing."""
    chance = random.Random(5)
    every: list[dict[str, Any]] = []
    for number in range(EVENTS):
        kind = chance.choice(("read", "read", "read", "kept"))
        every.append(event(kind, number, who=chance.choice(("ida", "bo", "may", None, 1.5))))
        if kind == "kept" and chance.random() < 0.4:
            every.append({**event("let-go", number), "id": f"let-go-{number}"})
    return every


def deliveries(every: list[dict[str, Any]]) -> list[Delivery]:
    """The events in all three modes, some of them twice."""
    chance, made = random.Random(7), []
    rest = list(every)
    while rest:
        mode, size = chance.choice((structured, binary, batched)), chance.randint(1, 5)
        taken, rest = rest[:size], rest[size:]
        made += [mode(taken)] if mode is batched else [mode(each) for each in taken]
    return made + chance.sample(made, len(made) // 5)


class Sender:
    """Sends deliveries one after the other, each until it was answered by success."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answered = 0
        self.again = 0

    def send(self, every: list[Delivery]) -> None:
        """Returns when all were taken."""
        with httpx.Client(timeout=5, trust_env=False) as http:
            for each in every:
                until(lambda each=each: self._taken(http, each))
                self.answered += 1

    def _taken(self, http: httpx.Client, delivery: Delivery) -> bool:
        headers = {**delivery.headers, "authorization": f"Bearer {TOKEN.decode()}"}
        try:
            answer = http.post(self.address, content=delivery.body, headers=headers)
        except httpx.TransportError:
            self.again += 1
            return False
        assert answer.status_code in (200, 202, 503), answer.text
        return answer.is_success


def start(kafka: str, connections: Path, port: int) -> Prepared:
    told = {
        **os.environ,
        "HEADWATER_KAFKA": kafka,
        "HEADWATER_CONNECTIONS": str(connections),
        "HEADWATER_DATA": str(connections.parent),
        "HEADWATER_HOOKS_PORT": str(port),
        "HEADWATER_HOOKS_MINIMUM_FREE": "0",
        "HEADWATER_SYNTHETIC": "false",
    }
    return Prepared("producers.hooks", told, connections.parent / "hooks.log")


def serve_killed(
    start: "Callable[[], Prepared]", url: str, senders: list[Sender],
    sending: list[threading.Thread],
) -> None:  # fmt: skip
    """Runs servers one after the other, each but the last killed in the midst of deliveries."""
    chance = random.Random(3)

    def answered() -> int:
        return sum(each.answered for each in senders)

    def over() -> bool:
        return not any(each.is_alive() for each in sending)

    for kill in range(KILLS + 1):
        process = start()
        try:
            wait_http(f"{url}/healthz", process)
            goal = answered() + chance.randint(20, 50) if kill < KILLS else sys.maxsize
            until(lambda goal=goal: over() or answered() >= goal)
        finally:
            process.kill()
            process.wait()


def test_a_server_killed_at_ten_random_moments_counts_exactly_what_was_sent(
    kafka: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(TOKEN)
    connections = tmp_path / "connections.toml"
    text = HEAD.replace('"desk"', '"killed-desk"')
    for rule in (KEPT, LET_GO):
        text += "[[connection.options.rules]]\n"
        text += "".join(f'{name} = "{value}"\n' for name, value in rule.items())
    connections.write_text(text, "utf-8")
    port, every = free_port(), told()
    url = f"http://127.0.0.1:{port}"
    sent = deliveries(every)
    senders = [Sender(f"{url}/hooks/killed-desk") for _ in range(SENDERS)]
    sending = [
        threading.Thread(target=each.send, args=(sent[place::SENDERS],), daemon=True)
        for place, each in enumerate(senders)
    ]
    before = len(held(kafka, STATEMENTS))
    for each in sending:
        each.start()
    serve_killed(lambda: start(kafka, connections, port), url, senders, sending)
    assert sum(each.answered for each in senders) == len(sent)
    brought = [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before:]
        if records.source(record.headers) == "hook:killed-desk"
        for line in records.lines(record.value)
    ]
    one = intake(*RULES)
    clean = counting(statements(one, found(batched(every))))
    assert counting(brought).keys() == clean.keys()
    assert len(clean) > EVENTS / 3
    kept = [orjson.loads(record.value) for record in held(kafka, REJECTED)]
    refused = {each["id"]: each["body"] for each in kept if each["source"] == "hook:killed-desk"}
    assert set().union(*(of_nobody(orjson.loads(each)) for each in refused.values())) == of_nobody(
        every
    )
    assert sum(each.again for each in senders) >= KILLS


def of_nobody(body: Any) -> set[str]:
    """The events of a body of which no rule makes anything."""
    events = body if isinstance(body, list) else [body]
    nobody = [each for each in events if each["data"]["who"] not in ("ida", "bo", "may")]
    return {each["id"] for each in nobody}
