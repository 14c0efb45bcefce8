"""What a processor refuses, on its way to `xapi.rejected`."""

from collections.abc import Mapping
from datetime import UTC, datetime

from bus import rejections
from bus.rejections import rejected_id as rejected_id


def rejected(
    identity: str,
    *,
    source: str,
    kind: str,
    reason: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One message of `xapi.rejected`; `identity` makes its id, so that a redelivery is the same."""
    return rejections.rejected(
        identity,
        source=source,
        kind=kind,
        reason=reason,
        path=path,
        body=body,
        headers=headers,
        at=datetime.now(UTC),
    )
