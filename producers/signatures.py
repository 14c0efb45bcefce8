"""Signature schemes: does a delivery come from whom it says; and how one of ours is signed.

A scheme verifies and signs, so that what was refused can be tried again, and the demo sends what a
tool would send. Always over the raw bytes, before anything is parsed, compared in constant time.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

Headers = Mapping[str, str]

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Delivery:
    """What a tool sent by HTTP; headers have lower-case names."""

    headers: Headers
    body: bytes = b""
    method: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict)

    def with_body(self, body: bytes) -> "Delivery":
        """The delivery once its body is there."""
        return Delivery(self.headers, body, self.method, self.query)


class Scheme(Protocol):
    """How a tool signs."""

    def possible(self, headers: Headers) -> bool:
        """Whether a signature is there that could fit some body: known before the body is read."""

    def verify(self, delivery: Delivery, secret: bytes) -> bool:
        """Whether the signature fits the delivery."""

    def sign(self, delivery: Delivery, secret: bytes) -> dict[str, str]:
        """The headers that make the delivery a signed one."""


@dataclass(frozen=True)
class HexHmacSha256:
    """`<prefix>` and the hex HMAC-SHA-256 of the body in a header, as GitHub and Jira send it."""

    header: str
    prefix: str = ""

    def possible(self, headers: Headers) -> bool:
        """Whether the header holds a prefix and 64 hexadecimal digits."""
        given = headers.get(self.header.lower(), "")
        return given.startswith(self.prefix) and bool(_SHA256.fullmatch(given, len(self.prefix)))

    def verify(self, delivery: Delivery, secret: bytes) -> bool:
        """Whether the header holds what the secret makes of the body."""
        given = delivery.headers.get(self.header.lower(), "")
        (expected,) = self.sign(delivery, secret).values()
        return _equal(given, expected)

    def sign(self, delivery: Delivery, secret: bytes) -> dict[str, str]:
        """The header with what the secret makes of the body."""
        made = hmac.new(secret, delivery.body, hashlib.sha256).hexdigest()
        return {self.header.lower(): self.prefix + made}


@dataclass(frozen=True)
class StampedHmacSha256:
    """The HMAC-SHA-256 of a text that holds a time, another header's, and the body.

    Slack: `v0:<time>:<body>` in hex. Standard Webhooks: `<id>.<time>.<body>` in base64, with the
    secret itself in base64 after `whsec_`. Zendesk: `<time><body>` in base64, the time as ISO 8601
    (`iso`) instead of Unix seconds. What is older than `seconds` is refused: it may have been
    overheard.
    """

    header: str
    stamp: str
    #: As in "v0:{stamp}:{body}"; `{id}` is the header `identified`.
    text: str
    prefix: str = ""
    identified: str = ""
    encoding: str = "hex"
    secret_prefix: str = ""
    seconds: int = 300
    iso: bool = False

    def possible(self, headers: Headers) -> bool:
        """Whether there are a signature and a time of now."""
        given, at = headers.get(self.header.lower(), ""), headers.get(self.stamp.lower(), "")
        stamped = self._moment(at)
        recent = stamped is not None and abs(time.time() - stamped) <= self.seconds
        return recent and any(each.startswith(self.prefix) for each in given.split())

    def verify(self, delivery: Delivery, secret: bytes) -> bool:
        """Whether one of the signatures in the header fits the time and the body."""
        expected = self._signature(delivery.headers, delivery.body, secret)
        given = delivery.headers.get(self.header.lower(), "").split()
        return self.possible(delivery.headers) and any(_equal(each, expected) for each in given)

    def sign(self, delivery: Delivery, secret: bytes) -> dict[str, str]:
        """The headers with the time of now and the signature over it; a delivery that has an id
        keeps it, another one's is of its body."""
        now = datetime.fromtimestamp(int(time.time()), UTC)
        stamp = f"{now:%Y-%m-%dT%H:%M:%SZ}" if self.iso else str(int(now.timestamp()))
        made = {self.stamp.lower(): stamp}
        if self.identified:
            digest = hashlib.sha256(delivery.body).hexdigest()[:24]
            given = delivery.headers.get(self.identified.lower(), "")
            made[self.identified.lower()] = given or f"msg_{digest}"
        signature = self._signature(made, delivery.body, secret)
        return {**made, self.header.lower(): signature}

    def _moment(self, at: str) -> float | None:
        """A stamp in Unix seconds; None for what is none."""
        if not self.iso:
            return int(at) if at.isascii() and at.isdigit() else None
        try:
            found = datetime.fromisoformat(at)
        except ValueError:
            return None
        return found.timestamp() if found.tzinfo else None

    def _signature(self, headers: Headers, body: bytes, secret: bytes) -> str:
        before, _, after = self.text.partition("{body}")
        filled = [
            part.format(
                stamp=headers.get(self.stamp.lower(), ""),
                id=headers.get(self.identified.lower(), ""),
            ).encode()
            for part in (before, after)
        ]
        digest = hmac.new(self._key(secret), filled[0] + body + filled[1], hashlib.sha256).digest()
        text = base64.b64encode(digest).decode() if self.encoding == "base64" else digest.hex()
        return self.prefix + text

    def _key(self, secret: bytes) -> bytes:
        if not self.secret_prefix:
            return secret
        return base64.b64decode(secret.removeprefix(self.secret_prefix.encode()))

    def fault(self, secret: bytes) -> str:
        """Why a secret is no key; "" for one that is."""
        if not self.secret_prefix:
            return ""
        try:
            key = base64.b64decode(secret.removeprefix(self.secret_prefix.encode()), validate=True)
        except binascii.Error:
            return f"what follows {self.secret_prefix} must be Base64"
        return "" if key else f"nothing follows {self.secret_prefix}"


