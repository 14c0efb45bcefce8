"""Pseudonyms: what stands for an account or a person behind the identity zone.

HMAC-SHA-256 of the canonical identifier with the installation's key, its first eight bytes as a
number, so that every worker and every replay makes the same one without asking anybody.
"""

import hmac
from functools import lru_cache
from hashlib import sha256

from streams.errors import MissingKey


class Pseudonyms:
    """Makes pseudonyms with one installation's key.

    Raises MissingKey where the key is not hex of at least 16 bytes.
    """

    def __init__(self, key: str) -> None:
        try:
            secret = bytes.fromhex(key)
        except ValueError:
            secret = b""
        if len(secret) < 16:
            raise MissingKey(
                "HEADWATER_PSEUDONYM_KEY must be hex of at least 16 bytes; "
                "`headwater up` makes one and keeps it in the data folder"
            )
        mac = hmac.new(secret, digestmod=sha256)

        @lru_cache(maxsize=65_536)
        def make(identifier: str) -> int:
            own = mac.copy()
            own.update(identifier.encode("utf-8", "surrogatepass"))
            return int.from_bytes(own.digest()[:8], "big")

        self._make = make

    def account(self, identifier: str) -> int:
        """The pseudonym of a canonical account identifier; 0 for nobody ("")."""
        return self._make(identifier) if identifier else 0

    def person(self, person_id: str) -> int:
        """The pseudonym of a person of the directory."""
        return self._make(f"person:{person_id}") if person_id else 0
