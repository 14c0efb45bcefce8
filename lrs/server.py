"""The LRS's front door: routes, what every request must bring, and how errors are answered.

    GET HEAD      /                  what this is, and a curl that works
    GET HEAD      /openapi.json      all of this for programs
    GET HEAD      /healthz           whether it can do its work
    GET HEAD      /metrics           for Prometheus
    GET HEAD      /xapi/about        versions
    GET HEAD PUT POST /xapi/statements
    POST          /verdicts          ours: lines of statements, a verdict for each
    POST          /kpi/observations  ours: figures of KPIs
    GET HEAD PUT POST DELETE /xapi/activities/state, /xapi/activities/profile, /xapi/agents/profile
    GET HEAD      /xapi/activities, /xapi/agents

The application is plain ASGI: a route is a look-up, and a write costs as little as it can.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
import uvicorn
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from lrs import metrics
from lrs.access.credential_log import CredentialLog
from lrs.access.credentials import Credentials, Principal, divided
from lrs.documents.log import DocumentLog, Documents
from lrs.documents.parameters import ACTIVITY_PROFILE, AGENT_PROFILE, STATE
from lrs.documents.resource import DocumentResource
from lrs.errors import (
    ApiError,
    BadRequest,
    MethodNotAllowed,
    NotFound,
    Unavailable,
    described,
)
from lrs.http import alternate_syntax, openapi, pages
from lrs.http.attachments import Attachments
from lrs.http.cors import Cors
from lrs.http.protocol import Protocol
from lrs.http.public import PublicAddress
from lrs.http.request import Request
from lrs.http.welcome import welcome
from lrs.kpis import resource as kpis
from lrs.kpis.resource import Kinds, NothingKnown, Observations, WarehouseKinds
from lrs.log.publisher import KafkaPublisher, Publisher
from lrs.log.stored_ids import StoredIds
from lrs.log.tail import Accepted, Log
from lrs.settings import LrsSettings
from lrs.statements import responses, verdicts
from lrs.statements.activities import PATH as ACTIVITIES
from lrs.statements.activities import Activities
from lrs.statements.agents import PATH as AGENTS
from lrs.statements.agents import Agents
from lrs.statements.ids import Ids
from lrs.statements.reader import BEGINNING, Reader, WarehouseReader
from lrs.statements.refusals import Refusals
from lrs.statements.resource import CONSISTENT_THROUGH, PATH, Statements
from lrs.statements.verdicts import Verdicts
from serving import metrics as counted
from serving import tasks
from serving.disk import Disk
from serving.followed import FollowedFile
from serving.headers import INTERFACE
from serving.health import Answers
from serving.progress import Problem
from warehouse.client import Warehouse
from xapi import catalogue
from xapi.catalogue import CatalogueError
from xapi.errors import XapiError
from xapi.versions import ONE, SPOKEN, TWO, rules_of

DOCUMENTS = {
    "/xapi/activities/state": STATE,
    "/xapi/activities/profile": ACTIVITY_PROFILE,
    "/xapi/agents/profile": AGENT_PROFILE,
}
VERSION_HEADER = "X-Experience-API-Version"
#: Named on answers to requests that named no version that is spoken.
LATEST = TWO
#: Named where a request was refused because it named none: that was possible before 1.0 only.
UNNAMED = "0.95"
#: How long what a refused client still sends is read and thrown away, so that it sees the answer.
LINGER_SECONDS = 5.0
#: Clients and proxies close an idle connection after 5 to 60 s, the server after them: were it
#: first, it might close just as a request comes, and nobody could tell what became of that.
IDLE_SECONDS = 75
#: The largest form that is read before it is known whose it is.
STRANGERS_FORM = 1 << 20

_SLASHES = re.compile("/{2,}")
_VERSION = VERSION_HEADER.lower().encode()
_THROUGH = CONSISTENT_THROUGH.lower().encode()

Handler = Callable[[Request], Awaitable[Response]]
Method = Callable[[Request, Principal], Awaitable[Response]]

log = structlog.get_logger()


class Application:
    """The LRS as an ASGI application over a publisher and a reader."""

    def __init__(
        self,
        settings: LrsSettings,
        publisher: Publisher,
        reader: Reader,
        disk: Disk,
        accepted: Accepted,
        ids: Ids,
        credentials: Credentials | None = None,
        log_of_credentials: CredentialLog | None = None,
        documents: Documents | None = None,
        kinds: Kinds | None = None,
    ) -> None:
        self._body_limit = settings.lrs_body_limit
        self._metrics_token = settings.metrics_token
        self._origins = Cors(settings.lrs_origins)
        self._public = PublicAddress(settings.lrs_public_url, settings.lrs_trusted_proxies)
        self._store = Attachments(settings.lrs_attachments or settings.data / "attachments")
        self._publisher = publisher
        self._reader = reader
        self._disk = disk
        self._log = accepted
        self._ids = ids
        self._credentials = credentials or credentials_of(settings)
        self._log_of_credentials = log_of_credentials
        do = "`headwater status` shows the parts; the LRS goes on by itself"
        self._kafka = Answers("Kafka", publisher.ready, do=do)
        self._warehouse = Answers("The warehouse", lambda: reader.ready(), do=do)
        self._begun = time.time()
        self._written = (BEGINNING, responses.moment(BEGINNING).encode())
        self._refusals = Refusals(
            publisher.reject,
            hourly=settings.lrs_refused_hourly,
            body_bytes=settings.lrs_refused_body,
        )
        self._statements = Statements(
            settings,
            publisher,
            reader,
            disk,
            accepted,
            ids,
            self._store,
            self._public,
            self._refusals,
        )
        self._verdicts = Verdicts(settings, self._statements, disk, self._refusals)
        self._catalogue = FollowedFile(
            settings.kpis or settings.data / catalogue.FILE,
            catalogue.read,
            catalogue.NONE,
            wrong=CatalogueError,
            do="correct it (docs/kpis.md); it is read again as soon as it has changed",
        )
        figures = Observations(publisher, disk, self._catalogue, kinds or NothingKnown())
        self.routes: dict[str, dict[str, Handler]] = {
            "/": {"GET": partial(welcome, self._public)},
            openapi.PATH: {"GET": self._openapi},
            "/healthz": {"GET": self._health},
            "/metrics": {"GET": self._metrics},
            "/xapi/about": {"GET": pages.about},
            PATH: {"GET": self._get, "POST": self._post, "PUT": self._put},
            verdicts.PATH: {"POST": self._judge},
            kpis.PATH: {"POST": self._with_principal(figures.post, ONE)},
        }
        activities, agents = Activities(reader, accepted), Agents(reader, accepted)
        self.routes[ACTIVITIES] = {"GET": self._with_principal(activities.get)}
        self.routes[AGENTS] = {"GET": self._with_principal(agents.get)}
        self._documents = documents
        if documents is not None:
            for path, resource in DOCUMENTS.items():
                served = DocumentResource(resource, documents, disk, settings.lrs_body_limit)
                self.routes[path] = {
                    "GET": self._with_principal(served.get),
                    "PUT": self._with_principal(served.put),
                    "POST": self._with_principal(served.post),
                    "DELETE": self._with_principal(served.delete),
                }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or starts and stops what the application needs."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"the LRS speaks HTTP, not {scope['type']}")
        if scope["path"] not in self.routes:
            scope = {**scope, "path": self._own_path(scope["path"])}
        request = Request(scope, receive)
        try:
            if alternate_syntax.is_folded(request) and request.path.startswith("/xapi"):
                request = await alternate_syntax.unfolded(request, self._form_limit(request))
            response = await self._route(request)(request)
        except (ApiError, XapiError) as error:
            response = _refusal(error)
        except ClientDisconnect:
            return
        except Exception:
            log.exception("a request failed", method=request.method, path=request.path)
            response = _refusal(ApiError("the LRS failed; its log says why"))
        self._finish(request, response)
        metrics.answered(response.status_code)
        if request.method == "HEAD":
            send = _bodiless(send)
        elif response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and not request.whole:
            send = _lingering(receive, send)
        await response(scope, receive, send)

    def _form_limit(self, request: Request) -> int:
        """How large a form may be that stands for a request: who sends it may be said within."""
        if self._credentials.known(request.header(b"authorization")) is None:
            return min(self._body_limit, STRANGERS_FORM)
        return self._body_limit

    def _own_path(self, path: str) -> str:
        """A path as the routes have it: people end addresses with a slash and clients add one, and
        a `more` may be asked for past the proxy that it was made for."""
        single = _SLASHES.sub("/", path)
        for found in (single, single.removeprefix(self._public.path)):
            for known in (found, found.rstrip("/")):
                if known in self.routes:
                    return known
        return path

    def _route(self, request: Request) -> Handler:
        request.check_headers()
        methods = self.routes.get(request.path)
        if methods is None:
            raise NotFound(f"there is nothing at {request.path[:80]!r}; the LRS is at /xapi")
        if request.method == "OPTIONS":
            return partial(_options, sorted({"HEAD", "OPTIONS", *methods}))
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = ", ".join(["HEAD", *methods])
            message = f"{request.method[:20]} is not for {request.path}; it knows {allowed}"
            raise MethodNotAllowed(message, headers={"Allow": allowed})
        return handler

    def _finish(self, request: Request, response: Response) -> None:
        """The headers that belong on every answer under /xapi."""
        if not request.path.startswith("/xapi"):
            return
        self._origins.allow(request, response)
        asked = request.header(_VERSION)
        version = asked if rules_of(asked) else LATEST
        if not asked and response.status_code == HTTPStatus.BAD_REQUEST:
            version = UNNAMED
        response.raw_headers.append((_VERSION, version.encode()))
        if request.path.startswith(PATH) and request.method not in ("GET", "HEAD"):
            response.raw_headers.append((_THROUGH, self._consistent_through()))
        elif request.path.startswith(PATH):
            response.headers.setdefault(CONSISTENT_THROUGH, self._consistent_through().decode())

    def _consistent_through(self) -> bytes:
        """Until when what was stored can be read; written down once for each frontier."""
        frontier = self._log.frontier
        if frontier != self._written[0]:
            self._written = (frontier, responses.moment(frontier).encode())
        return self._written[1]

    async def _get(self, request: Request) -> Response:
        return await self._statements.get(request, await self._principal(request))

    async def _post(self, request: Request) -> Response:
        return await self._seen(request, self._statements.post, await self._principal(request))

    async def _put(self, request: Request) -> Response:
        return await self._seen(request, self._statements.put, await self._principal(request))

    async def _seen(
        self,
        request: Request,
        method: Method,
        principal: Principal,
    ) -> Response:
        """What a method answers; a refusal is noted before it goes its way."""
        try:
            return await method(request, principal)
        except (ApiError, XapiError) as error:
            self._refusals.failed(principal, error, request.sent)
            raise

    async def _openapi(self, request: Request) -> Response:
        return Response(openapi.document(self.routes), media_type="application/json")

    async def _judge(self, request: Request) -> Response:
        return await self._seen(request, self._verdicts.post, await self._principal(request, ONE))

    def _with_principal(self, method: Method, default: str = "") -> Handler:
        async def handler(request: Request) -> Response:
            return await method(request, await self._principal(request, default))

        return handler

    async def _principal(self, request: Request, default: str = "") -> Principal:
        """Who sends, in a version that is spoken here, and not more than they may."""
        authorization = request.header(b"authorization")
        principal = self._credentials.known(authorization)
        if principal is None:
            principal = self._credentials.principal(authorization)
        _check_version(request, default)
        if principal.limit is not None:
            principal.limit.take()
        return principal

    async def _health(self, request: Request) -> Response:
        kafka, warehouse = await asyncio.gather(self._kafka.now(), self._warehouse.now())
        documents = self._documents is None or self._documents.following
        return pages.health(
            self._problems(),
            kafka=kafka,
            warehouse=warehouse,
            log=self._log.ready,
            documents=documents,
            disk=not self._disk.full,
        )

    def _problems(self) -> Iterator[Problem | None]:
        yield self._kafka.problem
        yield self._warehouse.problem
        yield self._disk.problem
        self._catalogue.now()
        yield self._catalogue.problem
        if not self._log.ready:
            what = "The LRS still reads what was accepted before it started"
            yield Problem(what, self._begun, "wait; `headwater status` says how much there is")
        yield from self._log.problems
        if self._log_of_credentials is not None:
            yield from self._log_of_credentials.problems
        if self._documents is not None:
            yield from self._documents.problems

    async def _metrics(self, request: Request) -> Response:
        metrics.frontier.set(self._log.frontier.timestamp())
        metrics.free.set(self._disk.free)
        token = self._metrics_token
        return counted.answer(
            request.header(b"authorization"), token.get_secret_value() if token else None
        )

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        await asyncio.to_thread(self._store.opened)
        lasting = {
            "publisher": self._publisher.run(),
            "log": self._log.run(),
            "disk": self._disk.watch(),
            "refusals": self._refusals.run(),
        }
        if self._log_of_credentials is not None:
            lasting["credentials"] = self._log_of_credentials.run()
        if self._documents is not None:
            lasting["documents"] = self._documents.run()
        async with tasks.running("lrs", lasting) as under_way:
            under_way.start("ids", self._ids.run(), once=True)
            yield


def _check_version(request: Request, default: str = "") -> None:
    """Every request names a version that is spoken, and is held to its rules (Part Three 3.3)."""
    version = request.header(_VERSION, default)
    rules = rules_of(version)
    if rules is None:
        said = f"is {version[:40]!r}" if version else "is missing"
        message = f"the header {VERSION_HEADER} {said}; this LRS speaks {', '.join(SPOKEN)}"
        raise BadRequest(message, path=VERSION_HEADER, section="Part Three 3.3")
    request.rules = rules


async def _options(methods: Sequence[str], request: Request) -> Response:
    """What a browser asks before it asks (CORS), and what the resource knows."""
    return Response(status_code=204, headers={"Allow": ", ".join(methods)})


def _refusal(error: ApiError | XapiError) -> Response:
    status = error.status if isinstance(error, ApiError) else HTTPStatus.BAD_REQUEST
    headers = error.headers if isinstance(error, ApiError) else {}
    content = msgspec.json.encode(described(error))
    return Response(content, status, headers, "application/json")


def _bodiless(send: Send) -> Send:
    async def without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return without_body


def _lingering(receive: Receive, send: Send) -> Send:
    """Reads on for a while before the answer ends: who is reset while sending sees no answer."""

    async def and_read_on(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({**message, "more_body": True})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body"):
                    pass
        await send({"type": "http.response.body"})

    return and_read_on


def application(settings: LrsSettings) -> Application:
    """The LRS over Kafka and the warehouse that the settings name."""
    publisher = KafkaPublisher(settings.kafka, seconds=settings.lrs_kafka_seconds)
    warehouse = Warehouse(settings.clickhouse.get_secret_value(), timeout=30)
    older = StoredIds(warehouse, settings.lrs_ids_memory)
    accepted = Log(
        settings.kafka,
        settings.data / "run",
        interval=settings.lrs_frontier_interval,
        seen=older.add,
    )
    reader = WarehouseReader(warehouse, lambda: accepted.frontier)
    ids = Ids(accepted, older, reader)
    disk = disk_of(settings)
    credentials = credentials_of(settings)
    followed = CredentialLog(settings.kafka, credentials)
    documents = DocumentLog(
        settings.kafka,
        warehouse,
        settings.data / "lrs",
        seconds=settings.lrs_kafka_seconds,
        cache_limit=settings.lrs_document_cache,
        waiting_limit=settings.lrs_waiting_limit,
    )
    return Application(
        settings,
        publisher,
        reader,
        disk,
        accepted,
        ids,
        credentials,
        followed,
        documents,
        WarehouseKinds(warehouse),
    )


def disk_of(settings: LrsSettings) -> Disk:
    """The disk that the settings name, and how a write is refused while it is too full."""
    return Disk(
        settings.data,
        settings.lrs_minimum_free,
        setting="HEADWATER_LRS_MINIMUM_FREE",
        what="writes",
        refusal=partial(Unavailable, seconds=30),
    )


def credentials_of(settings: LrsSettings) -> Credentials:
    """The credentials that the settings name."""
    pairs = divided(settings.lrs_credentials.get_secret_value())
    return Credentials(pairs, settings.lrs_authority)


def options() -> dict[str, Any]:
    """How uvicorn serves the application."""
    return {
        "loop": "uvloop",
        "http": Protocol,
        "ws": "none",
        "access_log": False,
        "server_header": False,
        "headers": list(INTERFACE),
        "proxy_headers": False,
        "log_level": "warning",
        "timeout_graceful_shutdown": 5,
        "timeout_keep_alive": IDLE_SECONDS,
    }


def serve(settings: LrsSettings) -> None:
    """Runs the LRS until it is told to stop."""
    uvicorn.run(application(settings), host=settings.lrs_host, port=settings.lrs_port, **options())
