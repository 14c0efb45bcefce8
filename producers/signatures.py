"""Signature schemes: does a delivery come from whom it says?

Always over the raw bytes, before anything is parsed, compared in constant time.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

Headers = Mapping[str, str]


class Scheme(Protocol):
    """How a tool signs; headers have lower-case names."""

    def possible(self, headers: Headers) -> bool:
        """Whether a signature is there that could fit some body: known before the body is read."""

    def __call__(self, headers: Headers, body: bytes, secret: bytes) -> bool:
        """Whether the signature fits the body."""


@dataclass(frozen=True)
class HexHmacSha256:
    """`<prefix>` and the hex HMAC-SHA-256 of the body in a header, as GitHub and Jira send it."""

    header: str
    prefix: str = ""

    def possible(self, headers: Headers) -> bool:
        """Whether the header holds a prefix and 64 hexadecimal digits."""
        given = headers.get(self.header.lower(), "")
        return bool(re.fullmatch(re.escape(self.prefix) + "[0-9a-f]{64}", given))

    def __call__(self, headers: Headers, body: bytes, secret: bytes) -> bool:
        """Whether the header holds what the secret makes of the body."""
        given = headers.get(self.header.lower(), "")
        expected = self.prefix + hmac.new(secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


hex_hmac_sha256 = HexHmacSha256
