"""The main job on a running stack: statements in, teams and KPIs beside each other out."""

import gzip
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import Up

from tests.waiting import until
from warehouse import Warehouse

pytestmark = pytest.mark.e2e

HOME = "https://tool.headwater.invalid"
ELSEWHERE = "https://other.headwater.invalid"
#: Until every mart has taken in years of history: each rests for a multiple of what it takes.
SETTLED_SECONDS = 900
ASKED = "http://adlnet.gov/expapi/verbs/asked"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One stack for this file; each test uses accounts and ids of its own."""
    running = Up(tmp_path_factory.mktemp("pipeline") / "data")
    yield running
    running.stop()
    assert running.left() == []


@pytest.fixture(scope="module")
def lrs(up: Up) -> Iterator[httpx.Client]:
    address = up.stack["lrs"]
    with httpx.Client(
        base_url=address["url"] + "/xapi",
        auth=(address["username"], address["password"]),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=60,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def admin(up: Up) -> Warehouse:
    return Warehouse(up.url("warehouse_admin"))


@pytest.fixture(scope="module")
def analyst(up: Up) -> Warehouse:
    return Warehouse(up.url("warehouse"))


def asked(account: str, at: str, home: str = HOME) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": home, "name": account}},
        "verb": {"id": ASKED},
        "object": {"id": f"{home}/questions/1"},
        "timestamp": at,
    }


def test_a_directory_loaded_later_gives_teams_to_what_happened_before(
    up: Up, lrs: httpx.Client, admin: Warehouse, analyst: Warehouse, tmp_path: Path
) -> None:
    people = [f"late{n}" for n in range(12)]
    before, after = "2026-10-05T10:00:00Z", "2026-11-10T10:00:00Z"
    events = [asked(name, at) for name in [*people, "stranger"] for at in (before, after)]
    assert lrs.post("/statements", json=events).status_code == 200
    mine = "tool = 'tool.headwater.invalid'"
    until(
        lambda: analyst.query(f"SELECT sum(events) FROM learning.activity WHERE {mine}")[0][0] == 26
    )
    until(
        lambda: (
            analyst.query(f"SELECT sum(events) FROM learning.activity_days WHERE {mine}")[0][0]
            == 26
        )
    )
    assert analyst.query(f"SELECT accounts, events FROM ops.unresolved WHERE {mine}") == [(13, 26)]
    facts = (
        "SELECT count(), groupBitXor(cityHash64(id, time, account, version, gone)) "
        "FROM learning.fact_rows"
    )
    untouched = admin.query(facts)

    rows = ["person,accounts,team,manager,start_date,moves"]
    for n, name in enumerate(people):
        team, moves = ("Blue" if n < 6 else "Red"), ("2026-11-01:Red" if n == 0 else "")
        rows.append(f"p{n},{HOME}|{name},{team},,2026-09-01,{moves}")
    file = tmp_path / "people.csv"
    file.write_text("\n".join(rows) + "\n", "utf-8")
    dry = up.run("directory", "load", str(file), "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert admin.query("SELECT count() FROM directory.load_rows") == [(0,)]
    loaded = up.run("directory", "load", str(file))
    assert loaded.returncode == 0, loaded.stderr

    expected = {
        ("Blue", "2026-10-05"): 6, ("Red", "2026-10-05"): 6, ("", "2026-10-05"): 1,
        ("Blue", "2026-11-10"): 5, ("Red", "2026-11-10"): 7, ("", "2026-11-10"): 1,
    }  # fmt: skip
    for view in ("learning.activity", "learning.activity_days"):
        cells = (
            f"SELECT team, toString(day), sum(v.events) FROM {view} AS v "
            f"WHERE {mine} GROUP BY team, day"
        )
        until(lambda: {(t, d): n for t, d, n in analyst.query(cells)} == expected)  # noqa: B023
    assert admin.query(facts) == untouched
    assert analyst.query(f"SELECT accounts, events FROM ops.unresolved WHERE {mine}") == [(1, 2)]
    bands = analyst.query(
        f"SELECT tenure_band, sum(v.events) FROM learning.activity_days AS v WHERE {mine} "
        "GROUP BY tenure_band ORDER BY tenure_band"
    )
    assert bands == [("0-3 months", 24), ("unknown", 2)]


def test_a_wrong_directory_is_refused_whole_with_every_error(
    up: Up, admin: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "person,accounts,team,manager,start_date,moves\n"
        "w1,github:w1,Blue,,2026-13-01,\nw2,github:w1,Blue,,,\n,,Blue,,,\n",
        "utf-8",
    )
    before = admin.query("SELECT count() FROM vault.person_rows")
    result = up.run("directory", "load", str(file))
    assert result.returncode != 0
    for line in ("2", "3", "4"):
        assert f"line {line}" in result.stderr + result.stdout
    assert admin.query("SELECT count() FROM vault.person_rows") == before


def test_a_corrected_kpi_file_replaces_what_it_corrects(
    up: Up, analyst: Warehouse, tmp_path: Path
) -> None:
    def load(text: str) -> None:
        file = tmp_path / "kpi.csv"
        file.write_text("kpi,unit,direction,team,period,value\n" + text, "utf-8")
        result = up.run("kpi", "load", str(file))
        assert result.returncode == 0, result.stderr + result.stdout

    values = (
        "SELECT toString(period), value FROM kpi.observations WHERE kpi = 'csat' ORDER BY period"
    )
    load("csat,%,up,Blue,2026-W40,80\ncsat,%,up,Blue,2026-W41,81\n")
    until(lambda: analyst.query(values) == [("2026-09-28", 80.0), ("2026-10-05", 81.0)])
    load("csat,%,up,Blue,2026-W41,91\n")
    until(lambda: analyst.query(values) == [("2026-09-28", 80.0), ("2026-10-05", 91.0)])


GARBAGE = [
    (b"{broken", {}, 400),
    (b'[{"actor":', {}, 400),
    (b'{"a":"\xff\xfe"}', {}, 400),
    (b'{"a":"\x00"}', {}, 400),
    (b"\x00" * 100, {}, 400),
    (b"", {}, 400),
    (b"{}", {}, 400),
    (b"[" * 100_000, {}, 400),
    (b"x" * 20, {"Content-Encoding": "gzip"}, 400),
]


def test_garbage_gets_a_clear_4xx_and_disturbs_nothing(
    up: Up, lrs: httpx.Client, admin: Warehouse
) -> None:
    until(lambda: _settled(up))
    stored = admin.query("SELECT count() FROM lrs.statements")
    for body, headers, status in GARBAGE:
        answer = lrs.post(
            "/statements", content=body, headers={"Content-Type": "application/json", **headers}
        )
        assert answer.status_code == status, (body[:20], answer.text)
        assert answer.json()["error"], answer.text
    hook = up.stack["hooks"]["url"] + "/hooks/github"
    wrong = {"X-Hub-Signature-256": "sha256=" + "0" * 64, "Content-Type": "application/json"}
    assert httpx.post(hook, content=b"{}", headers=wrong, timeout=60).status_code == 401
    good = asked("undisturbed", "2026-10-01T00:00:00Z", ELSEWHERE)
    assert lrs.post("/statements", json=good).status_code == 200
    until(lambda: admin.query("SELECT count() FROM lrs.statements") == [(stored[0][0] + 1,)])


@pytest.mark.parametrize("part", ["lrs", "hooks"])
def test_a_hundred_megabytes_are_refused_before_they_are_read(
    up: Up, lrs: httpx.Client, part: str
) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1 << 20
            yield b"x" * (1 << 20)

    url = "/statements" if part == "lrs" else up.stack["hooks"]["url"] + "/hooks/github"
    try:
        answer = lrs.post(url, content=body(), headers={"Content-Type": "application/json"})
        # The hooks server asks for a signature before it asks how large the body is.
        assert answer.status_code == (413 if part == "lrs" else 401)
        assert ("bytes" if part == "lrs" else "signature") in answer.text.lower()
    except (httpx.WriteError, httpx.ReadError):
        assert sent < 100 << 20  # the server hung up while the client was still sending


@pytest.mark.timeout(2 * SETTLED_SECONDS + 300)
def test_twenty_two_thousand_real_statements_and_again_nothing_changes(
    up: Up, admin: Warehouse, shared: Path
) -> None:
    file = shared / "data" / "statements_fun_mooc.json.gz"
    with gzip.open(file) as lines:
        ids = {json.loads(line)["id"] for line in lines}
    assert len(ids) == 22_000
    for attempt in range(2):
        result = up.run("load", str(file))
        assert result.returncode == 0, (attempt, result.stderr, result.stdout)
        until(lambda: _settled(up), seconds=SETTLED_SECONDS)
        stored = {str(row[0]) for row in admin.query("SELECT id FROM lrs.statements")}
        assert ids <= stored
        facts = admin.query(
            "SELECT count(), uniqExact(id) FROM learning.events WHERE tool NOT IN "
            "('tool.headwater.invalid', 'other.headwater.invalid', 'GitHub')"
        )
        assert facts == [(22_000, 22_000)]
        days = admin.query(
            "SELECT sum(v.events) FROM learning.activity_days AS v WHERE tool NOT IN "
            "('tool.headwater.invalid', 'other.headwater.invalid', 'GitHub')"
        )
        assert days == [(22_000,)]


def _settled(up: Up) -> bool:
    """Every consumer is at the end of its topic, and no hour waits for its roll-up."""
    behind = sum(row["lag"] for row in up.status()["lag"])
    waiting = "SELECT count() FROM ops.dirty_waiting"
    return behind == 0 and Warehouse(up.url("warehouse_admin")).query(waiting) == [(0,)]
