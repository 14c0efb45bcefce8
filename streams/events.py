"""A statement as a learning event: who (as a pseudonym), what they did, what it means.

Account → pseudonym → person where known; statement → behaviour. Each statement becomes one event.
Names and addresses stay behind: only `vault.account_rows` keeps which identifier a pseudonym stands
for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from bus import records
from bus.records import Position
from streams.pseudonyms import Pseudonyms
from streams.rules import NONE, Meant, Rules
from xapi import days, vocabulary
from xapi.durations import seconds
from xapi.event import Event
from xapi.formats import is_uuid, plain_timestamp
from xapi.identity import canonical


class Unclassifiable(Exception):
    """A statement that the recorder accepts and no event can be made of."""


def event_of(
    line: bytes,
    position: Position,
    source: str,
    pseudonyms: Pseudonyms,
    seen: dict[str, int],
    rules: Rules = NONE,
) -> Event | None:
    """The event of one statement; None for voids, for what Headwater itself raised, and for lines
    that the recorder refuses (what is no JSON, or has no id or verb).

    `seen` gathers the identifiers met and their pseudonyms; `rules` are those of the house.

    Raises Unclassifiable where the recorder takes the line and its parts have the wrong shape.
    """
    try:
        statement = orjson.loads(line)
        if not is_uuid(statement["id"]):
            UUID(statement["id"])  # in another form, or an error
        if not isinstance(statement["verb"]["id"], str):
            return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    try:
        return _event(statement, position, source, pseudonyms, seen, rules)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Unclassifiable(f"{type(error).__name__}: {error}") from error


def _event(
    statement: Mapping[str, Any],
    position: Position,
    source: str,
    pseudonyms: Pseudonyms,
    seen: dict[str, int],
    rules: Rules,
) -> Event | None:
    verb = vocabulary.canonical_iri(statement["verb"]["id"])
    if verb in (vocabulary.VERBS["voided"], vocabulary.RAISED):
        return None
    target = statement.get("object") or {}
    context = statement.get("context") or {}
    extensions = context.get("extensions") or {}
    definition = target.get("definition") or {}
    tool, topic = _tool(statement, context), _topic(extensions, context)
    kind = vocabulary.canonical_iri(definition.get("type", ""))
    behaviour = vocabulary.behaviour_of(statement)
    if rules.rules:
        tags = _tags(extensions)
        meant = Meant(tool, _kind(extensions), verb, kind, topic, tags, behaviour.name)
        behaviour = rules.behaviour(meant, behaviour)
    result = statement.get("result") or {}
    duration = result.get("duration")
    what = "" if target.get("objectType") in _PEOPLE else str(target.get("id", ""))
    parent = _parent(context)
    responds = verb in vocabulary.RESPONSES or behaviour.name == "help"
    return Event(
        id=statement["id"],
        time=_milliseconds(statement.get("timestamp"), position.appended_ms),
        account=_pseudonym(statement.get("actor"), pseudonyms, seen),
        counterpart=_pseudonym(extensions.get(vocabulary.COUNTERPART), pseudonyms, seen),
        tool=tool,
        behaviour=behaviour.name,
        scaffold=behaviour.scaffold,
        know=behaviour.know,
        verb=verb,
        object=what,
        object_type=kind,
        topic=topic,
        duration=seconds(duration) if isinstance(duration, str) else 0.0,
        success=_success(result),
        score=_score(result),
        parent=parent,
        reference=_reference(target, context, what, kind, parent) if responds else "",
        registration=_registration(context),
        language=_language(extensions),
        source=source,
        position=str(position.as_uint128()),
    )


#: A language's code of ISO 639.
_CODE = re.compile("[a-z]{2,3}")
_PEOPLE = frozenset(("Agent", "Group"))
#: Types of what is written in answer to something: what was answered is the parent of such a thing.
_ANSWERS = frozenset(
    vocabulary.ACTIVITY_TYPES[name]
    for name in ("answer", "comment", "forum-reply", "chat-message", "solution", "review")
)


def _language(extensions: Mapping[str, Any]) -> str:
    """As a connector derived it, in which language was written; "" for what is no such code."""
    said = extensions.get(vocabulary.LANGUAGE)
    return said if isinstance(said, str) and _CODE.fullmatch(said) else ""


def _success(result: Mapping[str, Any]) -> bool | None:
    said = result.get("success")
    return said if isinstance(said, bool) else None


def _score(result: Mapping[str, Any]) -> float | None:
    said = (result.get("score") or {}).get("scaled")
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None


def _registration(context: Mapping[str, Any]) -> str:
    said = context.get("registration")
    return said.lower() if isinstance(said, str) and is_uuid(said) else ""


def _parent(context: Mapping[str, Any]) -> str:
    """The first parent activity that the context names; "" for none."""
    some = (context.get("contextActivities") or {}).get("parent") or ()
    first = some if isinstance(some, dict) else next(iter(some), {})
    return str(first.get("id", ""))


def _reference(
    target: Mapping[str, Any], context: Mapping[str, Any], what: str, kind: str, parent: str
) -> str:
    """What a response responds to: a statement that it names, else the parent of a reply, else what
    it was done to."""
    for each in (context.get("statement") or {}, target):
        if each.get("objectType") == "StatementRef":
            return f"urn:uuid:{str(each.get('id', '')).lower()}"
    return parent if parent and kind in _ANSWERS else what


def _pseudonym(actor: Any, pseudonyms: Pseudonyms, seen: dict[str, int]) -> int:
    identifier = canonical(actor) if isinstance(actor, dict) else ""
    if not identifier:
        return 0
    account = pseudonyms.account(identifier)
    seen[identifier] = account
    return account


def _milliseconds(timestamp: str | None, appended_ms: int) -> int:
    if not timestamp:
        return days.moment(appended_ms)
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:  # a form of ISO 8601 that Python does not read
        moment = datetime.fromisoformat(plain_timestamp(timestamp))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return days.moment(int(moment.timestamp() * 1000))


def _tool(statement: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    if context.get("platform"):
        return str(context["platform"])
    home = ((statement.get("actor") or {}).get("account") or {}).get("homePage", "")
    return urlsplit(home).hostname or "xAPI"


def _tags(extensions: Mapping[str, Any]) -> tuple[str, ...]:
    tags = extensions.get(vocabulary.TAGS)
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _kind(extensions: Mapping[str, Any]) -> tuple[str, ...]:
    """The tool's own kind, and what it is before its first dot; nothing where it is not told."""
    told = extensions.get(vocabulary.KIND)
    if not told or not isinstance(told, str):
        return ()
    return tuple(dict.fromkeys((told, told.partition(".")[0])))


def _topic(extensions: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    if extensions.get(vocabulary.TOPIC):
        return str(extensions[vocabulary.TOPIC])
    activities = context.get("contextActivities") or {}
    for kind in ("parent", "grouping"):
        some = activities.get(kind) or ()
        for activity in (some,) if isinstance(some, dict) else some:
            names = (activity.get("definition") or {}).get("name") or {}
            return str(next(iter(names.values()), activity.get("id", "")))
    return ""


def events_of(
    values: Iterable[tuple[Position, str, bytes]],
    pseudonyms: Pseudonyms,
    seen: dict[str, int],
    refused: list[tuple[Position, str, bytes, str]],
    rules: Rules = NONE,
) -> Iterator[Event]:
    """The events of some records (position of the first line, source, value).

    `refused` gathers what no event can be made of, with the reason.
    """
    for first, source, value in values:
        for number, line in enumerate(records.lines(value)):
            position = Position(first.appended_ms, first.partition, first.offset, number)
            try:
                event = event_of(line, position, source, pseudonyms, seen, rules)
            except Unclassifiable as error:
                refused.append((position, source, line, str(error)))
                continue
            if event is not None:
                yield event
