"""Every load, whatever it brings: read whole or refused whole, and closed by its last record."""

import contextlib
import csv
import io
import json
import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from typer.testing import CliRunner, Result

from bus import clients
from bus import loads as records
from bus.errors import BrokerUnavailable
from bus.topics import OBSERVATIONS, Topic
from headwater import commands
from headwater.cli import build
from headwater.errors import StackError
from producers import loads
from producers.errors import InvalidCell
from producers.load import Checked, Column, Line, Load, send
from tests.conftest import LOGIN, WarehouseUrls
from warehouse import Warehouse

LOADS = [pytest.param(load, id=load.name) for load in loads.every()]
every_load = pytest.mark.parametrize("load", LOADS)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is told by this machine which stack there is."""
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)


def test_loads_are_found() -> None:
    assert {load.name for load in loads.every()} >= {"directory", "kpi"}


def nothing_known(load: Load[Any]) -> Any:
    """What a warehouse knows that holds nothing."""
    return load.know({name: [] for name in load.asks})


def read(load: Load[Any], data: bytes) -> Checked[Any]:
    found = load.read(data, nothing_known(load))
    assert bool(found.entries) != bool(found.problems), "it is loaded whole or not at all"
    return found


def rows(load: Load[Any]) -> list[list[str]]:
    """The example's rows, its header first."""
    return list(csv.reader(io.StringIO(load.example)))


