"""What every mapper of Jira asks of an event: who, whom, where, and the ids.

An account is {the site, account id} at Jira Cloud and {the site, username} at Data Center: a
mention tells no more than that. The site keeps its path (`https://example.com/jira`), and so do the
addresses of issues.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from producers import people
from producers.connector import Event, Ignored, Statement
from producers.connectors.jira.options import Customers, JiraOptions
from producers.signals import signal
from producers.statements import activity, agent, statement, utc, voiding
from producers.texts import Written
from xapi.identity import account_identifier
from xapi.ids import statement_id
from xapi.signals import Happened, Item, Signal

CONFIDENTIAL = "restricted to some: never read"
ELSEWHERE = "in a project that does not count, the connection says"
OUTSIDE = "done by a customer or somebody else outside: answered, not counted"
#: How account ids of customers without an account of Atlassian's begin.
_CUSTOMER = "qm:"
#: The account id of all who had their account at Cloud deleted.
_FORMER = "unknown"
#: In whose name what is taken back is voided: Jira does not say by whom.
_ITSELF = "jira"

Thing = Mapping[str, Any]
Agent = dict[str, Any]


class Source:
    """An event's issue and what the connection says."""

    def __init__(self, event: Event, options: JiraOptions) -> None:
        self.options = options
        self.issue: Thing = event.get("issue") or {}
        self.fields: Thing = self.issue.get("fields") or {}

    @property
    def whole(self) -> bool:
        """Whether it is told who reported the issue: some webhooks do not say."""
        return "reporter" in self.fields

    @property
    def project(self) -> str:
        """The key of the issue's project."""
        return str(self.issue["key"]).rpartition("-")[0]

    @property
    def is_request(self) -> bool:
        """Whether the issue is a request of a service project."""
        return (self.fields.get("project") or {}).get("projectTypeKey") == "service_desk"

    def check(self) -> None:
        """Raises Ignored where nothing of the issue counts."""
        if self.options.projects and self.project not in self.options.projects:
            raise Ignored(ELSEWHERE)
        if self.fields.get("security"):
            raise Ignored(CONFIDENTIAL)

    # What the issue is

    @property
    def asks(self) -> bool:
        """Whether the issue asks something, by its type or a label."""
        return self._is(self.options.question_types, self.options.question_labels)

    @property
    def item(self) -> Item:
        """The kind of work item that the issue is."""
        found = self._is(self.options.incident_types, self.options.incident_labels)
        return Item.INCIDENT if found else Item.TICKET

    @property
    def labels(self) -> list[str]:
        """The issue's labels."""
        return list(self.fields.get("labels") or ())

    def _is(self, types: frozenset[str], labels: frozenset[str]) -> bool:
        kind = str((self.fields.get("issuetype") or {}).get("name") or "").lower()
        named = kind.removeprefix("[system] ") in types
        return named or any(label.lower() in labels for label in self.labels)

    # Who

    @property
    def reporter(self) -> Thing | None:
        """Whose issue it is; who made it, where a project has no reporters."""
        return self.fields.get("reporter") or self.fields.get("creator")

    def person(self, user: Thing | None) -> Agent:
        """A user of ours. Raises Ignored where that is a machine, nobody, or somebody outside."""
        name = name_of(user)
        if not user or not name or name in people.GONE:
            raise Ignored(people.NOBODY)
        if self._is_machine(user):
            raise Ignored(people.BOT)
        if self.is_outside(user):
            raise Ignored(OUTSIDE)
        return agent(self.options.site, name)

    def other(self, user: Thing | None, actor: Agent | None = None) -> Agent | None:
        """Whom it is for, where that is a person and not the actor."""
        if not user or not name_of(user) or self._is_machine(user):
            return None
        found = agent(self.options.site, name_of(user))
        return None if found == actor else found

    def is_ours(self, user: Thing | None) -> bool:
        """Whether somebody is a person of the organisation."""
        return bool(self.other(user)) and not self.is_outside(user)

    def is_outside(self, user: Thing | None) -> bool:
        """Whether somebody is outside the organisation."""
        name = name_of(user)
        if name in self.options.outsiders:
            return True
        if self.options.customers is Customers.COLLEAGUES or not user:
            return False
        reports = self.is_request and name == name_of(self.reporter)
        return (
            user.get("accountType") == "customer"
            or name.startswith(_CUSTOMER)
            or (reports and self.project in self.options.customer_projects)
        )

    def _is_machine(self, user: Thing) -> bool:
        name, kind = name_of(user), str(user.get("accountType") or "")
        return name in self.options.bots or not people.is_person(name, kind)

    # What is made

    def key(self, event_id: str) -> str:
        """An event's id with its site: each counts by itself."""
        return f"{self.options.site}/{event_id}"

    def identify(self, event_id: str) -> UUID:
        """The id of the one statement of an event."""
        return statement_id("jira", self.key(event_id))

    @property
    def address(self) -> str:
        """The issue's address."""
        return f"{self.options.site}/browse/{self.issue['key']}"

    def thing(self) -> Agent:
        """The issue as an Activity, without its summary by default."""
        name = self.options.named(self.fields.get("summary"), str(self.issue["key"]))
        return activity(self.address, "issue", name)

    def statement(
        self,
        event_id: str,
        actor: Thing,
        verb: str,
        behaviour: str,
        at: str,
        *,
        target: Thing | None = None,
        counterpart: Thing | None = None,
        written: Written | None = None,
    ) -> Statement:
        """A statement of an event, about the issue where nothing else is said."""
        return statement(
            self.identify(event_id),
            actor,
            verb,
            target or self.thing(),
            behaviour=behaviour,
            platform="Jira",
            at=at,
            topic=self.project,
            tags=self.labels,
            counterpart=counterpart,
            written=written,
        )

    def voiding(self, *event_ids: str) -> list[Statement]:
        """What is taken back is voided, in Jira's own name."""
        return voids(self.options, event_ids)

    def signal(
        self,
        happened: Happened,
        at: str,
        *,
        by: Thing | None = None,
        occurrence: object = "",
        detail: str = "",
        kind: Item | None = None,
    ) -> Signal:
        """A work signal of the issue; who is outside is not named in it."""
        site = self.options.site
        return signal(
            "jira",
            self.key,
            site.partition("://")[2],
            kind or self.item,
            f"issue/{self.issue['id']}",
            happened,
            utc(at),
            place=self.project,
            link=self.address,
            actor=account_identifier(site, name_of(by)) if self.is_ours(by) else "",
            occurrence=occurrence,
            detail=detail,
        )


def name_of(user: Thing | None) -> str:
    """The name of a user's account: the account id at Cloud, else the username; "" for nobody."""
    if not user:
        return ""
    if user.get("accountId"):
        return "" if user["accountId"] == _FORMER else str(user["accountId"])
    return str(user.get("name") or user.get("key") or "").lower()


def voids(options: JiraOptions, event_ids: Iterable[str]) -> list[Statement]:
    """Statements that void those of some events."""
    actor, source = agent(options.site, _ITSELF), Source({}, options)
    return [
        each
        for event_id in event_ids
        for each in voiding("jira", source.key(event_id), actor, source.identify(event_id))
    ]
