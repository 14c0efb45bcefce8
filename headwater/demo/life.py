"""The synthetic organisation's life: its past, newest first; what it missed; then real time.

`demo.json` in the data folder says how far it is, so that a second start neither makes history
again nor leaves out what would have happened meanwhile.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from headwater.demo.days import Event, events, pulse
from headwater.demo.organisation import HISTORY_DAYS, SEED, Organisation
from headwater.demo.sender import DemoRefused, Doors, Sender

Say = Callable[[str], None]


@dataclass
class Progress:
    """How far the demo is on one data folder."""

    seed: int
    #: The day on which history ends, and the moment of it.
    today: str
    began: str
    #: The oldest day already sent; history is done when it is the first one.
    oldest: str = ""
    loaded: bool = False
    #: Until when the organisation has lived in real time.
    lived: str = ""
    sent: int = 0

    @classmethod
    def read(cls, path: Path, now: datetime) -> "Progress":
        """What a data folder says, or a new beginning."""
        if path.exists():
            return cls(**json.loads(path.read_text("utf-8")))
        return cls(SEED, now.date().isoformat(), now.isoformat(), lived=now.isoformat())

    def write(self, path: Path) -> None:
        """Keeps it, whole or not at all."""
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        os.replace(beside, path)


class Life:
    """One run of the demo on a data folder."""

    def __init__(self, folder: Path, stack: dict[str, Any], say: Say) -> None:
        self.folder = folder
        self.path = folder / "demo.json"
        self.progress = Progress.read(self.path, datetime.now(UTC))
        self.organisation = Organisation.of(
            self.progress.seed, date.fromisoformat(self.progress.today)
        )
        self.doors = Doors.of(stack)
        self.say = say

    async def run(self) -> None:
        """History where it is missing, then the gap, then real time, for good."""
        if not self.progress.loaded:
            self._load("directory", "people.csv", self.organisation.directory())
            self._load("kpi", "kpis.csv", self.organisation.kpis())
            self.progress.loaded = True
            self.progress.write(self.path)
        async with Sender(self.doors) as sender:
            living = asyncio.create_task(self._live(sender))
            try:
                await self._history(sender)
                await living
            finally:
                living.cancel()

    def _load(self, what: str, name: str, text: str) -> None:
        file = self.folder / "demo" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        command = [
            sys.executable, "-m", "headwater", what, "load", str(file), "--data", str(self.folder),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DemoRefused(f"{name} was not loaded: {done.stderr or done.stdout}")
        self.say(f"demo: {name} loaded")

    async def _history(self, sender: Sender) -> None:
        day = date.fromisoformat(self.progress.oldest or self.progress.today)
        if self.progress.oldest:
            day -= timedelta(days=1)
        began = datetime.fromisoformat(self.progress.began)
        said = time.monotonic()
        first = self.organisation.first
        if day < first:
            return
        while day >= first:
            some = [e for e in events(self.organisation, day) if _past(e, day, began)]
            await sender.send(some)
            self.progress.oldest = day.isoformat()
            self.progress.sent += len(some)
            self.progress.write(self.path)
            day -= timedelta(days=1)
            if time.monotonic() - said > 5:
                said = time.monotonic()
                share = 100 - 100 * (day - first).days // HISTORY_DAYS
                self.say(
                    f"demo: six months of history, newest first: {min(share, 99)} % "
                    f"({self.progress.sent:,} events, back to {self.progress.oldest})"
                )
        self.say(
            f"demo: history is there ({self.progress.sent:,} events); the organisation lives on"
        )

    async def _live(self, sender: Sender) -> None:
        """Sends what happens, every second; first what happened since the last run."""
        await self._gap(sender)
        while True:
            lived, now = datetime.fromisoformat(self.progress.lived), datetime.now(UTC)
            await sender.send(_between(self.organisation, lived, now))
            self.progress.lived = now.isoformat()
            self.progress.write(self.path)
            await asyncio.sleep(1)

    async def _gap(self, sender: Sender) -> None:
        lived, now = datetime.fromisoformat(self.progress.lived), datetime.now(UTC)
        day = lived.date()
        while day <= now.date():
            await sender.send([e for e in events(self.organisation, day) if lived < e.at <= now])
            day += timedelta(days=1)
        self.progress.lived = now.isoformat()
        self.progress.write(self.path)


def _past(event: Event, day: date, began: datetime) -> bool:
    """Whether an event belongs to history: a wiki page has no time, so only today's can be told."""
    return event.at <= began and (event.hook != "gollum" or day == began.date())


def _between(organisation: Organisation, since: datetime, until: datetime) -> list[Event]:
    """What happens in a short time: the day's events, and the pulse."""
    found = [e for e in events(organisation, until.date()) if since < e.at <= until]
    minute = since.replace(second=0, microsecond=0)
    while minute <= until:
        found += [e for e in pulse(organisation, minute) if since < e.at <= until]
        minute += timedelta(minutes=1)
    return found
