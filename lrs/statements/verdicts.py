"""Verdicts: newline-delimited statements in, what became of each out. Ours, beside the standard.

`POST /verdicts` takes a body of any length, one statement a line, and answers a line of JSON for
each in the same order, while the body still comes:

    {"line": 1, "verdict": "stored", "id": "…"}
    {"line": 2, "verdict": "duplicate", "id": "…"}        the same statement was accepted before
    {"line": 3, "verdict": "conflict", "id": "…", …}      another one was accepted under its id
    {"line": 4, "verdict": "forbidden", "id": "…", …}     it voids what another authority wrote
    {"line": 5, "verdict": "invalid", "path": "$.verb", "rule": "…", "section": "…", …}
    {"line": 6, "verdict": "stopped", "status": 503, …}   this line and what follows: send it again

Blank lines have a number and no verdict. One bad line never costs the others. "stored" is said
after Kafka acknowledged; "stopped" comes last, where the LRS or the body did not go on.

Lines are published in groups, a record each. A client that does not read while it sends is not
waited for: verdicts that it has not taken yet are kept in a file beyond a mebibyte of them.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self
from uuid import UUID

import msgspec
import structlog
from msgspec import Raw
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bus.rejections import Kind
from lrs import metrics
from lrs.access.credentials import Principal
from lrs.access.scopes import Scope as Permission
from lrs.errors import ApiError, TooLarge, UnsupportedEncoding, UnsupportedType, described
from lrs.http import lines
from lrs.http.lines import Group, Line
from lrs.http.request import Request
from lrs.settings import LrsSettings
from lrs.statements import voiding
from lrs.statements.ids import WriteOutcome
from lrs.statements.refusals import Refusal, Refusals
from lrs.statements.resource import ASIDE
from serving.disk import Disk
from xapi.batch import Batch, Reading, read
from xapi.errors import StatementError, XapiError

PATH = "/verdicts"
TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json")
MEDIA_TYPE = TYPES[0]
#: Verdicts that a client has not taken yet: what is kept in memory.
SPOOLED_BYTES = 1 << 20
SENT_BYTES = 64 << 10

#: Verdicts of what is not stored, and the kind of refusal that each is.
_REFUSED = {"invalid": Kind.REFUSED, "conflict": Kind.CONFLICT, "forbidden": Kind.FORBIDDEN}

_encode = msgspec.json.Encoder().encode
_divided = msgspec.json.Decoder(list[Raw])

log = structlog.get_logger()

Verdict = dict[str, Any]


class Storing(Protocol):
    """Where statements go."""

    async def store_each(self, batch: Batch, principal: Principal) -> Sequence[WriteOutcome]:
        """Stores what is new of a batch, and says what became of each statement."""


class Verdicts:
    """The resource's one method."""

    def __init__(
        self, settings: LrsSettings, statements: Storing, disk: Disk, refusals: Refusals
    ) -> None:
        self._settings = settings
        self._statements = statements
        self._disk = disk
        self._refusals = refusals

    async def post(self, request: Request, principal: Principal) -> Response:
        """Judges and stores a body of lines."""
        principal.check(Permission.STATEMENTS_WRITE)
        zipped = _zipped(request)
        limit = self._settings.lrs_body_limit
        groups = lines.groups(request.piece, zipped=zipped, longest=limit)
        reading = Reading(
            principal.stamp,
            rules=request.rules,
            repair=principal.repair,
            real=not self._settings.synthetic,
        )
        judged = self._judged(groups, principal, reading)
        # Before anything was judged an error is answered as anywhere else.
        first = await anext(judged, b"")
        return _Streamed(first, judged, self._settings.data)

    async def _judged(
        self, groups: AsyncIterator[Group], principal: Principal, reading: Reading
    ) -> AsyncIterator[bytes]:
        """The verdicts of each group, as bytes."""
        told, begun = 1, False
        try:
            async for group in groups:
                told = group[0].number
                self._disk.check()
                async for verdicts in self._group(group, principal, reading):
                    self._note(principal, group, verdicts)
                    told = verdicts[-1]["line"] + 1
                    begun = True
                    yield b"".join(_encode(each) + b"\n" for each in verdicts)
                if principal.limit is not None:
                    await asyncio.sleep(principal.limit.wait())
        except ApiError as error:
            if not begun:
                raise
            yield _encode(_stopped(told, error)) + b"\n"
        except ClientDisconnect:
            raise
        except Exception:
            if not begun:
                raise
            log.exception("lines could not be judged")
            failed = ApiError("the LRS failed; its log says why")
            yield _encode(_stopped(told, failed)) + b"\n"

    def _note(self, principal: Principal, group: Group, verdicts: Sequence[Verdict]) -> None:
        for each in verdicts:
            metrics.verdicts.labels(each["verdict"]).inc()
        wrong = [each for each in verdicts if each["verdict"] in _REFUSED]
        if wrong:
            texts = {line.number: line.text or b"" for line in group}
            self._refusals.note(
                principal,
                [
                    Refusal(
                        _REFUSED[each["verdict"]],
                        f"line {each['line']} {each.get('path', '')}".rstrip(),
                        each["rule"],
                        each["section"],
                        texts[each["line"]],
                    )
                    for each in wrong
                ],
            )

    async def _group(
        self, group: Group, principal: Principal, reading: Reading
    ) -> AsyncIterator[list[Verdict]]:
        """The verdicts of a group: usually all at once, for its lines are usually valid."""
        limit = self._settings.lrs_body_limit
        if sum(len(line.text or b"") for line in group) > ASIDE:
            parts = await asyncio.to_thread(_read, group, reading, limit)
        else:
            parts = _read(group, reading, limit)
        for part in parts:
            yield await self._part(part, principal)

    async def _part(self, part: "_Part", principal: Principal) -> list[Verdict]:
        outcomes: Sequence[WriteOutcome] = ()
        if part.numbers:
            if principal.limit is not None:
                principal.limit.pay(len(part.numbers))
            try:
                outcomes = await self._statements.store_each(part.batch, principal)
            except TooLarge as error:
                if len(part.numbers) > 1:
                    raise
                part.invalid.append(_invalid(part.numbers.pop(), error))
        found = [
            _verdict(number, str(identifier), outcome)
            for number, identifier, outcome in zip(
                part.numbers, part.batch.ids, outcomes, strict=False
            )
        ]
        return sorted((*found, *part.invalid), key=lambda each: each["line"])


