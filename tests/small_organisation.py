"""A small organisation in a warehouse: two teams to show, one too small, and accounts nobody knows.

Its people, teams and KPI bear names of their own, so that it can live beside other tests' data.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from streams import marts, release, rowbinary
from streams.rollups import recompute
from warehouse import Warehouse
from xapi.event import Event, encoded
from xapi.vocabulary import BEHAVIOURS

#: Team → people in it.
TEAMS = {"Harbour": 9, "Lighthouse": 6, "Skiff": 3}
UNKNOWN_ACCOUNTS = 7
KPI = "berths_found_at_once"
#: To be loaded for the team that is too small only.
SMALL_KPI = "oars_lost"
TOOLS = ("GitHub", "Slack", "Wiki")
TOPICS = ("moorings", "tides <b>", "")

RECENTLY = date(2026, 3, 2)
_FIRST_ACCOUNT = 9_000_000
_LOAD = UUID("5b0c7a52-6f0e-4a6e-9d0b-9d0f3d6d5c01")


class Fact(NamedTuple):
    """A learning event as it was put into the warehouse."""

    time: datetime
    account: int
    team: str
    tool: str
    behaviour: str
    scaffold: str
    topic: str


def people() -> dict[int, str]:
    """Account → team; an empty team is an account that nobody was found for."""
    teams = [name for name, size in TEAMS.items() for _ in range(size)]
    teams += [""] * UNKNOWN_ACCOUNTS
    return {_FIRST_ACCOUNT + at: team for at, team in enumerate(teams)}


def history(now: datetime, days: int = 40) -> list[Fact]:
    """Events up to a minute before `now`, denser towards it; always the same but for the time."""
    accounts = list(people().items())
    behaviours = list(BEHAVIOURS.values())
    facts = []
    for number in range(1, 1200):
        back = timedelta(minutes=1) + timedelta(days=days) * (number / 1200) ** 2
        account, team = accounts[number * 7 % len(accounts)]
        behaviour = behaviours[number * 5 % len(behaviours)]
        facts.append(
            Fact(
                now - back,
                account,
                team,
                TOOLS[number % 3],
                behaviour.name,
                behaviour.scaffold.value,
                TOPICS[number // 3 % 3],
            )
        )
    return facts


def busy(now: datetime) -> list[Fact]:
    """An hour in which everybody does the same, so that it can be told by the quarter of an hour;
    and one before it in which fewer do, with which the day's other hours can be counted."""
    begins = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    minutes = {3: (25, "moorings"), 20: (25, "tides <b>"), 40: (12, ""), -60: (8, "")}
    return [
        Fact(begins + timedelta(minutes=minute), account, team, "Wiki", *did, topic)
        for minute, (many, topic) in minutes.items()
        for did in (("search", "discovery"), ("record", "sharing"))
        for account, team in list(people().items())[:many]
    ]


def settle(warehouse: Warehouse, facts: list[Fact], wanted: Collection[str] = ()) -> None:
    """Puts directory, facts, roll-ups (all, or those that are wanted) and a KPI there, as the
    processors would."""
    found = people()
    warehouse.insert(
        "directory.load_rows", ("load", "sequence", "people", "at"),
        [(_LOAD, 2, len(found), datetime.now(UTC))],
    )  # fmt: skip
    always = (date(2020, 1, 1), date(2149, 6, 6))
    warehouse.insert(
        "directory.person_rows",
        ("load", "sequence", "person", "start", "manager", "accounts", "teams"),
        [
            (_LOAD, 1, account + 1_000_000, _start(account), 0, [account], [(team, *always)])
            for account, team in found.items()
            if team
        ],
    )  # fmt: skip
    for dictionary in ("account_person", "person_start", "person_team", "team_size"):
        warehouse.command(f"directory/reload_{dictionary}")
    record(warehouse, facts)
    roll_up(warehouse, facts, wanted)
    measure(warehouse, KPI, tuple(TEAMS), {monday(fact.time.date()) for fact in facts})


def record(warehouse: Warehouse, facts: list[Fact]) -> None:
    """Puts facts there, as the processor of facts does: as events of the stream."""
    values = [
        encoded(
            Event(
                id=str(uuid4()),
                time=int(fact.time.timestamp() * 1000),
                account=fact.account,
                tool=fact.tool,
                behaviour=fact.behaviour,
                scaffold=fact.scaffold,
                know="how",
                verb="v",
                topic=fact.topic,
                source="test",
                position="1",
            )
        )
        for fact in facts
    ]
    block = rowbinary.events(1, values)
    warehouse.insert_bytes("learning.events_in", rowbinary.EVENT_COLUMNS, block, "RowBinary")


def roll_up(warehouse: Warehouse, facts: list[Fact], wanted: Collection[str] = ()) -> None:
    """Has every mart, or those that are wanted, take in the hours of these facts, by the directory
    that there is."""
    release.release(warehouse, [mart for mart in marts.every() if mart.published], 1)
    warehouse.insert("ops.dirty_hours", ("hour",), [(fact.time,) for fact in facts])
    for mart in marts.every():
        if wanted and mart.name not in wanted:
            continue
        while recompute(warehouse, mart, "organisation"):
            pass


def _start(account: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=30 if account % 2 else 2000)


def measure(
    warehouse: Warehouse, kpi: str, teams: tuple[str, ...], weeks: Iterable[date] = (RECENTLY,)
) -> None:
    """Loads a KPI's figures by week."""
    load, weeks = uuid5(_LOAD, kpi), sorted(weeks)
    warehouse.insert(
        "kpi.load_rows", ("load", "sequence", "observations", "at"),
        [(load, 2, len(weeks) * len(teams), datetime.now(UTC))],
    )  # fmt: skip
    warehouse.insert(
        "kpi.observation_rows",
        ("load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value", "n"),
        [
            (load, 1, kpi, "%", "up", team, week, "week", value(team, place), 10)
            for place, week in enumerate(weeks)
            for team in teams
        ],
    )


def value(team: str, place: int) -> float:
    """The KPI of a team in its `place`-th week."""
    return 50.0 + 2 * place + len(team)


def monday(day: date) -> date:
    """The week of a day."""
    return day - timedelta(days=day.weekday())
