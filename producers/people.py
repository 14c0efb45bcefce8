"""Accounts that are no persons: nobody learns where a program, a placeholder or a group acts.

Tools name them each in their own way; what is said here holds for all of them. Whose account is
gone acts no more: what such an account did counts for nobody, and never for who comes next to it.
"""

import functools
import re
from collections.abc import Mapping
from typing import Any

from producers.connector import Ignored

#: What tools call kinds of accounts that no person has, in lower case without divisions.
NO_PERSONS = frozenset(
    {
        "app", "application", "bot", "ghost", "group", "integration", "machine", "mannequin",
        "organization", "placeholder", "projectbot", "service", "serviceaccount", "system", "team",
        "webhook",
    }
)  # fmt: skip
#: Names under which tools keep what accounts did that are gone.
GONE = frozenset({"ghost", "deleted user", "deleted-user", "former user", "unknown user"})
_DIVISIONS = re.compile(r"[^a-z]")
_BOT = re.compile(r".*(\[bot\]|[-_.]bot)", re.IGNORECASE | re.DOTALL)

BOT = "done by a bot or another account that is no person: nobody learned"
NOBODY = "whoever did it has no account any more: it counts for nobody"


@functools.lru_cache(maxsize=4_096)
def is_person(name: str, kind: str = "") -> bool:
    """Whether a person has an account, as far as its name and the tool's word for it say."""
    plain = _DIVISIONS.sub("", kind.lower())
    named = name.strip().lower()
    return (
        bool(named) and plain not in NO_PERSONS and named not in GONE and not _BOT.fullmatch(name)
    )


def person(user: Mapping[str, Any] | None, name: str, kind: str = "") -> Mapping[str, Any]:
    """The user, where it is a person; `name` and `kind` are the fields that say so.

    Raises Ignored, with the reason.
    """
    if not user or str(user.get(name, "")).strip().lower() in GONE:
        raise Ignored(NOBODY)
    if not is_person(str(user[name]), str(user.get(kind) or "")):
        raise Ignored(BOT)
    return user
