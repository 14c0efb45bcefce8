"""Delivery against real receivers on this machine: HTTP, and a server that takes mail."""

import asyncio
import base64
import datetime as dt
import json
import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from producers.signatures import Delivery, standard_webhooks
from reactions.delivery import Courier
from reactions.document import Document, Target
from reactions.errors import NotNow, Refused
from reactions.message import Message
from tests.mail import Mail
from tests.web import answering

MESSAGE = Message(
    UUID(int=7),
    "late",
    "question-open",
    dt.datetime(2026, 3, 27, 16, tzinfo=dt.UTC),
    "A question about R&D <b> [x] has been open for 4 working hours.",
    topic="R&D <b> [x]",
    link="https://wiki.test/q?a=1&b=2",
)
WEEK = Message(
    UUID(int=8), "week", "week", MESSAGE.at, "What changed in the week of 16 March 2026.",
    lines=("R&D asks 40 % more (a <b>).", "Sharing 21 %."), sheet="Harbour",
    link="https://learning.test/know_how?range=4w",
)  # fmt: skip
PDF = b"%PDF-1.4 \x00\xff\r\n.\r\n"
SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Printer:
    """A page that has one view, and prints it."""

    def sentences(self, week: dt.date) -> list[str]:
        raise AssertionError("what is delivered is written already")

    address = sentences  # type: ignore[assignment]

    def sheet(self, view: str) -> bytes:
        if view != "Harbour":
            raise NotNow(f"there is no saved view {view!r}")
        return PDF


