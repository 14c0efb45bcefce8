"""What happened in a small organisation, in any order: told to a warehouse, kept in plain Python.

Facts come late, twice and are undone; people get teams, starts and accounts; the organisation
chooses another time zone or another gap. Of all that, a mart's oracle computes its cells anew.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from streams.mart import Mart
from streams.processors.directory import close
from streams.processors.directory.links import LINK_COLUMNS
from streams.processors.directory.people import FOREVER, PERSON_COLUMNS
from streams.release import DICTIONARIES
from streams.rollups import recompute
from warehouse import Warehouse, WarehouseSettings
from warehouse.installation import FIRST_GAP, settle

#: What each behaviour of the tests is placed in; the last ones are no learning.
SCAFFOLDS = {
    "search": "discovery", "read": "discovery", "bookmark": "discovery", "ask": "discovery",
    "explore": "discovery", "collaborate": "practice", "connect": "practice", "help": "sharing",
    "record": "sharing", "curate": "sharing", "reinforce": "reinforcement",
    "course": "formal", "unclassified": "none", "none": "none",
}  # fmt: skip
BEHAVIOURS = tuple(SCAFFOLDS)
TOOLS = ("Wiki", "Chat", "Forge")
TOPICS = ("", "kafka", "xapi")
#: '' is none: not there yet, or gone.
TEAMS = ("Web", "Data", "Ops", "")
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "America/Los_Angeles")
#: Clocks change in the night of the second day, in Berlin.
BEGIN = datetime(2026, 3, 28, tzinfo=UTC)
ACCOUNTS = (1, 2, 3, 4)
PEOPLE = (1001, 1002, 1003)
ONCE = date(1970, 1, 1)


@dataclass(frozen=True)
class Fact:
    """An event; `position` is its place in the log."""

    id: str
    time: datetime
    account: int
    counterpart: int
    tool: str
    behaviour: str
    topic: str
    position: int
    verb: str = ""
    object: str = ""
    reference: str = ""
    success: bool | None = None

    @property
    def scaffold(self) -> str:
        return SCAFFOLDS[self.behaviour]

    @property
    def at(self) -> int:
        """In milliseconds since 1970."""
        return (self.time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@dataclass(frozen=True)
class Told:
    """What a load says of a person: a team from a day on, another one before it, a time zone."""

    start: date | None
    accounts: tuple[int, ...]
    before: str
    team: str
    since: date
    zone: str = ""


@dataclass
class History:
    """All that happened until now."""

    store: Warehouse
    facts: list[Fact] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    people: dict[int, tuple[int, Told]] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)
    zone: str = "UTC"
    gap: int = int(FIRST_GAP)
    loads: int = 0

    def begin(self, marts: Sequence[Mart]) -> None:
        """Takes out what another history left."""
        tables = [table for mart in marts for table in mart.tables]
        for table in (*tables, *EMPTIED):
            self.store.execute(f"TRUNCATE TABLE {table}")
        for name in DICTIONARIES:
            self.store.command(f"directory/reload_{name}")
        self.choose(self.zone, self.gap)

    def living(self) -> list[Fact]:
        """The facts that count as learning, by time."""
        found = [f for f in self.facts if f.id not in self.gone and f.scaffold != "none"]
        return sorted(found, key=lambda f: (f.at, f.position))

    def person(self, account: int) -> int:
        """Who an account is of: by the directory, else by hand, else the account itself."""
        said = [
            (sequence, person)
            for person, (sequence, told) in self.people.items()
            if account in told.accounts
        ]
        if said:
            return max(said)[1]
        return self.links.get(account, account)

    def resolved(self, account: int) -> bool:
        return self.person(account) in PEOPLE

    def day(self, fact: Fact) -> date:
        return fact.time.astimezone(ZoneInfo(self.zone)).date()

    def team(self, person: int, day: date) -> str:
        if person not in self.people:
            return ""
        told = self.people[person][1]
        return told.team if day >= told.since else told.before

    def start(self, person: int) -> date | None:
        return self.people[person][1].start if person in self.people else None

    def tenure(self, fact: Fact) -> str:
        return self.band(self.person(fact.account), fact.time)

    def band(self, person: int, at: datetime) -> str:
        """How long somebody had been there at a moment, in steps."""
        start = self.start(person)
        if start is None:
            return "unknown"
        months = (at.year - start.year) * 12 + at.month - start.month
        bands = ((3, "0-3 months"), (12, "3-12 months"), (36, "1-3 years"))
        return next((band for most, band in bands if months < most), "3+ years")

    def happen(self, facts: Sequence[Fact]) -> None:
        """Facts come, and their hours are dirty after that, as the processor of facts does it."""
        self.facts += facts
        self._write(facts)

    def again(self, some: Sequence[int]) -> None:
        self._write([self.facts[n % len(self.facts)] for n in some if self.facts])

    def void(self, some: Sequence[int]) -> None:
        undone = [self.facts[n % len(self.facts)] for n in some if self.facts]
        self.gone |= {fact.id for fact in undone}
        self._write(undone, gone=1)

    def load(self, person: int, told: Told) -> None:
        """The directory says who somebody is."""
        self.loads += 1
        self.people[person] = (self.loads, told)
        teams = [
            (told.before, ONCE, told.since - timedelta(days=1)),
            (told.team, told.since, FOREVER),
        ]
        teams = [team for team in teams if team[0]]
        load = str(uuid.uuid4())
        row = (load, self.loads, person, told.start, 0, list(told.accounts), teams, told.zone)
        self.store.insert("directory.person_rows", PERSON_COLUMNS, [row])
        close(self.store, load, self.loads, 1, datetime.now(UTC))

    def link(self, account: int, person: int) -> None:
        """Somebody says whose an account is."""
        self.loads += 1
        self.links[account] = person
        load = str(uuid.uuid4())
        row = (load, self.loads, account, "hand", [person])
        self.store.insert("directory.link_rows", LINK_COLUMNS, [row])
        close(self.store, load, self.loads, 1, datetime.now(UTC))

    def choose(self, zone: str, gap: int) -> None:
        """The organisation chooses a time zone and a gap between sessions."""
        self.zone, self.gap = zone, gap
        settle(self.store, WarehouseSettings(session_gap=gap), time_zone=zone)

    def take_in(self, *some: Mart) -> None:
        """All that is dirty is computed."""
        for mart in some:
            while recompute(self.store, mart, "test"):
                pass

    def _write(self, facts: Sequence[Fact], gone: int = 0) -> None:
        rows = [
            (
                f.id, f.time, f.account, f.counterpart, f.tool, f.behaviour, f.scaffold, f.topic,
                f.position, 10 + gone, gone, f.verb, f.object, f.reference, f.success,
            )
            for f in facts
        ]  # fmt: skip
        self.store.insert("learning.fact_rows", FACT_COLUMNS, rows)
        self.store.insert("ops.dirty_hours", ("hour",), [(f.time,) for f in facts])


FACT_COLUMNS = (
    "id", "time", "account", "counterpart", "tool", "behaviour", "scaffold", "topic", "position",
    "version", "gone", "verb", "object", "reference", "success",
)  # fmt: skip
EMPTIED = (
    "learning.fact_rows", "learning.thing_hour_rows", "learning.hour_thing_rows",
    "ops.dirty_hours", "ops.mart_positions", "ops.setting_rows",
    "directory.person_rows", "directory.link_rows", "directory.load_rows",
)  # fmt: skip


@dataclass(frozen=True)
class Times:
    """When something happens: from when on, for how many days, how many minutes apart, and when
    people started."""

    begin: datetime
    days: int
    apart: tuple[int, ...]
    starts: st.SearchStrategy[date]


#: Some days in which work has and has no gaps.
CLOSE = Times(BEGIN, 4, (1, 9, 29, 30, 31, 45, 700), st.dates(date(2022, 1, 1), date(2026, 3, 20)))


@st.composite
def facts(draw: Any, times: Times = CLOSE) -> list[Fact]:
    """Some facts of one person after each other, close or far apart."""
    minutes = draw(st.integers(0, times.days * 24 * 60))
    apart = draw(st.sampled_from(times.apart))
    longest = max(2, min(150, times.days * 24 * 60 // apart))
    many = draw(st.integers(1, 6) | st.integers(2, longest))
    begin = times.begin + timedelta(minutes=minutes, milliseconds=draw(st.integers(0, 2)))
    account = draw(st.sampled_from(ACCOUNTS))
    acts = draw(st.lists(st.sampled_from(BEHAVIOURS), min_size=1, max_size=5))
    whom = draw(st.sampled_from((0, *ACCOUNTS)))
    tool, topic = draw(st.sampled_from(TOOLS)), draw(st.sampled_from(TOPICS))
    return [
        Fact(
            str(uuid.uuid4()), begin + timedelta(minutes=apart * n), account,
            whom, tool, acts[n % len(acts)], topic, draw(st.integers(1, 1 << 40)) if n < 3 else n,
        )
        for n in range(many)
    ]  # fmt: skip


def steps(
    times: Times = CLOSE, some: st.SearchStrategy[list[Fact]] | None = None
) -> st.SearchStrategy[list[Any]]:
    """What happens, one thing after the other: the name of a method, and what it is given.

    `some` are the facts that come together, unless they are those of `facts`.
    """
    few = st.lists(st.integers(0, 500), min_size=1, max_size=4)
    first = times.begin.date()
    told = st.builds(
        Told,
        start=st.none() | times.starts,
        accounts=st.lists(st.sampled_from(ACCOUNTS), max_size=2, unique=True).map(tuple),
        before=st.sampled_from(TEAMS),
        team=st.sampled_from(TEAMS),
        since=st.dates(first - timedelta(days=1), first + timedelta(days=times.days + 1)),
        zone=st.sampled_from(("", *ZONES)),
    )
    happened = st.tuples(st.just("happen"), facts(times) if some is None else some)
    return st.lists(
        st.one_of(
            happened,
            happened,
            st.tuples(st.just("again"), few),
            st.tuples(st.just("void"), few),
            st.tuples(st.just("load"), st.sampled_from(PEOPLE), told),
            st.tuples(st.just("link"), st.sampled_from(ACCOUNTS), st.sampled_from(PEOPLE)),
            st.tuples(st.just("choose"), st.sampled_from(ZONES), st.sampled_from((10, 30, 45))),
            st.tuples(st.just("take_in")),
        ),
        min_size=1,
        max_size=12,
    )


def lived(store: Warehouse, mart: Mart, happened: Sequence[Any], *others: Mart) -> History:
    """A history in which that happened, a mart and others having taken all of it in."""
    found = History(store)
    found.begin([mart, *others])
    for name, *given in happened:
        getattr(found, name)(*(given or [mart, *others]))
    found.take_in(mart, *others)
    return found
