"""Discourse's user list: who has which confirmed address.

`/admin/users/list/active.json` with `show_emails`: an account is active once its address has been
confirmed. Discourse notes in its staff log that addresses were shown.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from producers import people
from producers.connector import Client, User, UserList
from producers.connectors.discourse.options import DiscourseOptions
from producers.connectors.discourse.source import is_own

_LIST = "admin/users/list/active.json"


async def _users(client: Client, options: DiscourseOptions) -> AsyncIterator[Sequence[User]]:
    asked = {"show_emails": "true", "order": "created", "asc": "true"}
    page = 1
    while some := (await client.get(_LIST, page=page, **asked)).content:
        yield [
            User(options.site, each["username"].lower(), _addresses(each, options))
            for each in some
            if not is_own(each["username"], each["id"])
        ]
        page += 1


def _addresses(user: Mapping[str, Any], options: DiscourseOptions) -> tuple[str, ...]:
    name, address = user["username"].lower(), user.get("email")
    if name in options.bots | options.outsiders or not people.is_person(name):
        return ()
    return (address,) if address and user.get("active") and not user.get("staged") else ()


users = UserList(_users, "the API key is of all users, and `api_user` is an administrator")
