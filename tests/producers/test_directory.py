"""The directory's CSV: round trips, every error by line, the diff, and what is published."""

import csv
import io
import json
import string
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers import accounts
from producers.accounts import account
from producers.errors import InvalidCell
from producers.load import Checked
from producers.loads.directory import Person, Stay, difference, load
from producers.registry import all_connectors
from xapi import days as calendar

COLUMNS = tuple(column.name for column in load.columns)
#: How accounts are written in short, of every tool that there is.
FORMS = ", ".join(
    f"{name}:{each.account.called}"
    for name, each in sorted(all_connectors().items())
    if each.account
)
HEADER = "person,name,accounts,team,manager,start_date,moves\n"


def parse(data: bytes, current: dict[str, Any]) -> Checked[Person]:
    return load.read(data, current)


def problems(rows: str, current: dict[str, Any] | None = None) -> list[str]:
    return [str(problem) for problem in parse((HEADER + rows).encode(), current or {}).problems]


# Round trips

words = st.text(string.ascii_letters + "äéß 日", min_size=1, max_size=8).map(str.strip).filter(bool)
days = st.dates(calendar.FIRST + timedelta(days=1), calendar.LAST)


@st.composite
def organisations(draw: st.DrawFn) -> list[Person]:
    people = []
    for number, name in enumerate(draw(st.lists(words, max_size=6))):
        identifier = f"p{number}"
        accounts = draw(
            st.sets(st.sampled_from(["mailto:{}@x.org", "account:https://github.com|{}"]))
        )
        start = draw(st.none() | days)
        moves = sorted(draw(st.sets(days, max_size=3)))
        moves = [day for day in moves if start is None or day > start]
        teams = ["Blue", "Red"] * 3
        begins = [start, *moves]
        ends = [*(day - timedelta(days=1) for day in moves), None]
        stays = tuple(map(Stay, teams[: len(begins)], begins, ends))
        agreed = draw(st.booleans())
        manager = f"p{draw(st.integers(0, number - 1))}" if number else None
        held = tuple(sorted(template.format(identifier) for template in accounts))
        zone = draw(st.sampled_from(("", "Europe/Berlin", "Asia/Kolkata")))
        people.append(Person(identifier, name, held, stays, manager, start, agreed, zone))
    return people


def as_csv(people: list[Person]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for person in people:
        moves = ";".join(f"{stay.first}:{stay.team}" for stay in person.stays[1:])
        row = (
            person.id, person.name, "; ".join(person.accounts), person.stays[0].team,
            person.manager, person.start, moves, "yes" if person.findable else "",
            person.timezone,
        )  # fmt: skip
        writer.writerow(dict(zip(COLUMNS, row, strict=True)))
    return text.getvalue().encode("utf-8-sig")


@given(organisations())
def test_what_is_written_is_read_back(people: list[Person]) -> None:
    found = parse(as_csv(people), {})
    assert found.entries == tuple(people)
    assert found.problems == () if people else found.problems
    current = {person.id: json.loads(json.dumps(person.value())) for person in people}
    again = difference(found.entries, current)
    assert again.unchanged == [person.id for person in people]
    assert [*again.added, *again.changed, *again.kept] == []


@given(organisations().filter(bool))
def test_a_persons_stays_follow_each_other_without_a_gap(people: list[Person]) -> None:
    for person in parse(as_csv(people), {}).entries:
        assert person.stays[0].first == person.start
        assert person.stays[-1].last is None
        for before, after in zip(person.stays, person.stays[1:], strict=False):
            assert before.last is not None
            assert after.first == before.last + timedelta(days=1)


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data: bytes) -> None:
    found = parse(data, {})
    assert found.entries or found.problems


