"""Figures over HTTP. Ours, beside the standard: `POST /kpi/observations`.

    [{"kpi": "first_reply_hours", "team": "Support", "period": "2026-W24", "value": 4.8, "n": 198,
      "revision": 2}]

All of a request is stored or nothing. What is answered with success is durable: it stands on
`kpi.observations` as a load, as if it had been a file. Of a cell's revisions the highest counts, so
that what is sent again, or late, changes nothing.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol
from uuid import uuid4

import msgspec
from starlette.responses import Response

from bus import loads
from bus.topics import OBSERVATIONS
from lrs.access.credentials import Principal
from lrs.access.scopes import Scope
from lrs.errors import Unavailable, UnsupportedType
from lrs.http import body
from lrs.http.request import Request
from lrs.kpis import figures
from lrs.kpis.figures import Kind
from lrs.log.publisher import Keyed
from serving.disk import Disk
from serving.followed import FollowedFile
from warehouse import Warehouse, WarehouseError, derived
from xapi.catalogue import Catalogue
from xapi.observations import Observation

PATH = "/kpi/observations"
#: The largest body, as sent and after decompression: some 5,000 figures.
MOST_BYTES = 1 << 20
#: For how long it is believed what the warehouse knows of KPIs, in seconds.
BELIEVED = 10.0


class Loading(Protocol):
    """Where loads go."""

    async def load(self, topic: str, entries: Sequence[Keyed], closing: Keyed) -> None:
        """Writes a load, and returns once it is durable."""


class Kinds(Protocol):
    """What is known of KPIs that nobody declares."""

    async def kinds(self) -> Mapping[str, Kind]:
        """Their units and directions. Raises Unavailable."""


class NothingKnown:
    """Of an LRS without a warehouse."""

    async def kinds(self) -> Mapping[str, Kind]:
        """None."""
        return {}


class WarehouseKinds:
    """What the warehouse's figures say of their KPIs."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._known: Mapping[str, Kind] = {}
        self._until = 0.0

    async def kinds(self) -> Mapping[str, Kind]:
        """Units and directions by KPI."""
        if time.monotonic() > self._until:
            try:
                rows = await asyncio.to_thread(self._warehouse.rows, "kpi/kinds")
            except WarehouseError as error:
                raise Unavailable(
                    "the warehouse cannot say which way of the KPI is better; declare it in "
                    "kpis.toml, or try again"
                ) from error
            self._known = {kpi: (unit, direction) for kpi, unit, direction in rows}
            self._until = time.monotonic() + BELIEVED
        return self._known


class Observations:
    """The resource's one method."""

    def __init__(
        self, publisher: Loading, disk: Disk, catalogue: FollowedFile[Catalogue], kinds: Kinds
    ) -> None:
        self._publisher = publisher
        self._disk = disk
        self._catalogue = catalogue
        self._kinds = kinds

    async def post(self, request: Request, principal: Principal) -> Response:
        """Takes figures, all or none."""
        principal.check(Scope.KPI_WRITE)
        kind = request.header(b"content-type").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise UnsupportedType(f"the Content-Type must be application/json, not {kind[:60]!r}")
        self._disk.check()
        found = await self._read(await body.read(request, MOST_BYTES))
        if principal.limit is not None:
            principal.limit.pay(len(found) - 1)
        load = uuid4()
        entries = [(key, loads.entry(load, value)) for key, value in map(Observation.record, found)]
        closing = loads.closing(load, "observations", len(found), at=datetime.now(UTC))
        await self._publisher.load(OBSERVATIONS.name, entries, closing)
        said = {"load": str(load), "observations": len(found)}
        return Response(msgspec.json.encode(said), HTTPStatus.OK, media_type="application/json")

    async def _read(self, content: bytes) -> list[Observation]:
        rows = figures.parsed(content)
        declared = self._catalogue.now().kpis
        known = await self._kinds.kinds() if figures.kpis_of(rows) - declared.keys() else {}
        return figures.read(rows, declared, known, frozenset(each.kpi for each in derived.every()))
