"""The hooks server: `POST /hooks/<connection>` takes a work tool's signed events, and
`POST /beacon/<connection>` what pages send (producers/beacons.py).

2xx is sent after Kafka has acknowledged, never before; a tool that asks whether the address is ours
is answered as its connector says. 401 a signature that does not fit, 404 no such connection, 405
not what the tool sends, 408 too slow, 413 too long, 415 another type, 422 not the tool's JSON, 503
with Retry-After while Kafka, the disk or the memory cannot take it. What the headers alone give
away is answered before the body is read. Ignored kinds are 200, kept ones (unsupported, or not
understood) 202: the tool did nothing wrong.
"""

import asyncio
import contextlib
import functools
import sys
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, Self

import orjson
import structlog
import uvicorn
from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bus import nudges, signals
from bus.batching import Batching
from bus.errors import BrokerUnavailable
from bus.publisher import Publisher
from bus.records import Record
from bus.topics import MEBIBYTE
from bus.topics import STATEMENTS as STATEMENT_TOPIC
from producers.beacons import Beacons
from producers.connector import Answer, Disposition, unchanged
from producers.errors import (
    ConnectionsError,
    Forbidden,
    Refused,
    TooLarge,
    Unavailable,
    UnknownConnection,
    Unsigned,
    WrongMethod,
)
from producers.following import Followed
from producers.intake import Intake, Message, Outcome, lower
from producers.settings import HookSettings
from producers.signatures import Delivery
from producers.standings import Known, Standings
from serving import metrics, tasks
from serving.bodies import Body, Crowded, Room
from serving.disk import Disk
from serving.headers import INTERFACE
from serving.health import Answers, told
from serving.progress import Problem
from serving.protocol import bounded
from serving.tasks import Ended

log = structlog.get_logger()

DELIVERIES = Counter(
    "headwater_hooks_deliveries", "Deliveries by what became of them", ["connection", "sort"]
)
STATEMENTS = Counter("headwater_hooks_statements", "Statements acknowledged", ["connection"])
SIGNALS = Counter("headwater_hooks_signals", "Work signals acknowledged", ["connection"])
#: How many records of deliveries may be under way at once, and when one is large enough.
UNDER_WAY = 2
ENOUGH_BYTES = MEBIBYTE
_DO = "`headwater status` shows the parts; deliveries are taken again when it does"
#: Where deliveries come: behind it stands the connection's name.
DELIVERED = "/hooks/"
#: How many bodies that were kept are known again.
REMEMBERED = 10_000
STATUS = {
    Disposition.MAPPED: 200,
    Disposition.IGNORED: 200,
    Disposition.UNSUPPORTED: 202,
    Disposition.REJECTED: 202,
}
#: What is refused by one state of the connections, and may be right by another.
ANOTHERS = (Unsigned, Forbidden, UnknownConnection)
#: So many wrong signatures within so many seconds, and no right one since, are told as a problem.
WRONG, WRONG_SECONDS = 3, 3600.0
#: What is answered is for whoever asked alone: a token may stand in the address (RFC 6750, 2.3).
PRIVATE = {"cache-control": "private, no-store"}
#: An answer to a tool's question is read by nothing else: no browser takes it for a page.
GREETING = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}


class Sink(Protocol):
    """Where messages go; `bus.publisher.Publisher` is the one there is."""

    def publish(
        self, topic: str, key: bytes | None, value: bytes, headers: Any = ()
    ) -> "Future[None]":
        """Sends one message; the future is done when it is durable."""

    def ready(self) -> bool:
        """Whether messages can be sent now."""

    @property
    def alive(self) -> bool:
        """Whether it can go on at all."""

    def close(self) -> None:
        """Lets go."""


