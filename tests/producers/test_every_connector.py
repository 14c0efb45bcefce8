"""Every connector over every one of its examples: what it makes, what it decides, how it signs.

`python -m pytest tests/producers/test_every_connector.py --record` writes what is expected anew;
read what changed before committing it. An example's name begins with the kind of its event,
`<kind>[__case].json`; it is a record of a delivery or of what a poll reads, as
`producers/recorded.py` has it, and may say `same_as`: examples of the same events as webhooks bring
them.
"""

import binascii
import contextlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from bus.rejections import Kind
from producers import connectors, recorded
from producers.connections import Connection
from producers.connector import (
    ANY,
    Answer,
    Connector,
    Disposition,
    Found,
    IgnoredKind,
    Mapped,
)
from producers.intake import Intake, Taken
from producers.registry import all_connectors
from producers.signatures import BearerToken, BodyToken, Delivery, SharedToken
from tests.cases import for_each
from xapi.statement import validate
from xapi.versions import rules_for
from xapi.vocabulary import BEHAVIOURS, KIND, VERBS, Scaffold, behaviour_of

SECRET = b"whsec_YSBzZWNyZXQgb2YgdHdlbnR5LWZvdXIh"
EXPECTED = ".expected.json"
FOLDER = Path(connectors.__path__[0])
EXAMPLES = sorted(
    path for path in FOLDER.glob("*/examples/*.json") if not path.name.endswith(EXPECTED)
)
CONNECTORS = sorted(all_connectors().values(), key=lambda each: each.name)


def connector_of(example: Path) -> Connector:
    return all_connectors()[example.parents[1].name]


def intake_of(connector: Connector, example: dict[str, Any]) -> Intake:
    options = connector.options.model_validate(example.get("options", {}))
    return Intake(Connection("tool", connector, SECRET, options))


def found_of(connector: Connector, example: dict[str, Any]) -> list[Found]:
    """The events of an example, with their kinds."""
    options = connector.options.model_validate(example.get("options", {}))
    return recorded.found(connector, example, options)


def newly_taken(path: Path) -> list[Taken]:
    connector = connector_of(path)
    example = json.loads(path.read_text("utf-8"))
    intake = intake_of(connector, example)
    found = found_of(connector, example)
    return [intake.map(each.kind, each.event) for each in found]


@cache
def taken(path: Path) -> list[Taken]:
    """What became of an example's events; the same for all tests, and changed by none."""
    return newly_taken(path)


def told(every: list[Taken]) -> Any:
    """What became of events, as it stands in the expected file."""
    return json.loads(json.dumps(recorded.told(every)))


def expected_of(path: Path, record: bool) -> Any:
    """What is expected of an example; written anew where that is asked for."""
    expected = path.with_name(path.stem + EXPECTED)
    if record:
        every = json.dumps(told(taken(path)), indent=1, ensure_ascii=False)
        expected.write_text(every + "\n", "utf-8")
    assert expected.exists(), f"{expected.name} is missing: write it with --record, and read it"
    return json.loads(expected.read_text("utf-8"))


def made(path: Path) -> dict[str, Any]:
    """The statements and signals of an example, by id."""
    every = taken(path)
    said = {statement["id"]: statement for each in every for statement in each.statements}
    return said | {str(signal.id): signal for each in every for signal in each.signals}


def named(path: Path) -> str:
    return f"{path.parents[1].name}/{path.stem}"


def tool(path: Path) -> str:
    return path.parents[1].name


def test_there_are_examples_of_every_connector() -> None:
    assert {path.parents[1].name for path in EXAMPLES} == all_connectors().keys()


@for_each("path", EXAMPLES, named, by=tool)
def test_an_example_becomes_what_is_expected(path: Path, record: bool) -> None:
    assert told(taken(path)) == expected_of(path, record)
    assert told(newly_taken(path)) == told(taken(path)), "the same event is the same again"


@for_each("path", EXAMPLES, named, by=tool)
def test_an_examples_name_begins_with_its_kind(path: Path) -> None:
    assert path.stem.partition("__")[0] in {each.kind for each in taken(path)}


