"""A part of the stack: an ordinary process, when it is ready, and what it waits for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """What a part is doing."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


Ready = Callable[[], Awaitable[bool]]


async def at_once() -> bool:
    """A part that is ready as soon as its process runs."""
    return True


@dataclass(frozen=True)
class Part:
    """One process of the stack.

    `needs` names the parts that must be ready before this one goes on. With `prefetch` the process
    is started at once, imports what it needs and waits until the supervisor says go by closing its
    standard input. A `once` part is ready when it has ended with 0 and is not started again;
    one that `may_end` is started again only after a failure. `stage` orders the stop: the highest
    first.
    """

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    ready: Ready = at_once
    needs: tuple[str, ...] = ()
    prefetch: bool = False
    once: bool = False
    may_end: bool = False
    nice: int = 0
    stage: int = 0
    seconds: float = 60.0
