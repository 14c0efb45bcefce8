"""Writes beside greedy readers: the rate that holds, and how long the slowest hundredth waits.

Eight analysts ask for more memory than there is, and eight ask queries that do not end; a run
without them stands before and after. What was acknowledged in all of it is looked for in the end.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tests.benchmarks.ingest import CLIENTS, headers
from tests.benchmarks.measure import Result, Wire, address, percentile, post
from tests.benchmarks.samples import FreshIds, Samples
from tests.e2e.running import Up
from tests.faults import endless_queries, memory_bombs
from warehouse import Warehouse

RATE = 500
BATCH = 10
#: Readers ask for so long before anything is measured: their queries are under way then.
WARM_SECONDS = 3.0
STORED_SECONDS = 300.0

COUNT = "SELECT count() FROM lrs.statements WHERE platform = {tool:String}"


def writes(up: Up, seconds: float) -> list[Result]:
    """Statements a second and the p99 of their answers, with and without readers, by turns."""
    url = up.url("warehouse")
    sides: dict[str, Callable[[], AbstractContextManager[Any]]] = {
        "alone": contextlib.nullcontext,
        "beside eight memory bombs": lambda: memory_bombs(url),
        "beside eight endless queries": lambda: endless_queries(url),
        "beside both": lambda: _both(url),
        "alone again": contextlib.nullcontext,
    }
    tool = f"beside-{time.time_ns():x}"
    results, acknowledged = [], 0
    for name, readers in sides.items():
        with readers():
            latencies, took = asyncio.run(_steady(up.stack, seconds, tool))
        acknowledged += len(latencies) * BATCH
        warm = [took for at, took in latencies if at >= WARM_SECONDS]
        rate = len(latencies) * BATCH / took
        results += [
            Result(f"writes {name}", rate, "statements/s", "higher", len(latencies)),
            Result(f"writes {name}, p99", percentile(warm, 0.99) * 1e3, "ms", "lower", len(warm)),
        ]
    stored = _stored(up, tool, acknowledged)
    results.append(Result("acknowledged and not stored", acknowledged - stored, "", "lower", 1, 0))
    return results


@contextlib.contextmanager
def _both(url: str) -> Any:
    with memory_bombs(url), endless_queries(url):
        yield


async def _steady(
    stack: dict[str, Any], seconds: float, tool: str
) -> tuple[list[tuple[float, float]], float]:
    """Sends at the rate for a time.

    Gives (begun after, answered in) of each request, and the time that all took, in seconds.
    """
    host, port = address(stack["lrs"]["url"])
    body = Samples(platform=tool).body(BATCH, ids=True)
    fresh = FreshIds(body)
    head = post("/xapi/statements", host, headers(stack), body)[: -len(body)]
    latencies: list[tuple[float, float]] = []
    began = time.perf_counter()

    async def one(number: int) -> None:
        wire = Wire(host, port)
        await wire.open()
        due = began + number * BATCH / RATE
        while (now := time.perf_counter()) < began + seconds:
            await asyncio.sleep(max(0.0, due - now))
            asked = time.perf_counter()
            status = await wire.ask(head + fresh.next())
            assert status == 200, f"the answer was {status}"
            latencies.append((asked - began, time.perf_counter() - asked))
            due += CLIENTS * BATCH / RATE
        wire.close()

    await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    return latencies, time.perf_counter() - began


def _stored(up: Up, tool: str, wanted: int) -> int:
    """How many of them the warehouse holds, once it holds all or the time is over."""
    warehouse = Warehouse(up.url("warehouse_admin"))
    until = time.monotonic() + STORED_SECONDS
    while True:
        ((count,),) = warehouse.query(COUNT, {"tool": tool})
        if count >= wanted or time.monotonic() > until:
            return int(count)
        time.sleep(0.5)
