"""The Statement Resource (xAPI 1.0.3 Part Three 2.1): `/xapi/statements`.

A write is one record on Kafka, so a batch is accepted whole or not at all, and the answer comes
after the broker acknowledged it. Reads come from the warehouse.
"""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from starlette.responses import Response

from lrs.api import answers, body, metrics, parameters
from lrs.api.call import Call
from lrs.api.credentials import Sender
from lrs.api.disk import Disk
from lrs.api.errors import BadRequest, NotFound, Unavailable
from lrs.api.ids import Fate, Ids
from lrs.api.log import Accepted
from lrs.api.present import Present
from lrs.api.publisher import Publisher
from lrs.api.reader import Range, Reader
from lrs.api.scopes import Scope
from lrs.api.settings import LrsSettings
from xapi.batch import Batch, read
from xapi.errors import StatementError
from xapi.records import encode

PATH = "/xapi/statements"
CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
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
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._reader = reader
        self._disk = disk
        self._log = accepted
        self._ids = ids
        self._present = Present(accepted, reader)

    async def post(self, call: Call, sender: Sender) -> Response:
        """Stores a statement or an array of them; answers their ids in the same order (2.1.2)."""
        sender.check(Scope.STATEMENTS_WRITE)
        if call.scope["query_string"]:
            parameters.known(call.query_params, (), "Part Three 2.1.2")
        batch = await self._received(call, sender)
        await self._store(batch, sender)
        ids = '","'.join(map(str, batch.ids))
        return Response(f'["{ids}"]' if ids else "[]", media_type="application/json")

    async def put(self, call: Call, sender: Sender) -> Response:
        """Stores one statement under the id that the parameter gives (2.1.1)."""
        sender.check(Scope.STATEMENTS_WRITE)
        identifier = parameters.put_identifier(call.query_params)
        batch = await self._received(call, sender, lambda: identifier)
        if not batch.single:
            raise StatementError("$", "PUT takes one statement, not an array", "Part Three 2.1.1")
        if batch.ids[0] != identifier:
            rule = f"is not the id of the parameter statementId ({identifier})"
            raise StatementError("$.id", rule, "Part Three 2.1.1")
        await self._store(batch, sender)
        return Response(status_code=204)

    async def get(self, call: Call, sender: Sender) -> Response:
        """One statement by its id, or a range of them with the way to more (2.1.3)."""
        readable = sender.readable
        wanted = parameters.wanted(call.query_params, self._settings.lrs_page_limit)
        through = {CONSISTENT_THROUGH: answers.moment(self._log.frontier)}  # before reading
        if isinstance(wanted, UUID):
            found = await self._present.one(wanted)
            if found is None or not readable.has(found.raw):
                raise NotFound(f"there is no statement {wanted}", path="?statementId")
            content = answers.statement(found)
        else:
            content = await self._page(wanted._replace(authority=readable.authority))
        return Response(content, media_type="application/json", headers=through)

    async def store_each(self, batch: Batch, sender: Sender) -> Sequence[Fate]:
        """Stores what is new of a batch, and says what became of each statement."""
        async with self._ids.held(batch) as said:
            await self._publish(said.fresh(batch), sender)
        return said.fates(batch)

    async def _received(
        self, call: Call, sender: Sender, new_id: Callable[[], UUID] = uuid4
    ) -> Batch:
        _check_content_type(call)
        self._disk.check()
        content = await body.read(call, self._settings.lrs_body_limit)
        if len(content) > ASIDE:
            return await asyncio.to_thread(read, content, sender.stamp, new_id)
        return read(content, sender.stamp, new_id)

    async def _store(self, batch: Batch, sender: Sender) -> None:
        if not batch.lines:
            return
        if sender.limit is not None:
            sender.limit.pay(len(batch.lines) - 1)
        async with self._ids.checked(batch) as fresh:
            await self._publish(fresh, sender)

    async def _publish(self, batch: Batch, sender: Sender) -> None:
        if not batch.lines:
            return
        record = encode(batch.lines, batch.ids, sender.source, batch.actor)
        try:
            place = await self._publisher.publish(record)
        except Unavailable:
            metrics.unacknowledged.inc(len(batch.lines))
            raise
        self._log.accepted(sender.name, place, record.value, batch.ids)
        metrics.statements.inc(len(batch.lines))
        metrics.batches.inc()

    async def _page(self, wanted: Range) -> bytes:
        found = await self._reader.several(wanted._replace(limit=wanted.limit + 1))
        page = found[: wanted.limit]
        more = ""
        if len(found) > wanted.limit:
            more = parameters.more(PATH, wanted, page[-1].position)
        return answers.result([answers.statement(each) for each in page], more)


def _check_content_type(call: Call) -> None:
    given = call.header(b"content-type")
    if given.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest(
            f"the Content-Type must be application/json, not {given[:60]!r} (multipart/mixed, for "
            "attachments, is not taken yet)",
            path="Content-Type",
            section="Part Three 1.5",
        )
