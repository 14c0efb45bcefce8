"""The data rules of xAPI 1.0.3 Part Two, precisely: what a statement must be, and what is wrong.

`validate` takes a statement as `json.loads` gives it and raises the first rule broken, with the
path, the rule and the section. It is the authority. `xapi.shapes` is its fast half: what passes
there passes here, and only what does not pass there is looked at here.

Rules are written as checks, functions of a value and its path that raise StatementError. An object
is a table of its properties' checks; what is not in the table is refused (2.2).
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NoReturn

from xapi import formats
from xapi.durations import is_duration
from xapi.errors import StatementError
from xapi.versions import ONE, TWO, Rules

Check = Callable[[Any, str], None]
Properties = Mapping[str, Check]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
#: Interaction types and the component lists each supports (2.4.4.1).
INTERACTIONS: Mapping[str, tuple[str, ...]] = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
_TWO_CONTEXT = "2.0 4.2.2.5"
#: Deeper JSON is refused: no statement needs it, and readers differ in what they survive.
MAX_DEPTH = 100


def validate(statement: Any, path: str = "$", rules: Rules = ONE) -> None:
    """Raise StatementError for the first data rule that a statement breaks.

    `rules` are those of 1.0.3 or of 2.0, which knows more of a context and of versions, and wants
    times as RFC 3339 writes them.
    """
    _BY_RULES[rules](statement, path)


def validate_actor(actor: Any, path: str = "$") -> None:
    """Raise StatementError for the first data rule that an Agent or a Group breaks (2.4.2)."""
    _actor(actor, path)


def _fail(path: str, rule: str, section: str) -> NoReturn:
    of_two = section.startswith("2.0 ")
    raise StatementError(path, rule, section if of_two else f"Part Two {section}")


# Values


def _typed(kind: type, name: str, value: Any, path: str, section: str) -> None:
    if value is None:
        _fail(path, "null is allowed inside extensions only", "2.2")
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        _fail(path, f"must be {name}, not {_kind(value)}", section)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", dict: "an object", list: "an array", int: "a number"}
    return names.get(type(value), "a number")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _text(section: str) -> Check:
    def check(value: Any, path: str) -> None:
        _typed(str, "a string", value, path, section)

    return check


def _name(section: str) -> Check:
    """A text by which something is found again: it must be one that all readers take alike."""

    def check(value: Any, path: str) -> None:
        _typed(str, "a string", value, path, section)
        if "\0" in value:
            _fail(path, "identifies something, so it must not hold the character NUL", section)

    return check


def _formatted(name: str, section: str, accepts: Callable[[str], bool]) -> Check:
    def check(value: Any, path: str) -> None:
        _typed(str, "a string", value, path, section)
        if not accepts(value):
            _fail(path, f"{_shown(value)} is not {name}", section)

    return check


def _iri(section: str) -> Check:
    return _formatted("an IRI with a scheme", f"{section} and 4.3", formats.is_iri)


def _uuid(section: str) -> Check:
    name = "a UUID in standard string form (8-4-4-4-12 hexadecimal digits)"
    return _formatted(name, f"{section} and 4.4", formats.is_uuid)


def _timestamp(section: str) -> Check:
    name = "an ISO 8601 date and time, as in 2024-05-31T08:30:00.000Z"
    return _formatted(name, f"{section} and 4.5", formats.is_timestamp)


def _boolean(section: str) -> Check:
    return lambda value, path: _typed(bool, "true or false", value, path, section)


def _number(value: Any, path: str) -> None:
    _typed((int | float), "a number", value, path, "2.4.5.1")  # type: ignore[arg-type]


def _one_of(section: str, *words: str) -> Check:
    def check(value: Any, path: str) -> None:
        _typed(str, "a string", value, path, section)
        if value not in words:
            wanted = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
            _fail(path, f"{_shown(value)} is not {wanted} (case counts)", section)

    return check


# Arrays and objects


def _array(section: str, each: Check) -> Check:
    def check(value: Any, path: str) -> None:
        _typed(list, "an array", value, path, section)
        for place, item in enumerate(value):
            each(item, f"{path}[{place}]")

    return check


def _object(value: Any, path: str, section: str) -> None:
    _typed(dict, "an object", value, path, section)


def _properties(
    value: Any, path: str, section: str, properties: Properties, required: tuple[str, ...] = ()
) -> None:
    """An object that holds these properties and no others, and the required ones."""
    _object(value, path, section)
    for name, item in value.items():
        check = properties.get(name)
        if check is None:
            _unknown(name, path, section, properties)
        check(item, f"{path}.{name}")
    for name in required:
        if name not in value:
            _fail(path, f'has no "{name}", which is required', section)


def _unknown(name: str, path: str, section: str, properties: Properties) -> NoReturn:
    hint = next((known for known in properties if known.lower() == name.lower()), None)
    rule = f"{_shown(name)} is not a property of this object"
    if hint is not None:
        rule += f'; did you mean "{hint}"? Case counts'
    _fail(path, rule, f"2.2 and {section}")


def _language_map(section: str) -> Check:
    text = _text("4.2")

    def check(value: Any, path: str) -> None:
        _typed(dict, "a language map (an object)", value, path, f"{section} and 4.2")
        for tag, words in value.items():
            if not formats.is_language_tag(tag):
                _fail(path, f"{_shown(tag)} is not a language tag of RFC 5646", "4.2")
            text(words, f"{path}.{tag}")

    return check


def _extensions(value: Any, path: str) -> None:
    _object(value, path, "4.1")
    for key in value:
        if not formats.is_iri(key):
            _fail(path, f"the key {_shown(key)} is not an IRI with a scheme", "4.1")


# Actors


def _mailto(value: Any, path: str) -> None:
    name = 'a mailto IRI, "mailto:" and an e-mail address'
    _formatted(name, "2.4.2.3", formats.is_mailto)(value, path)


def _account(value: Any, path: str) -> None:
    checks = {"homePage": _iri("2.4.2.4"), "name": _name("2.4.2.4")}
    _properties(value, path, "2.4.2.4", checks, ("homePage", "name"))


_IDENTIFIED: Properties = {
    "name": _text("2.4.2"),
    "mbox": _mailto,
    "mbox_sha1sum": _formatted("a SHA-1 in 40 hexadecimal digits", "2.4.2.3", formats.is_sha1),
    "openid": _iri("2.4.2.3"),
    "account": _account,
}
_AGENT: Properties = {"objectType": _one_of("2.4.2.1", "Agent"), **_IDENTIFIED}


def _agent(value: Any, path: str) -> None:
    _object(value, path, "2.4.2.1")
    if "member" in value and "objectType" not in value:
        _fail(path, 'a Group must say "objectType": "Group"', "2.4.2.2")
    _properties(value, path, "2.4.2.1", _AGENT)
    _single_identifier(value, path, "an Agent", "2.4.2.1")


def _single_identifier(value: Any, path: str, who: str, section: str) -> None:
    found = [name for name in IDENTIFIERS if name in value]
    if len(found) != 1:
        count = f"has {' and '.join(found)}" if found else "has none"
        rule = f"{who} has exactly one of mbox, mbox_sha1sum, openid and account; this one {count}"
        _fail(path, rule, section)


def _member(value: Any, path: str) -> None:
    if isinstance(value, dict) and value.get("objectType") == "Group":
        _fail(path, "a Group must not hold Groups as members", "2.4.2.2")
    _agent(value, path)


_GROUP: Properties = {
    "objectType": _one_of("2.4.2.2", "Group"),
    "member": _array("2.4.2.2", _member),
    **_IDENTIFIED,
}


def _group(value: Any, path: str) -> None:
    _properties(value, path, "2.4.2.2", _GROUP, ("objectType",))
    if any(name in value for name in IDENTIFIERS):
        _single_identifier(value, path, "an identified Group", "2.4.2.2")
    elif not value.get("member"):
        _fail(path, 'a Group without an identifier must list its "member"s', "2.4.2.2")


def _actor(value: Any, path: str) -> None:
    _object(value, path, "2.4.2")
    kind = value.get("objectType", "Agent")
    _one_of("2.4.2", "Agent", "Group")(kind, f"{path}.objectType")
    (_group if kind == "Group" else _agent)(value, path)


def _authority(value: Any, path: str) -> None:
    """An Agent, or the two Agents of three-legged OAuth (2.4.9)."""
    _actor(value, path)
    if value.get("objectType") != "Group":
        return
    members = value.get("member", [])
    if any(name in value for name in IDENTIFIERS) or len(members) != 2:
        _fail(path, "as a Group must be anonymous and hold exactly two Agents", "2.4.9")
    if not any("account" in member for member in members):
        _fail(path, "as a Group must hold the OAuth consumer, identified by account", "2.4.9")


# Verbs and objects


def _verb(value: Any, path: str) -> None:
    checks = {"id": _iri("2.4.3"), "display": _language_map("2.4.3")}
    _properties(value, path, "2.4.3", checks, ("id",))


_COMPONENT: Properties = {"id": _name("2.4.4.1"), "description": _language_map("2.4.4.1")}


def _components(value: Any, path: str) -> None:
    def component(item: Any, at: str) -> None:
        _properties(item, at, "2.4.4.1", _COMPONENT, ("id",))

    _array("2.4.4.1", component)(value, path)
    if len({item["id"] for item in value}) != len(value):
        _fail(path, "the ids of interaction components must be distinct", "2.4.4.1")


_DEFINITION: Properties = {
    "name": _language_map("2.4.4.1"),
    "description": _language_map("2.4.4.1"),
    "type": _iri("2.4.4.1"),
    "moreInfo": _iri("2.4.4.1"),
    "extensions": _extensions,
    "interactionType": _one_of("2.4.4.1", *INTERACTIONS),
    "correctResponsesPattern": _array("2.4.4.1", _text("2.4.4.1")),
    **dict.fromkeys(COMPONENT_LISTS, _components),
}


def _definition(value: Any, path: str) -> None:
    _properties(value, path, "2.4.4.1", _DEFINITION)
    lists = [name for name in COMPONENT_LISTS if name in value]
    kind = value.get("interactionType")
    if kind is None:
        if lists or "correctResponsesPattern" in value:
            _fail(path, 'an interaction must have an "interactionType"', "2.4.4.1")
        return
    for name in lists:
        if name not in INTERACTIONS[kind]:
            _fail(f"{path}.{name}", f"an interaction of type {kind} has no {name}", "2.4.4.1")


_ACTIVITY: Properties = {
    "objectType": _one_of("2.4.4.1", "Activity"),
    "id": _iri("2.4.4.1"),
    "definition": _definition,
}


def _activity(value: Any, path: str) -> None:
    _properties(value, path, "2.4.4.1", _ACTIVITY, ("id",))


_REFERENCE: Properties = {"objectType": _one_of("2.4.4.3", "StatementRef"), "id": _uuid("2.4.4.3")}


def _reference(value: Any, path: str) -> None:
    _properties(value, path, "2.4.4.3", _REFERENCE, ("objectType", "id"))


_OBJECTS: Mapping[str, Check] = {
    "Activity": _activity,
    "Agent": _agent,
    "Group": _group,
    "StatementRef": _reference,
}


def _thing(value: Any, path: str) -> None:
    """The object of a SubStatement: anything but a SubStatement (2.4.4.3)."""
    _object(value, path, "2.4.4")
    kind = value.get("objectType", "Activity")
    if kind == "SubStatement":
        _fail(path, "a SubStatement must not hold a SubStatement", "2.4.4.3")
    _one_of("2.4.4", *_OBJECTS)(kind, f"{path}.objectType")
    _OBJECTS[kind](value, path)


# Results


def _scaled(value: Any, path: str) -> None:
    _number(value, path)
    if not -1 <= value <= 1:
        _fail(path, f"{value} is not between -1 and 1", "2.4.5.1")


_SCORE: Properties = {"scaled": _scaled, "raw": _number, "min": _number, "max": _number}


def _score(value: Any, path: str) -> None:
    _properties(value, path, "2.4.5.1", _SCORE)
    low, raw, high = value.get("min"), value.get("raw"), value.get("max")
    if low is not None and high is not None and low >= high:
        _fail(path, f'"min" ({low}) must be less than "max" ({high})', "2.4.5.1")
    if raw is not None and low is not None and raw < low:
        _fail(path, f'"raw" ({raw}) must not be less than "min" ({low})', "2.4.5.1")
    if raw is not None and high is not None and raw > high:
        _fail(path, f'"raw" ({raw}) must not be more than "max" ({high})', "2.4.5.1")


_RESULT: Properties = {
    "score": _score,
    "success": _boolean("2.4.5"),
    "completion": _boolean("2.4.5"),
    "response": _text("2.4.5"),
    "duration": _formatted(
        "an ISO 8601 duration, as in PT4H35M59.14S", "2.4.5 and 4.6", is_duration
    ),
    "extensions": _extensions,
}


def _result(value: Any, path: str) -> None:
    _properties(value, path, "2.4.5", _RESULT)


# Context


def _activities(value: Any, path: str) -> None:
    if isinstance(value, list):
        _array("2.4.6.2", _activity)(value, path)
    else:
        _typed(dict, "an Activity or an array of Activities", value, path, "2.4.6.2")
        _activity(value, path)


CONTEXT_ACTIVITIES = ("parent", "grouping", "category", "other")


def _context_activities(value: Any, path: str) -> None:
    _properties(value, path, "2.4.6.2", dict.fromkeys(CONTEXT_ACTIVITIES, _activities))


_CONTEXT: Properties = {
    "registration": _uuid("2.4.6"),
    "instructor": _actor,
    "team": _group,
    "contextActivities": _context_activities,
    "revision": _text("2.4.6"),
    "platform": _text("2.4.6"),
    "language": _formatted("a language tag of RFC 5646", "2.4.6", formats.is_language_tag),
    "statement": _reference,
    "extensions": _extensions,
}


def _context(value: Any, path: str) -> None:
    _properties(value, path, "2.4.6", _CONTEXT)


# What 2.0 adds to a context (2.0, 4.2.2.5)


def _relevant_types(value: Any, path: str) -> None:
    _array(_TWO_CONTEXT, _iri(_TWO_CONTEXT))(value, path)
    if not value:
        _fail(path, "must not be empty; leave it out instead", _TWO_CONTEXT)


def _about(kind: str, name: str, check: Check) -> Check:
    properties: Properties = {
        "objectType": _one_of(_TWO_CONTEXT, kind),
        name: check,
        "relevantTypes": _relevant_types,
    }

    def each(value: Any, path: str) -> None:
        _properties(value, path, _TWO_CONTEXT, properties, ("objectType", name))

    return _array(_TWO_CONTEXT, each)


_CONTEXT_OF_TWO: Properties = {
    **_CONTEXT,
    "contextAgents": _about("contextAgent", "agent", _agent),
    "contextGroups": _about("contextGroup", "group", _group),
}


def _context_of_two(value: Any, path: str) -> None:
    _properties(value, path, "2.4.6", _CONTEXT_OF_TWO)


# Attachments


def _length(value: Any, path: str) -> None:
    _typed(int, "a whole number of octets", value, path, "2.4.11")
    if value < 0:
        _fail(path, "must not be negative", "2.4.11")


_ATTACHMENT: Properties = {
    "usageType": _iri("2.4.11"),
    "display": _language_map("2.4.11"),
    "description": _language_map("2.4.11"),
    "contentType": _formatted("an Internet media type", "2.4.11", formats.is_media_type),
    "length": _length,
    "sha2": _formatted("a SHA-2 in hexadecimal digits", "2.4.11", formats.is_sha2),
    "fileUrl": _iri("2.4.11"),
}
_ATTACHMENT_REQUIRED = ("usageType", "display", "contentType", "length", "sha2")


def _attachment(value: Any, path: str) -> None:
    _properties(value, path, "2.4.11", _ATTACHMENT, _ATTACHMENT_REQUIRED)


# Statements


_SUBSTATEMENT: Properties = {
    "objectType": _one_of("2.4.4.3", "SubStatement"),
    "actor": _actor,
    "verb": _verb,
    "object": _thing,
    "result": _result,
    "context": _context,
    "timestamp": _timestamp("2.4.7"),
    "attachments": _array("2.4.11", _attachment),
}
_REQUIRED = ("actor", "verb", "object")


def _substatement_by(properties: Properties) -> Check:
    def check(value: Any, path: str) -> None:
        for name in ("id", "stored", "version", "authority"):
            if name in value:
                _fail(f"{path}.{name}", f'a SubStatement must not have "{name}"', "2.4.4.3")
        _properties(value, path, "2.4.4.3", properties, _REQUIRED)
        _together(value, path)

    return check


def _statement_by(substatement: Properties, **changed: Check) -> Check:
    inner = _substatement_by(substatement)

    def thing(value: Any, path: str) -> None:
        _object(value, path, "2.4.4")
        kind = value.get("objectType", "Activity")
        _one_of("2.4.4", *_OBJECTS, "SubStatement")(kind, f"{path}.objectType")
        _OBJECTS.get(kind, inner)(value, path)

    properties: Properties = {
        **{name: check for name, check in substatement.items() if name != "objectType"},
        "id": _uuid("2.4.1"),
        "object": thing,
        "stored": _timestamp("2.4.8"),
        "authority": _authority,
        "version": _formatted('a version that starts with "1.0."', "2.4.10", formats.is_version),
        **changed,
    }

    def statement(value: Any, path: str) -> None:
        _typed(dict, "a statement (an object)", value, path, "2.4")
        _properties(value, path, "2.4", properties, _REQUIRED)
        _together(value, path)

    return statement


_RFC_3339 = _formatted(
    "a date and time of RFC 3339, as in 2024-05-31T08:30:00.000Z",
    "2.0 4.2.7",
    formats.is_rfc_3339,
)
_BY_RULES: Mapping[Rules, Check] = {
    ONE: _statement_by(_SUBSTATEMENT),
    TWO: _statement_by(
        {**_SUBSTATEMENT, "context": _context_of_two, "timestamp": _RFC_3339},
        stored=_RFC_3339,
        version=_formatted(
            'a version that starts with "2.0." or "1.0."', "2.0 4.2.4.3", formats.is_version_of_two
        ),
    ),
}


def _together(value: Any, path: str) -> None:
    """The rules that tie one part of a statement to another."""
    kind = value["object"].get("objectType", "Activity")
    if value["verb"]["id"] == VOIDED and kind != "StatementRef":
        rule = 'the object of a voiding statement must have the "objectType" StatementRef'
        _fail(f"{path}.object", rule, "2.3.2")
    if kind != "Activity":
        for name in ("revision", "platform"):
            if name in value.get("context", {}):
                rule = f'"{name}" is for statements whose object is an Activity'
                _fail(f"{path}.context.{name}", rule, "2.4.6")


# What holds for JSON at large, extensions included


def depth_and_numbers(value: Any, path: str, depth: int = 1) -> None:
    """Refuse what readers of JSON disagree about: deep nesting, numbers beyond a double."""
    if depth > MAX_DEPTH:
        _fail(path, f"is nested deeper than {MAX_DEPTH} levels", "2.2")
    if isinstance(value, float):
        if not isfinite(value):
            _fail(path, "is a number beyond the range of IEEE 754 doubles", "2.2")
    elif isinstance(value, dict):
        for name, item in value.items():
            depth_and_numbers(item, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            depth_and_numbers(item, f"{path}[{place}]", depth + 1)
