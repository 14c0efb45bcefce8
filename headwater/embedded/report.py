"""What is known about a stack from outside: its state file, the broker, the warehouse.

A part that is down costs its own figures and a line under `problems`, never the report.
"""

import contextlib
import json
from collections import defaultdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bus import clients
from bus.clients import Cluster

if TYPE_CHECKING:
    from lrs.warehouse import Warehouse

#: From so many rows on, statements and events are counted without reading them all.
MANY = 1_000_000


def gathered(folder: Path) -> dict[str, Any]:
    """Return everything that `headwater status` shows; shapes are those of its JSON.

    `lag` and `topics` count records: a request is one record of `xapi.statements`.
    """
    state = _read(folder / "run" / "supervisor.json")
    addresses = _read(folder / "stack.json")
    running = _alive(state)
    found: dict[str, Any] = {
        "data": str(folder.resolve()),
        "running": running,
        "ready": running and bool(addresses),
        "parts": {name: _part(part, running) for name, part in state.get("parts", {}).items()},
        "lag": [],
        "topics": {},
        "counts": {},
        "beats": [],
        "problems": [],
    }
    if found["ready"]:
        _ask(found, "kafka", broker, Cluster.read(addresses["kafka"]))
        if "warehouse_admin" in addresses:
            _ask(found, "warehouse", _warehouse, addresses["warehouse_admin"])
    return found


def _ask(found: dict[str, Any], name: str, question: Any, address: Any) -> None:
    try:
        found.update(question(address))
    except Exception as error:
        found["problems"].append(f"{name} does not answer: {' '.join(str(error).split())[:200]}")


def broker(bootstrap: clients.At) -> dict[str, Any]:
    """Records in each topic, and how many each consumer has still to do; asks the broker alone."""
    from kafka import TopicPartition

    from xapi.topics import ALL

    admin = clients.blocking_admin(bootstrap, request_timeout_ms=3000)
    consumer = clients.blocking_consumer(bootstrap, request_timeout_ms=3000)
    try:
        ends = consumer.end_offsets(
            [TopicPartition(topic.name, p) for topic in ALL for p in range(topic.partitions)]
        )
        starts = consumer.beginning_offsets(list(ends))
        topics: dict[str, int] = defaultdict(int)
        for place, end in ends.items():
            topics[place.topic] += end - starts[place]
        lag: dict[tuple[str, str], int] = defaultdict(int)
        for group, offsets in _committed(admin).items():
            for place, committed in offsets.items():
                if place in ends:
                    lag[group, place.topic] += max(0, ends[place] - max(committed, 0))
        rows = [{"consumer": g, "topic": t, "lag": n} for (g, t), n in sorted(lag.items())]
        return {"topics": dict(topics), "lag": rows}
    finally:
        consumer.close()
        admin.close()


def _committed(admin: Any) -> dict[str, dict[Any, int]]:
    groups = [group["group_id"] for group in admin.list_groups()]
    if not groups:
        return {}
    return {
        group: {place: at.offset for place, at in offsets.items()}
        for group, offsets in admin.list_group_offsets(groups).items()
    }


def _warehouse(address: dict[str, str]) -> dict[str, Any]:
    from lrs.warehouse import Warehouse

    url = address["url"].replace("//", f"//{address['username']}:{address['password']}@")
    warehouse = Warehouse(url, timeout=5)
    try:
        counted = counts(warehouse)
        beats = [
            dict(zip(("part", "metric", "value", "text", "at"), row, strict=True))
            for row in warehouse.query(_named("beats"))
        ]
    finally:
        warehouse.close()
    return {"counts": counted, "beats": beats}


def counts(warehouse: "Warehouse") -> dict[str, int]:
    """How many statements, events, people and so on there are; of many, at once."""
    counted = {name: int(n) for name, n in warehouse.query(_named("counts"))}
    if counted["statements"] < MANY:
        counted |= {name: int(n) for name, n in warehouse.query(_named("counts_exactly"))}
    return counted


def _named(name: str) -> str:
    return (resources.files("headwater.embedded") / "queries" / f"{name}.sql").read_text()


def _part(part: dict[str, Any], running: bool) -> dict[str, Any]:
    rss = 0
    if not running:  # a killed supervisor could not write that its parts ended with it
        return {**part, "state": "stopped", "pid": None, "rss": rss}
    if part.get("pid"):
        with contextlib.suppress(psutil.Error):
            rss = psutil.Process(part["pid"]).memory_info().rss
    return {**part, "rss": rss}


def _alive(state: dict[str, Any]) -> bool:
    pid = state.get("pid")
    with contextlib.suppress(psutil.Error):
        return bool(pid) and "headwater" in " ".join(psutil.Process(pid).cmdline())
    return False


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found
