"""A request's body, read with bounds: its length, and what it grows to when decompressed."""

import zlib

from lrs.errors import BadRequest, TooLarge, UnsupportedEncoding
from lrs.http.request import Request


async def read(request: Request, limit: int) -> bytes:
    """The body of a request, decompressed.

    Raises TooLarge as soon as more than `limit` bytes are announced, come, or come out of it.
    """
    announced = request.header(b"content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    encoding = request.header(b"content-encoding").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        message = f"the content encoding {encoding[:40]!r} is not understood; use gzip"
        raise UnsupportedEncoding(message)
    content = await request.content(limit)
    return gunzip(content, limit) if "gzip" in encoding else content


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
