"""ClickHouse's HTTP interface over the engine, as an ASGI application.

Routes:
  GET  /ping         Ok.
  GET  /healthz      JSON; 200 while the engine answers
  GET  /metrics      for Prometheus
  GET|PUT|DELETE /maintenance   the administrator's: refuse writes for a time
  GET|PUT|DELETE /workspaces    the administrator's: databases of analysts' own
  GET|POST /         a statement: in `query`, in the body, or begun in one and ended in the other
"""

import asyncio
import fcntl
import json
import os
import re
import secrets
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

from headwater.embedded.warehouse import drivers, encodings, handshake, metrics
from headwater.embedded.warehouse.credentials import User, authenticate, check_roles
from headwater.embedded.warehouse.engine import Engine, Purpose
from headwater.embedded.warehouse.errors import (
    AccessDenied,
    Busy,
    Disconnected,
    EngineError,
    NoRoom,
)
from headwater.embedded.warehouse.gate import Gate
from headwater.embedded.warehouse.leaving import Leaving
from headwater.embedded.warehouse.request import TRUE, Parameters, external, form, pairs, read
from headwater.embedded.warehouse.rows import NO_ROOM, Rows
from headwater.embedded.warehouse.sessions import Session, Sessions
from headwater.embedded.warehouse.settings import WarehouseServerSettings
from headwater.embedded.warehouse.slots import Slots
from headwater.embedded.warehouse.statement import (
    Kind,
    Statement,
    begun,
    check_values,
    opening,
    parse,
)
from headwater.embedded.warehouse.storage import Storage
from headwater.embedded.warehouse.work import DEFAULT_FORMAT, Job, Outcome, Work
from headwater.embedded.warehouse.workspaces import described
from serving.health import Answers, told
from warehouse.errors import WarehouseError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

#: How much of a body is looked at to find where a statement ends and its data starts.
HEAD = 256 << 10
#: The longest statement, and the largest form.
LONGEST = 64 << 20
#: Bytes of an insert that are held before they are put aside.
BATCH = 4 << 20
#: How much of a result is held before its headers go out.
HOLD = 1 << 20
#: A client that does not take its result for so long is gone.
PATIENCE = 120.0
#: More than this is compressed, or put aside, in a thread.
INLINE = 64 << 10
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


class Application:
    """The ASGI application."""

    def __init__(self, engine: Engine, settings: WarehouseServerSettings) -> None:
        self.engine = engine
        self.settings = settings
        self.passwords = settings.passwords()
        self.gate = Gate(settings, engine.known_settings, engine.functions)
        self.storage = Storage(engine, settings.folder, settings.warehouse_minimum_free)
        self.work = Work(engine, self.gate, self.storage)
        self.leaving = Leaving(self.work.end)
        self.sessions = Sessions()
        slots = {
            "analyst": settings.warehouse_analysts,
            "viewer": settings.warehouse_viewers,
            "admin": settings.warehouse_readers,
            "writer": settings.warehouse_writers,
        }
        self.slots = {
            name: Slots(
                name, most, most * settings.warehouse_queue, settings.warehouse_queue_seconds
            )
            for name, most in slots.items()
        }
        self.slots["health"] = Slots("health", 1, 1, settings.warehouse_queue_seconds)
        self.packers = ThreadPoolExecutor(2, "packer")
        self.refuses_until = 0.0
        #: Whether the process starts again when it has ended; and what ends it.
        self.again = False
        self.ending = False
        #: Tells this start of the warehouse from the next one.
        self.start = uuid4().hex
        self.ended: Callable[[], None] = lambda: None
        do = "end long queries, or start the warehouse again; what is stored stays"
        self.answers = Answers("The warehouse's engine", self.ask, do=do)

    async def ask(self) -> bool:
        """Whether the engine carries out a statement."""
        purpose = Purpose("admin")
        job = Job("healthz", purpose, Statement(Kind.SHOW, b"SELECT 1"), b"", "TabSeparated")
        return bool(await self.slots["health"].run(self.work.command, job))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        await Exchange(self, scope, receive, send).answer()

    def check_writes(self, statement: bytes) -> None:
        """Raises EngineError while writes are refused: by the administrator, 242; for room, 243."""
        left = self.refuses_until - time.monotonic()
        if left > 0:
            message = f"Table is in readonly mode: maintenance for another {left:.0f} s"
            raise EngineError(242, "TABLE_IS_READ_ONLY", message)
        self.storage.check(statement)

    def begin_again(self) -> None:
        """Has the process end in an orderly way and start again in its place."""
        self.again = not self.ending
        self.ended()

    def end(self) -> None:
        """Has the process end for good, also where it was about to start again."""
        self.ending, self.again = True, False
        self.ended()

    def close(self) -> None:
        """Ends what runs, then closes sessions and the engine."""
        self.engine.end_queries()
        self.leaving.close()
        for slots in self.slots.values():
            slots.close()
        self.packers.shutdown(wait=True, cancel_futures=True)
        self.sessions.close()
        self.engine.close()


