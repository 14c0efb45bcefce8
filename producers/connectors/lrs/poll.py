"""Another LRS asked: what it stored, in that order, up to where it says that it is consistent.

https://github.com/adlnet/xAPI-Spec/blob/master/xAPI-Communication.md#213-get-statements. A window
of `stored` begins where the last one ended (`since` leaves its moment out) and ends at
`X-Experience-API-Consistent-Through`, or a while before the LRS's present where that is not said;
so nothing is passed over that is still on its way there. Within one `more` leads on; one that is
not known any more is begun anew from the last time that was read.
"""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from producers.connector import SHAPE_ERRORS, Client, Found, Page, Poll, Reply
from producers.connectors.lrs.options import Asked, LrsOptions
from producers.polling.errors import GONE, Refused, Unreadable
from producers.polling.login import Login
from producers.polling.marks import Marks
from xapi.statement import VOIDED

#: Between two rounds, in seconds.
EVERY = 60.0
#: What a page holds at most; an LRS may give less.
PAGE = 500
THROUGH = "x-experience-api-consistent-through"
#: How long before its present an LRS is read up to that does not say until when it is consistent.
LAG = timedelta(minutes=1)
#: How much is read again where reading begins anew: of one moment a page may hold a part.
AGAIN = timedelta(seconds=1)
#: How often a window is begun anew without getting further.
ANEW = 3
#: How a `more` is answered that has expired, and a voided statement that is not given.
EXPIRED = GONE | {"400"}
_UNREAD = GONE | {"400", "403"}
#: The list of voiding statements, where filters would leave them out.
VOIDS = "voids"

Statement = Any


async def statements(client: Client, options: LrsOptions, cursor: str) -> AsyncIterator[Page]:
    """Statements in the order in which they were stored, list by list of the filters."""
    marks = Marks(cursor)
    until = await _through(client, options)
    lists = dict(options.lists())
    if options.filtered:
        lists[VOIDS] = {"verb": VOIDED}
    for name, asked in lists.items():
        begin = _moment(marks.of(name, "")) or options.since
        async for window in _windows(client, options, asked, begin, until):
            found = [each for one in window.statements for each in await _found(
                client, one, options if name == VOIDS else None)]  # fmt: skip
            if window.mark:
                marks.read(name, _written(window.mark))
            yield Page(found, marks.cursor)


async def _through(client: Client, options: LrsOptions) -> datetime:
    """Until when all can be read that was stored."""
    headers = (await client.get("statements", limit=1)).headers
    said = _moment(headers.get(THROUGH, ""))
    lag = None if options.lag_seconds is None else timedelta(seconds=options.lag_seconds)
    if said and lag is None:
        return said
    until = _present(headers) - (LAG if lag is None else lag)
    return min(said, until) if said else until


def _present(headers: Mapping[str, str]) -> datetime:
    """The LRS's own clock, or ours where it does not say what it shows."""
    try:
        found = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class _Window:
    """A page of a window, and up to where the window is read with it; None where nobody knows."""

    def __init__(self, statements: Sequence[Statement], mark: datetime | None) -> None:
        self.statements = statements
        self.mark = mark


async def _windows(
    client: Client, options: LrsOptions, asked: Asked, since: datetime | None, until: datetime
) -> AsyncIterator[_Window]:
    """The pages of what was stored after a time, up to another one."""
    if since and since >= until:
        return
    reading = _Reading(since, until)
    place, seen, left = "", set[str](), ANEW
    while True:
        try:
            reply = await (client.get(place) if place else client.get(
                "statements", **asked, **reading.bounds()))  # fmt: skip
        except Refused as error:
            if not place or error.code not in EXPIRED or not left:
                raise
            place, seen, left = "", set(), left - 1
            reading.anew()
            continue
        left = ANEW if reading.read(_listed(reply)) else left
        place = _more(options, reply)
        yield _Window(_listed(reply), reading.mark if place else until)
        if not place:
            return
        if place in seen:
            raise Unreadable(f"{options.endpoint}: `more` leads to {place} again and again")
        seen.add(place)


