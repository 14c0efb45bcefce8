"""Query parameters of the Statement Resource, held to the rules (Part Three 2.1).

Parameters are validated to the standards of the same types in statements (Part Two 2.2).
"""

import base64
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from uuid import UUID

from starlette.datastructures import QueryParams

from lrs.api.errors import BadRequest
from lrs.api.reader import Range
from xapi.formats import is_timestamp, is_uuid

_SECTION = "Part Three 2.1.3"
#: Filters of the standard that this version does not have yet.
_LATER = (
    "voidedStatementId", "agent", "verb", "activity", "registration", "related_activities",
    "related_agents",
)  # fmt: skip
_RANGE = ("since", "until", "limit", "ascending", "from")
#: How statements are returned; so far in one way, the standard's default.
_FORM = {"format": "exact", "attachments": "false"}


def known(query: QueryParams, names: Collection[str], section: str = _SECTION) -> Mapping[str, str]:
    """The parameters by name; BadRequest where one is unknown or comes twice (Part Three 3.2)."""
    given: dict[str, str] = {}
    for name, value in query.multi_items():
        if name not in names:
            later = " (this LRS does not have that filter yet)" if name in _LATER else ""
            message = f"the parameter {name[:60]!r} is not known here{later}"
            raise BadRequest(message, path=f"?{name[:60]}", section=section)
        if name in given:
            raise BadRequest(f"{name} comes twice", path=f"?{name}", section=section)
        given[name] = value
    return given


def identifier(text: str) -> UUID:
    """A statement id."""
    if not is_uuid(text):
        message = f"{text[:60]!r} is not a UUID in standard string form"
        raise BadRequest(message, path="?statementId", section="Part Two 4.4")
    return UUID(text)


def put_identifier(query: QueryParams) -> UUID:
    """The id that a PUT is for."""
    given = known(query, ("statementId",), "Part Three 2.1.1")
    if "statementId" not in given:
        message = "PUT needs the parameter statementId"
        raise BadRequest(message, path="?statementId", section="Part Three 2.1.1")
    return identifier(given["statementId"])


def wanted(query: QueryParams, page_limit: int) -> UUID | Range:
    """What a GET asks for: one statement by its id, or a range."""
    given = known(query, ("statementId", *_FORM, *_RANGE))
    for name, only in _FORM.items():
        if given.get(name, only) != only:
            message = f"this LRS returns statements with {name}={only} only, so far"
            raise BadRequest(message, path=f"?{name}", section=_SECTION)
    if "statementId" in given:
        others = ", ".join(given.keys() & set(_RANGE))
        if others:
            raise BadRequest(
                f"statementId goes with format and attachments only, but {others} came",
                path="?statementId",
                section=_SECTION,
            )
        return identifier(given["statementId"])
    limit = _limit(given.get("limit", "0"))
    return Range(
        since=_time(given, "since"),
        until=_time(given, "until"),
        ascending=_boolean(given, "ascending"),
        beyond=_position(given.get("from")),
        limit=min(limit, page_limit) if limit else page_limit,
    )


def more(path: str, wanted: Range, position: int) -> str:
    """The relative address of what follows a page (Part Two 2.5)."""
    query = [f"limit={wanted.limit}", f"from={_written(position)}"]
    if wanted.ascending:
        query.append("ascending=true")
    for name, at in (("since", wanted.since), ("until", wanted.until)):
        if at is not None:
            query.append(f"{name}={at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}")
    return f"{path}?{'&'.join(query)}"


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
    text = given.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequest(f"{text[:40]!r} is not true or false", path=f"?{name}", section=_SECTION)
    return text == "true"


def _time(given: Mapping[str, str], name: str) -> datetime | None:
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