@dataclass(frozen=True)
class SharedToken:
    """The secret itself in a header, as GitLab sends it (`X-Gitlab-Token`)."""

    header: str

    def possible(self, headers: Headers) -> bool:
        """Whether the header is there."""
        return bool(headers.get(self.header.lower()))

    def verify(self, delivery: Delivery, secret: bytes) -> bool:
        """Whether the header holds the secret."""
        return _equal(delivery.headers.get(self.header.lower(), ""), secret.decode())

    def sign(self, delivery: Delivery, secret: bytes) -> dict[str, str]:
        """The header with the secret."""
        return {self.header.lower(): secret.decode()}


@dataclass(frozen=True)
class BearerToken:
    """The secret itself as a bearer token: `Authorization: Bearer <secret>` (RFC 6750, 2.1)."""

    def possible(self, headers: Headers) -> bool:
        """Whether a token is there."""
        return bool(self._token(headers))

    def verify(self, delivery: Delivery, secret: bytes) -> bool:
        """Whether the token is the secret."""
        return _equal(self._token(delivery.headers), secret.decode())

    def sign(self, _: Delivery, secret: bytes) -> dict[str, str]:
        """The header with the secret."""
        return {"authorization": f"Bearer {secret.decode()}"}

    def fault(self, secret: bytes) -> str:
        """Why a secret cannot be sent as a token; "" for one that can."""
        fits = re.fullmatch(rb"[\x21-\x7e]+", secret)
        return "" if fits else "a token is of ASCII letters, digits and signs, without spaces"

    def _token(self, headers: Headers) -> str:
        scheme, _, token = headers.get("authorization", "").strip().partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True)