class Hooks:
    """The server's state: the connections, and the way into Kafka."""

    def __init__(
        self,
        settings: HookSettings,
        intakes: Mapping[str, Intake] | Followed,
        sink: Sink | None = None,
    ) -> None:
        self.settings = settings
        self.connections = intakes if isinstance(intakes, Followed) else Followed(intakes)
        self.sink = sink
        self.disk = Disk(
            settings.data,
            settings.hooks_minimum_free,
            setting="HEADWATER_HOOKS_MINIMUM_FREE",
            what="deliveries",
            refusal=_no_room,
        )
        self._kafka = Answers("Kafka", self._answers, do=_DO)
        self._room = Room(settings.hooks_bodies_limit)
        self._kept: OrderedDict[tuple[str, str], None] = OrderedDict()
        #: Connection → when the latest deliveries with a wrong signature came.
        self._unsigned: dict[str, deque[float]] = {}
        self._batching = Batching(self._share, under_way=UNDER_WAY, enough=ENOUGH_BYTES)
        self.standings = Standings("hooks", self._delivering)

    def _delivering(self) -> list[Known]:
        """The connections whose tools deliver."""
        every = [intake.connection for intake in self.intakes.values()]
        return [
            Known(each.name, each.connector.name, each.platform)
            for each in every
            if each.connector.webhook
        ]

    async def connected(self) -> None:
        """Connects to Kafka, however long it takes to come; Ended where it cannot go on."""
        waiting = False
        while self.sink is None:
            try:
                self.sink = await asyncio.to_thread(
                    Publisher, self.settings.kafka, seconds=self.settings.hooks_kafka_seconds
                )
            except BrokerUnavailable as error:
                if not waiting:
                    log.warning("waiting for kafka", why=str(error))
                waiting = True
                await asyncio.sleep(0.25)
        while self.sink.alive:  # noqa: ASYNC110 - it is a thread
            await asyncio.sleep(1)
        raise Ended("the producer's own thread ended, and sends nothing any more")

    @property
    def intakes(self) -> Mapping[str, Intake]:
        """The connections that are in force."""
        return self.connections.intakes

    async def receive(self, request: Request) -> Response:
        """`POST /hooks/<connection>`."""
        query = dict(request.query_params) if request.scope["query_string"] else {}
        head = Delivery(lower(request.headers), method=request.method, query=query)
        with self.coming(request) as coming:

            async def answered(intake: Intake) -> Response:
                came = intake.arrived(head)
                greeting = intake.greeted(came)
                if greeting is not None:
                    return _greeted(intake.connection.name, greeting)
                intake.check(came.headers)
                return await self.taken(coming, intake, came, self.settings.hooks_body_limit)

            name = request.path_params["connection"]
            return await self.answered_by(
                name, answered, f"no connection is called {name[:80]!r}: see connections.toml"
            )

    async def answered_by(
        self, name: str, answer: Callable[[Intake], Awaitable[Response]], unknown: str
    ) -> Response:
        """What a connection answers; where it will not have a delivery, another may that a changed
        file gives, or that was in force a moment ago.

        Raises what the first one raised, UnknownConnection with `unknown` where there was none.
        """
        refusal: Refused | None = None
        if first := self.intakes.get(name):
            try:
                return await answer(first)
            except ANOTHERS as error:
                refusal = error
        for intake in await self.connections.others(name, first):
            try:
                return await answer(intake)
            except ANOTHERS as error:
                refusal = refusal or error
        raise refusal or UnknownConnection(unknown)

    async def taken(
        self,
        coming: "Coming",
        intake: Intake,
        came: Delivery,
        limit: int,
        admitted: Callable[[Delivery], Delivery] = unchanged,
    ) -> Response:
        """Reads a body, and answers when what is to be written of it is durable.

        `admitted` is what a delivery that is there whole is looked at as; it may raise Refused.
        """
        name = intake.connection.name
        whole = came.with_body(await coming.read(limit))
        outcome = intake.take(admitted(whole))
        self._unsigned.pop(name, None)  # the secret fits
        if isinstance(outcome, Answer):
            return _greeted(name, outcome)
        await self._keep(intake, outcome)
        _counted(DELIVERIES, name, outcome.disposition).inc()
        _counted(STATEMENTS, name).inc(outcome.statements)
        _counted(SIGNALS, name).inc(len(outcome.signals))
        accepted = outcome.statements + len(outcome.signals)
        self.standings.delivered(name, accepted, outcome.disposition)
        return Response(
            orjson.dumps(_answer(outcome)),
            STATUS[outcome.disposition],
            PRIVATE,
            "application/json",
        )

    def coming(self, request: Request) -> "Coming":
        """A request's body, which is counted among those under way as long as a block lasts."""
        return Coming(request, self._room.body())

    async def _keep(self, intake: Intake, outcome: Outcome) -> None:
        """Returns when what is to be written of a delivery is durable."""
        source = intake.source
        messages = [
            *map(signals.message, outcome.signals),
            *(nudges.message(intake.connection.name, each.stream) for each in outcome.nudges),
        ]
        if not (outcome.accepted or outcome.message or messages):
            return
        if outcome.message and (source, outcome.digest) in self._kept:
            return
        self.disk.check()
        try:
            async with asyncio.timeout(self.settings.hooks_kafka_seconds + 1):
                if outcome.accepted:
                    await self._batching.durable(source, outcome.accepted)
                for future in [self._send(Message(*each)) for each in messages]:
                    await asyncio.wrap_future(future)
                if outcome.message:
                    await asyncio.wrap_future(self._send(outcome.message))
                    self._remember(source, outcome.digest)
        except (BrokerUnavailable, TimeoutError) as error:
            raise Unavailable(f"Kafka did not acknowledge; send it again: {error}") from error

    def _remember(self, source: str, digest: str) -> None:
        """The same body again is kept already, whatever else is said with it."""
        self._kept[source, digest] = None
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)

    async def _share(self, record: Record) -> None:
        """Sends the statements of deliveries that share a record; gives up in time for others."""
        message = Message(STATEMENT_TOPIC.name, record.key, record.value, list(record.headers))
        async with asyncio.timeout(self.settings.hooks_kafka_seconds + 1):
            await asyncio.wrap_future(self._send(message))

    def _send(self, message: Message) -> "Future[None]":
        if self.sink is None:
            raise Unavailable("Kafka does not answer; nothing was kept, send it again")
        return self.sink.publish(message.topic, message.key, message.value, message.headers)

    async def healthz(self, _: Request) -> Response:
        """Whether deliveries can be taken now."""
        await self._kafka.now()
        closed = told((self._kafka.problem, self.disk.problem), whole=False)
        said = closed + told((self._signature_problem(), self.connections.problem), whole=False)
        return JSONResponse(
            {"status": "unavailable" if closed else "ok", "problems": said},
            status_code=503 if closed else 200,
        )

    async def _answers(self) -> bool:
        return self.sink is not None and await asyncio.to_thread(self.sink.ready)

    def wrongly_signed(self, connection: str) -> None:
        """Remembers a delivery whose signature does not fit."""
        times = self._unsigned.setdefault(connection, deque(maxlen=WRONG))
        times.append(time.time())
        if len(times) == WRONG:
            log.warning("deliveries with a wrong signature", connection=connection)

    def _signature_problem(self) -> Problem | None:
        """That deliveries come with a wrong signature; the log names the connection."""
        oldest = time.time() - WRONG_SECONDS
        since = [times[0] for times in self._unsigned.values()
                 if len(times) == WRONG and times[0] > oldest]  # fmt: skip
        if not since:
            return None
        what = "Deliveries come with a wrong signature: they are refused and kept nowhere"
        do = "give the tool and its connection the same secret; the log of hooks names it"
        return Problem(what, min(since), do)


