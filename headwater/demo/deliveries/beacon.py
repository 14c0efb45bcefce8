"""What the portal's pages send: docs/connecting.md has the script that they load."""

from datetime import timedelta
from typing import Any

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.event import Event

#: Up to which draw an act is a search; the others read or keep a page.
SEARCHED, READ = 0.6, 0.9
#: An act is told when it happens: the door takes none that is older than an hour.
FRESH = timedelta(minutes=55)
HEADERS = {"Origin": accounts.site("beacon")}


def delivery(act: Act) -> Event:
    """A search, a page that was read, or one that was kept."""
    kind = "searched" if act.draw < SEARCHED else "viewed" if act.draw < READ else "bookmarked"
    more: dict[str, Any] = {}
    path = f"handbook/{act.topic.replace(' ', '-')}"
    if kind == "searched":
        path, more = "search", {"length": len(act.topic), "found": act.number % 5 > 0}
    body = {
        "id": f"demo-{act.number}",
        "kind": kind,
        "at": int(act.at.timestamp() * 1000),
        "account": act.who.login,
        "page": f"{accounts.site('beacon')}/{path}",
        "topic": act.topic,
        **more,
    }
    return Event(act.at, kind, body, "beacon", HEADERS)
