"""What every mapper of GitHub asks of an event: who, where, and the ids."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from producers import people
from producers.connector import Event, Ignored, Options, Statement
from producers.connectors.github.options import GitHubOptions
from producers.signals import signal
from producers.statements import activity, agent, hosted, statement, voiding
from xapi.identity import account_identifier
from xapi.ids import statement_id
from xapi.signals import Happened, Item, Signal

HOME = "https://github.com"
User = Mapping[str, Any]
OUTSIDE = "done by somebody outside the organisation: helped, not counted"


class Source:
    """An event, its repository, and what the connection says of who and what counts."""

    def __init__(
        self, event: Event, options: Options, repository: Mapping[str, Any] | None = None
    ) -> None:
        self.event = event
        self.options = options if isinstance(options, GitHubOptions) else GitHubOptions()
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
        """Whoever did it, as an Agent. Raises Ignored where that is no person of ours."""
        login = people.person(user, "login", "type")["login"].lower()
        if login in self.options.bots:
            raise Ignored(people.BOT)
        if login in self.options.outsiders:
            raise Ignored(OUTSIDE)
        return agent(self.host, login)

    def other(self, user: User | None, actor: Mapping[str, Any]) -> dict[str, Any] | None:
        """Whom the event is for, where that is a person and not the actor."""
        if not self._is_person(user):
            return None
        assert user
        found = agent(self.host, user["login"].lower())
        return None if found == actor else found

    def towards(self, counterpart: Mapping[str, Any] | None, behaviour: str) -> str:
        """The behaviour towards a colleague; `connect` to who is outside."""
        outside = counterpart and counterpart["account"]["name"] in self.options.outsiders
        return "connect" if outside else behaviour

    def is_incident(self, issue: Mapping[str, Any]) -> bool:
        """Whether an issue's type or a label says that it is an incident."""
        return bool(_sorts(issue) & self.options.incidents)

    def asks(self, issue: Mapping[str, Any]) -> bool:
        """Whether an issue asks: neither its type nor a label says that it plans, or is work."""
        return not _sorts(issue) & (self.options.planned | self.options.incidents)

    def _is_person(self, user: User | None) -> bool:
        if not user or not people.is_person(user["login"], user.get("type") or ""):
            return False
        return user["login"].lower() not in self.options.bots

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

    def voiding(self, event_id: str, *voided: str, by: User | None = None) -> list[Statement]:
        """What this event takes back is voided, whoever does it: a program too, or nobody. `by` is
        who did it, where the event may be told by others than the sender."""
        who = by or self.event.get("sender") or {"login": "ghost"}
        actor = agent(self.host, who["login"].lower())
        return voiding("github", self.key(event_id), actor, *map(self.identify, voided))

    def activity(self, kind: str, of: Mapping[str, Any]) -> dict[str, Any]:
        """An issue, pull request or discussion as an Activity, without its title by default."""
        number = f"{self.repository['full_name']}#{of['number']}"
        return activity(of["html_url"], kind, self.options.named(of.get("title"), number))

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
        known = self._is_person(by)
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


def issue_kind(issue: Mapping[str, Any]) -> str:
    """Issues and pull requests come as issues."""
    return "pull-request" if issue.get("pull_request") else "issue"


def is_question(discussion: Mapping[str, Any]) -> bool:
    """Whether a discussion is in a category in which answers are chosen."""
    return bool((discussion.get("category") or {}).get("is_answerable"))


def discussion_kind(discussion: Mapping[str, Any]) -> str:
    """A discussion that asks, or another one."""
    return "question" if is_question(discussion) else "discussion"


def _sorts(issue: Mapping[str, Any]) -> set[str]:
    """The names of an issue's type and labels."""
    named = [issue.get("type") or {}, *(issue.get("labels") or ())]
    return {str(each.get("name") or "").lower() for each in named}