class _Part:
    """Consecutive lines: the valid ones as a batch, whose ids differ, and the others' verdicts."""

    def __init__(self, batch: Batch | None = None, numbers: Iterable[int] = ()) -> None:
        self.batch = batch or Batch([], [], [], "", single=False)
        self.numbers = list(numbers)
        self.invalid: list[Verdict] = []

    def add(self, number: int, one: Batch) -> None:
        """Takes a statement."""
        if not self.numbers:
            self.batch = replace(self.batch, actor=one.actor)
        if one.given:
            self.batch.given.append(len(self.numbers))
        self.batch.lines.extend(one.lines)
        self.batch.ids.extend(one.ids)
        self.numbers.append(number)


def _read(group: Group, reading: Reading, longest: int) -> list[_Part]:
    """The statements of a group; an id that comes twice begins a new part, to be judged after."""
    whole = _whole(group, reading)
    if whole is not None:
        return [whole]
    parts, ids = [_Part()], set[UUID]()
    for line in group:
        try:
            one = _one(line, reading, longest)
        except (XapiError, ApiError) as error:
            parts[-1].invalid.append(_invalid(line.number, error))
            continue
        if one.ids[0] in ids:
            parts.append(_Part())
            ids.clear()
        ids.add(one.ids[0])
        parts[-1].add(line.number, one)
    return parts


