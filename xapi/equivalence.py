"""When two statements are the same statement (xAPI 1.0.3 Part Two, 2.3.1).

What an LRS sets or may change does not count: authority, stored, version, an id or timestamp that
one of the two lacks; definitions of Activities and display of Verbs; the order of Group members;
the zone a time is written in; case where the specification ignores it; labels that our connectors
note beside a statement (`vocabulary.TAGS`), which people change later, the tool's own name of the
event (`vocabulary.KIND`), which older versions of ours did not note, and what somebody wrote
(`vocabulary.TEXT`, `vocabulary.LANGUAGE`), which is edited later; the LRSs that it came through
(`vocabulary.ORIGIN`), so that one that comes back is the same. Everything else does, the headers of
attachments (their `sha2` above all) included; the attached files are no part of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from xapi.durations import comparable
from xapi.vocabulary import KIND, LANGUAGE, ORIGIN, TAGS, TEXT

#: Set by the LRS, or settable by it, so that two deliveries may differ (2.3.1).
_ASSIGNED = frozenset({"id", "authority", "stored", "timestamp", "version"})
#: Extensions of a context that are noted beside what is said.
_NOTED = frozenset({TAGS, KIND, LANGUAGE, ORIGIN, TEXT})


def equivalent(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether two valid statements say the same.

    Ids and timestamps count only where both have one: the LRS assigns what is missing.
    """
    for name, canonical in (("id", str.lower), ("timestamp", _time)):
        if name in a and name in b and canonical(a[name]) != canonical(b[name]):
            return False
    return _same(_statement(a), _statement(b))


def _same(a: Any, b: Any) -> bool:
    """Equality of JSON values: numbers by value, and true is not 1."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(value, b[name]) for name, value in a.items())
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return bool(a == b)


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in statement.items() if name not in _ASSIGNED}
    said["actor"] = _actor(statement["actor"])
    said["verb"] = statement["verb"]["id"]
    said["object"] = _object(statement["object"])
    if "result" in said:
        said["result"] = _result(said["result"])
    if "context" in said:
        said["context"] = _context(said["context"])
    return _without_empty(said)


def _object(thing: Mapping[str, Any]) -> Any:
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        return (kind, thing["id"])
    if kind == "StatementRef":
        return (kind, thing["id"].lower())
    if kind == "SubStatement":
        inner = _statement(thing)
        if "timestamp" in thing:  # a client's own: the LRS sets none here
            inner["timestamp"] = _time(thing["timestamp"])
        return inner
    return _actor(thing)


def _actor(actor: Mapping[str, Any]) -> dict[str, Any]:
    said = {"objectType": "Agent", **actor}
    if "mbox" in said:
        local, at, domain = said["mbox"].rpartition("@")
        said["mbox"] = f"{local}{at}{domain.lower()}"
    if "mbox_sha1sum" in said:
        said["mbox_sha1sum"] = said["mbox_sha1sum"].lower()
    if "member" in said:
        said["member"] = sorted((_actor(member) for member in said["member"]), key=_order)
    return said


def _order(value: Any) -> str:
    if isinstance(value, dict):
        return repr(sorted((name, _order(item)) for name, item in value.items()))
    return repr(value)


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    said = dict(result)
    if "duration" in said:
        said["duration"] = comparable(said["duration"])
    return said


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    said = dict(context)
    if _NOTED & (extensions := said.get("extensions") or {}).keys():
        said["extensions"] = {name: e for name, e in extensions.items() if name not in _NOTED}
    for name in ("instructor", "team"):
        if name in said:
            said[name] = _actor(said[name])
    if "registration" in said:
        said["registration"] = said["registration"].lower()
    if "language" in said:
        said["language"] = said["language"].lower()
    if "statement" in said:
        said["statement"] = _object(said["statement"])
    for name, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in said:  # 2.0, 4.2.2.5
            said[name] = [{**each, inner: _actor(each[inner])} for each in said[name]]
    if "contextActivities" in said:
        said["contextActivities"] = {
            name: [_object(activity) for activity in _listed(activities)]
            for name, activities in said["contextActivities"].items()
        }
    return _without_empty(said)


def _listed(activities: Any) -> list[Any]:
    """A single Activity is returned as an array of one (2.4.6.2), and so is the same."""
    return activities if isinstance(activities, list) else [activities]


def _without_empty(said: dict[str, Any]) -> dict[str, Any]:
    """Empty objects say nothing (2.2)."""
    return {name: value for name, value in said.items() if value not in ({}, [])}


def _time(text: str) -> str:
    """A moment to the millisecond, whatever zone it is written in; none is read as UTC."""
    plain = text.replace(",", ".")
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:  # a leap second, or a form that is rarely seen: compared as it stands
        return plain
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
