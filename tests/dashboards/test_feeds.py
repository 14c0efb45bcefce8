"""The pollers: shared, awake only while somebody looks, and honest about silence."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from learning_board import LEARNING

from dashboards.board import Query
from dashboards.boards import boards
from dashboards.feeds import Feed, Feeds
from dashboards.queries import INSTALLATION, KPI, PULSE, TEAM
from dashboards.spans import Span
from serving.pacing import Pacing
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


def feed(answers: Answers, every: float = 0.01, wakes: bool = False) -> Feed:
    query = Query("a", ("a",), "SELECT 1", every, wakes)
    return Feed(answers, query, dict, asyncio.Semaphore(1))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed rests for no longer than it took."""
    monkeypatch.setattr("dashboards.feeds.PACE", Pacing(least=0.001, share=1.5))


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
    assert sorted(number for number, _ in heard) == [1, 2]
    answers.rows = [(2,)]
    await until(lambda: len(heard) == 4)
    polled.leave(one)
    polled.leave(two)


async def test_what_is_woken_is_asked_at_once() -> None:
    answers = Answers()
    polled = feed(answers, every=100.0)
    heard: list[Feed] = []
    polled.listen(heard.append)
    await until(lambda: len(heard) == 1)
    answers.rows = [(2,)]
    polled.wake()
    await until(lambda: len(heard) == 2)
    assert polled.rows == [(2,)]
    polled.leave(heard.append)


async def test_the_same_answer_to_another_choice_is_news() -> None:
    answers = Answers()
    asked = {"kpi": "first", "from": 1}
    query = Query("a", ("a",), "SELECT 1", 0.01)
    polled = Feed(answers, query, lambda: dict(asked), asyncio.Semaphore(1))  # type: ignore[arg-type]
    heard: list[Any] = []
    listener: Callable[[Feed], None] = lambda feed: heard.append(feed.choice)  # noqa: E731 - kept
    polled.listen(listener)
    await until(lambda: len(heard) == 1)
    asked["from"] = 2  # the range moves on: no news
    before = answers.asked
    await until(lambda: answers.asked > before + 1)
    assert heard == [{"kpi": "first"}]
    asked["kpi"] = "second"
    await until(lambda: len(heard) == 2)
    assert heard[1] == {"kpi": "second"}
    polled.leave(listener)


async def test_rows_of_what_was_first_before_are_known_as_such() -> None:
    board = LEARNING
    feeds = Feeds(Answers(), boards())  # type: ignore[arg-type]
    chosen = {TEAM: "", KPI: ""}
    one = feeds.of(board.query(board.panel("kpi")), Span("24h"), chosen)
    feeds.common[KPI.query].rows = [("old", "h", "down", 1)]
    one.told = one.parameters()
    assert not feeds.of_before(one, chosen)
    feeds.common[KPI.query].rows = [("first", "h", "down", 1), ("old", "h", "down", 1)]
    assert feeds.of_before(one, chosen)
    assert not feeds.of_before(one, {TEAM: "", KPI: "old"})


async def test_what_is_asked_with_something_unknown_waits_for_it() -> None:
    answers = Answers()
    known = False
    query = Query("a", ("a",), "SELECT 1", 100.0)
    polled = Feed(answers, query, dict, asyncio.Semaphore(1), ready=lambda: known)  # type: ignore[arg-type]
    heard: list[Feed] = []
    polled.listen(heard.append)
    await asyncio.sleep(0.02)  # nothing is to happen
    assert answers.asked == 0
    known = True
    polled.wake()
    await until(lambda: bool(heard))
    polled.leave(heard.append)


async def test_questions_are_asked_side_by_side() -> None:
    class Slow(Answers):
        under_way = most = 0

        def query(self, sql: str, parameters: Any = None) -> list[Any]:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            together.wait(timeout=5)
            self.under_way -= 1
            return []

    together = threading.Barrier(2)
    answers = Slow()
    feeds = Feeds(answers, boards())  # type: ignore[arg-type]
    listener: Callable[[Feed], None] = lambda feed: None  # noqa: E731 - kept, to leave with
    polled = [
        Feed(answers, Query(name, (), "SELECT 1", 100.0), dict, feeds._gate)  # type: ignore[arg-type]
        for name in ("a", "b")
    ]
    for one in polled:
        one.listen(listener)
    await until(lambda: all(one.rows is not None for one in polled))
    assert answers.most == 2
    for one in polled:
        one.leave(listener)


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
    await until(lambda: polled.rows is not None)
    answers.error = WarehouseUnavailable("nobody")
    await until(lambda: polled.stale_since is not None)
    assert polled.stale_since == polled.answered
    assert polled.rows == [(1,)]
    answers.error = None
    await until(lambda: polled.stale_since is None)
    assert heard[-1] is polled
    polled.leave(heard.append)


async def test_a_refusal_is_told_in_the_warehouses_words() -> None:
    answers = Answers()
    heard: list[Any] = []
    answers.error = WarehouseError("Code: 60. Unknown table viewer.activity")
    polled = feed(answers)
    polled.listen(heard.append)
    await until(lambda: bool(heard))
    assert polled.error == "Code: 60. Unknown table viewer.activity"
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


async def test_a_choice_touches_only_what_is_asked_with_it() -> None:
    board = LEARNING
    feeds = Feeds(Answers(), boards())  # type: ignore[arg-type]

    def of(name: str, span: str = "24h", team: str = "", kpi: str = "") -> Feed:
        return feeds.of(board.query(board.panel(name)), Span(span), {TEAM: team, KPI: kpi})

    assert of("totals") is of("totals")
    assert of("totals") is of("behaviours")  # one source
    assert of("totals") is of("totals", kpi="another")
    assert of("totals") is not of("totals", team="Sales")
    assert of("kpi") is not of("kpi", kpi="another")
    assert of("tenure") is of("tenure", team="Sales")
    assert of("pipeline") is of("pipeline", span="7d", team="Sales", kpi="another")


async def test_news_of_the_pulse_wake_what_depends_on_it() -> None:
    board = LEARNING
    feeds = Feeds(Answers(), boards())  # type: ignore[arg-type]
    woken: list[str] = []
    listener: Callable[[Feed], None] = lambda feed: None  # noqa: E731 - kept, to leave with
    watched = []
    for name in ("latest", "tenure", "people"):
        one = feeds.of(board.query(board.panel(name)), Span("24h"), {TEAM: "", KPI: ""})
        one.wake = lambda name=name: woken.append(name)  # type: ignore[method-assign, misc]
        watched.append(one)
    for one in watched[:2]:
        one.listen(listener)
    feeds.heard(feeds.common[PULSE])
    assert woken == ["latest"]
    feeds.heard(feeds.common[INSTALLATION])
    assert woken == ["latest", "latest", "tenure"]  # nobody looks at the third
    for one in watched[:2]:
        one.leave(listener)


async def test_who_comes_back_after_long_waits_for_a_current_answer_and_hears_it() -> None:
    answers = Answers()
    heard: list[bool] = []
    polled = feed(answers, every=0.05)
    listener = lambda each: heard.append(each.current)  # noqa: E731
    polled.listen(listener)
    await until(lambda: heard == [True])
    polled.leave(listener)
    await until(lambda: not polled.current)
    polled.listen(listener)
    await until(lambda: heard == [True, True])
    polled.leave(listener)
    await polled.tasks.stop()
