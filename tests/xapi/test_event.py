"""The learning event is spelled in one place: what the stream writes, the warehouse keeps."""

import json
import re
from typing import Any
from uuid import UUID

import msgspec
import pytest

from headwater import docs
from xapi import event
from xapi.event import FIELDS, Event, encoded

FULL = Event(
    id="2b134c19-aad6-43b7-9b4f-cb78fb59677e", time=1_772_359_200_250, account=2**64 - 1,
    counterpart=7, tool="Tool", behaviour="ask", scaffold="discovery", know="who", verb="v",
    object="o", object_type="t", topic="a <b> \u2028 'c' \\", duration=1.5, success=True,
    score=-0.5, parent="p", reference="r", registration="6a1c1e4e-6cf5-4f0a-9a52-0a6c4d9f3d11",
    language="yue", source="lrs:a",
    position=str((1_772_359_200_300 << 80) + 5),
)  # fmt: skip
#: Fields that events of an earlier version lack.
NEWER = ("success", "score", "parent", "reference", "registration", "language")
#: Columns of the facts that the warehouse adds.
ADDED = ["version", "gone"]


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the engine says of the tables that hold events, and of one that was written."""
    with docs.migrated() as engine:
        line = encoded(FULL).decode().replace("\\", "\\\\").replace("'", "\\'")
        engine.query(f"INSERT INTO learning.events_in (batch, value) VALUES (1, '{line}')")

        def rows(sql: str) -> list[list[Any]]:
            return [
                json.loads(row) for row in str(engine.query(sql, "JSONCompactEachRow")).splitlines()
            ]

        columns = "SELECT name FROM system.columns WHERE database = 'learning' AND table = '{}'"
        kept = ", ".join(
            {"time": "toString(toUnixTimestamp64Milli(time))"}.get(name, f"toString({name})")
            for name in FIELDS
        )
        newer = ", ".join(NEWER)
        bare = msgspec.structs.replace(FULL, success=None, score=None, parent="", reference="",
                                       registration="", language="")  # fmt: skip
        before = {k: v for k, v in msgspec.to_builtins(bare).items() if k not in NEWER}
        for number, each in enumerate((msgspec.to_builtins(bare), before)):
            value = json.dumps({**each, "id": str(UUID(int=number)), "topic": ""})
            engine.query(f"INSERT INTO learning.events_in (batch, value) VALUES (1, '{value}')")
        return {
            "facts": [row[0] for row in rows(columns.format("fact_rows"))],
            "events": [row[0] for row in rows(columns.format("events"))],
            "read": rows("SELECT as_select FROM system.tables WHERE name = 'parsed_mv'")[0][0],
            "kept": rows(f"SELECT {kept} FROM learning.events WHERE id = '{FULL.id}'")[0],
            "unsaid": rows(f"SELECT {newer} FROM learning.events WHERE id != '{FULL.id}'"),
            "poison": rows("SELECT count() FROM learning.poison"),
        }


def test_the_facts_have_its_columns_in_its_order(told: dict[str, Any]) -> None:
    assert told["facts"] == [*FIELDS, *ADDED]
    assert set(FIELDS) <= set(told["events"])


def test_the_warehouse_reads_the_line_by_its_type(told: dict[str, Any]) -> None:
    plain = re.sub(r"\\n|\s+", " ", told["read"])
    found = re.search(r"Tuple\(\s*id (?:[^()]|\([^()]*\))*\)", plain)
    assert found is not None
    assert re.sub(r"\s*([(),])\s*", r"\1", found[0]) == event.json_type().replace(", ", ",")


def test_what_was_written_is_what_is_kept(told: dict[str, Any]) -> None:
    assert told["poison"] in ([["0"]], [[0]])
    values = [str(value) for value in msgspec.structs.astuple(FULL)]
    values[FIELDS.index("success")] = "true"
    assert told["kept"] == values


def test_what_is_not_said_is_null_or_empty(told: dict[str, Any]) -> None:
    """Of a line too that was written before there were these fields."""
    assert told["unsaid"] == [[None, None, "", "", None, ""]] * 2


def test_a_line_is_one_line() -> None:
    assert b"\n" not in encoded(msgspec.structs.replace(FULL, topic="a\nb"))
