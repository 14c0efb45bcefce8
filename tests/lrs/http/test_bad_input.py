# ruff: noqa: E501 - the tables below read by their rows
"""Whatever is sent to a running LRS: refused with the place and the rule, and nothing else suffers.

The server is a process of its own, over the real broker and the real warehouse; its memory is
measured, and after every assault an ordinary request is served.
"""

import gzip
import io
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.lrs.process import GOOD, HEADERS, Server

pytestmark = pytest.mark.integration

MEBIBYTE = 1 << 20
HEAD = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()
LINES = "application/x-ndjson"


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The LRS; when a test is done it must still do its work."""
    yield running
    status, ids = running.ask(content=GOOD)
    assert status == 200
    assert len(ids) == 1


def place_of(said: Any) -> tuple[str, str]:
    error = said["error"]
    assert error["message"]
    assert error["rule"]
    return error["path"], error["message"]


# What is not JSON, or not the JSON of a statement

NOT_JSON = {
    "nothing": (b"", "no body"),
    "blanks": (b" \n\t ", "no body"),
    "cut": (GOOD[:-1], "JSON"),
    "trailing": (GOOD + b"x", "JSON"),
    "two": (GOOD + GOOD, "JSON"),
    "comma": (b"[" + GOOD + b",]", "JSON"),
    "single quotes": (GOOD.replace(b'"', b"'"), "JSON"),
    "comment": (b"/* */" + GOOD, "JSON"),
    "NaN": (GOOD[:-1] + b',"result":{"score":{"raw":NaN}}}', "NaN"),
    "infinity": (GOOD[:-1] + b',"result":{"score":{"raw":-Infinity}}}', "Infinity"),
    "too large a number": (GOOD[:-1] + b',"result":{"score":{"raw":1e999}}}', "number"),
    "latin-1": (GOOD.replace(b"anna", b"ann\xe4"), "UTF-8"),
    "overlong": (GOOD.replace(b"anna", b"ann\xc0\xaf"), "UTF-8"),
    "utf-16": (GOOD.decode().encode("utf-16"), "UTF-8"),
    "surrogate": (GOOD.replace(b"anna", b"ann\\ud800"), "surrogate"),
    "surrogate as bytes": (GOOD.replace(b"anna", b"ann\xed\xa0\x80"), "UTF-8"),
    "NUL": (GOOD.replace(b"anna", b"ann\x00"), "JSON"),
    "NUL outside": (b"\x00" + GOOD, "JSON"),
    "control": (GOOD.replace(b"anna", b"ann\x01"), "JSON"),
    "twice": (GOOD[:-1] + b',"verb":{"id":"http://example.org/other"}}', "verb"),
    "twice, written otherwise": (GOOD[:-1] + b',"v\\u0065rb":{"id":"http://e.org/o"}}', "verb"),
    "deep": (GOOD[:-1] + b',"context":{"extensions":{"x:y":' + b"[" * 300 + b"]" * 300 + b"}}}", "deep"),
    "very deep": (b"[" * 1_000_000, "JSON"),
    "deep and whole": (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "deep"),
    "a number": (b"17", "object"),
    "null": (b"null", "null"),
    "long digits": (GOOD[:-1] + b',"result":{"score":{"raw":' + b"9" * 5000 + b"}}}", "number"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_not_a_statement_is_400_with_the_reason(server: Server, name: str) -> None:
    body, word = NOT_JSON[name]
    status, said = server.ask(content=body)
    assert status == 400
    path, message = place_of(said)
    assert path.startswith("$")
    assert word.lower() in message.lower()
    status, answer = server.ask(path="/verdicts", content=body + b"\n" + GOOD, Content_Type=LINES)
    assert status == 200
    verdicts = [json.loads(line) for line in answer.splitlines()]
    assert verdicts[-1]["verdict"] == "stored" or name == "cut"
    assert {each["verdict"] for each in verdicts[:-1]} <= {"invalid"}


@pytest.mark.parametrize("where", ["actor", "object"])
def test_a_megabyte_of_one_string_is_taken_or_refused_but_not_felt(
    server: Server, where: str
) -> None:
    said = json.loads(GOOD)
    said[where] = {"id": "http://example.org/" + "x" * MEBIBYTE}
    assert server.ask(content=json.dumps(said).encode())[0] in (200, 400)


# What is too large


def bomb(size: int) -> bytes:
    """A gzip body of one statement and as many blanks as make it that large."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as file:
        file.write(GOOD)
        blanks = b" " * MEBIBYTE
        for _ in range(size // MEBIBYTE):
            file.write(blanks)
    return out.getvalue()


def within(server: Server, allowed: int, assault: Callable[[], object]) -> None:
    """The server's memory must not grow by more than that while something is done to it."""
    before = server.memory
    most, done = before, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.005):
            most = max(most, server.memory)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        assault()
    finally:
        done.set()
        watching.join()
    assert most - before < allowed, f"grew by {(most - before) / MEBIBYTE:.0f} MiB"


