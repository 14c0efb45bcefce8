"""Accounts become people on a running stack: by a tool's user list, by hand, and back again.

A Slack workspace is asked by the poller. Each test has people, accounts and a team of its own.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import TopicPartition
from running import Up

from bus import clients
from bus.topics import ALL, EVENTS, PEOPLE, STATEMENTS
from tests.producers.killed_poller import serving
from tests.producers.slack_workspace import Workspace
from tests.scale import tried
from tests.topics import held
from warehouse import Warehouse
from xapi import vocabulary

pytestmark = pytest.mark.e2e

#: Every address of these tests is of it, and no other word is like it.
DOMAIN = "harbour-of-tests.example"
#: Whose each event of an account is, and in which team.
WHOSE = """
SELECT if(e.resolved, p.person_id, ''), e.team
FROM learning.events AS e
LEFT JOIN (SELECT DISTINCT person, person_id FROM vault.people_current) AS p ON p.person = e.person
WHERE e.account IN (SELECT account FROM vault.account_rows WHERE identifier = {identifier:String})
"""
COUNTED = "SELECT sum(events) FROM learning.activity_days WHERE team = {team:String}"
#: What no late knowledge may change.
WRITTEN = (
    "SELECT id, position FROM lrs.statements ORDER BY ALL",
    "SELECT id, position FROM lrs.arrivals FINAL ORDER BY ALL",
    "SELECT * FROM learning.fact_rows FINAL ORDER BY ALL",
)
#: Facts whose statement is on its way: the two come to the warehouse by ways of their own.
COMING = "SELECT count() FROM learning.events WHERE id NOT IN (SELECT id FROM lrs.statements)"
TABLES = """
SELECT concat('`', database, '`.`', name, '`')
FROM system.tables
WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
    AND engine NOT IN ('Null', 'MaterializedView', {left_out:String})
    OR database = 'system' AND name LIKE '%\\_log'
"""


@dataclass
class Slack:
    """A stack, and the workspace that it asks."""

    up: Up
    workspace: Workspace
    site: str
    folder: Path
    #: How often connections.toml was written.
    written: int = 0

    def connect(self) -> None:
        """Writes connections.toml, otherwise than before: so all of it is read at once."""
        self.written += 1
        (self.up.data / "connections.toml").write_text(
            '[[connection]]\nname = "slack"\nconnector = "slack"\n'
            'secret = "file:secrets/slack"\ntoken = "file:secrets/slack"\n'
            f'[connection.options]\nread_users = true\nsite = "{self.site}"\nhistory_days = 3\n'
            f'settled_hours = {self.written}\nchannels = {{C0WORK = {{name = "atlas"}}}}\n'
        )

    def account(self, user: str) -> str:
        """A user's account, as people.csv writes it."""
        return f"{self.site}|{user}"

    def run(self, *words: str) -> str:
        """Runs a command that succeeds; what it says."""
        result = self.up.run(*words)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def load(self, *rows: str) -> None:
        """Loads rows of people.csv."""
        path = self.folder / "people.csv"
        path.write_text("\n".join(("person,name,accounts,team", *rows, "")))
        self.run("directory", "load", str(path))


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    folder = tmp_path_factory.mktemp("accounts")
    workspace = Workspace(channels=("C0WORK",), start=int(time.time()) - 86_400)
    # A list in which nobody has an address is one that may not be read.
    workspace.joins("U0ALWAYS", f"always@{DOMAIN}")
    up = Up(folder / "data")
    (up.data / "secrets" / "slack").write_text("s3cret")
    (up.data / "secrets" / "slack").chmod(0o600)
    with serving(lambda path, asked: (200, {}, workspace.answer(path[5:], asked))) as site:
        yield Slack(up, workspace, site, folder)
        up.stop()
    assert up.left() == []


@pytest.fixture(scope="module")
def admin(slack: Slack) -> Warehouse:
    return Warehouse(slack.up.url("warehouse_admin"))


def whose(slack: Slack, admin: Warehouse, user: str) -> set[tuple[str, str]]:
    """Of whom an account's events are, and in which team; nothing where it has none."""
    found = admin.query(WHOSE, {"identifier": f"account:{slack.account(user)}"})
    return {(person, team) for person, team in found}


def counted(admin: Warehouse, team: str) -> int:
    return int(admin.query(COUNTED, {"team": team})[0][0])


def test_a_link_by_hand_survives_a_load_and_is_taken_back(slack: Slack, admin: Warehouse) -> None:
    slack.workspace.write("U0LINA", "C0WORK", "we could try the other way round")
    slack.connect()
    slack.up.wait(lambda: whose(slack, admin, "U0LINA") == {("", "")})
    slack.load("lina,Lina,,Link")
    slack.run("directory", "link", slack.account("U0LINA"), "lina")
    slack.up.wait(lambda: whose(slack, admin, "U0LINA") == {("lina", "Link")})

    slack.load("lina,Lina Berg,,Chain")
    slack.up.wait(lambda: whose(slack, admin, "U0LINA") == {("lina", "Chain")})
    slack.up.wait(lambda: (counted(admin, "Link"), counted(admin, "Chain")) == (0, 1))

    slack.run("directory", "unlink", slack.account("U0LINA"))
    slack.up.wait(lambda: whose(slack, admin, "U0LINA") == {("", "")})
    slack.up.wait(lambda: counted(admin, "Chain") == 0)
    listed = json.loads(slack.run("directory", "unresolved", "--json"))
    assert slack.account("U0LINA") in {each["account"] for each in listed}


