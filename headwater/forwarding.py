"""Statements from this LRS to another: a walk in the order of the log, resumable, at least once.

The walk goes by windows of time. Each ends at what this LRS says it has read through
(`X-Experience-API-Consistent-Through`), so that nothing is passed over that was on its way; within
one, `more` leads from page to page. What is done is written down after each page.

What the LRS sets by itself, `stored` and `authority`, is left out: the other one sets its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import httpx
import msgspec
from msgspec import Raw

from headwater.patience import NotNow, asked, reason_of, retrying, unreached
from producers.polling.limits import PASSING

#: How long an LRS may not answer, or say "not now"; one that is followed may for ever.
PATIENCE_SECONDS = 120.0
REQUEST_SECONDS = 60.0
#: How long the first answer may take, and any connection, before it is said that nobody answers.
FIRST_SECONDS = 4.0
PAGE = 500
#: How often is looked for what is new.
LOOK_SECONDS = 0.5
#: The request is wrong, so that the same again is wrong again; a part of it may be right.
REFUSED = frozenset({400, 409, 413, 422})
#: What is spoken, the newer first.
SPOKEN = ("2.0.0", "1.0.3")
THROUGH = "X-Experience-API-Consistent-Through"

_members = msgspec.json.Decoder(dict[str, Raw])
_page = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder().encode


class ForwardStopped(Exception):
    """The forward cannot go on now; the same command goes on where it stopped."""


class Lrs:
    """One of the two, by its xAPI endpoint; `name` says which in messages."""

    def __init__(
        self,
        name: str,
        client: httpx.AsyncClient,
        patience: float | None,
        told: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.name = name
        self._client = client
        self._patience = patience
        self._told = told

    def resolved(self, more: str) -> str:
        """The address of a `more` (Part Two 2.5: it may be relative)."""
        return urljoin(str(self._client.base_url), more)

    async def versions(self) -> Sequence[str]:
        """The versions it speaks."""
        answer = await self.ask("GET", "about", timeout=FIRST_SECONDS)
        try:
            return [str(each) for each in answer.json()["version"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ForwardStopped(
                f"{answer.url} is not the About of an LRS: check the address, which ends where "
                "`/statements` would begin"
            ) from error

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Its answer, a success or a refusal of what was sent; ForwardStopped for anything else."""
        try:
            trying = retrying(self._patience, self._told)
            return await trying(self._once, method, path, **more)
        except NotNow as error:
            raise ForwardStopped(f"{error}, for {self._patience:.0f} s") from error

    async def _once(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, **more)
        except httpx.TransportError as error:
            said = unreached(error, str(self._client.base_url))
            raise NotNow(f"{self.name} {said}") from error
        if answer.is_success or answer.status_code in REFUSED:
            return answer
        said = f"{self.name} says: {answer.status_code} {reason_of(answer)}"
        if answer.status_code in PASSING:
            raise NotNow(said, asked(answer.headers.get("retry-after")))
        raise ForwardStopped(said)


class Page(NamedTuple):
    """Statements as they were read, and the way to what follows; "" at the end of a window."""

    statements: list[Raw]
    more: str


