"""The synthetic organisation's events on their real way: signed webhooks, and xAPI calls.

A busy or restarting server is waited for; anything else that is not a success ends the demo, since
a demo that hides refusals would show a picture that is not there.
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import orjson

from headwater.demo.errors import DemoRefused, NotSynthetic
from headwater.demo.event import Event
from producers.connectors.github import webhook as WEBHOOK

LOOPBACK = ("127.0.0.1", "::1", "localhost")
BATCH = 400
BATCHES_AT_ONCE = 3
HOOKS_AT_ONCE = 8
PATIENCE, PAUSE = 120.0, 0.5


@dataclass(frozen=True)
class Doors:
    """Addresses and credentials of a running stack."""

    lrs: str
    login: tuple[str, str] = field(repr=False)
    hooks: str
    secret: bytes = field(repr=False)


def doors(folder: Path) -> Doors:
    """The doors of the stack that runs in a data folder, from its stack.json.

    Raises NotSynthetic where the folder is not marked as synthetic, or a part is elsewhere.
    """
    if not (folder / "synthetic").exists():
        raise NotSynthetic(
            f"{folder} is not marked as holding synthetic data only; the demo is a part of "
            "`headwater up --demo`"
        )
    try:
        stack: dict[str, Any] = json.loads((folder / "stack.json").read_text("utf-8"))
    except OSError as error:
        raise NotSynthetic(f"no stack runs in {folder}: start `headwater up --demo`") from error
    for part, described in stack.items():
        for address in _addresses(described):
            host = urlsplit(address if "//" in address else f"//{address}").hostname
            if host not in LOOPBACK:
                raise NotSynthetic(f"the demo never sends to other machines: {part} is at {host}")
    lrs, hooks = stack["lrs"], stack["hooks"]
    return Doors(
        f"{lrs['url']}/xapi/statements",
        (lrs["username"], lrs["password"]),
        f"{hooks['url']}/hooks/github",
        hooks["secrets"]["github"].encode(),
    )


def _addresses(described: dict[str, Any]) -> list[str]:
    return str(described.get("url") or described["bootstrap_servers"]).split(",")


class Sender:
    """Sends events; an async context manager."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self._batches = asyncio.Semaphore(BATCHES_AT_ONCE)
        self._hooks = asyncio.Semaphore(HOOKS_AT_ONCE)

    async def send(self, events: Sequence[Event]) -> None:
        """Sends events and returns when every one is acknowledged."""
        statements = [event.body for event in events if not event.hook]
        batches = [statements[at : at + BATCH] for at in range(0, len(statements), BATCH)]
        await asyncio.gather(
            *(self._statements(batch) for batch in batches),
            *(self._hook(event) for event in events if event.hook),
        )

    async def _statements(self, batch: list[dict[str, Any]]) -> None:
        headers = {
            "Authorization": aiohttp.encode_basic_auth(*self.doors.login),
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        }
        async with self._batches:
            await self._post(self.doors.lrs, orjson.dumps(batch), headers)

    async def _hook(self, event: Event) -> None:
        body = orjson.dumps(event.body)
        said = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event.hook,
            "X-GitHub-Delivery": str(UUID(bytes=hashlib.sha256(body).digest()[:16])),
        }
        headers = WEBHOOK.signed(said, body, self.doors.secret)
        async with self._hooks:
            await self._post(self.doors.hooks, body, headers)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        waited = 0.0
        while True:
            try:
                async with self._http.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as answer:
                    if answer.status // 100 == 2:
                        return
                    said = f"{answer.status} {(await answer.text())[:300]}"
            except (aiohttp.ClientError, TimeoutError) as error:
                said = repr(error)
            else:
                if answer.status not in (429, 503):
                    raise DemoRefused(f"{url} answered {said}")
            if waited >= PATIENCE:
                raise DemoRefused(f"{url} was away for {PATIENCE:.0f} s: {said}")
            await asyncio.sleep(PAUSE)
            waited += PAUSE

    async def __aenter__(self) -> Self:
        # No proxy of the environment: nothing may leave the machine.
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30), trust_env=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
