"""What mappers build statements with: agents, activities, the categories and extensions of ours."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from producers.texts import Written
from xapi import vocabulary
from xapi.ids import statement_id

Statement = dict[str, Any]
#: The result of an answer that was accepted: by whoever asked, or by who may decide for them.
ACCEPTED: Mapping[str, Any] = {"success": True}


def agent(home_page: str, name: str) -> dict[str, Any]:
    """An account as an Agent; never an e-mail address or a display name."""
    return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}


def hosted(home: str, host: str, event_id: str) -> str:
    """An event's id with its host: every server of one's own counts its things from 1.

    At the tool's own address (`home`) nothing is added: its ids are the tool's alone, and those
    that were made before hosts were told apart stay as they are.
    """
    return event_id if host.rstrip("/") == home else f"{host.rstrip('/')}/{event_id}"


def activity(iri: str, kind: str, name: str = "") -> dict[str, Any]:
    """An Activity of one of `vocabulary.ACTIVITY_TYPES`."""
    definition: dict[str, Any] = {"type": vocabulary.ACTIVITY_TYPES[kind]}
    if name:
        definition["name"] = {"und": name}
    return {"objectType": "Activity", "id": iri, "definition": definition}


def statement(
    identifier: UUID,
    actor: Mapping[str, Any],
    verb: str,
    target: Mapping[str, Any],
    *,
    behaviour: str,
    platform: str,
    at: str | None,
    topic: str = "",
    tags: Sequence[str] = (),
    counterpart: Mapping[str, Any] | None = None,
    duration: str | None = None,
    result: Mapping[str, Any] | None = None,
    parent: Mapping[str, Any] | None = None,
    written: Written | None = None,
) -> Statement:
    """A statement of a connector: its behaviour stands in it as a category activity.

    `at` is the event's own time as the tool wrote it, None where it has none. `counterpart` is left
    out where it is the actor. `parent` is what a reply answers, where the object is the reply
    itself. `written` is what is told of what the actor wrote. Without a `behaviour` its verb alone
    says which one it is, if any.
    """
    extensions: dict[str, Any] = {}
    if topic:
        extensions[vocabulary.TOPIC] = topic
    if tags:
        extensions[vocabulary.TAGS] = list(tags)
    if counterpart and counterpart != actor:
        extensions[vocabulary.COUNTERPART] = counterpart
    if written and written.language:
        extensions[vocabulary.LANGUAGE] = written.language
    if written and written.text:
        extensions[vocabulary.TEXT] = written.text
    context: dict[str, Any] = {"platform": platform}
    if behaviour:
        category = {
            "id": vocabulary.category_iri(behaviour),
            "definition": {"type": vocabulary.BEHAVIOUR_TYPE},
        }
        context["contextActivities"] = {"category": [category]}
    if parent:
        context.setdefault("contextActivities", {})["parent"] = [dict(parent)]
    made: Statement = {
        "id": str(identifier),
        "actor": dict(actor),
        "verb": {"id": vocabulary.VERBS[verb], "display": {"en": verb}},
        "object": dict(target),
        "context": context,
    }
    if extensions:
        made["context"]["extensions"] = extensions
    if result or duration:
        made["result"] = {**(result or {}), **({"duration": duration} if duration else {})}
    if at:
        made["timestamp"] = utc(at)
    return made


def voiding(
    connector: str, event_id: str, actor: Mapping[str, Any], *voided: UUID
) -> list[Statement]:
    """Statements that void others; their ids follow from what they void."""
    return [
        {
            "id": str(statement_id(connector, f"{event_id}:void", place)),
            "actor": dict(actor),
            "verb": {"id": vocabulary.VERBS["voided"], "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": str(identifier)},
        }
        for place, identifier in enumerate(voided)
    ]


def utc(moment: str) -> str:
    """An ISO 8601 time as UTC, to the millisecond. Raises ValueError for what is none."""
    parsed = datetime.fromisoformat(moment)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    try:
        parsed = parsed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment!r} is beyond the calendar's ends in UTC") from error
    text = parsed.isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def between(start: str, end: str) -> str | None:
    """The ISO 8601 duration between two times; None where the end comes first."""
    seconds = (_moment(end) - _moment(start)).total_seconds()
    return f"PT{seconds:g}S" if seconds >= 0 and seconds < 1e6 else _long(seconds)


def _long(seconds: float) -> str | None:
    return f"PT{int(seconds)}S" if seconds >= 0 else None


def _moment(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
