"""What a tool sent or answered, written down: a delivery or an API page, read without the tool.

A delivery has `headers` and `body`; one that needs no header may be its body alone. What a poll
reads has `stream`, `cursor` (where reading begins)
and `replies` by path, with those parameters that tell two questions apart, as in
`messages?channel=C1`; each has `content`, and may have `headers` and `next`. Both may have a
connection's `options`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from producers.connector import JSON, Connector, Found, NextOf, Reply
from producers.errors import Unrecorded
from producers.intake import Taken, lower
from producers.signatures import Delivery


def found(connector: Connector, recorded: Any, options: Any) -> list[Found]:
    """The events of a record, with their kinds.

    Raises Unrecorded where there is no reply to what is asked, or the tool does not send so;
    Refused for a body that is none of the tool's; KeyError and TypeError for what is no record.
    """
    if "stream" in recorded:
        return asyncio.run(_polled(connector, recorded, options))
    if connector.webhook is None:
        raise Unrecorded(f"{connector.title} is asked, and delivers nothing: give `stream`")
    alone = _alone(recorded)
    headers = {"content-type": JSON} if alone else lower(recorded["headers"])
    delivery = Delivery(headers, orjson.dumps(recorded if alone else recorded["body"]))
    events = connector.webhook.found(connector.webhook.whole(delivery, options))
    if alone and not any(each.kind for each in events):
        raise Unrecorded(f"it is no delivery: {connector.title} needs `headers` and `body`")
    return events


def options(recorded: Any) -> Any:
    """The options of a connection that a record gives; None where it gives none."""
    return None if _alone(recorded) else recorded.get("options")


def _alone(recorded: Any) -> bool:
    """Whether it is the body of a delivery, and no record of one."""
    return not (isinstance(recorded, dict) and recorded.keys() & {"stream", "body", "headers"})


def told(every: Iterable[Taken]) -> list[dict[str, Any]]:
    """What became of events, in JSON's own values."""
    return [
        {
            "kind": each.kind,
            "disposition": each.disposition.value,
            **({"reason": each.detail} if each.detail else {}),
            "statements": list(each.statements),
            "signals": [{**asdict(signal), "id": str(signal.id)} for signal in each.signals],
            "nudges": [nudge.stream for nudge in each.nudges],
        }
        for each in every
    ]


async def _polled(connector: Connector, recorded: Mapping[str, Any], options: Any) -> list[Found]:
    streams = connector.poll.streams if connector.poll else {}
    pages = streams.get(recorded["stream"])
    if pages is None:
        known = ", ".join(streams) or "none"
        raise Unrecorded(f"{connector.title} has no stream {recorded['stream']!r}: {known}")
    some = pages(Replies(recorded["replies"]), options, recorded.get("cursor", ""))
    return [event async for page in some for event in page.events]


class Replies:
    """A tool's interface that answers with what was written down."""

    def __init__(self, replies: Mapping[str, Any]) -> None:
        self.replies = replies

    async def get(self, path: str, **parameters: str | int) -> Reply:
        """The reply whose path and parameters fit best. Raises Unrecorded."""
        given = {(name, str(value)) for name, value in parameters.items()}
        fitting = [
            each for each in self.replies
            if each == path
            or (each.partition("?")[0] == path and set(parse_qsl(urlsplit(each).query)) <= given)
        ]  # fmt: skip
        if not fitting:
            raise Unrecorded(f"there is no reply to {path} with {parameters}")
        reply = self.replies[max(fitting, key=len)]
        return Reply(reply["content"], reply.get("headers", {}), reply.get("next", ""))

    async def post(self, path: str, content: Any) -> Reply:
        """The reply to a path."""
        return await self.get(path)

    async def patch(self, path: str, content: Any) -> Reply:
        """The reply to a path."""
        return await self.get(path)

    async def pages(
        self, path: str, next_of: NextOf | None = None, **parameters: str | int
    ) -> AsyncIterator[Reply]:
        """Reply after reply, as each says where the next one is."""
        while True:
            reply = await self.get(path, **parameters)
            yield reply
            place = next_of(reply) if next_of else reply.next
            if not place:
                return
            if isinstance(place, str):
                path, parameters = place, {}
            else:
                parameters = {**parameters, **place}