# Accounts


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("github:OctoCat", "account:https://github.com|octocat"),
        ("GitHub:octocat", "account:https://github.com|octocat"),
        ("gitlab:818", "account:https://gitlab.com|818"),
        ("https://github.com/|OctoCat", "account:https://github.com|octocat"),
        ("https://chat.example/|Anna", "account:https://chat.example|Anna"),
        ("account:https://chat.example|Anna B", "account:https://chat.example|Anna B"),
        ("mailto:Anna@Example.org", "mailto:anna@example.org"),
        ("Anna@Example.org", "mailto:anna@example.org"),
        ("openid:https://id.example/anna", "openid:https://id.example/anna"),
        ("mbox_sha1sum:" + "AB" * 20, "mbox_sha1sum:" + "ab" * 20),
    ],
)
def test_short_forms_are_made_canonical(written: str, canonical: str) -> None:
    assert account(written) == canonical
    assert account(accounts.written(canonical)) == canonical


@pytest.mark.parametrize(
    ("identifier", "written"),
    [
        ("account:https://gitlab.com|818", "gitlab:818"),
        ("account:https://gitlab.com|anna", "https://gitlab.com|anna"),
        ("mailto:anna@example.org", "anna@example.org"),
        ("account:https://chat.example|Anna B", "https://chat.example|Anna B"),
    ],
)
def test_identifiers_are_shown_as_people_write_them(identifier: str, written: str) -> None:
    assert accounts.written(identifier) == written


@pytest.mark.parametrize("written", ["octocat", "gitlab:anna", "a@b@c", "github:", "a b@c.d"])
def test_an_account_in_no_known_form_is_refused(written: str) -> None:
    with pytest.raises(InvalidCell, match=r"is none of: github:name, .*a mail address"):
        account(written)


@pytest.mark.parametrize("written", ["x|anna", "https://a.example|", "ftp://a.example|b"])
def test_an_account_without_home_page_or_name_is_refused(written: str) -> None:
    with pytest.raises(InvalidCell, match=r"must read https://homepage\|name"):
        account(written)


# Errors by line


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (",Anna,,Blue,,,\n", "line 2, column person: it is empty"),
        ("load:1,,,Blue,,,\n", "line 2, column person: 'load:1' must not begin with 'load:'"),
        ("a,,,,,,\nb,,,,,,\na,,,,,,\n", "line 4, column person: 'a' is on line 2 already"),
        (
            "a,,github:x,,,,\nb,,github:y; GitHub:X,,,,\n",
            "line 3, column accounts: the account 'account:https://github.com|x' is claimed by 'a' "
            "on line 2 too",
        ),
        (
            "a,,octocat,,,,\n",
            "line 2, column accounts: the account 'octocat' is none of: "
            f"{FORMS}, a mail address, https://homepage|name",
        ),
        (
            "a,,,Blue,,01.02.2026,\n",
            "line 2, column start_date: '01.02.2026' is no date of the calendar; write YYYY-MM-DD",
        ),
        (
            "a,,,Blue,,20260201,\n",
            "line 2, column start_date: '20260201' is no date of the calendar; write YYYY-MM-DD",
        ),
        (
            "a,,,Blue,,2026-02-30,\n",
            "line 2, column start_date: '2026-02-30' is no date of the calendar; write YYYY-MM-DD",
        ),
        (
            "a,,,Blue,,0026-02-03,\n",
            "line 2, column start_date: '0026-02-03' is not between 1970-01-02 and 2105-12-31",
        ),
        (
            "a,,,Blue,,,Red\n",
            "line 2, column moves: the move 'Red' must read YYYY-MM-DD:Team",
        ),
        (
            "a,,,Blue,,,2026-02-01:\n",
            "line 2, column moves: the move '2026-02-01:' must read YYYY-MM-DD:Team",
        ),
        (
            "a,,,Blue,,,2026-2-1:Red\n",
            "line 2, column moves: the move '2026-2-1:Red': the day '2026-2-1' is no date of the "
            "calendar; write YYYY-MM-DD",
        ),
        (
            "a,,,Blue,,,2026-02-01:Red;2026-01-01:Green\n",
            "line 2, column moves: the move '2026-01-01:Green' is out of order: "
            "2026-01-01 is not after the move before it",
        ),
        (
            "a,,,Blue,,2026-02-01,2026-02-01:Red\n",
            "line 2, column moves: the move '2026-02-01:Red' is out of order: "
            "2026-02-01 is not after the start date",
        ),
        (
            "a,,,Blue,,,2026-02-01:Blue\n",
            "line 2, column moves: the move '2026-02-01:Blue' leads to where the person already is",
        ),
        ("a,,,,a,,\n", "line 2, column manager: managers go in a circle: 'a' → 'a'"),
        (
            "x,,,,a,,\na,,,,b,,\nb,,,,a,,\n",
            "line 3, column manager: managers go in a circle: 'a' → 'b' → 'a'",
        ),
        ("a,,x@y.z\x00,,,,\n", "line 2, column accounts: it holds NUL"),
        ("", "line 1: there are no people in the file"),
    ],
)
def test_an_error_says_where_and_what(rows: str, expected: str) -> None:
    assert expected in problems(rows)
    assert len(problems(rows)) == 1


