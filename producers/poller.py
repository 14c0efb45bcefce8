"""The poller: asks the work tools that are asked, stream by stream, and goes on where it left off.

What a poll finds goes the way of a delivery: the same mappers, the same ids, the same topics; so
what a webhook has brought already counts once, and what it missed comes now. A stream's cursor
moves only after what was before it is durable. A stream that cannot be read is told by `/healthz`
and tried again; the others go on. So are figures of KPIs (`producers/pulling/`).
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Protocol

import structlog
import uvicorn
from aiokafka.errors import KafkaError
from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bus import clients, nudges
from bus.errors import BrokerUnavailable
from bus.publisher import Publisher
from bus.topics import NUDGES
from producers.connector import SHAPE_ERRORS, Client, Pages, UserList, WithUsers
from producers.errors import ConnectionsError
from producers.following import EVERY, Followed
from producers.intake import Intake
from producers.polling import cursors, users
from producers.polling.api import Api
from producers.polling.cursors import Cursors
from producers.polling.durable import durable
from producers.polling.errors import PollError
from producers.polling.http import client
from producers.pulling.schedule import Pulls
from producers.settings import PollerSettings
from producers.standings import Known, Standings
from serving import metrics, tasks
from serving.followed import FollowedFile
from serving.headers import INTERFACE
from serving.health import told
from serving.progress import Problem, Progress
from serving.protocol import bounded
from serving.tasks import Ended, Tasks, asked, closed
from xapi import catalogue
from xapi.catalogue import CatalogueError

FOUND = Counter(
    "headwater_poller_events", "Events found, by what became of them", ["connection", "sort"]
)
SAID = Counter("headwater_poller_statements", "Statements acknowledged", ["connection"])
#: A stream that could not be read, or waits for one page, for so long is told of, in seconds; what
#: the tool refuses is told at once.
LATE_SECONDS = 300.0
#: A stream that could not be read is tried again after at most so many seconds, and each time that
#: fails after up to twice as many.
AGAIN_SECONDS = 60.0
_KAFKA = "`headwater status` shows the parts; what tools have is read when Kafka answers again"
_TOOL = (
    "see whether the tool answers and its token is still good (connections.toml names it); "
    "what happened meanwhile is read then"
)
_USERS = (
    "`headwater connectors check {}` says why and which permission lacks; give it, or say "
    "`read_users = false` in connections.toml. Whose accounts are known stays so meanwhile"
)

log = structlog.get_logger()


class Asked(Client, Protocol):
    """A tool's interface that is hung up in the end."""

    async def close(self) -> None:
        """Hangs up."""


@dataclass
class Stream:
    """One list of one connection, and how its reading gets on. A user list is the directory's."""

    connection: str
    name: str
    pages: Pages | UserList
    every: float
    intake: Intake
    api: Asked
    progress: Progress
    nudged: asyncio.Event = field(default_factory=asyncio.Event)
    #: How often it was read to its end since the poller began.
    rounds: int = 0
    #: How often it could not be read since then.
    failures: int = 0

    @property
    def title(self) -> str:
        """The stream as status names it."""
        return f"{self.connection}/{self.name}"

    @property
    def rest(self) -> float:
        """Seconds until it is read again: its interval, or less where it could not be read; at
        random, so that what failed together does not come together."""
        if not self.failures:
            return self.every
        longest = AGAIN_SECONDS * 2.0 ** min(self.failures - 1, 30)
        share = random.uniform(0.5, 1.0)  # noqa: S311 - it need not be hard to guess
        return min(self.every, longest * share)


