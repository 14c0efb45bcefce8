"""A synthetic organisation: who works there, in which team, since when, and how they tend to learn.

Everything follows from the seed and the day on which history ends; nothing here is anybody real.
"""

import csv
import io
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from faker import Faker

SEED = 20260
HISTORY_DAYS = 183
#: Where every tool but GitHub knows people; the name can never resolve.
HOME = "https://sso.demo.headwater.invalid"
#: Teams and how many people each has at the end of history: 120 in all.
TEAMS = {
    "Platform": 14, "Payments": 12, "Customer Care": 13, "Data": 10, "Mobile": 10, "Web": 11,
    "Sales Engineering": 9, "Security": 8, "Logistics": 9, "Research": 8, "Finance Systems": 8,
    "People Tools": 8,
}  # fmt: skip
NEWCOMERS = 18
MOVERS = 9
#: Behaviour → how much of a person's learning it is, before habits.
BEHAVIOURS = {
    "search": 16, "read": 24, "bookmark": 4, "explore": 7, "locate": 3, "ask": 9, "collaborate": 9,
    "connect": 5, "record": 6, "help": 9, "curate": 4, "reinforce": 4, "course": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody of the organisation, with habits."""

    id: str
    name: str
    login: str
    start: date
    stays: tuple[tuple[str, date], ...]
    manager: str
    rate: float
    habits: tuple[tuple[str, float], ...]
    listed: bool = True

    def team(self, day: date) -> str:
        """The team on a day."""
        return [team for team, since in self.stays if since <= day or team == self.stays[0][0]][-1]

    def is_new(self, day: date) -> bool:
        """Whether the person has been there for less than ten weeks."""
        return day - self.start < timedelta(weeks=10)


@dataclass(frozen=True, eq=False)
class Organisation:
    """The people and teams, as of the day on which history ends."""

    seed: int
    today: date
    people: tuple[Person, ...]

    @classmethod
    def of(cls, seed: int, today: date) -> "Organisation":
        """The organisation that a seed makes, its history ending on `today`."""
        chance = random.Random(seed)
        fake = Faker("en_GB")
        fake.seed_instance(seed)
        first = today - timedelta(days=HISTORY_DAYS)
        logins: set[str] = set()
        people: list[Person] = []
        for team, size in TEAMS.items():
            lead = f"P{len(people) + 1:03d}"
            for _ in range(size):
                people.append(_person(chance, fake, len(people) + 1, team, lead, first, logins))
        people = _with_newcomers(chance, people, first)
        people = _reorganised(chance, people, first + timedelta(days=HISTORY_DAYS // 2))
        people += [_contractor(chance, fake, number, first, logins) for number in range(1, 5)]
        return cls(seed, today, tuple(people))

    @property
    def first(self) -> date:
        """The first day of history."""
        return self.today - timedelta(days=HISTORY_DAYS)

    def at_work(self, day: date) -> Iterator[Person]:
        """Who has started by a day."""
        return (person for person in self.people if person.start <= day)

    def mood(self, team: str, day: date) -> float:
        """How much a team learns around a day: a slow wave of its own, about 1."""
        chance = random.Random(f"{self.seed}/{team}")
        phase, length = chance.uniform(0, math.tau), chance.uniform(50, 110)
        trend = chance.uniform(-0.15, 0.35)
        days = (day - self.first).days
        return 1 + 0.45 * math.sin(phase + math.tau * days / length) + trend * days / HISTORY_DAYS

    def directory(self) -> str:
        """people.csv, as `headwater directory load` reads it; contractors are not in it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("person", "name", "accounts", "team", "manager", "start_date", "moves"))
        for person in self.people:
            if person.listed:
                moves = ";".join(f"{since}:{team}" for team, since in person.stays[1:])
                accounts = f"github:{person.login};{HOME}|{person.login}"
                manager = "" if person.manager == person.id else person.manager
                writer.writerow(
                    (
                        person.id, person.name, accounts, person.stays[0][0], manager,
                        person.start, moves,
                    )
                )  # fmt: skip
        return out.getvalue()

    def kpis(self) -> str:
        """kpis.csv: made to move with learning two weeks before, and said to be made."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("kpi", "unit", "direction", "team", "period", "value"))
        week = self.first - timedelta(days=self.first.weekday())
        while week + timedelta(days=6) <= self.today:
            for team in TEAMS:
                writer.writerows(self._kpis_of(team, week))
            week += timedelta(days=7)
        return out.getvalue()

    def _kpis_of(self, team: str, week: date) -> list[tuple[str, ...]]:
        chance = random.Random(f"{self.seed}/{team}/{week}")
        learning = self.mood(team, week - timedelta(days=14)) - 1
        base = random.Random(f"{self.seed}/{team}/base").uniform(0.8, 1.25)
        year, number, _ = week.isocalendar()
        period = f"{year}-W{number:02d}"
        hours = 30 * base * math.exp(-0.35 * learning + chance.gauss(0, 0.12))
        deployments = max(0, round(9 / base * math.exp(0.3 * learning + chance.gauss(0, 0.2))))
        satisfaction = min(99.0, 80 / base**0.3 + 7 * learning + chance.gauss(0, 2))
        return [
            ("time_to_resolve", "hours", "down", team, period, f"{hours:.1f}"),
            ("deployments", "per week", "up", team, period, str(deployments)),
            ("customer_satisfaction", "%", "up", team, period, f"{satisfaction:.1f}"),
        ]


def _person(
    chance: random.Random,
    fake: Faker,
    number: int,
    team: str,
    lead: str,
    first: date,
    logins: set[str],
) -> Person:
    name = fake.unique.name()
    start = first - timedelta(days=int(chance.paretovariate(0.9) * 60) % 3600 + 1)
    habits = tuple(
        (behaviour, weight * chance.lognormvariate(0, 0.6))
        for behaviour, weight in BEHAVIOURS.items()
    )
    return Person(
        f"P{number:03d}", name, _login(name, logins), start, ((team, start),), lead,
        chance.lognormvariate(1.85, 0.35), habits,
    )  # fmt: skip


def _login(name: str, logins: set[str]) -> str:
    parts = [part for part in name.lower().replace("'", "").split() if "." not in part]
    base = "-".join((parts[0], parts[-1], "demo"))
    login = base
    while login in logins:
        login = f"{base}{len(logins)}"
    logins.add(login)
    return login


def _with_newcomers(chance: random.Random, people: list[Person], first: date) -> list[Person]:
    """Some, never a lead, join during history; every team keeps at least six old hands."""
    found = list(people)
    left = {team: size - 6 for team, size in TEAMS.items()}
    places = [n for n, person in enumerate(people) if person.id != person.manager]
    chance.shuffle(places)
    taken = 0
    for place in places:
        person = people[place]
        team = person.stays[0][0]
        if taken == NEWCOMERS or not left[team]:
            continue
        left[team] -= 1
        taken += 1
        start = first + timedelta(days=chance.randrange(7, HISTORY_DAYS - 10))
        found[place] = _changed(person, start=start, stays=((team, start),))
    return found


def _reorganised(chance: random.Random, people: list[Person], day: date) -> list[Person]:
    """On one day some people change teams; the teams' sizes stay what they are."""
    found = list(people)
    day -= timedelta(days=day.weekday())
    places = [n for n, p in enumerate(people) if p.id != p.manager and p.start < day]
    chosen = chance.sample(places, MOVERS)
    teams = [people[place].stays[0][0] for place in chosen]
    for place, team in zip(chosen, [*teams[1:], teams[0]], strict=True):
        person = found[place]
        if person.stays[0][0] != team:
            found[place] = _changed(person, stays=(*person.stays, (team, day)))
    return found


def _contractor(
    chance: random.Random, fake: Faker, number: int, first: date, logins: set[str]
) -> Person:
    """Somebody who is in no directory: their events stay unresolved."""
    name = fake.unique.name()
    habits = tuple((behaviour, float(weight)) for behaviour, weight in BEHAVIOURS.items())
    return Person(
        f"C{number}", name, _login(name, logins), first, (("", first),), "",
        chance.uniform(2, 4), habits, listed=False,
    )  # fmt: skip


def _changed(person: Person, **changes: object) -> Person:
    return Person(**{**vars(person), **changes})
