"""Who an actor is: the canonical form of xAPI's inverse functional identifiers.

xAPI 1.0.3 Part Two, 2.4.2.3. The canonical form is what pseudonyms are made of and what the
directory's accounts are compared with, so the same account always gives the same bytes.
"""

import re
from collections.abc import Mapping
from typing import Any

_NO_REPLY = re.compile(r"mailto:([^@]+)@users\.noreply\.([^@]+)")


def canonical(actor: Mapping[str, Any]) -> str:
    """The canonical identifier of an Agent or identified Group; "" for an anonymous Group.

    One of `account:<homePage>|<name>`, `mailto:<address>`, `mbox_sha1sum:<hex>`, `openid:<uri>`.
    """
    account = actor.get("account")
    if isinstance(account, dict):
        return account_identifier(str(account.get("homePage", "")), str(account.get("name", "")))
    mbox = actor.get("mbox")
    if isinstance(mbox, str):
        return mbox.lower()
    digest = actor.get("mbox_sha1sum")
    if isinstance(digest, str):
        return f"mbox_sha1sum:{digest.lower()}"
    openid = actor.get("openid")
    if isinstance(openid, str):
        return f"openid:{openid}"
    return ""


def account_identifier(home_page: str, name: str) -> str:
    """The canonical identifier of an account: a trailing slash of the home page does not count."""
    return f"account:{home_page.rstrip('/')}|{name}"


def forge_account(identifier: str) -> str:
    """The account of a forge whose no-reply address an identifier is; "" for any other.

    `NUMBER+LOGIN@users.noreply.HOST` is LOGIN at https://HOST, as GitHub and its servers write it;
    at github.com LOGIN alone is the older form. `NUMBER-NAME@users.noreply.gitlab.com` is NUMBER
    at https://gitlab.com. Without a host's own form nothing is guessed.
    """
    found = _NO_REPLY.fullmatch(identifier.lower())
    if not found:
        return ""
    local, host = found.groups()
    if match := re.fullmatch(r"\d+\+([^+]+)", local):
        return account_identifier(f"https://{host}", match[1])
    if host == "github.com" and "+" not in local:
        return account_identifier("https://github.com", local)
    if host == "gitlab.com" and (match := re.fullmatch(r"(\d+)-.+", local)):
        return account_identifier("https://gitlab.com", match[1])
    return ""
