"""KPIs of work items equal what plain Python makes of their signals, on random histories.

Machines act, too, and an account that nobody is known for: what they do is the owner's.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, median_high
from uuid import uuid4

import pytest

from producers.loads import kpi
from streams.derived import Computed
from tests.conftest import WarehouseUrls
from tests.streams.organised import ALWAYS, FOREVER, Known, load, owned
from warehouse import Warehouse

pytestmark = pytest.mark.integration

#: A KPI's figure of every team and week, as an analyst asks for them.
ASKED = """
SELECT team, toDate(period), value, n, people FROM kpi.observations WHERE kpi = {kpi:String}
"""
#: Person → team; 609 is of no team.
TEAMS = {601: "Blue", 602: "Blue", 603: "Red", 604: "Red", 605: "Red", 609: ""}
#: Who acts: a machine, too, and an account that nobody is known for.
ACTORS = (*TEAMS, 0, 611)
HEADS = {"Blue": 2, "Red": 3}
#: What says whether an item is open.
STATES = ("opened", "closed", "reopened")
#: What is derived from learning events.
OF_EVENTS = {"issue_hours_to_close"}
PLACES = ("north/atlas", "north/web")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
#: Kind ("" for any), place, first day and team; of those that hold the last one counts.
OWNERS = (
    ("", "NORTH/*", date(1970, 1, 1), "Red"),
    ("", "north/atlas", date(2026, 3, 18), "Blue"),
    ("ticket", "north/atlas", date(2026, 3, 11), "Red"),
)
COLUMNS = (
    "item", "id", "kind", "happened", "time", "account", "host", "place", "link", "detail",
    "revision", "sequence",
)  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """A signal, as the oracle sees it."""

    item: str
    kind: str
    happened: str
    at: datetime
    by: int
    place: str = PLACES[0]
    detail: str = ""

    @property
    def owner(self) -> str:
        """The team to which the place belongs on the day, where nobody of the directory acted."""
        if self.by in TEAMS:
            return ""
        team = ""
        for kind, place, first, owner in OWNERS:
            matches = place in (self.place, "NORTH/*") and kind in ("", self.kind)
            team = owner if matches and first <= self.at.date() else team
        return team

    @property
    def team(self) -> str:
        return TEAMS.get(self.by) or self.owner

    @property
    def week(self) -> date:
        day = self.at.date()
        return day - timedelta(days=day.weekday())


def history(chance: random.Random) -> list[Happening]:
    """Changes, deployments, incidents, tickets and deals of five weeks, some of them cut short."""
    found: list[Happening] = []
    people = list(ACTORS)

    def life(kind: str, number: int, *acts: tuple[str, tuple[str, ...]], cut: float = 0.2) -> None:
        item, place = f"{kind}/{number}", chance.choice(PLACES)
        at = MONDAY + timedelta(seconds=chance.randrange(35 * 86400))
        for happened, details in acts:
            by, detail = chance.choice(people), chance.choice(details)
            found.append(Happening(item, kind, happened, at, by, place, detail))
            if chance.random() < cut:
                return
            at += timedelta(seconds=chance.randrange(1, 4 * 86400))

    nothing = ("",)
    for number in range(60):
        merged = ("merged", "merged", "unmerged")
        again = [("reviewed", nothing)] * chance.randrange(3)
        life("change", number, ("opened", nothing), *again, ("closed", merged), cut=0.1)
        environment = chance.choice(("production", "Prod", "staging", "release"))
        ends = chance.choice(("succeeded", "failed"))
        life("deployment", number, ("opened", (environment,)), (ends, (environment,)), cut=0.0)
        reopened = [("reopened", nothing), ("closed", ("solved",))] * chance.randrange(2)
        life("incident", number, ("opened", nothing), ("closed", nothing), *reopened)
        answers = [("answered", nothing)] * chance.choice((0, 1, 1, 1, 2))
        life(
            "ticket", number, ("opened", nothing), *answers, ("closed", ("solved",)),
            *reopened, ("reviewed", ("good", "bad")),
        )  # fmt: skip
        life("deal", number, ("opened", nothing), ("closed", ("won", "lost")))
    return found


Values = dict[tuple[str, date], tuple[float, int, int]]
#: A row of the oracle: team, week, value, person. Of an even number of values the engine's exact
#: quantile is the upper one of the middle, as `median_high`.
Row = tuple[str, date, float, int]


def hours(first: datetime, last: datetime) -> float:
    return int((last - first).total_seconds()) / 3600


def told(rows: Iterable[Row], summed: Callable[[Iterable[float]], float]) -> Values:
    cells = defaultdict[tuple[str, date], list[Row]](list)
    for row in rows:
        if row[0]:
            cells[row[0], row[1]].append(row)
    return {
        cell: (summed([row[2] for row in some]), len(some), people(cell[0], some))
        for cell, some in cells.items()
    }


def people(team: str, rows: Iterable[Row]) -> int:
    """Who is behind rows: whoever acted; the whole team, where only machines did."""
    return len({row[3] for row in rows} - {0}) or HEADS[team]


class Oracle:
    """What the figures are, item by item."""

    def __init__(self, happened: Iterable[Happening]) -> None:
        self.items = defaultdict[str, list[Happening]](list)
        for each in sorted(happened, key=lambda each: each.at):
            self.items[each.item].append(each)

    def of(self, kind: str) -> Iterator[list[Happening]]:
        return (acts for acts in self.items.values() if acts[0].kind == kind)

    def first(self, acts: list[Happening], what: str) -> Happening | None:
        return next((each for each in acts if each.happened == what), None)

    def closed(self, acts: list[Happening]) -> Happening | None:
        ends = [each for each in acts if each.happened in ("closed", "reopened")]
        return ends[-1] if ends and ends[-1].happened == "closed" else None

    def ended(self, kind: str, outcome: str = "") -> Iterator[Row]:
        for acts in self.of(kind):
            end = self.closed(acts)
            if end and (not outcome or end.detail == outcome):
                yield end.team, end.week, hours(acts[0].at, end.at), end.by

    def begun(self) -> Iterator[Row]:
        for acts in self.of("incident"):
            if end := self.closed(acts):
                yield end.team, acts[0].week, 1.0, end.by

    def shares(self, kind: str, of: Callable[[list[Happening]], bool | None]) -> Iterator[Row]:
        for acts in self.of(kind):
            end, share = self.closed(acts), of(acts)
            if end and share is not None:
                yield end.team, end.week, 100.0 * share, end.by

    def answered(self) -> Iterator[Row]:
        for acts in self.of("ticket"):
            if reply := self.first(acts, "answered"):
                yield reply.team, reply.week, hours(acts[0].at, reply.at), reply.by

    def reviewed(self) -> Iterator[Row]:
        for acts in self.of("change"):
            opened = acts[0]
            others = [e for e in acts if e.happened == "reviewed" and e.by != opened.by]
            if others:
                yield opened.team, others[0].week, hours(opened.at, others[0].at), opened.by

    def open(self) -> Iterator[Row]:
        """A row for each ticket and each week at whose end it was open."""
        tickets = list(self.of("ticket"))
        newest = max(each.week for acts in tickets for each in acts)
        for acts in tickets:
            reply, week = self.first(acts, "answered"), acts[0].week
            while reply and week <= newest:
                became = [e.happened for e in acts if e.happened in STATES and e.week <= week]
                if became[-1] != "closed":
                    yield reply.team, week, 1.0, reply.by
                week += timedelta(days=7)

    def merged(self) -> Iterator[Row]:
        for acts in self.of("change"):
            end, opened = self.closed(acts), acts[0]
            others = [e for e in acts if e.happened == "reviewed" and e.by != opened.by]
            if end and end.detail == "merged" and others:
                yield opened.team, end.week, hours(others[0].at, end.at), opened.by

    def deliveries(self) -> Iterator[tuple[Happening, Happening, Happening, bool]]:
        """A merged change's opening and merge, its deployment, and whether that failed."""
        deployed = self.live()
        for acts in self.of("change"):
            end = self.closed(acts)
            if not end or end.detail != "merged":
                continue
            later = [d for d in deployed if d.place == end.place and d.at >= end.at]
            if not later:
                continue
            came = min(later, key=lambda each: each.at)
            yield acts[0], end, came, self.failed(came)

    def failed(self, came: Happening) -> bool:
        """Whether an incident began at the place before the next deployment."""
        following = [d.at for d in self.live() if d.place == came.place and d.at > came.at]
        until = min(following, default=datetime.max.replace(tzinfo=UTC))
        incidents = (acts[0] for acts in self.of("incident"))
        return any(i.place == came.place and came.at <= i.at < until for i in incidents)

    def live(self) -> list[Happening]:
        """Deployments to production."""
        every = [self.first(acts, "succeeded") for acts in self.of("deployment")]
        named = {"production", "prod", "release"}
        return [each for each in every if each and each.detail.lower() in named]

    def values(self) -> dict[str, Values]:
        deliveries = list(self.deliveries())
        lead = [(o.team, d.week, hours(o.at, d.at), o.by) for o, _, d, _ in deliveries]
        last = [(o.team, d.week, hours(m.at, d.at), o.by) for o, m, d, _ in deliveries]
        some = [(o.team, d.week, d, o.by) for o, _, d, _ in deliveries if o.team]
        told_of = {each.item for _, _, each, _ in some}
        some += [
            (d.owner, d.week, d, d.by) for d in self.live() if d.owner and d.item not in told_of
        ]
        brought = defaultdict[tuple[str, date], dict[str, bool]](dict)
        rows = defaultdict[tuple[str, date], list[Row]](list)
        for team, week, came, by in some:
            brought[team, week][came.item] = self.failed(came)
            rows[team, week].append((team, week, 1.0, by))
        assert any(len(rows[cell]) > len(brought[cell]) for cell in brought)
        days = [(team, week, value / 24, by) for team, week, value, by in self.ended("deal", "won")]

        def again(acts: list[Happening]) -> bool:
            return self.first(acts, "reopened") is not None

        def at_once(acts: list[Happening]) -> bool:
            return sum(each.happened == "answered" for each in acts) == 1 and not again(acts)

        def won(acts: list[Happening]) -> bool | None:
            end = self.closed(acts)
            return end.detail == "won" if end else None

        def good(acts: list[Happening]) -> bool | None:
            rating = self.first(acts, "reviewed")
            return rating.detail == "good" if rating else None

        return {
            "change_lead_hours": told(lead, median_high),
            "change_hours_to_merge": told(self.merged(), median_high),
            "change_hours_to_deploy": told(last, median_high),
            "deployments_a_week": {
                cell: (float(len(some)), len(rows[cell]), people(cell[0], rows[cell]))
                for cell, some in brought.items()
            },
            "change_failure_percent": {
                cell: (100 * fmean(some.values()), len(some), people(cell[0], rows[cell]))
                for cell, some in brought.items()
            },
            "incident_hours_to_restore": told(self.ended("incident"), median_high),
            "incidents_a_week": told(self.begun(), sum),
            "change_hours_to_review": told(self.reviewed(), median_high),
            "ticket_hours_to_first_reply": told(self.answered(), median_high),
            "ticket_hours_to_solve": told(self.ended("ticket"), median_high),
            "tickets_open": told(self.open(), sum),
            "tickets_first_contact_percent": told(self.shares("ticket", at_once), fmean),
            "tickets_reopened_percent": told(self.shares("ticket", again), fmean),
            "tickets_satisfied_percent": told(self.shares("ticket", good), fmean),
            "deals_won_percent": told(self.shares("deal", won), fmean),
            "deal_days_to_win": told(days, median_high),
        }


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    admin = Warehouse(warehouse.admin)
    people = [
        Known(person, None, (person,), ((team, ALWAYS, FOREVER),) if team else ())
        for person, team in TEAMS.items()
    ]
    load(admin, people, 6)
    owned(admin, [("h", *owner) for owner in OWNERS], 7)
    return admin


