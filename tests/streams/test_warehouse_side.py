"""What ClickHouse does with what the processors hand it: the schema against the real engine."""

import asyncio
import itertools
import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from bus import records
from bus.records import Position
from lrs.statements.reader import WarehouseReader
from streams import deduplication, marts, rowbinary
from streams.errors import EmptyRollUp
from streams.release import release
from streams.rollups import forget, keep, recompute
from streams.rowbinary import Row
from warehouse import Warehouse, schema
from xapi import days
from xapi.event import FIELDS, Event, encoded
from xapi.identity import canonical

pytestmark = pytest.mark.integration

ASKED = "http://adlnet.gov/expapi/verbs/asked"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
FOREVER = date(2149, 6, 6)
#: Columns of facts that the migrations which are carried out again did not know, and the migration
#: that reads them.
ADDED_SINCE = ("success", "score", "parent", "reference", "registration", "language")
READ_SINCE = 200


@pytest.fixture(scope="module")
def admin(warehouse: Any) -> Warehouse:
    found = Warehouse(warehouse.admin)
    keep(found, marts.every())
    return found


@pytest.fixture(scope="module")
def viewer(warehouse: Any) -> Warehouse:
    return Warehouse(warehouse.viewer)


def batch() -> int:
    return time.time_ns()


def put(admin: Warehouse, *rows: Row) -> int:
    number = batch()
    block = rowbinary.records(number, rows)
    admin.insert_bytes("lrs.records_in", rowbinary.RECORD_COLUMNS, block, "RowBinary")
    return number


def line(identifier: str, **changes: Any) -> bytes:
    return orjson.dumps(
        {
            "id": identifier,
            "actor": {"mbox": "mailto:ada@corp.invalid"},
            "verb": {"id": ASKED},
            "object": {"id": "https://corp.invalid/1"},
            **changes,
        }
    )


def recent() -> int:
    return int(time.time() * 1000)


def test_the_codecs_newline_divides_a_record_and_keeps_each_position(admin: Warehouse) -> None:
    ids = [str(uuid.uuid4()) for _ in range(3)]
    at = recent()
    put(admin, Row(5, 77, at, b"lrs:a", records.DELIMITER.join(line(i) for i in ids)))
    found = admin.query(
        "SELECT toString(id), position, source, raw FROM lrs.statements "
        "WHERE id IN {ids:Array(UUID)}",
        {"ids": ids},
    )
    assert {row[0]: Position.from_uint128(row[1]) for row in found} == {
        identifier: Position(at, 5, 77, number) for number, identifier in enumerate(ids)
    }
    assert {row[3] for row in found} == {line(i).decode() for i in ids}
    assert {row[2] for row in found} == {"lrs:a"}


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:Ada@Corp.invalid"},
        {"account": {"homePage": "https://github.com/", "name": "octocat"}},
        {"account": {"homePage": "https://github.com", "name": "Ünï|çode"}},
        {"mbox_sha1sum": "ABCDEF0123"},
        {"openid": "https://id.invalid/ada"},
        {"objectType": "Group", "member": [{"mbox": "mailto:a@b.invalid"}]},
    ],
)
def test_the_engine_names_an_actor_as_python_does(admin: Warehouse, actor: dict[str, Any]) -> None:
    identifier = str(uuid.uuid4())
    put(admin, Row(0, 1, recent(), b"", line(identifier, actor=actor)))
    found = admin.query("SELECT actor FROM lrs.statements WHERE id = {id:UUID}", {"id": identifier})
    assert found == [(canonical(actor),)]


