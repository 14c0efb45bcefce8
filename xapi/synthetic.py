"""The mark of invented data: a demo's people and things live under one host that cannot exist.

`.invalid` is reserved (RFC 2606), so nobody real has an account there. A store of real data refuses
statements with the mark, by whatever way they come.
"""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from xapi.errors import StatementError

HOST = "demo.headwater.invalid"
_MARK = HOST.encode()


class _Looked(msgspec.Struct):
    actor: Any = None
    object: Any = None


_looked = msgspec.json.Decoder(_Looked)


def is_address(text: str) -> bool:
    """Whether an IRI is of the host of invented data, or of one under it."""
    try:
        host = (urlsplit(text).hostname or "").lower()
    except ValueError:
        return False
    return host == HOST or host.endswith(f".{HOST}")


def refuse(lines: list[bytes], *, single: bool) -> None:
    """Raises StatementError for the first statement whose actor or object was invented."""
    for place, line in enumerate(lines):
        if _MARK in line and (where := _marked(_looked.decode(line))):
            raise StatementError(
                f"{'$' if single else f'$[{place}]'}.{where}",
                f"is of {HOST}: a demo invented it, and this store holds real data. To look at it, "
                "load it into a stack of `headwater up --demo`",
                "Synthetic data",
            )


def _marked(statement: _Looked) -> str:
    """Where the mark stands; text that only mentions it is no mark."""
    for name, value in (("actor", statement.actor), ("object", statement.object)):
        if not isinstance(value, dict):
            continue
        account = value.get("account")
        page = account.get("homePage") if isinstance(account, dict) else None
        if isinstance(page, str) and is_address(page):
            return f"{name}.account.homePage"
        if isinstance(value.get("id"), str) and is_address(value["id"]):
            return f"{name}.id"
    return ""