class Exchange:
    """One request and its answer."""

    def __init__(self, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
        self.app = app
        self.scope = scope
        self.receive = receive
        self.taken = False  # the body was a form, and is read
        self._send = send
        self.method: str = scope["method"]
        self.headers = dict(scope["headers"])
        self.query_id = ""
        self.user = ""
        self.started = False
        self.ended = False
        self.compress = False
        self.tag = secrets.token_hex(8)
        self.begun = time.perf_counter()
        self.common: Headers = [
            (b"x-clickhouse-server-display-name", app.engine.display_name.encode()),
            (b"x-clickhouse-timezone", app.engine.timezone.encode()),
        ]

    async def answer(self) -> None:
        """Answers, whatever happens."""
        try:
            await self.route()
        except Disconnected:
            metrics.REFUSED.labels("disconnected").inc()
        except EngineError as error:
            await self.fail(self.app.storage.meant(error).to(self.user))
        except Exception as error:  # a fault of ours must not look like success
            if isinstance(error, OSError) and error.errno in NO_ROOM:  # for a result put aside
                await self.fail(NoRoom(f"The result cannot be put aside: {error.strerror}"))
                return
            await self.fail(EngineError(1001, "STD_EXCEPTION", f"{type(error).__name__}: {error}"))
            raise

    async def route(self) -> None:
        """Finds what was asked for."""
        path = self.scope["path"]
        if path in ("/ping", "/replicas_status"):
            await self.whole(200, b"Ok.\n")
        elif path == "/healthz":
            await self.health()
        elif path == "/metrics":
            await self.whole(200, metrics.text(), b"text/plain; version=0.0.4")
        elif path == "/maintenance":
            await self.maintenance()
        elif path == "/workspaces":
            await self.workspaces()
        elif path == "/":
            await self.statement()
        else:
            text = f"There is no handle {path}\n\nUse / or /ping for health checks.\n"
            await self.whole(404, text.encode())

    async def health(self) -> None:
        """200 while the engine answers."""
        well = await self.app.answers.now()
        body = {
            "status": "ok" if well else "standing still",
            "version": self.app.engine.version,
            "problems": told([self.app.answers.problem, self.app.storage.problem], whole=False),
        }
        await self.whole(200 if well else 503, json.dumps(body).encode(), b"application/json")

    async def maintenance(self) -> None:
        """`PUT {"seconds": 60}` refuses writes for so long, `DELETE` ends it, `GET` tells."""
        query = pairs(self.scope["query_string"])
        self.administrator(query)
        if self.method == "PUT":
            body = b"".join([piece async for piece in self.body()])
            try:
                seconds = float(json.loads(body or b"{}")["seconds"])
            except (ValueError, KeyError, TypeError) as error:
                raise EngineError(36, "BAD_ARGUMENTS", 'The body must be {"seconds": n}') from error
            self.app.refuses_until = time.monotonic() + seconds
        elif self.method == "DELETE":
            self.app.refuses_until = 0.0
        left = max(0.0, self.app.refuses_until - time.monotonic())
        told = json.dumps({"refuses_writes_for": round(left, 3)})
        await self.whole(200, told.encode(), b"application/json")

    def administrator(self, query: dict[str, str]) -> None:
        """Raises AccessDenied (497) for everybody else."""
        user = authenticate(self.headers, query, self.app.passwords, self.app.engine.workspaces)
        if user.reads:
            raise AccessDenied(user.name, f"{self.scope['path']} is the administrator's")

    async def workspaces(self) -> None:
        """`GET` lists them, `PUT` grants the one in the body, `DELETE ?name=` revokes one.

        After a change the warehouse starts again, for the engine reads rights when it is opened.
        """
        query = pairs(self.scope["query_string"])
        self.administrator(query)
        found = self.app.engine.workspaces
        if self.method == "PUT":
            body = b"".join([piece async for piece in self.body()])
            try:
                found.grant(described(json.loads(body)))
            except (ValueError, WarehouseError) as error:
                raise EngineError(36, "BAD_ARGUMENTS", f"No workspace: {error}") from error
            self.app.begin_again()
        elif self.method == "DELETE" and found.revoke(query.get("name", "")):
            self.app.begin_again()
        listed = [
            {"name": each.name, "user": each.user, "database": each.database, "bytes": each.bytes}
            | {"tables": each.tables}
            for each in found
        ]
        told = json.dumps({"workspaces": listed, "start": self.app.start}).encode()
        await self.whole(200, told, b"application/json")

    async def statement(self) -> None:
        """A statement, wherever in the request it is."""
        if self.method not in ("GET", "HEAD", "POST"):
            message = f"Method {self.method} is not supported here: use GET or POST"
            raise EngineError(36, "BAD_ARGUMENTS", message)
        given = pairs(self.scope["query_string"])
        self.compress = given.get("compress", "") in TRUE
        user = authenticate(self.headers, given, self.app.passwords, self.app.engine.workspaces)
        self.user = user.name
        check_roles(self.scope["query_string"], user)
        kind = self.headers.get(b"content-type", b"")
        files: dict[str, bytes] = {}
        if self.method == "POST" and kind.lower().startswith(b"multipart/form-data"):
            fields, files = form(await self.all(self.decoded(Parameters()), LONGEST), kind)
            if fields.get("query"):  # a statement begun in the URL ends in the form
                query = given.get("query", "")
                fields["query"] = f"{query}\n{fields['query']}" if query else fields["query"]
            given |= fields
            self.taken = True
        parameters = read(given, self.headers)
        self.compress = parameters.compress
        if files and user.reads:
            raise AccessDenied(
                user.name, "Readers send no external tables: name the values in an IN"
            )
        parameters.external = external(files, parameters)
        self.query_id = parameters.query_id or str(uuid.uuid4())
        self.common.append((b"x-clickhouse-query-id", self.query_id.encode("latin-1", "replace")))
        zone = parameters.settings.get("session_timezone")
        if zone:
            self.common[1] = (b"x-clickhouse-timezone", zone.encode("latin-1", "replace"))
        async with self.app.sessions.using(user.name, parameters) as session:
            await self.run(user, parameters, session)

    async def run(self, user: User, parameters: Parameters, session: Session | None) -> None:
        """Finds the statement and its data, and carries it out."""
        body = self.decoded(parameters)
        head, cut = await self.head(parameters, body)
        if not head.strip():
            if self.method == "GET":
                await self.whole(200, b"Ok.\n")
                return
            raise EngineError(62, "SYNTAX_ERROR", "Syntax error: Empty query.")
        statement = begun(head) if cut else None
        if statement is None:
            head += await self.all(body, LONGEST)
            statement = parse(head)
        rest = head[statement.data :] if statement.kind is Kind.INSERT else b""
        if statement.format == "Values" and not cut:
            check_values(rest)
        metrics.STATEMENTS.labels(statement.kind.value).inc()
        job = self.job(user, parameters, statement, head)
        if session is not None:
            await self.attach(session, job)
        if statement.kind is Kind.INSERT:
            await self.insert(job, rest, body)
        elif statement.kind in (Kind.READ, Kind.SHOW):
            await self.rows(job, parameters)
        else:
            await self.command(job)
        metrics.SECONDS.labels(statement.kind.value).observe(time.perf_counter() - self.begun)

    async def head(self, parameters: Parameters, body: AsyncIterator[bytes]) -> tuple[bytes, bool]:
        """Where the statement begins, and whether there may be more of it.

        A statement begun in the URL goes on in the body, after a line break.
        """
        head = parameters.query.encode("utf-8", "surrogateescape")
        begins_in_body = not head
        async for piece in body:
            if not begins_in_body:
                head, begins_in_body = opening(head), True
            head += piece
            if len(head) >= HEAD:
                return head, True
        return head, False

    def job(self, user: User, parameters: Parameters, statement: Statement, sql: bytes) -> Job:
        """The statement with all that it needs to run."""
        writes = statement.kind in (Kind.INSERT, Kind.COMMAND)
        workspace, database = user.workspace, parameters.database
        if workspace is not None:
            database = database or workspace.database
        if user.reads:
            asked = drivers.meant(parameters.settings, self.app.engine.defaults)
            settings = self.app.gate.settings(user.name, asked)
        else:
            settings = tuple(sorted(parameters.settings.items()))
        purpose = Purpose(
            user.role,
            database,
            self.method != "POST",
            settings,
            workspace if writes else None,
        )
        name = statement.format or parameters.default_format
        name = name or ("Values" if statement.kind is Kind.INSERT else DEFAULT_FORMAT)
        return Job(
            user.name,
            purpose,
            statement,
            sql,
            name,
            parameters.values,
            parameters.external,
            kind=user.kind,
        )

    async def attach(self, session: Session, job: Job) -> None:
        """Gives a session that keeps state its own connection."""
        if job.purpose.reads:
            return
        if session.connection is None and job.statement.kind is Kind.STATEFUL:
            plain = Purpose(job.purpose.role, job.purpose.database)
            session.connection = await self.slot("writer", self.app.work.open, plain)
        job.held, job.once = session.connection, job.purpose.settings

    async def rows(self, job: Job, parameters: Parameters) -> None:
        """A statement that gives rows, streamed through a pipe."""
        encoding = "blocks" if parameters.compress else ""
        if not encoding and parameters.encode:
            accept = self.headers.get(b"accept-encoding", b"").decode("latin-1")
            encoding = encodings.chosen(accept)
        encoder = encodings.encoder(encoding, parameters.level)
        headers: Headers = [
            (b"content-type", content_type(job.format)),
            (b"x-clickhouse-format", job.format.encode("latin-1", "replace")),
        ]
        if encoding and encoding != "blocks":
            headers.append((b"content-encoding", encoding.encode()))
        if handshake.asks(job.sql, parameters.protocol, job.format):
            engine = self.app.engine
            block = handshake.answer(
                engine.display_name, engine.version, engine.timezone, parameters.protocol
            )
            await self.finish(Outcome(1, 1, 0, 0, 1, len(block)), headers, encoder, [block])
            return
        slots = await self.turn(job.kind)
        reader, writer = _pipe(slots)
        running = slots.begin(self.app.work.rows, job, writer)
        try:
            limit = self.app.settings.warehouse_reader_disk if job.purpose.reads else None
            await self.drain(reader, running, headers, encoder, parameters.wait, limit)
        finally:
            self.app.leaving.leave(reader, running, job)

    async def drain(
        self,
        reader: int,
        running: "asyncio.Future[Outcome]",
        headers: Headers,
        encoder: encodings.Encoder,
        wait: bool,
        limit: int | None,
    ) -> None:
        """Takes the result from the pipe: at once if it is small, else streamed or spooled."""
        held: list[bytes] = []
        size = 0
        gone = asyncio.ensure_future(self.gone())
        try:
            while size <= HOLD:
                piece = await self.next(reader, gone)
                if not piece:
                    outcome = await running
                    held.append(outcome.body)
                    await self.finish(outcome, headers, encoder, held)
                    return
                held.append(piece)
                size += len(piece)
            if wait:
                await self.spool(reader, running, headers, encoder, held, gone, limit)
            else:
                await self.stream(reader, running, headers, encoder, held, gone)
        finally:
            gone.cancel()

    async def finish(
        self, outcome: Outcome, headers: Headers, encoder: encodings.Encoder, held: list[bytes]
    ) -> None:
        """A result that is whole."""
        body = await self.pack(encoder, b"".join(held)) + encoder.finish()
        headers.append(self.summary(outcome))
        await self.whole(200, body, None, headers)

    async def spool(
        self,
        reader: int,
        running: "asyncio.Future[Outcome]",
        headers: Headers,
        encoder: encodings.Encoder,
        held: list[bytes],
        gone: "asyncio.Future[None]",
        limit: int | None,
    ) -> None:
        """A large result whose end the client wants to wait for: through a file."""
        with tempfile.TemporaryFile(dir=self.app.settings.folder) as file:
            for piece in held:
                file.write(await self.pack(encoder, piece))
            while piece := await self.next(reader, gone):
                file.write(await self.pack(encoder, piece))
                if limit is not None and file.tell() > limit:
                    message = f"The result to wait for is larger than {limit} bytes"
                    raise EngineError(396, "TOO_MANY_ROWS_OR_BYTES", message)
            outcome = await running
            file.write(encoder.finish())
            size = file.tell()
            file.seek(0)
            headers += [self.summary(outcome), (b"content-length", str(size).encode())]
            await self.start(200, headers)
            while piece := file.read(HOLD):
                await self.piece(piece)
            await self.end()

    async def stream(
        self,
        reader: int,
        running: "asyncio.Future[Outcome]",
        headers: Headers,
        encoder: encodings.Encoder,
        held: list[bytes],
        gone: "asyncio.Future[None]",
    ) -> None:
        """A large result as it comes; an error in the middle is told and breaks the answer off."""
        headers += [self.summary(Outcome()), (b"x-clickhouse-exception-tag", self.tag.encode())]
        await self.start(200, headers)
        for piece in held:
            await self.piece(await self.pack(encoder, piece))
        held.clear()
        while piece := await self.next(reader, gone):
            await self.piece(await self.pack(encoder, piece))
        try:
            await running
        except EngineError as error:
            tail = encoder.feed(self.tail(error)) + encoder.finish()
            await self.piece(tail)
            raise
        await self.piece(encoder.finish())
        await self.end()

    def tail(self, error: EngineError) -> bytes:
        """How ClickHouse tells of an error in the middle of a result."""
        tag = self.tag.encode()
        message = error.text.encode() + b"\n"
        size = str(len(message)).encode()
        return (
            b"\r\n__exception__\r\n" + tag + b"\r\n" + message + size + b" " + tag
            + b"\r\n__exception__\r\n"
        )  # fmt: skip

    async def insert(self, job: Job, rest: bytes, body: AsyncIterator[bytes]) -> None:
        """Rows from the body into a table, once they are all here."""
        mine = job.purpose.workspace is not None
        if job.purpose.reads and not mine:
            raise AccessDenied(job.user, "Readers may not insert")
        if job.purpose.readonly:
            raise EngineError(
                164,
                "READONLY",
                "Cannot execute query in readonly mode. For queries over HTTP, method GET implies "
                "readonly. You should use method POST for modifying queries",
            )
        self.app.check_writes(job.statement.text)
        rows = Rows(self.app.settings.folder)
        try:
            most = self.app.settings.warehouse_reader_disk if mine else None
            await self.take(rows, rest, body, most)
        except BaseException:
            rows.close()
            raise
        kind = job.kind if mine else "writer"
        outcome = await self.slot(kind, self.app.work.insert, job, rows)
        metrics.WRITTEN.inc(outcome.written_rows)
        await self.whole(200, b"", None, [self.summary(outcome)])

    async def take(
        self, rows: Rows, rest: bytes, body: AsyncIterator[bytes], most: int | None
    ) -> None:
        """The rows of an insert, to their end; raises EngineError (396) for more than `most`."""
        pieces, size, whole = [rest], len(rest), len(rest)
        async for piece in body:
            pieces.append(piece)
            size += len(piece)
            whole += len(piece)
            if most is not None and whole > most:
                message = f"An insert of a workspace has at most {most} bytes: send several"
                raise EngineError(396, "TOO_MANY_ROWS_OR_BYTES", message)
            if size >= BATCH:
                await asyncio.to_thread(rows.add, pieces)
                pieces, size = [], 0
        if size <= INLINE:
            rows.add(pieces)
        else:
            await asyncio.to_thread(rows.add, pieces)

    async def command(self, job: Job) -> None:
        """A statement that gives no rows."""
        mine = job.purpose.workspace is not None
        if (mine or not job.purpose.reads) and job.statement.kind is Kind.COMMAND:
            self.app.check_writes(job.statement.text)
        kind = job.kind if job.purpose.reads else "writer"
        outcome = await self.slot(kind, self.app.work.command, job)
        await self.whole(200, outcome.body, None, [self.summary(outcome)])

    # What goes in and out.

    async def slot(self, kind: str, call: Callable[..., Any], *given: Any) -> Any:
        """What a call gives, in a slot of a kind of user; raises Busy where there is none."""
        slots = await self.turn(kind)
        return await asyncio.shield(slots.begin(call, *given))

    async def turn(self, kind: str) -> Slots:
        """Takes a slot, to begin a call in; raises Busy, and Disconnected where nobody waits."""
        slots = self.app.slots[kind]
        if slots.taken():
            return slots
        taking = asyncio.ensure_future(slots.take())
        gone = asyncio.ensure_future(self.gone())
        try:
            await asyncio.wait((taking, gone), return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            if taking.done() and not taking.cancelled() and taking.exception() is None:
                slots.give()  # it came at the same moment
            raise
        finally:
            gone.cancel()
            came = not taking.cancel()
        if not came:
            raise Disconnected
        taking.result()
        return slots

    async def thread(self, pool: ThreadPoolExecutor, call: Callable[..., Any], *given: Any) -> Any:
        """Runs a call in a thread of a pool."""
        return await asyncio.get_running_loop().run_in_executor(pool, call, *given)

    async def pack(self, encoder: encodings.Encoder, data: bytes) -> bytes:
        """Compresses, in a thread where there is much of it."""
        if len(data) <= INLINE:
            return encoder.feed(data)
        packed: bytes = await self.thread(self.app.packers, encoder.feed, data)
        return packed

    async def body(self) -> AsyncIterator[bytes]:
        """The body as sent; raises Disconnected where it breaks off."""
        while not self.taken:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            if piece := message.get("body", b""):
                yield piece
            if not message.get("more_body", False):
                return

    async def decoded(self, parameters: Parameters) -> AsyncIterator[bytes]:
        """The body as meant: every frame of its Content-Encoding, every compressed block."""
        outer = encodings.decoder(self.headers.get(b"content-encoding", b"").decode("latin-1"))
        inner: encodings.Decoder = (
            encodings.Blocks() if parameters.decompress else encodings.Plain()
        )
        async for sent in self.body():
            for unpacked in outer.feed(sent):
                for meant in inner.feed(unpacked):
                    yield meant
        outer.finish()
        inner.finish()

    async def all(self, body: AsyncIterator[bytes], limit: int) -> bytes:
        """The rest of the body at once; raises EngineError (229) where it is too long."""
        pieces, size = [], 0
        async for piece in body:
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                message = f"The statement or form is longer than {limit} bytes"
                raise EngineError(229, "QUERY_IS_TOO_LARGE", message)
        return b"".join(pieces)

    async def next(self, reader: int, gone: "asyncio.Future[None]") -> bytes:
        """The next bytes from the pipe, empty at its end; raises Disconnected without a client."""
        while True:
            if gone.done():
                raise Disconnected
            try:
                return os.read(reader, HOLD)
            except BlockingIOError:
                await _readable(reader, gone)

    async def gone(self) -> None:
        """Ends when the client goes away."""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return

    def summary(self, outcome: Outcome) -> tuple[bytes, bytes]:
        """What a statement did."""
        told = {
            "read_rows": outcome.read_rows,
            "read_bytes": outcome.read_bytes,
            "written_rows": outcome.written_rows,
            "written_bytes": outcome.written_bytes,
            "total_rows_to_read": outcome.read_rows,
            "result_rows": outcome.result_rows,
            "result_bytes": outcome.result_bytes,
            "elapsed_ns": int((time.perf_counter() - self.begun) * 1e9),
        }
        text = json.dumps({key: str(value) for key, value in told.items()}, separators=(",", ":"))
        return b"x-clickhouse-summary", text.encode()

    async def start(self, status: int, headers: Headers) -> None:
        """Sends the head of the answer."""
        self.started = True
        all_headers = [(name, _printable(value)) for name, value in (*self.common, *headers)]
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})

    async def piece(self, data: bytes) -> None:
        """Sends a part of the answer; raises Disconnected where nobody takes it."""
        if not data:
            return
        message = {"type": "http.response.body", "body": data, "more_body": True}
        try:
            async with asyncio.timeout(PATIENCE):
                await self._send(message)
        except TimeoutError as error:
            raise Disconnected from error

    async def end(self) -> None:
        """Ends the answer."""
        self.ended = True
        await self._send({"type": "http.response.body", "body": b""})

    async def whole(
        self,
        status: int,
        body: bytes,
        kind: bytes | None = b"text/plain; charset=UTF-8",
        headers: Headers | None = None,
    ) -> None:
        """An answer at once."""
        some = list(headers or [])
        if kind is not None:
            some.append((b"content-type", kind))
        some.append((b"content-length", str(len(body)).encode()))
        await self.start(status, some)
        self.ended = True
        await self._send({"type": "http.response.body", "body": body})

    async def fail(self, error: EngineError) -> None:
        """An error: ClickHouse's text, code and status; too late for that, a broken answer."""
        metrics.REFUSED.labels(str(error.code)).inc()
        if self.ended:
            return
        if self.started:
            raise BrokenAnswer(error.text)
        headers: Headers = [(b"x-clickhouse-exception-code", str(error.code).encode())]
        if error.code == 516 and b"authorization" not in self.headers:
            realm = b'Basic realm="ClickHouse server HTTP API"'
            headers.append((b"www-authenticate", realm))
        if isinstance(error, Busy | NoRoom):
            headers.append((b"retry-after", str(error.retry_after).encode()))
        body = f"{error.text} (version {self.app.engine.version} (official build))\n"
        await self.whole(
            error.status, self.packed(body.encode("utf-8", "replace")), headers=headers
        )

    def packed(self, body: bytes) -> bytes:
        """An error's text as the client reads results: with `compress=1` in ClickHouse's blocks."""
        return encodings.close_block(body) if self.compress else body