class Poller:
    """The part's state: its streams, their cursors, and the way into Kafka."""

    def __init__(
        self,
        settings: PollerSettings,
        intakes: Mapping[str, Intake] | Followed,
        api_of: Callable[[Intake], Asked] | None = None,
    ) -> None:
        self.settings = settings
        self.connections = intakes if isinstance(intakes, Followed) else Followed(intakes)
        self._api_of = api_of or interface
        self.streams: list[Stream] = []
        self._reading: dict[str, asyncio.Task[None]] = {}
        for intake in self.connections.intakes.values():
            self.streams += _streams(intake, self._api_of)
        self._kafka = Progress("The poller's way into Kafka", do=_KAFKA)
        self._sink: Publisher | None = None
        self._cursors: Cursors | None = None
        self._verified: users.Verified | None = None
        self._listing = asyncio.Lock()
        self._ready = asyncio.Event()
        self.standings = Standings("poller", self._asked)
        declared = FollowedFile(
            settings.kpis or settings.data / catalogue.FILE,
            catalogue.read,
            catalogue.NONE,
            wrong=CatalogueError,
            do="correct it (docs/kpis.md); it is read again as soon as it has changed",
        )
        self.pulls = Pulls(declared, settings.hosts)

    def _asked(self) -> list[Known]:
        """The streams that are read."""
        return [
            Known(
                each.connection,
                each.intake.connector.name,
                each.intake.connection.platform,
                each.name,
                each.every,
            )
            for each in self.streams
        ]

    @property
    def works(self) -> dict[str, Any]:
        """What lasts as long as the part does."""
        return {
            "kafka": self._connected(),
            "nudges": self._listen(),
            "streams": self._read_all(),
            "pulls": self._pull_all(),
            "standings": self.standings.tell(lambda: self._sink),
        }

    @property
    def problems(self) -> list[Problem | None]:
        """What does not go on."""
        streams = (each.progress.problem for each in self.streams)
        return [
            self._kafka.problem,
            self.connections.problem,
            *streams,
            *self.pulls.problems,
        ]

    @property
    def reaches_kafka(self) -> bool:
        """Whether what is read can be kept."""
        return self._kafka.problem is None

    def read_until(self) -> list[dict[str, Any]]:
        """For each stream when it was last read (seconds ago; None: never), and how often whole."""
        found = []
        for each in self.streams:
            cursor = self._cursors.of(each.connection, each.name) if self._cursors else None
            ago = None if cursor is None else round(time.time() - cursor.at, 1)
            found.append({"stream": each.title, "read_seconds_ago": ago, "rounds": each.rounds})
        return found

    async def close(self) -> None:
        """Lets go of Kafka and of every tool."""
        await closed(*_hanging_up(self.streams))
        if self._sink:
            await asyncio.to_thread(self._sink.close)

    async def _connected(self) -> None:
        """Connects to Kafka and reads the cursors, however long that takes; Ended if it cannot."""
        while self._cursors is None:
            try:
                self._sink = self._sink or await asyncio.to_thread(Publisher, self.settings.kafka)
                with asked("reading the cursors"):
                    self._cursors = await cursors.read(self.settings.kafka)
            except (BrokerUnavailable, KafkaError, TimeoutError, OSError, Ended) as error:
                self._kafka.failed(error)
                await asyncio.sleep(1.0)
        self._ready.set()
        while self._sink and self._sink.alive:
            self._kafka.got_on()
            await asyncio.sleep(1.0)
        raise Ended("the producer's own thread ended, and sends nothing any more")

    async def _read_all(self) -> NoReturn:
        """Reads every stream, and follows connections.toml: what it changes is begun anew."""
        async with tasks.running("poller", {}) as running:
            while True:
                for each in self.streams:
                    if each.title not in self._reading:
                        work = running.start(f"stream {each.title}", self._follow(each))
                        self._reading[each.title] = work
                await asyncio.sleep(EVERY)
                if await self.connections.look():
                    await self._change(running)

    async def _pull_all(self) -> NoReturn:
        """Asks for figures of KPIs, as kpis.toml says."""
        await self._ready.wait()
        assert self._cursors
        assert self._sink
        await self.pulls.run(self._sink, self._cursors)

    async def _change(self, running: Tasks) -> None:
        """Ends the streams of connections that are gone, or are asked otherwise, and takes on those
        that are new. A stream that goes on, or is begun anew, does so from its cursor."""
        intakes = self.connections.intakes
        staying = {each.connection for each in self.streams if _same(each.intake, intakes)}
        ending = [each for each in self.streams if each.connection not in staying]
        works = [self._reading.pop(each.title) for each in ending if each.title in self._reading]
        for work in works:
            running.cancel(work)
        await asyncio.gather(*works, return_exceptions=True)
        await closed(*_hanging_up(ending))
        self.streams = [each for each in self.streams if each.connection in staying]
        for intake in intakes.values():
            if intake.connection.name not in staying:
                self.streams += _streams(intake, self._api_of)

    async def _follow(self, stream: Stream) -> None:
        """Reads a stream to its end, again and again."""
        await self._ready.wait()
        while True:
            stream.nudged.clear()
            stream.progress.trying()
            try:
                await self.round(stream)
                stream.rounds, stream.failures = stream.rounds + 1, 0
                self.standings.read(stream.connection, stream.name)
                stream.progress.got_on()
            except (PollError, BrokerUnavailable, KafkaError, TimeoutError, *SHAPE_ERRORS) as error:
                log.warning("a stream was not read", stream=stream.title, why=str(error)[:300])
                stream.failures += 1
                self.standings.failed(stream.connection, stream.name)
                lasting = isinstance(error, PollError) and error.lasting
                stream.progress.failed(error, lasting=lasting)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(stream.rest):
                    await stream.nudged.wait()

    async def round(self, stream: Stream) -> None:
        """Reads a stream from its cursor to its end."""
        assert self._cursors
        assert self._sink
        if isinstance(stream.pages, UserList):
            await self._list(stream, stream.pages)
            return
        cursor = self._cursors.of(stream.connection, stream.name)
        options = stream.intake.connection.options
        async for page in stream.pages(stream.api, options, cursor.mark if cursor else ""):
            written = await durable(self._sink, stream.intake, page)
            for taken in written.every:
                FOUND.labels(stream.connection, taken.disposition).inc()
            SAID.labels(stream.connection).inc(written.statements)
            self.standings.found(
                stream.connection,
                stream.name,
                written.statements + sum(len(taken.signals) for taken in written.every),
                [taken.disposition for taken in written.every],
            )
            moved = self._cursors.moved(self._sink, stream.connection, stream.name, page.cursor)
            await asyncio.wrap_future(moved)
            stream.progress.trying()

    async def _list(self, stream: Stream, listed: UserList) -> None:
        """Reads a user list, whole."""
        assert self._cursors
        assert self._sink
        options = stream.intake.connection.options
        assert isinstance(options, WithUsers)
        async with self._listing:
            if self._verified is None:
                self._verified = await users.read(self.settings.kafka)
        await users.read_list(
            listed, stream.api, options, self._sink, self._verified, stream.progress.trying
        )
        moved = self._cursors.moved(self._sink, stream.connection, stream.name, "")
        await asyncio.wrap_future(moved)

    async def _listen(self) -> None:
        """Wakes a stream when its tool said that there is something new."""
        while True:
            consumer = clients.consumer(
                self.settings.kafka,
                NUDGES.name,
                client_id="headwater-poller-nudges",
                enable_auto_commit=False,
                auto_offset_reset="latest",
            )
            try:
                with asked("listening for nudges"):
                    await consumer.start()
                    async for record in consumer:
                        named = nudges.decode(record.key, record.value or b"")
                        for each in self.streams:
                            if (each.connection, each.name) == named:
                                each.nudged.set()
            except (KafkaError, OSError, Ended) as error:
                log.warning("nudges cannot be read from kafka", why=repr(error)[:200])
            finally:
                await closed(consumer.stop)
            await asyncio.sleep(1.0)


