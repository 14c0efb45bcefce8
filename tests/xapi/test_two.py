"""What 2.0 asks of statements, and 1.0.3 does not (IEEE 9274.1.1: 4.2.2.5, 4.2.4.3, 4.2.7)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.batch import Reading, Stamp, read
from xapi.equivalence import equivalent
from xapi.errors import StatementError
from xapi.statement import validate
from xapi.versions import ONE, TWO, Rules

AGENT = {"mbox": "mailto:ada@example.org"}
GROUP = {"objectType": "Group", "mbox": "mailto:us@example.org"}
TYPES = ["https://example.org/role"]
STAMP = Stamp({"mbox": "mailto:lrs@example.org"})


def statement(**more: Any) -> dict[str, Any]:
    return {
        "actor": AGENT,
        "verb": {"id": "https://example.org/did"},
        "object": {"id": "https://example.org/it"},
        **more,
    }


def stamped(said: dict[str, Any], rules: Rules) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        read(json.dumps(said).encode(), Reading(STAMP, rules=rules)).lines[0]
    )
    return found


CONTEXT = {
    "contextAgents": [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": TYPES}],
    "contextGroups": [{"objectType": "contextGroup", "group": GROUP}],
}


@pytest.mark.parametrize("inner", [False, True])
def test_agents_and_groups_of_a_context_are_of_2_0(inner: bool) -> None:
    said = statement(context=CONTEXT)
    if inner:
        said = statement(object={"objectType": "SubStatement", **said})
    assert stamped(said, TWO)["version"] == "2.0.0"
    with pytest.raises(StatementError, match="contextAgents"):
        read(json.dumps(said).encode(), Reading(STAMP, rules=ONE))


@pytest.mark.parametrize(
    ("name", "each", "path"),
    [
        ("contextAgents", {"agent": AGENT}, ""),
        ("contextAgents", {"objectType": "contextAgent"}, ""),
        ("contextAgents", {"objectType": "contextGroup", "agent": AGENT}, ".objectType"),
        ("contextAgents", {"objectType": "contextAgent", "agent": GROUP}, ".agent.objectType"),
        ("contextAgents", {"objectType": "contextAgent", "agent": AGENT, "more": 1}, ""),
        (
            "contextAgents",
            {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": []},
            ".relevantTypes",
        ),
        (
            "contextAgents",
            {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["role"]},
            ".relevantTypes[0]",
        ),
        ("contextGroups", {"objectType": "contextGroup", "group": AGENT}, ".group"),
        ("contextGroups", {"objectType": "contextAgent", "group": GROUP}, ".objectType"),
    ],
)
def test_what_is_wrong_with_them_is_said(name: str, each: dict[str, Any], path: str) -> None:
    with pytest.raises(StatementError) as refused:
        validate(statement(context={name: [each]}), rules=TWO)
    assert refused.value.path == f"$.context.{name}[0]{path}"
    assert str(refused.value).endswith(f"({refused.value.section})") or "xAPI" in str(refused.value)


@pytest.mark.parametrize(
    ("version", "one", "two"),
    [
        ("1.0", True, True), ("1.0.9", True, True), ("2.0.0", False, True), ("2.0", False, True),
        ("1.1.0", False, False), ("2.1.0", False, False), ("0.9", False, False),
    ],
)  # fmt: skip
def test_versions_of_statements(version: str, one: bool, two: bool) -> None:
    for rules, accepted in ((ONE, one), (TWO, two)):
        if accepted:
            assert stamped(statement(version=version), rules)["version"] == version
        else:
            with pytest.raises(StatementError) as refused:
                stamped(statement(version=version), rules)
            assert refused.value.path == "$.version"


@pytest.mark.parametrize(
    "timestamp", ["2024-05-31T08:30:00", "20240531T083000Z", "2024-05-31T08:30Z"]
)
def test_times_are_those_of_rfc_3339(timestamp: str) -> None:
    said = statement(timestamp=timestamp)
    assert stamped(said, ONE)["timestamp"]
    with pytest.raises(StatementError) as refused:
        stamped(said, TWO)
    assert (refused.value.path, refused.value.section) == ("$.timestamp", "2.0 4.2.7")
    assert stamped(statement(timestamp="2024-05-31T08:30:00.5+02:00"), TWO)


def test_what_has_no_version_gets_that_of_its_request() -> None:
    assert stamped(statement(), ONE)["version"] == "1.0.0"
    assert stamped(statement(), TWO)["version"] == "2.0.0"
    assert stamped(statement(stored="2024-05-31T08:30:00Z"), TWO)["version"] == "2.0.0"


def test_agents_of_a_context_are_the_same_however_they_are_written() -> None:
    other = json.loads(json.dumps(CONTEXT))
    other["contextAgents"][0]["agent"] = {
        "objectType": "Agent",
        "mbox": "mailto:ada@EXAMPLE.org",
    }
    assert equivalent(statement(context=CONTEXT), statement(context=other))
    other["contextAgents"][0]["relevantTypes"] = ["https://example.org/other"]
    assert not equivalent(statement(context=CONTEXT), statement(context=other))


# A grammar of valid statements of both versions: each is accepted, and one thing wrong is refused.

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
iris = st.integers(0, 999).map(lambda n: f"https://example.org/{n}")
agents = st.one_of(
    st.integers(0, 99).map(lambda n: {"mbox": f"mailto:p{n}@example.org"}),
    st.builds(lambda h, n: {"account": {"homePage": h, "name": n}}, iris, texts),
    iris.map(lambda i: {"objectType": "Agent", "openid": i}),
    st.text("0123456789abcdef", min_size=40, max_size=40).map(lambda s: {"mbox_sha1sum": s}),
)
groups = st.one_of(
    st.lists(agents, min_size=1, max_size=3).map(lambda m: {"objectType": "Group", "member": m}),
    st.just(GROUP),
)
actors = st.one_of(agents, groups)
words = st.dictionaries(st.sampled_from(["en", "de-CH", "zh-Hant"]), texts, max_size=2)
verbs = st.fixed_dictionaries({"id": iris}, optional={"display": words})
activities = st.fixed_dictionaries(
    {"id": iris},
    optional={
        "objectType": st.just("Activity"),
        "definition": st.fixed_dictionaries(
            {}, optional={"name": words, "description": words, "type": iris, "moreInfo": iris}
        ),
    },
)
references = st.uuids().map(lambda i: {"objectType": "StatementRef", "id": str(i)})
things = st.one_of(
    activities, groups, agents.map(lambda a: {**a, "objectType": "Agent"}), references
)
numbers = st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
results = st.fixed_dictionaries(
    {},
    optional={
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": texts,
        "duration": st.sampled_from(["PT1S", "P1DT2H", "PT0.12567S", "P3W"]),
        "score": st.fixed_dictionaries({}, optional={"scaled": st.floats(-1, 1), "raw": numbers}),
        "extensions": st.dictionaries(
            iris, st.recursive(st.none() | texts | numbers, lambda v: st.lists(v, max_size=2))
        ),
    },
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "registration": st.uuids().map(str),
        "instructor": actors,
        "team": groups,
        "language": st.just("de-AT"),
        "statement": references,
        "contextActivities": st.dictionaries(
            st.sampled_from(["parent", "grouping", "category", "other"]),
            st.lists(activities, max_size=2),
        ),
    },
)
new_contexts = st.builds(
    lambda context, some, more: {
        **context,
        "contextAgents": [{"objectType": "contextAgent", "agent": agent} for agent in some],
        "contextGroups": [{"objectType": "contextGroup", "group": group} for group in more],
    },
    contexts,
    st.lists(agents, max_size=2),
    st.lists(groups, max_size=2),
)
times = st.sampled_from(["2024-05-31T08:30:00Z", "2024-05-31T08:30:00.123-07:00"])


def statements(around: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {"result": results, "context": around, "timestamp": times}
    plain = st.fixed_dictionaries(
        {"actor": actors, "verb": verbs, "object": things}, optional=optional
    )
    inner = plain.map(lambda said: {**said, "objectType": "SubStatement"})
    whole = st.fixed_dictionaries(
        {"actor": actors, "verb": verbs, "object": inner}, optional=optional
    )
    return plain | whole


@given(statements(contexts))
def test_valid_statements_of_1_0_3_are_valid_in_both(said: dict[str, Any]) -> None:
    for rules in (ONE, TWO):
        validate(said, rules=rules)
        assert equivalent(stamped(said, rules), said)


@given(statements(new_contexts))
def test_valid_statements_of_2_0_are_valid(said: dict[str, Any]) -> None:
    validate(said, rules=TWO)
    assert equivalent(stamped(said, TWO), said)


@given(statements(new_contexts), st.sampled_from(["actor", "verb", "object"]), st.data())
def test_one_thing_wrong_is_refused_with_its_path(
    said: dict[str, Any], name: str, data: st.DataObject
) -> None:
    broken = dict(said)
    what = data.draw(st.sampled_from(["missing", "null", "unknown", "number"]))
    if what == "missing":
        del broken[name]
        path = "$"
    elif what == "unknown":
        broken[name] = {**said[name], "surplus": 1}
        path = f"$.{name}"
    else:
        broken[name] = None if what == "null" else 7
        path = f"$.{name}"
    for rules in (ONE, TWO):
        with pytest.raises(StatementError) as refused:
            read(json.dumps(broken).encode(), Reading(STAMP, rules=rules))
        if rules == TWO:
            assert refused.value.path == path
