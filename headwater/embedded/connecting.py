"""What a change of connections.toml means for a stack that runs."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from headwater.embedded.part import Part
from headwater.embedded.supervisor import Supervisor
from headwater.errors import CannotStart
from producers.following import EVERY, Followed


class Connected(Protocol):
    """What is asked of a stack."""

    following: Followed

    def parts(self) -> Sequence[Part]:
        """Every part that it is to run."""

    def publish(self) -> None:
        """Writes stack.json."""


async def follow(supervisor: Supervisor, stack: Connected) -> None:
    """Starts a part that the connections make necessary, and keeps stack.json true to them, until
    the supervisor stops."""
    while not supervisor.stopping.is_set():
        await asyncio.sleep(EVERY)
        if not await stack.following.look():
            continue
        for part in [each for each in stack.parts() if each.name not in supervisor.parts]:
            try:
                await supervisor.add(part)
            except CannotStart as error:
                supervisor.tell(str(error))
            except asyncio.CancelledError:
                if not supervisor.stopping.is_set():
                    raise
                return  # everything is being stopped
        stack.publish()
