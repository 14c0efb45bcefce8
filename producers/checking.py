"""Does a connection work: each of its lists is asked for the first page, and nothing is kept.

The tool's user list, where the connection reads it, is read until an address counts.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, NamedTuple

from producers.connector import SHAPE_ERRORS, Client, WithUsers
from producers.intake import Intake
from producers.polling import users
from producers.polling.errors import PollError

#: How long one list may take to answer, in seconds.
SECONDS = 30.0


class Checked(NamedTuple):
    """What one list of a tool answered."""

    stream: str
    #: Whether it can be read.
    well: bool
    #: What it holds, or what is wrong, in words.
    said: str


async def checked(intake: Intake, api: Client) -> AsyncIterator[Checked]:
    """What each list of a connection's tool answers, in their order."""
    for name in intake.connector.poll.streams if intake.connector.poll else ():
        yield await _answered(name, _first_page(name, intake, api))
    if users.wanted(intake.connector, intake.connection.options):
        yield await _answered(users.STREAM, _user_list(intake, api))


async def _answered(stream: str, asked: Coroutine[Any, Any, str]) -> Checked:
    """What a list answers to what it is asked, and whether that is well."""
    try:
        async with asyncio.timeout(SECONDS):
            return Checked(stream, True, await asked)
    except PollError as error:
        return Checked(stream, False, str(error))
    except TimeoutError:
        return Checked(stream, False, f"no answer within {SECONDS:.0f} s")
    except SHAPE_ERRORS as error:
        return Checked(stream, False, f"the answer is not what the tool documents: {error!r}")


async def _first_page(stream: str, intake: Intake, api: Client) -> str:
    """What the first page of a list holds."""
    assert intake.connector.poll
    pages = intake.connector.poll.streams[stream]
    async with aclosing(pages(api, intake.connection.options, "")) as read:  # type: ignore[type-var]
        page = await anext(read, None)
    events = () if page is None else page.events
    sorts = [taken.disposition.value for taken in intake.polled(events)[1]]
    told = (f"{sorts.count(sort)} {sort}" for sort in dict.fromkeys(sorts))
    first = f"{len(events)} events on the first page"
    return f"{first}: {', '.join(told)}" if events else first


async def _user_list(intake: Intake, api: Client) -> str:
    """Whether somebody's address counts."""
    options = intake.connection.options
    listed = users.wanted(intake.connector, options)
    assert listed
    assert isinstance(options, WithUsers)
    return await users.tried(listed, api, options)
