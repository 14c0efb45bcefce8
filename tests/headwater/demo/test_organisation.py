"""The synthetic organisation: the same every time, large enough to be shown, readable as CSV."""

import statistics
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from headwater.demo import accounts
from headwater.demo.hours import HOLIDAYS
from headwater.demo.organisation import (
    FORGE,
    HISTORY_DAYS,
    HOME,
    LAG,
    MOVERS,
    NEWCOMERS,
    TEAMS,
    Organisation,
    reorganisation,
)
from producers.loads import directory, kpi

KNOWN = kpi.Known(frozenset(TEAMS), {}, {})


def test_the_seed_and_the_day_say_everything(organisation: Organisation) -> None:
    again = Organisation.of(organisation.seed, organisation.today)
    assert again.people == organisation.people
    assert again.directory() == organisation.directory()
    assert again.kpis(organisation.today) == organisation.kpis(organisation.today)
    assert Organisation.of(8, organisation.today).people != organisation.people


@pytest.mark.parametrize("seed", [1, 2, 20260])
def test_a_hundred_and_twenty_people_and_every_team_can_be_shown(seed: int) -> None:
    organisation = Organisation.of(seed, date(2026, 11, 23))
    listed = [person for person in organisation.people if person.listed]
    assert len(listed) == 120
    assert len({person.login for person in organisation.people}) == len(organisation.people)
    assert all(person.login.endswith("-demo") for person in organisation.people)
    for back in range(HISTORY_DAYS + 1):
        day = organisation.today - timedelta(days=back)
        sizes = Counter(person.team(day) for person in listed if person.start <= day)
        assert sizes.keys() == TEAMS.keys()
        assert min(sizes.values()) >= 5, day
    today = Counter(person.team(organisation.today) for person in listed)
    assert today == {team: size for team, (size, _) in TEAMS.items()}
    assert len(set(today.values())) > 3


def test_people_join_and_move(organisation: Organisation) -> None:
    joined = [p for p in organisation.people if p.listed and p.start > organisation.first]
    moved = [p for p in organisation.people if len(p.stays) > 1]
    assert len(joined) == NEWCOMERS
    assert all(person.start < organisation.today for person in joined)
    assert 0 < len(moved) <= MOVERS
    day = reorganisation(organisation.today)
    for person in moved:
        assert person.team(day - timedelta(days=1)) == person.stays[0][0]
        assert person.team(day) == person.stays[1][0] != person.stays[0][0]


def test_newcomers_are_new_for_a_while(organisation: Organisation) -> None:
    person = organisation.people[0]
    weeks = [person.newness(person.start + timedelta(weeks=n)) for n in range(12)]
    assert weeks[0] == 1
    assert weeks == sorted(weeks, reverse=True)
    assert weeks[-1] < 0.1


def test_the_directory_is_read_without_a_word(organisation: Organisation) -> None:
    found = directory.load.read(organisation.directory().encode(), {}, synthetic=True)
    assert (found.problems, found.warnings) == ((), ())
    assert len(found.entries) == 120
    for person in found.entries:
        login = person.accounts[0].rpartition("|")[2]
        assert set(person.accounts) >= {f"account:{FORGE}|{login}", f"account:{HOME}|{login}"}


def test_the_directory_knows_of_each_tool_as_many_accounts_as_it_is_said(
    organisation: Organisation,
) -> None:
    found = directory.load.read(organisation.directory().encode(), {}, synthetic=True)
    held = Counter(
        account.removeprefix("account:").partition("|")[0]
        for person in found.entries
        for account in person.accounts
    )
    for tool, share in accounts.KNOWN.items():
        known = held[accounts.home(tool)]
        if tool == "linkding":
            assert known == 1
        else:
            assert abs(known / len(found.entries) - share) < 0.12, tool
    assert held[accounts.home("hypothesis")] == 0


def test_the_kpis_are_read_without_a_word(organisation: Organisation) -> None:
    found = kpi.load.read(organisation.kpis(organisation.today).encode(), KNOWN)
    assert (found.problems, found.warnings) == ((), ())
    cells = Counter((one.kpi, one.direction, one.unit) for one in found.entries)
    assert cells.keys() == {
        ("time_to_resolve", "down", "hours"),
        ("deployments", "up", "per week"),
        ("customer_satisfaction", "up", "%"),
        ("escalations", "down", "per week"),
        ("site_visitors", "up", "per week"),
    }
    assert set(cells.values()) == {31 * len(TEAMS)}
    last = max(one.period for one in found.entries)
    assert last == organisation.today - timedelta(days=7)


def test_the_kpis_go_on_week_by_week(organisation: Organisation) -> None:
    before, later = (
        organisation.kpis(organisation.today + timedelta(days=days)) for days in (0, 7)
    )
    assert later.startswith(before)
    assert len(later.splitlines()) - len(before.splitlines()) == 5 * len(TEAMS)
    assert organisation.kpis(organisation.today + timedelta(days=6)) == before


def test_the_kpis_follow_learning(organisation: Organisation) -> None:
    """As the generator is said to make them; no finding about anybody."""
    found = kpi.load.read(organisation.kpis(organisation.today).encode(), KNOWN).entries

    def together(kpi: str) -> float:
        each = []
        for team in TEAMS:
            series: list[Any] = [one for one in found if (one.kpi, one.team) == (kpi, team)]
            learning = [organisation.mood(team, one.period - LAG) for one in series]
            each.append(statistics.correlation(learning, [one.value for one in series]))
        return statistics.mean(each)

    assert together("time_to_resolve") < -0.4
    assert together("deployments") > 0.3
    assert together("customer_satisfaction") > 0.4


def test_every_zone_has_its_holidays() -> None:
    assert {zone for _, zone in TEAMS.values()} == HOLIDAYS.keys()
