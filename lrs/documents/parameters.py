"""Query parameters of the Document Resources, and of those about Activities and Agents.

Part Three 2.3, 2.4, 2.5, 2.6 and 2.7; each is held to the rules of its type in statements.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from lrs.access.scopes import Scope
from lrs.errors import BadRequest
from lrs.statements import parameters
from xapi.documents import Context, Key, Kind
from xapi.formats import is_iri
from xapi.identity import canonical

#: Longer names and addresses than this are refused: they are keys.
LONGEST = 4096


class Resource(NamedTuple):
    """A Document Resource: what its documents are about, and what their ids are called."""

    kind: Kind
    about: tuple[str, ...]
    name: str
    scope: Scope
    section: str


STATE = Resource(
    Kind.STATE, ("activityId", "agent"), "stateId", Scope.STATE, "Part Three 2.3"
)  # fmt: skip
AGENT_PROFILE = Resource(
    Kind.AGENT_PROFILE, ("agent",), "profileId", Scope.PROFILE, "Part Three 2.6"
)
ACTIVITY_PROFILE = Resource(
    Kind.ACTIVITY_PROFILE, ("activityId",), "profileId", Scope.PROFILE, "Part Three 2.7"
)


class Wanted(NamedTuple):
    """Which documents: one, or those of a context that changed after `since` (Unix ms)."""

    key: Key
    since: int | None = None


def wanted(resource: Resource, query: QueryParams, method: str) -> Wanted:
    """The documents that a request is about; BadRequest says what is missing or wrong."""
    section = resource.section
    state = resource.kind is Kind.STATE
    names = [*resource.about, resource.name]
    names += ["registration"] if state else []
    names += ["since"] if method == "GET" else []
    given = parameters.known(query, names, section)
    context = Context(
        resource.kind,
        activity_id(given, section) if "activityId" in resource.about else "",
        canonical(agent(given, section)) if "agent" in resource.about else "",
    )
    registration = given.get("registration", "")
    if "registration" in given:
        registration = str(parameters.identifier(registration, "?registration"))
    many = method == "GET" or (method == "DELETE" and state)
    name = "" if many and resource.name not in given else _text(given, resource.name, section)
    if name and "since" in given:
        message = f"since is for lists; it does not go with {resource.name}"
        raise BadRequest(message, path="?since", section=section)
    since = parameters.time(given, "since")
    return Wanted(
        Key(context, registration, name), None if since is None else int(since.timestamp() * 1000)
    )


def activity_id(given: Mapping[str, str], section: str) -> str:
    """The parameter activityId, an IRI."""
    text = _text(given, "activityId", section)
    if not is_iri(text):
        message = f"{text[:60]!r} is not an IRI with a scheme"
        raise BadRequest(message, path="?activityId", section=section)
    return text


def agent(given: Mapping[str, str], section: str) -> dict[str, Any]:
    """The parameter agent, an Agent or identified Group as JSON."""
    return parameters.agent(_text(given, "agent", section), section)


def _text(given: Mapping[str, str], name: str, section: str) -> str:
    text = given.get(name, "")
    if not text:
        missing = "is empty" if name in given else "is required here"
        raise BadRequest(f"the parameter {name} {missing}", path=f"?{name}", section=section)
    if len(text) > LONGEST or "\0" in text:
        what = "holds NUL" if "\0" in text else f"is longer than {LONGEST} characters"
        raise BadRequest(f"the parameter {name} {what}", path=f"?{name}", section=section)
    return text
