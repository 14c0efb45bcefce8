"""The LRS with one fake at each boundary: a publisher that remembers, a reader over a list."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from lrs.api.disk import Disk
from lrs.api.reader import Range, Stored
from lrs.api.server import Application
from lrs.api.settings import LrsSettings
from xapi.records import Record

FRONTIER = datetime(2024, 5, 31, 8, 30, tzinfo=UTC)
HEADERS = {
    "Authorization": "Basic " + base64.b64encode(b"tool:secret").decode(),
    "X-Experience-API-Version": "1.0.3",
}


class FakePublisher:
    """Keeps records instead of sending them; refuses with `refusal` where one is set."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.refusal: Exception | None = None

    async def run(self) -> None:
        """Nothing to connect."""

    async def publish(self, record: Record) -> None:
        """Keeps the record, or raises what the test set."""
        if self.refusal is not None:
            raise self.refusal
        self.records.append(record)

    async def ready(self) -> bool:
        """Whether nothing is refused."""
        return self.refusal is None


class FakeReader:
    """Reads statements from a list, in the order of their positions."""

    def __init__(self) -> None:
        self.frontier = FRONTIER
        self.stored: list[tuple[UUID, Stored]] = []

    def add(self, identifier: UUID, raw: bytes) -> Stored:
        """A statement stored one second after the last."""
        number = len(self.stored)
        found = Stored(raw, FRONTIER + timedelta(seconds=number), (1 << 80) + number)
        self.stored.append((identifier, found))
        return found

    async def run(self) -> None:
        """Nothing to ask."""

    async def one(self, identifier: UUID) -> Stored | None:
        """The statement with an id."""
        return next((found for known, found in self.stored if known == identifier), None)

    async def several(self, wanted: Range) -> Sequence[Stored]:
        """A page as the warehouse would give it."""
        found = sorted((each for _, each in self.stored), key=lambda each: each.position)
        found = found if wanted.ascending else found[::-1]
        return [each for each in found if self._fits(each, wanted)][: wanted.limit]

    def _fits(self, found: Stored, wanted: Range) -> bool:
        if wanted.beyond is not None:
            beyond = found.position - wanted.beyond
            if (beyond <= 0) if wanted.ascending else (beyond >= 0):
                return False
        return (wanted.since is None or found.stored > wanted.since) and (
            wanted.until is None or found.stored <= wanted.until
        )

    async def ready(self) -> bool:
        """Always."""
        return True


@pytest.fixture
def settings(tmp_path) -> LrsSettings:
    return LrsSettings(
        data=tmp_path,
        lrs_credentials="tool:secret, other:pass:word",
        lrs_body_limit=100_000,
        lrs_page_limit=5,
        lrs_minimum_free=0,
    )


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def disk(settings) -> Disk:
    return Disk(settings.data, settings.lrs_minimum_free)


@pytest.fixture
def application(settings, publisher, reader, disk) -> Application:
    return Application(settings, publisher, reader, disk)


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(application) -> Ask:
    """Sends a request as a known client with the right headers; `headers` change or drop them."""

    async def sent(method: str, url: str, headers: dict[str, Any], **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://lrs.test") as client:
            return await client.request(method, url, headers=headers, **more)

    def asked(method: str, url: str, **more: Any) -> httpx.Response:
        headers = {**HEADERS, **more.pop("headers", {})}
        if "content" in more:
            headers.setdefault("Content-Type", "application/json")
        kept = {name: value for name, value in headers.items() if value is not None}
        return asyncio.run(sent(method, url, kept, **more))

    return asked
