"""When two statements are the same (xAPI 1.0.3 Part Two, 2.3.1)."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statement_grammar import STATEMENTS

from xapi.equivalence import equivalent
from xapi.vocabulary import KIND, LANGUAGE, LEFT_BEHIND, ORIGIN, TEXT

ADA = {"mbox": "mailto:ada@example.org"}
BOB = {"account": {"homePage": "http://example.org", "name": "bob"}}
ID = "aaaaaaaa-1111-1111-1111-111111111111"
BASE = {
    "id": ID,
    "actor": ADA,
    "verb": {"id": "x:did", "display": {"en": "did"}},
    "object": {"id": "x:thing", "definition": {"name": {"en": "thing"}}},
    "timestamp": "2024-05-31T08:30:00Z",
}


def but(**changes):
    return {**copy.deepcopy(BASE), **changes}


def without(name):
    return {key: value for key, value in BASE.items() if key != name}


SUB = {"objectType": "SubStatement", "actor": ADA, "verb": {"id": "x:do"}, "object": {"id": "x:o"}}
FILE = {"usageType": "x:u", "display": {}, "contentType": "a/b", "length": 1, "sha2": "0" * 64}

THERE = [{"lrs": "https://lrs.example.org/xapi", "authority": ADA}]

SAME = {
    "where it came through": (BASE, but(context={"extensions": {ORIGIN: THERE}})),
    "where it came through, among others": (
        but(context={"platform": "p", "extensions": {"x:y": 1}}),
        but(context={"platform": "p", "extensions": {"x:y": 1, ORIGIN: THERE}}),
    ),
    "the tool's own kind, which was not told before": (
        but(context={"platform": "p"}),
        but(context={"platform": "p", "extensions": {KIND: "message"}}),
    ),
    "what was written, which is edited later": (
        but(context={"platform": "p", "extensions": {TEXT: "Why so?"}}),
        but(context={"platform": "p", "extensions": {TEXT: "Why is that so?"}}),
    ),
    "the language of what was written": (
        but(context={"platform": "p", "extensions": {LANGUAGE: "en"}}),
        but(context={"platform": "p"}),
    ),
    "what the LRS sets": (
        BASE,
        but(authority=ADA, stored="2024-05-31T08:30:01Z", version="1.0.0"),
    ),
    "an id that one lacks": (BASE, without("id")),
    "a timestamp that one lacks": (BASE, without("timestamp")),
    "an id in another case": (BASE, but(id=ID.upper())),
    "a time in another zone": (BASE, but(timestamp="2024-05-31T10:30:00.000+02:00")),
    "a time without a zone": (BASE, but(timestamp="2024-05-31T08:30:00")),
    "the display of the verb": (BASE, but(verb={"id": "x:did", "display": {"de": "tat"}})),
    "the definition of the activity": (BASE, but(object={"id": "x:thing"})),
    "a default objectType": (
        BASE,
        but(
            actor={**ADA, "objectType": "Agent"},
            object={"id": "x:thing", "objectType": "Activity"},
        ),
    ),
    "the order of members": (
        but(actor={"objectType": "Group", "member": [ADA, BOB]}),
        but(actor={"objectType": "Group", "member": [{**BOB, "objectType": "Agent"}, ADA]}),
    ),
    "the case of a mail domain": (BASE, but(actor={"mbox": "mailto:ada@EXAMPLE.org"})),
    "precision of a duration": (
        but(result={"duration": "PT1.234S"}),
        but(result={"duration": "PT1.23S"}),
    ),
    "one activity or an array of one": (
        but(context={"contextActivities": {"parent": {"id": "x:p"}}}),
        but(context={"contextActivities": {"parent": [{"id": "x:p", "definition": {}}]}}),
    ),
    "the case of a language tag": (
        but(context={"language": "en-US"}),
        but(context={"language": "en-us"}),
    ),
    "an empty result": (BASE, but(result={})),
    "one number written twice": (
        but(result={"score": {"raw": 1}}),
        but(result={"score": {"raw": 1.0}}),
    ),
    "a SubStatement's time in another zone": (
        but(object={**SUB, "timestamp": "2024-05-31T08:30:00Z"}),
        but(object={**SUB, "timestamp": "2024-05-31T07:30:00-01:00"}),
    ),
}
DIFFERENT = {
    "what was left behind": (BASE, but(context={"extensions": {LEFT_BEHIND: [FILE]}})),
    "the id": (BASE, but(id=ID.replace("a", "b"))),
    "the time": (BASE, but(timestamp="2024-05-31T08:30:00.001Z")),
    "the actor": (BASE, but(actor=BOB)),
    "the actor's name": (BASE, but(actor={**ADA, "name": "Ada"})),
    "the local part of an address": (BASE, but(actor={"mbox": "mailto:Ada@example.org"})),
    "the verb": (BASE, but(verb={"id": "x:undid"})),
    "the object": (BASE, but(object={"id": "x:other"})),
    "the kind of object": (BASE, but(object={"objectType": "Agent", **ADA})),
    "a result": (BASE, but(result={"success": True})),
    "true and 1": (
        but(result={"extensions": {"x:y": True}}),
        but(result={"extensions": {"x:y": 1}}),
    ),
    "units of a duration": (
        but(result={"duration": "PT60S"}),
        but(result={"duration": "PT1M"}),
    ),
    "order in an extension": (
        but(result={"extensions": {"x:y": [1, 2]}}),
        but(result={"extensions": {"x:y": [2, 1]}}),
    ),
    "a context activity": (
        but(context={"contextActivities": {"parent": {"id": "x:p"}}}),
        but(context={"contextActivities": {"grouping": {"id": "x:p"}}}),
    ),
    "an attachment": (but(attachments=[FILE]), but(attachments=[{**FILE, "sha2": "1" * 64}])),
    "a SubStatement's time": (
        but(object={**SUB, "timestamp": "2024-05-31T08:30:00Z"}),
        but(object=SUB),
    ),
}


@pytest.mark.parametrize(("a", "b"), SAME.values(), ids=SAME)
def test_what_does_not_count(a, b):
    assert equivalent(a, b)
    assert equivalent(b, a)


@pytest.mark.parametrize(("a", "b"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_counts(a, b):
    assert not equivalent(a, b)
    assert not equivalent(b, a)


@given(STATEMENTS, st.sampled_from([None, 1]))
def test_a_statement_written_again_is_the_same(statement, indent):
    again = json.loads(json.dumps(statement, indent=indent, sort_keys=True))
    assert equivalent(statement, again)
    assert equivalent(statement, {**again, "version": "1.0.1", "authority": ADA})


@given(STATEMENTS, STATEMENTS)
def test_it_is_symmetric(a, b):
    assert equivalent(a, b) == equivalent(b, a)
