"""Query parameters of the Statement Resource, held to the rules (Part Three 2.1).

Parameters are validated to the standards of the same types in statements (Part Two 2.2).
"""

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from starlette.datastructures import QueryParams

from lrs.errors import BadRequest
from lrs.statements.reader import Range
from xapi.errors import StatementError
from xapi.formats import is_iri, is_timestamp, is_uuid
from xapi.identity import canonical
from xapi.statement import validate_actor

_SECTION = "Part Three 2.1.3"
_FORM = ("format", "attachments")
_ONE = ("statementId", "voidedStatementId")
_RANGE = (
    "agent", "verb", "activity", "registration", "related_activities", "related_agents", "since",
    "until", "limit", "ascending", "from",
)  # fmt: skip
FORMATS = ("ids", "exact", "canonical")


class Form(NamedTuple):
    """How statements are returned."""

    format: str = "exact"
    attachments: bool = False


class One(NamedTuple):
    """One statement by its id; with `voided` only where it is voided."""

    identifier: UUID
    voided: bool = False


class Wanted(NamedTuple):
    """What a GET asks for, in which form; `given` are its parameters as they came."""

    what: One | Range
    form: Form
    given: Mapping[str, str]


def known(query: QueryParams, names: Collection[str], section: str = _SECTION) -> Mapping[str, str]:
    """The parameters by name; BadRequest where one is unknown or comes twice (Part Three 3.2)."""
    given: dict[str, str] = {}
    for name, value in query.multi_items():
        if name not in names:
            message = f"the parameter {name[:60]!r} is not known here (case counts)"
            raise BadRequest(message, path=f"?{name[:60]}", section=section)
        if name in given:
            raise BadRequest(f"{name} comes twice", path=f"?{name}", section=section)
        given[name] = value
    return given


def identifier(text: str, path: str = "?statementId") -> UUID:
    """An id: of a statement, or a registration."""
    if not is_uuid(text):
        message = f"{text[:60]!r} is not a UUID in standard string form"
        raise BadRequest(message, path=path, section="Part Two 4.4")
    return UUID(text)


def put_identifier(query: QueryParams) -> UUID:
    """The id that a PUT is for."""
    given = known(query, ("statementId",), "Part Three 2.1.1")
    if "statementId" not in given:
        message = "PUT needs the parameter statementId"
        raise BadRequest(message, path="?statementId", section="Part Three 2.1.1")
    return identifier(given["statementId"])


def wanted(query: QueryParams, page_limit: int) -> Wanted:
    """What a GET asks for: one statement by its id, or a range."""
    given = known(query, (*_FORM, *_ONE, *_RANGE))
    form = Form(_one_of(given, "format", FORMATS, "exact"), _boolean(given, "attachments"))
    ids = [name for name in _ONE if name in given]
    if not ids:
        return Wanted(_range(given, page_limit), form, given)
    others = [name for name in given if name not in _FORM and name != ids[0]]
    if others:
        message = f"{ids[0]} goes with format and attachments only, but {', '.join(others)} came"
        raise BadRequest(message, path=f"?{ids[0]}", section=_SECTION)
    found = identifier(given[ids[0]], f"?{ids[0]}")
    return Wanted(One(found, ids[0] == "voidedStatementId"), form, given)


def _range(given: Mapping[str, str], page_limit: int) -> Range:
    limit = _limit(given.get("limit", "0"))
    return Range(
        since=time(given, "since"),
        until=time(given, "until"),
        ascending=_boolean(given, "ascending"),
        beyond=_position(given.get("from")),
        limit=min(limit, page_limit) if limit else page_limit,
        agent=canonical(agent(given["agent"])) if "agent" in given else "",
        verb=_iri(given, "verb"),
        activity=_iri(given, "activity"),
        registration=identifier(given["registration"], "?registration")
        if "registration" in given
        else None,
        related_agents=_boolean(given, "related_agents"),
        related_activities=_boolean(given, "related_activities"),
    )


def agent(text: str, section: str = _SECTION) -> dict[str, Any]:
    """The parameter agent: an Agent or identified Group as JSON."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"agent is not an Agent in JSON: {error}"
        raise BadRequest(message, path="?agent", section=section) from error
    try:
        validate_actor(found, "?agent")
    except StatementError as error:
        raise BadRequest(error.rule, path=error.path, section=error.section) from error
    if not canonical(found):
        message = "agent must be identified by mbox, mbox_sha1sum, openid or account"
        raise BadRequest(message, path="?agent", section=section)
    actor: dict[str, Any] = found
    return actor


def more(path: str, wanted: Wanted, position: int) -> str:
    """The relative address of what follows a page (Part Two 2.5), with all it was asked by."""
    return f"{path}?{urlencode({**wanted.given, 'from': _written(position)})}"


def _written(position: int) -> str:
    return base64.urlsafe_b64encode(position.to_bytes(16, "big")).decode().rstrip("=")


def _position(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int.from_bytes(base64.b64decode(f"{text}==", b"-_", validate=True)[:16], "big")
    except ValueError as error:
        message = "this is not the place of a page; follow the `more` of a result as it is"
        raise BadRequest(message, path="?from", section=_SECTION) from error


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        message = f"{text[:40]!r} is not a whole number that is not negative"
        raise BadRequest(message, path="?limit", section=_SECTION)
    return int(text)


def _boolean(given: Mapping[str, str], name: str) -> bool:
    """True or false, in any case: Python's clients write True."""
    lower = {name: given.get(name, "false").lower()}
    return _one_of(lower, name, ("true", "false"), "false") == "true"


def _one_of(given: Mapping[str, str], name: str, words: Sequence[str], default: str) -> str:
    text = given.get(name, default)
    if text not in words:
        message = f"{text[:40]!r} is none of {', '.join(words)}"
        raise BadRequest(message, path=f"?{name}", section=_SECTION)
    return text


def _iri(given: Mapping[str, str], name: str) -> str:
    text = given.get(name)
    if text is None:
        return ""
    if not is_iri(text):
        message = f"{text[:60]!r} is not an IRI with a scheme"
        raise BadRequest(message, path=f"?{name}", section="Part Two 4.3")
    return text


def time(given: Mapping[str, str], name: str) -> datetime | None:
    """A parameter that is a date and time; UTC where it names no zone, None where it is missing."""
    text = given.get(name)
    if text is None:
        return None
    # A plus sign that was not escaped arrives as a blank; a time holds no blank of its own.
    text = text.replace(" ", "+").replace(",", ".")
    try:
        at = datetime.fromisoformat(text) if is_timestamp(text) else None
    except ValueError:
        at = None
    if at is None:
        message = f"{json.dumps(text[:60])} is not an ISO 8601 date and time"
        raise BadRequest(message, path=f"?{name}", section="Part Two 4.5")
    return at if at.tzinfo else at.replace(tzinfo=UTC)
