"""The first query of ClickHouse's Go driver, answered in the revision that it asks for.

The driver opens with `SELECT displayName(), version(), revision(), timezone()` and decodes the
answer in its own protocol revision; the engine in process writes Native of revision 0 alone. So
this one answer is written here, with `revision()` = 0: the driver then reads all else as that.
"""

import re

_QUERY = re.compile(
    rb"\s*SELECT\s+displayName\(\)\s*,\s*version\(\)\s*,\s*revision\(\)\s*,\s*timezone\(\)"
    rb"\s*(?:FORMAT\s+Native\s*)?;?\s*",
    re.IGNORECASE,
)
#: Revisions from which a block carries its info, and a column the kind of its serialization.
WITH_BLOCK_INFO = 51903
WITH_SERIALIZATION = 54454
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"


def asks(sql: bytes, protocol: int, form: str) -> bool:
    """Whether this is that query, asked in a revision that the engine does not write."""
    return protocol >= WITH_BLOCK_INFO and form == "Native" and _QUERY.fullmatch(sql) is not None


def answer(display_name: str, version: str, timezone: str, protocol: int) -> bytes:
    """One block of one row."""
    columns = (
        ("displayName()", "String", _string(display_name)),
        ("version()", "String", _string(version)),
        ("revision()", "UInt32", bytes(4)),
        ("timezone()", "String", _string(timezone)),
    )
    custom = b"\x00" if protocol >= WITH_SERIALIZATION else b""
    block = _BLOCK_INFO + b"\x04\x01"
    for name, kind, value in columns:
        block += _string(name) + _string(kind) + custom + value
    return block


def _string(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 128  # one byte of length is enough for these
    return bytes((len(data),)) + data