def test_the_first_in_position_wins_whatever_arrives_first(admin: Warehouse) -> None:
    identifier = str(uuid.uuid4())
    at = recent()
    late = put(admin, Row(2, 9, at + 50, b"", line(identifier, result={"completion": True})))
    early = put(admin, Row(1, 900, at, b"", line(identifier)))
    again = put(admin, Row(2, 9, at + 50, b"", line(identifier, result={"completion": True})))
    found = admin.query(
        "SELECT position, raw FROM lrs.statements WHERE id = {id:UUID}", {"id": identifier}
    )
    assert found == [(Position(at, 1, 900, 0).as_uint128(), line(identifier).decode())]
    for number in (late, early, again):
        deduplication.note(admin, [number])
    winner = admin.query(
        "SELECT winner FROM lrs.twins FINAL WHERE id = {id:UUID}", {"id": identifier}
    )
    assert winner == [(Position(at, 1, 900, 0).as_uint128(),)]
    losers = admin.rows("deduplication/losers", batches=[early])
    assert [Position.from_uint128(row[1]) for row in losers if str(row[0]) == identifier] == [
        Position(at + 50, 2, 9, 0)
    ]


def test_a_statement_that_arrivals_have_forgotten_still_wins(admin: Warehouse) -> None:
    identifier = str(uuid.uuid4())
    old = Position(recent() - 40 * 86_400_000, 3, 1, 0)
    put(admin, Row(old.partition, old.offset, old.appended_ms, b"", line(identifier)))
    admin.execute("DELETE FROM lrs.arrivals WHERE id = {id:UUID}", {"id": identifier})
    late = put(admin, Row(3, 2, recent(), b"", line(identifier)))
    deduplication.note(admin, [late])
    winner = admin.query(
        "SELECT winner FROM lrs.twins FINAL WHERE id = {id:UUID}", {"id": identifier}
    )
    assert winner == [(old.as_uint128(),)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"rubbish", "the line is not JSON"),
        (b"", "the line is not JSON"),
        (b"\xff\xfe", "the line is not JSON"),
        (b"{}", "id is missing"),
        (b'{"id":"7"}', "id is not a UUID"),
        (b'{"id":"2b134c19-aad6-43b7-9b4f-cb78fb59677e"}', "verb.id is missing"),
    ],
)
def test_a_line_that_is_no_statement_stalls_nothing_and_is_kept(
    admin: Warehouse, bad: bytes, reason: str
) -> None:
    good = str(uuid.uuid4())
    offset = batch() % (1 << 40)
    put(admin, Row(7, offset, recent(), b"lrs:a", b"\n".join((line(good), bad))))
    stored = admin.query("SELECT count() FROM lrs.statements WHERE id = {id:UUID}", {"id": good})
    assert stored == [(1,)]
    (found,) = admin.rows_of_bytes(
        "recorder/poison", partitions=[6, 7], firsts=[0, offset], lasts=[9, offset]
    )
    assert found[:3] == (7, offset, 1)
    assert found[4:] == (bad, reason.encode())
    beside = {"partitions": [6, 7], "firsts": [offset, 0], "lasts": [offset, 9]}
    assert admin.rows_of_bytes("recorder/poison", **beside) == []


def event(identifier: str, at: int, account: int, position: Position, **changes: Any) -> bytes:
    made = Event(
        id=identifier, time=at, account=account, tool="T", behaviour="ask", scaffold="discovery",
        know="who", verb=ASKED, source="lrs:a", position=str(position.as_uint128()),
    )  # fmt: skip
    return encoded(msgspec.structs.replace(made, **changes))


def facts(admin: Warehouse, *values: bytes) -> int:
    number = batch()
    block = rowbinary.events(number, values)
    admin.insert_bytes("learning.events_in", rowbinary.EVENT_COLUMNS, block, "RowBinary")
    admin.command("facts/dirty", batch=number)
    return number


@pytest.mark.parametrize("facts_first", [True, False])
def test_a_losers_fact_in_another_hour_is_tombstoned_whichever_side_comes_last(
    admin: Warehouse, facts_first: bool
) -> None:
    identifier = str(uuid.uuid4())
    at = recent()
    first, second = Position(at, 0, 1, 0), Position(at + 5, 1, 1, 0)
    hour = 3_600_000

    def statements() -> None:
        number = put(
            admin,
            Row(0, 1, at, b"", line(identifier)),
            Row(1, 1, at + 5, b"", line(identifier, result={"completion": True})),
        )
        deduplication.note(admin, [number])
        deduplication.tombstone(admin, deduplication.STATEMENTS, [number])

    def events() -> None:
        number = facts(
            admin,
            event(identifier, at - 9 * hour, 1, first),
            event(identifier, at - 5 * hour, 1, second),
        )
        deduplication.tombstone(admin, deduplication.FACTS, [number])

    for step in (events, statements) if facts_first else (statements, events):
        step()
    found = admin.query(
        "SELECT position FROM learning.events WHERE id = {id:UUID}", {"id": identifier}
    )
    assert found == [(first.as_uint128(),)]


