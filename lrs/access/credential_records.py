"""A credential as the topic `lrs.credentials` holds it: a name's latest record counts.

The topic is compacted and keyed by name; a record without a value is a credential that was revoked.
The secret itself is nowhere: only its argon2 hash, and two bytes of its SHA-256.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from argon2 import PasswordHasher

#: No colon (Basic's own), and nothing that a terminal or a header could stumble over.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
SECRET_BYTES = 24

#: OWASP's least for argon2id: about 20 ms and 19 MiB a verification.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """What is known of a credential; `rate` in statements or requests a second, 0 for any."""

    name: str
    hash: str
    tag: bytes
    scopes: Sequence[str]
    authority: Mapping[str, Any]
    created: str
    rate: float = 0.0
    #: Whether known faults are mended, and a wrong statement costs the others of a batch nothing.
    tolerant: bool = False

    def __repr__(self) -> str:
        """Its name alone: hashes belong into no log."""
        return f"Credential({self.name!r})"


_decoder = msgspec.json.Decoder(Credential)


def made(
    name: str,
    scopes: Sequence[str],
    authority: Mapping[str, Any],
    created: str,
    rate: float = 0.0,
    *,
    tolerant: bool = False,
) -> tuple[Credential, str]:
    """A new credential and its secret, which is known here and now only."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    credential = Credential(
        name=name,
        hash=_hasher.hash(secret),
        tag=tag(name, secret.encode()),
        scopes=list(scopes),
        authority=dict(authority),
        created=created,
        rate=rate,
        tolerant=tolerant,
    )
    return credential, secret


def tag(name: str, secret: bytes) -> bytes:
    """Two bytes by which nearly every wrong secret is known."""
    return hashlib.sha256(b"%b:%b" % (name.encode(), secret)).digest()[:2]


def encode(credential: Credential) -> bytes:
    """The record's value."""
    return msgspec.json.encode(credential)


def decode(value: bytes) -> Credential:
    """A record's value read; ValueError where it is none."""
    return _decoder.decode(value)
