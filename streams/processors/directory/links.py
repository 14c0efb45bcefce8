"""Records of single accounts: whose somebody says that one is, and its verified addresses."""

from typing import Any

from streams.loading import text
from streams.pseudonyms import Pseudonyms

LINK_COLUMNS = ("load", "sequence", "account", "rule", "targets")


def link_row(message: dict[str, Any], sequence: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """The row of `directory.link_rows`: pseudonyms of the account and of whom or what it is."""
    account = pseudonyms.account(text(message, "account"))
    if "addresses" in message:
        targets = sorted(map(pseudonyms.account, mailboxes(message)))
        return (message["load"], sequence, account, "address", targets)
    person = pseudonyms.person(text(message, "person"))
    return (message["load"], sequence, account, "hand", [person] if person else [])


def mailboxes(message: dict[str, Any]) -> list[str]:
    """The identifiers of verified addresses; what is wrong with them is told without them."""
    addresses = message["addresses"]
    if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
        raise TypeError("addresses are no list of texts")
    return [f"mailto:{address.lower()}" for address in addresses]
