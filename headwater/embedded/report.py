"""What is known about a stack from outside: whether it is well, its parts, what it holds.

A part that is down costs its own figures and a finding, never the report, and no more than
`checks.SECONDS`: who hangs is not waited for. Only figures of a part that answers may take longer.
"""

import contextlib
import json
import time
from collections import defaultdict
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bus import clients
from bus.clients import Cluster
from headwater import parts
from headwater.embedded import checks
from headwater.embedded.checks import Seen
from headwater.embedded.findings import Finding, dated, kept, merged
from headwater.part import Stage

if TYPE_CHECKING:
    from warehouse import Warehouse

#: From so many rows on, statements and events are counted without reading them all.
MANY = 1_000_000
#: Counts of a part that answers may take so many seconds more.
PATIENT = 10.0


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
        "workspaces": [],
        "history": [],
        "links": [],
        "well": running,
        "findings": [],
        "problems": [],
    }
    if running:
        seen = Seen(folder, state, addresses)
        listed = merged(dated(_looked(found, seen), _known(folder), 0.0))
        found["well"] = not listed
        found["findings"] = [finding.as_data() for finding in listed]
        found["problems"] = [finding.sentence for finding in listed]
    return found


def _known(folder: Path) -> list[Finding]:
    """What the supervisor found, and since when; of Kafka its clients know that."""
    known = kept(folder)
    since = [one.since for one in known if one.what == "Kafka does not answer" and one.since]
    silent = checks.no_kafka(Seen(folder, {}, {}))
    return known + ([replace(silent, since=min(since))] if since else [])


def _looked(found: dict[str, Any], seen: Seen) -> list[Finding]:
    """Carries out every check with the figures beside them, which go to `found`."""
    until = time.monotonic() + checks.SECONDS + 0.2
    running = {name: checks.aside(check, seen) for name, check in checks.all_checks().items()}
    figures = _figures(seen)
    listed: list[Finding] = []
    for name, future in running.items():
        listed += checks.outcome(name, future, seen, until)
    for name, figure in figures.items():
        late = until + (PATIENT if _answers(name, listed) else 0.0)
        no_answer = {"kafka": checks.no_kafka, "warehouse": checks.no_warehouse}[name]
        try:
            found.update(figure.result(max(0.0, late - time.monotonic())))
        except TimeoutError:
            listed.append(no_answer(seen))
        except Exception as error:
            listed.append(no_answer(seen, " ".join(str(error).split())))
    return listed


def _figures(seen: Seen) -> dict[str, "Future[dict[str, Any]]"]:
    found = {}
    if "kafka" in seen.addresses:
        found["kafka"] = checks.aside(broker, Cluster.read(seen.addresses["kafka"]))
    if "warehouse_admin" in seen.addresses:
        found["warehouse"] = checks.aside(_warehouse, seen.addresses["warehouse_admin"])
    return found


def _answers(name: str, listed: list[Finding]) -> bool:
    """Whether a part is known to answer, from those who asked it."""
    if any(finding.part == name for finding in listed):
        return False
    asking = {"warehouse"} if name == "warehouse" else _askers(name)
    silent = {finding.part for finding in listed if finding.what.endswith("does not answer")}
    return not silent & asking


def _askers(store: str) -> set[str]:
    """The parts whose health says whether a store answers them: who serves clients with it."""
    return {
        part.name
        for part in parts.every()
        if part.answers and part.stage is Stage.ASKING and store in part.needs
    }


def broker(bootstrap: clients.At) -> dict[str, Any]:
    """Records in each topic, and how many each consumer has still to do; asks the broker alone."""
    from kafka import TopicPartition

    from bus.topics import ALL

    checks.quiet("kafka")
    patience = {"request_timeout_ms": 10_000, "bootstrap_timeout_ms": 10_000}
    admin = clients.blocking_admin(bootstrap, **patience)
    consumer = clients.blocking_consumer(bootstrap, **patience)
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
    from warehouse import Warehouse

    url = address["url"].replace("//", f"//{address['username']}:{address['password']}@")
    warehouse = Warehouse(url, timeout=5)
    try:
        counted = counts(warehouse)
        beats = [
            dict(zip(("part", "metric", "value", "text", "at"), row, strict=True))
            for row in warehouse.rows("status/beats")
        ]
        sizes = warehouse.rows("workspaces/sizes")
        history = warehouse.dicts("status/history")
        links = warehouse.dicts("status/links")
        held = [{"database": d, "tables": int(t), "bytes": int(b)} for d, t, b in sizes]
    finally:
        warehouse.close()
    told = {"counts": counted, "beats": beats, "workspaces": held}
    return {**told, "history": history, "links": links}


def counts(warehouse: "Warehouse") -> dict[str, int]:
    """How many statements, events, people and so on there are; of many, at once."""
    counted = {name: int(n) for name, n in warehouse.rows("status/counts")}
    if counted["statements"] < MANY:
        counted |= {name: int(n) for name, n in warehouse.rows("status/counts_exactly")}
    return counted


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
