"""A work tool's HTTP interface, asked politely.

What every poll needs is here and in no connector: the login, the limits that the tool names, tries
that grow apart when it is down, pages, and a bound on what it may answer.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, Self

import httpx
import orjson
import tenacity

from producers.connector import SHAPE_ERRORS, NextOf, No, Reply, Then, never, unsaid
from producers.polling import limits
from producers.polling.errors import Expired, Refused, Unavailable, Unreadable
from producers.polling.tries import tries

#: The largest answer that is read, in bytes.
ANSWER_BYTES = 64 << 20
#: How often one list is begun anew whose place the tool forgot.
ANEW = 3

Parameters = Mapping[str, str | int]


class _NotNow(Exception):
    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class Api:
    """One tool's interface under one login.

    `patience` is how many seconds one question may take in all, waiting included; what takes longer
    is asked again in the next round. `denied` finds the tool's no in an answer of success, `waits`
    the seconds to wait in one that puts off. `sleep` is the clock's, another one in tests.

    Raises Refused, Unavailable and Unreadable, with the address and the tool's own words.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        patience: float = 3_600.0,
        sleep: Callable[[float], Any] = asyncio.sleep,
        told: Callable[[str], None] = lambda line: None,
        denied: Callable[[Any], No | None] = never,
        waits: Callable[[Any], float | None] = unsaid,
    ) -> None:
        self._client = client
        self._patience = patience
        self._sleep = sleep
        self._told = told
        self._denied = denied
        self._waits = waits
        self._resting = 0.0
        self._lock = asyncio.Lock()

    async def get(self, path: str, **parameters: str | int) -> Reply:
        """What stands at a path, or at a whole address of the tool's own."""
        return await self._ask("GET", path, parameters, None)

    async def post(self, path: str, content: Any) -> Reply:
        """What a tool answers to JSON: a query of GraphQL, a search."""
        return await self._ask("POST", path, {}, content)

    async def patch(self, path: str, content: Any) -> Reply:
        """What a tool answers to a change of what it holds for us: a subscription's end."""
        return await self._ask("PATCH", path, {}, content)

    async def pages(
        self, path: str, next_of: NextOf | None = None, **parameters: str | int
    ) -> AsyncIterator[Reply]:
        """Page after page; by default as the Link header says (RFC 8288, rel="next").

        A list whose place the tool forgot is read from its beginning: what comes again is the same.
        """
        for left in reversed(range(ANEW + 1)):
            try:
                async for reply in self._listed(path, next_of, parameters):
                    yield reply
            except Expired:
                if not left:
                    raise
            else:
                return

    async def _listed(
        self, path: str, next_of: NextOf | None, parameters: Parameters
    ) -> AsyncIterator[Reply]:
        seen = set()
        reply = await self.get(path, **parameters)
        while True:
            yield reply
            place = next_of(reply) if next_of else reply.next
            if not place:
                return
            named = place if isinstance(place, str) else str(sorted(place.items()))
            if named in seen:
                raise Unreadable(f"{self._where(path)}: the page after {named} is {named} again")
            seen.add(named)
            if isinstance(place, str):
                reply = await self.get(place)
            else:
                reply = await self.get(path, **{**parameters, **place})

    async def close(self) -> None:
        """Hangs up."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, method: str, path: str, parameters: Parameters, content: Any) -> Reply:
        attempts = tries(
            _NotNow, patience=self._patience, longest=60.0, sleep=self._sleep, told=self._tell
        )
        try:
            async with self._lock:  # a tool's limits are for all that is asked of it
                return await attempts(self._once, method, path, parameters, content)
        except _NotNow as error:
            raise Unavailable(f"{error}; it is asked again in the next round") from error

    async def _once(self, method: str, path: str, parameters: Parameters, content: Any) -> Reply:
        if self._resting:
            seconds, self._resting = self._resting, 0.0
            await self._sleep(seconds)
        where = self._where(path)
        request = self._client.build_request(
            method, path, params=dict(parameters) if parameters else None, json=content
        )
        try:
            response = await self._client.send(request, stream=True)
            try:
                body = await _bounded(response, where)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise _NotNow(
                f"{where} does not answer ({error or type(error).__name__})", 0.0
            ) from error
        return self._read(where, response, body)

    def _read(self, where: str, response: httpx.Response, body: bytes) -> Reply:
        now = datetime.now(UTC)
        headers = {name.lower(): value for name, value in response.headers.items()}
        if (seconds := limits.pause(response.status_code, headers, now)) is not None:
            raise _NotNow(f"{where} answers {response.status_code}", seconds or self._said(body))
        if not response.is_success:
            said = " ".join(body[:300].decode("utf-8", "replace").split())
            status = response.status_code
            raise Refused(f"{where} answers {status}: {said}", str(status))
        # The last request that was left has been answered: the next one waits.
        self._resting = min(limits.spent(headers, now) or 0.0, self._patience)
        try:
            content = orjson.loads(body) if body else None
        except orjson.JSONDecodeError as error:
            raise Unreadable(f"{where} answers what is not JSON: {error}") from error
        if no := self._denied(content):
            _refuse(where, no)
        return Reply(content, headers, response.links.get("next", {}).get("url", ""))

    def _said(self, body: bytes) -> float:
        """The seconds that the body of an answer asks for; 0 where it does not say."""
        try:
            return max(0.0, float(self._waits(orjson.loads(body)) or 0.0))
        except SHAPE_ERRORS:  # a page of a proxy, another JSON: no word of the tool's
            return 0.0

    def _where(self, path: str) -> str:
        """The address of a path; Unreadable for another host's, which is not shown our login."""
        base = self._client.base_url
        found = base.join(path)
        if (found.scheme, found.host, found.port) != (base.scheme, base.host, base.port):
            raise Unreadable(f"{base} sends us on to {found.host}, which is not asked")
        return str(found).partition("?")[0]

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._told(f"{error}; asked again in {state.upcoming_sleep:.0f} s")


def _refuse(where: str, no: No) -> NoReturn:
    said = f"{where} answers: {no.reason}"
    if no.then is Then.LATER:
        raise _NotNow(said, 0.0)
    raise (Expired if no.then is Then.ANEW else Refused)(said, no.code)


async def _bounded(response: httpx.Response, where: str) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > ANSWER_BYTES:
            raise Unreadable(
                f"{where} answers more than {ANSWER_BYTES} bytes: ask for smaller pages"
            )
    return bytes(body)