class Receiver(BaseHTTPRequestHandler):
    answers: list[tuple[int, dict[str, str]]] = []  # noqa: RUF012 - each test's own
    came: list[tuple[dict[str, str], bytes]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Receiver.answers, Receiver.came = [], []
    with answering(Receiver) as found:
        yield found


def target(**given: object) -> Target:
    return Document.model_validate({"target": [{"name": "desk", **given}]}).target[0]


def deliver(to: Target, folder: Path, message: Message = MESSAGE) -> list[float]:
    """Delivers a message; the pauses that were made between tries."""
    pauses: list[float] = []

    async def once() -> None:
        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        courier = Courier(folder, Printer(), sleep=sleep)
        try:
            await courier.deliver(to, message)
        finally:
            await courier.close()

    asyncio.run(once())
    return pauses


def hook(url: str, folder: Path) -> Target:
    (folder / "secret").write_bytes(SECRET + b"\n")
    return target(kind="webhook", url=url, secret="file:secret")


def test_a_webhook_is_signed_and_keeps_its_id_from_try_to_try(url: str, tmp_path: Path) -> None:
    Receiver.answers = [(503, {}), (429, {"retry-after": "7"}), (500, {})]
    pauses = deliver(hook(url, tmp_path), tmp_path)
    assert len(Receiver.came) == 4
    assert pauses[1] == 7
    assert {headers["webhook-id"] for headers, _ in Receiver.came} == {f"msg_{MESSAGE.id}"}
    for headers, body in Receiver.came:
        assert standard_webhooks.verify(Delivery(headers, body), SECRET)
        assert not standard_webhooks.verify(Delivery(headers, body + b" "), SECRET)
    assert json.loads(Receiver.came[0][1]) == {
        "type": "reaction.raised",
        "timestamp": "2026-03-27T16:00:00Z",
        "data": {
            "id": str(MESSAGE.id), "rule": "late", "when": "question-open",
            "at": "2026-03-27T16:00:00Z", "said": MESSAGE.said, "topic": MESSAGE.topic,
            "link": MESSAGE.link,
        },
    }  # fmt: skip


def test_who_is_busy_for_long_is_told_later_and_who_refuses_never(url: str, tmp_path: Path) -> None:
    Receiver.answers = [(503, {})] * 1000
    with pytest.raises(NotNow, match="desk answers 503"):
        deliver(hook(url, tmp_path), tmp_path)
    assert 1 < len(Receiver.came) < 1000
    Receiver.answers = [(429, {"retry-after": "3600"})]
    with pytest.raises(NotNow) as raised:
        deliver(hook(url, tmp_path), tmp_path)
    assert raised.value.seconds == 3600
    for status in (400, 401, 404, 410, 302):
        Receiver.answers, Receiver.came = [(status, {"location": url})], []
        with pytest.raises(Refused, match=f"desk answers {status}"):
            deliver(hook(url, tmp_path), tmp_path)
        assert len(Receiver.came) == 1


def test_a_secret_that_is_not_there_or_cannot_sign_puts_off_and_is_not_told(
    url: str, tmp_path: Path
) -> None:
    to = hook(url, tmp_path)
    (tmp_path / "secret").write_bytes(b"whsec_???")
    with pytest.raises(NotNow, match="cannot sign") as raised:
        deliver(to, tmp_path)
    assert "???" not in str(raised.value)
    (tmp_path / "secret").unlink()
    with pytest.raises(NotNow, match="file:secret"):
        deliver(to, tmp_path)
    assert not Receiver.came


def test_chats_are_posted_to_by_their_secret_address(url: str, tmp_path: Path) -> None:
    (tmp_path / "address").write_text(f"{url}/services/T0/B0/key")
    for kind in ("slack", "teams"):
        assert deliver(target(kind=kind, url="file:address"), tmp_path) == []
    slack, teams = (json.loads(body) for _, body in Receiver.came)
    assert slack["text"] == (
        "A question about R&amp;D &lt;b&gt; [x] has been open for 4 working hours. "
        "<https://wiki.test/q?a=1&amp;b=2|Open>"
    )
    (attachment,) = teams["attachments"]
    assert teams["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert card["body"][0]["text"].startswith("A question about R&D <b> \\[x\\] has")
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open", "url": MESSAGE.link}]


def test_an_address_that_nobody_answers_is_not_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        (tmp_path / "address").write_text(f"http://127.0.0.1:{probe.getsockname()[1]}/key")
        with pytest.raises(NotNow) as raised:
            deliver(target(kind="slack", url="file:address"), tmp_path)
    assert str(raised.value) == "desk does not answer (ConnectError)"


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server shows that this machine trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "ca.pem").write_bytes(made.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    return context


def letters(server: Mail, **more: object) -> Target:
    return target(
        kind="email", server="localhost", port=server.port, sender="headwater@mail.test",
        to=["lead@mail.test", "desk@mail.test"], **more,
    )  # fmt: skip


def test_a_letter_goes_by_tls_alone_and_so_does_a_password(
    certified: ssl.SSLContext, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("a secret\n")
    server = Mail(certified)
    try:
        deliver(letters(server, user="me", password="file:password"), tmp_path)
    finally:
        server.close()
    before = [said.partition(" ")[0].upper() for safe, said in server.said if not safe]
    assert before == ["EHLO", "STARTTLS"]
    plain = base64.b64encode(b"\0me\0a secret").decode()
    assert (True, f"AUTH PLAIN {plain}") in server.said
    (raw,) = server.letters
    letter = message_from_bytes(raw, policy=policy.default)
    assert letter["Subject"].strip() == f"Headwater: {MESSAGE.said}"
    assert letter["Message-ID"] == f"<{MESSAGE.id}.reactions@mail.test>"
    assert letter["To"] == "lead@mail.test, desk@mail.test"
    assert letter.get_content().splitlines() == [MESSAGE.said, "", MESSAGE.link]


def test_no_letter_goes_to_a_server_without_tls_unless_that_is_said(tmp_path: Path) -> None:
    server = Mail(None)
    try:
        with pytest.raises(NotNow, match="does not answer"):
            deliver(letters(server), tmp_path)
        assert not server.letters
        deliver(letters(server, starttls=False), tmp_path)
        assert len(server.letters) == 1
    finally:
        server.close()


def test_letters_to_nobody_are_refused(tmp_path: Path) -> None:
    server = Mail(None, refuses=True)
    try:
        with pytest.raises(Refused, match="refuses the recipients"):
            deliver(letters(server, starttls=False), tmp_path)
    finally:
        server.close()


def test_a_week_is_told_by_its_lines_and_by_mail_with_its_sheet(url: str, tmp_path: Path) -> None:
    server = Mail(None)
    try:
        deliver(letters(server, starttls=False), tmp_path, WEEK)
        gone = msgspec.structs.replace(WEEK, sheet="Gone")
        with pytest.raises(NotNow, match="there is no saved view 'Gone'"):
            deliver(letters(server, starttls=False), tmp_path, gone)
    finally:
        server.close()
    (raw,) = server.letters
    letter = message_from_bytes(raw, policy=policy.default)
    body, sheet = letter.iter_parts()
    assert body.get_content().splitlines()[::2] == [WEEK.said, *WEEK.lines, WEEK.link]
    assert sheet.get_content() == PDF
    assert sheet.get_content_type() == "application/pdf"
    assert sheet.get_filename() == "headwater-2026-03-27.pdf"

    deliver(hook(url, tmp_path), tmp_path, WEEK)
    (tmp_path / "address").write_text(f"{url}/key")
    for kind in ("slack", "teams"):
        deliver(target(kind=kind, url="file:address"), tmp_path, WEEK)
    hooked, slack, teams = (json.loads(body) for _, body in Receiver.came)
    assert hooked["data"]["lines"] == list(WEEK.lines)
    assert "sheet" not in hooked["data"]
    assert slack["text"].splitlines()[:2] == [WEEK.said, "• R&amp;D asks 40 % more (a &lt;b&gt;)."]
    said = [block["text"] for block in teams["attachments"][0]["content"]["body"]]
    assert said == [WEEK.said, "R&D asks 40 % more \\(a <b>\\).", "Sharing 21 %."]
