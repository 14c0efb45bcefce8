"""A long run at a steady rate: whether anything fails, grows or falls behind.

Statements go in at half the rate that the same stack took in a short run at full speed. Every few
seconds the memory of each part and the age of the newest statement that can be read are noted; the
figures are medians of the first and the last third, side by side, so that growth shows.
"""

import asyncio
import json
import statistics
import time
from dataclasses import dataclass, field

import psutil

from headwater.embedded import report
from tests.benchmarks import ingest
from tests.benchmarks.measure import Result, Wire, address, post
from tests.benchmarks.samples import FreshIds, Samples
from tests.e2e.running import Up
from warehouse import Warehouse

BATCH = 100
EVERY = 10.0
#: Of one key the newest place is found by the index: looking must not be a load by itself.
AGE = (
    "SELECT toFloat64(now64(3)) - toUInt64(bitShiftRight(position, 80)) / 1000 "
    "FROM lrs.statement_keys WHERE key = 0 ORDER BY position DESC LIMIT 1"
)


@dataclass
class Seen:
    """What was noted during a run."""

    memory: dict[str, list[float]] = field(default_factory=dict)
    lag: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    sent: int = 0
    failed: int = 0
    took: float = 0.0


def soak(up: Up, minutes: float) -> list[Result]:
    """The whole run on a stack that is there."""
    peak = asyncio.run(ingest.batch(up, BATCH, True, 10.0)).value
    seen = asyncio.run(_run(up, peak / 2, minutes * 60))
    results = [
        Result("soak, statements sent", seen.sent, "statements", "higher", seen.sent),
        Result("soak, rate held", seen.sent / seen.took, "statements/s", "higher", seen.sent),
        Result("soak, half the peak", peak / 2, "statements/s", "higher", 1),
        Result("soak, requests not answered 200", seen.failed, "requests", "lower", seen.sent, 0),
    ]
    results += _thirds("age of the newest statement", "s", seen.lag)
    results += _thirds("records the marts are behind", "records", seen.behind)
    for name, sizes in sorted(seen.memory.items()):
        results += _thirds(f"memory of {name}", "MiB", sizes)
    return [*results, *_verified(up)]


def _verified(up: Up) -> list[Result]:
    """What `headwater verify` says at the end: what of all that was sent lacks somewhere."""
    began = time.perf_counter()
    (report,) = json.loads(up.run("verify", "--json", "--wait", "600", seconds=3600).stdout)
    took = time.perf_counter() - began
    count = report["statements"]
    wrong = sum(one["missing"] + one["surplus"] for one in report["findings"])
    return [
        Result("soak, rows that lack or are too much", wrong, "rows", "lower", count, 0),
        Result("soak, not judged at the end", len(report["waiting"]), "topics", "lower", 1, 0),
        Result("soak, statements verified", count / took, "statements/s", "higher", count),
    ]


def _thirds(name: str, unit: str, values: list[float]) -> list[Result]:
    """The medians of the first and the last third of a run."""
    size = max(1, len(values) // 3)
    return [
        Result(f"soak, {name}, {when} third", statistics.median(some), unit, "lower", len(some))
        for when, some in (("first", values[:size]), ("last", values[-size:]))
    ]


async def _run(up: Up, rate: float, seconds: float) -> Seen:
    seen = Seen()
    done = asyncio.Event()
    watching = asyncio.create_task(_watch(up, seen, done))
    began = time.perf_counter()
    await asyncio.gather(*(_send(up, seen, rate, seconds, n) for n in range(ingest.CLIENTS)))
    seen.took = time.perf_counter() - began
    done.set()
    await watching
    return seen


async def _send(up: Up, seen: Seen, rate: float, seconds: float, number: int) -> None:
    """One client's share of the rate; what falls due while an answer is late is sent after it."""
    host, port = address(up.stack["lrs"]["url"])
    body = Samples(number).body(BATCH, ids=True)
    fresh = FreshIds(body)
    head = post("/xapi/statements", host, ingest.headers(up.stack), body)[: -len(body)]
    wire = Wire(host, port)
    await wire.open()
    began = time.perf_counter()
    pause = ingest.CLIENTS * BATCH / rate
    due = began + number * pause / ingest.CLIENTS
    while due < began + seconds:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        status = await wire.ask(head + fresh.next())
        seen.sent += BATCH
        seen.failed += status != 200
        due += pause
    wire.close()


async def _watch(up: Up, seen: Seen, done: asyncio.Event) -> None:
    analyst = Warehouse(up.url("warehouse_admin"))
    while not done.is_set():
        await asyncio.to_thread(_note, up, seen, analyst)
        try:
            async with asyncio.timeout(EVERY):
                await done.wait()
        except TimeoutError:
            continue


def _note(up: Up, seen: Seen, admin: Warehouse) -> None:
    for name, pid in up.pids().items():
        size = psutil.Process(pid).memory_info().rss / (1 << 20)
        seen.memory.setdefault(name, []).append(size)
    seen.lag.append(float(admin.query(AGE)[0][0]))
    rows = report.broker(up.kafka)["lag"]
    seen.behind.append(sum(row["lag"] for row in rows if row["consumer"] != "recorded"))