@dataclass
class State:
    """What was dealt with, kept beside: everything stored until `through`, and in the window
    that ends at `until` everything before the page `more`."""

    target: str
    wanted: dict[str, str]
    through: str = ""
    until: str = ""
    more: str = ""
    sent: int = 0
    refused: int = 0
    refused_bytes: int = 0

    @classmethod
    def read(cls, path: Path, target: str, wanted: Mapping[str, str]) -> "State":
        """What a file holds; anew where there is none. ForwardStopped where it is another's."""
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=cls)
        except FileNotFoundError:
            return cls(target, dict(wanted), through=wanted.get("since", ""))
        except (OSError, ValueError, TypeError) as error:
            raise ForwardStopped(f"{path} cannot be read: {error}") from error
        if (kept.target, kept.wanted) != (target, dict(wanted)):
            raise ForwardStopped(
                f"{path} is of a forward to {kept.target} of {kept.wanted or 'everything'}: "
                "name another file with --state"
            )
        return kept

    def write(self, path: Path) -> None:
        """Keeps it. ForwardStopped where it cannot be written."""
        new = path.with_name(path.name + ".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(asdict(self)), "utf-8")
            new.replace(path)
        except OSError as error:
            raise ForwardStopped(
                f"{path} cannot be written ({error.strerror}): name another file with --state"
            ) from error


class Forward:
    """One forward; `told` hears of the state after each page."""

    def __init__(
        self,
        source: Lrs,
        target: Lrs,
        state: State,
        path: Path,
        *,
        batch: int = 100,
        follow: bool = False,
        told: Callable[[State], None] = lambda state: None,
    ) -> None:
        self._source, self._target, self._state, self._path = source, target, state, path
        self._batch = batch
        self._follow = follow
        self._told = told
        self._version = SPOKEN[-1]

    @property
    def refused_path(self) -> Path:
        """Where statements are written that the other LRS refused."""
        return self._path.with_name(f"{self._path.stem}.refused.jsonl")

    async def run(self) -> None:
        """Sends what there is, and with `follow` what comes, for good."""
        ours, theirs = await self._source.versions(), await self._target.versions()
        both = [each for each in SPOKEN if _speaks(ours, each) and _speaks(theirs, each)]
        if not both:
            raise ForwardStopped(f"the other LRS speaks none of our versions, but {theirs}")
        self._version = both[0]
        self._forget_unsettled()
        async for page in self._pages():
            refused = []
            for at in range(0, len(page.statements), self._batch):
                refused += await self._send(page.statements[at : at + self._batch])
            self._settle(page, refused)

    async def _pages(self) -> AsyncIterator[Page]:
        """Every page; the next is read while one is sent."""
        while await self._open():
            reading = asyncio.ensure_future(self._page(self._state.more))
            try:
                while True:
                    page = await reading
                    if page.more:
                        reading = asyncio.ensure_future(self._page(page.more))
                    yield page
                    if not page.more:
                        break
            finally:
                reading.cancel()

    async def _open(self) -> bool:
        """Opens a window, once there is one; False where all that was asked for is done."""
        state = self._state
        while not state.until:
            answer = await self._read("HEAD", "statements", params={"limit": "1"})
            through = answer.headers[THROUGH]
            last = state.wanted.get("until", "")
            end = last if last and _time(last) <= _time(through) else through
            if not state.through or _time(end) > _time(state.through):
                state.until = end
                return True
            if not self._follow or end == last:
                return False
            await asyncio.sleep(LOOK_SECONDS)  # an LRS does not tell when something is new
        return True

    async def _page(self, more: str) -> Page:
        if more:
            answer = await self._read("GET", self._source.resolved(more))
        else:
            state = self._state
            params = {**state.wanted, "ascending": "true", "limit": str(PAGE), "until": state.until}
            params |= {"since": state.through} if state.through else {}
            answer = await self._read("GET", "statements", params=params)
        found = msgspec.json.decode(answer.content, type=_Result)
        return Page(found.statements, found.more)

    async def _read(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"X-Experience-API-Version": self._version}
        answer = await self._source.ask(method, path, headers=headers, **more)
        if not answer.is_success:
            raise ForwardStopped(
                f"{self._source.name} says: {answer.status_code} {reason_of(answer)}"
            )
        return answer

    async def _send(self, statements: Sequence[Raw]) -> list[dict[str, Any]]:
        """Sends statements; what is refused is halved until only wrong ones are left."""
        plain = [each for each in statements if not _brings_files(each)]
        refused = await self._send_plain(plain)
        for each in statements:
            if _brings_files(each):
                refused += await self._send_with_files(each)
        return refused

    async def _send_plain(self, statements: Sequence[Raw]) -> list[dict[str, Any]]:
        if not statements:
            return []
        body = b"[%b]" % b",".join(map(_bare, statements))
        answer = await self._post(body, "application/json")
        if answer.is_success:
            return []
        if len(statements) == 1:
            return [_refused(statements[0], f"{answer.status_code} {reason_of(answer)}")]
        middle = len(statements) // 2
        first = await self._send_plain(statements[:middle])
        return first + await self._send_plain(statements[middle:])

    async def _send_with_files(self, statement: Raw) -> list[dict[str, Any]]:
        """Sends a statement with the files of its attachments, as this LRS gives them."""
        params = {"statementId": _id(statement), "attachments": "true"}
        headers = {"X-Experience-API-Version": self._version}
        found = await self._source.ask("GET", "statements", params=params, headers=headers)
        kind = found.headers.get("content-type", "")
        if not found.is_success or not kind.startswith("multipart/mixed"):
            return [_refused(statement, f"its files cannot be read: {found.status_code}")]
        answer = await self._post(_with_first_part(found.content, _bare(statement)), kind)
        if answer.is_success:
            return []
        return [_refused(statement, f"{answer.status_code} {reason_of(answer)}")]

    async def _post(self, body: bytes, kind: str) -> httpx.Response:
        headers = {"X-Experience-API-Version": self._version, "Content-Type": kind}
        return await self._target.ask("POST", "statements", content=body, headers=headers)

    def _settle(self, page: Page, refused: Sequence[dict[str, Any]]) -> None:
        """Writes down that a page was dealt with."""
        state = self._state
        if refused:
            self.refused_path.parent.mkdir(parents=True, exist_ok=True)
            with self.refused_path.open("ab") as file:
                file.write(b"".join(_encode(each) + b"\n" for each in refused))
                state.refused_bytes = file.tell()
        state.sent += len(page.statements) - len(refused)
        state.refused += len(refused)
        state.more = page.more
        if not page.more:
            state.through, state.until = state.until, ""
        state.write(self._path)
        self._told(state)

    def _forget_unsettled(self) -> None:
        """Leaves of the refused what was settled: the rest will be sent, and refused, again."""
        if self.refused_path.exists():
            with self.refused_path.open("ab") as file:
                file.truncate(min(self._state.refused_bytes, file.tell()))


class _Result(msgspec.Struct):
    statements: list[Raw]
    more: str = ""


class _Head(msgspec.Struct):
    id: str
    attachments: list[dict[str, Any]] = []


_head = msgspec.json.Decoder(_Head)


def client(url: str, login: tuple[str, str], *, direct: bool = False) -> httpx.AsyncClient:
    """A client of an LRS by its xAPI endpoint; `direct` passes by the environment's proxies."""
    return httpx.AsyncClient(
        base_url=url.rstrip("/") + "/",
        auth=login,
        timeout=httpx.Timeout(REQUEST_SECONDS, connect=FIRST_SECONDS),
        trust_env=not direct,
    )


def _speaks(versions: Sequence[str], wanted: str) -> bool:
    return any(each.startswith(wanted[:3]) for each in versions)


def _bare(statement: Raw) -> bytes:
    """A statement without what an LRS sets by itself; the rest verbatim."""
    members = _members.decode(statement)
    members.pop("stored", None)
    members.pop("authority", None)
    return _encode(members)


def _brings_files(statement: Raw) -> bool:
    """Whether a statement has attachments that are nowhere but in an LRS."""
    if b'"attachments"' not in bytes(statement):
        return False
    return any("fileUrl" not in each for each in _head.decode(statement).attachments)


def _id(statement: Raw) -> str:
    return _head.decode(statement).id


def _refused(statement: Raw, reason: str) -> dict[str, Any]:
    return {"id": _id(statement), "reason": reason, "statement": statement}


def _with_first_part(multipart: bytes, statement: bytes) -> bytes:
    """A multipart body whose first part, the statement, is replaced."""
    boundary = multipart.lstrip(b"\r\n").partition(b"\r\n")[0]
    head, _, rest = multipart.partition(b"\r\n\r\n")
    _, _, others = rest.partition(b"\r\n" + boundary)
    return b"%b\r\n\r\n%b\r\n%b%b" % (head, statement, boundary, others)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
