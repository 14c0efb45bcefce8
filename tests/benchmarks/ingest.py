"""How fast the doors are: statements into the LRS, signed webhooks into the hooks server, and how
long an acknowledged statement takes to be visible to the analyst."""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.benchmarks.measure import Result, Wire, address, load, percentile, post
from tests.benchmarks.samples import FreshIds, Samples, comment
from tests.e2e.running import Up
from warehouse import Warehouse

CLIENTS = 4
#: A tool sends its deliveries side by side.
HOOK_CLIENTS = 48
GOALS = {1: 2_000.0, 100: 15_000.0}


def headers(stack: dict[str, Any]) -> dict[str, str]:
    """What a request to the LRS brings."""
    login = f"{stack['lrs']['username']}:{stack['lrs']['password']}".encode()
    return {
        "Authorization": f"Basic {base64.b64encode(login).decode()}",
        "Content-Type": "application/json",
        "X-Experience-API-Version": "1.0.3",
    }


def statements(up: Up, seconds: float) -> list[Result]:
    """Statements acknowledged a second by one LRS process, at four sizes, with and without ids."""
    return [
        asyncio.run(batch(up, size, ids, seconds))
        for ids in (False, True)
        for size in (1, 10, 100, 1_000)
    ]


async def batch(up: Up, size: int, ids: bool, seconds: float) -> Result:
    """Statements acknowledged a second at one size of batch."""
    host, port = address(up.stack["lrs"]["url"])
    fields = headers(up.stack)
    body = Samples().body(size, ids=ids)
    fresh = FreshIds(body)
    whole = post("/xapi/statements", host, fields, body)
    request: Callable[[], bytes] = lambda: whole  # noqa: E731 - one of two
    if ids:
        head = whole[: -len(body)]
        request = lambda: head + fresh.next()  # noqa: E731

    async def wire() -> Wire:
        made = Wire(host, port)
        await made.open()
        return made

    await load(wire, request, CLIENTS, min(2.0, seconds))  # warm
    latencies, took = await load(wire, request, CLIENTS, seconds)
    kind = "with ids" if ids else "without ids"
    return Result(
        f"LRS, batch {size}, {kind}",
        len(latencies) * size / took,
        "statements/s",
        "higher",
        len(latencies),
        GOALS.get(size),
    )


def webhooks(up: Up, seconds: float) -> list[Result]:
    """Signed webhooks acknowledged a second, and how long the slowest hundredth waits."""
    return asyncio.run(_webhooks(up, seconds))


async def _webhooks(up: Up, seconds: float) -> list[Result]:
    stack = up.stack
    host, port = address(stack["hooks"]["url"])
    secret = stack["hooks"]["secrets"]["github"].encode()
    start = random.getrandbits(40) * 1000
    bodies = [json.dumps(comment(start + n)).encode() for n in range(2_000)]
    prepared = []
    for number, body in enumerate(bodies):
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "issue_comment",
            "X-GitHub-Delivery": f"bench-{start + number}",
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        }
        prepared.append(post("/hooks/github", host, headers, body))
    turn = iter(range(1 << 60))

    def request() -> bytes:
        return prepared[next(turn) % len(prepared)]

    async def wire() -> Wire:
        made = Wire(host, port)
        await made.open()
        return made

    await load(wire, request, HOOK_CLIENTS, min(2.0, seconds))  # warm
    latencies, took = await load(wire, request, HOOK_CLIENTS, seconds)
    count = len(latencies)
    return [
        Result("webhooks acknowledged", count / took, "webhooks/s", "higher", count, 1_000),
        Result("webhooks, p99", percentile(latencies, 0.99) * 1e3, "ms", "lower", count, 500),
    ]


def lag(up: Up, seconds: float, rate: int = 1_000) -> list[Result]:
    """From 2xx until visible in learning.activity to the analyst, under a steady rate."""
    return asyncio.run(_lag(up, seconds, rate))


async def _lag(up: Up, seconds: float, rate: int) -> list[Result]:
    stack = up.stack
    done = asyncio.Event()
    load_task = asyncio.create_task(_steady(stack, rate, done))
    await asyncio.sleep(3)  # warm: the rate is steady before the first probe
    lags = []
    analyst = Warehouse(up.url("warehouse"))
    until = time.monotonic() + seconds
    async with httpx.AsyncClient(headers=headers(stack)) as http:
        while time.monotonic() < until:
            lags.append(await _probe(http, stack, analyst))
    done.set()
    sent = await load_task
    name = f"lag at {rate:,} statements/s"
    return [
        Result(f"{name}, p50", percentile(lags, 0.5) * 1e3, "ms", "lower", len(lags)),
        Result(f"{name}, p95", percentile(lags, 0.95) * 1e3, "ms", "lower", len(lags), 1_000),
        Result(f"{name}, p99", percentile(lags, 0.99) * 1e3, "ms", "lower", len(lags)),
        Result("rate held during the lag run", sent, "statements/s", "higher", len(lags)),
    ]


async def _probe(http: httpx.AsyncClient, stack: dict[str, Any], analyst: Warehouse) -> float:
    tool = f"probe-{random.getrandbits(48):x}"
    statement = Samples(random.getrandbits(30)).statement()
    statement["context"]["platform"] = tool
    answer = await http.post(stack["lrs"]["url"] + "/xapi/statements", json=statement)
    answer.raise_for_status()
    began = time.perf_counter()
    query = (
        "SELECT sum(events) FROM learning.activity WHERE tool = {tool:String} "
        "AND hour >= now() - INTERVAL 2 HOUR"
    )
    while True:
        (count,) = (await asyncio.to_thread(analyst.query, query, {"tool": tool}))[0]
        if count:
            return time.perf_counter() - began
        await asyncio.sleep(0.05)


async def _steady(stack: dict[str, Any], rate: int, done: asyncio.Event) -> float:
    """Sends at a rate, in batches of 10, until told to stop; gives the rate held."""
    host, port = address(stack["lrs"]["url"])
    bodies = [Samples(n).body(10, ids=False) for n in range(50)]
    requests = [post("/xapi/statements", host, headers(stack), body) for body in bodies]
    wires = [Wire(host, port) for _ in range(CLIENTS)]
    for wire in wires:
        await wire.open()
    began = time.perf_counter()
    sent = 0

    async def one(wire: Wire, number: int) -> None:
        nonlocal sent
        due = time.perf_counter() + number * 10 / rate
        while not done.is_set():
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            assert await wire.ask(requests[sent // 10 % len(requests)]) == 200
            sent += 10
            due += len(wires) * 10 / rate

    await asyncio.gather(*(one(wire, number) for number, wire in enumerate(wires)))
    return sent / (time.perf_counter() - began)
