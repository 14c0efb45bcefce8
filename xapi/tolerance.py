"""Known faults of known producers, and how each is mended: for credentials that are tolerant.

A repair has a name, the producer whose published statements have the fault, and an example. It
changes only what can mean one thing, never a guess. It is tried on statements that break a rule, so
that a sound one is never touched; whatever still breaks a rule afterwards is refused as ever.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Said = dict[str, Any]

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_GROUPS = ("parent", "grouping", "category", "other")


@dataclass(frozen=True)
class Repair:
    """One mended fault; `mend` changes a statement in place, and says whether it did."""

    name: str
    producer: str
    fault: str
    becomes: str
    #: The part of a statement that has the fault, and what it is afterwards.
    example: Mapping[str, Any]
    repaired: Mapping[str, Any]
    mend: Callable[[Said], bool]


def _activities(said: Said) -> Iterator[Said]:
    """What stands where an Activity may stand: the object, and those around it."""
    thing, context = said.get("object"), said.get("context")
    if isinstance(thing, dict):
        yield thing
    around = context.get("contextActivities") if isinstance(context, dict) else None
    if not isinstance(around, dict):
        return
    for group in _GROUPS:
        some = around.get(group, [])
        yield from (each for each in (some if isinstance(some, list) else [some]) if _is(each))


def _is(value: Any) -> bool:
    return isinstance(value, dict)


def _group_activities(said: Said) -> bool:
    found = [each for each in _activities(said) if each.get("objectType") == "GroupActivity"]
    for each in found:
        each["objectType"] = "Activity"
    return bool(found)


def _bare_uuids(said: Said) -> bool:
    found = [each for each in _activities(said) if _has_bare_uuid(each)]
    for each in found:
        each["id"] = f"urn:uuid:{each['id'].lower()}"
    return bool(found)


def _has_bare_uuid(activity: Said) -> bool:
    identifier = activity.get("id")
    is_activity = activity.get("objectType", "Activity") == "Activity"
    return is_activity and isinstance(identifier, str) and bool(_UUID.fullmatch(identifier))


def _empty_scale(said: Said) -> bool:
    result = said.get("result")
    score = result.get("score") if isinstance(result, dict) else None
    if not isinstance(score, dict) or "min" not in score or "max" not in score:
        return False
    if isinstance(score["min"], bool) or score["min"] != score["max"]:
        return False
    del score["min"]
    return True


#: In the order in which they are tried.
REPAIRS: tuple[Repair, ...] = (
    Repair(
        "group-activity",
        "Open edX (event-routing-backends: problems with several questions)",
        "An Activity, the object or one around it, has the objectType `GroupActivity`, which xAPI "
        "does not know.",
        "The objectType is `Activity`.",
        {"object": {"id": "https://courses.example.org/problem", "objectType": "GroupActivity"}},
        {"object": {"id": "https://courses.example.org/problem", "objectType": "Activity"}},
        _group_activities,
    ),
    Repair(
        "bare-uuid",
        "Open edX (event-routing-backends: special exams)",
        "The id of an Activity is a UUID and no IRI.",
        "The id is the UUID's own IRI, `urn:uuid:…` (RFC 9562), in lower case.",
        {
            "context": {
                "contextActivities": {"grouping": [{"id": "0F1D2B3C-4A5B-4C6D-8E7F-0123456789AB"}]}
            }
        },
        {
            "context": {
                "contextActivities": {
                    "grouping": [{"id": "urn:uuid:0f1d2b3c-4a5b-4c6d-8e7f-0123456789ab"}]
                }
            }
        },
        _bare_uuids,
    ),
    Repair(
        "empty-scale",
        "Open edX (event-routing-backends: problems without points)",
        "A score's `min` equals its `max`; it must be less.",
        "`min` is left out; `max`, `raw` and `scaled` stay.",
        {"result": {"score": {"min": 0, "max": 0, "raw": 0, "scaled": 0}}},
        {"result": {"score": {"max": 0, "raw": 0, "scaled": 0}}},
        _empty_scale,
    ),
)


def repaired(said: Any) -> Sequence[str]:
    """The names of the repairs that a statement needed; it is changed in place."""
    if not isinstance(said, dict):
        return ()
    return [each.name for each in REPAIRS if each.mend(said)]
