"""The rules of the house: what fits, which decides, and what is told of a wrong one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bus.records import Position
from streams.events import event_of
from streams.pseudonyms import Pseudonyms
from streams.rules import BEHAVIOURS, NONE, Meant, Rules, read
from xapi import vocabulary

MEANT = Meant(
    "Slack",
    ("message.file_share", "message"),
    vocabulary.VERBS["posted"],
    vocabulary.ACTIVITY_TYPES["chat-message"],
    "help-payments",
    ("Runbook", "ops"),
    "collaborate",
)


def decided(text: str, meant: Meant = MEANT) -> str:
    return read(text).behaviour(meant, vocabulary.BEHAVIOURS[meant.was]).name


@pytest.mark.parametrize(
    "condition",
    [
        'tool = "Slack"',
        'tool = "SLACK"',
        'tool = ["Teams", "Slack"]',
        'kind = "message"',
        'kind = "Message.file_share"',
        'kind = ["reaction_added", "message.*"]',
        'topic = "help-*"',
        'topic = "HELP-pay?ents"',
        'tag = "runbook"',
        'tag = ["other", "OPS"]',
        'verb = "posted"',
        'verb = "https://w3id.org/xapi/acrossx/verbs/posted/"',
        'verb = "*/verbs/posted"',
        'type = "chat-message"',
        'was = ["ask", "collaborate"]',
        'tool = "slack"\ntopic = "help-*"\ntag = "ops"\nverb = "posted"',
    ],
)
def test_what_fits(condition: str) -> None:
    assert decided(f'[[rule]]\n{condition}\nbehaviour = "record"') == "record"


@pytest.mark.parametrize(
    "condition",
    [
        'tool = "Sla"',
        'kind = "mess"',
        'kind = "message.thread*"',
        'topic = "help"',
        'tag = "run"',
        'verb = "asked"',
        'type = "issue"',
        'was = "ask"',
        'tool = "Slack"\ntopic = "random"',
    ],
)
def test_what_does_not_fit(condition: str) -> None:
    assert decided(f'[[rule]]\n{condition}\nbehaviour = "record"') == "collaborate"


def test_the_first_that_fits_decides() -> None:
    text = (
        '[[rule]]\ntopic = "help-*"\nbehaviour = "ask"\n'
        '[[rule]]\ntool = "Slack"\nbehaviour = "none"'
    )
    assert decided(text) == "ask"
    assert decided(text, MEANT._replace(topic="random")) == "none"
    assert decided(text, MEANT._replace(topic="random", tool="Teams")) == "collaborate"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('[[rule]]\nbehaviour = "ask"', ("rule", 0), "would fit everything"),
        ('[[rule]]\ntool = ""\nbehaviour = "ask"', ("rule", 0, "tool"), "fits nothing"),
        ('[[rule]]\ntool = []\nbehaviour = "ask"', ("rule", 0, "tool"), "fits nothing"),
        ('[[rule]]\ntool = "a"\nbehaviour = "asking"', ("rule", 0, "behaviour"), "is not one of"),
        ('[[rule]]\nverb = "asks"\nbehaviour = "ask"', ("rule", 0, "verb"), "is asked"),
        ('[[rule]]\ntype = "isue"\nbehaviour = "ask"', ("rule", 0, "type"), "is issue"),
        ('[[rule]]\nwas = "a*"\nbehaviour = "ask"', ("rule", 0, "was"), "is not one of"),
        ('[[rule]]\nchannel = "a"\nbehaviour = "ask"', ("rule", 0, "channel"), "Extra inputs"),
        ('[[rules]]\ntool = "a"', ("rules",), "Extra inputs"),
        (
            '[[rule]]\ntool = ["a", "b"]\nbehaviour = "ask"\n'
            '[[rule]]\ntool = "a"\ntag = "c"\nbehaviour = "help"',
            (),
            "rule 2 is never reached: rule 1",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, place: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        read(text)
    first = raised.value.errors()[0]
    assert first["loc"] == place
    assert said in first["msg"]


def event(statement: dict[str, Any], rules: Rules) -> Any:
    place = Position(1_790_000_000_000, 0, 0, 0)
    line = json.dumps(statement).encode()
    return event_of(line, place, "", Pseudonyms("00" * 16), {}, rules)


STATEMENT = {
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": {"account": {"homePage": "https://example.org", "name": "ada"}},
    "verb": {"id": vocabulary.VERBS["commented"]},
    "object": {
        "id": "https://example.org/1",
        "definition": {"type": vocabulary.ACTIVITY_TYPES["issue"]},
    },
    "context": {
        "platform": "Jira",
        "extensions": {vocabulary.TOPIC: "OPS", vocabulary.TAGS: ["runbook", 7]},
    },
}


def test_an_event_is_what_the_rules_say() -> None:
    rules = read('[[rule]]\ntag = "runbook"\ntool = "jira"\ntopic = "ops"\nbehaviour = "record"')
    plain, made = event(STATEMENT, NONE), event(STATEMENT, rules)
    assert (plain.behaviour, plain.scaffold, plain.know) == ("collaborate", "practice", "how")
    assert (made.behaviour, made.scaffold, made.know) == ("record", "sharing", "how")
    others = {"behaviour", "scaffold", "know"}
    fields = [name for name in made.__struct_fields__ if name not in others]
    assert [getattr(made, name) for name in fields] == [getattr(plain, name) for name in fields]


@pytest.mark.parametrize(
    ("told", "condition", "fits"),
    [
        ("issue_comment.created", "issue_comment", True),
        ("issue_comment.created", "issue_comment.created", True),
        ("issue_comment.created", "issue_comment.deleted", False),
        ("issue_comment.created", "issue", False),
        ("reaction_added", "reaction_added", True),
        (None, "*", False),
        ("", "*", False),
        (["issue_comment"], "*", False),
    ],
)
def test_an_event_is_known_by_its_tools_kind(told: Any, condition: str, fits: bool) -> None:
    extensions = {} if told is None else {vocabulary.KIND: told}
    statement = {**STATEMENT, "context": {"platform": "Jira", "extensions": extensions}}
    made = event(statement, read(f'[[rule]]\nkind = "{condition}"\nbehaviour = "help"'))
    assert made.behaviour == ("help" if fits else "collaborate")


def test_what_is_no_learning_is_not_what_nothing_places() -> None:
    none = event(STATEMENT, read('[[rule]]\ntool = "Jira"\nbehaviour = "none"'))
    assert (none.behaviour, none.scaffold, none.know) == ("none", "none", "none")
    assert "unclassified" not in BEHAVIOURS


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_event_is_answered(tool: str, topic: str, tags: list[str]) -> None:
    rules = read('[[rule]]\ntool = "[a-c]*"\ntag = "*x*"\nbehaviour = "help"')
    meant = MEANT._replace(tool=tool, topic=topic, tag=tuple(tags))
    fits = tool.lower()[:1] in tuple("abc") and any("x" in tag.lower() for tag in tags)
    assert (rules.rule_for(meant) == 0) is fits
