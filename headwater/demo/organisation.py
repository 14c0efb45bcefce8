"""A synthetic organisation: who works there, in which team, since when, and how they tend to learn.

Everything follows from the seed and the day on which history ends; nothing here is anybody real.
"""

import csv
import io
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property, lru_cache

from faker import Faker

from headwater.demo import HISTORY_DAYS, accounts
from xapi import synthetic

SEED = 20260
#: Where the tools know people: one sign-on, and a code forge of its own. Neither name can resolve.
HOME = accounts.HOME
FORGE = f"https://github.{synthetic.HOST}"
#: Teams, how many people each has at the end of history (120 in all), and where most of them work.
TEAMS = {
    "Platform": (14, "Europe/London"),
    "Payments": (12, "Europe/Berlin"),
    "Customer Care": (13, "America/New_York"),
    "Data": (10, "Europe/Berlin"),
    "Mobile": (10, "Asia/Kolkata"),
    "Web": (11, "Europe/London"),
    "Sales Engineering": (9, "America/New_York"),
    "Security": (8, "Europe/Berlin"),
    "Logistics": (9, "Europe/London"),
    "Research": (8, "Asia/Kolkata"),
    "Finance Systems": (8, "Europe/London"),
    "People Tools": (8, "Europe/Berlin"),
}
ZONES = tuple(sorted({zone for _, zone in TEAMS.values()}))
#: How many join during history, change teams on the day of the reorganisation, and are unlisted:
#: of these more than the minimum group, so that what they do may be shown, as 'Other'.
NEWCOMERS, MOVERS, CONTRACTORS = 18, 9, 7
#: Which part of them agreed to be named as somebody who knows a topic.
FINDABLE = 0.4
#: How many of a team were there before history; never fewer, so every team can always be shown.
OLD_HANDS = 6
#: Behaviour → how often somebody starts with it, before habits. Questions come on top of it.
BEHAVIOURS = {
    "search": 18, "read": 12, "bookmark": 3, "explore": 8, "locate": 4, "collaborate": 9,
    "connect": 6, "record": 6, "help": 2, "curate": 4, "reinforce": 4, "course": 3,
}  # fmt: skip
#: Learning comes before a KPI moves; in this organisation by so much, since it is made that way.
LAG = timedelta(days=14)
#: What began in half of the teams, in the middle between history's beginning and its end, and by
#: how much their customers are more satisfied since then.
ROLLOUT = "Answer hour"
ROLLOUT_IS = "an hour a day in which somebody of the team answers whatever is asked"
SATISFIED = 8.0
#: What all teams share, in learning and in KPIs: the rhythm of quarters, in days, and how much of
#: it learning has.
QUARTER, RHYTHM = 91, 0.15


