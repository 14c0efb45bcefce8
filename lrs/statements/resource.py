"""The Statement Resource (xAPI 1.0.3 Part Three 2.1): `/xapi/statements`.

A write is in one record on Kafka, so a batch is accepted whole or not at all, and the answer comes
after the broker acknowledged it. Reads come from the warehouse.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from email.utils import format_datetime
from functools import partial
from uuid import UUID, uuid4

import orjson
from starlette.responses import Response

from bus.rejections import Kind
from lrs import metrics
from lrs.access.credentials import Principal, Readable
from lrs.access.scopes import Scope
from lrs.errors import BadRequest, Forbidden, NotFound, Unavailable
from lrs.http import body, multipart_mixed
from lrs.http.attachments import Attachments
from lrs.http.multipart_mixed import Attached, Received
from lrs.http.public import PublicAddress
from lrs.http.request import Request
from lrs.log.batching import BatchedLog
from lrs.log.publisher import Publisher
from lrs.log.tail import Accepted
from lrs.settings import LrsSettings
from lrs.statements import parameters, responses, signed, voiding
from lrs.statements.activities import canonical_definition
from lrs.statements.ids import Checked, Ids, WriteOutcome
from lrs.statements.parameters import One, Wanted
from lrs.statements.prefetch import Prefetch
from lrs.statements.read_your_writes import ReadYourWrites
from lrs.statements.reader import Range, Reader, Stored
from lrs.statements.refusals import Refusal, Refusals
from serving.disk import Disk
from xapi import returned
from xapi.batch import Batch, Fault, Judged, Reading, judged
from xapi.errors import StatementError
from xapi.versions import TWO, Rules

PATH = "/xapi/statements"
CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
#: How many statements of a tolerant credential's batch were set aside (`headwater rejected list`).
REJECTED_HEADER = "X-Headwater-Rejected"
#: Larger bodies are checked beside the event loop, so that other requests are not held up.
ASIDE = 256 << 10


class Statements:
    """The resource's methods."""

    def __init__(
        self,
        settings: LrsSettings,
        publisher: Publisher,
        reader: Reader,
        disk: Disk,
        accepted: Accepted,
        ids: Ids,
        store: Attachments,
        public: PublicAddress,
        refusals: Refusals,
    ) -> None:
        self._settings = settings
        self._sharing = BatchedLog(publisher, accepted, settings.lrs_waiting_limit)
        self._reader = reader
        self._disk = disk
        self._log = accepted
        self._ids = ids
        self._store = store
        self._public = public
        self._refusals = refusals
        self._ahead = Prefetch(reader)
        self._present = ReadYourWrites(accepted, reader)
        self._foreign = voiding.Foreign(accepted, reader)

    async def post(self, request: Request, principal: Principal) -> Response:
        """Stores a statement or an array of them; answers their ids in the same order (2.1.2)."""
        principal.check(Scope.STATEMENTS_WRITE)
        if request.scope["query_string"]:
            parameters.known(request.query_params, (), "Part Three 2.1.2")
        found, files = await self._received(request, principal)
        batch, headers = found.batch, None
        if principal.tolerant and not batch.single:
            batch, aside = await self._store_what_can_be(found, principal, files)
            headers = {REJECTED_HEADER: str(aside)}
        else:
            await self._store_all(batch, principal, files)
        ids = '","'.join(map(str, batch.ids))
        content = f'["{ids}"]' if ids else "[]"
        return Response(content, media_type="application/json", headers=headers)

    async def _store_what_can_be(
        self, found: Judged, principal: Principal, files: Received | None
    ) -> tuple[Batch, int]:
        """Stores what keeps the rules, and returns it; the rest is set aside, and how many that is.

        What is set aside is durable first: who is answered need not send it again.
        """
        batch = found.batch
        try:
            if principal.limit is not None:
                principal.limit.pay(max(0, len(batch.lines) + len(found.faults) - 1))
            if files is not None:
                await asyncio.to_thread(files.keep)
            async with self._ids.held(batch) as said:
                said = await self._without_foreign_voids(batch, said, principal)
                aside = [*map(_faulty, found.faults), *_unwanted(batch, said.outcomes(batch))]
                await self._refusals.keep(principal, aside)
                await self._publish(said.new(batch), principal)
            return said.taken(batch), len(aside)
        finally:
            if files is not None:
                files.discard()

    async def put(self, request: Request, principal: Principal) -> Response:
        """Stores one statement under the id that the parameter gives (2.1.1)."""
        principal.check(Scope.STATEMENTS_WRITE)
        identifier = parameters.put_identifier(request.query_params)
        found, files = await self._received(request, principal, lambda: identifier)
        batch = found.batch
        if not batch.single:
            raise StatementError("$", "PUT takes one statement, not an array", "Part Three 2.1.1")
        if batch.ids[0] != identifier:
            rule = f"is not the id of the parameter statementId ({identifier})"
            raise StatementError("$.id", rule, "Part Three 2.1.1")
        # An id that the parameter gave is the client's own, also where the statement has none.
        await self._store_all(replace(batch, given=[0]), principal, files)
        return Response(status_code=204)

    async def get(self, request: Request, principal: Principal) -> Response:
        """One statement by its id, or a range of them with the way to more (2.1.3)."""
        readable = principal.readable
        wanted = parameters.wanted(request.query_params, self._settings.lrs_page_limit)
        headers = {CONSISTENT_THROUGH: responses.moment(self._log.frontier)}  # before reading
        if isinstance(wanted.what, One):
            found = await self._present.one(*wanted.what)
            if found is None or not readable.has(found.raw):
                kind = "voided statement" if wanted.what.voided else "statement"
                message = f"there is no {kind} {wanted.what.identifier}"
                raise NotFound(message, path=f"?{next(iter(wanted.given))}")
            shown = await self._returned([found], wanted, request)
            if request.rules == TWO:
                headers["Last-Modified"] = format_datetime(found.stored, usegmt=True)
            content = shown[0]
        else:
            path = self._public.prefix(request) + PATH
            page, more = await self._page(wanted.what, wanted, readable, path)
            shown = await self._returned(page, wanted, request)
            content = responses.result(shown, more)
        if wanted.form.attachments:
            return multipart_mixed.answer(content, self._files(shown), self._store, headers)
        return Response(content, media_type="application/json", headers=headers)

    async def store_each(self, batch: Batch, principal: Principal) -> Sequence[WriteOutcome]:
        """Stores what is new of a batch, and says what became of each statement."""
        async with self._ids.held(batch) as said:
            said = await self._without_foreign_voids(batch, said, principal)
            await self._publish(said.new(batch), principal)
        return said.outcomes(batch)

    async def _without_foreign_voids(
        self, batch: Batch, said: Checked, principal: Principal
    ) -> Checked:
        foreign = await self._foreign_voids(batch, principal)
        old = {*said.duplicates, *said.conflicts}
        return replace(said, forbidden=[place for place in foreign if place not in old])

    async def _foreign_voids(self, batch: Batch, principal: Principal) -> Sequence[int]:
        """The places of voiding statements that undo what their principal may not undo."""
        if principal.may(Scope.STATEMENTS_VOID):
            return ()
        return await self._foreign.places(batch)

    async def _received(
        self, request: Request, principal: Principal, new_id: Callable[[], UUID] = uuid4
    ) -> tuple[Judged, Received | None]:
        """The statements of a request, and the files that came with them."""
        self._disk.check()
        kind = request.header(b"content-type")
        if multipart_mixed.is_mixed(kind):
            return await self._received_mixed(request, principal, new_id)
        _check_content_type(kind)
        content = request.sent = await body.read(request, self._settings.lrs_body_limit)
        reads = partial(self._judged, content, principal, new_id, (), request.rules)
        return (await asyncio.to_thread(reads) if len(content) > ASIDE else reads()), None

    async def _received_mixed(
        self, request: Request, principal: Principal, new_id: Callable[[], UUID]
    ) -> tuple[Judged, Received]:
        settings = self._settings
        limits = multipart_mixed.Limits(settings.lrs_body_limit, settings.lrs_attachment_limit)
        found = await multipart_mixed.received(request, self._store, limits)
        request.sent = found.content
        try:
            said = await asyncio.to_thread(
                self._judged, found.content, principal, new_id, found.files.keys(), request.rules
            )
            await asyncio.to_thread(signed.check, said.batch, found.files)
        except BaseException:
            found.discard()
            raise
        return said, found

    def _judged(
        self,
        content: bytes,
        principal: Principal,
        new_id: Callable[[], UUID],
        files: Collection[str],
        rules: Rules,
    ) -> Judged:
        """What of a body keeps the rules; raises where what does not costs all of it."""
        real = not self._settings.synthetic
        reading = Reading(principal.stamp, new_id, files, rules, principal.repair, real)
        found = judged(content, reading)
        if not principal.tolerant or found.batch.single:
            return Judged(found.sound, [])
        return found

    async def _store_all(self, batch: Batch, principal: Principal, files: Received | None) -> None:
        try:
            if not batch.lines:
                return
            if principal.limit is not None:
                principal.limit.pay(len(batch.lines) - 1)
            async with self._ids.checked(batch) as fresh:
                if foreign := await self._foreign_voids(fresh, principal):
                    identifier = fresh.ids[foreign[0]]
                    path = "$" if batch.single else f"$[{batch.ids.index(identifier)}]"
                    raise Forbidden(f"{path} {voiding.RULE}", path=path, section=voiding.SECTION)
                if files is not None:
                    await asyncio.to_thread(files.keep)
                await self._publish(fresh, principal)
        finally:
            if files is not None:
                files.discard()

    async def _publish(self, batch: Batch, principal: Principal) -> None:
        if not batch.lines:
            return
        try:
            await self._sharing.durable(batch, principal)
        except Unavailable:
            metrics.unacknowledged.inc(len(batch.lines))
            raise
        metrics.statements.inc(len(batch.lines))
        metrics.batches.inc()

    async def _page(
        self, wanted: Range, asked: Wanted, readable: Readable, path: str
    ) -> tuple[Sequence[Stored], str]:
        """A page and the way to more; a walk towards the present ends where reads are whole."""
        through = self._log.frontier if wanted.ascending else None
        mine = wanted._replace(authority=readable.authority, through=through)
        page, more = await self._ahead.page(mine)
        return page, parameters.more(path, asked, page[-1].position) if more else ""

    async def _returned(
        self, found: Sequence[Stored], wanted: Wanted, request: Request
    ) -> list[bytes]:
        """Statements in the form and the version that the reader asked for."""
        exact = [responses.statement(each, request.rules) for each in found]
        if wanted.form.format == "exact":
            return exact
        said = [responses.loaded(each) for each in exact]
        if wanted.form.format == "ids":
            return [orjson.dumps(returned.ids(each)) for each in said]
        activities = set().union(*map(returned.activity_ids, said))
        known = await self._reader.definitions(activities) if activities else {}
        definitions = {name: canonical_definition(every) for name, every in known.items()}
        languages = returned.languages_of(request.header(b"accept-language"))
        return [orjson.dumps(returned.canonical(each, definitions, languages)) for each in said]

    def _files(self, statements: Sequence[bytes]) -> list[Attached]:
        """The files of statements that are kept here, each once."""
        kinds: dict[str, str] = {}
        for each in statements:
            for sha2, kind in responses.files(each):
                kinds.setdefault(sha2, kind)
        sizes = {sha2: self._store.size(sha2) for sha2 in kinds}
        return [
            Attached(sha2, kind, size)
            for sha2, kind in kinds.items()
            if (size := sizes[sha2]) is not None
        ]


def _faulty(fault: Fault) -> Refusal:
    error = fault.error
    return Refusal(Kind.REFUSED, error.path, error.rule, error.section, fault.raw)


def _unwanted(batch: Batch, outcomes: Sequence[WriteOutcome]) -> Iterator[Refusal]:
    """What is sound and may not be stored: another one has its id, or it voids what it may not."""
    for line, identifier, outcome in zip(batch.lines, batch.ids, outcomes, strict=True):
        if outcome is WriteOutcome.CONFLICT:
            rule = "another statement was accepted under this id, and stays"
            yield Refusal(Kind.CONFLICT, str(identifier), rule, "Part Three 2.1.2", line)
        elif outcome is WriteOutcome.FORBIDDEN:
            yield Refusal(Kind.FORBIDDEN, str(identifier), voiding.RULE, voiding.SECTION, line)


def _check_content_type(kind: str) -> None:
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest(
            f"the Content-Type must be application/json, or multipart/mixed for attachments, not "
            f"{kind[:60]!r}",
            path="Content-Type",
            section="Part Three 1.5",
        )