@pytest.mark.parametrize("fact_first", [True, False])
def test_a_voided_statement_is_no_event(admin: Warehouse, fact_first: bool) -> None:
    identifier, void = str(uuid.uuid4()), str(uuid.uuid4())
    at = recent()

    def voiding() -> None:
        target = {"objectType": "StatementRef", "id": identifier}
        number = put(admin, Row(3, 1, at, b"", line(void, verb={"id": VOIDED}, object=target)))
        deduplication.tombstone(admin, deduplication.STATEMENTS, [number])

    def fact() -> None:
        number = facts(admin, event(identifier, at, 1, Position(at, 4, 1, 0)))
        deduplication.tombstone(admin, deduplication.FACTS, [number])

    for step in (fact, voiding) if fact_first else (voiding, fact):
        step()
    count = "SELECT count() FROM learning.events WHERE id = {id:UUID}"
    assert admin.query(count, {"id": identifier}) == [(0,)]


def signed(name: str) -> dict[str, Any]:
    return {"account": {"homePage": "https://lrs.invalid", "name": name}}


@pytest.mark.parametrize(
    "order",
    list(itertools.permutations(("target", "void", "fact"))),
    ids="-".join,
)
@pytest.mark.parametrize(
    ("source", "authority", "counts"),
    [
        (b"lrs:tool#no-void#no-define", "tool", False),
        (b"lrs:tool#no-void", "other", True),
        (b"lrs:tool#no-define", "tool", True),
        (b"hook:github", "tool", True),
    ],
)
def test_who_may_void_only_their_own_voids_nothing_else_whatever_comes_first(
    admin: Warehouse, order: tuple[str, ...], source: bytes, authority: str, counts: bool
) -> None:
    identifier, void = str(uuid.uuid4()), str(uuid.uuid4())
    at, offset = recent(), batch() % (1 << 40)
    place = Position(at, 4, offset, 0)
    voids = {"verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": identifier}}

    def swept(row: Row) -> None:
        number = put(admin, row)
        deduplication.note(admin, [number])
        deduplication.tombstone(admin, deduplication.STATEMENTS, [number])

    def fact() -> None:
        number = facts(admin, event(identifier, at, 1, place))
        deduplication.tombstone(admin, deduplication.FACTS, [number])

    text = line(identifier, authority=signed("other"))
    undoing = line(void, **voids, authority=signed(authority))
    steps = {
        "target": lambda: swept(Row(4, offset, at, b"lrs:other", text)),
        "void": lambda: swept(Row(3, offset, at, source, undoing)),
        "fact": fact,
    }
    for name in order:
        steps[name]()
    of_id = {"id": identifier}
    events = "SELECT count() FROM learning.events WHERE id = {id:UUID}"
    assert admin.query(events, of_id) == [(0 if counts else 1,)]
    voided = admin.query("SELECT count() FROM lrs.voided WHERE id = {id:UUID}", of_id)
    assert voided == [(1 if counts else 0,)]
    reader = WarehouseReader(admin)
    shown = asyncio.run(reader.one(uuid.UUID(identifier)))
    assert (shown is None) is counts
    assert asyncio.run(reader.voided(uuid.UUID(identifier))) is counts


