"""Figures that are asked for: real SQLite, and servers that speak as Prometheus and sheets do."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bus import loads
from producers.errors import NotPulled
from producers.polling.cursors import Cursors
from producers.pulling import http, prometheus, sheet
from producers.pulling.figures import Asking, found
from producers.pulling.schedule import CURSORS_OF, Pulls
from serving.followed import FollowedFile
from tests.producers.written import xlsx
from tests.web import answering
from xapi import catalogue
from xapi.catalogue import Catalogue, CatalogueError
from xapi.observations import Observation

KPIS = """
[[kpi]]
name = "first_reply_hours"
unit = "hours"
direction = "down"
owner = "Support operations"
source = "the help desk"

[[kpi]]
name = "solved"
unit = "%"
direction = "up"
aggregation = "ratio"
owner = "Support operations"
source = "the help desk"
"""


def declared(pull: str) -> Catalogue:
    return catalogue.read(f"{KPIS}\n[[pull]]\nname = 'one'\n{pull}")


def pulled(pull: str, folder: Path, hosts: tuple[str, ...] = ("127.0.0.1",)) -> list[Observation]:
    said = declared(pull)
    return sorted(found(said.pull[0], said, Asking(folder, hosts)).entries, key=lambda o: o.cell)


def refused(pull: str, folder: Path, hosts: tuple[str, ...] = ("127.0.0.1",)) -> str:
    with pytest.raises(NotPulled) as error:
        pulled(pull, folder, hosts)
    return str(error.value)


# Databases


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A folder with a database of SQLite, and the file that its address is kept in."""
    with contextlib.closing(sqlite3.connect(tmp_path / "desk.db")) as desk:
        desk.executescript(
            """
            CREATE TABLE weekly (team TEXT, monday TEXT, hours REAL, tickets INT, solved INT);
            INSERT INTO weekly VALUES
                ('Support', '2026-06-01', 5.5, 212, 180), ('Support', '2026-06-08', 4.8, 198, 190),
                ('Field', '2026-06-01', 7.0, 12, 6);
            """
        )
    (tmp_path / "address").write_text(f"sqlite:///{tmp_path / 'desk.db'}\n")
    return tmp_path


ONE_OF = "SELECT 'Support' AS team,"
SQL = "kind = 'sql'\nurl = 'file:address'\n"


def test_a_query_brings_figures(database: Path) -> None:
    query = "SELECT team, monday AS period, hours AS value, tickets AS n FROM weekly"
    entries = pulled(f'{SQL}kpi = "first_reply_hours"\ngrain = "week"\nquery = "{query}"', database)
    assert [(o.team, o.period.isoformat(), o.grain, o.value, o.n, o.unit) for o in entries] == [
        ("Field", "2026-06-01", "week", 7.0, 12, "hours"),
        ("Support", "2026-06-01", "week", 5.5, 212, "hours"),
        ("Support", "2026-06-08", "week", 4.8, 198, "hours"),
    ]


def test_a_query_may_have_a_column_a_kpi_and_percents(database: Path) -> None:
    query = (
        "SELECT team, monday AS period, hours AS first_reply_hours,"
        ' solved AS \\"solved.numerator\\",'
        " tickets AS \\\"solved.denominator\\\" FROM weekly WHERE team LIKE 'F%'"
    )
    first, second = pulled(f'{SQL}grain = "week"\nquery = "{query}"', database)
    assert (first.kpi, first.value) == ("first_reply_hours", 7.0)
    assert (second.kpi, second.value, second.denominator) == ("solved", 50.0, 12.0)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1 AS odd", "unknown column 'odd'"),
        ("SELECT team FROM nowhere", "no such table: nowhere"),
        ("DELETE FROM weekly", "readonly"),
        (f"{ONE_OF} '2026-06-02' AS period, 1 AS value", "column period: 2026-06-02 is no Monday"),
        (f"{ONE_OF} '2026-06-01' AS period, x'00' AS value", "column value: it holds a bytes"),
        (f"{ONE_OF} '2026-06-01' AS period, 'x' AS value", "column value: 'x' is not a number"),
        (f"{ONE_OF} '2026-06-01' AS period, 1 AS value WHERE 0", "there are no figures"),
        (f"{ONE_OF} 1 AS kpi, 1 AS period, 1 AS value", "there is a column kpi, and the pull says"),
    ],
)  # fmt: skip
def test_an_answer_that_holds_no_figures_is_told(database: Path, query: str, said: str) -> None:
    pull = f'{SQL}kpi = "first_reply_hours"\ngrain = "week"\nquery = "{query}"'
    assert said in refused(pull, database)
    with contextlib.closing(sqlite3.connect(database / "desk.db")) as desk:
        assert desk.execute("SELECT count() FROM weekly").fetchone() == (3,)


