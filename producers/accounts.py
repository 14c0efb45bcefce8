"""How people write accounts in a table, and the identifiers that these become.

An account is `github:octocat` (a connector's name, and the login at its home page), a mail address,
`https://homepage|name` as an xAPI account has it, or another identifier of xAPI.
"""

import re
from collections.abc import Mapping

from producers.connector import Accounts
from producers.errors import InvalidCell
from producers.registry import all_connectors
from xapi.identity import account_identifier

_MAIL = re.compile(r"[^\s@<>,;|]+@[^\s@<>,;|]+")


def account(written: str) -> str:
    """The canonical identifier of an account as people write it. Raises InvalidCell."""
    if "|" in written:
        home_page, _, name = written.removeprefix("account:").rpartition("|")
        if re.match(r"https?://\S+$", home_page.strip()) and name.strip():
            return _account(home_page.strip(), name.strip())
        raise InvalidCell(f"the account {written!r} must read https://homepage|name")
    address = re.sub(r"^mailto:", "", written, flags=re.IGNORECASE)
    if _MAIL.fullmatch(address) and not re.match(r"[a-z]\w*:", address, re.IGNORECASE):
        return f"mailto:{address.lower()}"
    scheme, _, name = written.partition(":")
    known = _short().get(scheme.lower())
    if known and re.fullmatch(known.form, name):
        return _account(known.home_page, name)
    if scheme == "mbox_sha1sum" and re.fullmatch(r"[0-9a-fA-F]{40}", name):
        return written.lower()
    if scheme == "openid" and re.match(r"https?://\S+$", name):
        return written
    short = ", ".join(f"{tool}:{each.called}" for tool, each in sorted(_short().items()))
    raise InvalidCell(
        f"the account {written!r} is none of: {short}, a mail address, https://homepage|name"
    )


def written(identifier: str) -> str:
    """How people write the account of a canonical identifier, as short as it can be read back."""
    home_page, bar, name = identifier.removeprefix("account:").rpartition("|")
    if not bar:
        return identifier.removeprefix("mailto:")
    for tool, known in sorted(_short().items()):
        if home_page == known.home_page and re.fullmatch(known.form, name):
            return f"{tool}:{name}"
    return f"{home_page}|{name}"


def _short() -> Mapping[str, Accounts]:
    """Tool → how its accounts are written in short, as in `github:octocat`."""
    return {name: each.account for name, each in all_connectors().items() if each.account}


def _account(home_page: str, name: str) -> str:
    page = home_page.rstrip("/").lower()
    if any(page == known.home_page and known.lower for known in _short().values()):
        home_page, name = page, name.lower()
    return account_identifier(home_page, name)
