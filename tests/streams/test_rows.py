"""What processors write: positions, RowBinary, refusals, lags."""

import base64
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.records import Position
from bus.rejections import Kind, rejected
from streams.processors.directory.people import FOREVER, person_row
from streams.processors.facts import PACE, WITHIN, appended_ms, percentile
from streams.processors.observations import row_of as observation_row
from streams.processors.rejections import row_of as refused_row
from streams.pseudonyms import Pseudonyms
from streams.recorder.recorder import linger
from streams.rowbinary import Row, events, records

KEY = "00112233445566778899aabbccddeeff"


@given(
    st.integers(0, 2**41), st.integers(0, 2**16 - 1), st.integers(0, 2**44 - 1),
    st.integers(0, 2**20 - 1),
)  # fmt: skip
def test_a_position_survives_its_number(ms: int, partition: int, offset: int, line: int) -> None:
    position = Position(ms, partition, offset, line)
    assert Position.from_uint128(position.as_uint128()) == position


@given(st.lists(st.tuples(*[st.integers(0, 2**16 - 1)] * 4), min_size=2, max_size=2))
def test_positions_are_ordered_as_their_numbers(two: list[tuple[int, ...]]) -> None:
    one, other = (Position(*numbers) for numbers in two)
    assert (one < other) == (one.as_uint128() < other.as_uint128())


def test_a_long_value_carries_its_length() -> None:
    block = records(7, [Row(1, 2, 3, b"lrs:a", b"x" * 300)])
    assert block[:30] == (
        (7).to_bytes(8, "little") + bytes(4) + (1).to_bytes(2, "little")
        + (2).to_bytes(8, "little") + (3).to_bytes(8, "little")
    )  # fmt: skip
    assert block[30:36] == b"\x05lrs:a"
    assert block[36:38] == b"\xac\x02"  # 300 as a varint
    assert block[38:] == b"x" * 300


def test_events_carry_their_batch() -> None:
    assert (
        events(1, [b"ab", b""]) == bytes([1, *[0] * 7]) + b"\x02ab" + bytes([1, *[0] * 7]) + b"\x00"
    )


def test_a_refusal_is_the_same_for_the_same_cause() -> None:
    one = orjson.loads(
        rejected("a/1", source="s", kind=Kind.KPI, reason="r", path="p", body=b"\xff")
    )
    two = orjson.loads(
        rejected("a/1", source="s", kind=Kind.KPI, reason="r", path="p", body=b"\xff")
    )
    assert one["id"] == two["id"]
    assert base64.b64decode(one["body"]) == b"\xff"
    assert one["encoding"] == "base64"


def test_a_refusal_becomes_a_row() -> None:
    message = rejected("a/1", source="hook:github", kind=Kind.KPI, reason="r", path="p", body=b"{}")
    row = refused_row(message, 0, 9, 1_700_000_000_000)
    assert row[2:8] == ("hook:github", "kpi", "r", "p", "{}", "")


@pytest.mark.parametrize("value", [b"nonsense", b"[1]", b"5"])
def test_a_message_that_is_no_refusal_is_kept_all_the_same(value: bytes) -> None:
    row = refused_row(value, 0, 9, 1_700_000_000_000)
    assert (row[3], row[6]) == ("unreadable", value.decode())


def test_the_append_time_is_read_from_an_events_position() -> None:
    position = Position(1_700_000_000_123, 1, 2, 3)
    value = orjson.dumps({"id": "x", "position": str(position.as_uint128())})
    assert appended_ms(value) == 1_700_000_000_123
    assert appended_ms(b"{}") == 0
    assert appended_ms(b'{"position":"x"}') == 0


def test_a_percentile_of_none_is_zero() -> None:
    assert percentile([], 0.95) == 0
    assert percentile(list(range(100)), 0.95) == 95


def test_a_person_becomes_pseudonyms_and_dated_teams() -> None:
    row = person_row(
        {
            "load": "l",
            "person": "p1",
            "accounts": ["account:https://github.com|octocat"],
            "teams": [{"team": "Blue", "from": "2026-01-01", "to": None}],
            "manager": "p0",
            "start": "2025-05-01",
            "timezone": "Europe/Berlin",
        },
        12,
        Pseudonyms(KEY),
    )
    assert row[:2] == ("l", 12)
    assert row[3] == date(2025, 5, 1)
    assert row[6] == [("Blue", date(2026, 1, 1), FOREVER)]
    assert row[7] == "Europe/Berlin"
    assert "octocat" not in str(row)
    assert "p1" not in str(row)


@pytest.mark.parametrize("said", [{}, {"timezone": None}, {"timezone": ""}])
def test_a_person_of_whom_no_zone_is_said_has_none(said: dict[str, Any]) -> None:
    assert person_row({"load": "l", "person": "p1", **said}, 1, Pseudonyms(KEY))[7] == ""


def test_a_zone_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="timezone is no text"):
        person_row({"load": "l", "person": "p1", "timezone": 2}, 1, Pseudonyms(KEY))


def test_an_observation_becomes_a_row() -> None:
    message = {
        "load": "l", "kpi": "csat", "unit": "%", "direction": "up", "team": "Blue",
        "period": "2026-01-05", "grain": "week", "value": 91, "n": None,
    }  # fmt: skip
    counted = (date(2026, 1, 5), "week", 91.0, 0)
    assert observation_row(message, 3)[6:] == (*counted, None, None, None, 0)
    ratio = {"numerator": 91, "denominator": 100, "target": 95, "revision": 2}
    assert observation_row(message | ratio, 3)[6:] == (*counted, 91.0, 100.0, 95.0, 2)


def test_the_longer_storing_takes_the_more_events_gather() -> None:
    assert PACE.rest(0.0) == WITHIN
    assert PACE.rest(0.2) == WITHIN  # an idle machine: no longer than events wait anyway
    assert WITHIN < PACE.rest(0.3) < PACE.rest(0.4) < PACE.most
    assert PACE.rest(60.0) == PACE.most


def test_the_longer_an_insert_takes_the_more_records_gather() -> None:
    assert linger(0.3, 0.0) == 0.3  # an idle machine: what the setting says
    assert linger(0.3, 0.1) == pytest.approx(0.3)
    assert 0.3 < linger(0.3, 0.15) < linger(0.3, 0.18) < 0.6
    assert linger(0.3, 60.0) == 0.6
    assert linger(0.0, 60.0) == 0.0  # it was turned off
