"""Who may send and read: Basic credentials, and the authority each stamps on its statements.

A header is looked up by its digest, so the time an answer takes says nothing about how much of a
password was right, and a request costs one hash.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lrs.api.errors import Unauthorized
from xapi.batch import Stamp


@dataclass(frozen=True, slots=True)
class Sender:
    """A credential that was recognised: its name, where its statements come from, its stamp."""

    name: str
    source: str
    stamp: Stamp = field(repr=False)


class Credentials:
    """The credentials that an LRS accepts, given as "user:password"."""

    def __init__(self, pairs: Iterable[str], home_page: str) -> None:
        self._senders: dict[bytes, Sender] = {}
        for pair in pairs:
            name, colon, password = pair.partition(":")
            if not (name and colon and password):
                raise ValueError(
                    "HEADWATER_LRS_CREDENTIALS must read user:password, comma separated"
                )
            authority = {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}
            sender = Sender(name, f"lrs:{name}", Stamp(authority))
            self._senders[_digest(base64.b64encode(pair.encode()))] = sender

    def sender(self, authorization: str) -> Sender:
        """The sender that an Authorization header names; Unauthorized where there is none."""
        if not authorization:
            raise Unauthorized("send Basic credentials in the Authorization header")
        scheme, _, token = authorization.partition(" ")
        found = self._senders.get(_digest(token.strip().encode("latin-1")))
        if found is None or scheme.lower() != "basic":
            raise Unauthorized("these credentials are not known here")
        return found


def divided(credentials: str) -> Iterator[str]:
    """The pairs of a setting that holds several, comma separated."""
    return (pair.strip() for pair in credentials.split(",") if pair.strip())


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
