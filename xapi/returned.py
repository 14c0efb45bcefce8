"""The forms in which statements are returned (Part Three 2.1.3): ids, and canonical.

The third, exact, is what was sent. Here statements are mappings as `json.loads` gives them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xapi.statement import COMPONENT_LISTS

Said = Mapping[str, Any]

_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


# ids


def ids(statement: Said) -> dict[str, Any]:
    """Only what identifies the Agents, Activities, Verb and Groups of a statement."""
    said = dict(statement)
    for name in ("actor", "authority"):
        if name in said:
            said[name] = _actor_id(said[name])
    if "verb" in said:
        said["verb"] = {"id": said["verb"]["id"]}
    if "object" in said:
        said["object"] = _object_id(said["object"])
    if "context" in said:
        said["context"] = _context_ids(said["context"])
    return said


def _actor_id(actor: Said) -> dict[str, Any]:
    kept = {name: actor[name] for name in ("objectType", *_IDENTIFIERS) if name in actor}
    if "member" in actor and not any(name in actor for name in _IDENTIFIERS):
        kept["member"] = [_actor_id(member) for member in actor["member"]]  # anonymous Group
    return kept


def _object_id(thing: Said) -> dict[str, Any]:
    kind = thing.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        return _actor_id(thing)
    if kind == "SubStatement":
        return ids(thing)
    if kind == "Activity":
        return {"id": thing["id"]}
    return {"objectType": kind, "id": thing["id"]}


def _context_ids(context: Said) -> dict[str, Any]:
    said = dict(context)
    for name in ("instructor", "team"):
        if name in said:
            said[name] = _actor_id(said[name])
    if "contextActivities" in said:
        said["contextActivities"] = {
            kind: [_object_id(each) for each in listed(activities)]
            for kind, activities in said["contextActivities"].items()
        }
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in said:
            said[name] = [{**each, inner: _actor_id(each[inner])} for each in said[name]]
    return said


# canonical


def canonical(
    statement: Said, definitions: Mapping[str, Said], languages: Sequence[str]
) -> dict[str, Any]:
    """A statement with the activity definitions that the LRS holds, in one language each.

    `definitions` are the canonical ones by activity id; `languages` what the reader wants, the best
    first (`languages_of`).
    """
    said = dict(statement)
    if "verb" in said:
        said["verb"] = _in_one_language(said["verb"], ("display",), languages)
    if "object" in said:
        said["object"] = _canonical_object(said["object"], definitions, languages)
    if "context" in said and "contextActivities" in said["context"]:
        around = {
            kind: [_canonical_object(each, definitions, languages) for each in listed(activities)]
            for kind, activities in said["context"]["contextActivities"].items()
        }
        said["context"] = {**said["context"], "contextActivities": around}
    if "attachments" in said:
        said["attachments"] = [
            _in_one_language(each, ("display", "description"), languages)
            for each in said["attachments"]
        ]
    return said


def _canonical_object(
    thing: Said, definitions: Mapping[str, Said], languages: Sequence[str]
) -> dict[str, Any]:
    kind = thing.get("objectType", "Activity")
    if kind == "SubStatement":
        return canonical(thing, definitions, languages)
    if kind != "Activity":
        return dict(thing)
    definition = definitions.get(thing["id"]) or thing.get("definition")
    if not definition:
        return dict(thing)
    shown = _in_one_language(definition, ("name", "description"), languages)
    for part in COMPONENT_LISTS:
        if part in shown:
            shown[part] = [
                _in_one_language(each, ("description",), languages) for each in shown[part]
            ]
    return {**thing, "definition": shown}


def _in_one_language(thing: Said, names: Iterable[str], languages: Sequence[str]) -> dict[str, Any]:
    said = dict(thing)
    for name in names:
        if isinstance(said.get(name), Mapping) and said[name]:
            tag = best(list(said[name]), languages)
            said[name] = {tag: said[name][tag]}
    return said


def best(tags: Sequence[str], languages: Sequence[str]) -> str:
    """The tag that suits a reader best (RFC 4647, 3.4 look-up); the first where none does."""
    lower = {tag.lower(): tag for tag in tags}
    for wanted in languages:
        subtags = wanted.lower().split("-")
        while subtags:
            tag = "-".join(subtags)
            if tag in lower:
                return lower[tag]
            longer = next((known for low, known in lower.items() if low.startswith(f"{tag}-")), "")
            if longer:  # a reader of "en" is better served by "en-US" than by "fr"
                return longer
            subtags.pop()
            if subtags and len(subtags[-1]) == 1:
                subtags.pop()
    return tags[0]


def languages_of(accept_language: str) -> list[str]:
    """The languages of an Accept-Language header, the best first; those with q=0 left out."""
    weighed: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:100]:
        tag, _, parameters = part.partition(";")
        name, _, weight = parameters.strip().partition("=")
        try:
            quality = float(weight) if name.strip().lower() == "q" else 1.0
        except ValueError:
            quality = 0.0
        if tag.strip() not in ("", "*") and quality > 0:
            weighed.append((-quality, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda each: each[0])]


# definitions


def merged(definitions: Iterable[Said]) -> dict[str, Any]:
    """The canonical definition of an Activity (Part Two 2.4.4.1): all that was said of it, in turn.

    Names, descriptions and extensions are gathered; of everything else the last said stays, and an
    interaction's parts stay together with its type.
    """
    whole: dict[str, Any] = {}
    for definition in definitions:
        if "interactionType" in definition:
            for part in (
                "correctResponsesPattern",
                "choices",
                "scale",
                "source",
                "target",
                "steps",
            ):
                whole.pop(part, None)
        for name, value in definition.items():
            if name in ("name", "description", "extensions") and isinstance(value, Mapping):
                whole[name] = {**whole.get(name, {}), **value}
            else:
                whole[name] = value
    return whole


def activity_ids(statement: Said) -> set[str]:
    """The ids of the activities of a statement whose definitions canonical form asks for."""
    found: set[str] = set()
    thing = statement.get("object", {})
    kind = thing.get("objectType", "Activity")
    if kind == "SubStatement":
        found |= activity_ids(thing)
    elif kind == "Activity" and "id" in thing:
        found.add(thing["id"])
    for activities in statement.get("context", {}).get("contextActivities", {}).values():
        found |= {each["id"] for each in listed(activities)}
    return found


def listed(activities: Any) -> list[Any]:
    """Context activities as an array: 1.0.3 takes a single one too (Part Two 2.4.6.2)."""
    return activities if isinstance(activities, list) else [activities]