def test_every_error_is_told_at_once() -> None:
    rows = "a,,github:x,,,x,\n,,github:x,,,,\nb,,,Blue,,,x\n"
    assert [line.partition(":")[0] for line in problems(rows)] == [
        "line 2, column start_date",
        "line 3, column person",
        "line 3, column accounts",
        "line 4, column moves",
    ]


def test_the_columns_that_must_be_there() -> None:
    (problem,) = parse(b"person,nick\na,b\n", {}).problems
    assert str(problem) == (
        "line 1: unknown column 'nick'; missing columns 'accounts', 'team' (known are person, "
        "name, accounts, team, manager, start_date, moves, findable, timezone)"
    )


def test_what_the_current_directory_forbids() -> None:
    current = {
        "old": {"accounts": ["account:https://github.com|x"], "manager": "new"},
        "giver": {"accounts": ["mailto:g@x.org"], "manager": None},
    }
    assert problems("new,,github:x,,old,,\n", current) == [
        "line 2, column accounts: the account 'account:https://github.com|x' is 'old''s in the "
        "current directory, who is not in the file",
        "line 2, column manager: managers go in a circle: 'new' → 'old' → 'new'",
    ]
    assert problems("new,,g@x.org,,,,\ngiver,,,,,,\n", current) == []


def test_an_unknown_manager_is_a_warning() -> None:
    found = parse((HEADER + "a,,,,boss,,\nb,,,,a,,\n").encode(), {})
    assert found.problems == ()
    assert [str(warning) for warning in found.warnings] == [
        "line 2, column manager: the manager 'boss' is not in the directory"
    ]
    assert parse((HEADER + "a,,,,boss,,\n").encode(), {"boss": {}}).warnings == ()


# The diff


def test_the_diff_says_what_changes() -> None:
    before = parse((HEADER + "a,A,github:a;a@x.org,Blue,,,\nb,,,Blue,,,\nc,,,,,,\n").encode(), {})
    current = {person.id: person.value() for person in before.entries}
    after = parse(
        (HEADER + "a,A,a@x.org;github:a,Blue,,,\nb,,,Blue,a,,2026-02-01:Red\nd,,,,,,\n").encode(),
        current,
    )
    found = difference(after.entries, current)
    assert (found.added, found.unchanged, found.kept) == (["d"], ["a"], ["c"])
    assert set(found.changed) == {"b"}
    assert found.changed["b"]["manager"] == (None, "a")
    assert found.changed["b"]["teams"][1] == [
        {"team": "Blue", "from": None, "to": "2026-01-31"},
        {"team": "Red", "from": "2026-02-01", "to": None},
    ]


def test_what_is_sent_of_a_person() -> None:
    stay = Stay("Blue", date(2026, 1, 1), None)
    anna = Person("a", "Anna", ("mailto:a@x.org",), (stay,))
    assert load.record(anna) == (
        b"a",
        {
            "person": "a",
            "name": "Anna",
            "accounts": ["mailto:a@x.org"],
            "teams": [{"team": "Blue", "from": "2026-01-01", "to": None}],
            "manager": None,
            "start": None,
            "findable": False,
            "timezone": "",
        },
    )


