"""What can go wrong between Headwater and its warehouse.

WarehouseError
├── WarehouseUnavailable   nobody answers, or it refuses writes for now: try again
└── MigrationError         the schema could not be brought up to date
"""

import re

_POOL = re.compile(r"HTTPS?ConnectionPool\(host='([^']*)', port=(\d+)\)")
_REASON = re.compile(r"\[Errno -?\d+\] ([^'\"()]+)|(timed out)")
_OBJECT = re.compile(r"<[\w.]+ object at 0x[0-9a-f]+>:? ?")


def plain(message: str) -> str:
    """What a client of HTTP says in its own words, said in ours: who does not answer, and why."""
    message = _OBJECT.sub("", " ".join(message.split()))
    pool = _POOL.search(message)
    if pool is None:
        return message
    reason = _REASON.search(message)
    why = f" ({(reason[1] or reason[2]).strip()})" if reason else ""
    return f"nobody answers at {pool[1]}:{pool[2]}{why}"


class WarehouseError(Exception):
    """The warehouse did not do what was asked; the message says what and why."""


class WarehouseUnavailable(WarehouseError):
    """The warehouse does not answer or refuses writes at the moment; the same call may succeed."""


class MigrationError(WarehouseError):
    """A migration failed, or the schema is newer than this version knows."""
