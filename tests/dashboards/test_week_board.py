"""The board of the week: sentences whose figures are those that are published, or what is missing;
and the board of coverage: for how long which tool is silent, of which team."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dashboards.boards import boards
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from warehouse import Warehouse

pytestmark = pytest.mark.integration

BOARDS = {board.name: board for board in boards()}
#: Weeks that no other test's data lies in; those asked about end with the last.
MONDAY = date(2021, 3, 1)
WEEKS = [MONDAY - timedelta(weeks=back) for back in range(4, -1, -1)]
UNTIL = datetime(2021, 3, 8, tzinfo=UTC)
LATER = UNTIL + timedelta(weeks=1)
TEAMS = {"Anchor": 10, "Buoy": 8, "Crew": 4}
SCAFFOLDS = ("discovery", "practice", "sharing", "reinforcement")


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def cells() -> dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    """Four weeks that are alike, and one that is not, as the marts would have published them."""
    behaviours, teams, questions, topics, flows = [], [], [], [], []
    for week in WEEKS:
        last = week == MONDAY
        of = dict(zip(SCAFFOLDS, (600, 200, 150 + 60 * last, 50), strict=True))
        for name, events in of.items():
            behaviours.append((week, name, "", midnight(week), "week", events, 20))
        for team in ("Anchor", "Buoy"):
            rises = last and team == "Buoy"
            teams.append((week, "discovery", team, midnight(week), "week", 80 + 48 * rises, 8))
            teams.append((week, "sharing", team, midnight(week), "week", 40, 8))
        told = {"day": 60, "open": 20, "": 9} if not last else {"day": 62, "open": 20}
        questions += [(week, outcome, many, 9) for outcome, many in told.items()]
        topics += [(week, "tides", "open", 7, 6), (week, "tides", "day", 20, 6)]
        # Of one week nothing is told: there is no sentence about flows.
        flows += [] if week == WEEKS[1] else [(week, "answer", 500, 9)]
    counted = ("start", "grain", "events", "people")
    return {
        "published.behaviour_rows": (("week", "scaffold", "behaviour", *counted), behaviours),
        "published.team_rows": (("week", "scaffold", "team", *counted), teams),
        "published.question_rows": (("week", "outcome", "events", "people"), questions),
        "published.question_topic_rows": (
            ("week", "topic", "outcome", "events", "people"), topics,
        ),
        "published.flow_rows": (("week", "kind", "events", "people"), flows),
        "published.quality_rows": (
            ("week", "unclassified", "unresolved"), [(week, 1.0, 12.0) for week in WEEKS],
        ),
        "published.carrier_rows": (
            ("week", "scaffold", "behaviour", "people", "carriers"),
            [(week, "sharing", behaviour, 20, few)
             for week in WEEKS for behaviour, few in (("", 10), ("help", 5))],
        ),
        "published.coverage_rows": (
            ("week", "tool", "team", "start", "grain"),
            [
                (WEEKS[0], "Wiki", "Anchor", midnight(WEEKS[0] + timedelta(days=1)), "day"),
                (WEEKS[1], "Wiki", "Other", midnight(WEEKS[1]), "week"),
                (MONDAY, "Chat", "Anchor", midnight(MONDAY + timedelta(days=4)), "day"),
                (MONDAY, "Chat", "Buoy", midnight(MONDAY), "week"),
            ],
        ),
        "published.coverage_share_rows": (
            ("week", "tool", "team", "unclassified", "unresolved"),
            [(MONDAY, "Chat", "", 4.0, 6.0), (MONDAY, "Chat", "Anchor", 8.0, 0.0)],
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def viewer(warehouse: Any) -> Iterator[Warehouse]:
    """The viewer of a warehouse that has these weeks and these teams."""
    admin = Warehouse(warehouse.admin)
    found = cells()
    for table, (columns, rows) in found.items():
        admin.insert(table, columns, rows)
    first = 7_700_000
    people = [team for team, size in TEAMS.items() for _ in range(size)]
    known = [
        Known(first + at, None, (first + at,), ((team, ALWAYS, FOREVER),))
        for at, team in enumerate(people)
    ]
    load(admin, known, 1_000)
    admin.insert("released.release_rows", ("sequence",), [(1_000,)])
    for dictionary in ("account_person", "person_start", "person_team", "team_size"):
        admin.command(f"released/reload_{dictionary}")
    yield Warehouse(warehouse.viewer)
    for table in found:
        for week in WEEKS:
            admin.execute(f"ALTER TABLE {table} DROP PARTITION '{week}'")
    admin.execute("TRUNCATE TABLE released.release_rows")
    admin.execute("DELETE FROM directory.load_rows WHERE sequence = 1000")
    admin.execute("DELETE FROM directory.person_rows WHERE sequence = 1000")
    for database in ("directory", "released"):
        for dictionary in ("account_person", "person_start", "person_team", "team_size"):
            admin.command(f"{database}/reload_{dictionary}")


def rows(
    viewer: Warehouse, board: str, panel: str, until: datetime = UNTIL
) -> list[tuple[Any, ...]]:
    query = BOARDS[board].query(BOARDS[board].panel(panel))
    told = {"from": int(until.timestamp()) - 28 * 86400, "until": int(until.timestamp())}
    return [tuple(row) for row in viewer.query(query.sql, {**told, "zone": "UTC"})]


def test_the_sentences_are_what_changed_most_with_its_base_and_its_board(viewer: Warehouse) -> None:
    assert rows(viewer, "this_week", "changes") == [
        (
            "Buoy finds and looks up 60 % more a head, sharing unchanged",
            "128 events of discovery of 8 people, 16 a head, in the week of 1 Mar; "
            "10 a head and week in the four weeks before",
            "learning",
        ),
        (
            "Sharing 20 %, 5 points more than in the four weeks before",
            "210 of 1060 learning events in the week of 1 Mar; 15 % of 4000 in the four weeks "
            "before",
            "learning",
        ),
        (
            "Answered within a day: 76 % of the questions, 1 point more than in the four weeks "
            "before",
            "62 of 82 questions in the week of 1 Mar; 75 % of 320 in the four weeks before",
            "know_how",
        ),
    ]


def test_the_same_week_is_meant_to_the_second_before_it_ends(viewer: Warehouse) -> None:
    """Grafana's range ends there, the page's with the next week's first second; both mean one."""
    for panel in ("changes", "teams"):
        shown = rows(viewer, "this_week", panel)
        assert shown
        for moved in (timedelta(seconds=-1), timedelta(days=6)):
            assert rows(viewer, "this_week", panel, UNTIL + moved) == shown
    look = rows(viewer, "this_week", "look")
    assert rows(viewer, "this_week", "look", UNTIL - timedelta(seconds=1)) == look


