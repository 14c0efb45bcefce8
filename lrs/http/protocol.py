"""HTTP as the LRS takes it off the wire: with bounds, and refusals as all others read."""

import msgspec

from lrs.errors import ApiError, BadRequest, HeadTooLarge, RequestLate, described
from serving.protocol import HEAD_BYTES, HEAD_FIELDS, LINGER_SECONDS
from serving.protocol import Protocol as Bounded

__all__ = ["HEAD_BYTES", "HEAD_FIELDS", "LINGER_SECONDS", "Protocol"]


class Protocol(Bounded):
    """A connection; a body may come for as long as something comes (/verdicts)."""

    def refusal(self, status: int, message: str, path: str = "", section: str = "") -> bytes:
        """As every other error of the LRS reads."""
        return msgspec.json.encode(described(_error(status, message, path, section)))


def _error(status: int, message: str, path: str, section: str) -> ApiError:
    if status == HeadTooLarge.status:
        return HeadTooLarge(message)
    if status == RequestLate.status:
        return RequestLate(message)
    return BadRequest(message, path=path, section=section)
