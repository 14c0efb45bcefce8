"""Microsoft 365 asked: channels of Teams, or the audit log; each has a token of its own.

Teams: https://learn.microsoft.com/graph/api/chatmessage-delta finds what is new or changed among
messages that begin a thread; replies and their reactions are read with the message that they
answer, of threads that began not long ago. The audit log:
https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-reference,
whose records lie in blobs that are listed by when they came, for seven days, a day at a time.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from producers.connector import Client, Found, Page, Poll, Reply
from producers.connectors.microsoft365.options import Microsoft365Options, Service
from producers.connectors.microsoft365.users import users
from producers.places import Use
from producers.polling.errors import Refused
from producers.polling.login import Login
from producers.polling.marks import Marks

#: Between two rounds, in seconds.
EVERY = 300.0
#: Messages in a page: Graph gives no more.
PAGE = 50
#: What of the audit log is asked for: mail (Audit.Exchange) is not read.
CONTENTS = ("Audit.SharePoint", "Audit.General")
#: Workloads of the audit log that are read, and how their kinds begin; others are not kept at all.
WORKLOADS = {"SharePoint": "audit", "OneDrive": "audit", "Yammer": "engage", "VivaEngage": "engage"}
#: The audit log is listed for a day at once, and for seven at most.
SPAN, KEPT = timedelta(hours=6), timedelta(days=7) - timedelta(minutes=10)
#: Records come to the audit log a while after its own clock: so much of the end is listed again.
LATE = timedelta(minutes=30)
#: What is refused of one channel, or of one blob, and costs no other.
_ONE = frozenset({"403", "404"})
#: What says that a place in the delta is not known any more, and how often it is begun anew.
_FORGOTTEN, ANEW = frozenset({"400", "410"}), 3


@dataclass(frozen=True)
class Channel:
    """A channel of a team."""

    team: str
    id: str
    membership: str

    @property
    def path(self) -> str:
        """Where its messages are."""
        return f"v1.0/teams/{quote(self.team)}/channels/{quote(self.id)}/messages"

    def found(self, message: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Found:
        """A message of it, as the mapper takes it."""
        event = {"channel": self.id, "membership": self.membership, "message": message}
        return Found("message", {**event, "root": root} if root else event)


def following(reply: Reply) -> str:
    """The address of the next page."""
    return str(reply.content.get("@odata.nextLink") or "")


@contextlib.contextmanager
def while_open(*more: str) -> Iterator[None]:
    """What is read of one channel or blob: gone or closed to us, it costs no other."""
    try:
        yield
    except Refused as error:
        if error.code not in {*_ONE, *more}:
            raise


async def channels(client: Client, options: Microsoft365Options) -> list[Channel]:
    """The channels that count, of the teams that the connection names."""
    found = []
    if options.service is Service.TEAMS:
        for team in options.teams:
            async for reply in client.pages(f"v1.0/teams/{quote(team)}/channels", following):
                for each in reply.content["value"]:
                    kind, known = each.get("membershipType"), options.channels.get(each["id"])
                    if (known or kind == "standard") and not (known and known.use is Use.NONE):
                        found.append(Channel(team, each["id"], kind))
    return found


async def messages(
    client: Client, options: Microsoft365Options, cursor: str
) -> AsyncIterator[Page]:
    """Messages that begin a thread, with their reactions, as they are now."""
    links: dict[str, str] = json.loads(cursor) if cursor else {}
    for channel in await channels(client, options):
        with while_open():
            async for reply in _delta(client, options, channel, links.pop(channel.id, "")):
                content = reply.content
                links[channel.id] = content.get("@odata.nextLink") or content["@odata.deltaLink"]
                found = [channel.found(each) for each in content["value"] if "@removed" not in each]
                yield Page(found, json.dumps(links, sort_keys=True))


async def _delta(
    client: Client, options: Microsoft365Options, channel: Channel, link: str
) -> AsyncIterator[Reply]:
    """Page after page of what changed; from the beginning, where Graph forgot the place."""
    since = datetime.now(UTC) - timedelta(days=options.history_days)
    newer: dict[str, str | int] = {
        "$filter": f"lastModifiedDateTime gt {since:%Y-%m-%dT%H:%M:%SZ}",
        "$top": PAGE,
    }
    for left in reversed(range(ANEW + 1)):
        path, asked = (link, {}) if link else (f"{channel.path}/delta", newer)
        try:
            async for reply in client.pages(path, following, **asked):
                yield reply
        except Refused as error:
            if error.code not in _FORGOTTEN or not left:
                raise
            link = ""
        else:
            return


async def replies(client: Client, options: Microsoft365Options, cursor: str) -> AsyncIterator[Page]:
    """Replies, with the message that they answer, of threads that began not long ago."""
    young = _written(datetime.now(UTC) - timedelta(days=options.thread_days))
    asked: dict[str, str | int] = {"$top": PAGE, "$expand": "replies"}
    for channel in await channels(client, options):
        with while_open():
            async for reply in client.pages(channel.path, following, **asked):
                roots = [each for each in reply.content["value"] if _newest(each) >= young]
                for root in roots:
                    async for some in _replies(client, channel, root):
                        yield Page([channel.found(each, root) for each in some], cursor)
                if not roots:
                    break  # the newest threads come first
    yield Page([], cursor)


def _newest(root: Mapping[str, Any]) -> str:
    every = [root, *(root.get("replies") or ())]
    return max(str(each.get("lastModifiedDateTime") or each["createdDateTime"]) for each in every)


async def _replies(
    client: Client, channel: Channel, root: Mapping[str, Any]
) -> AsyncIterator[list[Mapping[str, Any]]]:
    """The replies that came with a message, and those that did not."""
    yield list(root.get("replies") or ())
    if root.get("replies@odata.nextLink"):
        async for reply in client.pages(
            f"{channel.path}/{root['id']}/replies", following, **{"$top": PAGE}
        ):
            yield reply.content["value"]


async def subscriptions(
    client: Client, options: Microsoft365Options, cursor: str
) -> AsyncIterator[Page]:
    """Renews the subscriptions that notify the connection's address; finds nothing.

    Raises Refused where a resource that the connection names has none.
    """
    lacking = set(options.resources)
    if options.notification_url and options.service is Service.TEAMS:
        now = datetime.now(UTC)
        until = now + timedelta(minutes=options.renewed_minutes)
        soon = _written(now + timedelta(minutes=options.renewed_minutes) / 2)
        async for reply in client.pages("v1.0/subscriptions", following):
            for each in reply.content["value"]:
                if each.get("notificationUrl") != options.notification_url:
                    continue
                lacking -= {each["resource"], each["resource"].strip("/")}
                if each["expirationDateTime"] < soon:
                    with while_open():
                        path = f"v1.0/subscriptions/{quote(each['id'])}"
                        await client.patch(path, {"expirationDateTime": _written(until)})
        if lacking:
            named = ", ".join(sorted(lacking))
            raise Refused(f"no subscription notifies {options.notification_url} of {named}")
    yield Page([], cursor)


async def records(client: Client, options: Microsoft365Options, cursor: str) -> AsyncIterator[Page]:
    """Records of the audit log about files, pages, searches and Viva Engage."""
    if options.service is not Service.ACTIVITY:
        return
    marks, now = Marks(cursor), datetime.now(UTC)
    feed = f"api/v1.0/{quote(options.tenant)}/activity/feed/subscriptions"
    oldest = now - max(LATE, min(KEPT, timedelta(days=options.history_days)))
    for kind in CONTENTS:
        since = max(oldest, datetime.fromisoformat(marks.of(kind, _written(oldest))))
        while since < now:
            until = min(since + SPAN, now)
            async for reply in _listed(client, feed, kind, since, until):
                for blob in reply.content:
                    with while_open("400", "410"):  # it was kept for seven days
                        found = (await client.get(blob["contentUri"])).content
                        yield Page([f for each in found if (f := _found(each))], marks.cursor)
            marks.read(kind, _written(min(until, now - LATE)))
            yield Page([], marks.cursor)
            since = until


async def _listed(
    client: Client, feed: str, kind: str, since: datetime, until: datetime
) -> AsyncIterator[Reply]:
    """The blobs that came in a time; what was never asked for is asked for from now on."""
    asked = {
        "contentType": kind,
        "startTime": f"{since:%Y-%m-%dT%H:%M:%S}",
        "endTime": f"{until:%Y-%m-%dT%H:%M:%S}",
    }
    try:
        async for reply in client.pages(f"{feed}/content", _next_blobs, **asked):
            yield reply
    except Refused as error:
        if "AF20022" not in str(error):  # no subscription for this kind
            raise
        await client.post(f"{feed}/start?contentType={kind}", None)


def _next_blobs(reply: Reply) -> str:
    return reply.headers.get("nextpageuri", "")


def _found(record: Mapping[str, Any]) -> Found | None:
    prefix = WORKLOADS.get(str(record.get("Workload")))
    return Found(f"{prefix}.{record['Operation']}", record) if prefix else None


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _login(options: Microsoft365Options, token: bytes) -> Login:
    return Login(
        client_id=options.app,
        client_secret=SecretStr(token.decode()),
        token_url=f"{options.login_site}/{options.tenant}/oauth2/v2.0/token",
        scope=f"{_address(options)}.default",
    )


def _address(options: Microsoft365Options) -> str:
    teams = options.service is Service.TEAMS
    return f"{options.site if teams else options.activity_site}/"


poll = Poll(
    streams={
        "messages": messages,
        "replies": replies,
        "subscriptions": subscriptions,
        "records": records,
    },
    every=EVERY,
    address=_address,
    login=_login,
    upkeep=("subscriptions",),
    users=users,
)