def test_a_kpi_that_nobody_declared_is_not_pulled(database: Path) -> None:
    query = (
        "SELECT 'new' AS kpi, 'a' AS unit, 'up' AS direction, team, monday AS period, "
        "hours AS value FROM weekly"
    )
    assert "'new' is not among the [[kpi]]" in refused(f'{SQL}query = "{query}"', database)


def test_a_query_that_takes_too_long_is_stopped(database: Path) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    assert "interrupted" in refused(f'{SQL}timeout = 0.05\nquery = "{endless}"', database)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql+psycopg://u:hush@127.0.0.1/x", "install psycopg (postgresql+psycopg://…)"),
        ("mysql+pymysql://u:hush@127.0.0.1/x", "install pymysql"),
        ("mssql+pyodbc://u:hush@127.0.0.1/x", "install pyodbc"),
        ("nothing://u:hush@127.0.0.1/x", "the driver of nothing is not here"),
        ("hush", "the address of the database is none of SQLAlchemy's"),
        ("sqlite:////nowhere/hush.db", "unable to open database file"),
    ],
)
def test_a_database_that_cannot_be_asked_is_told_without_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv("DESK", address)
    told = refused("kind = 'sql'\nurl = 'env:DESK'\nquery = 'SELECT 1'", tmp_path)
    assert said in told
    assert "hush" not in told
    monkeypatch.setenv("DESK", "")
    assert "env:DESK is empty or not set" in refused(
        "kind = 'sql'\nurl = 'env:DESK'\nquery = 'SELECT 1'", tmp_path
    )


# Servers

Answering = Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]


