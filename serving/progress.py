"""Whether work goes on, and if not, since when.

That a process lives says nothing of its work. Whoever does lasting work notes when it got on, and
what went wrong since; a health check asks whether that is too long ago.
"""

import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: Work that has not got on for so many seconds, though there is some, stands still.
PATIENCE = 30.0
#: How much of an error is quoted.
QUOTED = 300


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, since when (Unix seconds), and what to do, in words for an operator.

    `what` and `do` quote nothing of what anybody sent; `detail` may, as an error's first line does.
    """

    what: str
    since: float
    do: str = ""
    detail: str = ""

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        moment = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        return {"what": self.what, "since": moment, "do": self.do, "detail": self.detail}


class Progress:
    """How a piece of lasting work gets on. It counts as well from the start, for `patience` s.

    Of work that rests for long between two tries, `tolerance` is for how many seconds a try may go
    on, or tries may fail; without it, that they fail shortens nothing.
    """

    def __init__(
        self,
        what: str,
        *,
        patience: float = PATIENCE,
        tolerance: float | None = None,
        do: str = "",
    ) -> None:
        self.what = what
        self.do = do
        self.patience = patience
        self.tolerance = tolerance
        self.error = ""
        self._on = time.monotonic()
        self._until = self._on + patience

    def got_on(self) -> None:
        """It did something just now, or found that there was nothing to do."""
        self._on = time.monotonic()
        self._until = self._on + self.patience
        self.error = ""

    def trying(self) -> None:
        """It is tried now, or is on its way; after a try that failed that is told by its end."""
        if self.tolerance is not None and not self.error:
            self._until = time.monotonic() + self.tolerance

    def failed(self, error: object, *, lasting: bool = False) -> None:
        """It was tried, and did not work; the next time it gets on this is forgotten.

        Where the same try will not do better by itself (`lasting`), it stands still from now on.
        """
        if lasting:
            self._until = time.monotonic()
        elif self.tolerance is not None and not self.error:
            self._until = min(self._until, time.monotonic() + self.tolerance)
        self.error = first_line(error)

    @property
    def standing(self) -> float:
        """For how many seconds it has not got on."""
        return time.monotonic() - self._on

    @property
    def problem(self) -> Problem | None:
        """That it stands still, where it does."""
        if time.monotonic() < self._until:
            return None
        since = time.time() - self.standing
        return Problem(f"{self.what} stands still", since, self.do, self.error)


class Places:
    """How several readers of a log get on: each has a place, and its log an end."""

    def __init__(self, what: str, *, patience: float = PATIENCE, do: str = "") -> None:
        self.what = what
        self.do = do
        self.patience = patience
        self._places: dict[Hashable, tuple[int, Progress]] = {}

    def look(self, found: Mapping[Hashable, tuple[int, int]]) -> None:
        """Takes in where each stands and where its log ends; those not named are not ours."""
        for gone in self._places.keys() - found.keys():
            del self._places[gone]
        for key, (place, end) in found.items():
            before, progress = self._places.get(key) or (place, self._new())
            if place >= end or place != before:
                progress.got_on()
            self._places[key] = (place, progress)

    @property
    def standing(self) -> float:
        """For how many seconds the one that stands longest has not got on."""
        return max((progress.standing for _, progress in self._places.values()), default=0.0)

    @property
    def problem(self) -> Problem | None:
        """That one stands still though there is more to read, where that is so."""
        if self.standing < self.patience:
            return None
        since = time.time() - self.standing
        return Problem(f"{self.what} stands still, and there is more to do", since, self.do)

    def _new(self) -> Progress:
        return Progress(self.what, patience=self.patience)


def first_line(error: object) -> str:
    """The first line of an error, as much of it as is quoted."""
    text = str(error) or type(error).__name__
    return next(iter(text.strip().splitlines()), "")[:QUOTED]
