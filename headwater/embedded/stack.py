"""The embedded stack: which parts run here, where they listen, what each is told.

Only addresses tell it from production: every part reads them from its environment.
"""

import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bus.clients import Cluster
from headwater import parts
from headwater.embedded import contents, kafka, ports
from headwater.embedded.datafolder import DataFolder, Secrets, write_private
from headwater.embedded.part import Part, Ready, at_once
from headwater.embedded.warehouse.workspaces import Workspaces
from headwater.errors import CannotStart
from headwater.part import PartSpec, Shown
from headwater.parts import lrs
from headwater.process import HEADWATER
from headwater.settings import StackSettings
from producers.connections import Connection
from producers.errors import ConnectionsError
from producers.following import Followed

PAGE_USER = "headwater"
#: Where each part listens, as (host, port).
Addresses = dict[str, tuple[str, int]]


def chosen(settings: StackSettings) -> Addresses:
    """Take the settings' ports, or free ones."""
    taken: set[int] = set()
    found: Addresses = {}
    for part in parts.every():
        if part.listens is None:
            continue
        host, port = settings.address(part.name)
        if settings.ports == "auto":
            while (port := ports.free_port(host)) in taken:
                pass
            taken.add(port)
        found[part.name] = host, port
    return found


class Stack:
    """One embedded stack on a data folder that this process holds."""

    def __init__(
        self,
        folder: DataFolder,
        settings: StackSettings,
        *,
        demo: bool = False,
        time_zone: str = "",
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.demo = demo
        self.time_zone = time_zone
        self.secrets: Secrets = folder.secrets()
        self.connections: Path = folder.connections(self.secrets.github, _tools() if demo else {})
        #: What connections.toml says, and will say.
        self.following = self._connections_checked()
        self.addresses = chosen(settings)
        self._check_outside()
        contents.check_stores(folder.path, self._own_stores())
        Workspaces(folder.path / "warehouse")  # raises CannotStart where it is damaged

    @property
    def connected(self) -> dict[str, Connection]:
        """The connections that are in force."""
        return {name: each.connection for name, each in self.following.intakes.items()}

    @property
    def own_kafka(self) -> bool:
        """Whether the broker is one of the parts."""
        return not self.settings.kafka

    @property
    def own_warehouse(self) -> bool:
        """Whether the warehouse is one of the parts."""
        return self.settings.clickhouse is None

    @property
    def bootstrap(self) -> str:
        """Kafka's bootstrap servers."""
        host, port = self.addresses["kafka"]
        return self.settings.kafka or f"{host}:{port}"

    @property
    def cluster(self) -> Cluster:
        """Kafka, and how it lets clients in."""
        if self.settings.kafka:
            return Cluster.of(self.settings.kafka)
        return kafka.cluster(self.folder.path / "kafka", self.addresses["kafka"][1])

    @property
    def page_login(self) -> tuple[str, str] | None:
        """User and password of the page, where one is asked for."""
        if self.settings.page_login:
            user, _, password = self.settings.page_login.get_secret_value().partition(":")
            return user, password
        if ports.is_loopback(self.addresses["page"][0]):
            return None
        return PAGE_USER, self.secrets.page

    def url(self, part: str) -> str:
        """The address at which this machine reaches a part over HTTP."""
        return ports.url(self.addresses[part])

    def check_ports(self) -> None:
        """Raise `CannotStart` for the first part whose port is taken."""
        for spec in self.specs():
            if spec.listens:
                ports.check_free(spec.name, *self.addresses[spec.name])

    def specs(self) -> list[PartSpec]:
        """What this stack runs, in the order of the needs."""
        return [spec for spec in parts.every() if spec.starts(self)]

    def parts(self, *, late: bool = False) -> list[Part]:
        """Every part of the stack; or those that are started when the others are ready."""
        return [self._part(spec) for spec in self.specs() if spec.late is late]

    def environment(self) -> dict[str, str]:
        """Return what every part is told; each reads what it needs."""
        secrets = self.secrets
        told = {
            "HEADWATER_DATA": str(self.folder.path),
            **self.cluster.environment(),
            "HEADWATER_CLICKHOUSE": self._warehouse_url("headwater"),
            "HEADWATER_CLICKHOUSE_VIEWER": self._warehouse_url("viewer"),
            "HEADWATER_WAREHOUSE_PASSWORDS": ",".join(
                f"{user}:{password}" for user, password in secrets.warehouse.items()
            ),
            "HEADWATER_LRS_CREDENTIALS": f"{lrs.USER}:{secrets.lrs}",
            "HEADWATER_CONNECTIONS": str(self.connections),
            "HEADWATER_PSEUDONYM_KEY": secrets.pseudonym_key,
            "HEADWATER_SYNTHETIC": "1" if self.demo else "0",
            "MALLOC_ARENA_MAX": "2",  # fewer arenas: less memory that is kept for nothing
            "PYTHONUNBUFFERED": "1",
        }
        for name, (host, port) in self.addresses.items():
            told[f"HEADWATER_{name.upper()}_HOST"] = host
            told[f"HEADWATER_{name.upper()}_PORT"] = str(port)
        if login := self.page_login:
            told["HEADWATER_PAGE_LOGIN"] = ":".join(login)
        return told

    def described(self) -> dict[str, Any]:
        """Return what stack.json holds: every address with its credentials."""
        found: dict[str, Any] = {}
        for spec in self._reached():
            if spec.described:
                found |= spec.described(self)
            elif spec.answers:
                found[spec.name] = {"url": self.url(spec.name)}
        return found

    def shown(self) -> list[Shown]:
        """Return the lines of every part that people are told of: first those that they ask."""
        found: list[Shown] = []
        for spec in sorted(self._reached(), key=lambda spec: spec.stage, reverse=True):
            if spec.shown:
                found += spec.shown(self)
            elif spec.listens and spec.answers:
                found.append((spec.name, self.url(spec.name) + spec.listens.health, ""))
        return found

    def publish(self) -> None:
        """Write stack.json: the stack is ready; and which stores are there from now on."""
        noted = contents.stores_noted(self.folder.path, self._own_stores())
        write_private(self.folder.path / contents.STORES, noted)
        write_private(self.folder.path / "stack.json", self.described())

    def withdraw(self) -> None:
        """Remove stack.json: the stack is not there any more."""
        path = self.folder.path / "stack.json"
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CannotStart("headwater", f"{path}: {error.strerror}", "remove it") from error

    async def check_outside(self) -> None:
        """Declare the topics on a Kafka that is not ours; raise `CannotStart` where it is away."""
        if not self.own_kafka and not await self.topics_declared():
            raise CannotStart(
                "kafka", f"{self.bootstrap} does not take the topics", "check HEADWATER_KAFKA"
            )

    async def topics_declared(self) -> bool:
        """Declare the topics; False while the broker does not take it."""
        from kafka.errors import KafkaError

        from bus.declaration import ensure_topics

        try:
            await asyncio.to_thread(ensure_topics, self.cluster)
        except (KafkaError, OSError):
            return False
        return True

    def _part(self, spec: PartSpec) -> Part:
        arguments = spec.arguments(self) if spec.arguments else ()
        here = {each.name for each in self.specs()}
        return Part(
            spec.name,
            [sys.executable, *HEADWATER, spec.name, *arguments],
            {**self.environment(), **(spec.told(self) if spec.told else {})},
            ready=self._ready(spec),
            needs=tuple(name for name in spec.needs if name in here),
            prefetch=spec.prefetch,
            once=spec.once,
            may_end=spec.may_end,
            nice=spec.nice,
            stage=spec.stage,
            seconds=spec.seconds,
        )

    def _ready(self, spec: PartSpec) -> Ready:
        if spec.ready:
            return spec.ready(self)
        if not spec.listens or not spec.answers:
            return at_once
        return partial(answers, self.addresses[spec.name], spec.listens.ready)

    def _reached(self) -> list[PartSpec]:
        """What this stack runs, and the stores that it has elsewhere."""
        return [spec for spec in parts.every() if spec.store or spec.starts(self)]

    def _warehouse_url(self, user: str) -> str:
        outside = {
            "headwater": self.settings.clickhouse,
            "viewer": self.settings.clickhouse_viewer,
        }[user]
        if outside and not self.own_warehouse:
            return outside.get_secret_value()
        password = quote(self.secrets.warehouse[user], safe="")
        return self.url("warehouse").replace("//", f"//{user}:{password}@")

    def _connections_checked(self) -> Followed:
        """What connections.toml says; raises CannotStart where it is wrong."""
        try:
            return Followed(path=self.connections)
        except ConnectionsError as error:
            raise CannotStart(
                "hooks", str(error), "correct it; removed, it is made anew for GitHub alone"
            ) from error

    def _own_stores(self) -> list[str]:
        return [spec.name for spec in self.specs() if spec.store]

    def _check_outside(self) -> None:
        if self.demo and (self.settings.kafka or self.settings.clickhouse):
            raise CannotStart(
                "demo",
                "synthetic data never go to other services, and HEADWATER_KAFKA or "
                "HEADWATER_CLICKHOUSE names one",
                "unset them",
            )
        if self.settings.clickhouse and not self.settings.clickhouse_viewer:
            raise CannotStart(
                "page",
                "HEADWATER_CLICKHOUSE is set and HEADWATER_CLICKHOUSE_VIEWER is not",
                "set it to the address of a user who may read only the viewer's views",
            )


def _tools() -> Mapping[str, str]:
    """The connections of a demo's organisation beside GitHub's."""
    from headwater.demo.connections import declared

    return declared()


async def answers(address: tuple[str, int], path: str) -> bool:
    """Say whether an HTTP server at `address` answers `path` with 200."""
    host, port = address
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
                await writer.drain()
                return b" 200" in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
