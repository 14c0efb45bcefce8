"""Every connector's answers refer to what its questions are: by the examples of both."""

import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from bus.records import Position
from producers import connectors
from producers.registry import all_connectors
from streams.events import event_of
from streams.pseudonyms import Pseudonyms
from xapi.event import Event
from xapi.vocabulary import VERBS

FOLDER = Path(connectors.__path__[0])
PLACE = Position(1_772_359_200_000, 0, 0, 0)
ANSWERS = {VERBS["answered"], VERBS["replied"]}


def events(connector: str) -> Iterator[Event]:
    """What the stream makes of all that a connector's examples become."""
    pseudonyms = Pseudonyms("ab" * 16)
    for path in sorted((FOLDER / connector / "examples").glob("*.expected.json")):
        for told in json.loads(path.read_text("utf-8")):
            for statement in told["statements"]:
                found = event_of(orjson.dumps(statement), PLACE, "hook:x", pseudonyms, {})
                if found:
                    yield found


TOLD = {name: list(events(name)) for name in all_connectors()}
ASKED = {
    name: {event.object for event in found if event.behaviour == "ask"}
    for name, found in TOLD.items()
}


def test_there_are_questions_and_answers() -> None:
    assert len([name for name, asked in ASKED.items() if asked]) > 8


@pytest.mark.parametrize("name", sorted(name for name, asked in ASKED.items() if asked))
def test_an_answer_refers_to_what_was_asked(name: str) -> None:
    helping = [each for each in TOLD[name] if each.behaviour == "help"]
    assert "" not in ASKED[name]
    assert all(each.reference for each in helping)
    assert {each.reference for each in helping} & ASKED[name], "no answer to a question is told"
    said = [each for each in helping if each.verb in ANSWERS]
    assert not {each.object for each in said} & ASKED[name] - {each.reference for each in said}


@pytest.mark.parametrize("name", ["cloudevents", "discourse", "github"])
def test_an_accepted_answer_has_succeeded(name: str) -> None:
    accepted = [each for each in TOLD[name] if each.success and each.reference in ASKED[name]]
    assert accepted
    assert all(each.verb == VERBS["answered"] for each in accepted)
