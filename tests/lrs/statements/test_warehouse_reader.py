"""Reads from the real warehouse: by id, by range, and until when they are whole."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from lrs.errors import Unavailable
from lrs.statements import keys
from lrs.statements import reader as reading
from lrs.statements.reader import Range, WarehouseReader
from streams import deduplication
from warehouse.client import Warehouse, named

pytestmark = pytest.mark.integration

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
#: Far from what other tests store.
START = datetime(2030, 1, 1, tzinfo=UTC)


def statement(identifier, verb="http://example.org/did", thing=None, **more):
    """A stamped statement as it stands in a record."""
    said = {
        "id": str(identifier),
        "actor": {"mbox": "mailto:été@example.org"},
        "verb": {"id": verb},
        "object": thing or {"id": "http://example.org/thing"},
        **more,
    }
    return json.dumps(said, ensure_ascii=False)


@pytest.fixture
def client(warehouse):
    client = Warehouse(warehouse.admin)
    yield client
    client.close()


@pytest.fixture
def reader(client):
    return WarehouseReader(client)


def store(client, offset, *records):
    """Records in the warehouse, one second apart; each a list of lines."""
    rows = [
        (7, offset + n, START + timedelta(seconds=offset + n), "lrs:test", "\n".join(lines))
        for n, lines in enumerate(records)
    ]
    client.insert("lrs.records_in", ("partition", "offset", "appended", "source", "value"), rows)


def test_a_statement_is_found_by_its_id_as_it_was_sent(client, reader):
    identifier = uuid4()
    line = statement(identifier, result={"score": {"raw": 1.50}, "response": "a\nb \\ 😀"})
    store(client, 1000, [line])
    found = asyncio.run(reader.one(identifier))
    assert found.raw == line.encode()
    assert found.stored == START + timedelta(seconds=1000)
    assert asyncio.run(reader.one(uuid4())) is None


def test_a_voided_statement_is_not_found_and_what_voids_it_is(client, reader):
    voided, voids, again = uuid4(), uuid4(), uuid4()
    store(
        client,
        2000,
        [statement(voided)],
        [statement(voids, VOIDED, {"objectType": "StatementRef", "id": str(voided)})],
        [statement(again, VOIDED, {"objectType": "StatementRef", "id": str(voids)})],
    )
    assert asyncio.run(reader.one(voided)) is None
    assert asyncio.run(reader.one(voids)) is not None
    wanted = Range(since=START + timedelta(seconds=1999), limit=10)
    found = asyncio.run(reader.several(wanted._replace(until=START + timedelta(seconds=2002))))
    assert [json.loads(each.raw)["id"] for each in found] == [str(again), str(voids)]


@pytest.mark.parametrize("ascending", [False, True])
def test_ranges_and_pages_follow_the_log(client, reader, ascending):
    every = [[uuid4(), uuid4()] for _ in range(4)]
    offset = 3000 + 100 * ascending
    store(client, offset, *([statement(each) for each in pair] for pair in every))
    since, until = (START + timedelta(seconds=offset + n) for n in (0, 2))
    wanted = Range(since=since, until=until, ascending=ascending, limit=3)
    first = asyncio.run(reader.several(wanted))
    rest = asyncio.run(reader.several(wanted._replace(beyond=first[-1].position)))
    found = [UUID(json.loads(each.raw)["id"]) for each in (*first, *rest)]
    inside = [*every[1], *every[2]]
    assert found == (inside if ascending else inside[::-1])
    assert len(first) == 3


def test_without_a_warehouse_reads_are_unavailable():
    reader = WarehouseReader(Warehouse("http://u:p@127.0.0.1:1"))
    with pytest.raises(Unavailable):
        asyncio.run(reader.one(uuid4()))
    assert not asyncio.run(reader.ready())


def test_a_loser_is_not_found_where_only_its_own_place_is_looked_at(client):
    identifier, other = uuid4(), uuid4()
    store(client, 4000, [statement(identifier)])
    store(client, 4001, [statement(identifier, verb="http://example.org/other"), statement(other)])
    only_the_loser = Range(since=START + timedelta(seconds=4000, milliseconds=1), limit=2)
    wanted = only_the_loser._replace(until=START + timedelta(seconds=4001))
    not_yet_swept = WarehouseReader(client, lambda: START + timedelta(seconds=4000))
    swept = WarehouseReader(client, lambda: START + timedelta(seconds=5000))
    found = [asyncio.run(not_yet_swept.several(wanted))]
    deduplication.note(client, [0])
    found.append(asyncio.run(swept.several(wanted)))
    for each in found:
        assert [UUID(json.loads(one.raw)["id"]) for one in each] == [other]


def test_a_page_is_whole_however_few_ids_are_asked_for_at_a_time(client, monkeypatch):
    monkeypatch.setattr(reading, "ASKED", 2)
    every = [uuid4() for _ in range(5)]
    store(client, 5000, *([statement(each)] for each in every))
    reader = WarehouseReader(client, lambda: START + timedelta(seconds=6000))
    wanted = Range(since=START + timedelta(seconds=4999), ascending=True, limit=5)
    asked = []
    rows = client.rows

    def watched(name, **parameters):
        asked.append((name, len(parameters.get("ids", ()))))
        return rows(name, **parameters)

    monkeypatch.setattr(client, "rows", watched)
    found = asyncio.run(reader.several(wanted))
    assert [UUID(json.loads(each.raw)["id"]) for each in found] == every
    assert [size for name, size in asked if name == "lrs/statements_between"] == [2, 2, 1]


@pytest.mark.parametrize("rare", ["verb", "activity"])
def test_the_filter_with_fewer_rows_is_listed(client, monkeypatch, rare):
    verb, thing = f"http://example.org/{uuid4()}", f"http://example.org/{uuid4()}"
    both = [uuid4() for _ in range(2)]
    offset = 7000 if rare == "verb" else 7100
    others = [
        statement(uuid4(), "http://example.org/did" if rare == "verb" else verb,
                  {"id": thing if rare == "verb" else "http://example.org/thing"})
        for _ in range(9)
    ]  # fmt: skip
    store(client, offset, *([statement(each, verb, {"id": thing})] for each in both), others)
    listed = []
    rows = client.rows

    def watched(name, **parameters):
        listed.extend([parameters["value"]] if name.startswith("lrs/keys_") else [])
        return rows(name, **parameters)

    monkeypatch.setattr(client, "rows", watched)
    reader = WarehouseReader(client, lambda: START + timedelta(seconds=8000))
    wanted = Range(verb=verb, activity=thing, ascending=True, limit=5)
    found = asyncio.run(reader.several(wanted))
    assert [UUID(json.loads(each.raw)["id"]) for each in found] == both
    assert listed == [verb if rare == "verb" else thing]


def test_which_filter_has_fewer_rows_is_asked_once_for_a_walk(client, monkeypatch):
    verb, thing = f"http://example.org/{uuid4()}", f"http://example.org/{uuid4()}"
    every = [uuid4() for _ in range(6)]
    store(client, 7000, *([statement(each, verb, {"id": thing})] for each in every))
    now = [1000.0]
    monkeypatch.setattr(reading, "time", SimpleNamespace(monotonic=lambda: now[0]))
    counted = []
    rows = client.rows

    def watched(name, **parameters):
        counted.extend([parameters["value"]] if name == "lrs/key_rows" else [])
        return rows(name, **parameters)

    monkeypatch.setattr(client, "rows", watched)
    reader = WarehouseReader(client, lambda: START + timedelta(seconds=8000))
    wanted = Range(verb=verb, activity=thing, ascending=True, limit=2)
    found = []
    for through in range(7003, 7006):
        page = wanted._replace(through=START + timedelta(seconds=through))
        found += asyncio.run(reader.several(page))
        wanted = wanted._replace(beyond=found[-1].position)
    assert [UUID(json.loads(each.raw)["id"]) for each in found] == every
    assert sorted(counted) == sorted([verb, thing])
    now[0] += reading.COUNT_SECONDS + 1
    asyncio.run(reader.several(wanted))
    assert sorted(counted) == sorted([verb, thing] * 2)


def test_texts_are_looked_up_in_the_parts_that_reach_there_only(client):
    identifier = uuid4()
    store(client, 6000, [statement(identifier)])

    def parts(seconds):
        at = START + timedelta(seconds=seconds)
        just_before = at - timedelta(milliseconds=1)
        plan = client.query(
            f"EXPLAIN indexes = 1 {named('lrs/statements_between')}",
            {"ids": [str(identifier)], "low": keys.after(just_before), "high": keys.after(at)},
        )
        said = " ".join(line.strip() for (line,) in plan)
        return [int(n) for n in re.search(r"Name: reach .*? Parts: (\d+)/(\d+)", said).groups()]

    assert 1 <= parts(6000)[0] <= parts(6000)[1]
    long_after = 100 * 365 * 86400
    assert parts(long_after)[0] == 0
