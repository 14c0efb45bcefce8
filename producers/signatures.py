"""Signature schemes: does a delivery come from whom it says?

Always over the raw bytes, before anything is parsed, compared in constant time.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping

#: (headers in lower case, raw body, secret) → whether the signature fits.
Scheme = Callable[[Mapping[str, str], bytes, bytes], bool]


def hex_hmac_sha256(header: str, prefix: str = "") -> Scheme:
    """`<prefix>` and the hex HMAC-SHA-256 of the body in a header, as GitHub and Jira send it."""
    name = header.lower()

    def verify(headers: Mapping[str, str], body: bytes, secret: bytes) -> bool:
        given = headers.get(name, "")
        expected = prefix + hmac.new(secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())

    return verify
