"""Which words count as which behaviour, and that the reference page says it."""

from pathlib import Path

import pytest

from xapi import vocabulary
from xapi.vocabulary import ACTIVITY_TYPES, BEHAVIOURS, UNCLASSIFIED, VERBS

PAGE = (Path(__file__).parents[2] / "docs" / "behaviours.md").read_text("utf-8")
#: What is done to a statement, or by a person who learns nothing by it.
NO_BEHAVIOUR = {"voided", "open", "reject", "voted-down"}


def of(verb: str, kind: str = "") -> str:
    target = {"id": "https://example.org/1", "definition": {"type": kind} if kind else {}}
    return vocabulary.behaviour_of({"verb": {"id": verb}, "object": target}).name


@pytest.mark.parametrize(
    "verb",
    ["launched", "initialized", "attempted", "progressed", "interacted", "scored", "completed",
     "passed", "failed", "terminated", "mastered", "played", "paused", "seeked"],
)  # fmt: skip
def test_what_a_course_player_says_is_a_course(verb: str) -> None:
    assert of(VERBS[verb]) == "course"
    assert of(VERBS[verb], ACTIVITY_TYPES["video"]) == "course"


def test_every_verb_of_ours_is_placed() -> None:
    nowhere = {name for name, iri in VERBS.items() if of(iri) == UNCLASSIFIED.name}
    assert nowhere <= NO_BEHAVIOUR | {"responded"}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_page_says_by_which_words_a_behaviour_is_known(behaviour: str) -> None:
    section = PAGE.partition(f"## `{behaviour}`")[2].partition("\n## ")[0]
    rules = vocabulary.rules_of(behaviour)
    for verb, kind in rules:
        assert f"| {f'`{verb}`' if verb else 'any'} | {f'`{kind}`' if kind else 'any other'} |" in (
            section
        )
        if verb:
            assert of(verb, kind) == behaviour
    assert BEHAVIOURS[behaviour].title in section
