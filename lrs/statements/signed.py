"""Signatures that came with statements (Part Two 2.6), held against what they sign."""

from collections.abc import Mapping
from typing import Any

import orjson

from lrs.http.attachments import Incoming
from xapi.batch import Batch
from xapi.errors import StatementError
from xapi.signatures import CONTENT_TYPE, MAX_BYTES, USAGE, is_signature, verify

_USAGE = USAGE.encode()


def check(batch: Batch, files: Mapping[str, Incoming]) -> None:
    """Raises StatementError for the first signature that does not sign its statement."""
    for place, line in enumerate(batch.lines):
        if _USAGE not in line:
            continue
        statement: dict[str, Any] = orjson.loads(line)
        path = "$" if batch.single else f"$[{place}]"
        for number, attachment in enumerate(statement.get("attachments", [])):
            if is_signature(attachment):
                _check(statement, attachment, files, f"{path}.attachments[{number}]")


def _check(
    statement: Mapping[str, Any],
    attachment: Mapping[str, Any],
    files: Mapping[str, Incoming],
    path: str,
) -> None:
    if attachment["contentType"] != CONTENT_TYPE:
        rule = f"a signature has the type {CONTENT_TYPE}"
        raise StatementError(f"{path}.contentType", rule, "Part Two 2.6")
    file = files.get(attachment["sha2"].lower())
    if file is None:
        return  # at its fileUrl: the LRS does not fetch what statements point to
    if file.size > MAX_BYTES:
        raise StatementError(path, f"is larger than {MAX_BYTES} bytes", "Part Two 2.6")
    verify(statement, file.content(), path)
