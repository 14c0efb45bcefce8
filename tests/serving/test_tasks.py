"""Tasks that a process lives by: each end that nobody asked for is told, and ends the part."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from serving.tasks import Ended, asked, closed, lasting, running


async def forever() -> None:
    await asyncio.Event().wait()


async def returns() -> None:
    await asyncio.sleep(0)


async def fails() -> None:
    await asyncio.sleep(0)
    raise KeyError("what was asked for")


async def cancelled_within() -> None:
    """What a client's closing does: it cancels a task of its own, and awaits it."""
    inner = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    inner.cancel()
    await inner


ENDS = [
    (returns, "returned, and is to last"),
    (fails, "ended with KeyError: 'what was asked for'"),
    (cancelled_within, "was cancelled, and nobody asked for it"),
]


@pytest.mark.parametrize(("work", "how"), ENDS)
def test_a_task_that_ends_ends_its_part(work: Callable[[], Awaitable[None]], how: str) -> None:
    said: list[str] = []

    async def scenario() -> None:
        async with asyncio.timeout(5), running("lrs", {"other": forever()}, said.append) as tasks:
            tasks.start("log", work())  # type: ignore[arg-type]
            while not said:  # noqa: ASYNC110 - the line is what a test can see
                await asyncio.sleep(0)

    asyncio.run(scenario())
    assert said == [f"lrs failed: its task 'log' {how}; it ends, to be begun anew"]


def test_a_stop_that_was_asked_for_says_nothing() -> None:
    said: list[str] = []

    async def scenario() -> None:
        async with running("lrs", {"log": forever(), "disk": forever()}, said.append) as tasks:
            tasks.start("ids", returns(), once=True)
            tasks.cancel(tasks.start("feed", forever()))
            await asyncio.sleep(0.01)
            assert tasks.names == ["log", "disk", "ids"] or tasks.names == ["log", "disk"]

    asyncio.run(scenario())
    assert said == []


def test_a_cancellation_that_nobody_asked_for_is_an_error_and_one_that_was_goes_through() -> None:
    async def unasked() -> None:
        with asked("the log's follower"):
            await cancelled_within()

    async def scenario() -> None:
        with pytest.raises(Ended, match="the log's follower was cancelled, and nobody asked"):
            await unasked()
        task = asyncio.create_task(lasting("the tail", forever()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(Ended, match="returned"):
            await lasting("the tail", returns())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await lasting("the tail", forever())

    asyncio.run(scenario())


def test_one_of_a_group_that_is_cancelled_from_within_ends_the_group() -> None:
    """A TaskGroup alone would take it for done, and the other would go on by itself."""

    async def scenario() -> None:
        async with asyncio.timeout(5), asyncio.TaskGroup() as both:
            both.create_task(lasting("the tail", cancelled_within()))
            both.create_task(lasting("the look", forever()))

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(scenario())
    assert [type(error) for error in raised.value.exceptions] == [Ended]


def test_closing_is_not_ended_by_what_a_client_does_in_it() -> None:
    done: list[str] = []

    async def last() -> None:
        done.append("last")

    async def scenario() -> list[BaseException]:
        return await closed(cancelled_within, fails, forever, last, seconds=0.05)

    errors = asyncio.run(scenario())
    assert done == ["last"]
    assert [type(error) for error in errors] == [
        asyncio.CancelledError,
        KeyError,
        asyncio.CancelledError,
    ]


PART = """
import asyncio
from serving.tasks import running
async def main():
    async def fails():
        raise ValueError("no more")
    async with running("lrs", {"log": fails()}):
        await asyncio.Event().wait()
asyncio.run(main())
"""


def test_the_process_ends_and_its_last_line_says_why() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PART], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        "lrs failed: its task 'log' ended with ValueError: no more; it ends, to be begun anew"
    )
