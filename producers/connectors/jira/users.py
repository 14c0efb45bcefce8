"""Jira Cloud's user list: who has which address of the organisation.

https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-users/. Jira shows an address
where the account's profile lets it be seen, and does not say whether it is verified: so only those
in the connection's `domains` count. Apps are none; customers only where they are colleagues. Data
Center, where people may write any address into their profile, is not asked.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from producers.connector import Client, User, UserList
from producers.connectors.jira.options import Customers, JiraOptions

PAGE = 200


async def _users(client: Client, options: JiraOptions) -> AsyncIterator[Sequence[User]]:
    place = 0
    while some := (await client.get("users/search", startAt=place, maxResults=PAGE)).content:
        yield [User(options.site, each["accountId"], _addresses(each, options)) for each in some]
        place += len(some)


def _addresses(user: Mapping[str, Any], options: JiraOptions) -> tuple[str, ...]:
    colleagues = options.customers is Customers.COLLEAGUES
    kinds = {"atlassian", "customer"} if colleagues else {"atlassian"}
    left_out = user["accountId"].lower() in options.bots | options.outsiders
    address = user.get("emailAddress")
    return (address,) if address and user.get("accountType") in kinds and not left_out else ()


users = UserList(
    _users,
    "the account of `api_user` has the global permission Browse users and groups, and the accounts "
    "show their addresses to the organisation",
)
