"""A request's body, read with bounds: its length, and what it grows to when decompressed."""

import zlib

from starlette.requests import Request

from lrs.api.errors import BadRequest, TooLarge, UnsupportedEncoding


async def read(request: Request, limit: int) -> bytes:
    """The body of a request, decompressed.

    Raises TooLarge as soon as more than `limit` bytes are announced, come, or come out of it.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    encoding = request.headers.get("content-encoding", "identity").lower().strip()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise UnsupportedEncoding(
            f"the content encoding {encoding[:40]!r} is not understood; use gzip"
        )
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return gunzip(body, limit) if "gzip" in encoding else body


def gunzip(body: bytes, limit: int) -> bytes:
    """What a gzip body holds, all its members; never more than `limit` bytes are made of it."""
    plain = bytearray()
    while body:
        member = zlib.decompressobj(wbits=31)
        try:
            plain += member.decompress(body, limit + 1 - len(plain))
        except zlib.error as error:
            raise BadRequest(f"the body is not valid gzip: {error}") from error
        if len(plain) > limit:
            raise _too_large(limit)
        if not member.eof:
            raise BadRequest("the gzip body ends in the middle")
        body = member.unused_data
    return bytes(plain)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes; send smaller batches")
