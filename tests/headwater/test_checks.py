"""What the warehouse knows of what is wrong, on the real engine: broken parts, refusals."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from headwater.embedded import checks
from headwater.embedded.checks import Seen
from headwater.embedded.findings import Finding
from streams import rowbinary
from streams.rowbinary import Row
from warehouse import Warehouse, WarehouseError

pytestmark = pytest.mark.integration


@pytest.fixture
def admin(warehouse: Any) -> Iterator[Warehouse]:
    made = Warehouse(warehouse.admin)
    yield made
    made.close()


@pytest.fixture
def seen(warehouse: Any, tmp_path: Path) -> Seen:
    where = urlsplit(warehouse.admin)
    told = {
        "url": f"http://{where.hostname}:{where.port}",
        "username": where.username,
        "password": where.password,
    }
    return Seen(tmp_path, {}, {"warehouse_admin": told})


def store(admin: Warehouse, many: int) -> None:
    """Some statements, in a part of their own."""
    for offset in range(many):
        said = {
            "id": str(uuid.uuid4()),
            "actor": {"mbox": f"mailto:{uuid.uuid4()}@corp.invalid"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
            "object": {"id": f"https://corp.invalid/{uuid.uuid4()}"},
        }
        row = Row(0, offset, int(time.time() * 1000), b"lrs:a", orjson.dumps(said))
        block = rowbinary.records(time.time_ns(), [row])
        admin.insert_bytes("lrs.records_in", rowbinary.RECORD_COLUMNS, block, "RowBinary")


def whats(found: list[Finding]) -> list[str]:
    return [one.what for one in found]


def test_a_warehouse_that_is_well_has_nothing_to_say(seen: Seen, admin: Warehouse) -> None:
    store(admin, 1)
    assert checks.in_warehouse(seen) == []


def test_a_part_that_cannot_be_read_is_named_with_what_to_do(seen: Seen, admin: Warehouse) -> None:
    admin.execute("CREATE TABLE ops.victim (id UInt64, raw String) ENGINE = MergeTree ORDER BY id")
    try:
        rows = [(n, str(uuid.uuid4()) * 20) for n in range(2000)]
        admin.insert("ops.victim", ("id", "raw"), rows)
        ask = "SELECT name, path FROM system.parts WHERE table = 'victim' AND active"
        [(part, path)] = admin.query(ask)
        file = max(Path(path).glob("*"), key=lambda each: each.stat().st_size)
        content = bytearray(file.read_bytes())
        for at in range(len(content) // 3, len(content) // 3 + 64):
            content[at] ^= 0xFF
        file.write_bytes(content)
        admin.execute("SYSTEM DROP MARK CACHE")
        with pytest.raises(WarehouseError):
            admin.query("SELECT sum(cityHash64(raw)) FROM ops.victim")
        [said] = checks.failed_reads(seen)
        assert said.what == f"the part {part} of ops.victim cannot be read"
        assert f"ALTER TABLE ops.victim DETACH PART '{part}'" in said.do
        assert abs(said.since - time.time()) < 60
        admin.execute(f"ALTER TABLE ops.victim DETACH PART '{part}'")
        assert checks.failed_reads(seen) == [], "it was dealt with"
        detached = Path(path).parent / "detached"
        (detached / part).rename(detached / f"broken-on-start_{part}")
        [aside] = checks.set_aside(seen)
        assert aside.what == (
            f"the part broken-on-start_{part} of ops.victim could not be read and was set aside"
        )
        assert "DROP DETACHED PART" in aside.do
        assert aside.since > 0
    finally:
        admin.execute("DROP TABLE ops.victim SYNC")


def test_the_first_rows_of_every_part_are_read(
    seen: Seen, admin: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "PROBED", ("lrs.statement_rows", "ops.no_such_table"))
    [said] = checks.probing(seen)
    assert said.what == "ops.no_such_table cannot be read"


def test_refusals_that_grow_are_told_and_those_that_are_usual_are_not(
    seen: Seen, admin: Warehouse
) -> None:
    columns = ("id", "at", "source", "kind", "reason", "path", "body", "encoding", "headers")

    def refuse(times: int, ago: timedelta) -> None:
        at = datetime.now(UTC) - ago
        row = (at, "lrs:openedx", "unreadable", "why", "$", "{}", "", {})
        rows = [(uuid.uuid4(), *row) for _ in range(times)]
        admin.insert("vault.rejected_rows", columns, rows)

    refuse(checks.REFUSALS - 1, timedelta(minutes=1))
    assert checks.refusals(seen) == []
    refuse(5, timedelta(minutes=2))
    [said] = checks.refusals(seen)
    assert said.what == f"{checks.REFUSALS + 4} refusals in ten minutes, where 0 are usual"
    assert said.detail == "most from lrs:openedx"
    assert 60 < time.time() - said.since < 300
    refuse(144 * 20, timedelta(hours=5))
    assert checks.refusals(seen) == []
    admin.execute("TRUNCATE TABLE vault.rejected_rows")


def test_processors_that_say_nothing_and_dirty_hours_that_wait_are_told(
    seen: Seen, admin: Warehouse
) -> None:
    ago = datetime.now(UTC) - timedelta(minutes=20)
    columns = ("part", "metric", "value", "text", "at")
    admin.insert("ops.beat_rows", columns, [("activity", "facts", 1.0, "", ago)])
    [silent] = checks.reports(seen)
    assert (silent.part, silent.what) == ("worker", "its processor activity has reported nothing")
    assert abs(silent.since - ago.timestamp()) < 2
    admin.insert("ops.dirty_hours", ("hour", "at"), [(ago, ago)])
    [waiting] = checks.dirty_hours(seen)
    assert waiting.what == "1 marked hours wait for the roll-ups"
    admin.execute("TRUNCATE TABLE ops.dirty_hours")
    admin.execute("TRUNCATE TABLE ops.beat_rows")


def test_what_the_last_verification_found_is_told_until_one_finds_nothing(
    seen: Seen, admin: Warehouse
) -> None:
    columns = ("run", "at", "what", "partition", "hour", "missing", "surplus", "why", "mended")
    nought, now = datetime.fromtimestamp(0, UTC), datetime.now(UTC)

    def verified(missing: int, at: datetime) -> None:
        row = (uuid.uuid4(), at, "", -1, nought, missing, 0, "12 records compared", 0)
        admin.insert("ops.verification_rows", columns, [row])

    verified(8, now - timedelta(hours=1))
    [said] = checks.verification(seen)
    assert said.what == "the last verification found 8 rows missing and 0 too many"
    assert said.do == "`headwater verify --repair`"
    verified(0, now)
    assert checks.verification(seen) == []


def test_a_warehouse_that_is_not_there_is_one_finding(tmp_path: Path) -> None:
    told = {"url": "http://127.0.0.1:9", "username": "headwater", "password": "h"}
    [said] = checks.warehouse(Seen(tmp_path, {}, {"warehouse_admin": told}))
    assert (said.part, said.what) == ("warehouse", "it does not answer")
