"""Statements from files: read in batches, sent whole, resumed, nothing silently left out."""

import asyncio
import gzip
import itertools
import json
import os
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from headwater import loading, patience, statement_files
from headwater.cli import build
from headwater.errors import StackError
from headwater.loading import Ledger, Loader, LoadStopped, Rejects
from headwater.patience import NotNow
from headwater.statement_files import Batch, StatementFile, UnreadableFile
from lrs.errors import Unavailable
from lrs.http import lines as lines_of_a_body

LOGIN = ("tool", "secret")
TARGET = "http://lrs.test"


def statement(number: int, **more: Any) -> dict[str, Any]:
    return {
        "actor": {"mbox": "mailto:anna@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
        "object": {"id": f"http://example.org/{number}"},
        **more,
    }


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def good(count: int) -> list[bytes]:
    return [json.dumps(statement(number)).encode() for number in range(count)]


# Reading


def ids_of(path: Path) -> list[str]:
    lines = [line for batch in StatementFile(path).batches() for line in batch.lines]
    return [json.loads(line.body)["id"] for line in lines]


def test_the_same_statements_have_the_same_ids_zipped_or_not(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.jsonl", good(3))
    zipped = tmp_path / "b.json.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    assert ids_of(plain) == ids_of(zipped)
    assert len(set(ids_of(plain))) == 3
    assert all(UUID(each).version == 5 for each in ids_of(plain))
    assert StatementFile(plain).lines == 3


def test_a_statements_own_id_and_bytes_stay(tmp_path: Path) -> None:
    text = b'{ "id" : "9dc99b37-e920-4a68-a066-917faca28949",  "x": 1.50 }'
    (batch,) = StatementFile(write(tmp_path / "a.jsonl", [text])).batches()
    assert [line.body for line in batch.lines] == [text]


def test_an_array_is_read_by_element(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("\ufeff" + json.dumps([statement(0), 7, statement(2, id="x")], indent=2))
    file = StatementFile(path)
    (batch,) = file.batches()
    assert file.lines == 3
    assert [line.number for line in batch.lines] == [1, 3]
    assert [(line.number, why) for line, why in batch.unreadable] == [(2, "is not a JSON object")]


def results(*pages: list[Any], **more: Any) -> bytes:
    return b"\n".join(json.dumps({"statements": page, **more}).encode() for page in pages)


SHAPES = {
    "a StatementResult": results([statement(0), statement(1), statement(2)], more=""),
    "its more first": b'{"more": "/x?a=\\"{[", "statements":\n [' + b",\n".join(good(3)) + b"]}",
    "printed over lines": json.dumps(
        {"statements": [statement(n) for n in range(3)]}, indent=2
    ).encode(),
    "a page a line": results([statement(0)], [], [statement(1), statement(2)], more="/next"),
    "statements over lines": b"\n".join(
        json.dumps(statement(n), indent=4).encode() for n in range(3)
    ),
    "an array": json.dumps([statement(n) for n in range(3)], indent=1).encode(),
}


@pytest.mark.parametrize("whole", [0, 1 << 30], ids=["streamed", "whole"])
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_other_lrss_export_is_read(
    tmp_path: Path, monkeypatch: Any, shape: str, block: int, whole: int
) -> None:
    monkeypatch.setattr(statement_files, "_BLOCK", block)
    monkeypatch.setattr(statement_files, "WHOLE_BYTES", whole)
    path = tmp_path / "dump.json"
    path.write_bytes(b"\xef\xbb\xbf" + SHAPES[shape])
    file = StatementFile(path)
    (batch,) = file.batches()
    assert file.lines == 3
    assert batch.unreadable == []
    assert [json.loads(line.text)["object"]["id"] for line in batch.lines] == [
        f"http://example.org/{n}" for n in range(3)
    ]


def test_a_pretty_statement_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(statement(0), indent=4))
    (batch,) = StatementFile(path).batches()
    assert len(batch.lines) == 1
    assert batch.unreadable == []


def test_of_elements_one_that_is_no_statement_is_kept_with_the_reason(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(statement_files, "LINE_BYTES", 2000)
    monkeypatch.setattr(statement_files, "_BLOCK", 100)
    long = json.dumps(statement(1, x=[["y" * 50] * 9] * 20)).encode()
    path = tmp_path / "dump.json"
    path.write_bytes(b'{"statements":[{broken},7,' + long + b"," + good(1)[0] + b"]}")
    (batch,) = StatementFile(path).batches()
    assert [(line.number, why.partition(":")[0]) for line, why in batch.unreadable] == [
        (1, "is not JSON"),
        (2, "is not a JSON object"),
        (3, "is longer than 0 MiB; its beginning is kept here"),
    ]
    assert [line.number for line in batch.lines] == [4]


@pytest.mark.parametrize(
    "content",
    [
        results([statement(0)])[:-2],
        results([statement(0)])[:-20],
        b"[" + good(1)[0],
        b"[{}]x",
        b'[{"a": "b',
        b"[]]",
    ],
)
def test_json_that_ends_in_the_middle_is_told_before_anything_is_sent(
    tmp_path: Path, monkeypatch: Any, content: bytes
) -> None:
    monkeypatch.setattr(statement_files, "WHOLE_BYTES", 0)
    path = tmp_path / "dump.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"dump\.json"):
        StatementFile(path).digest  # noqa: B018 - what is asked for first


@pytest.mark.parametrize("content", [b"", b" \r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "dump.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="is empty"):
        StatementFile(path).digest  # noqa: B018 - what is asked for first


def test_a_large_array_is_never_in_memory_whole(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(statement_files, "WHOLE_BYTES", 1 << 20)
    path = tmp_path / "dump.json"
    one = json.dumps(statement(0, x="y" * 4000)).encode()
    path.write_bytes(b'{"statements":[' + b",".join([one] * 6000) + b"]}")
    file = StatementFile(path)
    assert file.lines == 6000
    tracemalloc.start()
    try:
        assert sum(len(batch) for batch in file.batches()) == 6000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 20 << 20
    assert most < 12 << 20


def test_blank_lines_count_and_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf{}\r\n\r\n  \n{}")
    (batch,) = StatementFile(path).batches()
    assert [line.number for line in batch.lines] == [1, 4]
    assert json.loads(batch.lines[0].body).keys() == {"id"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{broken", "is not JSON"),
        (b"[{}]x", "is not"),
        (b"[1]", "is not a JSON object"),
        (b'{"id":"\xff"}', "is not JSON"),
        (b"null", "is not a JSON object"),
    ],
)
def test_a_line_that_is_no_statement_is_kept_with_the_reason(
    tmp_path: Path, line: bytes, why: str
) -> None:
    (batch,) = StatementFile(write(tmp_path / "a.jsonl", [b"{}", line])).batches()
    ((kept, reason),) = batch.unreadable
    assert (kept.number, kept.text) == (2, line)
    assert reason.startswith(why)


def test_a_monstrous_line_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_files, "LINE_BYTES", 4000)
    lines = [b"{}", b'{"x":"' + b"y" * 9000 + b'"}', b"{}"]
    (batch,) = StatementFile(write(tmp_path / "a.jsonl", lines)).batches()
    assert [line.number for line in batch.lines] == [1, 3]
    ((kept, reason),) = batch.unreadable
    assert (kept.number, len(kept.text)) == (2, 1000)
    assert "longer than" in reason


@given(sizes=st.lists(st.integers(0, 400), min_size=1, max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_hold_each_line_once_and_stay_small(tmp_path: Path, sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statement_files, "BATCH_LINES", 7)
        patch.setattr(statement_files, "BATCH_BYTES", 900)
        lines = [b'{"x":"%b"}' % (b"y" * size) for size in sizes]
        batches = list(StatementFile(write(tmp_path / "a.jsonl", lines)).batches())
    numbers = [line.number for batch in batches for line in batch.lines]
    assert numbers == list(range(1, len(sizes) + 1))
    for batch in batches:
        assert len(batch) <= 7
        assert len(batch) == 1 or sum(len(line.body) for line in batch.lines) <= 900
        assert (batch.first, batch.last) == (batch.lines[0].number, batch.lines[-1].number)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"{}\n" * 1000)[:-20], gzip.compress(b"{}\n") + b"x", b"\x1f\x8bnot gzip"],
    ids=["cut off", "something after it", "nothing in it"],
)
def test_a_broken_gzip_is_found_before_anything_is_sent(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="is not a whole gzip file"):
        _ = StatementFile(path).digest


def test_a_broken_array_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[{}, {]")
    with pytest.raises(UnreadableFile, match="is not a JSON array"):
        _ = StatementFile(path).digest


# Sending


class Way(httpx.AsyncBaseTransport):
    """The way to the LRS; `before` may answer in its place, or raise, by the request's number."""

    def __init__(self, application: Any, before: Callable[[int], httpx.Response | None]) -> None:
        self._inner = httpx.ASGITransport(app=application)
        self._before = before
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes a request on, unless something comes before."""
        self.asked += 1
        answer = self._before(self.asked)
        return answer or await self._inner.handle_async_request(request)


class Load:
    """One file, loaded as often as a test wants."""

    def __init__(self, application: Any, path: Path) -> None:
        self.application, self.path = application, path
        self.ledger_path = path.with_name(path.name + ".headwater-load.json")
        self.rejects = Rejects(path.with_name(path.name + ".rejected.jsonl"))
        self.told = 0

    def run(
        self,
        before: Callable[[int], httpx.Response | None] = lambda number: None,
        login: tuple[str, str] = LOGIN,
        patience: float = 10.0,
    ) -> Ledger:
        """Loads, or goes on; gives the ledger, also in `ledger` where it ends with an error."""
        source = StatementFile(self.path)
        self.ledger = Ledger(self.ledger_path, source.digest, TARGET)

        async def load() -> None:
            way = Way(self.application, before)
            async with loading.client(TARGET, login, way) as client:
                await Loader(source, client, self.ledger, self.rejects, self._told, patience).run()

        asyncio.run(load())
        return self.ledger

    def rejected(self) -> dict[int, dict[str, Any]]:
        """The lines of the file of rejected lines, by number; none may be there twice."""
        if not self.rejects.path.exists():
            return {}
        found = [json.loads(line) for line in self.rejects.path.read_text("utf-8").splitlines()]
        assert len({each["line"] for each in found}) == len(found)
        return {each["line"]: each for each in found}

    def _told(self, lines: int) -> None:
        self.told += lines


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_files, "BATCH_LINES", 10)


def test_a_real_courses_statements_arrive_each_once_and_again_the_same(
    shared: Path, tmp_path: Path, lrs_application: Any, accepted: Any
) -> None:
    """A part of them; tests/e2e/test_pipeline.py loads them all."""
    with gzip.open(shared / "data" / "statements_fun_mooc.json.gz") as whole:
        some = b"".join(itertools.islice(whole, 4_000))
    copy = tmp_path / "statements.json.gz"
    copy.write_bytes(gzip.compress(some))
    load = Load(lrs_application, copy)
    ledger = load.run()
    first = accepted.ids()
    assert (ledger.sent, ledger.rejected, load.told) == (4_000, 0, 4_000)
    assert len(set(first)) == len(first) == 4_000
    assert not load.ledger_path.exists()
    assert load.run().sent == 4_000
    assert accepted.ids() == first


@given(bad=st.sets(st.integers(1, 60), max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("small_batches")
def test_the_wrong_lines_are_rejected_and_the_others_sent(
    tmp_path: Path, lrs_application: Any, accepted: Any, bad: set[int]
) -> None:
    accepted.records.clear()
    # An example may come twice: the same file would be known, and so would its statements' ids.
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    lines = [
        line.replace(b"example.org/", b"example.org/%b/" % folder.name.encode())
        for line in good(60)
    ]
    for number in bad:
        wrong = [b"{no", json.dumps(statement(number, verb={"id": "no IRI"})).encode()]
        lines[number - 1] = wrong[number % 2]
    load = Load(lrs_application, write(folder / "a.jsonl", lines))
    ledger = load.run()
    assert set(load.rejected()) == bad
    assert (ledger.sent, ledger.rejected) == (60 - len(bad), len(bad))
    assert len(set(accepted.ids())) == 60 - len(bad)
    for number, said in load.rejected().items():
        assert said["text"].encode() == lines[number - 1]
        assert said["reason"]


def test_the_reason_is_the_lrss_own(tmp_path: Path, lrs_application: Any) -> None:
    lines = [*good(1), b'{"actor":{}}', json.dumps(statement(1, x=1)).encode()]
    lines += [json.dumps(statement(2, result={"response": "y" * 1_100_000})).encode()]
    load = Load(lrs_application, write(tmp_path / "a.jsonl", lines))
    load.run()
    reasons = {number: said["reason"] for number, said in load.rejected().items()}
    assert set(reasons) == {2, 3, 4}
    assert "2.4" in reasons[2]
    assert reasons[3].startswith("invalid: $: 'x' is not a property")
    assert reasons[4] == "invalid: the line is longer than 1000000 bytes"


def test_a_line_that_is_not_utf8_is_kept_as_it_is(tmp_path: Path, lrs_application: Any) -> None:
    load = Load(lrs_application, write(tmp_path / "a.jsonl", [b'{"id":"\xff"}']))
    load.run()
    assert load.rejected()[1]["base64"] == "eyJpZCI6Iv8ifQ=="


def test_one_id_twice_in_a_file_is_left_to_the_lrs(
    tmp_path: Path, lrs_application: Any, accepted: Any
) -> None:
    same = json.dumps(statement(1, id="9dc99b37-e920-4a68-a066-917faca28949")).encode()
    load = Load(lrs_application, write(tmp_path / "a.jsonl", [same, same, *good(3)]))
    assert load.run().rejected == 0
    assert len(accepted.ids()) == len(set(accepted.ids())) == 4


def interrupted_at(number: int) -> Callable[[int], httpx.Response | None]:
    return lambda asked: httpx.Response(401, text="no more") if asked >= number else None


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("number", [1, 4, 9, 20])
def test_an_interrupted_load_goes_on_where_it_stopped(
    tmp_path: Path, lrs_application: Any, accepted: Any, number: int
) -> None:
    lines = good(200)
    for place in (3, 44, 45, 199):
        lines[place - 1] = b"{no"
    load = Load(lrs_application, write(tmp_path / "a.jsonl", lines))
    with pytest.raises(LoadStopped, match="401 no more"):
        load.run(interrupted_at(number))
    before = load.ledger.sent
    assert before == len(accepted.ids())
    load.told = 0
    ledger = load.run()
    assert ledger.resumed is (number > 1)
    assert (ledger.sent, ledger.rejected, load.told) == (196, 4, 200)
    assert len(accepted.ids()) == len(set(accepted.ids())) == 196
    assert set(load.rejected()) == {3, 44, 45, 199}
    assert not load.ledger_path.exists()


@pytest.mark.usefixtures("small_batches")
def test_what_was_sent_and_not_written_down_is_sent_again_with_the_same_ids(
    tmp_path: Path, lrs_application: Any, accepted: Any
) -> None:
    lines = good(40)
    lines[24] = b"{no"
    load = Load(lrs_application, write(tmp_path / "a.jsonl", lines))
    load.run()
    first = set(accepted.ids())
    source = StatementFile(load.path)
    ledger = Ledger(load.ledger_path, source.digest, TARGET)
    ledger.note(Batch(1, 10), sent=10, rejected=0)
    ledger.settle(11)  # as if killed before the rest was written down
    load.run()
    assert set(accepted.ids()) == first
    assert set(load.rejected()) == {25}


@pytest.mark.usefixtures("small_batches")
def test_another_file_or_target_starts_anew(
    tmp_path: Path, lrs_application: Any, accepted: Any
) -> None:
    load = Load(lrs_application, write(tmp_path / "a.jsonl", good(60)))
    with pytest.raises(LoadStopped):
        load.run(interrupted_at(5))
    write(load.path, good(61))
    accepted.records.clear()
    ledger = load.run()
    assert (ledger.resumed, ledger.sent) == (False, 61)
    elsewhere = Ledger(load.ledger_path, "digest", "http://elsewhere")
    elsewhere.note(Batch(1, 10), sent=10, rejected=0)
    elsewhere.settle(11)
    assert Ledger(load.ledger_path, "digest", "http://elsewhere").through == 10
    assert Ledger(load.ledger_path, "digest", TARGET).resumed is False


@pytest.mark.usefixtures("small_batches")
def test_not_now_is_tried_again(tmp_path: Path, lrs_application: Any, accepted: Any) -> None:
    def before(asked: int) -> httpx.Response | None:
        if asked in (2, 3):
            return httpx.Response(503, headers={"Retry-After": "0"})
        if asked == 5:
            return httpx.Response(429, headers={"Retry-After": "0.01"})
        if asked in (6, 7):
            raise httpx.ConnectError("refused")
        return None

    ledger = Load(lrs_application, write(tmp_path / "a.jsonl", good(50))).run(before)
    assert (ledger.sent, ledger.rejected) == (50, 0)
    assert len(accepted.ids()) == len(set(accepted.ids())) == 50


@pytest.mark.usefixtures("small_batches")
def test_lines_that_the_lrs_did_not_get_to_are_sent_again(
    tmp_path: Path, lrs_application: Any, accepted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_of_a_body, "GROUP_LINES", 3)
    publish, calls = accepted.publish, 0

    async def now_and_then(record: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 4 == 0:
            raise Unavailable("Kafka did not acknowledge", seconds=0)
        return await publish(record)

    accepted.publish = now_and_then
    sent = good(50)
    sent[7] = b'{"id": 7}'
    load = Load(lrs_application, write(tmp_path / "a.jsonl", sent))
    ledger = load.run()
    assert (ledger.sent, ledger.rejected) == (49, 1)
    assert len(accepted.ids()) == len(set(accepted.ids())) == 49
    assert set(load.rejected()) == {8}


def test_patience_ends(tmp_path: Path, lrs_application: Any) -> None:
    load = Load(lrs_application, write(tmp_path / "a.jsonl", good(5)))
    answer = httpx.Response(503, text="later", headers={"Retry-After": "0.01"})
    with pytest.raises(LoadStopped, match="the LRS says: 503 later, for 0 s"):
        load.run(lambda asked: answer, patience=0.1)
    with pytest.raises(LoadStopped, match="401"):
        load.run(login=("tool", "wrong"))


def paused(error: NotNow) -> float:
    state: Any = type("State", (), {"outcome": None, "attempt_number": 3})()
    state.outcome = type("Outcome", (), {"exception": lambda self: error})()
    return patience.pause(state)


def test_retry_after_is_honoured_up_to_a_cap() -> None:
    def asked(header: str) -> float | None:
        return patience.asked(header)

    assert paused(NotNow("", asked("7"))) == 7.0
    assert paused(NotNow("", asked("86400"))) == patience.LONGEST_PAUSE
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert 15 < paused(NotNow("", asked(date))) <= 20
    assert paused(NotNow("", asked("Thu, 01 Jan 1970 00:00:00 GMT"))) == 0.0
    assert paused(NotNow("", asked("soon"))) <= 10
    assert asked("") is None


@given(
    done=st.lists(st.booleans(), max_size=30),
    open_from=st.integers(1, 400),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_ledger_says_of_each_line_what_it_was_told(
    tmp_path: Path, done: list[bool], open_from: int
) -> None:
    ledger = Ledger(tmp_path / "ledger", "d", TARGET)
    batches = [Batch(10 * number + 1, 10 * number + 10) for number in range(len(done))]
    first_open = next(
        (b.first for b, is_done in zip(batches, done, strict=True) if not is_done), 999
    )
    for batch, is_done in zip(batches, done, strict=True):
        if is_done:
            ledger.note(batch, sent=10, rejected=0)
            ledger.settle(min(open_from, first_open))
    again = Ledger(tmp_path / "ledger", "d", TARGET)
    for batch, is_done in zip(batches, done, strict=True):
        assert again.has(batch) is is_done
        assert again.holds(batch.first + 5) is is_done
    ledger.close()


# The command


@pytest.fixture
def run(lrs_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs `headwater load` against a running LRS that the environment names."""
    host, _, port = lrs_url.removeprefix("http://").partition(":")
    monkeypatch.setenv("HEADWATER_LRS_HOST", host)
    monkeypatch.setenv("HEADWATER_LRS_PORT", port)
    monkeypatch.setenv("HEADWATER_LRS_CREDENTIALS", ":".join(LOGIN))
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(build(), ["load", *map(str, arguments)])


def test_the_command_sums_up(run: Any, tmp_path: Path, accepted: Any) -> None:
    result = run(write(tmp_path / "a.jsonl", good(1200)))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("sent 1200 statements, rejected 0 lines, in ")
    assert "statements/s" in result.output
    assert len(set(accepted.ids())) == 1200
    assert sorted(os.listdir(tmp_path)) == ["a.jsonl"]


def test_the_command_holds_statements_to_the_rules_that_it_is_told(
    run: Any, tmp_path: Path, accepted: Any
) -> None:
    file = write(tmp_path / "a.jsonl", [json.dumps(statement(1, version="2.0.0")).encode()])
    assert run(file).exit_code == 1
    assert run("--xapi", "2.0.0", file).exit_code == 0
    assert len(accepted.ids()) == 1
    result = run("--xapi", "3", file)
    assert isinstance(result.exception, StackError)
    assert "400 the header X-Experience-API-Version is '3'" in str(result.exception)


def test_the_command_says_where_rejected_lines_are(run: Any, tmp_path: Path) -> None:
    result = run(write(tmp_path / "a.jsonl", [*good(2), b"x"]))
    assert result.exit_code == 1
    assert "sent 2 statements, rejected 1 lines" in result.output
    assert f"the rejected lines, each with the reason: {tmp_path}/a.jsonl.rejected.jsonl" in (
        result.output
    )


def test_the_command_says_what_is_wrong_with_a_file(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"\x1f\x8bno")
    result = run(path)
    assert isinstance(result.exception, StackError)
    assert "is not a whole gzip file" in str(result.exception)
    assert "nothing was sent" in str(result.exception)


def test_without_an_lrs_the_command_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(build(), ["load", str(write(tmp_path / "a.jsonl", good(1)))])
    assert isinstance(result.exception, StackError)
    assert "no stack runs in data or demo-data" in str(result.exception)
    assert "`headwater up`" in str(result.exception)


@pytest.mark.parametrize(
    ("sent", "there", "said"),
    [
        (5, 0, "sent 5 statements"),
        (1, 0, "sent 1 statement"),
        (5, 2, "sent 5 statements (2 of them there already)"),
        (1, 1, "nothing new: 1 statement, there already"),
        (0, 0, "sent 0 statements"),
    ],
)
def test_what_was_there_already_is_not_told_as_new(
    tmp_path: Path, sent: int, there: int, said: str
) -> None:
    from headwater.commands.load import _sent

    ledger = Ledger(tmp_path / "ledger", "d", TARGET)
    ledger.sent, ledger.there = sent, there
    assert _sent(ledger) == said


def test_duplicates_are_counted_by_the_lrs_s_verdicts() -> None:
    lines = [loading.Line(number, b"{}", b"{}") for number in (1, 2, 3)]
    sending = loading._Sending(lines)
    sending.judge(iter([{"verdict": "stored"}, {"verdict": "duplicate"}, {"verdict": "invalid"}]))
    assert (sending.there, len(sending.rejected)) == (1, 1)