def test_bodies_that_are_too_large_are_413_and_are_not_kept(server: Server) -> None:
    def assault() -> None:
        for _ in range(3):
            status, said = server.ask(content=b"[" + b" " * (80 * MEBIBYTE) + b"]")
            assert status == 413
            assert "smaller batches" in place_of(said)[1]
        status, _ = server.ask(content=(b" " * MEBIBYTE for _ in range(80)))
        assert status == 413

    within(server, 60 * MEBIBYTE, assault)


def test_gzip_bombs_are_413_and_are_not_unpacked(server: Server) -> None:
    one = bomb(1024 * MEBIBYTE)
    nested = gzip.compress(bomb(64 * MEBIBYTE))

    def assault() -> None:
        for _ in range(3):
            assert server.ask(content=one, Content_Encoding="gzip")[0] == 413
        assert server.ask(content=nested, Content_Encoding="gzip")[0] == 400

    within(server, 60 * MEBIBYTE, assault)


def test_lines_of_any_length_are_read_in_bounded_memory(server: Server) -> None:
    """A gigabyte in one line, 100,000 statements, and two million blank lines."""
    packed = zlib.compressobj(9, wbits=31)
    body = b"".join(packed.compress(b" " * MEBIBYTE) for _ in range(1024))
    line = packed.compress(b"\n") + b"".join(packed.compress(GOOD + b"\n") for _ in range(30_000))
    body += line + packed.compress(b"\n" * 2_000_000) + packed.compress(GOOD) + packed.flush()

    def assault() -> None:
        status, answer = server.ask(
            path="/verdicts", content=body, Content_Type=LINES, Content_Encoding="gzip"
        )
        assert status == 200
        verdicts = [json.loads(each) for each in answer.splitlines()]
        assert [each["verdict"] for each in verdicts] == ["invalid"] + ["stored"] * 30_001
        assert verdicts[-1]["line"] == 2_030_002

    within(server, 90 * MEBIBYTE, assault)


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [
        ({"Content_Encoding": "br"}, 415, "gzip"),
        ({"Content_Encoding": "gzip, gzip"}, 415, "gzip"),
        ({"Content_Encoding": "gzip"}, 400, "gzip"),
        ({"Content_Type": "text/plain"}, 400, "application/json"),
        ({"Content_Type": ""}, 400, "application/json"),
        ({"Content_Type": "application/jsonx"}, 400, "application/json"),
        ({"Content_Type": "multipart/mixed"}, 400, ""),
        ({"Content_Type": "multipart/mixed; boundary="}, 400, ""),
        ({"Content_Type": "multipart/mixed; boundary=" + "x" * 200}, 400, ""),
        ({"Content_Type": "multipart/mixed; boundary=none"}, 400, ""),
        ({"X_Experience_API_Version": "1.0.3\t1.0.3"}, 400, "version"),
        ({"Authorization": "Basic " + "A" * 50_000}, 401, "credentials"),
    ],
)
def test_headers_that_do_not_fit_are_refused_with_their_name(
    server: Server, headers: dict[str, str], status: int, word: str
) -> None:
    found, said = server.ask(content=GOOD, **headers)
    assert found == status
    assert word.lower() in place_of(said)[1].lower()


# What is not HTTP, or HTTP that two readers would understand differently

LENGTH = b"Content-Length: %d\r\n" % len(GOOD)
POST = b"POST /xapi/statements HTTP/1.1\r\nHost: lrs\r\n"
CHUNKED = b"%x\r\n%b\r\n0\r\n" % (len(GOOD), GOOD)
CODED = b"Transfer-Encoding: chunked\r\n"