class _Reading:
    """How far a window has been read, by when its statements were stored."""

    def __init__(self, since: datetime | None, until: datetime) -> None:
        self.mark = since
        self._until = until
        self._last: datetime | None = None
        self._ordered = True

    def bounds(self) -> dict[str, str | int]:
        """The parameters of what is still to be read."""
        asked: dict[str, str | int] = {"ascending": "true", "limit": PAGE}
        asked["until"] = _written(self._until)
        return asked | ({"since": _written(self.mark)} if self.mark else {})

    def anew(self) -> None:
        """What is read next begins at the mark again."""
        self._last = None

    def read(self, some: Sequence[Statement]) -> bool:
        """Takes note of a page; whether that got further.

        An LRS that does not keep to the order is read whole, and only then moves the mark.
        """
        before = self.mark
        for each in some:
            stored = _moment(each.get("stored", "")) if isinstance(each, dict) else None
            if stored is None:
                continue
            if self._last and stored < self._last - AGAIN:
                self._ordered, self.mark = False, before
            self._last = stored
        if self._ordered and self._last:
            reached = min(self._last - AGAIN, self._until)
            self.mark = max(reached, before) if before else reached
        return self.mark != before


def _listed(reply: Reply) -> Sequence[Statement]:
    found = reply.content["statements"]
    if not isinstance(found, list):
        raise Unreadable(f"`statements` is a {type(found).__name__}, and must be an array")
    return found


def _more(options: LrsOptions, reply: Reply) -> str:
    """The whole address of what follows: `more` is relative to the host (Part Two 2.5).

    Of a whole address the host is left out: a server behind a proxy may not know its own.
    """
    said = urlsplit(reply.content.get("more") or "")
    here = urlsplit(options.endpoint)
    if not said.path and not said.query:
        return ""
    path = said.path if said.path.startswith("/") else f"{here.path}/{said.path}"
    return urlunsplit((here.scheme, here.netloc, path, said.query, ""))


async def _found(client: Client, one: Statement, only: LrsOptions | None) -> list[Found]:
    """A statement; before one that voids, what it voids, which no list gives any more.

    With `only`, nothing of what voids something that is not wanted.
    """
    target = _voids(one)
    if target is None:
        return [Found("statement", one)]
    voided = await _voided(client, target)
    if only and voided and not _wanted(only, voided):
        return []
    return [*([Found("voided", voided)] if voided else []), Found("voiding", one)]


def _wanted(options: LrsOptions, statement: Statement) -> bool:
    """Whether a statement meets the filters; one that breaks rules is brought, to be refused."""
    try:
        return options.wants(statement)
    except SHAPE_ERRORS:
        return True


def _voids(one: Statement) -> str | None:
    """The id of what a statement voids; None where it voids nothing."""
    try:
        return str(one["object"]["id"]) if one["verb"]["id"] == VOIDED else None
    except (KeyError, TypeError):
        return None


async def _voided(client: Client, identifier: str) -> Statement | None:
    """A voided statement; None where the LRS does not give it."""
    try:
        found = (await client.get("statements", voidedStatementId=identifier)).content
    except Refused as error:
        if error.code not in _UNREAD:
            raise
        return None
    return found if isinstance(found, dict) and "actor" in found else None


def _moment(text: Any) -> datetime | None:
    """A time as UTC; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    """A time to the millisecond, which every LRS reads; what is cut off is read with the next."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _login(options: LrsOptions, token: bytes) -> Login:
    basic = base64.b64encode(options.user.encode() + b":" + token).decode()
    return Login(
        headers={
            "Authorization": SecretStr(f"Basic {basic}"),
            "X-Experience-API-Version": SecretStr(options.version),
        }
    )


poll = Poll(
    streams={"statements": statements},
    every=EVERY,
    address=lambda options: f"{options.endpoint}/",
    login=_login,
)
