"""What a tool sent or answered, written down: a delivery or an API page, read without the tool.

A delivery has `headers` and `body`. What a poll reads has `stream`, `cursor` (where reading begins)
and `replies` by path, with those parameters that tell two questions apart, as in
`messages?channel=C1`; each has `content`, and may have `headers` and `next`. Both may have a
connection's `options`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from producers.connector import Connector, Found, NextOf, Reply
from producers.errors import Unrecorded
from producers.intake import lower
from producers.signatures import Delivery


def found(connector: Connector, recorded: Mapping[str, Any], options: Any) -> list[Found]:
    """The events of a record, with their kinds.

    Raises Unrecorded where there is no reply to what is asked, or the tool does not send so;
    Refused for a body that is none of the tool's; KeyError and TypeError for what is no record.
    """
    if "stream" in recorded:
        return asyncio.run(_polled(connector, recorded, options))
    if connector.webhook is None:
        raise Unrecorded(f"{connector.title} is asked, and delivers nothing: give `stream`")
    delivery = Delivery(lower(recorded["headers"]), orjson.dumps(recorded["body"]))
    return connector.webhook.found(connector.webhook.whole(delivery, options))


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
