"""Attachments: statements in parts, files kept once by their SHA-2, and back in parts."""

import hashlib
import json
from email.message import Message
from email.parser import BytesParser
from typing import Any

import pytest

from lrs import server
from lrs.http.attachments import Attachments

STATEMENTS = "/xapi/statements"
ONE = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
FILE = bytes(range(256)) * 3 + b"\r\n--not-the-boundary\r\n"


def sha2(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def statement(*files: bytes, **more: Any) -> dict[str, Any]:
    attachments = [
        {
            "usageType": "http://example.org/picture",
            "display": {"en": "A picture"},
            "contentType": "image/png",
            "length": len(file),
            "sha2": sha2(file),
        }
        for file in files
    ]
    return {
        "id": ONE,
        "actor": {"mbox": "mailto:ada@example.org"},
        "verb": {"id": "http://example.org/did"},
        "object": {"id": "http://example.org/it"},
        "attachments": attachments,
        **more,
    }


def part(content: bytes, *headers: str) -> bytes:
    return "\r\n".join(["--here", *headers, "", ""]).encode() + content + b"\r\n"


def text(said: Any, kind: str = "application/json") -> bytes:
    return part(json.dumps(said).encode(), f"Content-Type: {kind}")


def file(content: bytes, *, hashed: str | None = None, encoding: str = "binary") -> bytes:
    headers = ["Content-Type: image/png", f"Content-Transfer-Encoding: {encoding}"]
    return part(content, *headers, f"X-Experience-API-Hash: {hashed or sha2(content)}")


def mixed(*parts: bytes, end: bytes = b"--here--\r\n") -> dict[str, Any]:
    return {
        "content": b"".join(parts) + end,
        "headers": {"Content-Type": 'multipart/mixed; boundary="here"'},
    }


def parsed(response: Any) -> list[Message]:
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode()
    whole = BytesParser().parsebytes(head + response.content)
    return whole.get_payload()  # type: ignore[return-value]


@pytest.fixture
def folder(settings: Any) -> Any:
    return settings.data / "attachments"


def kept(folder: Any) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_files_are_kept_and_come_back_each_once(ask, reader, publisher, folder) -> None:
    other = b"another"
    said = [statement(FILE, other), statement(FILE, id="fd41c918-b88b-4b20-a0a5-a4c32391aaa1")]
    answer = ask("POST", STATEMENTS, **mixed(text(said), file(FILE), file(other)))
    assert (answer.status_code, answer.json()) == (200, [each["id"] for each in said])
    assert kept(folder) == sorted([sha2(FILE), sha2(other)])
    (record,) = publisher.records
    assert b"not-the-boundary" not in record.value

    found = ask("GET", f"{STATEMENTS}?statementId={ONE}&attachments=true")
    assert int(found.headers["content-length"]) == len(found.content)
    first, *files = parsed(found)
    assert json.loads(first.get_payload(decode=True))["id"] == ONE
    assert [f.get_payload(decode=True) for f in files] == [FILE, other]
    for each, content in zip(files, (FILE, other), strict=True):
        assert each["X-Experience-API-Hash"] == sha2(content)
        assert each["Content-Transfer-Encoding"] == "binary"
        assert each["Content-Type"] == "image/png"
    plain = ask("GET", f"{STATEMENTS}?statementId={ONE}")
    assert plain.headers["content-type"] == "application/json"


def test_a_page_without_files_comes_in_parts_too(ask, reader) -> None:
    found = ask("GET", f"{STATEMENTS}?attachments=true")
    (only,) = parsed(found)
    assert json.loads(only.get_payload(decode=True)) == {"statements": [], "more": ""}


def test_a_substatements_files_count(ask, folder) -> None:
    inner = {**statement(FILE), "objectType": "SubStatement"}
    del inner["id"]
    said = statement(object=inner)
    del said["attachments"]
    assert ask("POST", STATEMENTS, **mixed(text(said), file(FILE))).status_code == 200
    assert kept(folder) == [sha2(FILE)]
    assert ask("POST", STATEMENTS, **mixed(text(said))).status_code == 400


def test_a_file_is_kept_once(ask, folder) -> None:
    for number in range(2):
        said = statement(FILE, id=f"fd41c918-b88b-4b20-a0a5-a4c32391aaa{number}")
        assert ask("POST", STATEMENTS, **mixed(text(said), file(FILE))).status_code == 200
    assert kept(folder) == [sha2(FILE)]


def test_put_takes_them_too(ask, folder) -> None:
    url = f"{STATEMENTS}?statementId={ONE}"
    assert ask("PUT", url, **mixed(text(statement(FILE)), file(FILE))).status_code == 204
    assert kept(folder) == [sha2(FILE)]


SIGNATURE = {
    "usageType": "http://adlnet.gov/expapi/attachments/signature",
    "display": {"en": "Signed"},
    "length": 5,
    "sha2": sha2(b"a.b.c"),
}


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        (mixed(text(statement(FILE))), "$.attachments[0]"),
        (mixed(text(statement()), file(FILE)), "$"),
        (mixed(text(statement(FILE)), file(FILE, hashed=sha2(b"x"))), "part 2"),
        (mixed(text(statement(FILE)), file(FILE, hashed="x")), "part 2"),
        (mixed(text(statement(FILE)), file(FILE, encoding="base64")), "part 2"),
        (mixed(text(statement(FILE)), part(FILE, "Content-Type: image/png")), "part 2"),
        (mixed(text(statement(FILE), "text/plain"), file(FILE)), "part 1"),
        (mixed(file(FILE), text(statement(FILE))), "part 1"),
        (mixed(text(statement(FILE)), file(FILE), end=b""), "part 2"),
        (mixed(text(statement(FILE)), file(FILE), end=b"--there--"), "part 2"),
        (mixed(part(b"x", "no header")), "part 0"),
        (mixed(), "part 1"),
        ({**mixed(), "content": b""}, "part 0"),
        ({**mixed(text(statement())), "headers": {"Content-Type": "multipart/mixed"}}, "Content-T"),
        (mixed(part(b"{", "Content-Type: application/json")), "$"),
        (
            mixed(
                text(statement(attachments=[{**SIGNATURE, "contentType": "text/plain"}])),
                file(b"a.b.c"),
            ),
            "$.attachments[0].contentType",
        ),
        (
            mixed(
                text(
                    statement(
                        attachments=[{**SIGNATURE, "contentType": "application/octet-stream"}]
                    )
                ),
                file(b"a.b.c"),
            ),
            "$.attachments[0]",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left(
    ask, publisher, folder, request_: dict[str, Any], where: str
) -> None:
    answer = ask("POST", STATEMENTS, **request_)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["path"].startswith(where), answer.text
    assert publisher.records == []
    assert kept(folder) == []


def test_too_much_is_413(ask, settings, folder, monkeypatch) -> None:
    monkeypatch.setattr(server, "LINGER_SECONDS", 10_000)  # all has come: nothing is waited for
    big = b"x" * (settings.lrs_attachment_limit + 1)
    assert ask("POST", STATEMENTS, **mixed(text(statement(big)), file(big))).status_code == 413
    long = statement(FILE, result={"response": "x" * settings.lrs_body_limit})
    assert ask("POST", STATEMENTS, **mixed(text(long), file(FILE))).status_code == 413
    assert kept(folder) == []


def test_what_interrupted_uploads_left_is_removed(tmp_path) -> None:
    import os

    store = Attachments(tmp_path / "files").opened()
    store.receive("0" * 64).discard()
    old, new = store.incoming / "old", store.incoming / "new"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    store.opened()
    assert not old.exists()
    assert new.exists()
