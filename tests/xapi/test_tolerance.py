"""Known faults of known producers: each is refused as it comes, mended as its example says."""

import copy
import json

import pytest

from xapi.batch import Reading, Stamp, judged, read
from xapi.errors import XapiError
from xapi.tolerance import REPAIRS, repaired

STAMP = Stamp({"objectType": "Agent", "account": {"homePage": "http://lrs.test", "name": "t"}})
GOOD = {
    "actor": {"mbox": "mailto:a@b.c"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/it"},
}


def sent(*said):
    return json.dumps(said[0] if len(said) == 1 else said).encode()


@pytest.mark.parametrize("repair", REPAIRS, ids=lambda each: each.name)
def test_a_fault_breaks_a_rule_and_is_mended_as_its_example_says(repair):
    faulty, mended = {**GOOD, **repair.example}, {**GOOD, **repair.repaired}
    with pytest.raises(XapiError):
        read(sent(faulty), Reading(STAMP))
    for body in (sent(faulty), sent(GOOD, faulty)):
        (*_, line) = read(body, Reading(STAMP, repair=repaired)).lines
        stored = json.loads(line)
        assert {name: stored[name] for name in mended} == mended
    one = copy.deepcopy(faulty)
    assert repaired(one) == [repair.name]
    assert repaired(one) == []
    assert repair.producer
    assert repair.fault


def test_several_faults_of_a_statement_are_mended_together():
    faulty = {**GOOD}
    for repair in REPAIRS:
        faulty |= copy.deepcopy(dict(repair.example))
    stored = json.loads(read(sent(faulty), Reading(STAMP, repair=repaired)).lines[0])
    for repair in REPAIRS:
        assert {name: stored[name] for name in repair.repaired} == repair.repaired


def test_a_sound_statement_is_never_touched():
    body = b'{"id":"9dc99b37-e920-4a68-a066-917faca28949",  "result":{"score":{"raw":1.50}},'
    body += json.dumps(GOOD).encode()[1:]
    assert read(body, Reading(STAMP, repair=repaired)).lines == read(body, Reading(STAMP)).lines


@pytest.mark.parametrize(
    "change",
    [
        {"object": {"objectType": "Activity"}},
        {"object": {"id": "not an IRI"}},
        {"object": {"id": "http://example.org/it", "objectType": "groupactivity"}},
        {"actor": {"objectType": "GroupActivity", "mbox": "mailto:a@b.c"}},
        {"result": {"score": {"min": 2, "max": 1}}},
        {"result": {"score": {"min": True, "max": True}}},
        {"result": {"score": {"min": 0, "max": 0, "raw": 5}}},
        {"context": {"contextActivities": 7}},
        {"verb": {"id": "0f1d2b3c-4a5b-4c6d-8e7f-0123456789ab"}},
        {"object": [], "context": [], "result": []},
    ],
)
def test_what_is_no_known_fault_is_refused_with_its_own_error(change):
    body = sent({**GOOD, **change})
    with pytest.raises(XapiError) as strict:
        read(body, Reading(STAMP))
    with pytest.raises(XapiError) as tolerant:
        read(body, Reading(STAMP, repair=repaired))
    assert tolerant.value == strict.value


def test_of_an_array_each_fault_stands_by_itself():
    other = {**GOOD, "id": "9dc99b37-e920-4a68-a066-917faca28949"}
    found = judged(
        sent(GOOD, {**GOOD, "x": 1}, other, other, GOOD), Reading(STAMP, repair=repaired)
    )
    assert len(found.batch.lines) == 3
    assert [fault.place for fault in found.faults] == [1, 3]
    assert json.loads(found.faults[0].raw) == {**GOOD, "x": 1}
    assert found.batch.given == [1]


@pytest.mark.parametrize("bad", [b"null", b"7", b'"x"', b"[]", b'{"a":1,"a":2}'])
def test_what_is_no_statement_breaks_no_repair(bad):
    with pytest.raises(XapiError):
        read(bad.replace(b"[]", b"[[]]"), Reading(STAMP, repair=repaired))
