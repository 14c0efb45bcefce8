"""What a tool that is asked holds: its acts of the last day, which come as time goes on."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from headwater.demo.acts import MINUTE, PAST, Act, acts, minutes
from headwater.demo.organisation import Organisation

#: Who asks comes every few minutes; what is older is forgotten.
KEPT = timedelta(hours=24)


class Held:
    """The acts with one tool, from a while before it is first asked; none where nobody lives."""

    def __init__(
        self, organisation: Organisation | None, tool: str, clock: Callable[[], datetime]
    ) -> None:
        self.organisation = organisation
        self.tool = tool
        self._clock = clock
        self._made: deque[Act] = deque()
        self._next = (clock() - PAST).replace(second=0, microsecond=0)

    @property
    def now(self) -> datetime:
        """The tool's own time."""
        return self._clock()

    def acts(self) -> Sequence[Act]:
        """What was done by now, oldest first."""
        now = self.now
        if self.organisation is None:
            return []
        for minute in minutes(self._next, now):
            self._made += acts(self.organisation, self.tool, minute)
            self._next = minute + MINUTE
        while self._made and self._made[0].at < now - KEPT:
            self._made.popleft()
        return [act for act in self._made if act.at <= now]

    def coming(self, span: timedelta) -> Sequence[Act]:
        """What will be done in a time from now on, oldest first."""
        if self.organisation is None:
            return []
        now = self.now
        found = [
            act
            for minute in minutes(now, now + span)
            for act in acts(self.organisation, self.tool, minute)
        ]
        return [act for act in found if now < act.at <= now + span]
