"""Rules of the house, from a file to every fact: what comes, and what came before."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import Up

from headwater.behaviours import put_in_force
from warehouse import Warehouse
from xapi import vocabulary

pytestmark = pytest.mark.e2e

RULES = """\
# What counts here.
[[rule]]
topic = "random"
behaviour = "none"

[[rule]]
tool = "chat"
topic = "help-*"
behaviour = "ask"

[[rule]]
tag = "runbook"
was = "collaborate"
behaviour = "record"

[[rule]]
tool = "chat"
kind = "card"
behaviour = "help"
"""
#: (verb, topic, tags, kind) → the behaviour without rules, and with them.
TOLD = {
    ("posted", "random", (), ""): ("record", "none"),
    ("posted", "help-it", (), ""): ("record", "ask"),
    ("posted", "news", (), ""): ("record", "record"),
    ("commented", "ops", ("runbook",), ""): ("collaborate", "record"),
    ("posted", "random", ("runbook",), ""): ("record", "none"),
    ("liked", "ops", ("runbook",), ""): ("curate", "curate"),
    ("liked", "ops", (), "card.moved"): ("curate", "help"),
}
PEOPLE = 6
SHOWN = """
SELECT (SELECT sum(events) FROM viewer.activity), (SELECT sum(unclassified) FROM viewer.quality)
"""
FACTS = "SELECT behaviour, count() FROM learning.events GROUP BY behaviour ORDER BY behaviour"
COUNTED = """
SELECT behaviour, sum(events) FROM learning.activity_days GROUP BY behaviour ORDER BY behaviour
"""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("rules") / "data")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def admin(up: Up) -> Warehouse:
    return Warehouse(up.url("warehouse_admin"))


def post(up: Up) -> None:
    """What there is of each kind, once a person."""
    statements = [
        {
            "id": str(uuid.uuid4()),
            "actor": {"account": {"homePage": "https://chat.example.org", "name": f"p{number}"}},
            "verb": {"id": vocabulary.VERBS[verb]},
            "object": {"id": f"https://chat.example.org/{topic}/{number}"},
            "context": {
                "platform": "Chat",
                "extensions": {
                    vocabulary.TOPIC: topic,
                    vocabulary.TAGS: list(tags),
                    **({vocabulary.KIND: kind} if kind else {}),
                },
            },
        }
        for number in range(PEOPLE)
        for verb, topic, tags, kind in TOLD
    ]
    lrs = up.stack["lrs"]
    answer = httpx.post(
        f"{lrs['url']}/xapi/statements",
        json=statements,
        auth=(lrs["username"], lrs["password"]),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def expected(which: int, times: int = 1) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for pair in TOLD.values():
        found[pair[which]] = found.get(pair[which], 0) + PEOPLE * times
    return sorted(found.items())


def test_rules_decide_what_comes_and_what_came(up: Up, admin: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "behaviours.toml"
    post(up)
    up.wait(lambda: admin.query(COUNTED) == expected(0))

    file.write_text(RULES.replace('"ask"', '"asking"'))
    wrong = up.run("behaviours", "apply", str(file))
    assert wrong.returncode == 1
    assert f"{file}, line 9 (rule.#2.behaviour): 'asking' is not one of" in wrong.stderr
    assert admin.query("SELECT count() FROM ops.behaviour_rules") == [(0,)]

    file.write_text(RULES)
    tried = up.run("behaviours", "try", str(file))
    assert tried.returncode == 0, tried.stderr
    assert f"     {2 * PEOPLE}  record → none" in tried.stdout
    assert f"     {PEOPLE * 5:2}  would change" in tried.stdout
    assert f"     {PEOPLE * 6:2}  tell no kind, so no rule" in tried.stdout
    assert admin.query(FACTS) == expected(0)

    applied = up.run("behaviours", "apply", str(file))
    assert applied.returncode == 0, applied.stderr
    assert f"     {PEOPLE * 5:2}  history changed" in applied.stdout
    assert admin.query(FACTS) == expected(1)
    assert admin.query(COUNTED) == expected(1)
    assert up.run("behaviours", "show").stdout == RULES
    none = dict(expected(1))["none"]
    up.wait(lambda: admin.query(SHOWN) == [(PEOPLE * len(TOLD) - none, 0.0)])

    post(up)
    up.wait(lambda: admin.query(COUNTED) == expected(1, 2))
    again = up.run("behaviours", "apply")
    assert "      0  history changed" in again.stdout, again.stderr

    verified = up.run("verify", "--json")
    assert verified.returncode == 0, verified.stdout

    # What was put in force and never applied to history, as where the command was killed.
    put_in_force(admin, RULES.replace('behaviour = "none"', 'behaviour = "connect"'))
    time.sleep(0.002)  # a version is a time of its own
    put_in_force(admin, "")
    made_up = up.run("behaviours", "apply")
    assert made_up.returncode == 0, made_up.stderr
    assert admin.query(FACTS) == expected(0, 2)
    assert admin.query(COUNTED) == expected(0, 2)

    # Facts of an earlier version, which did not say what they were done to as a response.
    refers = "SELECT countIf(reference != '') FROM learning.events"
    told_before = admin.query(refers)
    assert told_before[0][0] == 2 * PEOPLE
    admin.execute(
        "ALTER TABLE learning.fact_rows UPDATE reference = '' WHERE 1 SETTINGS mutations_sync = 2"
    )
    assert admin.query(refers) == [(0,)]
    again = up.run("behaviours", "apply", "--all")
    assert again.returncode == 0, again.stderr
    assert "      0  history changed" in again.stdout
    assert admin.query(refers) == told_before
    assert admin.query(FACTS) == expected(0, 2)
    told: list[dict[str, Any]] = json.loads(verified.stdout)
    assert told
