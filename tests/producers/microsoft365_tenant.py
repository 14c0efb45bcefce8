"""A Microsoft 365 tenant of a test: what people do there, its notifications, and its interfaces.

`deliveries` are what Graph notifies of, as they are once decrypted, in order; `answer` is what
Microsoft Graph and the Management Activity API say at any time, in pages. It does what Microsoft
documents, and no more: a notification of a reply does not say whose message it answers.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

TENANT = "7d3f1c2a-5b0e-4c7e-9a61-2f4e8b7c9d10"
APP = "3c9d7f10-2222-4333-8444-0123456789ab"
TEAM = "5a1e0b7e-1111-4222-8333-abcdefabcdef"
HELP, WORK, BOARD = "19:help@thread.tacv2", "19:work@thread.tacv2", "19:board@thread.tacv2"
Message = dict[str, Any]


def user(name: str) -> dict[str, Any]:
    inner = {"id": f"id-{name}", "displayName": "", "userIdentityType": "aadUser",
             "tenantId": TENANT}  # fmt: skip
    return {"application": None, "device": None, "user": inner}


@dataclass
class Tenant:
    """Messages by id, and blobs of the audit log in the order in which they came."""

    start: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)
    site: str = "https://graph.microsoft.com"
    #: How many things a page has.
    size: int = 3
    messages: dict[str, Message] = field(default_factory=dict)
    #: Message → the number of its last change; replies have none of their own in the delta.
    changed: dict[str, int] = field(default_factory=dict)
    blobs: list[tuple[datetime, list[dict[str, Any]]]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    #: How many places in the delta are forgotten next.
    forgetful: int = 0
    clock: int = 0

    def _now(self) -> str:
        self.clock += 1
        at = self.start + timedelta(seconds=30 * self.clock)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _tell(self, name: str, change: str) -> None:
        message = self.messages[name]
        root = message["replyToId"] or name
        channel = message["channelIdentity"]["channelId"]
        place = f"teams('{TEAM}')/channels('{channel}')/messages('{root}')"
        if root != name:
            place += f"/replies('{name}')"
        else:
            self.changed[name] = self.clock
        message["lastModifiedDateTime"] = self._now()
        data = {"id": name} if change == "deleted" else dict(message)
        self.deliveries.append({"resource": place, "changeType": change, "resourceData": data})

    # What people do

    def write(self, name: str, channel: str, html: str, under: str | None = None) -> str:
        """Somebody writes, maybe under a message; its id."""
        at = self._now()
        number = f"17778816{self.clock:05}"
        self.messages[number] = {
            "id": number, "replyToId": under, "messageType": "message", "createdDateTime": at,
            "lastModifiedDateTime": at, "lastEditedDateTime": None, "deletedDateTime": None,
            "subject": None, "from": user(name), "attachments": [], "mentions": [],
            "body": {"contentType": "html", "content": html}, "reactions": [],
            "channelIdentity": {"teamId": TEAM, "channelId": channel},
        }  # fmt: skip
        self._tell(number, "created")
        return number

    def react(self, name: str, number: str, sign: str) -> None:
        """Somebody gives a sign."""
        given = {"reactionType": sign, "createdDateTime": self._now(), "user": user(name)}
        message = self.messages[number]
        message["reactions"] = [*message["reactions"], given]
        self._tell(number, "updated")

    def edit(self, number: str, html: str) -> None:
        """A message says something else."""
        self.messages[number]["body"] = {"contentType": "html", "content": html}
        self.messages[number]["lastEditedDateTime"] = self._now()
        self._tell(number, "updated")

    def delete(self, number: str) -> None:
        """A message is deleted."""
        self.messages[number]["deletedDateTime"] = self._now()
        self.messages[number]["body"] = {"contentType": "html", "content": ""}
        self._tell(number, "deleted")

    def log(self, at: datetime, *records: dict[str, Any]) -> None:
        """A blob of the audit log comes."""
        self.blobs.append((at, list(records)))

    # The interfaces

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        """The status, headers and JSON of an answer."""
        match unquote(path).strip("/").split("/"):
            case [_, "oauth2", "v2.0", "token"]:
                return 200, {}, {"access_token": "t", "token_type": "Bearer", "expires_in": 3599}
            case ["v1.0", "teams", _, "channels"]:
                kinds = {HELP: "standard", WORK: "standard", BOARD: "private"}
                listed = [{"id": name, "membershipType": kind} for name, kind in kinds.items()]
                return 200, {}, {"value": listed}
            case ["v1.0", "teams", _, "channels", channel, "messages", "delta"]:
                return self._delta(path, channel, asked)
            case ["v1.0", "teams", _, "channels", channel, "messages"]:
                return 200, {}, self._threads(path, channel, int(asked.get("$skip", "0")))
            case ["v1.0", "teams", _, "channels", _, "messages", root, "replies"]:
                skip, every = int(asked.get("$skip", "0")), self._replies(root)
                return 200, {}, self._page(path, every, skip)
            case [*_, "subscriptions", "content"]:
                return self._listed(path, asked)
            case ["blob", number]:
                return 200, {}, self.blobs[int(number)][1]
        return 404, {}, {"error": {"code": "NotFound", "message": path}}

    def _page(self, path: str, every: list[Message], skip: int) -> dict[str, Any]:
        more = {"@odata.nextLink": f"{self.site}{path}?$skip={skip + self.size}"}
        page = {"value": every[skip : skip + self.size]}
        return page | more if len(every) > skip + self.size else page

    def _in(self, channel: str) -> list[Message]:
        return [
            each for each in self.messages.values()
            if each["channelIdentity"]["channelId"] == channel and not each["replyToId"]
        ]  # fmt: skip

    def _replies(self, root: str) -> list[Message]:
        return [each for each in self.messages.values() if each["replyToId"] == root]

    def _delta(
        self, path: str, channel: str, asked: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        token = asked.get("$skiptoken") or asked.get("$deltatoken")
        if token and self.forgetful:
            self.forgetful -= 1
            return 410, {}, {"error": {"code": "syncStateNotFound"}}
        after = int(token or -1)
        every = sorted(self._in(channel), key=lambda each: self.changed[each["id"]])
        new = [each for each in every if self.changed[each["id"]] > after]
        some = new[: self.size]
        last = self.changed[some[-1]["id"]] if some else after
        more = len(new) > self.size
        link = f"{self.site}{path}?${'skiptoken' if more else 'deltatoken'}={last}"
        return 200, {}, {"value": some, f"@odata.{'nextLink' if more else 'deltaLink'}": link}

    def _threads(self, path: str, channel: str, skip: int) -> dict[str, Any]:
        page = self._page(path, self._in(channel)[::-1], skip)
        value = []
        for root in page["value"]:
            replies, more = self._replies(root["id"]), {}
            if len(replies) > self.size:
                more = {"replies@odata.nextLink": f"{self.site}{path}/{root['id']}/replies"}
            value.append({**root, "replies": replies[: self.size], **more})
        return {**page, "value": value}

    def _listed(self, path: str, asked: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        if asked["contentType"] != "Audit.SharePoint":
            return 200, {}, []
        since, until = (
            datetime.fromisoformat(asked[name]).replace(tzinfo=UTC)
            for name in ("startTime", "endTime")
        )
        if until - since > timedelta(days=1):
            return 400, {}, {"error": {"code": "AF20055", "message": "at most a day"}}
        within = [n for n, (at, _) in enumerate(self.blobs) if since <= at <= until]
        first = int(asked.get("nextPage", "0"))
        some = within[first : first + self.size]
        headers = {}
        if len(within) > first + self.size:
            kept = "&".join(f"{n}={v}" for n, v in asked.items() if n != "nextPage")
            headers["NextPageUri"] = f"{self.site}{path}?{kept}&nextPage={first + self.size}"
        return 200, headers, [{"contentUri": f"{self.site}/blob/{number}"} for number in some]
