"""The forms statements are returned in."""

from typing import Any

import pytest

from xapi.person import person
from xapi.returned import activity_ids, best, canonical, ids, languages_of, merged

AGENT = {"objectType": "Agent", "name": "Ada", "mbox": "mailto:ada@example.org"}
BARE = {"objectType": "Agent", "mbox": "mailto:ada@example.org"}
PAGE = {
    "id": "https://example.org/page",
    "definition": {"name": {"en-US": "Page", "de": "Seite"}, "type": "https://example.org/t"},
}
STATEMENT: dict[str, Any] = {
    "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    "actor": {"objectType": "Group", "name": "Us", "member": [AGENT]},
    "verb": {"id": "https://example.org/did", "display": {"en-US": "did", "de": "tat"}},
    "object": PAGE,
    "context": {
        "instructor": AGENT,
        "contextActivities": {"parent": [PAGE], "other": PAGE},
        "contextAgents": [{"objectType": "contextAgent", "agent": AGENT}],
    },
    "attachments": [{"display": {"en": "File", "de": "Datei"}}],
}


def test_ids_are_what_is_left_of_agents_activities_and_verbs() -> None:
    assert ids(STATEMENT) == {
        **STATEMENT,
        "actor": {"objectType": "Group", "member": [BARE]},
        "verb": {"id": "https://example.org/did"},
        "object": {"id": PAGE["id"]},
        "context": {
            "instructor": BARE,
            "contextActivities": {"parent": [{"id": PAGE["id"]}], "other": [{"id": PAGE["id"]}]},
            "contextAgents": [{"objectType": "contextAgent", "agent": BARE}],
        },
    }


def test_an_identified_group_is_its_identifier() -> None:
    group = {"objectType": "Group", "mbox": "mailto:us@example.org", "member": [AGENT]}
    assert ids({"actor": group})["actor"] == {
        "objectType": "Group",
        "mbox": "mailto:us@example.org",
    }


def test_inner_statements_too() -> None:
    inner = {**STATEMENT, "objectType": "SubStatement"}
    assert ids({"object": inner})["object"]["verb"] == {"id": "https://example.org/did"}
    shown = canonical({"object": inner}, {}, ["de"])
    assert shown["object"]["verb"]["display"] == {"de": "tat"}


def test_canonical_has_the_lrss_definitions_in_the_readers_language() -> None:
    known = {
        PAGE["id"]: {"name": {"en-US": "The page", "de": "Die Seite"}, "moreInfo": "https://m"}
    }
    found = canonical(STATEMENT, known, ["de-AT", "en"])
    shown = {"id": PAGE["id"], "definition": {"name": {"de": "Die Seite"}, "moreInfo": "https://m"}}
    assert found["object"] == shown
    assert found["verb"]["display"] == {"de": "tat"}
    assert found["context"]["contextActivities"] == {"parent": [shown], "other": [shown]}
    assert found["attachments"] == [{"display": {"de": "Datei"}}]
    assert found["actor"] == STATEMENT["actor"]


@pytest.mark.parametrize(
    ("tags", "wanted", "found"),
    [
        (["en-US", "de"], ["de-AT"], "de"),
        (["en-US", "de"], ["en"], "en-US"),
        (["en", "en-GB"], ["en-gb"], "en-GB"),
        (["fr", "de"], ["ja"], "fr"),
        (["zh-Hant", "zh"], ["zh-Hant-TW-x-private"], "zh-Hant"),
        (["fr", "de"], [], "fr"),
    ],
)
def test_the_language_that_suits_best(tags: list[str], wanted: list[str], found: str) -> None:
    assert best(tags, wanted) == found


def test_languages_in_the_order_of_their_weights() -> None:
    header = "da, en-gb;q=0.8, en;q=0.7, fr;q=0, *;q=0.1, de ; q=0.9, x;q=bad"
    assert languages_of(header) == ["da", "de", "en-gb", "en"]
    assert languages_of("") == []


def test_definitions_are_merged_in_turn() -> None:
    first = {
        "name": {"en": "A", "de": "A"},
        "type": "https://example.org/a",
        "interactionType": "choice",
        "choices": [{"id": "x"}],
        "extensions": {"https://e/1": 1},
    }
    second = {"name": {"en": "B"}, "extensions": {"https://e/2": 2}, "moreInfo": "https://m"}
    third = {"interactionType": "numeric", "correctResponsesPattern": ["4[:]"]}
    assert merged([first, second]) == {
        **first,
        "name": {"en": "B", "de": "A"},
        "extensions": {"https://e/1": 1, "https://e/2": 2},
        "moreInfo": "https://m",
    }
    assert "choices" not in merged([first, third])
    assert merged([]) == {}


def test_the_activities_whose_definitions_count() -> None:
    assert activity_ids(STATEMENT) == {PAGE["id"]}
    assert activity_ids({"object": {"objectType": "StatementRef", "id": "x"}}) == set()


def test_a_person_is_arrays() -> None:
    assert person(AGENT, ["Ada L.", "Ada"]) == {
        "objectType": "Person",
        "name": ["Ada", "Ada L."],
        "mbox": ["mailto:ada@example.org"],
    }
    assert person({"openid": "https://ada.example.org"}) == {
        "objectType": "Person",
        "openid": ["https://ada.example.org"],
    }