def _whole(group: Group, reading: Reading) -> _Part | None:
    """A group read at once; None unless each line is a valid statement by itself."""
    texts = [line.text for line in group if line.text is not None]
    if len(texts) < len(group):
        return None
    body = b"[%b]" % b",".join(texts)
    try:
        # Lines that only together make JSON are not statements.
        if list(map(bytes, _divided.decode(body))) == texts:
            return _Part(read(body, reading), (line.number for line in group))
    except (XapiError, ValueError, RecursionError):
        pass
    return None


def _one(line: Line, reading: Reading, longest: int) -> Batch:
    if line.text is None:
        raise TooLarge(f"the line is longer than {longest} bytes")
    if not line.text.startswith(b"{"):
        raise StatementError("$", "a line must be one statement, a JSON object", "Part Two 2.2")
    return read(line.text, reading)


def _verdict(number: int, identifier: str, outcome: WriteOutcome) -> Verdict:
    verdict = {"line": number, "verdict": outcome.value, "id": identifier}
    if outcome is WriteOutcome.CONFLICT:
        verdict["rule"] = "another statement was accepted under this id, and stays"
        verdict["section"] = "Part Three 2.1.2"
    if outcome is WriteOutcome.FORBIDDEN:
        verdict["rule"], verdict["section"] = voiding.RULE, voiding.SECTION
    return verdict


def _invalid(number: int, error: XapiError | ApiError) -> Verdict:
    return {"line": number, "verdict": "invalid", **described(error)["error"]}


def _stopped(number: int, error: ApiError) -> Verdict:
    said = described(error)["error"]["message"]
    return {"line": number, "verdict": "stopped", "status": error.status, "message": said}


def _zipped(request: Request) -> bool:
    """Whether the body is gzip; raises where it is not what this resource reads."""
    kind = request.header(b"content-type").partition(";")[0].strip().lower()
    if kind not in TYPES:
        raise UnsupportedType(f"the Content-Type must be {MEDIA_TYPE}, not {kind[:60]!r}")
    encoding = request.header(b"content-encoding").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        message = f"the content encoding {encoding[:40]!r} is not understood; use gzip"
        raise UnsupportedEncoding(message)
    return "gzip" in encoding


class _Streamed(Response):
    """An answer that is sent while the request is still read."""

    media_type = MEDIA_TYPE

    def __init__(self, first: bytes, rest: AsyncIterator[bytes], folder: Path) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._first = first
        self._rest = rest
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends what was judged, as fast as it is taken."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        with _Backlog(self._folder) as backlog:
            judging = asyncio.create_task(self._judge(backlog))
            try:
                while content := await backlog.taken():
                    await send({"type": "http.response.body", "body": content, "more_body": True})
                await judging
            except ClientDisconnect:
                return
            finally:
                judging.cancel()
                await asyncio.gather(judging, return_exceptions=True)
        await send({"type": "http.response.body"})

    async def _judge(self, backlog: "_Backlog") -> None:
        try:
            backlog.put(self._first)
            async for verdicts in self._rest:
                backlog.put(verdicts)
        finally:
            backlog.end()


class _Backlog:
    """Bytes between one who writes without waiting and one who reads; most of them in a file."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(SPOOLED_BYTES, dir=str(folder))  # noqa: SIM115
        self._read = self._written = 0
        self._ended = False
        self._changed = asyncio.Event()

    def put(self, content: bytes) -> None:
        """Adds bytes."""
        self._file.seek(self._written)
        self._written += self._file.write(content)
        self._changed.set()

    def end(self) -> None:
        """Says that nothing more comes."""
        self._ended = True
        self._changed.set()

    async def taken(self) -> bytes:
        """What comes next, or nothing at the end."""
        while self._read == self._written and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        self._file.seek(self._read)
        content = self._file.read(SENT_BYTES)
        self._read += len(content)
        if self._read == self._written:
            self._file.seek(0)
            self._file.truncate()
            self._read = self._written = 0
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
