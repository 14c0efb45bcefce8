"""The warehouse's parts without a process: statements, compressions, the handshake, errors."""

import gzip
import random
import zlib
from collections.abc import Callable
from contextlib import nullcontext, suppress

import brotli
import lz4.frame
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.embedded.warehouse import encodings, handshake
from headwater.embedded.warehouse.errors import EngineError
from headwater.embedded.warehouse.statement import Kind, begun, check_values, parse

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
    "br": lambda data: brotli.compress(data, quality=3),
    "identity": bytes,
}


@pytest.mark.parametrize(
    ("sql", "kind", "form"),
    [
        (b"SELECT 1", Kind.READ, None),
        (b"select 1 format JSON", Kind.READ, "JSON"),
        (b"-- hi\n/* there */ (SELECT 1) UNION ALL (SELECT 2) FORMAT `CSV`", Kind.READ, "CSV"),
        (b"WITH 1 AS x SELECT x SETTINGS max_threads=1 FORMAT TSV;", Kind.READ, "TSV"),
        (b"SELECT format('{}', 'FORMAT CSV') FORMAT JSON SETTINGS a=1", Kind.READ, "JSON"),
        (b"SELECT ' FORMAT CSV'", Kind.READ, None),
        (b"SHOW TABLES FORMAT JSON", Kind.SHOW, "JSON"),
        (b"explain select 1", Kind.SHOW, None),
        (b"SET a = 1", Kind.STATEFUL, None),
        (b"CREATE TEMPORARY TABLE x (a Int8)", Kind.STATEFUL, None),
        (b"CREATE TABLE x (a Int8)", Kind.COMMAND, None),
        (b"INSERT INTO t SELECT 1", Kind.COMMAND, None),
        (b"INSERT INTO t (a, format) WITH 1 AS x SELECT x, 2", Kind.COMMAND, None),
        (b"INSERT INTO t (SELECT 1)", Kind.COMMAND, None),
        (b"WITH 1 AS x INSERT INTO t SELECT x", Kind.COMMAND, None),
        (b"WITH 1 AS insert SELECT insert FORMAT CSV", Kind.READ, "CSV"),
        (b"WITH x AS (SELECT 1 AS insert) SELECT insert FROM x", Kind.READ, None),
        (b"SELECT insert FROM (SELECT 1 AS insert)", Kind.READ, None),
    ],
)
def test_a_statement_is_told_by_kind_and_format(sql: bytes, kind: Kind, form: str | None) -> None:
    found = parse(sql)
    assert (found.kind, found.format) == (kind, form)


@pytest.mark.parametrize(
    ("head", "text", "form"),
    [
        (b"INSERT INTO t FORMAT CSV\n", b"INSERT INTO t ", "CSV"),
        (b"INSERT INTO t (a, b) FORMAT Native\r\n", b"INSERT INTO t (a, b) ", "Native"),
        (b'insert into `t;`."format" settings a=1 format RowBinary ', None, "RowBinary"),
        (b"INSERT INTO values VALUES ", b"INSERT INTO values ", "Values"),
        (b"INSERT INTO TABLE FUNCTION null('a Int8') FORMAT TSV\n", None, "TSV"),
        (b"WITH 1 AS y INSERT INTO t FORMAT TSV\n", b"WITH 1 AS y INSERT INTO t ", "TSV"),
        (b"WITH x AS (SELECT 1) INSERT INTO t FORMAT CSV\n", None, "CSV"),
        (b"-- it's; FORMAT CSV\n/* ; */ INSERT INTO t FORMAT TSV\n", None, "TSV"),
        (b"INSERT INTO t SETTINGS log_comment = 'FORMAT CSV;' FORMAT TSV ", None, "TSV"),
    ],
)
def test_the_data_of_an_insert_begins_after_its_statement(
    head: bytes, text: bytes | None, form: str
) -> None:
    for data in (b"", b"1,2\n", b"\x00\xff'; DROP", b"\n1", b"value_3;", b"-- x;", b"SELECT 1;"):
        found = parse(head + data)
        assert found.kind is Kind.INSERT
        assert found.format == form
        assert (head + data)[found.data :].strip() == data.strip()
        if text is not None:
            assert found.text == text


@pytest.mark.parametrize(
    "sql",
    [
        b"",
        b"  ; ",
        b"-- nothing\n",
        b"SELECT 1; SELECT 2",
        b"INSERT INTO t FORMAT CSV;\n1",
        b"INSERT INTO t VALUES; (1)",
    ],
)
def test_none_or_two_statements_are_a_syntax_error(sql: bytes) -> None:
    with pytest.raises(EngineError) as caught:
        parse(sql)
    assert caught.value.code == 62


@pytest.mark.parametrize(
    "sql",
    [
        b"INSERT INTO t SELECT * FROM input('a String') FORMAT CSV\nx",
        b"WITH 1 AS y INSERT INTO t SELECT a FROM input ('a String')",
    ],
)
def test_rows_that_the_engine_would_not_see_are_refused(sql: bytes) -> None:
    with pytest.raises(EngineError) as caught:
        parse(sql)
    assert caught.value.code == 48


@pytest.mark.parametrize(
    ("data", "ends"),
    [
        (b"(1), (2)", True),
        (b" ('a;'), ('b;') ;\n", True),
        (b"('it''s; \\'; x') -- ; what follows", True),
        (b"(1); (2)", False),
        (b"('a;'); INSERT INTO t VALUES ('b')", False),
    ],
)
def test_nothing_may_follow_the_semicolon_after_values(data: bytes, ends: bool) -> None:
    with nullcontext() if ends else pytest.raises(EngineError, match=r"Code: 33\."):
        check_values(data)