@for_each("path", EXAMPLES, named, by=tool)
def test_every_statement_is_valid_and_no_text_leaves_the_tool(path: Path) -> None:
    every = taken(path)
    texts = _texts(json.loads(path.read_text("utf-8")))
    for each in every:
        assert each.disposition is not Disposition.UNSUPPORTED
        (shown,) = told([each])
        said = json.dumps(shown["statements"]) + json.dumps(shown["signals"])
        for statement in each.statements:
            validate(json.loads(orjson.dumps(statement)), rules=rules_for(statement))
        for text in texts:
            assert text not in said


@for_each("path", EXAMPLES, named, by=tool)
def test_a_connection_knows_the_tool_as_its_statements_name_it(path: Path) -> None:
    connector = connector_of(path)
    connection = intake_of(connector, json.loads(path.read_text("utf-8"))).connection
    said = {
        statement["context"]["platform"]
        for each in taken(path)
        for statement in each.statements
        if "platform" in statement.get("context", {})
    }
    assert said <= {connection.platform} or connector.carries


def acts(path: Path) -> Iterator[dict[str, Any]]:
    """The statements of an example that say what somebody did."""
    for each in taken(path):
        yield from (one for one in each.statements if one["verb"]["id"] != VERBS["voided"])


def kind_told(statement: dict[str, Any]) -> str | None:
    """The tool's own kind, as a statement tells it."""
    extensions = statement.get("context", {}).get("extensions", {})
    return extensions.get(KIND)  # type: ignore[no-any-return]


@for_each("path", EXAMPLES, named, by=tool)
def test_every_act_tells_its_tools_kind(path: Path) -> None:
    connector = connector_of(path)
    for statement in acts(path):
        kind = kind_told(statement)
        if connector.carries:
            assert kind is None, "what others stated is left as it is"
            continue
        assert kind, statement["id"]
        assert kind in connector.mappers or ANY in connector.mappers
        assert kind not in connector.told_as, "an act has one kind, whatever tells of it"


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)
def test_an_act_tells_one_kind_whatever_tells_of_it(connector: Connector) -> None:
    kinds: dict[str, dict[str | None, str]] = {}
    for path in EXAMPLES:
        if connector_of(path) is connector:
            for statement in acts(path):
                kinds.setdefault(statement["id"], {})[kind_told(statement)] = path.stem
    assert [found for found in kinds.values() if len(found) > 1] == []
    assert {*connector.told_as, *connector.told_as.values()} <= connector.mappers.keys()


def test_each_way_to_learn_at_work_is_told_by_two_tools_at_least() -> None:
    """As docs/connectors.md shows it. Courses are no work tool's."""
    tools: dict[str, set[str]] = {}
    for path in EXAMPLES:
        for statement in acts(path):
            found = tools.setdefault(behaviour_of(statement).name, set())
            found.add(connector_of(path).name)
    at_work = {name for name, each in BEHAVIOURS.items() if each.scaffold is not Scaffold.FORMAL}
    few = {name: tools.get(name, set()) for name in at_work}
    assert {name: found for name, found in few.items() if len(found) < 2} == {}
    # Nor is any told by nothing but the two doors to which others must be taught to send.
    doors = {"beacon", "cloudevents"}
    assert {name for name, found in few.items() if not found - doors} == set()


def _texts(value: Any, key: str = "") -> set[str]:
    """What people wrote in an example: titles, bodies, messages of more than one word."""
    if isinstance(value, dict):
        return {text for name, inner in value.items() for text in _texts(inner, name)}
    if isinstance(value, list):
        return {text for inner in value for text in _texts(inner, key)}
    written = key in ("title", "body", "message", "text", "description", "summary")
    return {value} if written and isinstance(value, str) and " " in value else set()


@for_each("path", EXAMPLES, named, by=tool)
def test_what_is_expected_to_send_nothing_sends_nothing(path: Path, record: bool) -> None:
    connector = connector_of(path)
    example = json.loads(path.read_text("utf-8"))
    if "stream" in example:
        return
    assert connector.webhook
    body = orjson.dumps(example["body"])
    headers = connector.webhook.signed(example["headers"], body, SECRET)
    outcome = intake_of(connector, example).take(Delivery(headers, body))
    expected = expected_of(path, record)
    if isinstance(outcome, Answer):  # the tool's question, and no event
        assert not any(each["statements"] or each["signals"] for each in expected)
        return
    made = [statement["id"] for each in expected for statement in each["statements"]]
    assert [str(each) for each in (outcome.accepted.ids if outcome.accepted else [])] == made
    assert len(outcome.signals) == sum(len(each["signals"]) for each in expected)
    assert len(outcome.nudges) == len({n for each in expected for n in each["nudges"]})
    kept = any(each["disposition"] == Disposition.REJECTED for each in expected)
    assert (outcome.message is not None) == kept
    if outcome.message:
        message = orjson.loads(outcome.message.value)
        assert message["kind"] == Kind.REJECTED
        # What is kept is enough to be taken again by the same door.
        again = connector.webhook.signed(message["headers"], message["body"].encode(), SECRET)
        replayed = intake_of(connector, example).take(Delivery(again, message["body"].encode()))
        assert not isinstance(replayed, Answer)
        assert replayed.kind == outcome.kind


