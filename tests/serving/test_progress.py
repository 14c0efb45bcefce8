"""Whether work goes on: what stands still, since when, and what is told of it to whom."""

import asyncio
import time

from serving.health import Answers, told
from serving.progress import Places, Progress
from tests.waiting import until


def test_work_that_does_not_get_on_is_told_with_its_error_until_it_does() -> None:
    progress = Progress("The look", patience=0.0, do="look at Kafka")
    progress.failed(ConnectionError("no broker\nand a trace"))
    problem = progress.problem
    assert problem is not None
    assert (problem.what, problem.do, problem.detail) == (
        "The look stands still", "look at Kafka", "no broker",
    )  # fmt: skip
    assert abs(problem.since - time.time()) < 5
    patient = Progress("The look", patience=60.0)
    patient.failed("once")
    assert patient.problem is None
    patient.got_on()
    assert patient.error == ""


def test_what_lasts_is_told_at_once_and_what_may_pass_after_a_while() -> None:
    refused = Progress("The reading", patience=3_900.0, tolerance=300.0)
    refused.failed("no permission", lasting=True)
    problem = refused.problem
    assert problem is not None
    assert problem.detail == "no permission"
    refused.trying()
    assert refused.problem is not None, "it is tried again, and that it was refused still stands"
    refused.failed("does not answer")
    assert refused.problem is not None, "it has not been read since it was refused"
    refused.got_on()
    assert refused.problem is None

    passing = Progress("The reading", patience=3_900.0, tolerance=0.2)
    passing.trying()
    passing.failed("does not answer")
    assert passing.problem is None
    until(lambda: passing.problem is not None, seconds=20)
    passing.failed("does not answer")
    assert passing.problem is not None, "each try that fails is not another while"
    passing.got_on()
    assert passing.problem is None


def test_a_try_that_does_not_end_is_told_unless_it_goes_on() -> None:
    hanging = Progress("The reading", patience=3_900.0, tolerance=0.2)
    assert hanging.problem is None
    hanging.trying()
    until(lambda: hanging.problem is not None, seconds=20)
    hanging.trying()
    assert hanging.problem is None, "it went on"


def test_a_place_stands_still_only_where_there_is_more() -> None:
    places = Places("Group recorded", patience=0.05)
    places.look({"a": (5, 5), "b": (1, 9)})
    time.sleep(0.06)  # time is what is measured
    places.look({"a": (5, 5), "b": (2, 9)})
    assert places.problem is None, "one is at its end, the other moved"
    time.sleep(0.06)
    places.look({"a": (5, 5), "b": (2, 10)})
    problem = places.problem
    assert problem is not None
    assert problem.what == "Group recorded stands still, and there is more to do"
    places.look({"a": (5, 5)})
    assert places.problem is None, "somebody else has it now"


def test_who_hangs_is_asked_once_and_told_soon() -> None:
    asked: list[int] = []
    release = asyncio.Event()

    async def ask() -> bool:
        asked.append(1)
        await release.wait()
        return True

    async def scenario() -> None:
        answers = Answers("Kafka", ask, do="wait", seconds=0.05)
        began = time.monotonic()
        assert [await answers.now() for _ in range(3)] == [False] * 3
        assert time.monotonic() - began < 20
        assert len(asked) == 1
        assert answers.problem is not None
        assert answers.problem.what == "Kafka does not answer"
        release.set()
        assert await answers.now()
        assert answers.problem is None

    asyncio.run(scenario())


def test_strangers_are_told_no_error() -> None:
    progress = Progress("The look", patience=0.0)
    progress.failed("row 'anna@example.org' cannot be read")
    assert "detail" in told([progress.problem, None], whole=True)[0]
    assert "anna" not in str(told([progress.problem], whole=False))