def serving(answer: Answering) -> AbstractContextManager[str]:
    """A server of HTTP on this machine; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return answering(Handler)


def matrix(series: dict[str, dict[float, str]], label: str = "team") -> bytes:
    """An answer as Prometheus documents it."""
    result = [
        {"metric": {label: name}, "values": [[at, value] for at, value in values.items()]}
        for name, values in series.items()
    ]
    data = {"resultType": "matrix", "result": result}
    return json.dumps({"status": "success", "data": data}).encode()


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_prometheus_is_asked_for_whole_periods() -> None:
    asked: list[tuple[str, dict[str, list[str]], str | None]] = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(request.path)
        asked.append((url.path, parse_qs(url.query), request.headers["Authorization"]))
        start, end, step = (
            float(parse_qs(url.query)[name][0]) for name in ("start", "end", "step")
        )
        ends = {}
        while start <= end:
            ends[start] = f"{len(ends) + 1}.5"
            start += step
        return 200, {}, matrix({"Support": ends, "Field": {end: "NaN"}})

    now = datetime(2026, 6, 17, 9, tzinfo=UTC)  # a Wednesday of week 25
    expected = {
        "day": [("2026-06-15", "1.5"), ("2026-06-16", "2.5")],
        "week": [("2026-W23", "1.5"), ("2026-W24", "2.5")],
        "month": [("2026-04", "1.5"), ("2026-05", "1.5")],
    }
    with serving(answer) as url:
        for grain, cells in expected.items():
            said = declared(
                f"kind = 'prometheus'\nurl = '{url}/prom/'\n"
                "query = 'sum by (team) (a{b=\"c\"})'\n"
                f"kpi = 'first_reply_hours'\ngrain = '{grain}'\nperiods = 2\ntoken = 'env:T'"
            )
            (pull,) = said.pull
            assert isinstance(pull, catalogue.Prometheus)
            table = prometheus.table(pull, None, "hush", now)
            assert [(record.cells[2], record.cells[3]) for record in table.records] == cells
    assert {path for path, _, _ in asked} == {"/prom/api/v1/query_range"}
    assert {login for _, _, login in asked} == {"Bearer hush"}
    assert asked[0][1]["query"] == ['sum by (team) (a{b="c"})']
    assert asked[1][1]["start"] == [str(int(at("2026-06-08")))]
    assert asked[1][1]["end"] == [str(int(at("2026-06-15")))]
    assert asked[1][1]["step"] == ["604800"]


BAD = b'{"status":"error","errorType":"bad_data","error":"parse error"}'
VECTOR = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
PROMETHEUS = "kind = 'prometheus'\nquery = 'x'\nkpi = 'first_reply_hours'\n"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, BAD, "refuses the query (bad_data): parse error"),
        (500, b"oops", "Prometheus answers 500"),
        (200, b"<html>", "not what Prometheus documents"),
        (200, VECTOR, "answers a vector"),
        (200, matrix({"a": {0: "1"}}, "job"), "has no label 'team'"),
        (200, matrix({"Support": {1781481600.0: "+Inf"}}), "is not a finite number"),
        (200, matrix({}), "there are no figures"),
    ],
)  # fmt: skip
def test_what_prometheus_says_otherwise_is_told(
    tmp_path: Path, status: int, body: bytes, said: str
) -> None:
    with serving(lambda _: (status, {}, body)) as url:
        assert said in refused(f"{PROMETHEUS}url = '{url}'", tmp_path)
    assert "does not answer" in refused(f"{PROMETHEUS}url = '{url}'", tmp_path)


CSV = b"team,period,value\nSupport,2026-W24,4.8\n"
SHEET = "kind = 'sheet'\nkpi = 'first_reply_hours'\n"


@pytest.mark.parametrize(
    "body", [CSV, xlsx([["team", "period", "value"], ["Support", "2026-W24", 4.8]])]
)
def test_a_sheet_is_taken_by_its_address(tmp_path: Path, body: bytes) -> None:
    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/export?format=csv":
            return 307, {"Location": "/kept"}, b""
        return 200, {"Content-Type": "text/csv"}, body

    with serving(answer) as url:
        (entry,) = pulled(f"{SHEET}url = '{url}/export?format=csv'", tmp_path)
        (tmp_path / "sheet").write_text(f"{url}/export?format=csv\n")
        assert pulled(f"{SHEET}url = 'file:sheet'", tmp_path) == [entry]
    assert (entry.team, entry.value) == ("Support", 4.8)


def test_a_sheet_is_of_a_host_that_is_allowed_wherever_it_leads(tmp_path: Path) -> None:
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        seen.append(request.path)
        places = {
            "/away": "http://localhost:1/x",
            "/round": "/round",
            "/file": "file:///etc/passwd",
        }
        return 302, {"Location": places[request.path]}, b""

    with serving(answer) as url:
        assert "127.0.0.1 is not among the hosts" in refused(
            f"{SHEET}url = '{url}/away'", tmp_path, ("docs.google.com",)
        )
        assert seen == [], "a host that is not allowed is never asked"
        away = refused(f"{SHEET}url = '{url}/away'", tmp_path)
        assert "localhost is not among the hosts of HEADWATER_KPI_HOSTS" in away
        assert "leads on more than 5 times" in refused(f"{SHEET}url = '{url}/round'", tmp_path)
        assert "must begin https://" in refused(f"{SHEET}url = '{url}/file'", tmp_path)
    plain = refused(f"{SHEET}url = 'http://docs.google.com/x'", tmp_path, ("docs.google.com",))
    assert "must begin https://" in plain


@pytest.mark.parametrize(
    ("host", "hosts", "fits"),
    [
        ("docs.google.com", ["docs.google.com"], True),
        ("Docs.Google.com", ["docs.google.com"], True),
        ("doc-1.googleusercontent.com", ["*.googleusercontent.com"], True),
        ("googleusercontent.com.evil.org", ["*.googleusercontent.com"], False),
        ("evilgoogleusercontent.com", ["*.googleusercontent.com"], False),
        ("docs.google.com", [], False),
    ],
)
def test_hosts_are_names_or_all_below_one(host: str, hosts: list[str], fits: bool) -> None:
    import httpx

    url = httpx.URL(f"https://{host}/x")
    if fits:
        http.allowed(url, hosts)
    else:
        with pytest.raises(NotPulled, match="not among the hosts"):
            http.allowed(url, hosts)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}, b""), "answers 404: is the sheet shared?"),
        ((200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>"), "a page, and no table"),
        ((200, {}, b"team,period,value\nSupport,2026-W99,1\n"), "line 2, column period: '20"),
        ((200, {}, b"x" * 2000), "is larger than 1000 bytes"),
    ],
)  # fmt: skip
def test_a_sheet_that_is_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, said: str
) -> None:
    monkeypatch.setattr(sheet, "MOST_BYTES", 1000)
    with serving(lambda _: answer) as url:
        assert said in refused(f"{SHEET}url = '{url}/x'", tmp_path)


# The schedule


class Sink:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None]] = []

    def publish(self, topic: str, key: bytes | None, value: bytes | None) -> "Future[None]":
        done: Future[None] = Future()
        done.set_result(None)
        self.sent.append((topic, key, value))
        return done

    def flush(self, seconds: float | None = None) -> None:
        pass

    def loads(self) -> list[int]:
        """How many figures each load had."""
        values = [value for topic, _, value in self.sent if topic == "kpi.observations" and value]
        read = [loads.read(value, "observations") for value in values]
        return [each.count for each in read if isinstance(each, loads.Closing)]


def test_pulls_are_made_when_they_are_due_and_send_what_is_new(database: Path) -> None:
    """As time goes by: due at first, not sooner than its interval, at once where it is declared
    otherwise, and again after a failure; the same figures are not sent twice."""
    clock = [1_000_000.0]
    query = "SELECT team, monday AS period, hours AS value FROM weekly"
    text = (
        f'{KPIS}\n[[pull]]\nname = "one"\n{SQL}kpi = "first_reply_hours"\ngrain = "week"\n'
        f'every = "1h"\nquery = "{query}"\n\n[[pull]]\nname = "by-hand"\n{SQL}query = "SELECT 1"\n'
    )
    file = database / "kpis.toml"
    file.write_text(text)
    followed = FollowedFile(
        file, catalogue.read, catalogue.NONE, wrong=CatalogueError, do="correct it"
    )
    pulls = Pulls(followed, [], now=lambda: clock[0])
    sink, cursors = Sink(), Cursors({}, now=lambda: clock[0])

    def turn() -> list[str]:
        due = pulls._due(cursors)
        for each in due:
            asyncio.run(pulls._make(each, sink, cursors))  # type: ignore[arg-type]
        return [each.pull.name for each in due]

    assert turn() == ["one"]
    assert sink.loads() == [3]
    assert turn() == []
    clock[0] += 3601
    assert turn() == ["one"]
    assert sink.loads() == [3], "the same figures are not sent again"
    with contextlib.closing(sqlite3.connect(database / "desk.db")) as desk:
        desk.execute("UPDATE weekly SET hours = 5 WHERE team = 'Field'")
        desk.commit()
    assert turn() == []
    clock[0] += 3601
    assert turn() == ["one"]
    assert sink.loads() == [3, 3]

    again = Pulls(followed, [], now=lambda: clock[0])
    assert again._due(cursors) == [], "a restart asks nobody earlier than it is due"

    write(file, text.replace("FROM weekly", "FROM nowhere"))
    assert turn() == ["one"]
    (problem,) = (each for each in pulls.problems if each)
    assert "no such table: nowhere" in problem.detail
    assert turn() == []
    clock[0] += 31
    assert turn() == ["one"]
    write(file, text.replace(query, f"{query} LIMIT 2"))
    assert turn() == ["one"], "what is declared otherwise is tried at once"
    assert sink.loads() == [3, 3, 2]
    assert [each for each in pulls.problems if each] == []
    assert cursors.of(CURSORS_OF, "one") is not None


def write(file: Path, text: str) -> None:
    """Writes a file that has stood still for long enough, other than any before."""
    import os

    file.write_text(text)
    moved = file.stat().st_mtime - 1 - len(text) / 100
    os.utime(file, (moved, moved))