def test_accounts_that_a_demo_made_up_are_told_by_line() -> None:
    rows = "a,,anna@example.org,Blue,,,\nb,,https://sso.demo.headwater.invalid|b,Blue,,,\n"
    data = (HEADER + rows).encode()
    assert len(load.read(data, {}, synthetic=True).entries) == 2
    assert problems(rows) == [
        "line 3, column accounts: the account 'account:https://sso.demo.headwater.invalid|b' is of "
        "demo.headwater.invalid: a demo made it up"
    ]


# A column that is not there


KNOWN = {
    "a": {
        "name": "Anna",
        "accounts": ["mailto:anna@example.org"],
        "teams": [
            {"team": "Blue", "from": "2020-01-01", "to": "2022-12-31"},
            {"team": "Red", "from": "2023-01-01", "to": None},
        ],
        "manager": "b",
        "start": "2020-01-01",
    },
    "b": {"name": "", "accounts": [], "teams": [], "manager": None, "start": None},
}


@given(
    st.sets(st.sampled_from([c for c in COLUMNS if c not in ("person", "accounts", "team")])),
    organisations(),
)
def test_what_a_file_does_not_speak_of_stays(absent: set[str], people: list[Person]) -> None:
    """Written without some columns and read back over itself, nothing changes."""
    current = {person.id: json.loads(json.dumps(person.value())) for person in people}
    rows = list(csv.reader(io.StringIO(as_csv(people).decode("utf-8-sig"))))
    kept = [place for place, column in enumerate(rows[0]) if column not in absent]
    text = io.StringIO()
    csv.writer(text).writerows([[row[place] for place in kept] for row in rows])
    found = parse(text.getvalue().encode(), current)
    assert not people or found.problems == ()
    assert set(found.absent) == (absent if people else set())
    told = difference(found.entries, current)
    assert told.changed == {}
    assert [person.value() for person in found.entries] == [person.value() for person in people]


@pytest.mark.parametrize("team", ["Blue", "Red"])
def test_the_first_team_or_todays_leaves_the_moves(team: str) -> None:
    found = parse(f"person,accounts,team\na,anna@example.org,{team}\n".encode(), KNOWN)
    assert found.problems == ()
    assert found.absent == ("name", "manager", "start_date", "moves", "findable", "timezone")
    assert difference(found.entries, KNOWN).unchanged == ["a"]


@pytest.mark.parametrize("team", ["Green", ""])
def test_another_team_beside_moves_that_nobody_speaks_of_is_an_error(team: str) -> None:
    found = parse(f"person,accounts,team\na,anna@example.org,{team}\n".encode(), KNOWN)
    (problem,) = map(str, found.problems)
    assert problem.startswith(
        f"line 2, column team: the team {team!r} is neither the first one ('Blue') nor the"
    )
    assert "the file has no column moves: add it" in problem


def test_an_empty_cell_clears() -> None:
    found = parse((HEADER + "a,,anna@example.org,Blue,,,\n").encode(), KNOWN)
    assert found.problems == ()
    assert found.absent == ("findable", "timezone")
    assert difference(found.entries, KNOWN).changed["a"] == {
        "name": ("Anna", ""),
        "teams": (KNOWN["a"]["teams"], [{"team": "Blue", "from": None, "to": None}]),
        "manager": ("b", None),
        "start": ("2020-01-01", None),
    }


def test_somebody_new_has_nothing_that_could_stay() -> None:
    found = parse(b"person,accounts,team\nc,carl@example.org,Blue\n", KNOWN)
    assert found.problems == ()
    assert found.entries[0].value() == {
        "person": "c",
        "name": "",
        "accounts": ["mailto:carl@example.org"],
        "teams": [{"team": "Blue", "from": None, "to": None}],
        "manager": None,
        "start": None,
        "findable": False,
        "timezone": "",
    }


def test_a_start_date_that_moves_nothing_else_is_taken() -> None:
    found = parse(b"person,accounts,team,start_date\na,anna@example.org,Blue,2019-05-01\n", KNOWN)
    assert found.problems == ()
    assert difference(found.entries, KNOWN).changed["a"].keys() == {"start", "teams"}
    assert [stay.first for stay in found.entries[0].stays] == [date(2019, 5, 1), date(2023, 1, 1)]


