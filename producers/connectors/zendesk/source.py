"""What every mapper of Zendesk asks of an event: who, about what, and the ids."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from producers import people
from producers.connector import Ignored, Statement
from producers.connectors.zendesk.options import Requesters, ZendeskOptions
from producers.signals import signal
from producers.statements import activity, agent, statement, utc, voiding
from producers.texts import Written
from xapi.identity import account_identifier
from xapi.ids import statement_id
from xapi.signals import Happened, Item, Signal

STAFF = frozenset({"agent", "admin"})
CUSTOMER = "end-user"
OUTSIDE = "done by a customer: answered, not counted"
#: Under which channels rules and Zendesk itself write.
MACHINES = frozenset({"rule", "system"})
#: A ticket's status in which it is done.
DONE = frozenset({"solved", "closed"})

User = Mapping[str, Any]
Agent = dict[str, Any]


class Source:
    """What a connection says, and the ids that follow from its site."""

    def __init__(self, options: ZendeskOptions) -> None:
        self.options = options

    @property
    def _site(self) -> str:
        return self.options.site

    # Who

    def person(self, user: User) -> Agent:
        """A user of ours. Raises Ignored where that is a machine, nobody, or a customer."""
        if self._is_machine(user):
            raise Ignored(people.BOT)
        if not user["role"]:
            raise Ignored(people.NOBODY)
        if not self.is_ours(user):
            raise Ignored(OUTSIDE)
        return self._agent(user)

    def is_ours(self, user: User | None) -> bool:
        """Whether somebody is of the organisation."""
        if not user or self._is_machine(user):
            return False
        inside = self.options.requesters is Requesters.COLLEAGUES
        return user["role"] in STAFF or (inside and user["role"] == CUSTOMER)

    def other(self, user: User | None, actor: Mapping[str, Any]) -> Agent | None:
        """Whom it is for, where that is a person and not the actor."""
        if not user or not user["role"] or self._is_machine(user):
            return None
        found = self._agent(user)
        return None if found == actor else found

    def _is_machine(self, user: User) -> bool:
        return int(user["id"]) <= 0 or int(user["id"]) in self.options.bots

    def _agent(self, user: User) -> Agent:
        return agent(self._site, str(user["id"]))

    # What is made

    def key(self, event_id: str) -> str:
        """An event's id with its account: each account of Zendesk counts by itself."""
        return f"{self._site}/{event_id}"

    def identify(self, event_id: str) -> UUID:
        """The id of the one statement of an event."""
        return statement_id("zendesk", self.key(event_id))

    def ticket(self, ticket: Mapping[str, Any]) -> Agent:
        """A ticket as an Activity, without its subject by default."""
        name = self.options.named(ticket.get("subject"), f"#{ticket['id']}")
        return activity(f"{self._site}/agent/tickets/{ticket['id']}", "issue", name)

    def queue(self, ticket: Mapping[str, Any]) -> str:
        """The group that a ticket was with, as it is shown."""
        group = ticket.get("group_id")
        return self.options.groups.get(group, f"group/{group}") if group else ""

    def statement(
        self,
        event_id: str,
        actor: Mapping[str, Any],
        verb: str,
        target: Mapping[str, Any],
        behaviour: str,
        at: str,
        *,
        topic: str = "",
        counterpart: Mapping[str, Any] | None = None,
        written: Written | None = None,
    ) -> Statement:
        """A statement of an event."""
        return statement(
            self.identify(event_id),
            actor,
            verb,
            target,
            behaviour=behaviour,
            platform="Zendesk",
            at=at,
            topic=topic,
            counterpart=counterpart,
            written=written,
        )

    def voiding(self, *event_ids: str) -> Sequence[Statement]:
        """What is taken back is voided, in Zendesk's own name (its user -1)."""
        actor = agent(self._site, "-1")
        return [
            each
            for event_id in event_ids
            for each in voiding("zendesk", self.key(event_id), actor, self.identify(event_id))
        ]

    def signal(
        self,
        ticket: Mapping[str, Any],
        happened: Happened,
        at: str,
        *,
        by: User | None = None,
        occurrence: object = "",
        detail: str = "",
    ) -> Signal:
        """A work signal of a ticket; a customer is not named in it."""
        return signal(
            "zendesk",
            self.key,
            urlsplit(self._site).netloc,
            Item.TICKET,
            f"ticket/{ticket['id']}",
            happened,
            utc(at),
            place=self.queue(ticket),
            link=f"{self._site}/agent/tickets/{ticket['id']}",
            actor=account_identifier(self._site, str(by["id"])) if by and self.is_ours(by) else "",
            occurrence=occurrence,
            detail=detail,
        )
