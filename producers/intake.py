"""From a delivery to what is written to Kafka: check, read, sort, map. Pure but for the connection.

What can be signed by anybody but a tool is refused before it is parsed. A signed delivery that no
mapper knows, or that a mapper cannot read, is kept whole in `xapi.rejected`: the tool sent what it
sends, and a tool that gets errors switches its webhook off.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid5

import orjson

from bus.topics import REJECTED
from producers.connections import Connection
from producers.connector import Event, Ignored, IgnoredKind, Unsupported
from producers.errors import Unreadable, Unsigned, WrongType
from xapi import batch
from xapi.errors import XapiError
from xapi.ids import NAMESPACE
from xapi.vocabulary import PROFILE

FORM = "application/x-www-form-urlencoded"
#: Headers that a refused delivery keeps, so that it can be tried again; never a signature.
KEPT = ("content-type", "user-agent")


@dataclass(frozen=True)
class Message:
    """One Kafka message to be written."""

    topic: str
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery: mapped, ignored, unsupported or rejected; and what to write.

    `accepted` are the statements of a mapped one, `message` what is kept of one not understood, and
    `digest` tells its body from others.
    """

    sort: str
    kind: str
    detail: str = ""
    accepted: batch.Batch | None = None
    message: Message | None = None
    digest: str = ""

    @property
    def statements(self) -> int:
        """How many statements the delivery made."""
        return len(self.accepted.lines) if self.accepted else 0


class Intake:
    """What one connection does with its deliveries."""

    def __init__(self, connection: Connection, *, real: bool = False) -> None:
        self._real = real
        self.connection = connection
        self.source = f"hook:{connection.name}"
        self._stamp = batch.Stamp(
            {
                "objectType": "Agent",
                "account": {"homePage": f"{PROFILE}/connectors", "name": connection.name},
            }
        )

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises Unsigned or WrongType where the headers alone say that a delivery is not taken."""
        connector = self.connection.connector
        if not connector.signature.possible(headers):
            raise self._unsigned()
        self._media(headers)

    def take(self, headers: Mapping[str, str], body: bytes) -> Outcome:
        """What becomes of a delivery; `headers` have lower-case names.

        Raises Unsigned, WrongType or Unreadable where the sender is to be told.
        """
        connector = self.connection.connector
        if not connector.signature(headers, body, self.connection.secret):
            raise self._unsigned()
        event = self._event(headers, body)
        kind = connector.kind_of(headers, event)
        sort = connector.sort(kind)
        if isinstance(sort, IgnoredKind):
            return Outcome("ignored", kind, sort.reason)
        if isinstance(sort, Unsupported):
            reason = f"no mapper and no decision for {kind or 'an event without a name'}"
            return self._kept("unsupported", kind, reason, headers, body)
        try:
            made = sort.mapper(event)
            return self._mapped(kind, orjson.dumps(list(made)), len(made))
        except Ignored as reason:
            return Outcome("ignored", kind, str(reason))
        except XapiError as error:
            why = f"the connector made a statement that breaks a rule: {error}"
            return self._kept("rejected", kind, why, headers, body)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            why = f"the event does not have the documented shape: {type(error).__name__}: {error}"
            return self._kept("rejected", kind, why, headers, body)

    def _unsigned(self) -> Unsigned:
        return Unsigned(
            f"the signature is missing or does not fit; {self.connection.connector.title} and the "
            f"connection {self.connection.name!r} must have the same secret"
        )

    def _media(self, headers: Mapping[str, str]) -> str:
        accepted = self.connection.connector.content_types
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in accepted:
            said = f"{media[:80] or 'of no type'}; send {' or '.join(accepted)}"
            raise WrongType(f"the body is {said}")
        return media

    def _event(self, headers: Mapping[str, str], body: bytes) -> Event:
        if self._media(headers) == FORM:
            body = _payload(body)
        try:
            event = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Unreadable(f"the body is not valid JSON: {error}") from error
        if not isinstance(event, dict):
            raise Unreadable("the body must be a JSON object")
        return event

    def _mapped(self, kind: str, made: bytes, count: int) -> Outcome:
        if not count:
            return Outcome("ignored", kind, "the event holds nothing to record")
        return Outcome("mapped", kind, accepted=batch.read(made, self._stamp, real=self._real))

    def _kept(
        self, sort: str, kind: str, reason: str, headers: Mapping[str, str], body: bytes
    ) -> Outcome:
        kept = {
            name: value
            for name, value in headers.items()
            if name in KEPT or name.startswith(("x-github-event", "x-github-delivery", "x-event"))
        }
        # By the body, which is signed: were it by a header, one delivery could be kept any number
        # of times by whoever saw it.
        digest = hashlib.sha256(body).hexdigest()
        value = _rejected(
            identity=f"{self.source}/{digest}",
            source=self.source,
            kind=sort,
            reason=reason,
            path=kind,
            headers=kept,
            body=body,
        )
        message = Message(REJECTED.name, None, value)
        return Outcome(sort, kind, reason, message=message, digest=digest)


def _payload(body: bytes) -> bytes:
    """The JSON of a delivery sent as a form (`payload=…`)."""
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=8)
        return fields["payload"][0].encode()
    except (ValueError, KeyError) as error:
        raise Unreadable(f"the form has no readable `payload`: {error}") from error


def _rejected(*, identity: str, body: bytes, headers: Mapping[str, str], **said: str) -> bytes:
    identifier: UUID = uuid5(NAMESPACE, f"rejected\x1f{identity}")
    message: dict[str, Any] = {
        "id": str(identifier),
        **said,
        "headers": dict(headers),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    try:
        message["body"] = body.decode("utf-8")
    except UnicodeDecodeError:
        message["body"] = base64.b64encode(body).decode("ascii")
        message["encoding"] = "base64"
    return orjson.dumps(message)
