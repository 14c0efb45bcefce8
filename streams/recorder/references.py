"""lrs.reference_rows → lrs.statement_keys: who refers to a statement is found by its filters too.

A statement whose object is a StatementRef meets a filter where its target does, and so on along the
chain (xAPI 1.0.3 Part Three 2.1.4). So it gets its target's keys. Either may come first: after each
insert the recorder asks for the references in it and for those into it, and writes their keys anew,
whole, before it commits. A redelivered reference has only its own keys until that is done again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from warehouse import Warehouse

#: References that are written at a time, and ids asked for at a time.
CHUNK = 1_000
COLUMNS = ("key", "position", "id", "keys", "own", "authority")
EVERY = 0

T = TypeVar("T")


class Found(NamedTuple):
    """A statement of a chain: where it stands and what it refers to."""

    position: int
    target: UUID | None


class Keys(NamedTuple):
    """A statement's keys as they stand: its own, all of them, and who wrote it."""

    own: tuple[int, ...]
    every: frozenset[int]
    authority: int


def inherit(warehouse: Warehouse, batches: Sequence[int]) -> int:
    """Gives references of these inserts, and into them, their targets' keys; returns how many."""
    touched = {row[0] for row in warehouse.rows("references/touched", batches=list(batches))}
    if not touched:
        return 0
    every = _upwards(warehouse, touched)
    for some in _chunks(every):
        _write(warehouse, some)
    return len(every)


def inherit_old(warehouse: Warehouse) -> int:
    """The same for the references that a back-fill found; done once, by the recorder's start."""
    old = [row[0] for row in warehouse.rows("references/old")]
    for some in _chunks(old):
        _write(warehouse, some)
    if old:
        warehouse.command("references/old_done")
    return len(old)


def _upwards(warehouse: Warehouse, touched: set[UUID]) -> set[UUID]:
    """These references and those that refer to them, and so on."""
    found, fresh = set(touched), touched
    while fresh:
        above = {
            row[0] for some in _chunks(fresh) for row in warehouse.rows("references/to", ids=some)
        }
        fresh = above - found
        found |= fresh
    return found


def _write(warehouse: Warehouse, references: Sequence[UUID]) -> None:
    known = _downwards(warehouse, references)
    keys = _keys(warehouse, [each.position for each in known.values()])
    rows: list[Sequence[object]] = []
    lost: set[int] = set()
    places: list[int] = []
    for identifier in references:
        reference = known.get(identifier)
        mine = keys.get(reference.position) if reference else None
        if reference is None or mine is None:
            continue
        inherited = {
            key
            for each in _chain(identifier, known)
            if each.position in keys
            for key in keys[each.position].own
        }
        every = [*mine.own, *sorted(inherited - set(mine.own))]
        lost |= mine.every - set(every)
        places.append(reference.position)
        for key in (EVERY, *every):
            row = (key, reference.position, identifier, every, len(mine.own), mine.authority)
            rows.append(row)
    if lost:
        warehouse.command("references/keys_forget", keys=sorted(lost), places=places)
    warehouse.insert("lrs.statement_keys", COLUMNS, rows)


def _downwards(warehouse: Warehouse, references: Iterable[UUID]) -> dict[UUID, Found]:
    """These references, their targets, the targets' targets: what of them is stored, by id."""
    found: dict[UUID, Found] = {}
    fresh = set(references)
    while fresh:
        below: set[UUID] = set()
        for some in _chunks(fresh):
            for identifier, place, target in warehouse.rows("references/targets", ids=some):
                found[identifier] = Found(int(place), target)
                below |= {target} if target else set()
        fresh = below - found.keys() - fresh
    return found


def _chain(identifier: UUID, known: dict[UUID, Found]) -> Iterator[Found]:
    """What a statement refers to, and so on; each once, as a chain may come back to itself."""
    seen = {identifier}
    following = known[identifier].target
    while following is not None and following not in seen and following in known:
        seen.add(following)
        yield known[following]
        following = known[following].target


def _keys(warehouse: Warehouse, positions: Iterable[int]) -> dict[int, Keys]:
    found: dict[int, Keys] = {}
    for some in _chunks(positions):
        for place, keys, own, authority in warehouse.rows("references/keys_at", places=some):
            before = found.get(int(place))
            every = frozenset(keys) | (before.every if before else frozenset())
            found[int(place)] = Keys(tuple(keys[:own]), every, authority)
    return found


def _chunks(some: Iterable[T]) -> Iterator[list[T]]:
    every = list(some)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
