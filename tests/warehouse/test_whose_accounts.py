"""Whose an account is by the views of the warehouse, and which hours a load makes dirty."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from headwater import docs

PEOPLE = "6f1c2a30-0000-4000-8000-000000000001"
LINKS = "6f1c2a30-0000-4000-8000-000000000002"
IDA, OLE = 1000, 2000
#: Pseudonyms of addresses; the first two stand in people.csv.
IDAS, OLES, UNKNOWN = 1, 2, 55
#: People and links of a closed load each; a fact an hour of each account, from nine on, and two of
#: accounts that nobody knows for one of them each.
FILLED = f"""
INSERT INTO directory.person_rows (load, sequence, person, start, manager, accounts, teams) VALUES
    ('{PEOPLE}', 1, {IDA}, NULL, 0, [{IDAS}], []), ('{PEOPLE}', 1, {OLE}, NULL, 0, [{OLES}, 7], []);
INSERT INTO vault.person_rows (load, sequence, person, person_id, value) VALUES
    ('{PEOPLE}', 1, {IDA}, 'ida', '{{}}'), ('{PEOPLE}', 1, {OLE}, 'ole', '{{}}');
INSERT INTO directory.link_rows (load, sequence, account, rule, targets) VALUES
    ('{LINKS}', 2, 101, 'address', [{IDAS}]), ('{LINKS}', 2, 102, 'address', [{UNKNOWN}]),
    ('{LINKS}', 2, 7, 'address', [{UNKNOWN}]), ('{LINKS}', 2, 7, 'hand', [{IDA}]),
    ('{LINKS}', 2, 103, 'hand', [{OLE}]), ('{LINKS}', 2, 103, 'address', [{IDAS}]),
    ('{LINKS}', 2, 104, 'address', [{IDAS}, {OLES}]), ('{LINKS}', 2, 105, 'hand', []);
INSERT INTO directory.forge_rows VALUES (201, 101), (202, 102);
INSERT INTO directory.load_rows (load, sequence, people, at) VALUES
    ('{PEOPLE}', 1, 2, now64(3)), ('{LINKS}', 2, 8, now64(3));
INSERT INTO vault.account_rows (account, identifier)
    SELECT number, concat('account:https://slack.com|U', toString(number)) FROM numbers(300);
INSERT INTO learning.fact_rows
    (id, time, account, counterpart, tool, behaviour, scaffold, position, version, gone)
    SELECT generateUUIDv4(), toDateTime64('2026-03-02 09:00:00', 3, 'UTC') + number * 3600,
        [101, 102, 103, 104, 201, 9, 9, 9][number + 1],
        [0, 0, 0, 0, 0, 0, 7, 201][number + 1], 'Slack', 'ask', 'discovery', number, 1, 0
    FROM numbers(8)
"""


def rows(engine: Any, sql: str) -> list[str]:
    return str(engine.query(sql, "TSV")).splitlines()


def query(name: str, **parameters: str) -> str:
    text = (files("warehouse") / "queries" / f"{name}.sql").read_text("utf-8")
    for parameter, value in parameters.items():
        kind, _, name = parameter.partition("_")
        text = text.replace(f"{{{name}:{kind}}}", f"'{value}'")
    return text


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with docs.migrated() as found:
        for statement in FILLED.split(";\n"):
            found.query(statement)
        yield found


def test_the_first_that_says_it_decides(engine: Any) -> None:
    found = dict(
        row.split("\t") for row in rows(engine, "SELECT account, person FROM directory.accounts")
    )
    whose = {int(account): int(person) for account, person in found.items()}
    assert whose == {
        IDAS: IDA, OLES: OLE,
        7: OLE,  # people.csv goes before a link
        103: OLE,  # a link before an address
        101: IDA,  # an address
        201: IDA,  # a forge's address, whose account is known by an address
    }  # fmt: skip


def test_nobody_is_suggested_but_the_one_whom_all_addresses_are_of(engine: Any) -> None:
    found = [row.split("\t") for row in rows(engine, query("directory/unresolved"))]
    assert {(row[1].rpartition("|")[2], row[4]) for row in found} == {
        ("U102", "ole"), ("U104", ""), ("U9", "")
    }  # fmt: skip
    assert all(row[0] == "Slack" for row in found)
    assert {row[1].rpartition("|")[2]: row[2] for row in found} == {
        "U102": "1",
        "U104": "1",
        "U9": "3",
    }


def test_what_was_linked_by_hand_is_known(engine: Any) -> None:
    found = {row.rpartition("|")[2] for row in rows(engine, query("directory/linked"))}
    assert found == {"U7", "U103"}


def dirty(engine: Any, *, first: int, last: int) -> set[int]:
    engine.query("TRUNCATE TABLE ops.dirty_hours")
    loads = {"UInt64_first": str(first), "UInt64_last": str(last)}
    engine.query(query("directory/dirty", String_mart="published", **loads))
    return {int(row) for row in rows(engine, "SELECT toHour(hour) FROM ops.dirty_hours")}


def test_a_load_makes_the_hours_dirty_of_all_whose_person_it_may_change(engine: Any) -> None:
    named, linked = {9, 11, 12, 13, 15, 16}, {9, 10, 11, 12, 13, 15, 16}
    assert dirty(engine, first=1, last=1) == named
    assert dirty(engine, first=2, last=2) == linked
    assert dirty(engine, first=1, last=2) == linked
    assert rows(engine, "SELECT DISTINCT mart FROM ops.dirty_hours") == ["published"]
    assert dirty(engine, first=3, last=9) == set()
    assert rows(engine, query("released/changed")) == ["2\t0"]


def test_a_load_of_links_is_there_when_all_of_them_are(engine: Any) -> None:
    assert rows(engine, query("directory/load", UUID_load=LINKS)) == ["8\t8"]
