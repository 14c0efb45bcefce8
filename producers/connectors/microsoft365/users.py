"""The tenant's user list: which addresses of the organisation each member has.

https://learn.microsoft.com/graph/api/user-list. A user name (`userPrincipalName`) is in a domain
that the tenant has verified; of `mail` and `proxyAddresses` those in the same domain count, or in
one of the connection's `domains`. Guests are outside. Teams names users by their object id, the
audit log by their user name: both are accounts.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from producers.connector import Client, User, UserList
from producers.connectors.microsoft365.options import Microsoft365Options
from producers.connectors.microsoft365.source import HOME

_SELECT = "id,userPrincipalName,mail,proxyAddresses,userType"
_GUEST = "#ext#"
PAGE = 999


async def _users(client: Client, options: Microsoft365Options) -> AsyncIterator[Sequence[User]]:
    asked: dict[str, str | int] = {"$select": _SELECT, "$top": PAGE}
    async for reply in client.pages("v1.0/users", _following, **asked):
        yield [
            User(HOME, name, addresses)
            for each in reply.content["value"]
            for addresses in [_addresses(each, options)]
            for name in (each["id"].lower(), each["userPrincipalName"].lower())
        ]


def _following(reply: Any) -> str:
    return str(reply.content.get("@odata.nextLink") or "")


def _addresses(user: Mapping[str, Any], options: Microsoft365Options) -> tuple[str, ...]:
    name = user["userPrincipalName"].lower()
    names = {name, user["id"].lower()}
    left_out = options.bots | options.outsiders
    if user.get("userType") == "Guest" or _GUEST in name or names & left_out:
        return ()
    mailboxes = [
        each[5:] for each in user.get("proxyAddresses") or () if each[:5].lower() == "smtp:"
    ]
    own = {name.rpartition("@")[2], *options.domains}
    found = [name, user.get("mail") or "", *mailboxes]
    return tuple(each for each in found if each.lower().rpartition("@")[2] in own)


users = UserList(_users, "give the app the application permission User.Read.All")