class Coming:
    """A request's body, which is read once, whoever asks for it."""

    def __init__(self, request: Request, body: Body) -> None:
        self._request = request
        self._body = body
        self._content: bytes | None = None

    def __enter__(self) -> Self:
        self._body.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._body.__exit__()

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises TooLarge, and Unavailable where others' bodies need the room."""
        if self._content is None:
            self._content = await self._read(limit)
        return self._content

    async def _read(self, limit: int) -> bytes:
        said = self._request.headers.get("content-length", "0")
        if said.isdigit() and int(said) > limit:
            raise TooLarge(f"the body has {said} bytes, more than the {limit} that are taken")
        try:
            async for piece in self._request.stream():
                self._body.add(piece)
                if self._body.size > limit:
                    raise TooLarge(f"the body has more than the {limit} bytes that are taken")
            return self._body.content()
        except Crowded as error:
            raise Unavailable(
                "more bytes are under way than are taken at once; nothing was kept, send it again"
            ) from error


@functools.cache
def _counted(counter: Counter, *labels: str) -> Counter:
    """A counter of these labels, which are connections of ours and sorts that we name."""
    return counter.labels(*labels)


def _answer(outcome: Outcome) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": outcome.kind, "result": outcome.disposition}
    if outcome.accepted or outcome.disposition is Disposition.MAPPED:
        said["statements"] = outcome.statements
    if outcome.signals:
        said["signals"] = len(outcome.signals)
    if outcome.detail:
        said["reason"] = outcome.detail
    return said


