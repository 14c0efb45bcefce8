"""Who may send and read: Basic credentials, and what each may do.

Credentials come from the setting HEADWATER_LRS_CREDENTIALS (these may do everything) and from the
topic `lrs.credentials`, with scopes, an authority and a rate each.

A request costs one keyed hash: a header that was recognised once is known by its digest, so the
time an answer takes says nothing about how much of a password was right.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lrs.access.credential_records import Credential, matches, may_match
from lrs.access.rate_limit import RateLimit
from lrs.access.scopes import Scope, expanded, source
from lrs.errors import Forbidden, Unauthorized, Unavailable
from xapi.batch import Repairing, Stamp
from xapi.identity import canonical
from xapi.tolerance import repaired

#: Longer headers are not looked at.
LONGEST = 2048

_EVERYTHING = expanded([Scope.ALL])


class _Signed(msgspec.Struct):
    """What `statements/read/mine` looks at of a statement."""

    authority: dict[str, Any] = {}


_signed = msgspec.json.Decoder(_Signed)


@dataclass(frozen=True, slots=True)
class Readable:
    """Which statements one may read: those of a canonical authority, or all where it is ""."""

    authority: str = ""

    def has(self, raw: bytes) -> bool:
        """Whether a statement is among them."""
        return not self.authority or canonical(_signed.decode(raw).authority) == self.authority


_ALL = Readable()


@dataclass(frozen=True, slots=True)
class Principal:
    """A credential that was recognised: its name, where its statements come from, its stamp.

    `scopes` hold what they imply too; `authority` is the Agent that its statements are stamped
    with; `limit` is None where it may send as much as it likes; `tolerant` says that known faults
    of its statements are mended.
    """

    name: str
    source: str
    stamp: Stamp = field(repr=False)
    scopes: frozenset[Scope] = _EVERYTHING
    authority: Mapping[str, Any] = field(default_factory=dict)
    limit: RateLimit | None = None
    tolerant: bool = False

    @property
    def repair(self) -> Repairing | None:
        """What mends its statements, where it is tolerant."""
        return repaired if self.tolerant else None

    def may(self, scope: Scope, *, reading: bool = False) -> bool:
        """Whether it has a scope; to read, `all/read` is enough."""
        return scope in self.scopes or (reading and Scope.ALL_READ in self.scopes)

    def check(self, *scopes: Scope, reading: bool = False) -> None:
        """Raises Forbidden unless it has one of the scopes (or, to read, `all/read`)."""
        for scope in scopes:
            if self.may(scope, reading=reading):
                return
        wanted = " or ".join((*scopes, Scope.ALL_READ) if reading else scopes)
        had = ", ".join(sorted(self.scopes)) or "none"
        raise Forbidden(f"this needs the scope {wanted}; {self.name} has {had}")

    @property
    def readable(self) -> "Readable":
        """The statements that it may read; Forbidden where it may read none."""
        self.check(Scope.STATEMENTS_READ_MINE, reading=True)
        return _ALL if Scope.STATEMENTS_READ in self.scopes else Readable(canonical(self.authority))


def principal_of(credential: Credential) -> Principal:
    """The principal that a credential of the topic makes; ValueError for an unknown scope."""
    scopes = expanded(credential.scopes)
    return Principal(
        name=credential.name,
        source=source(credential.name, scopes),
        stamp=Stamp(credential.authority),
        scopes=scopes,
        authority=credential.authority,
        limit=RateLimit(credential.rate) if credential.rate else None,
        tolerant=credential.tolerant,
    )


@dataclass(slots=True)
class _Listed:
    """A credential of the topic, its principal, and the digest of the header that was right.

    `wrong` holds the digests of secrets that were refused by an argon2 hash, which is slow: no
    guess makes the LRS compute it twice. One guess in 65,536 gets that far.
    """

    credential: Credential
    principal: Principal
    digest: bytes = b""
    wrong: set[bytes] = field(default_factory=set)

    def is_right(self, secret: bytes, digest: bytes) -> bool:
        """Whether the secret is this credential's; the digest is that of the header it came in."""
        if digest in self.wrong or not may_match(self.credential, secret):
            return False
        if matches(self.credential, secret):
            return True
        self.wrong.add(digest)
        return False


class Credentials:
    """The credentials that an LRS accepts: those given as "user:password", and the topic's."""

    def __init__(self, pairs: Iterable[str], home_page: str) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, Principal] = {}
        self._listed: dict[str, _Listed] = {}
        #: False while there is a topic of credentials that has not been read to its end.
        self.complete = True
        for pair in pairs:
            name, colon, password = pair.partition(":")
            if not (name and colon and password):
                raise ValueError(
                    "HEADWATER_LRS_CREDENTIALS must read user:password, comma separated"
                )
            authority = {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}
            principal = Principal(name, f"lrs:{name}", Stamp(authority), authority=authority)
            self._known[self._digest(base64.b64encode(pair.encode()))] = principal

    def known(self, authorization: str) -> Principal | None:
        """The principal of an Authorization header that was recognised before: one hash."""
        scheme, _, token = authorization.partition(" ")
        found = self._known.get(self._digest(token.strip().encode("latin-1")))
        return found if scheme.lower() == "basic" else None

    def principal(self, authorization: str) -> Principal:
        """The principal that an Authorization header names; Unauthorized where there is none."""
        if not authorization:
            raise Unauthorized("send Basic credentials in the Authorization header")
        return self.known(authorization) or self._verified(authorization)

    def put(self, credential: Credential) -> None:
        """Takes a credential of the topic, in the place of one of its name."""
        before = self._listed.get(credential.name)
        if before is None or before.credential != credential:
            self.drop(credential.name)
            self._listed[credential.name] = _Listed(credential, principal_of(credential))

    def drop(self, name: str) -> None:
        """Forgets a credential of the topic: from now on it is refused."""
        gone = self._listed.pop(name, None)
        if gone is not None and gone.digest:
            self._known.pop(gone.digest, None)

    def keep(self, names: Iterable[str]) -> None:
        """Forgets every credential of the topic that is not among the names."""
        for name in self._listed.keys() - set(names):
            self.drop(name)

    def _verified(self, authorization: str) -> Principal:
        """The principal of a header that is not known by its digest."""
        name, secret, token = _read(authorization)
        listed = self._listed.get(name)
        if listed is None and not self.complete:
            raise Unavailable("the credentials are still being read; try again")
        digest = self._digest(token)
        if listed is None or not listed.is_right(secret, digest):
            raise Unauthorized("these credentials are not known here")
        listed.digest = digest
        self._known[digest] = listed.principal
        return listed.principal

    def _digest(self, token: bytes) -> bytes:
        return hashlib.sha256(self._key + token).digest()


def _read(authorization: str) -> tuple[str, bytes, bytes]:
    """Name, secret and token of a Basic header; one that is written in an odd way is none."""
    scheme, _, text = authorization.partition(" ")
    token = text.strip().encode("latin-1")
    try:
        plain = base64.b64decode(token, validate=True)
        name, _, secret = plain.partition(b":")
        if scheme.lower() == "basic" and base64.b64encode(plain) == token and len(token) < LONGEST:
            return name.decode(), secret, token
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise Unauthorized("these credentials are not known here")


def divided(credentials: str) -> Iterator[str]:
    """The pairs of a setting that holds several, comma separated."""
    return (pair.strip() for pair in credentials.split(",") if pair.strip())