def test_a_later_delivery_with_ones_own_authority_does_not_let_one_void_the_first(
    admin: Warehouse,
) -> None:
    identifier = str(uuid.uuid4())
    at, offset = recent(), batch() % (1 << 40)
    voids = {"verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": identifier}}
    first, second = Position(at, 1, offset, 0), Position(at + 5, 2, offset, 0)
    own = {"authority": signed("tool")}
    rows = [  # the warehouse gets the later one and its void first
        Row(2, offset, at + 5, b"lrs:tool#no-void", line(identifier, **own)),
        Row(3, offset, at + 6, b"lrs:tool#no-void", line(str(uuid.uuid4()), **voids, **own)),
        Row(1, offset, at, b"lrs:other", line(identifier, authority=signed("other"))),
    ]
    places = [second, None, first]
    for row, place in zip(rows, places, strict=True):
        number = put(admin, row)
        deduplication.note(admin, [number])
        deduplication.tombstone(admin, deduplication.STATEMENTS, [number])
        if place:
            number = facts(admin, event(identifier, at, 1, place))
            deduplication.tombstone(admin, deduplication.FACTS, [number])
    found = admin.query(
        "SELECT position FROM learning.events WHERE id = {id:UUID}", {"id": identifier}
    )
    assert found == [(first.as_uint128(),)]
    assert not asyncio.run(WarehouseReader(admin).voided(uuid.UUID(identifier)))


def organisation(admin: Warehouse, teams: dict[str, list[int]]) -> None:
    """A closed directory load with these accounts in these teams, each person one account."""
    load = str(uuid.uuid4())
    rows = [
        (
            load,
            1,
            account * 1000,
            date(2020, 1, 1),
            0,
            [account],
            [(team, date(1970, 1, 1), FOREVER)],
        )
        for team, accounts in teams.items()
        for account in accounts
    ]
    columns = ("load", "sequence", "person", "start", "manager", "accounts", "teams")
    admin.insert("directory.person_rows", columns, rows)
    admin.execute(
        "INSERT INTO directory.load_rows (load, sequence, people, at) "
        "VALUES ({load:UUID}, 1, 1, now64(3))",
        {"load": load},
    )
    for name in ("account_person", "person_start", "person_team", "team_size"):
        admin.command(f"directory/reload_{name}")


def everything(admin: Warehouse) -> None:
    """Takes in all dirty hours."""
    while sum(recompute(admin, mart, "test") for mart in marts.every()):
        pass


def by_day(admin: Warehouse, large: int | None = None) -> None:
    """Takes in what is dirty for the roll-up by day alone."""
    (mart,) = (mart for mart in marts.every() if mart.name == "activity")
    while recompute(admin, mart, "test", large=large):
        pass


def activity(store: Warehouse) -> int:
    """One pass over the mart activity."""
    (mart,) = (mart for mart in marts.every() if mart.name == "activity")
    return recompute(store, mart, "test")


WAITING = "SELECT count() FROM ops.dirty_waiting"


def test_a_viewer_sees_no_group_under_five(admin: Warehouse, viewer: Warehouse) -> None:
    tool = f"k-{uuid.uuid4().hex[:6]}"
    big, small = list(range(101, 107)), list(range(201, 204))
    organisation(admin, {"Big": big, "Small": small})
    # A week of its own: what others did in it would split its cells otherwise.
    at = 1_640_995_200_000 + random.randrange(100 * 7) * 86_400_000
    facts(
        admin,
        *(
            event(str(uuid.uuid4()), at, account, Position(at, 0, n, 0), tool=tool)
            for n, account in enumerate([*big, *small])
        ),
    )
    release(admin, [mart for mart in marts.every() if mart.published], 1)
    everything(admin)
    for view in ("teams", "team_activity", "people_weeks", "latest"):
        teams = {team for (team,) in viewer.query(f"SELECT DISTINCT team FROM viewer.{view}")}
        assert "Small" not in teams, view
    # Three people stand beside the large team: they count together with it, and no difference
    # reveals them; it is the same in every table.
    sums = [
        viewer.query(f"SELECT week, sum(events) FROM viewer.{view} GROUP BY week ORDER BY week")
        for view in ("activity", "team_activity", "tool_activity", "tenure_weeks")
    ]
    assert sums[0]
    assert all(one == sums[0] for one in sums)
    shown = viewer.query(f"SELECT tool FROM viewer.tool_activity WHERE tool = '{tool}'")
    assert shown, "nine people used it"
    columns = viewer.query(
        "SELECT name FROM system.columns WHERE database = 'viewer' "
        "AND name IN ('person', 'account', 'id', 'actor') "
        "AND table != 'links'"  # a link's id is of its method and figures
    )
    assert columns == []


