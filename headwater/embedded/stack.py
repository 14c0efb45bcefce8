"""The embedded stack: which parts there are, where they listen, what each is told.

Only addresses tell it from production: every part reads them from its environment.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from bus.clients import Cluster
from headwater.embedded import contents, kafka, ports
from headwater.embedded.datafolder import DataFolder, Secrets, write_private
from headwater.embedded.part import Part, Ready
from headwater.embedded.warehouse.workspaces import Workspaces
from headwater.errors import CannotStart
from headwater.settings import StackSettings
from producers.connections import Connection, described, load
from producers.errors import ConnectionsError

# The order of the stop, the highest first: those who ask, those who read, those who keep.
ASKING, READING, KEEPING = 3, 2, 1
#: The marts may fall behind under a burst; the answers may not.
LOW_PRIORITY = 10
LRS_USER = "headwater"
PAGE_USER = "headwater"


@dataclass(frozen=True)
class Addresses:
    """Where each part listens, as (host, port)."""

    kafka: tuple[str, int]
    warehouse: tuple[str, int]
    lrs: tuple[str, int]
    hooks: tuple[str, int]
    page: tuple[str, int]
    recorded: tuple[str, int]
    worker: tuple[str, int]
    poller: tuple[str, int]

    @classmethod
    def chosen(cls, settings: StackSettings) -> "Addresses":
        """Take the settings' ports, or free ones."""
        taken: set[int] = set()

        def at(host: str, port: int) -> tuple[str, int]:
            if settings.ports == "auto":
                while (port := ports.free_port(host)) in taken:
                    pass
                taken.add(port)
            return host, port

        return cls(
            kafka=at(ports.LOOPBACK, settings.kafka_port),
            warehouse=at(settings.warehouse_host, settings.warehouse_port),
            lrs=at(settings.lrs_host, settings.lrs_port),
            hooks=at(settings.hooks_host, settings.hooks_port),
            page=at(settings.page_host, settings.page_port),
            recorded=at(ports.LOOPBACK, settings.recorded_port),
            worker=at(ports.LOOPBACK, settings.worker_port),
            poller=at(ports.LOOPBACK, settings.poller_port),
        )