@dataclass(frozen=True)
class Person:
    """Somebody of the organisation, with habits."""

    id: str
    name: str
    login: str
    zone: str
    start: date
    #: Teams, each with its first day.
    stays: tuple[tuple[str, date], ...]
    manager: str
    #: Things started and questions asked on an ordinary day.
    rate: float
    asks: float
    #: How readily the person answers; others know, and ask those who do.
    helps: float
    habits: tuple[tuple[str, float], ...]
    listed: bool = True

    def team(self, day: date) -> str:
        """The team on a day; before the first one the first."""
        found = self.stays[0][0]
        for team, since in self.stays[1:]:
            found = team if since <= day else found
        return found

    def newness(self, day: date) -> float:
        """1 on the first day, and less with every week."""
        return math.exp(-(day - self.start).days / 30)


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
        named = _names(fake)
        people: list[Person] = []
        for team, (size, zone) in TEAMS.items():
            lead = _number(len(people) + 1)
            people += [
                _person(chance, next(named), _number(len(people) + n), team, zone, lead, first)
                for n in range(1, size + 1)
            ]
        people = _with_newcomers(chance, people, first)
        people = _reorganised(chance, people, reorganisation(today))
        people += [
            _contractor(chance, next(named), number, first) for number in range(1, CONTRACTORS + 1)
        ]
        return cls(seed, today, tuple(people))

    @property
    def first(self) -> date:
        """The first day of history."""
        return self.today - timedelta(days=HISTORY_DAYS)

    @cached_property
    def name(self) -> str:
        """What every random choice about this organisation starts from."""
        return f"{self.seed}/{self.today}"

    def chance(self, *of: object) -> random.Random:
        """The random numbers of one thing; the same whenever and in whatever order it is asked."""
        return random.Random("/".join((self.name, *map(str, of))))

    def at_work(self, day: date) -> Sequence[Person]:
        """Who has started by a day and is not on leave in its week."""
        return _at_work(self, day)

    def mood(self, team: str, day: date) -> float:
        """How much a team learns around a day: a slow wave and weeks of its own, about 1."""
        if not team:
            return 1.0
        phase, length, trend = self._waves[team]
        days = (day - self.first).days
        grown = trend * min(1.0, days / HISTORY_DAYS)
        monday = day - timedelta(days=day.weekday())
        own = 0.3 * math.sin(phase + math.tau * days / length) + _week(self, team, monday)
        return 1 + own + grown + RHYTHM * self.season(day)

    @staticmethod
    def season(day: date) -> float:
        """Where the year's quarter is, from -1 to 1: the same for every team."""
        return math.sin(math.tau * day.timetuple().tm_yday / QUARTER)

    def ties(self, person: Person) -> dict[str, float]:
        """Id → how much a person turns to each other one: the helpful, and those they know."""
        return self._ties(person.id)

    def directory(self) -> str:
        """people.csv, as `headwater directory load` reads it; contractors are not in it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        header = "person,name,accounts,team,manager,start_date,moves,findable,timezone"
        writer.writerow(header.split(","))
        for person in self.people:
            if person.listed:
                moves = ";".join(f"{since}:{team}" for team, since in person.stays[1:])
                known = [f"{FORGE}|{person.login}", f"{HOME}|{person.login}"]
                held = ";".join((*known, accounts.address(person), *accounts.listed(person)))
                manager = "" if person.manager == person.id else person.manager
                team, start = person.stays[0][0], person.start
                agreed = "yes" if self.chance("findable", person.id).random() < FINDABLE else ""
                row = (person.id, person.name, held, team, manager, start, moves, agreed)
                writer.writerow((*row, person.zone))
        return out.getvalue()

    def kpis(self, until: date) -> str:
        """kpis.csv of every week that is over: three KPIs are made to move with learning two weeks
        before, one with the rollout too. Two have nothing to do with it: escalations come two weeks
        before learning, and visitors only share its season."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("kpi", "unit", "direction", "team", "period", "value", "n"))
        monday = self.first - timedelta(days=self.first.weekday())
        while monday + timedelta(days=7) <= until:
            for team in TEAMS:
                writer.writerows(self._kpis_of(team, monday))
            monday += timedelta(days=7)
        return out.getvalue()

    @property
    def rollout(self) -> tuple[date, tuple[str, ...]]:
        """When the rollout began, and in which teams: every second one."""
        begun = self.today - timedelta(weeks=10)
        return begun - timedelta(days=begun.weekday()), tuple(TEAMS)[::2]

    def _kpis_of(self, team: str, monday: date) -> list[tuple[str, ...]]:
        chance, base = self.chance(team, monday), self.chance(team, "base").uniform(0.8, 1.25)
        learning = self.mood(team, monday - LAG) - 1
        year, number, _ = monday.isocalendar()
        period = f"{year}-W{number:02d}"
        hours = 30 * base * math.exp(-0.35 * learning + chance.gauss(0, 0.12))
        deployments = max(0, round(9 / base * math.exp(0.3 * learning + chance.gauss(0, 0.2))))
        begun, teams = self.rollout
        more = SATISFIED if team in teams and monday >= begun else 0.0
        satisfaction = min(99.0, 80 / base**0.3 + 7 * learning + more + chance.gauss(0, 2))
        ahead = self.mood(team, monday + LAG) - 1
        escalated = max(0, round(20 * base * math.exp(0.5 * ahead + chance.gauss(0, 0.15))))
        visitors = 4000 * base * math.exp(0.3 * self.season(monday) + chance.gauss(0, 0.1))
        tickets, answers = str(chance.randint(20, 60)), str(chance.randint(12, 40))
        return [
            ("time_to_resolve", "hours", "down", team, period, f"{hours:.1f}", tickets),
            ("deployments", "per week", "up", team, period, str(deployments), ""),
            ("customer_satisfaction", "%", "up", team, period, f"{satisfaction:.1f}", answers),
            ("escalations", "per week", "down", team, period, str(escalated), ""),
            ("site_visitors", "per week", "up", team, period, f"{visitors:.0f}", ""),
        ]

    @cached_property
    def _waves(self) -> dict[str, tuple[float, float, float]]:
        found = {}
        for team in TEAMS:
            chance = self.chance("wave", team)
            found[team] = (
                chance.uniform(0, math.tau), chance.uniform(50, 110), chance.uniform(-0.15, 0.35),
            )  # fmt: skip
        return found

    @cached_property
    def _ties(self) -> Callable[[str], dict[str, float]]:
        @cache
        def ties(person: str) -> dict[str, float]:
            chance = self.chance("ties", person)
            return {
                other.id: other.helps * chance.lognormvariate(0, 1.1)
                for other in self.people
                if other.id != person
            }

        return ties