def test_the_head_of_a_body_is_an_insert_only_where_its_data_have_begun() -> None:
    whole = b"WITH 'x;y' AS y INSERT INTO t SETTINGS log_comment = 'FORMAT CSV ' FORMAT TSV\nvalue"
    data = whole.index(b"value")
    for cut in range(len(whole) + 1):
        found = begun(whole[:cut])
        if cut <= data:
            assert found is None, whole[:cut]
        else:
            assert found is not None
            assert (found.format, found.data) == ("TSV", data)


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(sql: bytes) -> None:
    with suppress(EngineError):
        assert len(parse(sql).text) <= len(sql)


@pytest.mark.parametrize("name", COMPRESS)
@settings(max_examples=25)
@given(
    blocks=st.lists(st.tuples(st.binary(max_size=400), st.integers(1, 2000)), max_size=6),
    step=st.sampled_from([1, 7, 1000, 65_536, 1 << 24]),
)
def test_every_frame_of_a_body_is_read(
    name: str, blocks: list[tuple[bytes, int]], step: int
) -> None:
    meant = [piece * times for piece, times in blocks if piece]
    body = b"".join(map(COMPRESS[name], meant))
    step = max(step, len(body) // 500 + 1)
    decoder = encodings.decoder(name)
    pieces = [
        piece for at in range(0, len(body), step) for piece in decoder.feed(body[at : at + step])
    ]
    decoder.finish()
    assert b"".join(pieces) == b"".join(meant)


def decoded(name: str, body: bytes) -> bytes:
    decoder = encodings.decoder(name)
    pieces = list(decoder.feed(body))
    decoder.finish()
    return b"".join(pieces)


@pytest.mark.parametrize("name", [name for name in COMPRESS if name != "identity"])
def test_a_body_that_breaks_off_or_is_garbage_is_an_error(name: str) -> None:
    body = COMPRESS[name](random.Random(1).randbytes(200_000))
    for bad in (body + body[:-3], body[: len(body) // 2], b"this is not compressed at all"):
        with pytest.raises(EngineError):
            decoded(name, bad)


@pytest.mark.parametrize("name", COMPRESS)
def test_what_is_encoded_can_be_decoded(name: str) -> None:
    encoder, decoder = encodings.encoder(name), encodings.decoder(name)
    data = random.Random(2).randbytes(1000) * 3000
    sent = encoder.feed(data) + encoder.feed(b"end") + encoder.finish()
    assert b"".join(decoder.feed(sent)) == data + b"end"
    decoder.finish()


@pytest.mark.parametrize("name", ["gzip", "deflate", "lz4", "zstd", "br"])
def test_a_bomb_is_read_in_bounded_pieces(name: str) -> None:
    decoder = encodings.decoder(name)
    for piece in decoder.feed(COMPRESS[name](bytes(64 << 20))):
        assert len(piece) <= 4 << 20


def test_checksummed_blocks_go_both_ways_and_are_checked() -> None:
    data = random.Random(3).randbytes(1000) * 3000
    sent = encodings.encoder("blocks").feed(data)
    for step in (1, 999_983, len(sent)):
        blocks = encodings.Blocks()
        step = max(step, len(sent) // 300)
        pieces = [p for at in range(0, len(sent), step) for p in blocks.feed(sent[at : at + step])]
        blocks.finish()
        assert b"".join(pieces) == data
    damaged = bytearray(sent)
    damaged[40] ^= 1
    with pytest.raises(EngineError, match="Checksum"):
        list(encodings.Blocks().feed(bytes(damaged)))
    unfinished = encodings.Blocks()
    list(unfinished.feed(sent[:-1]))
    with pytest.raises(EngineError):
        unfinished.finish()


def test_the_handshake_is_answered_in_the_revision_asked_for() -> None:
    sql = b"SELECT displayName(), version(), revision(), timezone()"
    assert handshake.asks(sql, 54460, "Native")
    assert not handshake.asks(sql, 0, "Native")
    assert not handshake.asks(sql, 54460, "TabSeparated")
    assert handshake.answer("hw", "26.9", "UTC", 54460) == (
        b"\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01"
        b"\x0ddisplayName()\x06String\x00\x02hw"
        b"\x09version()\x06String\x00\x0426.9"
        b"\x0arevision()\x06UInt32\x00\x00\x00\x00\x00"
        b"\x0atimezone()\x06String\x00\x03UTC"
    )
    assert b"String\x02hw" in handshake.answer("hw", "26.9", "UTC", 54453)


@pytest.mark.parametrize(
    ("said", "code", "text", "status"),
    [
        (
            "Streaming insert finish failed: Code: 33. DB::Exception: Short. (CANNOT_READ_ALL_DATA)"
            " (version 26.9.2.1)",
            33,
            "Code: 33. DB::Exception: Short. (CANNOT_READ_ALL_DATA)",
            500,
        ),
        (
            "Code: 73. DB::Exception: Code: 73. DB::Exception: Code: 73. DB::Exception: Unknown"
            " format X. (UNKNOWN_FORMAT) (version 26.9.2.1). (UNKNOWN_FORMAT)",
            73,
            "Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT)",
            404,
        ),
        ("no code", 1001, "Code: 1001. DB::Exception: no code (STD_EXCEPTION)", 500),
    ],
)
def test_the_engines_errors_read_as_a_servers(said: str, code: int, text: str, status: int) -> None:
    error = EngineError.of(RuntimeError(said))
    assert (error.code, error.text, error.status) == (code, text, status)
