"""What of titles and texts goes further, by a connection's option `keeps`: over every example."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from bus.records import Position
from producers import connectors, recorded
from producers.connections import Connection
from producers.connector import WithTexts
from producers.intake import Intake
from producers.registry import all_connectors
from producers.texts import TEXT, TITLE, Keeps, cut
from streams.events import event_of
from streams.pseudonyms import Pseudonyms
from tests.cases import for_each
from xapi import vocabulary
from xapi.equivalence import equivalent
from xapi.vocabulary import VERBS

Statements = list[dict[str, Any]]

FOLDER = Path(connectors.__path__[0])
WITH = {name for name, each in all_connectors().items() if issubclass(each.options, WithTexts)}
EXAMPLES = sorted(
    path
    for path in FOLDER.glob("*/examples/*.json")
    if path.parents[1].name in WITH and not path.name.endswith(".expected.json")
)
#: Tools in which nobody writes a text that is asked for.
WORDLESS = {"mediawiki"}
PSEUDONYMS = Pseudonyms("5a" * 32)


@cache
def made(path: Path, keeps: Keeps | None) -> Statements:
    """The acts of an example, for a connection that keeps so much; None says nothing of it."""
    connector = all_connectors()[path.parents[1].name]
    example = json.loads(path.read_text("utf-8"))
    said = {} if keeps is None else {"keeps": keeps.value}
    options = connector.options.model_validate({**example.get("options", {}), **said})
    intake = Intake(Connection("tool", connector, b"whsec_dGV4dHM=", options))
    found = recorded.found(connector, example, options)
    every = [s for each in found for s in intake.map(each.kind, each.event).statements]
    return [each for each in every if each["verb"]["id"] != VERBS["voided"]]


def text_of(statement: dict[str, Any]) -> Any:
    return statement["context"].get("extensions", {}).get(vocabulary.TEXT)


def name_of(statement: dict[str, Any]) -> Any:
    return statement["object"]["definition"].get("name")


def without(statement: dict[str, Any], *, name: bool) -> dict[str, Any]:
    """A statement without a text of its actor, and without its object's name."""
    said: dict[str, Any] = json.loads(json.dumps(statement))
    said["context"]["extensions"].pop(vocabulary.TEXT, None)
    if name:
        said["object"]["definition"].pop("name", None)
    return said


def named(path: Path) -> str:
    return f"{path.parents[1].name}/{path.stem}"


@for_each("path", EXAMPLES, named)
def test_nothing_is_kept_by_default(path: Path) -> None:
    assert made(path, None) == made(path, Keeps.NOTHING)
    assert not any(map(text_of, made(path, None)))


@for_each("path", EXAMPLES, named)
def test_titles_change_names_alone_and_texts_stand_beside(path: Path) -> None:
    plain, titles, texts = (made(path, keeps) for keeps in Keeps)
    assert not any(map(text_of, titles))
    assert [without(each, name=True) for each in titles] == [without(s, name=True) for s in plain]
    assert [without(each, name=False) for each in texts] == titles
    for before, after in zip(plain, texts, strict=True):
        assert equivalent(before, after), "what is kept makes no other statement of it"


@for_each("path", EXAMPLES, named)
def test_no_fact_tells_what_is_kept(path: Path) -> None:
    """What is behind the identity zone follows from events, which are the same whatever is kept."""
    facts = []
    for keeps in Keeps:
        at = Position(1, 0, 0, 0)
        told = [
            event_of(orjson.dumps(each), at, "hook:tool", PSEUDONYMS, {})
            for each in made(path, keeps)
        ]
        facts.append(told)
    assert facts[0] == facts[1] == facts[2]


def test_every_tool_of_titles_and_texts_has_an_example_of_them() -> None:
    titled = {
        path.parents[1].name
        for path in EXAMPLES
        if [*map(name_of, made(path, Keeps.NOTHING))] != [*map(name_of, made(path, Keeps.TITLES))]
    }
    wrote = {
        path.parents[1].name for path in EXAMPLES if any(map(text_of, made(path, Keeps.TEXTS)))
    }
    assert titled == WITH
    assert wrote == WITH - WORDLESS


def test_a_text_is_kept_as_it_was_written_up_to_an_end() -> None:
    options = WithTexts(keeps=Keeps.TEXTS)
    assert options.written("  Why?\n\n> so  ").text == "Why?\n\n> so"
    assert options.written("a" * (TEXT + 1)).text == "a" * TEXT
    assert options.written(None).text == options.written(7).text == ""
    assert options.named("b" * (TITLE + 1), "#7") == "b" * TITLE
    assert options.named(" ", "#7") == options.named(None, "#7") == "#7"
    assert WithTexts().named("Title", "#7") == "#7"
    assert cut("\n", 5) == cut(None, 5) == ""
