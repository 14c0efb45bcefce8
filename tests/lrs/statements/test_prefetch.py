"""A walk's next pages are read ahead: the same pages, with fewer questions."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from lrs.statements.prefetch import FRESH_SECONDS, PAGES, Prefetch
from lrs.statements.reader import Range, Stored

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Counting:
    """A reader of statements at the places 0, 1, 2…, which remembers how many were asked for."""

    def __init__(self, count: int) -> None:
        self.places = list(range(count))
        self.asked: list[int] = []

    async def several(self, wanted: Range) -> Sequence[Stored]:
        self.asked.append(wanted.limit)
        order = self.places if wanted.ascending else self.places[::-1]
        if wanted.beyond is not None:
            past = wanted.beyond
            order = [p for p in order if (p > past if wanted.ascending else p < past)]
        return [Stored(b"%d" % place, NOW, place) for place in order[: wanted.limit]]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def ahead(reader: Counting, clock: Clock, kept_bytes: int = 1 << 20) -> Prefetch:
    fake: Any = reader
    return Prefetch(fake, kept_bytes, clock)


async def walked(pages: Prefetch, wanted: Range, most: int = 1000) -> list[list[int]]:
    found = []
    more = True
    while more and len(found) < most:
        page, more = await pages.page(wanted)
        found.append([each.position for each in page])
        if more:
            wanted = wanted._replace(beyond=page[-1].position)
    return found


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 100, 101, 250])
@pytest.mark.parametrize("limit", [1, 7, 10, 300])
def test_a_walk_finds_every_statement_once_in_order(
    count: int, limit: int, ascending: bool
) -> None:
    reader = Counting(count)
    found = asyncio.run(walked(ahead(reader, Clock()), Range(limit=limit, ascending=ascending)))
    places = [place for page in found for place in page]
    assert places == (reader.places if ascending else reader.places[::-1])
    assert all(len(page) == limit for page in found[:-1])


def test_the_first_page_reads_no_further_and_a_walk_asks_seldom() -> None:
    reader = Counting(1000)
    pages = asyncio.run(walked(ahead(reader, Clock()), Range(limit=10), most=1 + 2 * (PAGES - 1)))
    assert len(pages) == 1 + 2 * (PAGES - 1)
    assert reader.asked[0] == 11
    assert reader.asked[1:] == [PAGES * 10 + 1] * (len(reader.asked) - 1)
    assert len(reader.asked) <= 4


def test_what_was_read_a_while_ago_is_read_anew() -> None:
    reader, clock = Counting(100), Clock()

    async def walk() -> list[list[int]]:
        pages = ahead(reader, clock)
        wanted = Range(limit=10)
        found = await walked(pages, wanted, most=2)
        reader.places.remove(75)  # voided meanwhile
        clock.now += FRESH_SECONDS + 0.1
        return found + await walked(pages, wanted._replace(beyond=found[-1][-1]), most=1)

    found = asyncio.run(walk())
    assert found[-1] == [79, 78, 77, 76, 74, 73, 72, 71, 70, 69]


def test_walks_of_other_filters_and_other_readers_are_kept_apart() -> None:
    reader = Counting(100)

    async def walk() -> None:
        pages = ahead(reader, Clock())
        wanted = Range(limit=10, authority="mbox:one")
        await walked(pages, wanted, most=2)
        asked = len(reader.asked)
        for other in (wanted._replace(authority=""), wanted._replace(verb="http://x")):
            await pages.page(other._replace(beyond=80))
            asked += 1
            assert len(reader.asked) == asked
        await pages.page(wanted._replace(beyond=80))
        assert len(reader.asked) == asked

    asyncio.run(walk())


def test_what_is_kept_is_bounded() -> None:
    reader = Counting(1000)

    async def walk() -> list[int]:
        pages = ahead(reader, Clock(), kept_bytes=700)
        sizes = []
        for start in range(1000, 500, -1):
            await pages.page(Range(limit=10, beyond=start))
            sizes.append(pages._size)
        return sizes

    sizes = asyncio.run(walk())
    assert 300 < max(sizes) <= 700
