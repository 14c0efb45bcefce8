"""Which ids the warehouse may hold: none of its own is ruled out, nearly all new ones are."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lrs.log.stored_ids import StoredIds

MANY = 50_000


def random_ids() -> Iterator[uuid.UUID]:
    """Version 4."""
    return (uuid.uuid4() for _ in itertools.count())


def timed_ids() -> Iterator[uuid.UUID]:
    """Version 1, made in one go by one machine: only the first of its fields changes."""
    counts = itertools.count(0, 10)
    return (uuid.UUID(fields=(n, 0x1234, 0x11EF, 0x81, 7, 0xAABBCCDDEEFF)) for n in counts)


def counted_ids() -> Iterator[uuid.UUID]:
    """The last digits count."""
    return (uuid.UUID(int=(0xA << 124) | n) for n in itertools.count())


@pytest.mark.parametrize("made", [random_ids, timed_ids, counted_ids])
def test_new_ids_of_any_maker_are_ruled_out(made: Callable[[], Iterator[uuid.UUID]]) -> None:
    warehouse: Any = None
    older = StoredIds(warehouse, 64 << 20)
    older.loaded = True
    ids = [each.bytes for each in itertools.islice(made(), 2 * MANY)]
    held, new = ids[::2], ids[1::2]
    older.add(held)
    assert older.perhaps(held) == held
    assert len(older.perhaps(new)) <= 10  # one in a hundred thousand is expected


def test_until_it_has_loaded_every_id_may_be_there() -> None:
    warehouse: Any = None
    older = StoredIds(warehouse, 64 << 20)
    assert older.perhaps([b"x" * 16]) == [b"x" * 16]
