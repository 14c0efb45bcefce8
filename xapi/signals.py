"""What a work signal is: one thing that happened to one work item, from which KPIs are computed.

A signal is no learning and no statement. It says which item (a change, a deployment, an incident,
a ticket, a deal, a build), what happened to it, when, where and by whom; titles and texts stay in
the tool. `actor` is a canonical identifier (`xapi.identity`), so that whoever keeps signals can put
a pseudonym in its place; it is "" where a machine did it.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from xapi.ids import statement_id


class Item(StrEnum):
    """Kinds of work items."""

    CHANGE = "change"
    DEPLOYMENT = "deployment"
    INCIDENT = "incident"
    TICKET = "ticket"
    DEAL = "deal"
    BUILD = "build"


class Happened(StrEnum):
    """What may happen to a work item."""

    OPENED = "opened"
    ANSWERED = "answered"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    REOPENED = "reopened"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that happened to one item.

    `item` names it for good, whatever it is called (`github.com/change/17`); `link` is its address;
    `place` the repository, service or queue it belongs to; `at` ISO 8601 in UTC; `detail` one word
    of the tool's own (`merged`, `not_planned`, `production`); `revision` the commit that ties a
    change, its build and its deployment together, "" where there is none.
    """

    id: UUID
    kind: Item
    item: str
    happened: Happened
    at: str
    host: str
    place: str
    link: str
    actor: str = ""
    detail: str = ""
    revision: str = ""


def signal_id(connector: str, event_id: str) -> UUID:
    """The id of a signal: of the event alone, so that what comes twice is the same."""
    return statement_id(connector, event_id, "signal")
