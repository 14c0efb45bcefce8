# ruff: noqa: E501 - the tables below read by their rows
"""Each data rule of xAPI 1.0.3 Part Two: what breaks it is refused, by path and section.

Each case is a change to a statement that keeps every rule; the precise rules must name the place,
and the fast half must not let it through.
"""

import copy
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statement_grammar import STATEMENTS, broken

from xapi.batch import Reading, Stamp, read
from xapi.errors import XapiError
from xapi.shapes import Statement, surely_valid
from xapi.statement import validate

STAMP = Stamp({"objectType": "Agent", "account": {"homePage": "http://lrs.test", "name": "t"}})
AGENT = {"mbox": "mailto:ada@example.org"}
ACCOUNT = {"homePage": "http://example.org", "name": "ada"}
GROUP = {"objectType": "Group", "member": [AGENT]}
UUID = "12345678-1234-5678-1234-567812345678"
REFERENCE = {"objectType": "StatementRef", "id": UUID}
ACTIVITY = {"id": "http://example.org/activity"}
VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided"}
ATTACHMENT = {
    "usageType": "http://example.org/usage",
    "display": {"en": "a file"},
    "contentType": "text/plain",
    "length": 3,
    "sha2": "0" * 64,
    "fileUrl": "http://example.org/file",
}
FULL = {
    "id": UUID,
    "actor": {"objectType": "Agent", "name": "Ada", **AGENT},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered"}},
    "object": {
        "objectType": "Activity",
        "id": "http://example.org/question",
        "definition": {
            "name": {"en": "q"},
            "description": {"en": "d"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "http://example.org/more",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
            "extensions": {"http://example.org/x": None},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": False,
        "response": "a",
        "duration": "PT1M",
        "extensions": {"http://example.org/x": {"any": [1, None]}},
    },
    "context": {
        "registration": UUID,
        "instructor": AGENT,
        "team": GROUP,
        "contextActivities": {"parent": [ACTIVITY], "category": ACTIVITY},
        "revision": "1",
        "platform": "p",
        "language": "en",
        "statement": REFERENCE,
        "extensions": {"http://example.org/x": 1},
    },
    "timestamp": "2024-05-31T08:30:00.000Z",
    "stored": "2024-05-31T08:30:00.000Z",
    "authority": {"objectType": "Agent", "account": ACCOUNT},
    "version": "1.0.0",
    "attachments": [ATTACHMENT],
}
GONE = object()


def put(path, value):
    """FULL with one place changed, or removed."""
    statement = copy.deepcopy(FULL)
    *way, last = path.split(".") if path else [""]
    place = statement
    for name in way:
        place = place[int(name) if name.isdigit() else name]
    if value is GONE:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return statement


def sub(**changes):
    """FULL with a SubStatement as its object."""
    inner = {
        "objectType": "SubStatement",
        "actor": AGENT,
        "verb": {"id": "x:v"},
        "object": ACTIVITY,
    }
    without = {k: v for k, v in FULL["context"].items() if k not in ("revision", "platform")}
    return {**FULL, "context": without, "object": {**inner, **changes}}


def about(thing, **context):
    """FULL about something else, without what is for Activities only."""
    without = {k: v for k, v in FULL["context"].items() if k not in ("revision", "platform")}
    return {**FULL, "object": thing, "context": {**without, **context}}


def refused(section, path, statement):
    return pytest.param(section, path, statement, id=f"{section} {path}")


REFUSED = [
    # 2.2 Formatting requirements
    refused("2.2", "$.result", put("result", None)),
    refused("2.2", "$.actor.name", put("actor.name", None)),
    refused("2.2", "$.verb.display.en-US", put("verb.display.en-US", None)),
    refused("2.2", "$.context.contextActivities.parent[0]", put("context.contextActivities.parent.0", None)),
    refused("2.2 and 2.4", "$", {**FULL, "unknown": 1}),
    refused("2.2 and 2.4", "$", {**FULL, "Timestamp": FULL["timestamp"]}),
    refused("2.2 and 2.4.3", "$.verb", put("verb.ID", "x:y")),
    refused("2.4.2.4", "$.actor.account.name", put("actor", {"account": {**ACCOUNT, "name": "a\0b"}})),
    refused("2.4.5", "$.result.success", put("result.success", "true")),
    refused("2.4.5.1", "$.result.score.raw", put("result.score.raw", "5")),
    # 2.3.2 Voiding
    refused("2.3.2", "$.object", {**about(ACTIVITY), "verb": VOIDED}),
    refused("2.3.2", "$.object.object", sub(verb=VOIDED)),
    # 2.4 Statement properties
    refused("2.4", "$", put("actor", GONE)),
    refused("2.4", "$", put("verb", GONE)),
    refused("2.4", "$", put("object", GONE)),
    refused("2.4", "$", []),
    refused("2.4", "$", "statement"),
    refused("2.4", "$", 1),
    # 2.4.1 Id, 4.4 UUIDs
    refused("2.4.1 and 4.4", "$.id", put("id", "")),
    refused("2.4.1 and 4.4", "$.id", put("id", UUID + "0")),
    refused("2.4.1 and 4.4", "$.id", put("id", 1)),
    # 2.4.2 Actor
    refused("2.4.2", "$.actor", put("actor", "ada")),
    refused("2.4.2", "$.actor.objectType", put("actor.objectType", "agent")),
    refused("2.4.2", "$.actor.objectType", put("actor.objectType", "Activity")),
    refused("2.4.2.1", "$.actor", put("actor", {"name": "nobody"})),
    refused("2.4.2.1", "$.actor", put("actor", {**AGENT, "account": ACCOUNT})),
    refused("2.4.2.1", "$.actor", put("actor", {**AGENT, "openid": "http://example.org/ada"})),
    refused("2.4.2.2", "$.actor", put("actor", {"member": [AGENT]})),
    refused("2.4.2.2", "$.actor", put("actor", {"objectType": "Group"})),
    refused("2.4.2.2", "$.actor", put("actor", {"objectType": "Group", "member": []})),
    refused("2.4.2.2", "$.actor", put("actor", {**GROUP, **AGENT, "account": ACCOUNT})),
    refused("2.4.2.2", "$.actor.member", put("actor", {"objectType": "Group", "member": AGENT})),
    refused("2.4.2.2", "$.actor.member[0]", put("actor", {"objectType": "Group", "member": [GROUP]})),
    refused("2.4.2.1", "$.actor.member[0]", put("actor", {"objectType": "Group", "member": [{}]})),
    refused("2.4.2.3", "$.actor.mbox", put("actor.mbox", "ada@example.org")),
    refused("2.4.2.3", "$.actor.mbox_sha1sum", put("actor", {"mbox_sha1sum": "abc"})),
    refused("2.4.2.3 and 4.3", "$.actor.openid", put("actor", {"openid": "ada"})),
    refused("2.4.2.4", "$.actor.account", put("actor", {"account": {"name": "ada"}})),
    refused("2.4.2.4", "$.actor.account", put("actor", {"account": {"homePage": "http://x"}})),
    refused("2.4.2.4", "$.actor.account.name", put("actor", {"account": {**ACCOUNT, "name": 7}})),
    refused("2.4.2.4 and 4.3", "$.actor.account.homePage", put("actor", {"account": {**ACCOUNT, "homePage": "x"}})),
    # 2.4.3 Verb
    refused("2.4.3", "$.verb", put("verb.id", GONE)),
    refused("2.4.3 and 4.3", "$.verb.id", put("verb.id", "answered")),
    refused("2.4.3 and 4.2", "$.verb.display", put("verb.display", "answered")),
    # 2.4.4 Object
    refused("2.4.4", "$.object", put("object", "activity")),
    refused("2.4.4", "$.object.objectType", put("object.objectType", "activity")),
    refused("2.4.4.1", "$.object", put("object.id", GONE)),
    refused("2.4.4.1 and 4.3", "$.object.id", put("object.id", "question")),
    refused("2.4.4.1", "$.object.definition", put("object.definition", "x")),
    refused("2.4.4.1 and 4.3", "$.object.definition.type", put("object.definition.type", "x")),
    refused("2.4.4.1 and 4.3", "$.object.definition.moreInfo", put("object.definition.moreInfo", "x")),
    refused("2.4.4.1", "$.object.definition.interactionType", put("object.definition.interactionType", "Choice")),
    refused("2.4.4.1", "$.object.definition", put("object.definition.interactionType", GONE)),
    refused("2.4.4.1", "$.object.definition.choices", put("object.definition.interactionType", "likert")),
    refused("2.4.4.1", "$.object.definition.choices", put("object.definition.choices", [{"id": "a"}, {"id": "a"}])),
    refused("2.4.4.1", "$.object.definition.choices[0]", put("object.definition.choices", [{}])),
    refused("2.4.4.1", "$.object.definition.correctResponsesPattern", put("object.definition.correctResponsesPattern", "a")),
    refused("2.4.4.1", "$.object.definition.correctResponsesPattern[0]", put("object.definition.correctResponsesPattern", [1])),
    refused("2.2 and 2.4.4.1", "$.object", about({**AGENT, "id": "x:y"})),
    # 2.4.4.2 and 2.4.4.3: Agents, StatementRefs, SubStatements
    refused("2.2 and 2.4.2.1", "$.object", about({"objectType": "Agent", **AGENT, "id": "x:y"})),
    refused("2.4.4.3", "$.object", about({"objectType": "StatementRef"})),
    refused("2.4.4.3 and 4.4", "$.object.id", about({**REFERENCE, "id": "x:y"})),
    refused("2.2 and 2.4.4.3", "$.object", about({**REFERENCE, "definition": {}})),
    refused("2.4.4.3", "$.object.id", sub(id=UUID)),
    refused("2.4.4.3", "$.object.stored", sub(stored=FULL["stored"])),
    refused("2.4.4.3", "$.object.version", sub(version="1.0.0")),
    refused("2.4.4.3", "$.object.authority", sub(authority=AGENT)),
    refused("2.4.4.3", "$.object.object", sub(object=sub()["object"])),
    refused("2.4.4.3", "$.object", sub(actor=AGENT) | {"object": {"objectType": "SubStatement", "actor": AGENT}}),
    refused("2.4.7 and 4.5", "$.object.timestamp", sub(timestamp="now")),
    # 2.4.5 Result
    refused("2.4.5", "$.result", put("result", [])),
    refused("2.4.5", "$.result.completion", put("result.completion", 1)),
    refused("2.4.5", "$.result.response", put("result.response", 1)),
    refused("2.4.5 and 4.6", "$.result.duration", put("result.duration", "P4W1D")),
    refused("2.4.5.1", "$.result.score", put("result.score", 1)),
    refused("2.4.5.1", "$.result.score.scaled", put("result.score.scaled", 1.01)),
    refused("2.4.5.1", "$.result.score.scaled", put("result.score.scaled", True)),
    refused("2.4.5.1", "$.result.score", put("result.score.min", 10)),
    refused("2.4.5.1", "$.result.score", put("result.score.raw", 11)),
    refused("2.4.5.1", "$.result.score", put("result.score.raw", -1)),
    refused("2.2 and 2.4.5.1", "$.result.score", put("result.score.best", 1)),
    # 2.4.6 Context
    refused("2.4.6 and 4.4", "$.context.registration", put("context.registration", "x")),
    refused("2.4.2.1", "$.context.instructor", put("context.instructor", {})),
    refused("2.4.2.2", "$.context.team", put("context.team", AGENT)),
    refused("2.4.6", "$.context.revision", about(REFERENCE, revision="1")),
    refused("2.4.6", "$.context.platform", about({"objectType": "Agent", **AGENT}, platform="p")),
    refused("2.4.6", "$.object.context.platform", sub(object=REFERENCE, context={"platform": "p"})),
    refused("2.4.6", "$.context.language", put("context.language", "english language")),
    refused("2.4.4.3", "$.context.statement", put("context.statement", {"id": UUID})),
    refused("2.4.6.2", "$.context.contextActivities", put("context.contextActivities", [])),
    refused("2.2 and 2.4.6.2", "$.context.contextActivities", put("context.contextActivities.children", [])),
    refused("2.4.6.2", "$.context.contextActivities.parent", put("context.contextActivities.parent", "x:y")),
    refused("2.4.4.1", "$.context.contextActivities.parent[0]", put("context.contextActivities.parent", [{}])),
    # 2.4.7 to 2.4.10
    refused("2.4.7 and 4.5", "$.timestamp", put("timestamp", "2024-02-30T00:00:00Z")),
    refused("2.4.7 and 4.5", "$.timestamp", put("timestamp", 1717144200)),
    refused("2.4.8 and 4.5", "$.stored", put("stored", "yesterday")),
    refused("2.4.9", "$.authority", put("authority", {**GROUP, "member": [AGENT]})),
    refused("2.4.9", "$.authority", put("authority", {**GROUP, "member": [AGENT, AGENT]})),
    refused("2.4.9", "$.authority", put("authority", {**GROUP, **AGENT, "member": [{"account": ACCOUNT}, AGENT]})),
    refused("2.4.10", "$.version", put("version", "1.1.0")),
    # 2.4.11 Attachments
    refused("2.4.11", "$.attachments", put("attachments", ATTACHMENT)),
    *(
        refused("2.4.11", "$.attachments[0]", put(f"attachments.0.{name}", GONE))
        for name in ("usageType", "display", "contentType", "length", "sha2")
    ),
    refused("2.4.11 and 4.3", "$.attachments[0].usageType", put("attachments.0.usageType", "x")),
    refused("2.4.11 and 4.3", "$.attachments[0].fileUrl", put("attachments.0.fileUrl", "x")),
    refused("2.4.11", "$.attachments[0].contentType", put("attachments.0.contentType", "text")),
    refused("2.4.11", "$.attachments[0].length", put("attachments.0.length", "3")),
    refused("2.4.11", "$.attachments[0].length", put("attachments.0.length", -3)),
    refused("2.4.11", "$.attachments[0].sha2", put("attachments.0.sha2", "xyz")),
    # 4.1 Extensions, 4.2 Language maps
    refused("4.1", "$.result.extensions", put("result.extensions", {"key": 1})),
    refused("4.1", "$.context.extensions", put("context.extensions", [])),
    refused("4.1", "$.object.definition.extensions", put("object.definition.extensions", {"": 1})),
    refused("4.2", "$.verb.display", put("verb.display", {"a12345678": "x"})),
    refused("4.2", "$.object.definition.name.en", put("object.definition.name.en", 1)),
]  # fmt: skip

ACCEPTED = [
    FULL,
    {"actor": AGENT, "verb": {"id": "x:y"}, "object": {"id": "x:y"}},
    put("actor", GROUP),
    put("actor", {**GROUP, **AGENT}),
    put("actor", {"objectType": "Group", "account": ACCOUNT}),
    put("authority", {**GROUP, "member": [{"account": ACCOUNT}, AGENT]}),
    put("result.score", {"scaled": -1, "raw": 10, "max": 10}),
    put("result.extensions", {}),
    put("result.extensions", {"http://example.org/x": {"null": None, "": "\0", "n": [[[]]]}}),
    put("result.response", "a\0b"),
    put("actor.name", "a\0b"),
    put("verb.display", {}),
    put("version", "1.0.9"),
    about({"objectType": "Agent", **AGENT}),
    about(GROUP),
    about(REFERENCE),
    {**about(REFERENCE), "verb": VOIDED},
    sub(),
    sub(context={"revision": "1", "platform": "p"}, result=FULL["result"], timestamp="2999-01-01T00:00:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "path", "statement"), REFUSED)
def test_a_broken_rule_is_refused_by_path_and_section(section, path, statement):
    body = json.dumps([{**FULL, "id": UUID.replace("1", "2")}, statement]).encode()
    with pytest.raises(XapiError) as caught:
        read(body, Reading(STAMP))
    assert caught.value.path == path.replace("$", "$[1]", 1)
    assert caught.value.section == f"Part Two {section}"
    assert caught.value.rule in str(caught.value)


@pytest.mark.parametrize("statement", ACCEPTED, ids=range(len(ACCEPTED)))
def test_what_keeps_the_rules_is_taken(statement):
    assert len(read(json.dumps(statement).encode(), Reading(STAMP)).ids) == 1


@given(STATEMENTS)
def test_every_statement_of_the_grammar_is_valid(statement):
    validate(statement)


@given(STATEMENTS)
def test_every_statement_of_the_grammar_is_taken_as_bytes(statement):
    for ascii_only in (True, False):
        body = json.dumps(statement, ensure_ascii=ascii_only).encode()
        assert len(read(body, Reading(STAMP)).lines) == 1


@given(broken())
def test_no_statement_with_a_null_or_an_unknown_key_is_taken(statement):
    with pytest.raises(XapiError):
        read(json.dumps(statement).encode(), Reading(STAMP))


@given(STATEMENTS | broken(), st.data())
def test_the_fast_half_lets_through_only_what_the_precise_rules_accept(statement, data):
    wrong = data.draw(st.sampled_from([None, True, 0, -1, "", "x", "x:y", [], {}, "1.0.0", "en"]))
    changed = _anywhere(statement, data, wrong)
    body = msgspec.json.encode(changed)
    try:
        sure = surely_valid(msgspec.json.decode(body, type=Statement))
    except msgspec.DecodeError:
        sure = False
    if sure:
        validate(json.loads(body))


def _anywhere(statement, data, wrong):
    from statement_grammar import changed, places

    path = data.draw(st.sampled_from(places(statement)))
    return changed(statement, path, lambda _: wrong)


def test_the_common_case_takes_the_fast_way():
    plain = {k: v for k, v in FULL.items() if k != "authority"}
    for statement in (FULL, plain, about(REFERENCE), about({"objectType": "Agent", **AGENT})):
        assert surely_valid(msgspec.convert(statement, Statement))
