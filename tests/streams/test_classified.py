"""Statements become events: who, what, when, about what; nothing of a person's name is left."""

import asyncio
import contextlib
import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus import records
from bus.records import Position
from bus.topics import EVENTS
from streams.events import Unclassifiable, event_of, events_of
from streams.packing import RECORD_BYTES, Packing
from streams.pseudonyms import Pseudonyms
from xapi import days, vocabulary

KEY = "00112233445566778899aabbccddeeff"
ID = "2b134c19-aad6-43b7-9b4f-cb78fb59677e"
PLACE = Position(1_700_000_000_000, 3, 42, 1)


def made(**changes: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "actor": {"account": {"homePage": "https://github.com", "name": "octocat"}},
        "verb": {"id": vocabulary.VERBS["answered"]},
        "object": {
            "id": "https://github.com/o/r/discussions/1",
            "definition": {"type": vocabulary.ACTIVITY_TYPES["question"]},
        },
        "timestamp": "2026-03-01T12:00:00.250+02:00",
        **changes,
    }


def event(statement: dict[str, Any]) -> dict[str, Any]:
    result = event_of(json.dumps(statement).encode(), PLACE, "lrs:a", Pseudonyms(KEY), {})
    assert result is not None
    return msgspec.structs.asdict(result)


def test_an_event_says_who_what_when() -> None:
    result = event(made())
    assert result["id"] == ID
    assert result["time"] == 1_772_359_200_250
    assert result["behaviour"] == "help"
    assert result["scaffold"] == "sharing"
    assert result["know"] == "who"
    assert result["tool"] == "github.com"
    assert result["object"] == "https://github.com/o/r/discussions/1"
    assert Position.from_uint128(int(result["position"])) == PLACE
    assert result["source"] == "lrs:a"


def test_no_name_is_left_in_an_event() -> None:
    statement = made(
        context={
            "extensions": {
                vocabulary.COUNTERPART: {
                    "account": {"homePage": "https://github.com", "name": "hubot"}
                }
            }
        }
    )
    result = event(statement)
    assert result["counterpart"] != 0
    assert "octocat" not in json.dumps(result)
    assert "hubot" not in json.dumps(result)


def test_a_person_as_object_is_not_named() -> None:
    result = event(made(object={"objectType": "Agent", "mbox": "mailto:ada@corp.invalid"}))
    assert result["object"] == ""
    assert "ada" not in json.dumps(result)


def test_without_a_timestamp_the_append_time_counts() -> None:
    statement = made()
    del statement["timestamp"]
    assert event(statement)["time"] == PLACE.appended_ms


@pytest.mark.parametrize(
    ("timestamp", "time"),
    [
        ("0001-01-01T00:00:00Z", days.EARLIEST_MS),
        ("0001-01-01T00:00:00+14:00", days.EARLIEST_MS),
        ("1900-06-01T00:00:00Z", days.EARLIEST_MS),
        ("1969-12-31T23:59:59.999Z", days.EARLIEST_MS),
        ("1970-01-01T00:00:00Z", days.EARLIEST_MS),
        ("1970-01-02T13:00:00+01:00", days.EARLIEST_MS),
        ("1970-01-03T00:00:00Z", 172_800_000),
        ("2100-01-01T00:00:00Z", 4_102_444_800_000),
        ("2105-12-31T09:00:00Z", 4_291_693_200_000),
        ("2106-02-07T06:28:16Z", days.LATEST_MS),
        ("2149-06-07T00:00:00Z", days.LATEST_MS),
        ("9999-12-31T23:59:59-12:00", days.LATEST_MS),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("20261125T120000Z", 1_795_608_000_000),
    ],
)
def test_a_time_beyond_the_calendar_is_brought_to_its_edge(timestamp: str, time: int) -> None:
    assert event(made(timestamp=timestamp))["time"] == time