def _greeted(connection: str, answer: Answer) -> Response:
    DELIVERIES.labels(connection, "greeted").inc()
    headers = {**GREETING, **lower(answer.headers)}
    return Response(answer.body, status_code=answer.status, headers=headers)


def _no_room(_: str) -> Unavailable:
    return Unavailable("the disk is nearly full; nothing was kept, send it again later")


async def refused(request: Request, error: Exception) -> Response:
    """The answer to a delivery that is not taken."""
    assert isinstance(error, Refused)
    name = request.path_params.get("connection", "")
    known = name if name in request.app.state.hooks.intakes else ""
    DELIVERIES.labels(known, f"refused_{error.status}").inc()
    if known:
        request.app.state.hooks.standings.refused(known, error)
    headers: dict[str, str] = dict(getattr(request.state, "cors", {}))
    if error.retry_after:
        headers["Retry-After"] = str(error.retry_after)
    if known and isinstance(error, Unsigned):
        request.app.state.hooks.wrongly_signed(known)
        headers["WWW-Authenticate"] = error.challenge
    if isinstance(error, WrongMethod):
        headers["Allow"] = "POST"
    return JSONResponse({"error": str(error)}, status_code=error.status, headers=headers)


async def _gone(_: Request, __: Exception) -> Response:
    return PlainTextResponse("", status_code=400)


class _Doors(Starlette):
    """The application, where a delivery goes straight to who takes it: of a small one a router and
    its layers would cost as much as reading it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or starts and stops what the application needs."""
        name = scope.get("path", "").removeprefix(DELIVERED)
        straight = name != scope.get("path", "") and name and "/" not in name
        if not straight or scope.get("method") != "POST" or scope.get("root_path"):
            await super().__call__(scope, receive, send)
            return
        scope["app"], scope["path_params"] = self, {"connection": name}
        request = Request(scope, receive, send)
        try:
            response = await self.state.hooks.receive(request)
        except Refused as error:
            response = await refused(request, error)
        except ClientDisconnect as error:
            response = await _gone(request, error)
        await response(scope, receive, send)


def application(hooks: Hooks) -> Starlette:
    """The ASGI application."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        lasting = {
            "publisher": hooks.connected(),
            "disk": hooks.disk.watch(),
            "connections": hooks.connections.follow(),
            "standings": hooks.standings.tell(lambda: hooks.sink),
        }
        async with tasks.running("hooks", lasting):
            yield
        if hooks.sink:
            await asyncio.to_thread(hooks.sink.close)

    beacons = Beacons(hooks)
    app = _Doors(
        routes=[
            Route(DELIVERED + "{connection}", hooks.receive, methods=["POST", "GET", "OPTIONS"]),
            Route("/beacon/{connection}.js", beacons.script, methods=["GET"]),
            Route("/beacon/{connection}", beacons.receive, methods=["POST", "OPTIONS"]),
            Route("/healthz", hooks.healthz),
            Route("/metrics", metrics.endpoint(hooks.settings.metrics_token)),
        ],
        exception_handlers={Refused: refused, ClientDisconnect: _gone},
        lifespan=lifespan,
    )
    app.state.hooks = hooks
    return app


def serve(settings: HookSettings | None = None) -> None:
    """Runs the server until it is told to stop."""
    settings = settings or HookSettings()
    try:
        connections = Followed(path=settings.connections, synthetic=settings.synthetic)
    except ConnectionsError as error:
        raise SystemExit(f"hooks cannot start: {error}") from error
    # The producer's thread must not wait 5 ms for each turn at the interpreter.
    sys.setswitchinterval(0.0005)
    uvicorn.run(
        application(Hooks(settings, connections)),
        host=settings.hooks_host,
        port=settings.hooks_port,
        loop="uvloop",
        http=bounded(body_seconds=settings.hooks_body_seconds),
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,  # as the LRS: proxies wait up to 60 s, and must close first
        server_header=False,
        headers=list(INTERFACE),
        proxy_headers=False,
    )
