"""What the connected tools deliver by webhook, a module a tool: an act as that tool sends it."""

from collections.abc import Callable, Collection
from datetime import datetime

from headwater.demo.acts import Act, acts
from headwater.demo.deliveries import beacon, discourse, gitlab, jira, slack
from headwater.demo.event import Event
from headwater.demo.organisation import Organisation

#: Connection → its deliveries.
SENT: dict[str, Callable[[Act], Event]] = {
    "beacon": beacon.delivery,
    "discourse": discourse.delivery,
    "gitlab": gitlab.delivery,
    "jira": jira.delivery,
    "slack": slack.delivery,
}


def pulse(organisation: Organisation, minute: datetime, connected: Collection[str]) -> list[Event]:
    """What the tools that are connected deliver of one minute."""
    return [
        deliver(act)
        for tool, deliver in SENT.items()
        if tool in connected
        for act in acts(organisation, tool, minute)
    ]