class BodyToken:
    """The secret itself in each event of a body, as Microsoft Graph sends it (`clientState`).

    The headers say nothing, so that any delivery may fit (`arrived` marks it as one that came in
    by the door). What is sent again has its secret in a header, and none in the body.
    """

    events: str
    field: str
    header: str = "x-headwater-token"

    def arrived(self, delivery: Delivery) -> Delivery:
        """A delivery whose secret is looked for in its body, where no header has it."""
        return replace(delivery, headers={self.header: "", **delivery.headers})

    def possible(self, headers: Headers) -> bool:
        """Whether it came in by the door."""
        return self.header in headers

    def verify(self, delivery: Delivery, secret: bytes) -> bool:
        """Whether the header, or else every event, holds the secret."""
        if given := delivery.headers.get(self.header, ""):
            return _equal(given, secret.decode())
        try:
            events = json.loads(delivery.body)[self.events]
            held = [str(each[self.field]) for each in events]
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        fitting = [_equal(each, secret.decode()) for each in held]
        return bool(fitting) and all(fitting)

    def sign(self, _: Delivery, secret: bytes) -> dict[str, str]:
        """The header with the secret."""
        return {self.header: secret.decode()}


def with_token(delivery: Delivery) -> Delivery:
    """A delivery whose token stands in its address (`?access_token=`), as if the header had it.

    RFC 6750, 2.3: for who cannot send the header; the header counts where both are there.
    """
    token = delivery.query.get("access_token", "")
    if not token or "authorization" in delivery.headers:
        return delivery
    return replace(delivery, headers={**delivery.headers, "authorization": f"Bearer {token}"})


@dataclass(frozen=True)
class BySecret:
    """Two schemes of one tool, told apart by how a connection's secret begins.

    GitLab: a signing token begins with `whsec_`. Then a delivery must be signed, and a token in the
    open beside the signature proves nothing.
    """

    prefix: str
    marked: Scheme
    plain: Scheme

    def possible(self, headers: Headers) -> bool:
        """Whether there is what one of the two needs."""
        return self.marked.possible(headers) or self.plain.possible(headers)

    def verify(self, delivery: Delivery, secret: bytes) -> bool:
        """Whether the delivery fits by the scheme of this secret."""
        return self.of(secret).verify(delivery, secret)

    def sign(self, delivery: Delivery, secret: bytes) -> dict[str, str]:
        """The headers of the scheme of this secret."""
        return self.of(secret).sign(delivery, secret)

    def of(self, secret: bytes) -> Scheme:
        """The scheme of a secret."""
        return self.marked if secret.startswith(self.prefix.encode()) else self.plain


def possible(scheme: Scheme, headers: Headers, secret: bytes) -> bool:
    """Whether a delivery with these headers may fit; of a token they tell it all."""
    if not scheme.possible(headers):
        return False
    scheme = _of(scheme, secret)
    token = isinstance(scheme, SharedToken | BearerToken)
    return not token or scheme.verify(Delivery(headers), secret)


def fault(scheme: Scheme, secret: bytes) -> str:
    """Why a secret can never sign by a scheme, without a word of it; "" for one that can."""
    scheme = _of(scheme, secret)
    return scheme.fault(secret) if isinstance(scheme, StampedHmacSha256 | BearerToken) else ""


def _of(scheme: Scheme, secret: bytes) -> Scheme:
    return scheme.of(secret) if isinstance(scheme, BySecret) else scheme


def challenge(scheme: Scheme, headers: Headers) -> str:
    """What is asked of who is refused, as `WWW-Authenticate` (RFC 9110, 11.6.1; RFC 6750, 3)."""
    if not isinstance(scheme, BearerToken):
        return 'Signature realm="hooks"'
    wrong = ', error="invalid_token"' if "authorization" in headers else ""
    return f'Bearer realm="hooks"{wrong}'


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


hex_hmac_sha256 = HexHmacSha256
#: How a secret of Standard Webhooks begins.
SIGNED_BY = "whsec_"
#: https://www.standardwebhooks.com
standard_webhooks = StampedHmacSha256(
    "webhook-signature",
    "webhook-timestamp",
    "{id}.{stamp}.{body}",
    "v1,",
    identified="webhook-id",
    encoding="base64",
    secret_prefix=SIGNED_BY,
)
