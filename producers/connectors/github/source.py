"""What every mapper of GitHub asks of an event: who, where, and the ids."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from producers import people
from producers.connector import Event, Statement
from producers.signals import signal
from producers.statements import activity, agent, hosted, statement, voiding
from xapi.identity import account_identifier
from xapi.ids import statement_id
from xapi.signals import Happened, Item, Signal

HOME = "https://github.com"
User = Mapping[str, Any]


class Source:
    """An event and its repository; `by` is the account that did it, where it is not the sender."""

    def __init__(self, event: Event, repository: Mapping[str, Any] | None = None) -> None:
        self.event = event
        self.repository: Mapping[str, Any] = repository or event["repository"]
        parts = urlsplit(self.repository["html_url"])
        self.host = f"{parts.scheme}://{parts.netloc}".lower()

    def key(self, event_id: str) -> str:
        """The event's id, with the host where that is not github.com."""
        return hosted(HOME, self.host, event_id)

    def identify(self, event_id: str) -> UUID:
        """The id of the one statement of an event."""
        return statement_id("github", self.key(event_id))

    def person(self, user: User | None) -> dict[str, Any]:
        """Whoever did it, as an Agent. Raises Ignored where that is no person."""
        return agent(self.host, people.person(user, "login", "type")["login"].lower())

    def other(self, user: User | None, actor: Mapping[str, Any]) -> dict[str, Any] | None:
        """Whom the event is for, where that is a person and not the actor."""
        if not user or not people.is_person(user["login"], user.get("type") or ""):
            return None
        found = agent(self.host, user["login"].lower())
        return None if found == actor else found

    def statement(
        self,
        event_id: str,
        actor: Mapping[str, Any],
        verb: str,
        target: Mapping[str, Any],
        behaviour: str,
        at: str | None,
        *,
        tags: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Statement:
        """A statement of this event; `tags` is the issue or discussion with the labels."""
        labels = [label["name"] for label in (tags or {}).get("labels") or ()]
        return statement(
            self.identify(event_id),
            actor,
            verb,
            target,
            behaviour=behaviour,
            platform="GitHub",
            at=at,
            topic=self.repository["full_name"],
            tags=labels,
            **more,
        )

    def voiding(self, event_id: str, *voided: str) -> list[Statement]:
        """What this event takes back is voided, whoever does it: a program too, or nobody."""
        sender = self.event.get("sender") or {"login": "ghost"}
        actor = agent(self.host, sender["login"].lower())
        return voiding("github", self.key(event_id), actor, *map(self.identify, voided))

    def activity(self, kind: str, of: Mapping[str, Any]) -> dict[str, Any]:
        """An issue, pull request or discussion as an Activity, without its title."""
        return activity(of["html_url"], kind, f"{self.repository['full_name']}#{of['number']}")

    def signal(
        self,
        kind: Item,
        item: str,
        happened: Happened,
        at: str,
        link: str,
        *,
        by: User | None = None,
        **more: str,
    ) -> Signal:
        """A work signal; `more` is as in `producers.signals`."""
        known = by and people.is_person(by["login"], by.get("type") or "")
        return signal(
            "github",
            self.key,
            self.host.partition("://")[2],
            kind,
            item,
            happened,
            at,
            place=self.repository["full_name"],
            link=link,
            actor=account_identifier(self.host, by["login"].lower()) if by and known else "",
            **more,
        )
