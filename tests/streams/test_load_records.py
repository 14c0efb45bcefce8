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

    def __init__(self) -> None:
        self.warehouse = self
        self.pseudonyms = Pseudonyms("ab" * 16)
        self.written: list[str] = []
        self.reasons: list[str] = []

    def insert(self, table: str, columns: Any, rows: list[Any]) -> None:
        self.written += [table] * len(rows)

    async def reject(self, where: str, *, reason: str, **_: Any) -> None:
        self.reasons.append(f"{where}: {reason}")


@pytest.mark.parametrize(
    ("processor", "counted"),
    [(directory.processor, "people"), (observations.processor, "observations")],
    ids=["directory", "observations"],
)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (loads.closing(LOAD, "rows", 3, at=NOW)[1], "KeyError: '{counted}'"),
        (loads.entry(LOAD, {"closed": True}), "KeyError: '{counted}'"),
        (b'{"load": "load 7", "closed": true}', "ValueError: badly formed"),
        (
            loads.closing(LOAD, "rows", 3, at=NOW, revision=2)[1],
            "ValueError: the load is of revision 2, and this part reads up to 1: upgrade it",
        ),
    ],
    ids=["another count", "no count", "no id", "newer"],
)
def test_a_load_that_cannot_be_closed_is_refused_and_never_counts(
    processor: Any, counted: str, value: bytes, reason: str
) -> None:
    context: Any = Keeping()
    message = Message(processor.topic.name, 0, 5, 0, b"key", value)
    asyncio.run(processor.handle(context, [message]))
    assert context.written == []
    (told,) = context.reasons
    assert told.startswith(f"{processor.topic.name}/0/5: {reason.replace('{counted}', counted)}")
