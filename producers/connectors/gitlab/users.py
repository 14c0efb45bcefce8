"""GitLab's user list: who has which confirmed address.

https://docs.gitlab.com/api/users/ (a server of one's own: an administrator sees `email` and
`confirmed_at`) and https://docs.gitlab.com/api/group_enterprise_users/ (gitlab.com: the owner of a
top-level group sees those of its enterprise users). External users are outside.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from producers.connector import Client, User, UserList
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import HOME, is_machine

PAGE = 100


async def _users(client: Client, options: GitLabOptions) -> AsyncIterator[Sequence[User]]:
    parts = urlsplit(options.site)
    host = f"{parts.scheme}://{parts.netloc}".lower()
    groups = [f"groups/{quote(name, safe='')}/enterprise_users" for name in options.groups]
    for path in groups if host == HOME else ["users"]:
        async for reply in client.pages(path, order_by="id", sort="asc", per_page=PAGE):
            yield [User(host, str(each["id"]), _addresses(each, options)) for each in reply.content]


def _addresses(user: Mapping[str, Any], options: GitLabOptions) -> tuple[str, ...]:
    outside = user.get("external") or user["id"] in options.outsiders
    if outside or user.get("bot") or is_machine(user, options):
        return ()
    address = user.get("email")
    return (address,) if address and user.get("confirmed_at") else ()


users = UserList(
    _users,
    "the token is an administrator's; at gitlab.com that of an owner of the `groups`, which are "
    "top-level groups with enterprise users",
)
