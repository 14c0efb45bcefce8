"""How far the synthetic organisation is on one data folder, and how that is told."""

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from headwater.demo import HISTORY_DAYS
from headwater.demo.days import sample
from headwater.demo.organisation import SEED, Organisation

FILE = "demo.json"
TOLD_EVERY = 5.0


@dataclass
class State:
    """What is sent already, so that a second start neither repeats history nor leaves a gap."""

    seed: int
    #: The day on which history ends, and the moment of it.
    today: str
    began: str
    #: Which organisation it is; other versions may make another one of the same seed.
    made: str = ""
    #: Whether the directory is loaded, and up to which day the KPIs.
    people: bool = False
    figures: str = ""
    #: The oldest day already sent; history is done when it is the first one.
    oldest: str = ""
    #: Until when the organisation has lived.
    lived: str = ""
    sent: int = 0

    @classmethod
    def read(cls, path: Path, now: datetime) -> "State | None":
        """What a data folder says, or a new beginning; None where another version wrote it, or
        where it is damaged."""
        if not path.exists():
            fresh = cls(SEED, now.date().isoformat(), now.isoformat(), lived=now.isoformat())
            fresh.made = fingerprint(fresh.organisation())
            return fresh
        try:
            said: dict[str, Any] = json.loads(path.read_text("utf-8"))
            if said.keys() != cls.__dataclass_fields__.keys():
                return None
            found = cls(**said)
            return found if found.made == fingerprint(found.organisation()) else None
        except (ValueError, TypeError, AttributeError):
            return None

    def organisation(self) -> Organisation:
        """The organisation that it is about."""
        return Organisation.of(self.seed, date.fromisoformat(self.today))

    def write(self, path: Path) -> None:
        """Keeps it, whole or not at all."""
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        os.replace(beside, path)


def fingerprint(organisation: Organisation) -> str:
    """What tells an organisation, and the way its days are made, from another.

    A sample of what happens is in it: history that one version began and another finished would
    have events twice, missing or in conflict, and nobody has to remember to raise a number.
    """
    digest = hashlib.sha256(organisation.directory().encode())
    digest.update(orjson.dumps(sample(organisation)))
    return digest.hexdigest()[:16]


class Telling:
    """Says how history fills: a bar on a terminal, elsewhere a line every few seconds."""

    def __init__(self, days: int = HISTORY_DAYS) -> None:
        """`days` is how far back history reaches."""
        self._days = days
        long = "seven months" if days == HISTORY_DAYS else f"{days} days"
        self._what = f"{long} of history, newest first"
        self._console = Console(highlight=False, soft_wrap=True)
        self._said = 0.0
        self._bar = Progress(
            TextColumn(f"demo: {self._what}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[events]:,} events"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=days + 1, visible=False, events=0)

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(f"demo: {text}", markup=False)

    def history(self, day: date, first: date, events: int) -> None:
        """History reaches back to `day` by now."""
        done = self._days + 1 - (day - first).days
        self._bar.update(self._task, completed=done, events=events, visible=True)
        if not self._console.is_terminal and time.monotonic() - self._said > TOLD_EVERY:
            self._said = time.monotonic()
            share = min(99, 100 * done // (self._days + 1))
            self.say(f"{self._what}: {share} % ({events:,} events, back to {day})")

    def history_is_there(self, events: int, seconds: float) -> None:
        """History is whole."""
        self._bar.update(self._task, visible=False)
        self.say(
            f"history is there ({events:,} events, {seconds:.0f} s); the organisation lives on"
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