def test_where_weeks_are_missing_it_says_so_and_nothing_else(viewer: Warehouse) -> None:
    said = rows(viewer, "this_week", "changes", LATER)
    assert len(said) == 3
    for sentence, base, _ in said:
        assert sentence.startswith("Nothing is said of ")
        assert base.endswith("it takes all five")
    before = datetime(2021, 1, 4, tzinfo=UTC)
    assert rows(viewer, "this_week", "changes", before) == []


def test_a_head_is_of_the_team_and_small_teams_have_none(viewer: Warehouse) -> None:
    shown = {row[0]: row[1:] for row in rows(viewer, "this_week", "teams")}
    assert shown == {
        "Buoy": (8, 16.0, None, 5.0, None, 21.0, 40.0),
        "Anchor": (10, 8.0, None, 4.0, None, 12.0, 0.0),
    }
    sizes = dict(
        viewer.query("SELECT team, people FROM viewer.team_sizes WHERE from < '2021-01-01'")
    )
    assert (sizes["Anchor"], sizes["Buoy"], sizes.get("Crew")) == (10, 8, None)


def test_who_carries_it_is_told_in_groups(viewer: Warehouse) -> None:
    assert [row[1:] for row in rows(viewer, "this_week", "carriers")] == [(20, 10, 20, 5)] * 5


def test_what_to_look_at_begins_with_what_is_silent(viewer: Warehouse) -> None:
    shown = [(what, board) for what, _, board in rows(viewer, "this_week", "look")]
    assert ("Wiki is silent for 21 days", "coverage") in shown
    assert ("12 % of the events are of accounts that nobody is known for", "coverage") in shown
    assert ("80 of 322 questions are not answered", "know_how") in shown
    assert ("28 of 108 questions about tides are not answered", "know_how") in shown
    boards_of = [board for _, board in shown]
    assert boards_of.index("coverage") < boards_of.index("know_how")
    later = [what for what, *_ in rows(viewer, "this_week", "look", LATER)]
    assert "Nothing is told of questions" not in later, "three of the four weeks have some"
    assert "60 of 242 questions are not answered" in later


def test_silence_is_counted_from_the_last_day_of_enough_people(viewer: Warehouse) -> None:
    silent = {row[:2]: row[2] for row in rows(viewer, "coverage", "matrix")}
    assert silent[("Chat", "Anchor")] == 2
    assert silent[("Chat", "Buoy")] == 0, "on some day of the week, at the latest on its last"
    assert silent[("Chat", "All")] == 0
    assert silent[("Wiki", "Anchor")] == 33
    assert silent[("Wiki", "Other")] == 21
    assert silent[("Wiki", "All")] == 21
    assert ("Wiki", "Buoy") not in silent
    tools = {row[0]: row[1:] for row in rows(viewer, "coverage", "tools")}
    assert tools["Wiki"] == ("14 Feb", 21, 1, None, None, None)
    assert tools["Chat"] == ("7 Mar", 0, 2, None, 6.0, 4.0)
    both = {row[:2]: row[2:] for row in rows(viewer, "coverage", "cells")}
    assert both[("Chat", "Anchor")] == ("5 Mar", 2, 8.0)
    assert both[("Chat", "Buoy")] == ("week to 7 Mar", 0, None)
    assert all(team not in ("", "Other") for _, team in both)
