"""What every benchmark shares: results, percentiles, a client that costs little, memory peaks."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import psutil

from tests.e2e.running import Up

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Result:
    """One figure: `n` is how many observations stand behind it."""

    name: str
    value: float
    unit: str
    better: Better
    n: int
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


class Wire:
    """One HTTP connection kept open, spoken by hand: a library's client would cost more than it
    measures."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connects."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def ask(self, request: bytes) -> int:
        """Sends a whole request and gives the answer's status."""
        assert self.reader
        assert self.writer
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            length = int(lower[at + 15 : lower.index(b"\r", at)])
            await self.reader.readexactly(length)
        return int(head[9:12])

    def close(self) -> None:
        """Hangs up."""
        if self.writer:
            self.writer.close()


async def load(
    make: Callable[[], Awaitable[Wire]],
    request: Callable[[], bytes],
    clients: int,
    seconds: float,
) -> tuple[list[float], float]:
    """Runs `clients` connections for a time; gives each answer's latency (s) and the time taken.

    Raises AssertionError where an answer is not 200.
    """
    latencies: list[float] = []
    wires = [await make() for _ in range(clients)]
    began = time.perf_counter()
    until = began + seconds

    async def one(wire: Wire) -> None:
        while (now := time.perf_counter()) < until:
            status = await wire.ask(request())
            assert status == 200, f"the answer was {status}"
            latencies.append(time.perf_counter() - now)

    await asyncio.gather(*(one(wire) for wire in wires))
    took = time.perf_counter() - began
    for wire in wires:
        wire.close()
    return latencies, took


@contextlib.contextmanager
def peaks(pids: Callable[[], dict[str, int]]) -> Iterator[dict[str, int]]:
    """Watches the memory of processes by name: the largest resident size of each, in bytes.

    The key "all parts" is the largest sum at one moment.
    """
    found: dict[str, int] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            total = 0
            for name, pid in pids().items():
                with contextlib.suppress(psutil.Error):
                    size = psutil.Process(pid).memory_info().rss
                    found[name] = max(found.get(name, 0), size)
                    total += size
            found["all parts"] = max(found.get("all parts", 0), total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def address(url: str) -> tuple[str, int]:
    """Host and port of an address."""
    host, _, port = url.partition("://")[2].partition("/")[0].rpartition(":")
    return host, int(port)


def post(path: str, host: str, headers: dict[str, Any], body: bytes) -> bytes:
    """A whole HTTP/1.1 request."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def temporary_folder() -> TemporaryDirectory[str]:
    """A folder that is gone after the benchmark."""
    return TemporaryDirectory(prefix="headwater-bench-")


@contextlib.contextmanager
def running(data: Path) -> Iterator[Up]:
    """A stack on a data folder, as it is for a user, as long as the block runs."""
    up = Up(data, settings={})
    try:
        yield up
    finally:
        up.stop()
