"""The profile by its specification's rules, and the connectors' statements by its templates."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from producers.registry import all_connectors
from xapi import profile, vocabulary

ROOT = Path(__file__).parents[2]
DOCUMENT = profile.document()
COMMON = {"id", "type", "inScheme", "prefLabel", "definition"}
SEMANTIC = {"broader", "broadMatch", "narrower", "narrowMatch", "relatedMatch", "exactMatch"}
TYPES = {
    "Verb": (COMMON, SEMANTIC),
    "ActivityType": (COMMON, SEMANTIC),
    "ContextExtension": (COMMON, {"recommendedVerbs", "inlineSchema"}),
    "ResultExtension": (COMMON, {"recommendedVerbs", "inlineSchema"}),
    "Activity": ({"id", "type", "inScheme", "activityDefinition"}, set()),
    "StatementTemplate": (COMMON, {"verb", "contextCategoryActivityType", "rules"}),
    "Pattern": ({"id", "type", "inScheme"}, {"primary", "prefLabel", "definition"}),
}
FORMS = {"alternates", "optional", "oneOrMore", "sequence", "zeroOrMore"}
#: The specification's JSONPath: members, indices, `*`; no filters and no scripts.
STEP = re.compile(r"\.(\w+)|\['([^']+)'\]|\[(\*|\d+)\]")


def things() -> list[dict[str, Any]]:
    return [*DOCUMENT["concepts"], *DOCUMENT["templates"], *DOCUMENT["patterns"]]


def values(node: Any) -> Iterator[Any]:
    yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from values(each)


def test_it_says_what_a_profile_must() -> None:
    assert {*DOCUMENT} == {
        "@context", "id", "type", "conformsTo", "prefLabel", "definition", "versions", "author",
        "concepts", "templates", "patterns",
    }  # fmt: skip
    assert DOCUMENT["type"] == "Profile"
    versions = [each["id"] for each in DOCUMENT["versions"]]
    assert DOCUMENT["id"] not in versions
    assert len({*versions}) == len(versions)
    assert all(value not in ({}, [], "", None) for value in values(DOCUMENT))


@pytest.mark.parametrize("thing", things(), ids=lambda thing: thing["id"].rsplit("/", 2)[-2:])
def test_everything_in_it_is_of_its_kind(thing: dict[str, Any]) -> None:
    needed, optional = TYPES[thing["type"]]
    more = FORMS if thing["type"] == "Pattern" else set()
    assert needed <= {*thing} <= needed | optional | more
    assert thing["inScheme"] in [each["id"] for each in DOCUMENT["versions"]]
    for labels in (thing.get("prefLabel"), thing.get("definition")):
        assert labels is None or all(labels.values())
    if "inlineSchema" in thing:
        assert isinstance(json.loads(thing["inlineSchema"]), dict)
    if thing["type"] == "Pattern":
        (form,) = FORMS & {*thing}
        members = thing[form] if isinstance(thing[form], list) else [thing[form]]
        assert {*members} <= {each["id"] for each in things()} - {thing["id"]}
        assert form not in ("alternates", "sequence") or len(members) > 1
        assert not thing.get("primary") or {"prefLabel", "definition"} <= {*thing}
    for rule in thing.get("rules", ()):
        assert {"presence", "any", "all", "none"} & {*rule}
        for path in rule["location"].split("|"):
            assert "".join(found[0] for found in STEP.finditer(path)) == path.strip()[1:]


def test_ids_are_its_own_and_every_word_of_ours_is_in_it() -> None:
    ids = [thing["id"] for thing in things()]
    assert len({*ids}) == len(ids)
    assert all(each.startswith(f"{vocabulary.PROFILE}/") for each in ids)
    words = (
        *vocabulary.VERBS.values(),
        *vocabulary.ACTIVITY_TYPES.values(),
        *map(vocabulary.category_iri, vocabulary.BEHAVIOURS),
        vocabulary.BEHAVIOUR_TYPE,
        vocabulary.COUNTERPART,
        vocabulary.TOPIC,
        vocabulary.KIND,
        vocabulary.LANGUAGE,
        vocabulary.TEXT,
        vocabulary.QUERY_LENGTH,
        vocabulary.ORIGIN,
        vocabulary.LEFT_BEHIND,
    )
    assert {each for each in words if each.startswith(vocabulary.PROFILE)} <= {*ids}


def test_the_file_is_current() -> None:
    assert (ROOT / "xapi" / "profile.jsonld").read_text("utf-8") == profile.text()


# Statement template validation (the specification's part three, 2.1)


def found(statement: dict[str, Any], location: str) -> list[Any]:
    """The values at a location; members that are not there give none."""
    every: list[Any] = []
    for path in location.split("|"):
        some: list[Any] = [statement]
        for name, quoted, index in (step.groups() for step in STEP.finditer(path)):
            some = list(chain.from_iterable(_step(each, name or quoted, index) for each in some))
        every += some
    return every


def _step(node: Any, name: str | None, index: str | None) -> list[Any]:
    if name is not None:
        return [node[name]] if isinstance(node, dict) and name in node else []
    if not isinstance(node, list):
        return []
    return node if index == "*" else node[int(index or 0) :][:1]


def follows(statement: dict[str, Any], template: dict[str, Any]) -> bool:
    if template.get("verb", statement["verb"]["id"]) != statement["verb"]["id"]:
        return False
    kinds = found(statement, "$.context.contextActivities.category[*].definition.type")
    if not {*template.get("contextCategoryActivityType", ())} <= {*kinds}:
        return False
    return all(kept(found(statement, rule["location"]), rule) for rule in template["rules"])


def kept(matched: list[Any], rule: dict[str, Any]) -> bool:
    presence = rule.get("presence")
    if presence == "included" and not matched:
        return False
    if presence == "excluded":
        return not matched
    if presence == "recommended" and not matched:
        return True
    return "any" not in rule or any(value in rule["any"] for value in matched)


def examples() -> list[Path]:
    """Of the connectors that make statements; what others made is carried as it is."""
    every = sorted((ROOT / "producers" / "connectors").glob("*/examples/*.expected.json"))
    return [path for path in every if not all_connectors()[path.parts[-3]].carries]


def test_every_statement_of_every_example_follows_the_template_of_its_behaviour() -> None:
    templates = {each["id"]: each for each in DOCUMENT["templates"]}
    count = 0
    for path in examples():
        for event in json.loads(path.read_text("utf-8")):
            for statement in event["statements"]:
                if statement["verb"]["id"] == vocabulary.VERBS["voided"]:
                    name = "voided"
                elif found(statement, "$.context.contextActivities.category"):
                    name = vocabulary.behaviour_of(statement).name
                else:
                    name = "without-behaviour"
                following = [
                    each for each, template in templates.items() if follows(statement, template)
                ]
                assert following == [profile.template_iri(name)], (path.name, statement)
                count += 1
    assert count > 300


@pytest.mark.parametrize(
    "change",
    [
        {"actor": {"openid": "https://example.org/ada"}},
        {"actor": {"account": {"homePage": "https://a", "name": "b"}, "name": "Ada"}},
        {"result": {"response": "what was written"}},
        {"verb": {"id": "http://example.org/verbs/other"}},
        {"context": {}},
    ],
)
def test_what_is_not_to_be_said_follows_none(change: dict[str, Any]) -> None:
    path = next(each for each in examples() if json.loads(each.read_text())[0]["statements"])
    statement = json.loads(path.read_text("utf-8"))[0]["statements"][0]
    assert any(follows(statement, each) for each in DOCUMENT["templates"])
    assert not any(follows({**statement, **change}, each) for each in DOCUMENT["templates"])
