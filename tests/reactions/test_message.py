"""What is said of a case: a statement by its template, which is no learning and names nobody."""

import json
from datetime import UTC, date, datetime

import msgspec
import pytest

from bus import records
from bus.records import Position
from reactions import message
from reactions.document import EVERY
from reactions.rules import Case, amount_of
from streams import rules as house
from streams.events import event_of
from streams.pseudonyms import Pseudonyms
from tests.xapi.test_profile import DOCUMENT, follows
from xapi import profile

AT = datetime(2026, 3, 27, 16, 0, 0, 250_000, tzinfo=UTC)
PERSON = "8123456789012345678"


def cases() -> list[Case]:
    """One of each rule, with all that it may name, and with as little as there can be."""
    return [
        Case(rule.name, rule.when, PERSON, AT, amount_of(rule), *named)
        for rule in EVERY.rule
        for named in (('R&D "ops"', "Web", "https://wiki.test/q?a=1"), ("", "", ""))
    ]


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.when}{bool(case.topic)}")
def test_a_statement_follows_its_template_and_no_other(case: Case) -> None:
    said = message.of(case)
    assert message.decoded(message.encoded(said)) == said
    record = message.record(said)
    (line,) = records.lines(record.value)
    statement = json.loads(line)
    following = [each["id"] for each in DOCUMENT["templates"] if follows(statement, each)]
    assert following == [profile.template_iri("raised")]
    assert records.ids(record.headers) == [case.id]
    assert statement["timestamp"] == "2026-03-27T16:00:00.250Z"
    assert PERSON not in line.decode() + message.encoded(said)


def test_a_week_says_its_lines() -> None:
    lines = ("Sharing 21 %, as before.", "Web asks 40 % more a head.")
    case = Case("week", "week", "2026-03-16", AT, 1, week=date(2026, 3, 16))
    said = msgspec.structs.replace(message.of(case), lines=lines, sheet="Harbour")
    assert said.said == "What changed in the week of 16 March 2026."
    assert message.decoded(message.encoded(said)) == said
    definition = message.statement(said)["object"]["definition"]
    assert definition["description"] == {"en": "\n".join(lines)}
    assert "Harbour" not in str(message.statement(said))


@pytest.mark.parametrize("case", cases()[:1])
def test_it_is_no_learning_whatever_the_house_says(case: Case) -> None:
    (line,) = records.lines(message.record(message.of(case)).value)
    rules = house.read('[[rule]]\nbehaviour = "ask"\ntopic = "*"\n')
    seen: dict[str, int] = {}
    place = Position(1_774_000_000_000, 0, 0, 0)
    assert event_of(line, place, "", Pseudonyms("00" * 16), seen, rules) is None
    assert seen == {}
