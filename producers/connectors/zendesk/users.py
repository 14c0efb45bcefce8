"""Zendesk's user list: who of the staff has which verified address.

https://developer.zendesk.com/api-reference/ticketing/users/users/: `verified` is of the primary
identity, which `email` is. End users count only where they are colleagues.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from producers.connector import Client, Reply, User, UserList
from producers.connectors.zendesk.options import Requesters, ZendeskOptions
from producers.connectors.zendesk.source import CUSTOMER, STAFF

PAGE = 100


async def _users(client: Client, options: ZendeskOptions) -> AsyncIterator[Sequence[User]]:
    colleagues = options.requesters is Requesters.COLLEAGUES
    for role in (*sorted(STAFF), *((CUSTOMER,) if colleagues else ())):
        async for reply in client.pages("users.json", _next, role=role, **{"page[size]": PAGE}):
            yield [
                User(options.site, str(each["id"]), _addresses(each, options))
                for each in reply.content["users"]
                if each.get("active", True)
            ]


def _next(reply: Reply) -> Mapping[str, str | int]:
    meta = reply.content["meta"]
    return {"page[after]": meta["after_cursor"]} if meta.get("has_more") else {}


def _addresses(user: Mapping[str, Any], options: ZendeskOptions) -> tuple[str, ...]:
    address = user.get("email")
    counts = user.get("verified") and user["id"] not in options.bots
    return (address,) if address and counts else ()


users = UserList(_users, "the account of `api_user` may see all users: an agent's or an admin's")
