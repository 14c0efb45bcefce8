"""What the processors of loads make of closing records that they cannot take."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from bus import loads
from streams.processor import Message
from streams.processors import directory, observations
from streams.pseudonyms import Pseudonyms

LOAD = UUID(int=7)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Keeping:
    """A context that keeps what a processor wrote, and what it refused."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.warehouse = self
        #: What the next insert raises.
        self.fault = fault
        self.pseudonyms = Pseudonyms("ab" * 16)
        self.written: list[str] = []
        self.reasons: list[str] = []

    def kept(self, kind: type[Any]) -> Any:
        return kind()

    def clock(self) -> float:
        return NOW.timestamp()

    def command(self, name: str, **_: Any) -> None:
        pass

    def rows(self, name: str) -> list[Any]:
        return []

    def insert(self, table: str, columns: Any, rows: list[Any]) -> None:
        if rows and (fault := self.fault):
            self.fault = None
            raise fault
        self.written += [table] * len(rows)

    async def reject(self, where: str, *, reason: str, **_: Any) -> None:
        self.reasons.append(f"{where}: {reason}")


@pytest.mark.parametrize(
    ("processor", "counted", "newest"),
    [(directory.processor, "people", 4), (observations.processor, "observations", 1)],
    ids=["directory", "observations"],
)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (loads.closing(LOAD, "rows", 3, at=NOW)[1], "KeyError: '{counted}'"),
        (loads.entry(LOAD, {"closed": True}), "KeyError: '{counted}'"),
        (
            loads.entry(LOAD, {"closed": True, "people": -1, "observations": -1}),
            "ValueError: -1 is",
        ),
        (b'{"load": "load 7", "closed": true}', "ValueError: badly formed"),
        (
            loads.closing(LOAD, "rows", 3, at=NOW, revision=5)[1],
            "ValueError: the load is of revision 5, and this part reads up to {newest}: upgrade it",
        ),
    ],
    ids=["another count", "no count", "less than nothing", "no id", "newer"],
)
def test_a_load_that_cannot_be_closed_is_refused_and_never_counts(
    processor: Any, counted: str, newest: int, value: bytes, reason: str
) -> None:
    context: Any = Keeping()
    message = Message(processor.topic.name, 0, 5, 0, b"key", value)
    asyncio.run(processor.handle(context, [message]))
    assert context.written == []
    (told,) = context.reasons
    expected = reason.replace("{counted}", counted).replace("{newest}", str(newest))
    assert told.startswith(f"{processor.topic.name}/0/5: {expected}")


PERSON = {"person": "ada", "accounts": ["github:ada"], "teams": [{"team": "Blue"}]}
FIGURE = {
    "kpi": "nps", "unit": "points", "direction": "up", "team": "Blue", "period": "2026-03-02",
    "grain": "week", "value": 7, "n": 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("processor", "counted", "value", "tables"),
    [
        (directory.processor, "people", PERSON, ["directory.person_rows", "directory.load_rows"]),
        (observations.processor, "observations", FIGURE, ["kpi.observation_rows", "kpi.load_rows"]),
    ],
    ids=["directory", "observations"],
)
@pytest.mark.parametrize("entries", [1, 0], ids=["storing what it holds", "closing it"])
def test_a_fault_that_is_not_the_records_refuses_nothing_and_is_tried_again(
    processor: Any, counted: str, value: dict[str, Any], tables: list[str], entries: int
) -> None:
    """A client that cannot read an answer raises ValueError too."""
    context: Any = Keeping(ValueError("no such answer"))
    records = [loads.entry(LOAD, value)] * entries
    records.append(loads.closing(LOAD, counted, entries, at=NOW)[1])
    messages = [
        Message(processor.topic.name, 0, n, 0, b"k", said) for n, said in enumerate(records)
    ]
    with pytest.raises(ValueError, match="no such answer"):
        asyncio.run(processor.handle(context, messages))
    assert context.reasons == []
    asyncio.run(processor.handle(context, messages))
    assert context.reasons == []
    assert set(tables[1 - entries :]) <= set(context.written)


@pytest.mark.parametrize(
    ("processor", "value", "reason"),
    [
        (observations.processor, FIGURE | {"kpi": 7}, "TypeError: kpi is no text: 7"),
        (observations.processor, FIGURE | {"n": -1}, "ValueError: -1 is no count"),
        (directory.processor, PERSON | {"teams": [{"team": 7}]}, "TypeError: team is no text: 7"),
        (
            directory.processor,
            {"account": "account:https://slack.com|U1", "addresses": "ada@example.org"},
            "TypeError: addresses are no list of texts",
        ),
    ],
)
def test_what_no_column_takes_is_refused_as_it_is_read(
    processor: Any, value: dict[str, Any], reason: str
) -> None:
    context: Any = Keeping()
    message = Message(processor.topic.name, 0, 0, 0, b"k", loads.entry(LOAD, value))
    asyncio.run(processor.handle(context, [message]))
    assert context.written == []
    (told,) = context.reasons
    assert told.endswith(reason)
