"""An insert is answered 200 only when every table has taken its rows."""

import itertools
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import faults
from tests.headwater.embedded.conftest import COMMAND, Server, eventually, problems

pytestmark = pytest.mark.integration

Make = Callable[..., str]

ROWS = 500
#: The engine counts every allocation, so that a limit holds to the byte.
EXACT = {"max_untracked_memory": "1"}


def block(number: int) -> bytes:
    """Rows that no other block has."""
    first = number * ROWS
    return b"".join(b"%d\t%s\n" % (n, b"x" * 200) for n in range(first, first + ROWS))


@pytest.fixture(params=["a table", "a null table with views"])
def target(server: Server, table: Make, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What is inserted into, and the tables in which the rows must be then."""
    columns = "n UInt64, text String"
    if request.param == "a table":
        name = table(columns)
        yield [name, name]
        return
    source, *stores = table(columns, "Null"), table(columns), table(columns)
    views = [f"{store}_mv" for store in stores]
    for view, store in zip(views, stores, strict=True):
        server.run(f"CREATE MATERIALIZED VIEW {view} TO {store} AS SELECT * FROM {source}")
    yield [source, *stores]
    for view in views:
        server.run(f"DROP VIEW {view} SYNC")


def lacking(server: Server, stores: list[str], accepted: list[int]) -> dict[str, list[int]]:
    """The accepted blocks that are not whole, by table."""
    found = {}
    for store in stores:
        sql = f"SELECT intDiv(n, {ROWS}) FROM {store} GROUP BY 1 HAVING uniqExact(n) = {ROWS}"
        whole = set(map(int, server.run(sql).split()))
        if missing := [number for number in accepted if number not in whole]:
            found[store] = missing
    return found


def insert(server: Server, name: str, number: int, **settings: str) -> int:
    """Inserts a block; the HTTP status, 503 where the warehouse begins anew."""
    sql = f"INSERT INTO {name} FORMAT TSV\n".encode()
    try:
        answer = server.ask(sql + block(number), **settings)
    except httpx.TransportError:
        return 503
    if answer.status_code != 200:
        assert answer.status_code >= 500, answer.text
        assert answer.headers["x-clickhouse-exception-code"] in ("241", "243"), answer.text
    return answer.status_code


def test_a_memory_limit_that_is_met_anywhere_in_an_insert(
    server: Server, target: list[str]
) -> None:
    name, *stores = target
    accepted = []
    for number in range(45):
        limit = 100_000 * (number + 1)
        if insert(server, name, number, **EXACT, max_memory_usage=str(limit)) == 200:
            accepted.append(number)
    assert 0 < len(accepted) < 45  # some met the limit, some did not
    assert lacking(server, stores, accepted) == {}


def test_memory_that_is_refused_by_chance(server: Server, target: list[str]) -> None:
    name, *stores = target
    chance = EXACT | {"memory_tracker_fault_probability": "0.0005"}
    answers = [insert(server, name, number, **chance) for number in range(150)]
    accepted = [number for number, status in enumerate(answers) if status == 200]
    assert 0 < len(accepted) < 150
    assert lacking(server, stores, accepted) == {}


def test_temporary_tables_that_come_with_a_statement(server: Server) -> None:
    rows = b"".join(b"%d\n" % n for n in range(20000))
    answers = Counter()
    for limit in range(100_000, 4_100_000, 100_000):
        params = EXACT | {
            "query": "SELECT count() FROM sent",
            "sent_structure": "n UInt64",
            "max_memory_usage": str(limit),
        }
        with server.http() as http:
            answer = http.post("/", params=params, files={"sent": rows})
        answers[answer.text if answer.status_code == 200 else "refused"] += 1
    assert set(answers) == {"20000\n", "refused"}


def test_a_large_insert_waits_in_a_file_and_is_whole(server: Server, table: Make) -> None:
    name = table("n UInt64, text String")
    blocks = 60  # 6 MB: more than is held in memory
    sent = b"".join(map(block, range(blocks)))
    server.run(f"INSERT INTO {name} FORMAT TSV\n".encode() + sent)
    assert lacking(server, [name], list(range(blocks))) == {}


@pytest.mark.parametrize(
    "head",
    [
        "INSERT INTO {name} SETTINGS max_insert_threads = 1 FORMAT TSV\n",
        "INSERT INTO {name} (settings) SETTINGS max_threads = 1, max_block_size = 5 FORMAT TSV\n",
        "INSERT INTO TABLE {name} /* SETTINGS a = 1 */ (settings) FORMAT TSV\n",
    ],
)
def test_an_insert_with_settings_of_its_own(server: Server, table: Make, head: str) -> None:
    name = table("settings String")
    server.run(head.format(name=name) + "FORMAT;\nü SETTINGS a = 1")
    assert server.run(f"SELECT * FROM {name} ORDER BY 1") == "FORMAT;\nü SETTINGS a = 1\n"


def test_a_disk_that_is_full_for_a_moment(launch: Callable[..., Server], tmp_path: Path) -> None:
    assert shutil.which("unshare"), "needs unshare and mount: apt-get install util-linux"
    folder = tmp_path / "disk"
    folder.mkdir()
    server = launch(folder, faults.on_small_disk(COMMAND, folder, 192 << 20))
    stores = ["bench.first", "bench.second"]
    server.run("CREATE DATABASE bench")
    server.run("CREATE TABLE bench.source (n UInt64, text String) ENGINE = Null")
    for store in stores:
        server.run(f"CREATE TABLE {store} AS bench.source ENGINE = MergeTree ORDER BY n")
        server.run(f"CREATE MATERIALIZED VIEW {store}_mv TO {store} AS SELECT * FROM bench.source")

    accepted: list[int] = []
    refused: list[int] = []
    stopped = threading.Event()
    went_on = threading.Event()
    met = threading.Event()

    def write() -> None:
        for number in itertools.count():
            if stopped.is_set():
                return
            if insert(server, "bench.source", number) == 200:
                accepted.append(number)
                went_on.set()
            else:
                refused.append(number)
                met.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert went_on.wait(30)
        with faults.full(faults.seen(server.process.pid, folder)):
            assert met.wait(30), "no insert was refused on a full disk"
        went_on.clear()
        assert went_on.wait(60), "no insert was taken after the disk had room again"
    finally:
        stopped.set()
        writer.join(30)
    assert refused
    eventually(lambda: problems(server) == [])
    assert lacking(server, stores, accepted) == {}