def url(address: tuple[str, int]) -> str:
    """Return the address at which this machine reaches a part."""
    host, port = address
    reached = ports.LOOPBACK if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"


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
        self.connections: Path = folder.connections(self.secrets.github)
        connections = self._connections_checked()
        self._hooks = described(connections)
        #: Whether a tool is asked: without one there is nothing for the poller to do.
        self.polled = any(each.polled for each in connections.values())
        self.addresses = Addresses.chosen(settings)
        self._check_outside()
        contents.check_stores(folder.path, self._own_stores())
        Workspaces(folder.path / "warehouse")  # raises CannotStart where it is damaged

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
        host, port = self.addresses.kafka
        return self.settings.kafka or f"{host}:{port}"

    @property
    def cluster(self) -> Cluster:
        """Kafka, and how it lets clients in."""
        if self.settings.kafka:
            return Cluster.of(self.settings.kafka)
        return kafka.cluster(self.folder.path / "kafka", self.addresses.kafka[1])

    @property
    def page_login(self) -> tuple[str, str] | None:
        """User and password of the page, where one is asked for."""
        if self.settings.page_login:
            user, _, password = self.settings.page_login.get_secret_value().partition(":")
            return user, password
        if ports.is_loopback(self.addresses.page[0]):
            return None
        return PAGE_USER, self.secrets.page

    def check_ports(self) -> None:
        """Raise `CannotStart` for the first part whose port is taken."""
        for name in self._own_listeners():
            ports.check_free(name, *getattr(self.addresses, name))

    def parts(self) -> list[Part]:
        """Return every part of the stack."""
        kafka_ready = ("kafka",) if self.own_kafka else ()
        stores = (*kafka_ready, "migrate")
        found = [
            self._migrate(),
            self._part("lrs", needs=stores, ready=self._answers("lrs"), stage=ASKING),
            self._part("hooks", needs=kafka_ready, ready=self._answers("hooks"), stage=ASKING),
            self._part("recorded", needs=stores, ready=self._answers("recorded"), stage=READING),
            self._part(
                "worker",
                needs=stores,
                ready=self._answers("worker"),
                stage=READING,
                nice=LOW_PRIORITY,
            ),
            self._part("page", needs=("migrate",), ready=self._answers("page"), stage=ASKING),
        ]
        if self.polled:
            ready = self._answers("poller")
            found.append(self._part("poller", needs=kafka_ready, ready=ready, stage=ASKING))
        if self.own_warehouse:
            ready = self._answers("warehouse", "/ping")
            found.insert(0, self._part("warehouse", ready=ready, prefetch=False, stage=KEEPING))
        if self.own_kafka:
            found.insert(0, self._kafka())
        return found

    def demo_part(self) -> Part:
        """Return the synthetic organisation's part, started when the others are ready."""
        return self._part("demo", prefetch=False, may_end=True, stage=ASKING + 1, nice=5)

    def environment(self) -> dict[str, str]:
        """Return what every part is told; each reads what it needs."""
        secrets, at = self.secrets, self.addresses
        told = {
            "HEADWATER_DATA": str(self.folder.path),
            **self.cluster.environment(),
            "HEADWATER_CLICKHOUSE": self._warehouse_url("headwater"),
            "HEADWATER_CLICKHOUSE_VIEWER": self._warehouse_url("viewer"),
            "HEADWATER_WAREHOUSE_PASSWORDS": ",".join(
                f"{user}:{password}" for user, password in secrets.warehouse.items()
            ),
            "HEADWATER_LRS_CREDENTIALS": f"{LRS_USER}:{secrets.lrs}",
            "HEADWATER_CONNECTIONS": str(self.connections),
            "HEADWATER_PSEUDONYM_KEY": secrets.pseudonym_key,
            "HEADWATER_SYNTHETIC": "1" if self.demo else "0",
            "MALLOC_ARENA_MAX": "2",  # fewer arenas: less memory that is kept for nothing
            "PYTHONUNBUFFERED": "1",
        }
        for name in ("warehouse", "lrs", "hooks", "page", "recorded", "worker", "poller"):
            host, port = getattr(at, name)
            told[f"HEADWATER_{name.upper()}_HOST"] = host
            told[f"HEADWATER_{name.upper()}_PORT"] = str(port)
        if login := self.page_login:
            told["HEADWATER_PAGE_LOGIN"] = ":".join(login)
        return told

    def described(self) -> dict[str, Any]:
        """Return what stack.json holds: every address with its credentials."""
        at, secrets = self.addresses, self.secrets
        described: dict[str, Any] = {
            "lrs": {"url": url(at.lrs), "username": LRS_USER, "password": secrets.lrs},
            "hooks": {"url": url(at.hooks), **self._hooks},
            "kafka": self.cluster.described(),
            "page": {"url": url(at.page)},
            "recorded": {"url": url(at.recorded)},
            "worker": {"url": url(at.worker)},
        }
        if self.polled:
            described["poller"] = {"url": url(at.poller)}
        if login := self.page_login:
            described["page"] |= {"username": login[0], "password": login[1]}
        if self.own_warehouse:
            for key, user in (("warehouse", "analyst"), ("warehouse_admin", "headwater")):
                described[key] = {
                    "url": url(at.warehouse),
                    "username": user,
                    "password": secrets.warehouse[user],
                }
        elif self.settings.clickhouse:
            outside = urlsplit(self.settings.clickhouse.get_secret_value())
            described["warehouse_admin"] = {
                "url": f"{outside.scheme}://{outside.netloc.rpartition('@')[2]}",
                "username": unquote(outside.username or "default"),
                "password": unquote(outside.password or ""),
            }
        return described

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

    def _part(self, name: str, **details: Any) -> Part:
        command = [sys.executable, "-m", "headwater", name]
        return Part(name, command, self.environment(), **{"prefetch": True, **details})

    def _migrate(self) -> Part:
        part = self._part("migrate", needs=("warehouse",) if self.own_warehouse else (), once=True)
        part.command.extend(["--timezone", self.time_zone] if self.time_zone else [])
        return part

    def _kafka(self) -> Part:
        async def ready() -> bool:
            return kafka.listening(self.bootstrap) and await self.topics_declared()

        part = self._part(
            "kafka", ready=ready, prefetch=False, stage=KEEPING, seconds=2.0 * kafka.UPGRADE_SECONDS
        )
        folder, port = self.folder.path / "kafka", self.addresses.kafka[1]
        part.command.extend(["--data", str(folder), "--port", str(port)])
        return part

    def _answers(self, name: str, path: str = "/healthz") -> Ready:
        address = getattr(self.addresses, name)

        async def ready() -> bool:
            return await answers(address, path)

        return ready

    def _own_listeners(self) -> list[str]:
        names = ["kafka"] if self.own_kafka else []
        names += ["warehouse"] if self.own_warehouse else []
        return [*names, "lrs", "hooks", "page", "recorded", "worker", *["poller"] * self.polled]

    def _warehouse_url(self, user: str) -> str:
        outside = {
            "headwater": self.settings.clickhouse,
            "viewer": self.settings.clickhouse_viewer,
        }[user]
        if outside and not self.own_warehouse:
            return outside.get_secret_value()
        password = quote(self.secrets.warehouse[user], safe="")
        return url(self.addresses.warehouse).replace("//", f"//{user}:{password}@")

    def _connections_checked(self) -> dict[str, Connection]:
        """What connections.toml says; raises CannotStart where it is wrong."""
        try:
            return load(self.connections)
        except ConnectionsError as error:
            raise CannotStart(
                "hooks", str(error), "correct it; removed, it is made anew for GitHub alone"
            ) from error

    def _own_stores(self) -> list[str]:
        owned = {"kafka": self.own_kafka, "warehouse": self.own_warehouse}
        return [store for store, own in owned.items() if own]

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
