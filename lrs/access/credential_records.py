"""A credential as the topic `lrs.credentials` holds it: a name's latest record counts.

The topic is compacted and keyed by name; a record without a value is a credential that was revoked.
The secret itself is nowhere, only a salted hash of it. It has 192 random bits and nobody can choose
one, so a fast hash keeps it. Records from before hold an argon2 hash, and two bytes of the secret's
SHA-256 that keep guesses away from it; they stay as they are.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

#: No colon (Basic's own), and nothing that a terminal or a header could stumble over.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
SECRET_BYTES = 24
SALT_BYTES = 16
_SHA256 = "sha256"


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """What is known of a credential; `rate` in statements or requests a second, 0 for any."""

    name: str
    hash: str
    scopes: Sequence[str]
    authority: Mapping[str, Any]
    created: str
    rate: float = 0.0
    #: Two bytes of the secret's SHA-256, beside an argon2 hash.
    tag: bytes = b""
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
        hash=_hashed(secret.encode(), secrets.token_bytes(SALT_BYTES)),
        scopes=list(scopes),
        authority=dict(authority),
        created=created,
        rate=rate,
        tolerant=tolerant,
    )
    return credential, secret


def may_match(credential: Credential, secret: bytes) -> bool:
    """Whether a secret is a credential's; of an argon2 hash, what its tag says of that."""
    scheme, _, rest = credential.hash.partition("$")
    if scheme == _SHA256:
        salt = bytes.fromhex(rest.partition("$")[0])
        return hmac.compare_digest(_hashed(secret, salt), credential.hash)
    tag = hashlib.sha256(b"%b:%b" % (credential.name.encode(), secret)).digest()[:2]
    return hmac.compare_digest(tag, credential.tag)


def matches(credential: Credential, secret: bytes) -> bool:
    """Whether a secret that may be a credential's is; some 20 ms where the hash is argon2's."""
    if credential.hash.startswith(f"{_SHA256}$"):
        return may_match(credential, secret)
    try:
        Argon2id.verify_phc_encoded(secret, credential.hash)
    except InvalidKey:
        return False
    return True


def _hashed(secret: bytes, salt: bytes) -> str:
    return f"{_SHA256}${salt.hex()}${hmac.digest(salt, secret, 'sha256').hex()}"


def encode(credential: Credential) -> bytes:
    """The record's value."""
    return msgspec.json.encode(credential)


def decode(value: bytes) -> Credential:
    """A record's value read; ValueError where it is none."""
    return _decoder.decode(value)
