"""A request's bytes against what is stored and told: nothing is changed on the way in silence."""

from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from headwater.embedded.warehouse import encodings
from tests.headwater.embedded.conftest import PASSWORDS, Server

pytestmark = pytest.mark.integration

Make = Callable[[str], str]

TSV = b"FORMAT TabSeparated\n"
#: In the URL, in the body, what is stored; `$` is the insert up to its format.
INSERTS: dict[str, tuple[bytes, bytes, list[bytes]]] = {
    "a semicolon at the end": (b"", b"$" + TSV + b"value_3;", [b"value_3;"]),
    "WITH before it": (b"", b"WITH 1 AS y $" + TSV + b"value_3;", [b"value_3;"]),
    "WITH, and bytes": (b"", b"WITH 1 AS y $" + TSV + b"\xff\xfe -- x;", [b"\xff\xfe -- x;"]),
    "comments before it": (b"", b"-- it's; FORMAT CSV\n/* ; */ $" + TSV + b"v;", [b"v;"]),
    "a format in a string": (
        b"",
        b"$SETTINGS log_comment = 'FORMAT CSV;' " + TSV + b"v;",
        [b"v;"],
    ),
    "data in the same line": (b"", b"$FORMAT TabSeparated ;v;", [b";v;"]),
    "a line break of Windows": (b"", b"$FORMAT TabSeparated\r\nv;", [b"v;"]),
    "an empty first line": (b"", b"$FORMAT LineAsString\n\nx;", [b"", b"x;"]),
    "what looks like comments": (
        b"",
        b"$" + TSV + b"x -- y\n# z\n/* u */",
        [b"# z", b"/* u */", b"x -- y"],
    ),
    "JSON": (b"", b'$FORMAT JSONEachRow {"a": "x;"}', [b"x;"]),
    "VALUES": (b"", b"$VALUES ('a;'), ('b;');", [b"a;", b"b;"]),
    "a binary format": (b"", b"$FORMAT RowBinary\n\x01\n\x02\xff;", [b"\n", b"\xff;"]),
    "more than is looked at first": (
        b"",
        b"WITH 1 AS y $" + TSV + b"v;\n" * 200_000 + b"\xff;",
        [b"v;"] * 200_000 + [b"\xff;"],
    ),
    "data in the URL": (b"$" + TSV + b"row1; ", b"", [b"row1; "]),
    "data in the URL and in the body": (b"$" + TSV + b"row1", b"row2;", [b"row1", b"row2;"]),
    "bytes in the URL": (b"$VALUES ('\xff')", b"", [b"\xff"]),
    "bytes of a binary format in the URL": (b"$FORMAT RowBinary\n\x01\xff", b"", [b"\xff"]),
    "blanks in the URL are no data": (b"$FORMAT RowBinary\n ", b"\x01\n", [b"\n"]),
    "the format is in the body": (b"$", TSV + b"row2;", [b"row2;"]),
    "VALUES are in the body": (b"$(a)", b"VALUES ('x')", [b"x"]),
    "the SELECT is in the body": (b"$", b"SELECT 'x;';", [b"x;"]),
}  # fmt: skip


def stored(server: Server, name: str) -> list[bytes]:
    """The rows of a table of one String."""
    data, found = server.ask(f"SELECT a FROM {name} ORDER BY a FORMAT RowBinary").content, []
    while data:
        assert data[0] < 128  # one byte of length
        found.append(data[1 : 1 + data[0]])
        data = data[1 + data[0] :]
    return found


@pytest.mark.parametrize("case", INSERTS)
def test_what_is_sent_is_what_is_stored(server: Server, table: Make, case: str) -> None:
    name = table("a String")
    insert = f"INSERT INTO {name} ".encode()
    in_url, body, rows = INSERTS[case]
    url = "/?query=" + quote(in_url.replace(b"$", insert, 1)) if in_url else "/"
    with server.http() as http:
        answer = http.post(url, content=body.replace(b"$", insert, 1))
    assert answer.status_code == 200, answer.text
    assert stored(server, name) == rows


def test_a_form_is_taken_as_it_was_sent(server: Server, table: Make) -> None:
    name = table("a String")
    insert = f"INSERT INTO {name} FORMAT TabSeparated\n".encode() + b"\xff;"
    body = (
        b'--b\r\nContent-Disposition: form-data; name="query"\r\n\r\n' + insert + b"\r\n--b--\r\n"
    )
    with server.http(headers={"Content-Type": "multipart/form-data; boundary=b"}) as http:
        assert http.post("/", content=body).status_code == 200
    assert stored(server, name) == [b"\xff;"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("$FORMAT TabSeparated;\nv", "62"),
        ("$VALUES; ('v')", "62"),
        ("$VALUES ('v'); ('w')", "33"),
        ("$SELECT * FROM input('a String') FORMAT TabSeparated\nv", "48"),
    ],
)
def test_what_would_be_stored_in_part_is_refused(
    server: Server, table: Make, body: str, code: str
) -> None:
    name = table("a String")
    answer = server.ask(body.replace("$", f"INSERT INTO {name} "))
    assert answer.headers.get("x-clickhouse-exception-code") == code, answer.text
    assert stored(server, name) == []


def test_a_long_statement_is_not_cut_in_a_string(server: Server) -> None:
    text = "x; SELECT" * 40_000
    found = server.ask(f"SELECT length('{text}')", max_query_size="1000000")
    assert found.text == f"{len(text)}\n"


def test_statements_that_are_not_utf_8(server: Server) -> None:
    assert server.ask(b"SELECT '\xff\xfe'").content == b"\xff\xfe\n"
    with server.http() as http:
        assert http.post("/?query=" + quote(b"SELECT '\xff'")).content == b"\xff\n"
    answer = server.ask(b"SELECT nope('\xff')")
    assert answer.headers["x-clickhouse-exception-code"] == "46", answer.text
    for name in ("database", "param_x", "log_comment", "password"):
        answer = httpx.post(f"{server.url}/?{name}=%ff", auth=("headwater", PASSWORDS["headwater"]))
        assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (400, "36")
        assert name in answer.text


@pytest.mark.parametrize(
    "name", ["query_id", "session_timezone", "session_id", "log_comment", "default_format",
             "database", "role", "max_threads", "user", "param_x", "nosuch"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "\x7f", "é中"])
def test_no_parameter_ends_the_connection_or_makes_a_header(
    server: Server, name: str, value: str
) -> None:
    with server.http() as http:
        answer = http.post("/", params={name: value}, content="SELECT 1")
        assert "x-evil" not in answer.headers
        assert answer.status_code == 200 or answer.text.startswith("Code: "), answer.text
        assert http.post("/", content="SELECT 1").text == "1\n"  # the connection stands


def test_an_error_is_compressed_where_results_are(server: Server) -> None:
    for sql, who, code in (
        ("SELECT nope", "headwater", "47"),
        ("SELECT * FROM system.processes", "viewer", "497"),
        ("SELECT 1", "", "516"),
    ):
        auth = (who or "nobody", PASSWORDS.get(who, "x"))
        answer = httpx.post(server.url, content=sql, params={"compress": "1"}, auth=auth)
        assert answer.headers["x-clickhouse-exception-code"] == code
        decoder = encodings.Blocks()
        text = b"".join(decoder.feed(answer.content)).decode()
        decoder.finish()
        assert text.startswith(f"Code: {code}. DB::Exception: ")