def test_a_roll_up_leaves_no_ghost_of_a_day_that_lost_its_facts(admin: Warehouse) -> None:
    identifier, tool = str(uuid.uuid4()), f"g-{uuid.uuid4().hex[:6]}"
    at = recent() - 40 * 86_400_000
    facts(admin, event(identifier, at, 9, Position(at, 0, 1, 0), tool=tool))
    everything(admin)
    count = f"SELECT sum(d.events) FROM learning.activity_days AS d WHERE tool = '{tool}'"
    assert admin.query(count) == [(1,)]
    target = {"objectType": "StatementRef", "id": identifier}
    number = put(
        admin,
        Row(3, 2, recent(), b"", line(str(uuid.uuid4()), verb={"id": VOIDED}, object=target)),
    )
    deduplication.tombstone(admin, deduplication.STATEMENTS, [number])
    everything(admin)
    assert admin.query(count) == [(0,)]
    assert admin.query(WAITING) == [(0,)]


class Losing(Warehouse):
    """A warehouse that computes nothing where a day is asked for, and says nothing of it."""

    day = ""

    def execute(self, sql: str, parameters: Any = None) -> None:
        computing = "INSERT INTO learning.activity_day_rows_staging" in sql
        if computing and self.day in (parameters or {}).get("periods", ()):
            return
        super().execute(sql, parameters)