def _printable(value: bytes) -> bytes:
    """A header's value without what would end it: it may hold what a client sent."""
    return _CONTROL.sub(b"?", value)


class BrokenAnswer(Exception):
    """An answer that could not be ended; the connection is closed without its last chunk."""


#: Content types as ClickHouse has them; octets for the rest.
CONTENT_TYPES = {
    "CSV": b"text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": b"text/csv; charset=UTF-8; header=present",
    "CSVWithNamesAndTypes": b"text/csv; charset=UTF-8; header=present",
    "JSON": b"application/json; charset=UTF-8",
    "JSONCompact": b"application/json; charset=UTF-8",
    "JSONEachRow": b"application/x-ndjson; charset=UTF-8",
    "TabSeparated": b"text/tab-separated-values; charset=UTF-8",
    "TSV": b"text/tab-separated-values; charset=UTF-8",
    "Pretty": b"text/plain; charset=UTF-8",
    "XML": b"application/xml; charset=UTF-8",
    "Native": b"application/octet-stream",
    "Arrow": b"application/octet-stream",
    "Parquet": b"application/octet-stream",
}


def content_type(form: str) -> bytes:
    """The content type of a format."""
    found = CONTENT_TYPES.get(form)
    if found is None and form.startswith(("JSON", "TabSeparated", "TSV", "Pretty", "Vertical")):
        return (
            b"application/json; charset=UTF-8" if form[0] == "J" else b"text/plain; charset=UTF-8"
        )
    return found or b"application/octet-stream"


def _pipe(slots: Slots) -> tuple[int, int]:
    try:
        reader, writer = os.pipe()
    except OSError as error:
        slots.give()
        raise EngineError(425, "SYSTEM_ERROR", f"No pipe for the result: {error}") from error
    os.set_blocking(reader, False)
    with suppress(OSError):
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, HOLD)
    return reader, writer


async def _readable(reader: int, gone: "asyncio.Future[None]") -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(reader, _set, ready)
    try:
        await asyncio.wait((ready, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        loop.remove_reader(reader)


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
