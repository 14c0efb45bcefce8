"""Does a connection work: each of its lists is asked for the first page, and nothing is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import NamedTuple

from producers.connector import SHAPE_ERRORS, Client
from producers.intake import Intake
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
    poll, options = intake.connector.poll, intake.connection.options
    for name, pages in poll.streams.items() if poll else ():
        try:
            async with asyncio.timeout(SECONDS), aclosing(pages(api, options, "")) as read:  # type: ignore[type-var]
                page = await anext(read, None)
        except PollError as error:
            yield Checked(name, False, str(error))
        except TimeoutError:
            yield Checked(name, False, f"no answer within {SECONDS:.0f} s")
        except SHAPE_ERRORS as error:
            yield Checked(name, False, f"the answer is not what the tool documents: {error!r}")
        else:
            events = () if page is None else page.events
            sorts = [taken.disposition.value for taken in intake.polled(events)[1]]
            told = (f"{sorts.count(sort)} {sort}" for sort in dict.fromkeys(sorts))
            first = f"{len(events)} events on the first page"
            yield Checked(name, True, f"{first}: {', '.join(told)}" if events else first)
