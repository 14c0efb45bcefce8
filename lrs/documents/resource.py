"""The Document Resources: State, Agent Profile and Activity Profile.

xAPI 1.0.3 Part Three 2.2, 2.3, 2.6, 2.7 and 3.1; xAPI 2.0 (IEEE 9274.1.1) 4.1.4, 4.1.6.2, 4.1.6.5
and 4.1.6.6. Both by the same rules but for the few that `xapi.documents` decides.
"""

from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from lrs.access.credentials import Principal
from lrs.documents.log import Documents
from lrs.documents.parameters import Resource, wanted
from lrs.errors import (
    ApiError,
    BadRequest,
    Conflict,
    NotFound,
    PreconditionFailed,
    TooLarge,
)
from lrs.http import body
from lrs.http.request import Request
from serving.disk import Disk
from xapi.documents import OPAQUE, Document, Intent, Key, Outcome, malformed, matches

_MERGING, _CONCURRENCY = "Part Three 2.2", "Part Three 3.1"
_REFUSALS: dict[int, Callable[[str], ApiError]] = {
    400: lambda reason: BadRequest(reason, section=_MERGING),
    409: lambda reason: Conflict(reason, section=_CONCURRENCY),
    412: lambda reason: PreconditionFailed(reason, section=_CONCURRENCY),
    413: TooLarge,
}
#: A document is the client's own bytes under this server's address: no browser is to run them.
_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


class DocumentResource:
    """One of the resources; its methods."""

    def __init__(self, resource: Resource, documents: Documents, disk: Disk, limit: int) -> None:
        self._resource = resource
        self._documents = documents
        self._disk = disk
        self._limit = limit

    async def get(self, request: Request, principal: Principal) -> Response:
        """One document, or the ids of those that changed after `since`."""
        principal.check(self._resource.scope, reading=True)
        key, since = wanted(self._resource, request.query_params, "GET")
        if key.whole:
            return await self._list(key, since)
        document = await self._documents.read(key)
        if document is None:
            name = f"{self._resource.name} {key.name[:60]!r}"
            message = f"there is no document with the {name} here"
            raise NotFound(message, path=f"?{self._resource.name}", section=self._resource.section)
        headers = {**_said(document), **_HARMLESS}
        none_match = _condition(request, b"if-none-match")
        if none_match and matches(none_match, document.etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(
            document.content, headers={**headers, "Content-Type": document.content_type}
        )

    async def put(self, request: Request, principal: Principal) -> Response:
        """Stores a document in the place of the one that is there (2.2)."""
        return await self._write("PUT", request, principal)

    async def post(self, request: Request, principal: Principal) -> Response:
        """Stores a document, or merges it with the one that is there (2.2)."""
        return await self._write("POST", request, principal)

    async def delete(self, request: Request, principal: Principal) -> Response:
        """Deletes a document, or all State of a context."""
        return await self._write("DELETE", request, principal)

    async def _list(self, key: Key, since: int | None) -> Response:
        found = await self._documents.listed(key, since)
        names = msgspec.json.encode([each.name for each in found])
        headers = {"Last-Modified": _date(found[-1].updated)} if found else {}
        return Response(names, headers=headers, media_type="application/json")

    async def _write(self, method: str, request: Request, principal: Principal) -> Response:
        principal.check(self._resource.scope)
        key, _ = wanted(self._resource, request.query_params, method)
        intent = Intent(
            method,
            request.rules,
            _condition(request, b"if-match"),
            _condition(request, b"if-none-match"),
            request.header(b"content-type") or OPAQUE,
            b"" if method == "DELETE" else await self._content(request),
        )
        if key.whole and intent.conditional:
            name = self._resource.name
            message = f"If-Match and If-None-Match are for one document; name its {name}"
            raise BadRequest(message, path="If-Match", section=self._resource.section)
        if method == "POST" and (reason := malformed(intent)):
            raise BadRequest(reason, section=_MERGING)
        return self._answer(await self._documents.write(key, intent))

    async def _content(self, request: Request) -> bytes:
        self._disk.check()
        return await body.read(request, self._limit)

    def _answer(self, outcome: Outcome) -> Response:
        if outcome.status in _REFUSALS:
            raise _REFUSALS[outcome.status](outcome.reason)
        headers = _said(outcome.document) if outcome.document else {}
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _condition(request: Request, name: bytes) -> str:
    """A precondition's entity tags, also where they come in several headers (RFC 9110, 5.3).

    Clients that put every tag in quotes send `"*"` and mean any.
    """
    values = [value.decode("latin-1") for key, value in request.scope["headers"] if key == name]
    return "*" if values == ['"*"'] else ", ".join(values)


def _said(document: Document) -> dict[str, str]:
    """What a document's headers say of it (2.2, 3.1; IEEE 4.1.4)."""
    return {"ETag": f'"{document.etag}"', "Last-Modified": _date(document.updated)}


def _date(milliseconds: int) -> str:
    return formatdate(milliseconds // 1000, usegmt=True)