@pytest.mark.parametrize(("stored", "time"), [(0, days.EARLIEST_MS), (1 << 47, days.LATEST_MS)])
def test_so_is_the_append_time_of_a_broker_without_a_clock(stored: int, time: int) -> None:
    statement = made()
    del statement["timestamp"]
    place = Position(stored, 3, 42, 1)
    found = event_of(json.dumps(statement).encode(), place, "lrs:a", Pseudonyms(KEY), {})
    assert found is not None
    assert found.time == time


def test_the_same_account_is_the_same_pseudonym_in_any_spelling() -> None:
    slash = made(actor={"account": {"homePage": "https://github.com/", "name": "octocat"}})
    other = made(actor={"account": {"homePage": "https://github.com", "name": "Octocat"}})
    assert event(made())["account"] == event(slash)["account"]
    assert event(made())["account"] != event(other)["account"]


def test_tool_topic_and_duration_come_from_the_context() -> None:
    result = event(
        made(
            context={
                "platform": "GitHub",
                "extensions": {vocabulary.TOPIC: "acme/widgets"},
            },
            result={"duration": "P1DT2H"},
        )
    )
    assert (result["tool"], result["topic"], result["duration"]) == (
        "GitHub",
        "acme/widgets",
        93600,
    )


def test_the_topic_is_else_the_parents_name() -> None:
    parent = {"id": "https://a.invalid/1", "definition": {"name": {"en": "Onboarding"}}}
    result = event(made(context={"contextActivities": {"parent": [parent]}}))
    assert result["topic"] == "Onboarding"


def test_a_result_says_whether_it_succeeded_and_how_well() -> None:
    found = event(made(result={"success": False, "score": {"scaled": 1, "raw": 7}}))
    assert (found["success"], found["score"]) == (False, 1.0)
    found = event(made(result={"success": "yes", "score": {"raw": 7}}))
    assert (found["success"], found["score"]) == (None, None)


QUESTION, REPLY = "https://github.com/o/r/discussions/1", "https://forum.example/replies/7"
FORUM_REPLY = {"type": vocabulary.ACTIVITY_TYPES["forum-reply"]}
PARENT = {"contextActivities": {"parent": [{"id": "https://forum.example/t/1"}, {"id": "b"}]}}
STATEMENT = {"objectType": "StatementRef", "id": ID.upper()}


@pytest.mark.parametrize(
    ("verb", "target", "context", "reference"),
    [
        ("answered", {"id": QUESTION}, {}, QUESTION),
        # Of a question in a quiz, not the quiz.
        ("answered", {"id": QUESTION}, PARENT, QUESTION),
        ("replied", {"id": REPLY, "definition": FORUM_REPLY}, PARENT, "https://forum.example/t/1"),
        ("replied", {"id": REPLY, "definition": FORUM_REPLY}, {}, REPLY),
        ("replied", {"id": REPLY}, {"statement": STATEMENT}, f"urn:uuid:{ID}"),
        ("commented", STATEMENT, {}, f"urn:uuid:{ID}"),
        ("mentored", {"objectType": "Agent", "mbox": "mailto:ada@corp.invalid"}, {}, ""),
        ("asked", {"id": QUESTION}, PARENT, ""),
        ("read", {"id": QUESTION}, PARENT, ""),
    ],
)
def test_a_response_refers_to_what_it_responds_to(
    verb: str, target: dict[str, Any], context: dict[str, Any], reference: str
) -> None:
    found = event(made(verb={"id": vocabulary.VERBS[verb]}, object=target, context=context))
    assert found["reference"] == reference
    assert found["parent"] == ("https://forum.example/t/1" if context == PARENT else "")


def test_a_language_is_a_code_or_none() -> None:
    def told(said: Any) -> Any:
        return event(made(context={"extensions": {vocabulary.LANGUAGE: said}}))["language"]

    assert [told(said) for said in ("en", "yue", "EN", "english", "e1", 7, None)] == [
        "en", "yue", "", "", "", "", "",
    ]  # fmt: skip
    assert event(made())["language"] == ""