def test_an_address_that_is_withdrawn_takes_the_match_back(slack: Slack, admin: Warehouse) -> None:
    slack.workspace.write("U0WIM", "C0WORK", "we could try the other way round")
    slack.workspace.joins("U0WIM", f"wim@{DOMAIN}")
    slack.load(f"wim,Wim,wim@{DOMAIN},Withdrawn")
    slack.connect()
    slack.up.wait(lambda: whose(slack, admin, "U0WIM") == {("wim", "Withdrawn")})
    slack.workspace.joins("U0WIM", f"wim@{DOMAIN}", is_email_confirmed=False)
    slack.connect()
    slack.up.wait(lambda: whose(slack, admin, "U0WIM") == {("", "")})
    slack.up.wait(lambda: counted(admin, "Withdrawn") == 0)


def written(up: Up, admin: Warehouse) -> list[Any]:
    """What was written of statements: in the warehouse, and how far Kafka's logs of them go."""
    consumer = clients.blocking_consumer(up.kafka, enable_auto_commit=False)
    try:
        places = [
            TopicPartition(t.name, n) for t in (STATEMENTS, EVENTS) for n in range(t.partitions)
        ]
        ends = consumer.end_offsets(places)
    finally:
        consumer.close()
    return [*(admin.query(sql) for sql in WRITTEN), ends]


def told_by_list(slack: Slack) -> None:
    slack.workspace.joins("U0LATE", f"late@{DOMAIN}")
    slack.connect()


def linked_by_hand(slack: Slack) -> None:
    slack.run("directory", "link", slack.account("U0LATER"), "later")


@pytest.mark.parametrize(
    ("user", "person", "matched"),
    [("U0LATE", "late", told_by_list), ("U0LATER", "later", linked_by_hand)],
)
def test_a_late_match_is_counted_and_rewrites_nothing(
    slack: Slack, admin: Warehouse, user: str, person: str, matched: Callable[[Slack], None]
) -> None:
    slack.workspace.write(user, "C0WORK", "we could try the other way round")
    slack.workspace.joins(user)
    slack.load(f"{person},,{person}@{DOMAIN},Team {person}")
    slack.connect()
    slack.up.wait(lambda: whose(slack, admin, user) == {("", "")})
    assert counted(admin, f"Team {person}") == 0
    slack.up.wait(lambda: admin.query(COMING) == [(0,)])
    before = written(slack.up, admin)

    matched(slack)
    slack.up.wait(lambda: whose(slack, admin, user) == {(person, f"Team {person}")})
    slack.up.wait(lambda: counted(admin, f"Team {person}") == 1)
    assert written(slack.up, admin) == before


def test_no_address_stands_outside_the_identity_zone(slack: Slack, admin: Warehouse) -> None:
    """Of a list, of people.csv and of a statement, and of people as well as of nobody."""
    slack.workspace.write("U0ZOE", "C0WORK", "we could try the other way round")
    slack.workspace.joins("U0ZOE", f"zoe@{DOMAIN}")
    slack.workspace.joins("U0ZED", f"zed@{DOMAIN}")
    slack.load(f"zoe,Zoe,zoe@{DOMAIN},Zone", f"zita,Zita,zita@{DOMAIN},Zone")
    slack.connect()
    tell(slack.up, "zita", "zack")
    slack.up.wait(lambda: whose(slack, admin, "U0ZOE") == {("zoe", "Zone")})
    slack.up.wait(lambda: counted(admin, "Zone") == 2)
    slack.up.wait(lambda: admin.query(COMING) == [(0,)])
    slack.run("directory", "unresolved")

    texts = dict(tables(slack.up, admin))
    holding = {name for name, text in texts.items() if DOMAIN.encode() in text}
    assert holding == texts.keys() & {
        "vault.account_pseudonym", "vault.account_rows", "vault.people_current",
        "vault.person_rows", "lrs.agent_names", "lrs.statement_rows", "lrs.statements",
    }  # fmt: skip
    assert holding >= {"vault.person_rows", "lrs.statement_rows"}
    topics = {
        topic.name
        for topic in ALL
        for record in held(slack.up.kafka, topic)
        if DOMAIN.encode() in (record.key or b"") + (record.value or b"")
    }
    assert topics == {PEOPLE.name, STATEMENTS.name}
    logs = [slack.up.output, *(slack.up.data / "logs").iterdir()]
    assert len(logs) > 5
    assert [log.name for log in logs if DOMAIN in log.read_text("utf-8", "replace")] == []


def tell(up: Up, *names: str) -> None:
    """Posts a statement of each: somebody who is known by an address alone."""
    lrs = up.stack["lrs"]
    answer = httpx.post(
        f"{lrs['url']}/xapi/statements",
        json=[
            {
                "actor": {"mbox": f"mailto:{name}@{DOMAIN}", "name": name},
                "verb": {"id": vocabulary.VERBS["asked"]},
                "object": {"id": "https://chat.example.org/1"},
            }
            for name in names
        ],
        auth=(lrs["username"], lrs["password"]),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def tables(up: Up, admin: Warehouse) -> Iterator[tuple[str, bytes]]:
    """Each table, view and dictionary of the warehouse, and all that it holds as text.

    In `make test` without views, whose rows are those of tables: to ask them all takes a minute.
    """
    whole = {"left_out": tried("View", "")}
    for (name,) in admin.query(TABLES, whole):
        asked = httpx.post(up.url("warehouse_admin"), content=f"SELECT * FROM {name}", timeout=60)
        if asked.status_code == 404 and (name,) not in admin.query(TABLES, whole):
            continue  # a table of a pass that has ended
        assert asked.status_code == 200, asked.text
        yield name.replace("`", ""), asked.content
