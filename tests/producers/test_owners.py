"""owners.csv: what a row says, every error by line, and what a load would change."""

from datetime import date

import pytest

from producers.load import Checked
from producers.loads.owners import Known, Owner, load
from xapi.signals import Item

NOTHING = Known(frozenset(), {}, frozenset())
HEADER = "tool,kind,place,team,from\n"


def read(rows: str, known: Known = NOTHING, header: str = HEADER) -> Checked[Owner]:
    return load.read((header + rows).encode(), known)


def problems(rows: str) -> list[str]:
    return [str(problem) for problem in read(rows).problems]


def test_a_row_names_a_tool_and_a_place_in_several_ways() -> None:
    found = read(
        "github,change,North/Atlas,Platform,2026-03-02\n"
        "github.com,,https://github.com/north/web-*/,Web,\n"
        "https://North.zendesk.com/,TICKET,support,Support,\n"
    )
    assert found.problems == ()
    assert found.entries == (
        Owner("github.com", "change", "north/atlas", "Platform", date(2026, 3, 2)),
        Owner("github.com", "", "north/web-*", "Web", None),
        Owner("north.zendesk.com", "ticket", "support", "Support", None),
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("jira,,ATLAS,Platform,", "line 2, column tool: 'jira' is no host"),
        ("github,issue,a,b,", f"line 2, column kind: 'issue' is none of: {', '.join(Item)}"),
        ("github,,,b,", "line 2, column place: it is empty"),
        ("github,,a,b,2026-02-30", "line 2, column from: '2026-02-30' is no date"),
        (
            "github,,https://gitlab.com/a/b,b,",
            "line 2, column place: 'https://gitlab.com/a/b' is not of github.com",
        ),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(row: str, said: str) -> None:
    (problem,) = problems(row + "\n")
    assert problem.startswith(said)


def test_the_same_twice_is_told_however_it_is_written() -> None:
    (plain,) = problems("github,,a/b,X,\ngithub.com,,a/b,Y,\n")
    assert "are together on line 2 already" in plain
    (otherwise,) = problems("github,,a/b,X,\ngithub,,https://github.com/A/b,Y,\n")
    assert otherwise == "line 3, column place: it is 'a/b' on line 2, written otherwise"
    assert read("github,,a/b,X,\ngithub,,a/b,Y,2026-03-02\ngithub,build,a/b,Z,\n").problems == ()


def test_kind_and_day_may_be_left_out() -> None:
    found = read("github,a/b,X\n", header="tool,place,team\n")
    assert found.entries == (Owner("github.com", "", "a/b", "X", None),)
    assert found.absent == ("kind", "from")


def test_what_a_load_would_change_is_told() -> None:
    known = Known(
        frozenset({"X", "Y"}),
        {
            ("github.com", "", "a/b", None): "X",
            ("github.com", "", "a/c", None): "X",
            ("github.com", "change", "a/d", date(2026, 3, 2)): "X",
            ("github.com", "", "a/e", None): "X",
        },
        frozenset({("github.com", "build", "a/b"), ("github.com", "change", "a/x1")}),
    )
    found = read(
        "github,,a/b,X,\ngithub,,a/c,Y,\ngithub,change,a/d,,2026-03-02\ngithub,,a/x*,Y,\n", known
    )
    assert list(load.changes(found, known)) == [
        "~ github.com a/c: X → Y",
        "~ github.com a/d (change) from 2026-03-02 on: X → nobody (cleared by an empty cell)",
        "+ github.com a/x*: Y",
        "1 added, 2 changed, 1 unchanged, 1 kept though absent",
    ]
    assert [str(each) for each in found.warnings] == [
        "line 3, column place: nothing has happened at 'a/c' of github.com yet"
    ]


def test_what_looks_odd_is_told() -> None:
    known = Known(frozenset({"X"}), {}, frozenset({("github.com", "build", "a/b")}))
    found = read("github,build,a/*,Z,\ngithub,ticket,a/b,X,\ngithub,,q,,\n", known)
    assert [str(each) for each in found.warnings] == [
        "line 2, column team: the team 'Z' is not in the directory",
        "line 3, column place: nothing has happened at 'a/b' of github.com yet",
        "line 4, column team: it is empty, and the same is nobody's already",
    ]


def test_its_keys_are_its_own_on_the_topic_of_people() -> None:
    (first, *_), value = load.record(read("github,,a/b,X,\n").entries[0])
    assert first == ord("l")
    assert value == {"owner": "X", "host": "github.com", "kind": "", "place": "a/b", "from": None}
    keys = [
        load.record(each)[0] for each in read("github,,a/b,X,\ngithub,,a/b,,2026-03-02\n").entries
    ]
    assert keys == [b"link:owner:github.com|||a/b", b"link:owner:github.com||2026-03-02|a/b"]