def asked(store: Warehouse, name: str) -> Values:
    """A figure of every team and week, as the worker computed it."""
    rows = store.query(ASKED, {"kpi": name})
    return {(team, period): (value, n, people) for team, period, value, n, people in rows}


@pytest.mark.parametrize("seed", range(4))
def test_kpis_of_work_items_are_what_their_signals_say(store: Warehouse, seed: int) -> None:
    chance = random.Random(seed)
    happened = history(chance)
    rows = [
        (e.item, uuid4(), e.kind, e.happened, e.at, e.by, "h", e.place, "", e.detail, "", number)
        for number, e in enumerate(happened)
    ]
    chance.shuffle(rows)
    store.execute("TRUNCATE TABLE work.signal_rows")
    try:
        store.insert("work.signal_rows", COLUMNS, rows)
        Computed().take(store)
        values = Oracle(happened).values()
        found = {name: asked(store, name) for name in values}
    finally:
        store.execute("TRUNCATE TABLE work.signal_rows")
    assert values.keys() == kpi.derived() - OF_EVENTS, "a KPI without its plain Python"
    for name, cells in values.items():
        assert cells, f"nothing to compare of {name}"
        assert found[name].keys() == cells.keys(), name
        for cell, value in cells.items():
            assert found[name][cell] == pytest.approx(value), (name, cell)
