"""The synthetic organisation's life: its past, newest first; what it missed; then real time."""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from headwater.demo import HISTORY_DAYS, asked, deliveries
from headwater.demo.acts import PAST, minutes
from headwater.demo.days import A_DAY, events
from headwater.demo.deliveries.beacon import FRESH
from headwater.demo.errors import DemoRefused
from headwater.demo.event import Event
from headwater.demo.organisation import ROLLOUT, ROLLOUT_IS, Organisation
from headwater.demo.progress import FILE, State, Telling
from headwater.demo.sender import Doors, Sender
from headwater.demo.tools import pulse
from headwater.process import HEADWATER

LOOK_EVERY = 1.0
#: After a longer silence than this (a stop, a sleeping machine) the days' own events make it up.
SILENCE = timedelta(minutes=10)
FIGURES_EVERY = 600.0


class Life:
    """One run of the demo on a data folder."""

    def __init__(
        self,
        folder: Path,
        state: State,
        doors: Doors,
        telling: Telling,
        days: int = HISTORY_DAYS,
    ) -> None:
        """`days` is how far back the events of history reach; people and KPIs are of all of it."""
        self.folder = folder
        self.days = days
        self.state = state
        self.doors = doors
        self.telling = telling
        self.organisation: Organisation = state.organisation()
        self._today: tuple[date, tuple[Event, ...]] | None = None

    async def run(self) -> None:
        """People first; then history where it is missing, the KPIs and real time, for good."""
        if not self.state.people:
            await self._load("directory", "people.csv", self.organisation.directory())
            self.state.people = True
            self._keep()
        async with Sender(self.doors) as sender:
            await asyncio.gather(
                self._history(sender), self._live(sender), self._figures(), self._answer()
            )

    async def _answer(self) -> None:
        """The tools that are asked answer."""
        app = asked.application(self.organisation, self.doors.connected, now)
        await asked.server(app).serve()

    async def _history(self, sender: Sender) -> None:
        state = self.state
        first = max(self.organisation.first, self.organisation.today - self.days * A_DAY)
        began = datetime.fromisoformat(state.began)
        day = date.fromisoformat(state.oldest) - A_DAY if state.oldest else began.date()
        if day < first:
            self.telling.say("history is there; the organisation lives on")
            return
        clock = time.monotonic()
        while day >= first:
            past = [event for event in events(self.organisation, day) if event.at <= began]
            if not state.oldest:
                past = self._delivered(began - PAST, began) + past
            some = sendable(past, began)
            await sender.send(some)
            state.oldest = day.isoformat()
            state.sent += len(some)
            self._keep()
            self.telling.history(day, first, state.sent)
            day -= A_DAY
        self.telling.history_is_there(state.sent, time.monotonic() - clock)

    async def _live(self, sender: Sender) -> None:
        while True:
            lived, here = datetime.fromisoformat(self.state.lived), now()
            if here - lived > SILENCE:
                await self._make_up(sender, lived, here)
            else:
                await self._send(sender, self._between(lived, here), here)
            await asyncio.sleep(LOOK_EVERY)

    async def _make_up(self, sender: Sender, lived: datetime, here: datetime) -> None:
        """What happened meanwhile, day by day."""
        day = lived.date()
        while day <= here.date():
            missed = [event for event in events(self.organisation, day) if lived < event.at <= here]
            await self._send(sender, missed, missed[-1].at if missed else lived)
            day += A_DAY
        self.state.lived = here.isoformat()
        self._keep()

    async def _send(self, sender: Sender, some: Sequence[Event], until: datetime) -> None:
        some = sendable(some, now())
        await sender.send(some)
        self.state.lived = until.isoformat()
        self.state.sent += len(some)
        if some:
            self._keep()

    def _between(self, since: datetime, until: datetime) -> list[Event]:
        """What happens in a short time: the day's events, and the pulse."""
        found = list(self._of(since.date()))
        if until.date() != since.date():
            found += self._of(until.date())
        for minute in minutes(since, until):
            found += pulse(self.organisation, minute)
        found = [event for event in found if since < event.at <= until]
        return sorted(found + self._delivered(since, until), key=lambda event: event.at)

    def _delivered(self, since: datetime, until: datetime) -> list[Event]:
        """What the connected tools deliver in a time."""
        connected = self.doors.connected
        found = [
            event
            for minute in minutes(since, until)
            for event in deliveries.pulse(self.organisation, minute, connected)
        ]
        return [event for event in found if since < event.at <= until]

    def _of(self, day: date) -> tuple[Event, ...]:
        if self._today is None or self._today[0] != day:
            self._today = (day, events(self.organisation, day))
        return self._today[1]

    async def _figures(self) -> None:
        """The KPIs of every week that is over: now, and whenever another one is."""
        while True:
            day = now().date()
            monday = (day - timedelta(days=day.weekday())).isoformat()
            if not self.state.figures:
                await self._roll_out()
            if monday > self.state.figures:
                await self._load("kpi", "kpis.csv", self.organisation.kpis(day))
                self.state.figures = monday
                self._keep()
            await asyncio.sleep(FIGURES_EVERY)

    async def _roll_out(self) -> None:
        """Declares what half of the teams began with."""
        begun, teams = self.organisation.rollout
        of = ("--teams", ",".join(teams), "--date", begun.isoformat(), "--what", ROLLOUT_IS)
        await self._command(f"the rollout {ROLLOUT}", "rollout", "add", ROLLOUT, *of)

    async def _load(self, what: str, name: str, text: str) -> None:
        """Loads a file."""
        file = self.folder / "demo" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        await self._command(name, what, "load", str(file), "--synthetic")

    async def _command(self, name: str, *words: str) -> None:
        """Does as a user would, by the command."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(*HEADWATER, *words, "--data", str(self.folder)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        if process.returncode:
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise DemoRefused(f"{name} was not loaded: {' '.join(last)}")
        self.telling.say(f"{name} loaded")

    def _keep(self) -> None:
        self.state.write(self.folder / FILE)


def live(folder: Path, doors: Doors, days: int = HISTORY_DAYS) -> None:
    """Runs the organisation on a data folder until the process is ended; the events of its history
    reach so many days back.

    Raises DemoError. Where another version of the demo began in this folder nothing happens; tools
    that the poller asks answer so.
    """
    state = State.read(folder / FILE, now())
    with Telling(days) as telling:
        if state is None:
            telling.say(
                f"this folder holds a synthetic organisation that another version made, or its "
                f"{FILE} is damaged; it stays as it is. For a living one remove the folder, or "
                "name another with --data."
            )
            if any(connection.polled for connection in doors.connected.values()):
                asyncio.run(asked.server(asked.application(None, doors.connected, now)).serve())
            return
        asyncio.run(Life(folder, state, doors, telling, days).run())


def sendable(some: Sequence[Event], at: datetime) -> list[Event]:
    """What can be sent truthfully: GitHub's webhook of a wiki page has no time, so only a fresh
    one, and a page tells what is done on it at once."""
    return [
        event
        for event in some
        if (event.hook != "gollum" or at - event.at < SILENCE)
        and (event.tool != "beacon" or at - event.at < FRESH)
    ]


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)
