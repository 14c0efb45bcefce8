"""What comes of events, however often and in which order they come: what a connector must agree on
by webhook, by poll, and in one clean pass."""

from collections.abc import Iterable
from typing import Any

from producers.connector import Found
from producers.intake import Intake
from xapi.equivalence import equivalent
from xapi.vocabulary import LANGUAGE, VERBS

VOIDED = VERBS["voided"]


def statements(intake: Intake, found: Iterable[Found]) -> list[dict[str, Any]]:
    return [each for one in found for each in intake.map(one.kind, one.event).statements]


def counting(every: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What counts of statements: of one id the first, and not where it is voided.

    Two with one id say the same: else one of them would be refused. The language is left out: it is
    that of the text which came first, and texts are edited.
    """
    voided = {each["object"]["id"] for each in every if each["verb"]["id"] == VOIDED}
    first: dict[str, dict[str, Any]] = {}
    for each in every:
        assert equivalent(first.setdefault(each["id"], each), each)
    return {
        name: _timeless(each) for name, each in first.items()
        if name not in voided and each["verb"]["id"] != VOIDED
    }  # fmt: skip


def _timeless(statement: dict[str, Any]) -> dict[str, Any]:
    context = statement.get("context", {})
    if LANGUAGE not in context.get("extensions", {}):
        return statement
    kept = {name: each for name, each in context["extensions"].items() if name != LANGUAGE}
    return {**statement, "context": {**context, "extensions": kept}}
