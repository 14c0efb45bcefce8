"""The codec of `xapi.rejected`: what was refused, by which door it came, and why."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from xapi.ids import NAMESPACE


def rejected(
    identity: str,
    *,
    source: str,
    kind: str,
    reason: str,
    path: str,
    body: bytes,
    at: datetime,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One message of `xapi.rejected`; `identity` makes its id, so that a redelivery is the same."""
    message: dict[str, Any] = {
        "id": str(rejected_id(f"{kind}/{identity}")),
        "source": source,
        "kind": kind,
        "reason": reason,
        "path": path,
        "headers": dict(headers or {}),
        "at": at.isoformat(timespec="milliseconds"),
    }
    try:
        message["body"] = body.decode("utf-8")
    except UnicodeDecodeError:
        message["body"] = base64.b64encode(body).decode("ascii")
        message["encoding"] = "base64"
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "backslashreplace")


def rejected_id(identity: str) -> UUID:
    """The id under which a refusal is known: the same for the same cause."""
    return uuid5(NAMESPACE, f"rejected\x1f{identity}")