def day_of(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"


def test_a_day_that_comes_out_empty_stays_and_is_tried_again(
    admin: Warehouse, warehouse: Any
) -> None:
    """Reported, never swapped in; the other days of the same pass go on."""
    tool = f"e-{uuid.uuid4().hex[:6]}"
    lost, other = (recent() - n * 86_400_000 for n in (70, 71))
    facts(
        admin,
        *(
            event(str(uuid.uuid4()), at, 1, Position(at, 0, 1, 0), tool=tool)
            for at in (lost, other)
        ),
    )
    everything(admin)
    assert_days_are_their_facts(admin, tool)
    facts(
        admin,
        *(
            event(str(uuid.uuid4()), at, 2, Position(at, 0, 2, 0), tool=tool)
            for at in (lost, other)
        ),
    )
    losing = Losing(warehouse.admin)
    losing.day = day_of(lost)
    with pytest.raises(EmptyRollUp, match=day_of(lost)):
        activity(losing)
    per_day = (
        "SELECT toString(day), sum(d.events) FROM learning.activity_days AS d "
        f"WHERE tool = '{tool}' GROUP BY day ORDER BY day"
    )
    assert admin.query(per_day) == [(day_of(other), 2), (day_of(lost), 1)]
    with pytest.raises(EmptyRollUp, match=day_of(lost)):
        activity(losing)
    everything(admin)
    assert_days_are_their_facts(admin, tool)


ZONES = ("UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Etc/GMT+12")
ODD = ("0001-01-01", "1900-01-01", "1969-12-31", "1970-01-01", "1970-01-02", "2099-12-31",
       "2100-01-01", "2105-12-31", "2106-02-07", "2149-06-07", "9999-12-31")  # fmt: skip


@pytest.fixture(scope="class", params=ZONES)
def tools(admin: Warehouse, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What was used in a zone so far, which at the end is whole in the zone of before, too."""
    before = admin.query("SELECT time_zone FROM viewer.settings")[0][0]
    found: list[str] = []
    in_time_zone(admin, request.param)
    by_day(admin)
    try:
        yield found
        everything(admin)
        assert admin.query(WAITING) == [(0,)], "every mart takes odd dates in"
        # No odd date has emptied a day of those that came before it.
        for tool in found:
            assert_days_are_their_facts(admin, tool)
    finally:
        in_time_zone(admin, before)
        by_day(admin)
    for tool in found:
        assert_days_are_their_facts(admin, tool)


class TestAnOddDate:
    """It counts at the nearest end of the calendar; so does what a mark of it asks for.

    Odd dates share a zone: all of history is counted anew with each change of it.
    """

    @pytest.mark.parametrize("odd", ODD)
    def test_it_empties_no_other_day(self, admin: Warehouse, tools: list[str], odd: str) -> None:
        tool = f"o-{uuid.uuid4().hex[:6]}"
        at = recent() - 80 * 86_400_000
        moment = int(datetime.fromisoformat(f"{odd}T00:00:00+00:00").timestamp() * 1000)
        facts(
            admin,
            event(str(uuid.uuid4()), at, 1, Position(at, 0, 1, 0), tool=tool),
            event(str(uuid.uuid4()), moment or 1, 1, Position(at, 0, 2, 0), tool=tool),
        )
        tools.append(tool)
        odd_hour = min(max(moment // 1000, 0), (1 << 32) - 1)
        admin.insert("ops.dirty_hours", ("hour",), [(datetime.fromtimestamp(odd_hour, UTC),)])
        by_day(admin)
        assert_days_are_their_facts(admin, tool)
        rows = admin.query(
            "SELECT min(day), max(day), sum(d.events) FROM learning.activity_days AS d "
            f"WHERE tool = '{tool}'"
        )
        assert days.FIRST <= rows[0][0] <= rows[0][1] <= days.LAST
        assert rows[0][2] == 2


def test_between_the_farthest_zones_a_day_keeps_no_cell_that_has_no_fact(admin: Warehouse) -> None:
    tool = f"f-{uuid.uuid4().hex[:6]}"
    noon = recent() // 86_400_000 * 86_400_000 - 60 * 86_400_000 + 43_200_000
    before = admin.query("SELECT time_zone FROM viewer.settings")[0][0]
    facts(
        admin,
        *(
            event(
                str(uuid.uuid4()),
                noon + hours * 3_600_000,
                1,
                Position(noon, 0, hours + 12, 0),
                tool=tool,
            )
            for hours in (-2, -1)
        ),
    )
    try:
        for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Kiritimati"):
            in_time_zone(admin, zone)
            by_day(admin)
            assert_days_are_their_facts(admin, tool)
    finally:
        in_time_zone(admin, before)
        by_day(admin)
    assert_days_are_their_facts(admin, tool)


def migrated_again(admin: Warehouse, *numbers: int) -> None:
    """What migrations do to data that stand there, with the table of marks that was there then."""
    admin.execute("CREATE TABLE ops.mark_rows (hour DateTime('UTC'), mark UUID, "
                  "at DateTime64(3, 'UTC') DEFAULT now64(3), version UInt8, gone UInt8) "
                  "ENGINE = ReplacingMergeTree(version, gone) ORDER BY (hour, mark)")  # fmt: skip
    then = ", ".join(name for name in (*FIELDS, "version", "gone") if name not in ADDED_SINCE)
    for script in schema.migrations():
        if script.number in numbers:
            for statement in schema.statements(script.text):
                into = "INSERT INTO learning.fact_rows\n"
                admin.execute(statement.replace(into, f"{into.rstrip()} ({then})\n"))
    for script in schema.migrations():
        if script.number == READ_SINCE:
            for statement in schema.statements(script.text):
                if "MODIFY QUERY" in statement:
                    admin.execute(statement)
    (carried,) = (each for each in schema.migrations() if each.number == 43)
    for statement in schema.statements(carried.text):
        if "ops.mark_rows" in statement:
            admin.execute(statement)


def test_what_odd_dates_have_done_heals_with_the_upgrade(admin: Warehouse) -> None:
    """Facts of before stand at the old ends, a day was emptied, its marks are done."""
    tool = f"u-{uuid.uuid4().hex[:6]}"
    at = recent() - 90 * 86_400_000
    late, early, old = (str(uuid.uuid4()) for _ in range(3))
    put(admin, Row(1, 70, at, b"", line(late, timestamp="2103-04-05T06:07:08.009Z")))
    facts(
        admin,
        event(late, recent(), 1, Position(at, 1, 70, 0), tool=tool),
        event(early, recent(), 1, Position(at, 1, 71, 0), tool=tool),
        event(old, at, 1, Position(at, 1, 72, 0), tool=tool),
    )
    for identifier, moment in ((late, 4_102_444_800_000), (early, 1)):
        admin.execute(
            "INSERT INTO learning.fact_rows SELECT * REPLACE ("
            "fromUnixTimestamp64Milli({at:Int64}, 'UTC') AS time) "
            "FROM learning.fact_rows WHERE id = {id:UUID}",
            {"at": moment, "id": identifier},
        )
        admin.execute(
            "ALTER TABLE learning.fact_rows DELETE WHERE id = {id:UUID} AND time != "
            "fromUnixTimestamp64Milli({at:Int64}, 'UTC') SETTINGS mutations_sync = 2",
            {"at": moment, "id": identifier},
        )
    everything(admin)
    admin.execute(
        "ALTER TABLE learning.activity_day_rows DROP PARTITION {day:String}", {"day": day_of(at)}
    )
    migrated_again(admin, 28, 29)
    everything(admin)
    assert_days_are_their_facts(admin, tool)
    times = (
        "SELECT toString(id), toUnixTimestamp64Milli(time) FROM learning.events WHERE tool = '{}'"
    )
    assert dict(admin.query(times.format(tool))) == {
        late: int(datetime(2103, 4, 5, 6, 7, 8, 9000, tzinfo=UTC).timestamp() * 1000),
        early: days.EARLIEST_MS,
        old: at,
    }
    # A redelivery is put where the moved row is, and no second one stands.
    facts(admin, event(early, 1, 1, Position(at, 1, 71, 0), tool=tool))
    assert len(admin.query(times.format(tool))) == 3


CELLS = """
    SELECT toString(day), team, tenure_band, tool, behaviour, scaffold, resolved, {what}
    FROM {table} AS t WHERE tool = '{tool}' GROUP BY ALL ORDER BY ALL
"""


def assert_days_are_their_facts(admin: Warehouse, tool: str) -> None:
    """The roll-up by day holds exactly what the facts say."""
    facts = CELLS.format(what="count(), uniqExact(person)", table="learning.events", tool=tool)
    days = CELLS.format(
        what="sum(t.events), uniqExactMerge(t.people)",
        table="learning.activity_day_rows",
        tool=tool,
    )
    assert admin.query(days) == admin.query(facts)


def hours_kept(admin: Warehouse, tool: str) -> int:
    return int(
        admin.query(
            "SELECT uniqExact(hour) FROM learning.activity_hour_rows WHERE tool = {tool:String}",
            {"tool": tool},
        )[0][0]
    )


def in_time_zone(admin: Warehouse, zone: str) -> None:
    admin.insert("ops.setting_rows", ("name", "value"), [("time_zone", zone)])
    admin.command("marts/everything", mart="activity")


def test_a_large_day_is_put_together_from_its_hours(admin: Warehouse) -> None:
    tool = f"h-{uuid.uuid4().hex[:6]}"
    midnight = recent() // 86_400_000 * 86_400_000 - 50 * 86_400_000
    number = iter(range(1, 10_000))

    def happen(*hours: int, account: int = 1) -> list[str]:
        made = [str(uuid.uuid4()) for _ in hours]
        at = [Position(midnight, 0, next(number), 0) for _ in hours]
        facts(
            admin,
            *(
                event(i, midnight + hour * 3_600_000 + 7, account, p, tool=tool)
                for i, hour, p in zip(made, hours, at, strict=True)
            ),
        )
        return made

    first = happen(0, 1, 9, 9, 23)
    by_day(admin, 5)
    assert hours_kept(admin, tool) == 0  # nobody knew that the day was large
    assert_days_are_their_facts(admin, tool)
    happen(9, account=2)
    by_day(admin, 5)
    assert hours_kept(admin, tool) == 4
    assert_days_are_their_facts(admin, tool)
    # An hour that appears, one that grows, one that loses all it had.
    happen(14, 14, 23, account=3)
    target = {"objectType": "StatementRef", "id": first[1]}
    void = line(str(uuid.uuid4()), verb={"id": VOIDED}, object=target)
    gone = put(admin, Row(3, 3, recent(), b"", void))
    deduplication.tombstone(admin, deduplication.STATEMENTS, [gone])
    by_day(admin, 5)
    assert hours_kept(admin, tool) == 4
    assert_days_are_their_facts(admin, tool)
    # Only marked hours are read again: what the others hold is what was computed for them.
    admin.execute("ALTER TABLE learning.activity_hour_rows DELETE WHERE tool = {t:String} "
                  "AND hour = toDateTime({h:UInt32}, 'UTC') SETTINGS mutations_sync = 1",
                  {"t": tool, "h": midnight // 1000})  # fmt: skip
    happen(14)
    by_day(admin, 5)
    assert hours_kept(admin, tool) == 3
    admin.command("marts/everything", mart="activity")
    by_day(admin, 5)
    assert hours_kept(admin, tool) == 4
    assert_days_are_their_facts(admin, tool)
    # A day that is not large any more keeps no hours that could grow old.
    happen(3)
    by_day(admin, 1000)
    assert hours_kept(admin, tool) == 0
    assert_days_are_their_facts(admin, tool)


def test_hours_move_to_other_days_with_the_time_zone(admin: Warehouse) -> None:
    tool = f"z-{uuid.uuid4().hex[:6]}"
    midnight = recent() // 86_400_000 * 86_400_000 - 90 * 86_400_000
    # Some days of facts at every hour's quarters, and a lonely one at the end of a day.
    times = [midnight + quarter * 900_000 for quarter in range(96 * 3)]
    times.append(midnight + 7 * 86_400_000 - 1000)
    facts(
        admin,
        *(
            event(str(uuid.uuid4()), at, n % 7, Position(at, 1, n, 0), tool=tool)
            for n, at in enumerate(times)
        ),
    )
    before = admin.query("SELECT time_zone FROM viewer.settings")[0][0]
    try:
        for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns", "UTC"):
            in_time_zone(admin, zone)
            by_day(admin, 50)
            assert_days_are_their_facts(admin, tool)
        assert hours_kept(admin, tool) == 72
    finally:
        in_time_zone(admin, before)
        by_day(admin, 1000)


def test_dirty_hours_are_one_an_hour_and_go_when_every_mart_has_them(admin: Warehouse) -> None:
    at = recent() // 3_600_000 * 3_600_000 - 60 * 86_400_000
    facts(admin, *(event(str(uuid.uuid4()), at + n, 1, Position(at, 2, n, 0)) for n in range(9)))
    everything(admin)
    admin.command("marts/everything", mart="")
    hour = "SELECT count(), uniqExact(id) FROM ops.dirty_waiting WHERE hour = {h:DateTime}"
    moment = datetime.fromtimestamp(at / 1000, UTC)
    each = len(marts.every())
    assert admin.query(hour, {"h": moment}) == [(each, 1)]
    everything(admin)
    # Two that are past, perhaps in one part, and one of them waits.
    past = datetime.now(UTC) - timedelta(hours=2)
    columns = ("hour", "at")
    admin.insert("ops.dirty_hours", columns, [(moment, past)])
    everything(admin)
    admin.insert("ops.dirty_hours", columns, [(moment, past)])
    forget(admin)
    assert admin.query(WAITING) == [(each,)], "what waits stays, however long"
    everything(admin)
    forget(admin)
    old = "SELECT count() FROM {} WHERE at < now() - INTERVAL 1 HOUR"
    for table in ("ops.dirty_hours", "ops.mart_positions"):
        assert admin.query(old.format(table)) == [(0,)], table