SMUGGLED = {
    "both lengths": POST + HEAD + LENGTH + CODED + b"\r\n" + CHUNKED,
    "two lengths": POST + HEAD + LENGTH + b"Content-Length: 5\r\n\r\n" + GOOD,
    "two equal lengths": POST + HEAD + LENGTH + LENGTH + b"\r\n" + GOOD,
    "a length with a sign": POST + HEAD + LENGTH.replace(b": ", b": +") + b"\r\n" + GOOD,
    "a length in hex": POST + HEAD + b"Content-Length: 0x5\r\n\r\n" + GOOD,
    "a negative length": POST + HEAD + b"Content-Length: -5\r\n\r\n" + GOOD,
    "a blank before the colon": POST + HEAD + b"Content-Length : 5\r\n\r\n" + GOOD,
    "a folded header": POST + HEAD + b"X-A: 1\r\n Content-Length: 5\r\n\r\n",
    "chunked twice": POST + HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "an unknown coding": POST + HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "a chunk's length with a sign": POST + HEAD + CODED + b"\r\n+5\r\nabcde\r\n",
    "a chunk that is longer": POST + HEAD + CODED + b"\r\n1\r\nabc\r\n0\r\n\r\n",
    "NUL in a header": POST + b"X-A: a\x00b\r\n" + HEAD + LENGTH + b"\r\n" + GOOD,
    "a bare CR": POST + b"X-A: a\rContent-Length: 5\r\n" + HEAD + LENGTH + b"\r\n" + GOOD,
    "another version": b"GET / HTTP/3.7\r\n\r\n",
    "no path": b"GET HTTP/1.1\r\n\r\n",
    "a path in bytes": b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "another method": b"BREW / HTTP/1.1\r\n\r\n",
    "a tunnel": b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\x00" * 200,
    "two authorizations": POST + HEAD + b"Authorization: Basic eDp5\r\n" + LENGTH + b"\r\n" + GOOD,
    "two versions": POST + HEAD + b"x-experience-api-version: 2.0.0\r\n" + LENGTH + b"\r\n" + GOOD,
    "two types": POST + HEAD + b"Content-Type: text/plain\r\n" + LENGTH + b"\r\n" + GOOD,
    "two hosts": POST + b"Host: other\r\n" + HEAD + LENGTH + b"\r\n" + GOOD,
}  # fmt: skip


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_two_readers_would_read_differently_is_400_and_the_end(
    server: Server, name: str
) -> None:
    answer = server.raw(SMUGGLED[name])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"\r\nconnection: close\r\n") == 1
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert error["message"]
    assert error["path"]


def test_what_comes_after_a_chunked_body_is_no_header(server: Server) -> None:
    """Authorization in a trailer, where no proxy looks for it."""
    head = b"X-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    trailer = b"Authorization: Basic dG9vbDpzZWNyZXQ=\r\n\r\n"
    assert server.raw(POST + head + CHUNKED + trailer).startswith(b"HTTP/1.1 401 ")
    flood = (b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(50_000))
    request = POST + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED
    within(server, 30 * MEBIBYTE, lambda: server.raw(request, *flood, b"\r\n"))


def test_an_upgrade_that_is_not_known_is_passed_over(server: Server) -> None:
    for upgrade in (b"websocket", b"h2c"):
        more = b"Connection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n"
        answer = server.raw(POST + HEAD + more + LENGTH + b"\r\n" + GOOD, seconds=5)
        assert answer.split(b" ")[1] in (b"200", b"400")


HEADS = {
    "a query of a million parameters": (
        b"GET /xapi/statements?",
        lambda: (b"verb=x%d&" % n for n in range(1_000_000)),
    ),
    "a path without end": (b"GET /", lambda: (b"x" * 65_536 for _ in range(1000))),
    "a header without end": (
        b"GET / HTTP/1.1\r\nX-A: ",
        lambda: (b"y" * 65_536 for _ in range(1000)),
    ),
    "headers without end": (
        b"GET / HTTP/1.1\r\n",
        lambda: (b"X-%d: y\r\n" % n for n in range(1_000_000)),
    ),
    "a header's name without end": (
        b"GET / HTTP/1.1\r\n",
        lambda: (b"n" * 65_536 for _ in range(1000)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_heads_without_end_are_431_and_are_not_kept(server: Server, name: str) -> None:
    begin, more = HEADS[name]

    def assault() -> None:
        block, pieces = bytearray(begin), []
        for piece in more():
            block += piece
            if len(block) > 65_536:
                pieces.append(bytes(block))
                block.clear()
        answer = server.raw(*pieces, bytes(block), b" HTTP/1.1\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 431 "), answer[:200]
        assert b"more than 65536 bytes" in answer

    within(server, 30 * MEBIBYTE, assault)


def test_a_head_that_comes_at_once_has_the_same_bounds(server: Server) -> None:
    query = "&".join(f"verb=x{n}" for n in range(20_000))
    assert server.ask("GET", f"/xapi/statements?{query}")[0] == 431
    assert server.ask("GET", "/", **{f"X-{n}": "y" for n in range(90)})[0] == 200
    status, said = server.ask("GET", f"/xapi/statements?{query[:50_000]}")
    assert status == 400
    assert "more than 100 query parameters" in place_of(said)[1]


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=" + "9" * 400, "since=0000-00-00", "until=%00", "statementId=%ff%fe",
     "ascending=1", "verb=%ff", "from=%00%00", "=", "&&&;", "%", "%zz=1", "statementId[]=1",
     "limit=1&limit=2", "ſince=2020-01-01T00:00:00Z"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["statements", "activities/state", "agents/profile"])
def test_parameters_that_are_wrong_are_400_with_their_name(
    server: Server, path: str, query: str
) -> None:
    from urllib.parse import quote

    status, said = server.ask("GET", f"/xapi/{path}?{quote(query, safe='%=&;[]')}")
    assert status in (200, 400)
    if status == 400:
        place_of(said)
    elif path == "statements":
        assert query == "&&&;"


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (b"&".join(b"verb=x%d" % n for n in range(200_000)), (400,)),
        (b"content=" + b"x" * (40 * MEBIBYTE), (413,)),
        (b"content=%ff%fe", (400,)),
        (b"content", (400,)),
        (b"\xff\xfe", (400,)),
        (b"%", (400,)),
        (b"Authorization=Basic+x&Authorization=Basic+y", (400,)),
        (b"X-Experience-API-Version=%00", (400,)),
        (b"Content-Length=5&content=" + GOOD, (200, 400)),
    ],
)
def test_forms_that_stand_for_requests_have_bounds_too(
    server: Server, form: bytes, status: tuple[int, ...]
) -> None:
    found, said = server.ask("POST", "/xapi/statements?method=POST", form, Content_Type=FORM)
    assert found in status
    if found != 200:
        place_of(said)


