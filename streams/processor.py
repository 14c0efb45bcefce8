"""What a stream processor is: one folder of `streams/processors/`, whatever reads Kafka for it.

A processor says which topic it reads, how many records it takes at a time, and what it does with
them: `handle(context, messages)`, a plain async function that comes back when all that its batch
asks for is done. It may be given the same messages again, and leaves the same behind then. It
waits for the warehouse (`streams.retry`), and sends what nobody could ever do to `xapi.rejected`
(`Context.reject`). Anything that it raises, the framework tries again (`streams.batches`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bus.topics import Topic
from streams.context import Beat, Context


class Message(NamedTuple):
    """A record of a topic; its time is the broker's or its writer's, in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


async def refuse(
    context: Context, message: Message, *, source: str, kind: str, error: Exception
) -> None:
    """Sends a whole message that nobody could ever do to `xapi.rejected`, and waits for it."""
    await context.reject(
        f"{message.topic}/{message.partition}/{message.offset}",
        source=source,
        kind=kind,
        reason=f"{type(error).__name__}: {error}",
        body=message.value or b"",
    )


Handle = Callable[[Context, list[Message]], Awaitable[None]]


@dataclass(frozen=True)
class Periodic:
    """What a worker does every so many seconds, the first time as it starts.

    One with a `leader` is done by one worker alone: by that which reads this topic's first
    partition for the group that processors share. What it raises because the warehouse is away is
    reported, and it is done again when it is due; any other error ends the worker.
    """

    name: str
    every: float
    run: Callable[[Context], Awaitable[None]]
    leader: Topic | None = None


@dataclass(frozen=True)
class Processor:
    """A stream processor.

    It takes up to `take` records at a time, or those that came `within` seconds of its last batch.
    `group` is the consumer group whose position on the topic is the processor's; two processors of
    one topic need two groups, and one that names none has its own.
    """

    name: str
    topic: Topic
    take: int
    within: float
    handle: Handle
    #: What it adds: topics and tables of the warehouse, with commas between them.
    output: str
    group: str = ""
    #: Figures for ops.beats, asked for once a second.
    beats: Callable[[Context], list[Beat]] | None = None
    periodic: tuple[Periodic, ...] = ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """The topics and tables that it adds to."""
        return tuple(self.output.split(", "))

    @property
    def reads_as(self) -> str:
        """The consumer group."""
        return self.group or f"headwater-streams-{self.name}"
