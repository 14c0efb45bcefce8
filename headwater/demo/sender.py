"""The synthetic organisation's events on their real way: signed webhooks, and xAPI calls.

A busy or restarting server is waited for; anything else that is not a success ends the demo, since
a demo that hides refusals would show a picture that is not there.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import orjson

from headwater.demo.errors import DemoRefused, NotSynthetic
from headwater.demo.event import Event
from producers.connections import Connection, load
from producers.connectors.beacon.door import token
from producers.errors import ConnectionsError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
BATCH = 400
BATCHES_AT_ONCE = 3
HOOKS_AT_ONCE = 8
PATIENCE, PAUSE = 120.0, 0.5
#: For how long the portal signs an account, in seconds.
SIGNED = 3600


@dataclass(frozen=True)
class Doors:
    """Addresses and credentials of a running stack."""

    lrs: str
    login: tuple[str, str] = field(repr=False)
    #: The hooks server's address, and the connections that there are, by name.
    hooks: str
    connected: Mapping[str, Connection] = field(default_factory=dict, repr=False)


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
        hooks["url"],
        _connected(folder),
    )


def _connected(folder: Path) -> dict[str, Connection]:
    try:
        return load(folder / "connections.toml")
    except ConnectionsError as error:
        raise DemoRefused(str(error)) from error


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
        connection = self.doors.connected.get(event.tool)
        if connection is None:
            raise DemoRefused(
                f"connections.toml has no connection {event.tool!r}, which the demo needs"
            )
        body = orjson.dumps(event.body)
        said = {"Content-Type": "application/json", **event.headers}
        assert connection.connector.webhook
        if connection.connector.beacon:
            url = f"{self.doors.hooks}/beacon/{connection.name}"
            headers, body = said, _with_token(event, connection.secret)
        else:
            url = f"{self.doors.hooks}/hooks/{connection.name}"
            if event.tool == "github":
                said |= _github(event, body)
            headers = connection.connector.webhook.signed(
                said, body, connection.secret, connection.options
            )
        async with self._hooks:
            await self._post(url, body, headers)

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


def _github(event: Event, body: bytes) -> dict[str, str]:
    delivery = UUID(bytes=hashlib.sha256(body).digest()[:16])
    return {"X-GitHub-Event": event.hook, "X-GitHub-Delivery": str(delivery)}


def _with_token(event: Event, secret: bytes) -> bytes:
    """A page's act, its account signed as the portal's server signs it."""
    signed = token(event.body["account"], int(time.time()) + SIGNED, secret)
    return orjson.dumps({**event.body, "token": signed})
