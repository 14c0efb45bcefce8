"""What every mapper of GitLab asks of an event: who, where, and the ids.

An account is {host, user number}: a delivery tells by name who acted, but only by number whose the
issue or change is, and a username that is given up may be somebody else's later. A time counts to
the second, for that is what webhooks tell; the interface tells more.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from producers import people
from producers.connector import Event, Ignored, Made, Mapper, Nudge, Statement
from producers.connectors.gitlab.options import GitLabOptions
from producers.signals import signal
from producers.statements import activity, agent, hosted, statement, voiding
from xapi.identity import account_identifier
from xapi.ids import statement_id
from xapi.signals import Happened, Item, Signal

HOME = "https://gitlab.com"
CONFIDENTIAL = "confidential or internal: never read"
OUTSIDE = "by somebody outside the organisation: nobody of ours learned"
NUMBERLESS = "an older GitLab, which does not tell the number of whoever did it: nobody is credited"
#: Accounts of access tokens and services, and those that GitLab makes for itself.
_MACHINE = re.compile(
    r"(project|group)_\d+_bot(\d*|_[0-9a-f]+)|service_account_\w+|\w+-bot\d*|gitlab-?duo",
    re.IGNORECASE,
)

Thing = Mapping[str, Any]


class Unnamed(Exception):
    """Whose it is is told by number alone, and the connection wants to know it by name."""


def looking(stream: str) -> Callable[[Mapper], Mapper]:
    """Of a mapper: where it is not told whose a thing is, the poller looks at a stream."""

    def decorated(mapper: Mapper) -> Mapper:
        @functools.wraps(mapper)
        def mapped(event: Event, options: GitLabOptions) -> Sequence[Made]:
            try:
                return mapper(event, options)
            except Unnamed:
                return [Nudge(stream)]

        return mapped

    return decorated


class Source:
    """An event and its project."""

    def __init__(self, event: Event, options: GitLabOptions) -> None:
        self.event = event
        self.options = options
        self.project: Thing = event["project"]
        self.address = str(self.project["web_url"]).rstrip("/")
        self.path = str(self.project["path_with_namespace"])
        parts = urlsplit(self.address)
        self.host = f"{parts.scheme}://{parts.netloc}".lower()

    # Who

    def person(self, author: int | None = None) -> dict[str, Any]:
        """Whoever acted, as an Agent; `author` is the number where an older GitLab leaves it out.

        Raises Ignored where that is no person, or nobody of ours.
        """
        user = people.person(self.event.get("user"), "username")
        if self._is_machine(user):
            raise Ignored(people.BOT)
        return self._counted(user.get("id") or author)

    def author(self, of: Thing) -> dict[str, Any]:
        """Who wrote something: whoever acted, unless they acted for another. Raises Ignored."""
        user, author = self.event.get("user") or {}, of.get("author_id")
        if author and user.get("id") not in (None, author):
            return self._counted(author)
        return self.person(author)

    def other(self, of: Thing, actor: Thing, *, read: bool = False) -> dict[str, Any] | None:
        """Whose it is, where that is no machine that is named, and not the actor.

        `read` says that the poller finds it, too: then `read_authors` may leave it to the poller.
        Raises Unnamed where it does.
        """
        author = of.get("author_id")
        if not author or str(author) in self.options.bots:
            return None
        found = agent(self.host, str(author))
        if found == actor:
            return None
        if read and self.options.read_authors:
            if "author" not in of:
                raise Unnamed
            return None if self._is_machine(of["author"] or {}) else found
        return found

    def towards(self, counterpart: Thing | None, behaviour: str) -> str:
        """The behaviour towards a colleague; `connect` to who is outside; alone it is work."""
        if not counterpart:
            return "collaborate"
        outside = int(counterpart["account"]["name"]) in self.options.outsiders
        return "connect" if outside else behaviour

    def _is_machine(self, user: Thing) -> bool:
        return is_machine(user, self.options)

    def _counted(self, number: int | None) -> dict[str, Any]:
        if not number:
            raise Ignored(NUMBERLESS)
        if str(number) in self.options.bots:
            raise Ignored(people.BOT)
        if number in self.options.outsiders:
            raise Ignored(OUTSIDE)
        return agent(self.host, str(number))

    # What

    def readable(self, *things: Thing | None) -> None:
        """Raises Ignored where one of the things is not for everybody in the project."""
        if any(each and (each.get("confidential") or each.get("internal")) for each in things):
            raise Ignored(CONFIDENTIAL)

    def issue(self, of: Thing) -> dict[str, Any]:
        """An issue as an Activity, without its title by default."""
        return self.thing(f"issues/{of['iid']}", "issue", f"#{of['iid']}", of.get("title"))

    def change(self, of: Thing) -> dict[str, Any]:
        """A merge request as an Activity, without its title by default."""
        path, name = f"merge_requests/{of['iid']}", f"!{of['iid']}"
        return self.thing(path, "pull-request", name, of.get("title"))

    def thing(
        self, path: str, kind: str, name: str = "", title: str | None = None
    ) -> dict[str, Any]:
        """Something of the project as an Activity, by its address in GitLab."""
        known = self.options.named(title, f"{self.path}{name}" if name else "")
        return activity(f"{self.address}/-/{path}", kind, known)

    # What is made

    def key(self, event_id: str) -> str:
        """The event's id, with the host where that is not gitlab.com."""
        return hosted(HOME, self.host, event_id)

    def identify(self, event_id: str) -> UUID:
        """The id of the one statement of an event."""
        return statement_id("gitlab", self.key(event_id))

    def statement(
        self,
        event_id: str,
        actor: Thing,
        verb: str,
        target: Thing,
        behaviour: str,
        at: str | None,
        *,
        labels: Iterable[Thing | str] = (),
        **more: Any,
    ) -> Statement:
        """A statement of this event; webhooks tell labels as things, the interface as texts."""
        return statement(
            self.identify(event_id),
            actor,
            verb,
            target,
            behaviour=behaviour,
            platform="GitLab",
            at=at and moment(at),
            topic=self.path,
            tags=[each if isinstance(each, str) else each["title"] for each in labels],
            **more,
        )

    def voiding(self, event_id: str, *voided: str) -> list[Statement]:
        """What this event takes back is voided, whoever does it: a program too, or nobody."""
        number = (self.event.get("user") or {}).get("id") or 0
        actor = agent(self.host, str(number))
        return voiding("gitlab", self.key(event_id), actor, *map(self.identify, voided))

    def signal(
        self,
        kind: Item,
        item: str,
        happened: Happened,
        at: str,
        link: str,
        *,
        by: int | None = None,
        **more: str,
    ) -> Signal:
        """A work signal; `more` is as in `producers.signals`."""
        return signal(
            "gitlab",
            self.key,
            self.host.partition("://")[2],
            kind,
            item,
            happened,
            moment(at),
            place=self.path,
            link=link,
            actor=account_identifier(self.host, str(by)) if by else "",
            **more,
        )

    @property
    def somebody(self) -> int | None:
        """The number of whoever acted, where it is a person: for signals, which need nobody."""
        user = self.event.get("user") or {}
        return None if self._is_machine(user) else user.get("id")


def is_machine(user: Thing, options: GitLabOptions) -> bool:
    """Whether an account is no person's, by its name and what the connection says."""
    name = str(user.get("username") or "")
    named = {name, str(user.get("id"))} & options.bots
    return bool(named or _MACHINE.fullmatch(name)) or not people.is_person(name)


def moment(text: str) -> str:
    """A time as GitLab writes it, to the second, in ISO 8601 and UTC. Raises ValueError.

    `2026-05-04T08:00:00.415Z`, `2026-05-04 08:00:00 UTC`, `2026-05-04 10:00:00 +0200`.
    """
    plain = re.sub(r" (?=[+-]\d)", "", text.strip().replace(" UTC", "Z"))
    parsed = datetime.fromisoformat(plain)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    at = parsed.astimezone(UTC).replace(microsecond=0)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
