"""Documents of the State, Agent Profile and Activity Profile Resources, and what a write does.

A write is an intent: a method, preconditions and content, written down before anybody knows what
comes of it. `decide` says what comes of it, from the document as it stands and nothing else, so
everyone who reads the same intents in the same order holds the same documents.

xAPI 1.0.3 Part Three 2.2, 2.3, 2.6, 2.7 and 3.1; xAPI 2.0 (IEEE 9274.1.1) 4.1.4, 4.1.6.2, 4.1.6.5
and 4.1.6.6.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from xapi.statement import MAX_DEPTH
from xapi.versions import ONE, Rules

#: The largest document, in bytes.
MAX_BYTES = 16 << 20
#: What a document is where its writer did not say (RFC 9110, 8.3).
OPAQUE = "application/octet-stream"

_members = msgspec.json.Decoder(dict[str, Raw])
_encode = msgspec.json.Encoder().encode
#: A string of JSON; one that does not end goes on to the end of the text, so that looking for
#: strings never starts over.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_ALIKE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class Kind(StrEnum):
    """Which resource a document belongs to."""

    STATE = "state"
    AGENT_PROFILE = "agent"
    ACTIVITY_PROFILE = "activity"


class Context(NamedTuple):
    """Whose documents are listed together and stand in one partition of the log, in order.

    `activity` and `agent` (canonical, see `xapi.identity`) are "" where the kind has none.
    """

    kind: Kind
    activity: str = ""
    agent: str = ""

    @property
    def encoded(self) -> bytes:
        """The same context gives the same bytes."""
        return _encode(self)

    @property
    def number(self) -> int:
        """64 bits that stand for the context in the warehouse."""
        return int.from_bytes(hashlib.blake2b(self.encoded, digest_size=8).digest(), "big")


@dataclass(frozen=True)
class Key:
    """Which document: `name` is the stateId or profileId, `registration` lower case or "".

    Without a name the key stands for all State of its context: of one registration, or, where that
    is "" too, of any (Part Three 2.3: "Activity + Agent [+ registration if specified]").
    """

    context: Context
    registration: str = ""
    name: str = ""

    @cached_property
    def encoded(self) -> bytes:
        """The key as it stands in a record."""
        return _encode((*self.context, self.registration, self.name))

    @cached_property
    def number(self) -> int:
        """128 bits that stand for the key in the warehouse and in memory."""
        return int.from_bytes(hashlib.blake2b(self.encoded, digest_size=16).digest(), "big")

    @property
    def whole(self) -> bool:
        """Whether the key stands for every document of its context."""
        return not self.name

    @classmethod
    def from_bytes(cls, text: bytes) -> "Key":
        """The key that a record holds; ValueError where it is none."""
        kind, activity, agent, registration, name = msgspec.json.decode(
            text, type=tuple[str, str, str, str, str]
        )
        return cls(Context(Kind(kind), activity, agent), registration, name)

    def wholes(self) -> "tuple[Key, Key]":
        """The keys that stand for this document together with others."""
        return Key(self.context, self.registration), Key(self.context)

    def covers(self, other: "Key") -> bool:
        """Whether this key, standing for a whole context, stands for that document too."""
        return (
            self.whole
            and self.context == other.context
            and self.registration in ("", other.registration)
        )


@dataclass(frozen=True)
class Document:
    """A document as it stands; `updated` in Unix milliseconds."""

    content: bytes
    content_type: str
    updated: int

    @cached_property
    def etag(self) -> str:
        """SHA-1 of the content in hexadecimal (Part Three 3.1)."""
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Intent:
    """What a client wants done to a document.

    `method` is PUT, POST or DELETE; `rules` the version of the specification that it follows;
    `match` and `none_match` are If-Match and If-None-Match as they came, "" where they did not.
    """

    method: str
    rules: Rules = ONE
    match: str = ""
    none_match: str = ""
    content_type: str = OPAQUE
    content: bytes = b""

    @property
    def conditional(self) -> bool:
        """Whether it depends on an ETag."""
        return bool(self.match or self.none_match)

    def absolute(self, kind: Kind) -> bool:
        """Whether what comes of it does not depend on the document that stands there."""
        if self.conditional:
            return False
        overwrites = kind is Kind.STATE and self.rules == ONE
        return self.method == "DELETE" or (self.method == "PUT" and overwrites)


class Outcome(NamedTuple):
    """What comes of an intent: an HTTP status, the document afterwards, and why where refused."""

    status: int
    document: Document | None
    reason: str = ""


def decide(kind: Kind, current: Document | None, intent: Intent, at: int) -> Outcome:
    """What comes of an intent that stands in the log at a time (Unix milliseconds).

    The outcome's document is `current` itself where nothing changes.
    """
    refused = _precondition(current, intent) or _REFUSALS[intent.method](kind, current, intent)
    if refused is not None:
        status, reason = refused
        return Outcome(status, current, reason)
    if intent.method == "DELETE":
        return Outcome(HTTPStatus.NO_CONTENT, None)
    content = intent.content
    if intent.method == "POST" and current is not None:
        content = _merged(current.content, content)
        if len(content) > MAX_BYTES:
            reason = f"the merged document is larger than {MAX_BYTES} bytes"
            return Outcome(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, current, reason)
    return Outcome(HTTPStatus.NO_CONTENT, Document(content, intent.content_type, at))


def is_json(content_type: str) -> bool:
    """Whether a content type is application/json, whatever its parameters."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def malformed(intent: Intent) -> str:
    """Why what is to be merged is not the JSON that it says it is; "" where it is, or says not."""
    if not is_json(intent.content_type) or _is(intent.content, Raw):
        return ""
    return (
        "the content is not JSON, although its Content-Type says so (UTF-8, no NaN, nested no "
        f"deeper than {MAX_DEPTH})"
    )


