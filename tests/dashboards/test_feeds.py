"""The pollers: shared, awake only while somebody looks, and honest about silence."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.feeds import Feed, Feeds
from dashboards.panels import Query
from dashboards.spans import Span
from warehouse import WarehouseError, WarehouseUnavailable

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Answers:
    """The warehouse's side of the boundary: answers, or says why not."""

    def __init__(self) -> None:
        self.rows: list[Any] = [(1,)]
        self.error: Exception | None = None
        self.asked = 0

    def query(self, sql: str, parameters: Any = None) -> list[Any]:
        self.asked += 1
        if self.error:
            raise self.error
        return list(self.rows)


def feed(answers: Answers, every: float = 0.01) -> Feed:
    query = Query("installation", ("a",), every)
    return Feed(answers, [query], dict, asyncio.Semaphore(1))  # type: ignore[arg-type]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition is the feed's own state
            await asyncio.sleep(0.001)


async def test_listeners_share_one_poller_and_hear_of_changes_only() -> None:
    answers = Answers()
    heard: list[Any] = []
    polled = feed(answers)
    one, two = (lambda name: heard.append((1, name))), (lambda name: heard.append((2, name)))
    polled.listen(one)
    polled.listen(two)
    await until(lambda: answers.asked > 5)
    assert sorted(heard) == [(1, "installation"), (2, "installation")]
    answers.rows = [(2,)]
    await until(lambda: len(heard) == 4)
    polled.leave(one)
    polled.leave(two)


async def test_a_pulse_asks_at_once_what_depends_on_it() -> None:
    answers = Answers()
    queries = [Query("teams", ("a",), 100.0, wakes=True), Query("kpis", ("a",), 100.0)]
    polled = Feed(answers, queries, dict, asyncio.Semaphore(1))  # type: ignore[arg-type]
    heard: list[str] = []
    polled.listen(heard.append)
    await until(lambda: len(heard) == 2)
    answers.rows = [(2,)]
    polled.wake()
    await until(lambda: len(heard) == 3)
    assert heard[2] == "teams"
    polled.leave(heard.append)


async def test_nobody_looks_nobody_asks() -> None:
    answers = Answers()
    polled = feed(answers)
    listener = lambda name: None  # noqa: E731 - kept, to leave with
    polled.listen(listener)
    await until(lambda: answers.asked > 0)
    polled.leave(listener)
    await asyncio.sleep(0.05)
    asked = answers.asked
    await asyncio.sleep(0.1)
    assert answers.asked == asked
    polled.listen(listener)
    await until(lambda: answers.asked > asked)
    polled.leave(listener)


async def test_silence_is_dated_keeps_what_was_read_and_ends() -> None:
    answers = Answers()
    heard: list[Any] = []
    polled = feed(answers)
    polled.listen(heard.append)
    await until(lambda: polled.readings["installation"].rows is not None)
    answers.error = WarehouseUnavailable("nobody")
    await until(lambda: polled.stale_since is not None)
    assert polled.stale_since == polled.answered
    assert polled.readings["installation"].rows == [(1,)]
    answers.error = None
    await until(lambda: polled.stale_since is None)
    assert heard[-1] == ""
    polled.leave(heard.append)


async def test_a_refusal_is_told_in_the_warehouses_words() -> None:
    answers = Answers()
    heard: list[Any] = []
    answers.error = WarehouseError("Code: 60. Unknown table viewer.activity")
    polled = feed(answers)
    polled.listen(heard.append)
    await until(lambda: bool(heard))
    assert polled.readings["installation"].error == "Code: 60. Unknown table viewer.activity"
    assert polled.stale_since is None
    polled.leave(heard.append)


async def test_one_broken_view_does_not_keep_news_from_the_others() -> None:
    answers = Answers()
    heard: list[Any] = []

    def broken(name: str) -> None:
        raise RuntimeError(name)

    polled = feed(answers)
    polled.listen(broken)
    polled.listen(heard.append)
    await until(lambda: bool(heard))
    answers.rows = [(2,)]
    await until(lambda: len(heard) > 1)
    polled.leave(broken)
    polled.leave(heard.append)


async def test_the_same_view_is_the_same_feed() -> None:
    feeds = Feeds(Answers())  # type: ignore[arg-type]
    assert feeds.of(Span("24h"), "Sales", "") is feeds.of(Span("24h"), "Sales", "")
    assert feeds.of(Span("24h"), "Sales", "") is not feeds.of(Span("24h"), "", "")