@lru_cache(maxsize=1024)
def _week(organisation: Organisation, team: str, monday: date) -> float:
    """By how much a team learns more or less in one week than in others."""
    return organisation.chance("week", team, monday).gauss(0, 0.2)


@lru_cache(maxsize=64)
def _at_work(organisation: Organisation, day: date) -> tuple[Person, ...]:
    year, week, _ = day.isocalendar()
    return tuple(
        person
        for person in organisation.people
        if person.start <= day
        and organisation.chance("leave", person.id, year, week).random() >= 0.09
    )


def reorganisation(today: date) -> date:
    """The Monday, half-way through history, on which people change teams."""
    middle = today - timedelta(days=HISTORY_DAYS // 2)
    return middle - timedelta(days=middle.weekday())


def _number(of: int) -> str:
    return f"P{of:03d}"


def _names(fake: Faker) -> Iterator[tuple[str, str]]:
    """Names and logins, no login twice; each login says that it is of a demo."""
    logins: set[str] = set()
    while True:
        name = f"{fake.first_name()} {fake.last_name()}"
        login = "-".join((*name.lower().replace("'", "").split(), "demo"))
        if login not in logins:
            logins.add(login)
            yield name, login


def _person(
    chance: random.Random,
    named: tuple[str, str],
    identifier: str,
    team: str,
    zone: str,
    lead: str,
    first: date,
) -> Person:
    start = first - timedelta(days=int(chance.paretovariate(0.9) * 60) % 3600 + 1)
    return Person(
        identifier, *named,
        zone=zone if chance.random() < 0.85 else chance.choice(ZONES),
        start=start,
        stays=((team, start),),
        manager=lead,
        rate=chance.lognormvariate(0.95, 0.35),
        asks=chance.lognormvariate(-0.75, 0.4),
        helps=chance.lognormvariate(0, 0.8),
        habits=tuple((name, n * chance.lognormvariate(0, 0.6)) for name, n in BEHAVIOURS.items()),
    )  # fmt: skip


def _with_newcomers(chance: random.Random, people: Sequence[Person], first: date) -> list[Person]:
    """Some, never a lead, join during history; every team keeps its old hands."""
    found = list(people)
    left = {team: size - OLD_HANDS for team, (size, _) in TEAMS.items()}
    places = [n for n, person in enumerate(people) if person.id != person.manager]
    chance.shuffle(places)
    taken = 0
    for place in places:
        team = people[place].stays[0][0]
        if taken == NEWCOMERS or not left[team]:
            continue
        left[team] -= 1
        taken += 1
        start = first + timedelta(days=chance.randrange(7, HISTORY_DAYS - 10))
        start += timedelta(days=-start.weekday() % 7)  # people start on Mondays
        found[place] = replace(people[place], start=start, stays=((team, start),))
    return found


def _reorganised(chance: random.Random, people: Sequence[Person], day: date) -> list[Person]:
    """On one day some people change teams; the teams' sizes stay what they are."""
    found = list(people)
    places = [n for n, p in enumerate(people) if p.id != p.manager and p.start < day]
    chosen = chance.sample(places, MOVERS)
    teams = [people[place].stays[0][0] for place in chosen]
    for place, team in zip(chosen, [*teams[1:], teams[0]], strict=True):
        person = found[place]
        if person.stays[0][0] != team:
            found[place] = replace(person, stays=(*person.stays, (team, day)))
    return found


def _contractor(chance: random.Random, named: tuple[str, str], number: int, first: date) -> Person:
    """Somebody who is in no directory: their events stay unresolved."""
    return Person(
        f"C{number}", *named,
        zone=chance.choice(ZONES),
        start=first - timedelta(days=1),
        stays=(("", first),),
        manager="",
        rate=chance.uniform(1, 2),
        asks=0.3,
        helps=0.2,
        habits=tuple((behaviour, float(weight)) for behaviour, weight in BEHAVIOURS.items()),
        listed=False,
    )  # fmt: skip
