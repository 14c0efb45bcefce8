"""The synthetic organisation's events on their real way: signed webhooks, and xAPI calls.

A busy or restarting server is waited for; anything else that is not a success ends the demo, since
a demo that hides refusals would show a picture that is not there.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx
import orjson

from headwater.demo.days import Event

BATCH = 400
AT_ONCE = 3
HOOKS_AT_ONCE = 8
PATIENCE = 120.0


class DemoRefused(Exception):
    """A server did not take what the demo sends; the message says what it answered."""


@dataclass(frozen=True)
class Doors:
    """Addresses and credentials of a running stack, from its stack.json."""

    lrs: str
    login: tuple[str, str]
    hooks: str
    secret: bytes

    @classmethod
    def of(cls, stack: dict[str, Any]) -> Self:
        """The doors that a stack.json describes."""
        lrs, hooks = stack["lrs"], stack["hooks"]
        return cls(
            f"{lrs['url']}/xapi/statements",
            (lrs["username"], lrs["password"]),
            f"{hooks['url']}/hooks/github",
            hooks["secrets"]["github"].encode(),
        )


class Sender:
    """Sends events; an async context manager."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.sent = 0
        self._http = httpx.AsyncClient(timeout=30.0)

    async def send(self, events: Sequence[Event]) -> None:
        """Sends events and returns when every one is acknowledged."""
        statements = [event.body for event in events if not event.hook]
        batches = (statements[at : at + BATCH] for at in range(0, len(statements), BATCH))
        hooks = [event for event in events if event.hook]
        await asyncio.gather(
            _few_at_once(AT_ONCE, (self._statements(batch) for batch in batches)),
            _few_at_once(HOOKS_AT_ONCE, (self._hook(event) for event in hooks)),
        )
        self.sent += len(events)

    async def _statements(self, batch: list[dict[str, Any]]) -> None:
        headers = {"X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"}
        await self._post(self.doors.lrs, orjson.dumps(batch), headers, auth=self.doors.login)

    async def _hook(self, event: Event) -> None:
        body = orjson.dumps(event.body)
        signature = hmac.new(self.doors.secret, body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event.hook,
            "X-GitHub-Delivery": hashlib.sha256(body).hexdigest()[:32],
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        await self._post(self.doors.hooks, body, headers)

    async def _post(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        auth: tuple[str, str] | None = None,
    ) -> None:
        waited = 0.0
        while True:
            try:
                answer = await self._http.post(
                    url, content=body, headers=headers, auth=auth or httpx.USE_CLIENT_DEFAULT
                )
            except httpx.TransportError as error:
                said = repr(error)
            else:
                if answer.is_success:
                    return
                said = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in (429, 503):
                    raise DemoRefused(f"{url} answered {said}")
            if waited >= PATIENCE:
                raise DemoRefused(f"{url} was away for {PATIENCE:.0f} s: {said}")
            await asyncio.sleep(0.5)
            waited += 0.5

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()


async def _few_at_once(limit: int, works: Iterable[Any]) -> None:
    gate = asyncio.Semaphore(limit)

    async def one(work: Any) -> None:
        async with gate:
            await work

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))
