"""Tools' user lists: which accounts have which verified addresses, as `directory.people` knows it.

A list is read whole, and what differs from what the topic holds is sent as one load
(`producers/links.py`): whole or not at all, and nothing where nothing changed. Who is not in the
list any more stays known: what they did stays theirs. Addresses go there and nowhere else: not into
a cursor, a log line, an error, a figure.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from uuid import uuid4

import orjson

from bus import clients, loads
from bus.publisher import Publisher
from bus.topics import PEOPLE
from producers.connector import SHAPE_ERRORS, Client, Connector, Options, User, UserList, WithUsers
from producers.links import LINKS, Link
from producers.load import send
from producers.polling.errors import PollError, Refused, UsersUnread
from producers.polling.topic import read_whole
from xapi.identity import account_identifier

#: The stream that a tool's user list is.
STREAM = "users"
_ADDRESS = re.compile(r"[^\s@<>,;|()]+@([^\s@<>,;|()]+\.[^\s@<>,;|()]+)")
_LIKE_ONE = re.compile(r"[^\s@<>,;|()\"']+(?:@|%40)[^\s@<>,;|()\"']+", re.IGNORECASE)


class Verified:
    """The verified addresses of accounts, as the topic holds them and this process sent them."""

    def __init__(self, known: Mapping[str, tuple[str, ...]]) -> None:
        self._known = dict(known)

    def changed(self, users: Iterable[User], options: WithUsers) -> list[Link]:
        """What a list says otherwise than it is known; of one account the last word."""
        said = {
            account_identifier(user.home_page, user.name): _counted(user.addresses, options)
            for user in users
        }
        return [
            Link(account, addresses=addresses)
            for account, addresses in sorted(said.items())
            if self._known.get(account, ()) != addresses
        ]

    def sent(self, links: Iterable[Link]) -> None:
        """Notes what is durable."""
        self._known |= {link.account: link.addresses for link in links}


def _counted(addresses: Iterable[str], options: WithUsers) -> tuple[str, ...]:
    """Addresses that count, in lower case; those of other domains do not, where any is named."""
    found = set()
    for written in addresses:
        address = written.strip().lower()
        match = _ADDRESS.fullmatch(address)
        if match and (not options.domains or match[1] in options.domains):
            found.add(address)
    return tuple(sorted(found))


def wanted(connector: Connector, options: Options) -> UserList | None:
    """The user list that a connection reads; None where it has none, or does not say so."""
    listed = connector.poll.users if connector.poll else None
    return listed if isinstance(options, WithUsers) and options.read_users else None


async def tried(listed: UserList, client: Client, options: WithUsers) -> str:
    """How a user list answers, in words: it is read until an address counts, and nothing is kept.

    Raises UsersUnread.
    """
    users = verified = counted = 0
    try:
        async with aclosing(listed.pages(client, options)) as read:  # type: ignore[type-var]
            async for some in read:
                users += len(some)
                verified += sum(bool(user.addresses) for user in some)
                counted += sum(bool(_counted(user.addresses, options)) for user in some)
                if counted:
                    return f"{users} users so far, {counted} of them with a verified address"
    except (PollError, *SHAPE_ERRORS) as error:
        raise _unread(listed, error) from None
    if verified:
        said = f"of {verified} users with a verified address none is in `domains`"
        raise UsersUnread(said, lasting=True)
    if users:
        raise UsersUnread(_no_address(listed), lasting=True)
    return "no users"


async def read_list(
    listed: UserList,
    client: Client,
    options: WithUsers,
    sink: Publisher,
    verified: Verified,
    goes_on: Callable[[], None] = lambda: None,
) -> None:
    """Reads a user list, and sends what is new of it; returns when that is durable. `goes_on` is
    told of each page.

    Raises UsersUnread, whose message has no address, and BrokerUnavailable.
    """
    try:
        users: list[User] = []
        async for some in listed.pages(client, options):
            users += some
            goes_on()
        if users and not any(user.addresses for user in users):
            raise UsersUnread(_no_address(listed), lasting=True)
        links = verified.changed(users, options)
    except (PollError, *SHAPE_ERRORS) as error:
        raise _unread(listed, error) from None
    if links:
        await asyncio.to_thread(send, sink, LINKS, uuid4(), links)
        verified.sent(links)


def _no_address(listed: UserList) -> str:
    return f"the tool gives no verified address: {listed.needs}"


def _unread(listed: UserList, error: Exception) -> UsersUnread:
    """Why a list cannot be read, without addresses; with what it takes, where the tool refuses."""
    odd = f"the answer is not what the tool documents: {type(error).__name__}: {error}"
    said = odd if isinstance(error, SHAPE_ERRORS) else str(error)
    needs = f"; it takes this: {listed.needs}" if isinstance(error, Refused) else ""
    return UsersUnread(without_addresses(said) + needs, lasting=getattr(error, "lasting", False))


def without_addresses(text: str) -> str:
    """A text with nothing left in it that may be a mail address."""
    return _LIKE_ONE.sub("(an address)", text)


async def read(bootstrap: clients.At) -> Verified:
    """What the topic holds in closed loads. Raises KafkaError where Kafka does not answer."""
    waiting: dict[str, dict[str, tuple[str, ...]]] = {}
    known: dict[str, tuple[str, ...]] = {}
    await read_whole(
        bootstrap,
        PEOPLE,
        "headwater-poller-users",
        lambda record: _take(waiting, known, record.value or b""),
    )
    return Verified(known)


def _take(
    waiting: dict[str, dict[str, tuple[str, ...]]], known: dict[str, tuple[str, ...]], value: bytes
) -> None:
    """Takes a record in: what a load says counts with its closing record."""
    try:
        said = loads.read(value, LINKS.counted, LINKS.revision)
    except (orjson.JSONDecodeError, *SHAPE_ERRORS):
        return  # the directory's processor tells of it
    if isinstance(said, loads.Closing):
        known |= waiting.pop(said.load, {})
    elif "addresses" in said and "account" in said:
        waiting.setdefault(said["load"], {})[said["account"]] = tuple(said["addresses"])