@for_each("path", EXAMPLES, named, by=tool)
def test_a_poll_makes_what_the_webhook_makes(path: Path) -> None:
    example = json.loads(path.read_text("utf-8"))
    asked = made(path)
    for other in example.get("same_as", ()):
        for identifier, brought in made(path.with_name(other)).items():
            assert asked[identifier] == brought, other


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)
def test_every_kind_is_decided_once_and_each_mapped_one_has_an_example(
    connector: Connector,
) -> None:
    assert not connector.mappers.keys() & connector.ignored.keys()
    assert all(reason.strip() for reason in connector.ignored.values())
    seen = {each.kind for path in EXAMPLES if connector_of(path) is connector
            for each in taken(path)}  # fmt: skip
    assert connector.mappers.keys() - {ANY} <= seen
    for kind in seen:
        assert isinstance(connector.decide(kind), Mapped | IgnoredKind)
    assert connector.docs.startswith("https://")
    assert connector.webhook or connector.poll
    for mapper in connector.mappers.values():
        assert mapper.__doc__, f"{mapper.__name__} says nothing for docs/connectors.md"


def _others(value: bytes) -> Iterator[bytes]:
    """A value with each of its bytes changed, without its last one, and with one more."""
    for place, byte in enumerate(value):
        yield value[:place] + bytes([byte ^ 1]) + value[place + 1 :]
    yield value[:-1]
    yield value + b"0"


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)
def test_no_changed_byte_of_a_delivery_fits_its_signature(connector: Connector) -> None:
    if connector.webhook is None or isinstance(connector.webhook.signature, BodyToken):
        return  # that its token stands in the body is tested with its connector
    scheme, body = connector.webhook.signature, b'{"text": "caf\xc3\xa9?"}'
    signed = scheme.sign(Delivery({}, body), SECRET)
    assert scheme.verify(Delivery(signed, body), SECRET)
    if not isinstance(scheme, SharedToken | BearerToken):  # a token says nothing of the body
        assert not any(scheme.verify(Delivery(signed, other), SECRET) for other in _others(body))
    for name, value in signed.items():
        for other in _others(value.encode()):
            changed = {**signed, name: other.decode("latin-1")}
            assert not scheme.verify(Delivery(changed, body), SECRET), name
    for other in _others(SECRET[len(b"whsec_") :]):
        with contextlib.suppress(binascii.Error):  # no base64 any more, where that is asked for
            assert not scheme.verify(Delivery(signed, body), b"whsec_" + other)


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda each: each.name)
def test_its_signature_goes_there_and_back(connector: Connector) -> None:
    if connector.webhook is None:
        return
    headers = connector.webhook.signed({"X-Kept": "1"}, b"{}", SECRET)
    assert headers["x-kept"] == "1"
    assert connector.webhook.signature.possible(headers)
    assert connector.webhook.signature.verify(Delivery(headers, b"{}"), SECRET)
    assert not connector.webhook.signature.possible({})
    assert not connector.webhook.signature.verify(Delivery(headers, b"{}"), SECRET[::-1])
    assert all(name == name.lower() for name in connector.webhook.keeps)
    signs = connector.webhook.signature.sign(Delivery({}, b"{}"), SECRET).keys()
    assert not signs & set(connector.webhook.keeps), "a signature is never kept"


def test_no_example_is_refused_for_a_fault_of_its_mapper() -> None:
    """A mapper that asks None for a field refuses the event, as a wrong shape does: an example
    that was written down so would hide it."""
    faults = ("AttributeError", "TypeError", "IndexError")
    told_of = [f"{named(path)}: {each.detail}" for path in EXAMPLES for each in taken(path)]
    assert [said for said in told_of if any(fault in said for fault in faults)] == []