def test_a_registration_is_kept_in_one_form() -> None:
    assert event(made(context={"registration": ID.upper()}))["registration"] == ID
    assert event(made(context={"registration": "7"}))["registration"] == ""


def test_a_void_is_no_event() -> None:
    void = made(
        verb={"id": vocabulary.VERBS["voided"]}, object={"objectType": "StatementRef", "id": ID}
    )
    assert event_of(json.dumps(void).encode(), PLACE, "", Pseudonyms(KEY), {}) is None


def test_what_is_no_json_is_left_to_the_recorder() -> None:
    assert event_of(b"rubbish", PLACE, "", Pseudonyms(KEY), {}) is None


@pytest.mark.parametrize(
    "broken", [[1], 5, {}, {"id": ID}, {"id": "7", "verb": {"id": "a"}}, {"id": ID, "verb": 5}]
)
def test_what_has_no_id_or_verb_is_left_to_the_recorder(broken: Any) -> None:
    assert event_of(json.dumps(broken).encode(), PLACE, "", Pseudonyms(KEY), {}) is None


@pytest.mark.parametrize(
    "broken",
    [made(timestamp=5), made(context=5), made(object="x"), made(timestamp="yesterday")],
)
def test_what_has_the_wrong_shape_is_refused_with_the_reason(broken: Any) -> None:
    refused: list[Any] = []
    values = [(PLACE, "lrs:a", json.dumps(broken).encode())]
    assert list(events_of(values, Pseudonyms(KEY), {}, refused)) == []
    (position, source, line, reason) = refused[0]
    assert (position.offset, position.line, source) == (42, 0, "lrs:a")
    assert json.loads(line) == broken
    assert reason


def test_every_line_of_a_record_keeps_its_own_position() -> None:
    lines = [json.dumps(made(id=str(UUID(int=n)))).encode() for n in range(4)]
    seen: dict[str, int] = {}
    found = list(events_of([(PLACE, "s", b"\n".join(lines))], Pseudonyms(KEY), seen, []))
    assert [Position.from_uint128(int(e.position)).line for e in found] == [0, 1, 2, 3]
    assert list(seen) == ["account:https://github.com|octocat"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("id", "actor", "verb", "object", "context", "result", "account")),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_nothing_that_json_can_say_breaks_it(anything: Any) -> None:
    line = json.dumps(anything).encode()
    with contextlib.suppress(Unclassifiable):
        made_of = event_of(line, PLACE, "", Pseudonyms(KEY), {})
        assert made_of is None or made_of.position


class _Producer:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bytes, bytes]] = []
        self.acknowledged = 0

    async def send(self, topic: str, *, key: bytes, value: bytes, partition: int) -> Any:
        assert topic == EVENTS.name
        self.sent.append((partition, key, value))

        async def acknowledge() -> None:
            self.acknowledged += 1

        return acknowledge()


def test_events_share_records_and_those_of_one_person_stay_in_order() -> None:
    people = [3, 11, 4, 2**64 - 1]  # 3 and 11 share a partition
    given = [
        (people[n % len(people)], b'{"n":%d,"x":"%s"}' % (n, b"x" * 200)) for n in range(2_000)
    ]
    producer: Any = _Producer()

    async def pack() -> None:
        packing = Packing(producer)
        for person, event in given:
            await packing.add(person, event)
        await packing.finish()

    asyncio.run(pack())
    assert producer.acknowledged == len(producer.sent) < 25
    assert max(len(value) for _, _, value in producer.sent) < RECORD_BYTES + 400
    for partition in {person % EVENTS.partitions for person in people}:
        values = [value for number, _, value in producer.sent if number == partition]
        found = [line for value in values for line in records.lines(value)]
        assert found == [event for one, event in given if one % EVENTS.partitions == partition]
    assert producer.sent[0][1] in {str(person).encode() for person in people}
