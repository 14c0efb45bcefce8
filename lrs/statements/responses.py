"""Statements as they are answered: what is stored, and what an LRS adds when it returns it.

Values are passed on as they came, byte for byte; only the members of the statement, and of its
`contextActivities`, are taken apart.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
from msgspec import Raw

from lrs.statements.reader import Stored
from xapi.formats import in_utc
from xapi.versions import ONE, TWO, Rules, downgrade

_members = msgspec.json.Decoder(dict[str, Raw])
_text = msgspec.json.Decoder(str)
_encode = msgspec.json.Encoder().encode


def moment(at: datetime) -> str:
    """A time as the LRS writes it: UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def statement(found: Stored, rules: Rules = ONE) -> bytes:
    """A stored statement with `stored`, and `timestamp` where it had none (Part Two 2.4.7).

    A reader of 1.0.3 gets one of 2.0 without what only 2.0 knows.
    """
    members = _members.decode(found.raw if rules == TWO else downgrade(found.raw))
    stored = Raw(_encode(moment(found.stored)))
    members["stored"] = stored
    members.setdefault("timestamp", stored)
    if rules == TWO and not bytes(members["timestamp"]).endswith(b'Z"'):
        members["timestamp"] = Raw(_encode(in_utc(_text.decode(members["timestamp"]))))
    if b'"contextActivities"' in found.raw:
        _list_activities(members)
    return _encode(members)


def _list_activities(members: dict[str, Raw]) -> None:
    """Each context type is returned as an array, also where one Activity came (2.4.6.2)."""
    for name in ("object", "context"):
        if name not in members:
            continue
        inner = _members.decode(members[name])
        if name == "object" and "context" in inner:  # a SubStatement
            _list_activities(inner)
        if name == "context" and "contextActivities" in inner:
            around = _members.decode(inner["contextActivities"])
            inner["contextActivities"] = Raw(_encode({k: _listed(v) for k, v in around.items()}))
        members[name] = Raw(_encode(inner))


def _listed(activities: Raw) -> Raw:
    text = bytes(activities)
    return activities if text.startswith(b"[") else Raw(b"[%b]" % text)


def loaded(content: bytes) -> dict[str, Any]:
    """A statement as it is answered, as a mapping."""
    said: dict[str, Any] = orjson.loads(content)
    return said


def files(content: bytes) -> Iterator[tuple[str, str]]:
    """SHA-2 and type of a statement's attachments, those of a SubStatement too."""
    if b'"attachments"' not in content:
        return
    said = loaded(content)
    for each in (said, said["object"]):
        for attachment in each.get("attachments", []):
            yield attachment["sha2"].lower(), attachment["contentType"]


def result(statements: list[bytes], more: str) -> bytes:
    """A StatementResult (Part Two 2.5)."""
    return b'{"statements":[%b],"more":%b}' % (b",".join(statements), _encode(more))