def _streams(intake: Intake, api_of: Callable[[Intake], Asked]) -> Sequence[Stream]:
    connection, poll = intake.connection, intake.connector.poll
    if poll is None or not connection.polled:
        return ()
    api = api_of(intake)

    def stream(name: str, pages: Pages | UserList, every: float) -> Stream:
        told = Progress(
            f"The reading of {name} of the connection {connection.name}",
            patience=every + LATE_SECONDS,
            tolerance=LATE_SECONDS,
            do=_USERS.format(connection.name) if isinstance(pages, UserList) else _TOOL,
        )
        return Stream(connection.name, name, pages, every, intake, api, told)

    found = [stream(name, pages, poll.every) for name, pages in poll.streams.items()]
    if listed := users.wanted(intake.connector, connection.options):
        found.append(stream(users.STREAM, listed, listed.every))
    return found


def _same(intake: Intake, now: Mapping[str, Intake]) -> bool:
    """Whether a connection is asked as before: how its deliveries are signed does not matter."""
    before, after = intake.connection, now.get(intake.connection.name)
    return after is not None and before == replace(after.connection, secret=before.secret)


def _hanging_up(streams: Sequence[Stream]) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """How each interface that streams ask is hung up; those of one connection share one."""
    return [api.close for api in {id(each.api): each.api for each in streams}.values()]


def interface(intake: Intake, told: Callable[[str], None] | None = None) -> Asked:
    """The tool's HTTP interface, as the connection's options and token say.

    `told` is told where the tool puts us off; by default the log.
    """
    poll, connection = intake.connector.poll, intake.connection
    assert poll
    address = poll.address(connection.options)
    return Api(
        client(address, poll.login(connection.options, connection.token)),
        told=told
        or (lambda line: log.info("the tool puts us off", connection=connection.name, why=line)),
        denied=poll.denied,
        waits=poll.waits,
    )


def application(poller: Poller) -> Starlette:
    """The ASGI application: health and metrics."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with tasks.running("poller", poller.works):
            yield
        await poller.close()

    async def healthz(_: Request) -> Response:
        # Only what beginning anew may help is a 503: a token that ran out stays so.
        well = poller.reaches_kafka
        return JSONResponse(
            {
                "status": "ok" if well else "unavailable",
                "problems": told(poller.problems, whole=False),
                "streams": poller.read_until(),
            },
            status_code=200 if well else 503,
        )

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/metrics", metrics.endpoint(poller.settings.metrics_token)),
        ],
        lifespan=lifespan,
    )


def serve(settings: PollerSettings | None = None) -> None:
    """Runs the poller until it is told to stop."""
    settings = settings or PollerSettings()
    try:
        connections = Followed(path=settings.connections, synthetic=settings.synthetic)
    except ConnectionsError as error:
        raise SystemExit(f"the poller cannot start: {error}") from error
    uvicorn.run(
        application(Poller(settings, connections)),
        host=settings.poller_host,
        port=settings.poller_port,
        loop="uvloop",
        http=bounded(body_seconds=10.0),
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
        headers=list(INTERFACE),
        proxy_headers=False,
    )