def json_object(content: bytes) -> dict[str, Raw] | None:
    """The members of a JSON object, verbatim; None for anything else."""
    return _members.decode(content) if _is(content, dict[str, Raw]) else None


def matches(condition: str, etag: str | None) -> bool:
    """Whether an If-Match or If-None-Match names a document's ETag; None where there is none.

    RFC 9110, 13.1: a list of entity tags, or "*" for any document. What clients send without the
    quotes is taken as if it had them.
    """
    if etag is None:
        return False
    if condition.strip() == "*":
        return True
    return any(_opaque(each) == etag for each in condition.split(","))


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')


_Refusal = tuple[int, str] | None


def _precondition(current: Document | None, intent: Intent) -> _Refusal:
    """If-Match and If-None-Match hold, or nothing is done (3.1; IEEE 4.1.4)."""
    etag = None if current is None else current.etag
    if intent.match and not matches(intent.match, etag):
        stands = f'has the ETag "{etag}"' if etag else "does not exist"
        return HTTPStatus.PRECONDITION_FAILED, f"If-Match does not hold: the document {stands}"
    if intent.none_match and matches(intent.none_match, etag):
        reason = f'If-None-Match does not hold: the document exists, with the ETag "{etag}"'
        return HTTPStatus.PRECONDITION_FAILED, reason
    return None


def _put(kind: Kind, current: Document | None, intent: Intent) -> _Refusal:
    """A PUT that may overwrite says what it has seen; 1.0.3 lets State be (3.1; IEEE 4.1.4)."""
    if intent.absolute(kind) or intent.conditional:
        return None
    if current is not None:
        reason = (
            f'a document exists, with the ETag "{current.etag}", and the PUT has neither If-Match '
            "nor If-None-Match; GET the document, and send If-Match with its ETag to overwrite it"
        )
        return HTTPStatus.CONFLICT, reason
    if intent.rules == ONE:
        reason = "a PUT of a profile needs If-Match with the ETag seen, or If-None-Match: *"
        return HTTPStatus.BAD_REQUEST, reason
    return None


def _post(kind: Kind, current: Document | None, intent: Intent) -> _Refusal:
    """JSON objects are merged, and nothing else can be (Part Three 2.2; IEEE 4.1.6.2)."""
    if current is None:
        reason = malformed(intent)
        return (HTTPStatus.BAD_REQUEST, reason) if reason else None
    for which, content_type, content in (
        ("existing document", current.content_type, current.content),
        ("posted document", intent.content_type, intent.content),
    ):
        if not is_json(content_type):
            reason = f"the {which} is {content_type!r}; only application/json can be merged"
            return HTTPStatus.BAD_REQUEST, reason
        if json_object(content) is None:
            reason = f"the {which} is not a JSON object, and only objects can be merged"
            return HTTPStatus.BAD_REQUEST, reason
    return None


def _delete(kind: Kind, current: Document | None, intent: Intent) -> _Refusal:
    return None


_REFUSALS: dict[str, Callable[[Kind, Document | None, Intent], _Refusal]] = {
    "PUT": _put,
    "POST": _post,
    "DELETE": _delete,
}


def _is(content: bytes, shape: Any) -> bool:
    """Whether content is JSON of a shape, in UTF-8, and no deeper than every reader survives."""
    if not _shallow(content):
        return False
    try:
        content.decode()
        msgspec.json.decode(content, type=shape)
    except ValueError:
        return False
    return True


def _shallow(content: bytes) -> bool:
    """Whether brackets are nested no deeper than MAX_DEPTH; at the speed of bytes' methods.

    Depth is counted and not tried out: where a parser gives up differs between processes, and what
    comes of an intent must not.
    """
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return True
    brackets = _STRING.sub(b"", content).translate(_ALIKE, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return True
    return False


def _merged(current: bytes, posted: bytes) -> bytes:
    """The members of both, the posted ones where both have them, each verbatim (2.2)."""
    return _encode({**_members.decode(current), **_members.decode(posted)})