def table(rows: list[list[str]], end: str = "\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def told(found: Checked[Any], line: int, column: str = "") -> list[str]:
    """The problems that name this line, and this column among theirs."""
    return [
        str(problem)
        for problem in found.problems
        if problem.line == line and (not column or column in problem.column.split(", "))
    ]


# The declaration


@every_load
def test_every_load_is_described_and_documented(load: Load[Any]) -> None:
    for words in (load.about, load.replaces):
        assert words.endswith("."), words
    page = (Path(__file__).parents[2] / "docs" / "loads.md").read_text("utf-8")
    assert f"## `headwater {load.name} load {load.file}`" in page, "run `python -m headwater.docs`"
    assert load.example in page


@every_load
def test_every_load_is_a_command_of_its_own(load: Load[Any]) -> None:
    others = {path.stem for path in Path(commands.__file__).parent.glob("*.py")}
    assert load.name not in others
    said = CliRunner().invoke(build(), [load.name, "load", "--help"], env={"COLUMNS": "500"})
    assert said.exit_code == 0
    for column in load.columns:
        assert column.name in said.output


def test_what_cannot_be_a_load_is_told() -> None:
    good: dict[str, Any] = {
        "name": "toy", "title": "toy", "of": "toys", "about": "", "file": "", "example": "",
        "columns": (Column("a"), Column("b", needed=False)), "key": ("a",), "replaces": "",
        "entry": lambda line, known: line, "record": lambda made: (b"", {}),
        "topic": Topic("toys", 1), "counted": "toys",
    }  # fmt: skip
    Load(**good)
    wrong: list[dict[str, Any]] = [
        {"name": "A b"}, {"columns": ()}, {"columns": (Column("a"), Column("a"))}, {"key": ()},
        {"key": ("b",)}, {"key": ("c",)}, {"topic": Topic("toys", 2)}, {"counted": "closed"},
    ]  # fmt: skip
    for change in wrong:
        with pytest.raises(ValueError, match="the load '"):
            Load(**{**good, **change})


# What is read


@every_load
def test_every_example_is_right(load: Load[Any]) -> None:
    found = read(load, load.example.encode())
    assert found.problems == ()
    assert len(found.entries) == len(rows(load)) - 1 > 1
    sent = [load.record(entry) for entry in found.entries]
    assert len({key for key, _ in sent}) == len(sent)
    for _, value in sent:
        assert not {"load", "closed"} & value.keys()
        json.dumps(value)
    assert list(load.changes(found, nothing_known(load)))


@every_load
@given(
    order=st.randoms(use_true_random=False),
    end=st.sampled_from(["\r\n", "\n", "\r"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_every_load_reads_what_spreadsheets_write(
    load: Load[Any], order: Any, end: str, mark: bytes
) -> None:
    """Columns in any order, a byte order mark, any line ends, headers in capitals, empty rows."""
    places = list(range(len(rows(load)[0])))
    order.shuffle(places)
    moved = [[row[place] for place in places] for row in rows(load)]
    moved[0] = [name.replace("_", " ").title() for name in moved[0]]
    data = mark + table([*moved, [""] * len(places)], end)
    assert read(load, data).entries == read(load, load.example.encode()).entries


@every_load
@given(st.binary(max_size=300))
def test_every_load_answers_any_bytes(load: Load[Any], data: bytes) -> None:
    read(load, data)


@every_load
@given(st.data())
def test_every_load_reads_or_refuses_any_cell(load: Load[Any], data: st.DataObject) -> None:
    """Whatever stands in a cell: it is read, or its row and a column are named."""
    changed = rows(load)
    line = data.draw(st.integers(1, len(changed) - 1))
    place = data.draw(st.integers(0, len(changed[0]) - 1))
    changed[line][place] = data.draw(
        st.text(max_size=30) | st.sampled_from(["2026-99-99", "1e999", ";;", "|", "load:1"])
    )
    found = read(load, table(changed))
    assert all(problem.column for problem in found.problems), found.problems
    if found.entries:
        json.dumps([load.record(entry)[1] for entry in found.entries])


# What is refused


@every_load
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_every_load_refuses_a_table_without_rows(load: Load[Any], end: str) -> None:
    empty = read(load, end.encode())
    assert told(empty, 1)
    bare = read(load, (",".join(rows(load)[0]) + end).encode())
    assert [str(each) for each in bare.problems] == [f"line 1: there are no {load.of} in the file"]


@every_load
def test_every_load_names_the_columns_that_are_missing_or_unknown(load: Load[Any]) -> None:
    for place, name in enumerate(rows(load)[0]):
        less = [[*row[:place], *row[place + 1 :]] for row in rows(load)]
        found = read(load, table(less))
        if name in load.needed:
            assert f"missing column {name!r}" in str(found.problems[0])
        else:
            assert found.problems == ()
            assert name in found.absent
    more = [[*row, "x"] for row in rows(load)]
    assert "unknown column 'x'" in str(read(load, table(more)).problems[0])
    twice = [[*row, row[0]] for row in rows(load)]
    assert f"twice the column {rows(load)[0][0]!r}" in str(read(load, table(twice)).problems[0])


@every_load
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1", "cp1252"])
def test_every_load_refuses_other_encodings(load: Load[Any], encoding: str) -> None:
    """In every column, whether or not its cells may hold such a name."""
    for place in range(len(rows(load)[0])):
        changed = rows(load)
        changed[2][place] = "Zoë"
        found = read(load, table(changed).decode().encode(encoding))
        assert found.problems
        if encoding in ("latin-1", "cp1252"):
            assert any("0xEB is not UTF-8" in each for each in told(found, 3))


@every_load
def test_every_load_refuses_what_no_cell_may_hold(load: Load[Any]) -> None:
    for place, name in enumerate(rows(load)[0]):
        changed = rows(load)
        changed[1][place] += "\x00"
        assert told(read(load, table(changed)), 2, name), name


@every_load
def test_every_load_refuses_empty_cells_where_all_are_filled(load: Load[Any]) -> None:
    for place, name in enumerate(rows(load)[0]):
        changed = rows(load)
        changed[2][place] = "  "
        (column,) = (each for each in load.columns if each.name == name)
        found = read(load, table(changed))
        if column.filled:
            assert told(found, 3, name) == [f"line 3, column {name}: it is empty"]


@every_load
def test_every_load_refuses_the_same_twice(load: Load[Any]) -> None:
    for column in load.key:
        last = len(rows(load)) + 1
        found = read(load, table([*rows(load), rows(load)[1]]))
        assert any("on line 2 already" in each for each in told(found, last, column)), column


@every_load
def test_every_load_tells_every_error_at_once(load: Load[Any]) -> None:
    """Each row of a long file is wrong in a way of its own, and every one is told."""
    first = rows(load)[1]
    wrong = [
        first[:-1],
        ["\x07", *first[1:]],
        *([*first[:place], "", *first[place + 1 :]] for place in _filled(load)),
        [*first, "more"],
        first,
    ]
    data = table([*rows(load), *wrong]) + b"\xff" + b"," * (len(first) - 1) + b"\n"
    found = read(load, data)
    begin = len(rows(load)) + 1
    assert {problem.line for problem in found.problems} == set(range(begin, begin + len(wrong) + 1))


def _filled(load: Load[Any]) -> list[int]:
    filled = {column.name for column in load.columns if column.filled}
    return [place for place, name in enumerate(rows(load)[0]) if name in filled]


def test_a_key_of_closing_records_is_nobodys_on_a_compacted_topic() -> None:
    def entry(line: Line, known: Any) -> str:
        if line.cells["a"] == "no":
            raise InvalidCell("not that", column="a")
        return line.cells["a"]

    plain: dict[str, Any] = {
        "name": "toy", "title": "toy", "of": "toys", "about": "", "file": "", "example": "",
        "columns": (Column("a"),), "key": ("a",), "replaces": "", "counted": "toys",
        "entry": entry, "record": lambda made: (made.encode(), {"a": made}),
    }  # fmt: skip
    compacted = Load(topic=Topic("toys", 1, {"cleanup.policy": "compact,delete"}), **plain)
    found = compacted.read(b"a\nload:1\nno\n", {})
    assert [str(problem) for problem in found.problems] == [
        "line 2, column a: 'load:1' must not begin with 'load:'",
        "line 3, column a: not that",
    ]
    assert Load(topic=OBSERVATIONS, **plain).read(b"a\nload:1\n", {}).entries == ("load:1",)


# What is sent


class FakePublisher:
    """Keeps what is published; from the message `fails_at` on nothing is acknowledged."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None]] = []
        self.fails_at = fails_at
        self.flushed: list[int] = []

    def publish(self, topic: str, key: bytes | None, value: bytes | None) -> "Future[None]":
        done: Future[None] = Future()
        if self.fails_at is not None and len(self.sent) >= self.fails_at:
            done.set_exception(BrokerUnavailable("gone"))
        else:
            done.set_result(None)
        self.sent.append((topic, key, value))
        return done

    def flush(self, seconds: float | None = None) -> None:
        self.flushed.append(len(self.sent))


@every_load
def test_every_load_is_its_entries_and_then_the_closing_record(load: Load[Any]) -> None:
    fake, identifier = FakePublisher(), uuid4()
    entries = read(load, load.example.encode()).entries
    send(fake, load, identifier, entries)
    assert fake.flushed == [len(entries)], "all are acknowledged before it is closed"
    assert_is_a_load(load, identifier, [(key, value) for _, key, value in fake.sent])
    assert {topic for topic, *_ in fake.sent} == {load.topic.name}


def assert_is_a_load(load: Load[Any], identifier: UUID, sent: list[tuple[Any, Any]]) -> None:
    entries = read(load, load.example.encode()).entries
    expected = [load.record(entry) for entry in entries]
    assert [key for key, _ in sent] == [
        *(key for key, _ in expected),
        f"load:{identifier}".encode(),
    ]
    *each, closing = (records.read(value, load.counted, load.revision) for _, value in sent)
    assert each == [
        {"load": str(identifier), **json.loads(json.dumps(value))} for _, value in expected
    ]
    assert closing == records.Closing(str(identifier), len(entries))


@every_load
def test_no_load_is_closed_unless_all_is_acknowledged(load: Load[Any]) -> None:
    entries = read(load, load.example.encode()).entries
    for fails_at in range(len(entries)):
        fake = FakePublisher(fails_at)
        with pytest.raises(BrokerUnavailable):
            send(fake, load, uuid4(), entries)
        assert len(fake.sent) == len(entries)
    fake = FakePublisher(len(entries))
    with pytest.raises(BrokerUnavailable):
        send(fake, load, uuid4(), entries)


# The command


class Reading:
    """What is written to a load's topic from now on; the topic may be yet to come."""

    def __init__(self, kafka: str, load: Load[Any]) -> None:
        self._consumer = clients.blocking_consumer(kafka, enable_auto_commit=False)
        self._place = TopicPartition(load.topic.name, 0)
        self._begin = self._end()

    def _end(self) -> int:
        if self._place.topic not in self._consumer.topics():
            return 0
        return int(self._consumer.end_offsets([self._place])[self._place])

    def written(self) -> int:
        """How many records there are."""
        return self._end() - self._begin

    def take(self) -> list[tuple[bytes, bytes]]:
        """Key and value of every record."""
        self._consumer.assign([self._place])
        self._consumer.seek(self._place, self._begin)
        found: list[tuple[bytes, bytes]] = []
        while len(found) < self.written():
            new = [r for some in self._consumer.poll(timeout_ms=10_000).values() for r in some]
            assert new, f"{len(found)} records came"
            found += [(record.key, record.value) for record in new]
        return found

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def run(
    warehouse: WarehouseUrls, kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs a load's command on a file that holds the text."""
    for name, value in (LOGIN | {"HEADWATER_KAFKA": kafka}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HEADWATER_CLICKHOUSE", warehouse.admin)
    monkeypatch.chdir(tmp_path)

    def invoke(load: Load[Any], text: str, *options: str) -> Result:
        (tmp_path / load.file).write_text(text, "utf-8-sig")
        return CliRunner().invoke(build(), [load.name, "load", load.file, *options])

    return invoke


@pytest.mark.integration
@every_load
def test_every_command_sends_all_of_a_file_or_nothing(
    load: Load[Any], run: Callable[..., Result], kafka: str
) -> None:
    reading = Reading(kafka, load)
    with contextlib.closing(reading):
        broken = run(load, load.example + rows(load)[1][0])
        assert isinstance(broken.exception, StackError)
        assert str(broken.exception).startswith(f"1 error in {load.file}: nothing was loaded.")
        assert f"line {len(rows(load)) + 1}: has 1 cell" in broken.output
        dry = run(load, load.example, "--dry-run")
        assert dry.exit_code == 0, dry.output
        assert dry.stdout.splitlines()[-1] == "nothing was loaded: this was a dry run"
        assert reading.written() == 0

        loaded = run(load, load.example, "--no-wait")
        assert loaded.exit_code == 0, (loaded.output, loaded.exception)
        count = len(rows(load)) - 1
        said, _, identifier = loaded.stdout.splitlines()[-1].rpartition(" ")
        assert said == f"published {count} {load.of} as load"
        assert_is_a_load(load, UUID(identifier), reading.take())


@pytest.mark.integration
@every_load
def test_the_warehouse_is_asked_what_every_load_must_know(
    load: Load[Any], warehouse: WarehouseUrls
) -> None:
    asked = Warehouse(warehouse.admin)
    known = load.know({name: asked.rows(query) for name, query in load.asks.items()})
    assert load.read(load.example.encode(), known).problems == ()
    if load.arrived:
        assert asked.rows(load.arrived, load=uuid4()) == [], "a load that nobody sent"
