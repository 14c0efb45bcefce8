"""The view network_weeks against networkx: of Krackhardt's kite, and of any weeks."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import WarehouseUrls
from tests.streams.history import TEAMS
from warehouse import Warehouse

pytestmark = pytest.mark.integration
WEEK = date(2026, 3, 2)
PEOPLE = range(1, 8)


class Flow(NamedTuple):
    """Something that came from one person to another."""

    day: date
    giver: int
    giving: str
    taker: int
    taking: str


class Worked(NamedTuple):
    """A person's day with learning events."""

    day: date
    person: int
    team: str


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


def hold(store: Warehouse, flows: Iterable[Flow], worked: Iterable[Worked]) -> None:
    """These are what the marts have."""
    store.execute("TRUNCATE TABLE learning.flow_rows")
    store.execute("TRUNCATE TABLE learning.person_day_rows")
    store.insert(
        "learning.flow_rows",
        ("day", "id", "at", "from_person", "from_team", "to_person", "to_team"),
        [
            (f.day, uuid4(), datetime.combine(f.day, time(9), UTC), *f[1:])
            for f in flows
        ],
    )  # fmt: skip
    store.insert("learning.person_day_rows", ("day", "person", "team"), list(worked))


# The definition


def expected(flows: Sequence[Flow], worked: Sequence[Worked]) -> list[tuple[Any, ...]]:
    rows = []
    for week in sorted({monday(one.day) for one in (*flows, *worked)}):
        own = [one for one in flows if monday(one.day) == week]
        at_work = [one for one in worked if monday(one.day) == week]
        teams = {"", *(one.team for one in at_work)}
        teams |= {team for one in own for team in (one.giving, one.taking)}
        rows += [(week, team, *measured(team, own, at_work)) for team in sorted(teams)]
    return rows


def measured(team: str, flows: Sequence[Flow], worked: Sequence[Worked]) -> Iterable[Any]:
    """People, isolates, flows, edges, density, reciprocity, across, centralisation, brokers."""
    inside = [one for one in flows if team in ("", one.giving) and team in ("", one.taking)]
    about = [one for one in flows if team in ("", one.giving, one.taking)]
    network = nx.DiGraph()
    network.add_nodes_from(one.giver for one in flows if team in ("", one.giving))
    network.add_nodes_from(one.taker for one in flows if team in ("", one.taking))
    network.add_edges_from((one.giver, one.taker) for one in inside)
    many, edges = network.number_of_nodes(), network.number_of_edges()
    linked = {person for one in flows for person in (one.giver, one.taker)}
    at_work = {one.person for one in worked if team in ("", one.team)}
    both = [one for one in about if one.giving and one.taking]
    yield many
    yield len(at_work - linked)
    yield len(about)
    yield edges
    yield nx.density(network) if many > 1 else None
    yield nx.overall_reciprocity(network) if edges else None
    yield sum(one.giving != one.taking for one in both) / len(both) if both else None
    yield centralisation(network.to_undirected())
    yield len(brokers(team, flows))


def centralisation(network: "nx.Graph[int]") -> float | None:
    """Freeman's, of degrees: how much less than the most central one the others are."""
    many = network.number_of_nodes()
    if many < 3:
        return None
    degrees = nx.degree_centrality(network).values()
    return sum(max(degrees) - one for one in degrees) / (many - 2)


def brokers(team: str, flows: Sequence[Flow]) -> set[int]:
    """Those without whom their team and another would have exchanged nothing."""
    found: dict[tuple[str, str], set[int]] = {}
    for one in flows:
        if one.giving and one.taking and one.giving != one.taking:
            found.setdefault((one.giving, one.taking), set()).add(one.giver)
            found.setdefault((one.taking, one.giving), set()).add(one.taker)
    return {
        person
        for (own, _), people in found.items()
        for person in people
        if len(people) == 1 and team in ("", own)
    }


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def assert_holds(store: Warehouse, flows: Sequence[Flow], worked: Sequence[Worked]) -> None:
    hold(store, flows, worked)
    found = store.query("SELECT * FROM learning.network_weeks ORDER BY week, team")
    should = expected(flows, worked)
    assert [one[:2] for one in found] == [one[:2] for one in should]
    for one, other in zip(found, should, strict=True):
        assert one[2:] == pytest.approx(other[2:], abs=1e-9), one[:2]


# What somebody would ask about


def test_the_kite_has_the_measures_that_krackhardt_gives(store: Warehouse) -> None:
    """Ten people, of whom the one with most partners has six; two are a team of their own."""
    kite = nx.krackhardt_kite_graph()
    teams = {person: "Tail" if person > 7 else "Kite" for person in kite}
    flows = [
        Flow(WEEK, one + 1, teams[one], other + 1, teams[other])
        for one, other in kite.to_directed().edges
    ]
    assert_holds(store, flows, [Worked(WEEK, 99, "Kite"), Worked(WEEK, 1, "Kite")])
    everybody = store.query("SELECT * EXCEPT week FROM learning.network_weeks WHERE team = ''")
    assert everybody == [("", 10, 1, 36, 36, 0.4, 1.0, pytest.approx(1 / 18), 24 / 72, 2)]


def test_a_star_is_all_central_and_a_ring_is_not(store: Warehouse) -> None:
    star = [Flow(WEEK, 1, "Web", other, "Web") for other in range(2, 7)]
    assert_holds(store, star, [])
    told = "SELECT density, reciprocity, centralisation FROM learning.network_weeks"
    assert store.query(told + " WHERE team = 'Web'") == [(pytest.approx(5 / 30), 0.0, 1.0)]
    ring = [Flow(WEEK, n, "Web", n % 6 + 1, "Web") for n in range(1, 7)]
    assert_holds(store, [*ring, *ring], [])
    assert store.query(told + " WHERE team = 'Web'") == [(pytest.approx(6 / 30), 0.0, 0.0)]


def test_nobody_learns_from_anybody(store: Warehouse) -> None:
    assert_holds(store, [], [])
    assert_holds(store, [], [Worked(WEEK, 1, "Web"), Worked(WEEK, 2, "")])


DAYS = st.sampled_from([WEEK, WEEK + timedelta(days=6), WEEK + timedelta(days=7)])
FLOWS = st.builds(
    Flow, DAYS, st.sampled_from(PEOPLE), st.sampled_from(TEAMS), st.sampled_from(PEOPLE),
    st.sampled_from(TEAMS),
).filter(lambda one: one.giver != one.taker)  # fmt: skip
WORKED = st.builds(Worked, DAYS, st.sampled_from(range(1, 12)), st.sampled_from(TEAMS))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(flows=st.lists(FLOWS, max_size=40), worked=st.lists(WORKED, max_size=8))
def test_weeks_are_what_networkx_says(
    store: Warehouse, flows: list[Flow], worked: list[Worked]
) -> None:
    assert_holds(store, flows, list({one[:2]: one for one in worked}.values()))
