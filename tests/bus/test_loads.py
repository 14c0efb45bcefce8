"""The records of a load: written and read back, and what is none."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.loads import Closing, closing, entry, read

LOAD = UUID(int=7)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@given(st.dictionaries(st.text("abc", min_size=1), st.text() | st.integers(0, 9) | st.none()))
def test_an_entry_is_read_back(value: dict[str, object]) -> None:
    assert read(entry(LOAD, value), "people") == {"load": str(LOAD), **value}


@given(st.integers(0, 10**9))
def test_a_closing_record_is_read_back(count: int) -> None:
    key, value = closing(LOAD, "people", count, at=NOW)
    assert key == f"load:{LOAD}".encode()
    assert read(value, "people") == Closing(str(LOAD), count)
    assert orjson.loads(value) == {
        "load": str(LOAD),
        "closed": True,
        "people": count,
        "at": "2026-03-02T12:00:00.000+00:00",
        "revision": 1,
    }


def test_a_closing_record_from_before_revisions_is_the_first() -> None:
    value = orjson.dumps({"load": str(LOAD), "closed": True, "people": 3, "at": "2026-03-02"})
    assert read(value, "people") == Closing(str(LOAD), 3)


def test_a_load_that_is_newer_than_its_reader_is_told() -> None:
    _, value = closing(LOAD, "people", 3, at=NOW, revision=2)
    with pytest.raises(ValueError, match="is of revision 2, and this part reads up to 1: upgrade"):
        read(value, "people")
    assert read(value, "people", 2) == Closing(str(LOAD), 3)


@pytest.mark.parametrize(
    "value",
    [b"", b"x", b"7", b"[]", b"{}", b'{"load": 7}', b'{"load": "7"}',
     b'{"load": "00000000-0000-0000-0000-000000000007", "closed": true}',
     b'{"load": "00000000-0000-0000-0000-000000000007", "closed": true, "people": "x"}'],
)  # fmt: skip
def test_what_is_none_is_refused(value: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read(value, "people")