def test_forms_of_strangers_are_small(server: Server) -> None:
    """Credentials may stand in the form, so it is read before anybody is known."""

    def assault() -> None:
        for _ in range(10):
            form = b"content=" + b"x" * (8 * MEBIBYTE)
            status, _ = server.ask(
                "POST", "/xapi/statements?method=POST", form, Content_Type=FORM, Authorization=""
            )
            assert status == 413

    within(server, 30 * MEBIBYTE, assault)


MIXED = b"--b\r\nContent-Type: application/json\r\n\r\n" + GOOD
PARTS = {
    "no end": MIXED,
    "no first boundary": GOOD + b"\r\n--b--\r\n",
    "another boundary": MIXED.replace(b"--b", b"--c") + b"\r\n--c--\r\n",
    "nothing": b"",
    "no parts": b"--b--\r\n",
    "a surplus part": MIXED + b"\r\n--b\r\nX-Experience-API-Hash: %b\r\n" % (b"0" * 64)
    + b"Content-Transfer-Encoding: binary\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n",
    "a header without end": b"--b\r\nContent-Type: " + b"x" * MEBIBYTE,
    "headers without end": b"--b\r\n" + b"X-A: y\r\n" * 100_000,
    "a million parts": b"--b\r\n\r\n" * 1_000_000,
    "a statement that is too large": b"--b\r\nContent-Type: application/json\r\n\r\n"
    + b" " * (20 * MEBIBYTE) + b"\r\n--b--\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_multipart_bodies_that_are_wrong_are_refused_in_bounded_memory(
    server: Server, name: str
) -> None:
    def assault() -> None:
        kind = "multipart/mixed; boundary=b"
        status, said = server.ask(content=PARTS[name], Content_Type=kind)
        assert status in (400, 413), said
        place_of(said)

    within(server, 60 * MEBIBYTE, assault)


# Together


def test_a_good_client_is_served_beside_bad_ones(server: Server) -> None:
    """It is served again and again, while four others do their worst."""
    one = bomb(512 * MEBIBYTE)
    worst: list[Callable[[], object]] = [
        lambda: server.ask(content=one, Content_Encoding="gzip"),
        lambda: server.ask(content=b'{"a":' * 100_000),
        lambda: server.ask(content=b" " * (40 * MEBIBYTE)),
        lambda: server.raw(b"GET /" + b"x" * (4 * MEBIBYTE)),
    ]
    until = time.monotonic() + 5

    def repeat(assault: Callable[[], object]) -> None:
        while time.monotonic() < until:
            assault()

    threads = [threading.Thread(target=repeat, args=(each,)) for each in worst]
    for thread in threads:
        thread.start()
    served = 0
    while time.monotonic() < until:
        assert server.ask(content=GOOD)[0] == 200
        served += 1
    for thread in threads:
        thread.join()
    assert served > 5


def test_what_was_refused_is_nowhere(server: Server, tmp_path: Path) -> None:
    identifier = str(uuid4())
    wrong = json.dumps({**json.loads(GOOD), "id": identifier, "x": 1}).encode()
    assert server.ask(content=wrong)[0] == 400
    assert server.ask("GET", f"/xapi/statements?statementId={identifier}")[0] == 404