# Who agreed to be named


def agreed(cell: str, known: dict[str, Any]) -> Checked[Person]:
    row = f"person,name,accounts,team,findable\na,Anna,anna@example.org,Blue,{cell}\n"
    return parse(row.encode(), {"a": {"name": "Anna", **known}})


@pytest.mark.parametrize(("cell", "said"), [("yes", True), ("NO", False), ("", False)])
def test_yes_no_and_an_empty_cell_are_taken_and_shown(cell: str, said: bool) -> None:
    known = {"findable": not said}
    found = agreed(cell, known)
    assert [person.findable for person in found.entries] == [said]
    words = {True: "yes", False: "no"}
    line = f"    findable: {words[not said]} → {words[said]}"
    assert line in load.changes(found, {"a": known})


@pytest.mark.parametrize("cell", ["true", "1", "maybe", "yes; no"])
def test_another_word_is_told_by_line_and_column(cell: str) -> None:
    assert [str(problem) for problem in agreed(cell, {}).problems] == [
        f"line 2, column findable: {cell!r} is neither yes nor no"
    ]


def test_a_no_by_hand_stands_against_a_file_and_is_told() -> None:
    found = agreed("yes", {"findable": False, "withdrawn": True})
    assert [person.findable for person in found.entries] == [False]
    assert [str(warning) for warning in found.warnings] == [
        "line 2, column findable: 'a' was taken out by hand and stays so until "
        "`headwater directory findable a yes`"
    ]


def test_who_is_found_needs_a_name() -> None:
    row = b"person,name,accounts,team,findable\na,,anna@example.org,Blue,yes\n"
    assert [str(warning) for warning in parse(row, {}).warnings] == [
        "line 2, column findable: 'a' has no name, and is found by none"
    ]


def test_what_holds_is_known_beside_what_the_file_said() -> None:
    person = json.dumps(Person("a", "Anna", findable=True).value())
    (known,) = load.know({"current": [("a", person)], "findable": [("a", False, True)]}).values()
    assert (known["findable"], known["withdrawn"]) == (False, True)


# By whose clocks somebody lives


def living(cell: str, known: dict[str, Any] | None = None) -> Checked[Person]:
    row = f"person,accounts,team,timezone\na,anna@example.org,Blue,{cell}\n"
    return parse(row.encode(), {"a": known} if known else {})


def test_a_zone_is_taken_changed_and_cleared_and_each_is_shown() -> None:
    known = {"timezone": "Europe/Berlin"}
    for cell, line in (
        ("Asia/Tokyo", "    timezone: Europe/Berlin → Asia/Tokyo"),
        ("", "    timezone: Europe/Berlin → nothing (cleared by an empty cell)"),
    ):
        found = living(cell, known)
        assert [person.timezone for person in found.entries] == [cell]
        assert line in load.changes(found, {"a": known})
    same = difference(living("Europe/Berlin", known).entries, {"a": known})
    assert same.changed.keys() == {"a"}
    assert "timezone" not in same.changed["a"]


def test_a_file_without_zones_leaves_them_and_says_so() -> None:
    known = {"timezone": "Europe/Berlin", "accounts": ["mailto:anna@example.org"]}
    found = parse(b"person,accounts,team\na,anna@example.org,\n", {"a": known})
    assert [person.timezone for person in found.entries] == ["Europe/Berlin"]
    first, *_ = load.changes(found, {"a": known})
    assert first.startswith("no column ")
    assert "timezone" in first


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("Berlin", "; did you mean Europe/Berlin?"),
        ("europe/berlin", "; did you mean Europe/Berlin?"),
        ("+02:00", "; write it as Europe/Berlin"),
    ],
)
def test_what_is_no_zone_is_told_by_line_and_column(cell: str, why: str) -> None:
    (problem,) = map(str, living(cell).problems)
    assert problem == (
        f"line 2, column timezone: {cell!r} is not the IANA name of a time zone{why}"
    )
