"""Slack's user list: who has which confirmed address.

https://docs.slack.dev/reference/methods/users.list. Slack tells `is_email_confirmed` of members;
bots, apps, guests of single channels or several, and people of other organisations (strangers) are
nobody of ours. Who was deactivated stays: what they did stays theirs.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from producers.connector import Client, User, UserList
from producers.connectors.slack import web_api
from producers.connectors.slack.options import SlackOptions
from producers.connectors.slack.source import SLACKBOT

#: What Slack calls users who are no members.
_OTHERS = (
    "is_bot", "is_app_user", "is_workflow_bot", "is_restricted", "is_ultra_restricted",
    "is_stranger",
)  # fmt: skip


async def _users(client: Client, options: SlackOptions) -> AsyncIterator[Sequence[User]]:
    site = options.site.rstrip("/").lower()
    async for reply in client.pages("users.list", web_api.following, limit=web_api.PAGE):
        found = [(each, _addresses(each, options)) for each in reply.content["members"]]
        yield [
            User(site, each["id"], addresses)
            for each, addresses in found
            if addresses or not each.get("deleted")
        ]


def _addresses(user: Mapping[str, Any], options: SlackOptions) -> tuple[str, ...]:
    address = (user.get("profile") or {}).get("email")
    left_out = user["id"] == SLACKBOT or user["id"] in options.bots | options.outsiders
    if left_out or any(user.get(other) for other in _OTHERS):
        return ()
    return (address,) if address and user.get("is_email_confirmed") else ()


users = UserList(_users, "give the app the scopes users:read and users:read.email")
