"""Cells that may be shown: counts of events that rest on at least k people each, and stay so beside
each other.

A publication counts the same events in several tables: by behaviour and time, by team, by tool, by
tenure. Each table is a tree. It begins with all events of a period, and a cell is split into its
parts (a week's discovery into that of each team) where the parts have enough people. A part with
fewer than k people stays in the **rest** of its cell; where the rest has fewer than k itself, the
smallest parts join it until it has enough. So no event is left out of any total, and a total is the
sum of its cells: taking one sum of a table from another leaves whole cells, of k people or more.

Sums of two different tables can still be taken from each other, as teams from behaviours. What is
left is then the events that are in one sum and not in the other. Take the cells of both tables as
vertices, and a person as an edge that holds all cells in which their events are: two sums are a cut
of that graph, and who is behind what is left are the people whom it cuts through. So no difference
rests on fewer than k people exactly where every cut goes through k people or none. To find that
out, vertices that no cut of fewer can part are joined and count as one, again and again. Where
people stay whose events are in several of what is left then, a split is undone. The tables grow by
one split at a time, so one that is undone altogether leaves what was safe before it.

Vertices that share k people directly are found at once. The others are put in an order, each time
the one that most people join to those before it: where these are k or more, no cut of fewer parts
it from the one just before it (the pendant pair of a maximum adjacency ordering of a hypergraph:
Klimmek and Wagner 1996; Chekuri and Xu, "Computing minimum cuts in hypergraphs", 2017).

What happens between people has **sides**: behind a question that was answered are who asked and
who answered. A sum or a difference rests on k people of each side, or on nobody of it, as where
nothing was answered. A split that is safe for one side is made coarser for the next, and stays
safe: each sum of coarser cells is a sum of the finer ones. A period with fewer than k people on a
side, and not nobody, is not split at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
#: The code of what is in no part of its own.
REST = -1
#: Who is on a side of a row where nobody is.
NOBODY = -1
#: One of so many of the splits at fault is undone at a time, and one at least.
UNDONE_AT_ONCE = 10
#: Keys that are times: each holds the one after it. A table has one column for them together.
TIMES = ("day", "hour", "quarter", "minute")


@dataclass(frozen=True)
class Events:
    """Events of one period, as columns of one length.

    `person` numbers who is behind each row, `events` says how many it stands for. `keys` are the
    codes of what rows can be told apart by; REST where a row is in no part. `sides` are further
    people behind each row, as who answered; NOBODY where a row has none on a side.
    """

    person: Ints
    events: Ints
    keys: Mapping[str, Ints] = field(default_factory=dict)
    sides: tuple[Ints, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A table of a publication: what its cells are split by, in that order.

    It begins to grow in the round `since`. One that is not `counted` says that there are events in
    a cell and not how many: nothing can be taken from it.
    """

    name: str
    by: tuple[str, ...]
    counted: bool = True
    since: int = 0


@dataclass(frozen=True)
class Cells:
    """The cells of a table: for each its codes (by column of the tree), events and people."""

    codes: Ints
    events: Ints
    people: Ints


def publish(events: Events, trees: Sequence[Tree], k: int) -> dict[str, Cells]:
    """The cells of each tree that may be shown together, with k people at least.

    What is split first stays: the first split of each tree in their order, then the second ones.
    Nothing is shown of a period with fewer people than that.
    """
    if k < 1:
        raise ValueError("a group has at least one person")
    if np.unique(events.person).size < k:
        return {tree.name: _none(tree) for tree in trees}
    paths = grown(events, [tree for tree in trees if tree.counted], k)
    for tree in trees:
        if not tree.counted:
            paths |= grown(events, [tree], k)
    return {name: _counted(events, path, k) for name, path in paths.items()}


def reached(
    events: Events, by: Sequence[str], k: int
) -> Iterator[tuple[tuple[int | None, ...], int]]:
    """Different people by these keys and by some of them (None is any), down to a multiple of k.

    Groups of fewer than k are in none, and what few people did in a group counts in its rest.
    """
    if np.unique(events.person).size < k:
        return
    path = grown(events, [Tree("", tuple(by))], k)[""]
    for told in product((True, False), repeat=len(by)):
        group = _numbered(path[:, [level for level, one in enumerate(told) if one]])
        _, people = people_of(group, events.person)
        first = np.unique(group, return_index=True)[1]
        for row, many in zip(path[first].tolist(), people.tolist(), strict=True):
            if many >= k:
                label = (code if one else None for code, one in zip(row, told, strict=True))
                yield tuple(label), many // k * k


def share(part: Flags, events: Events, k: int) -> float:
    """How many of the events are of a part, in percent, in steps of k events or more."""
    whole = int(events.events.sum())
    step = max(1, -(-100 * k // max(1, whole)))
    return round(100 * int(events.events[part].sum()) / max(1, whole) / step) * step


def grown(events: Events, trees: Sequence[Tree], k: int) -> dict[str, Ints]:
    """The path of each row in each tree: its code at every split, REST from where it is in a rest.

    The trees grow together, each by one split at a time and in their order; a part that would tell
    few people apart stays in the rest.
    """
    rows = events.person.size
    paths: dict[str, list[Ints]] = {tree.name: [] for tree in trees}
    cells = {tree.name: np.zeros(rows, np.int64) for tree in trees}
    for turn in range(max((tree.since + len(tree.by) for tree in trees), default=0)):
        for tree in trees:
            level = turn - tree.since
            if not 0 <= level < len(tree.by):
                continue
            key, before = events.keys[tree.by[level]], paths[tree.name]
            if before and tree.counted:
                key = np.where(before[-1] == REST, REST, key)
            others = [cell for name, cell in cells.items() if name != tree.name and paths[name]]
            part = key
            for side in (events.person, *events.sides):
                part = (
                    _split_of_side(cells[tree.name], part, others, side, k)
                    if tree.counted
                    else _named(cells[tree.name], part, side, k)
                )
            paths[tree.name].append(part)
            cells[tree.name] = _numbered(np.column_stack((cells[tree.name], part)))
    return {name: np.column_stack(parts) for name, parts in paths.items()}


def _split_of_side(cell: Ints, key: Ints, others: Sequence[Ints], side: Ints, k: int) -> Ints:
    """As `_safely_split`, for people who are behind some of the rows only.

    A part with nobody on the side stays as it is. A cell with some, yet fewer than k, is all of a
    period that has no more of them: it stays whole, for parts with nobody would tell the others.
    """
    there = side != NOBODY
    held, many = people_of(cell[there], side[there])
    few = np.isin(cell, held[many < k])
    rows = there & ~few
    if rows.all():
        return _safely_split(cell, key, others, side, k)
    after = np.where(few, REST, key)
    split_others = [_numbered(other[rows][:, None]) for other in others]
    within = _numbered(cell[rows][:, None])
    after[rows] = _safely_split(within, key[rows], split_others, side[rows], k)
    # A part is in the rest whole, with the rows that nobody of the side is behind.
    part = _numbered(np.column_stack((cell, key)))
    return np.where(np.isin(part, part[after == REST]), REST, key)


def _safely_split(cell: Ints, key: Ints, others: Sequence[Ints], person: Ints, k: int) -> Ints:
    """As `split`, without the parts that a difference to another table tells few people by."""
    part = split(cell, key, person, k)
    checked = 0
    # Without any part the table is what it was, and that was safe.
    while checked < len(others) and (part != REST).any():
        for other in others:
            after = _numbered(np.column_stack((cell, part)))
            one, two = _vertices(other, after, person, k)
            if (one != two).any() and _apart(cell, two).any():
                part, checked = _undone(cell, part, two), 0
                break
            checked += 1
    return part


def _undone(cell: Ints, part: Ints, vertex: Ints) -> Ints:
    """The parts, less some that are at fault, which join the rest of their cell: the smallest.

    At fault are the parts of a cell that are not one vertex, but for those that are one with most
    of its events.
    """
    place = _numbered(np.column_stack((cell, vertex)))
    most = np.bincount(place)[place]
    largest = np.zeros(cell.max() + 1, np.int64)
    np.maximum.at(largest, cell, most)
    at_fault = (part != REST) & _apart(cell, vertex)[cell]
    some = at_fault & (most < largest[cell])
    at_fault = some if some.any() else at_fault
    parts = _numbered(np.column_stack((cell, part)))
    found = np.unique(parts[at_fault])
    order = found[np.argsort(np.bincount(parts)[found], kind="stable")]
    return np.where(np.isin(parts, order[: max(1, order.size // UNDONE_AT_ONCE)]), REST, part)


def safe(first: Ints, second: Ints, person: Ints, k: int) -> bool:
    """Whether no difference of sums of these two tables rests on fewer than k people."""
    one, two = _vertices(_numbered(first), _numbered(second), person, k)
    return bool((one == two).all())


def people_of(groups: Ints, person: Ints) -> tuple[Ints, Ints]:
    """The groups that occur, and how many different people are in each."""
    people = int(person.max(initial=0)) + 1
    found, many = np.unique(_unique(groups * people + person) // people, return_counts=True)
    return found, many.astype(np.int64)


def split(cells: Ints, key: Ints, person: Ints, k: int) -> Ints:
    """The key of each row where its part may be told apart within its cell, else REST.

    Every cell has k people; then so has every part, and every rest that has anybody.
    """
    part = _numbered(np.stack((cells, key), axis=1))
    _, size = people_of(part, person)
    of_part = np.zeros(size.size, np.int64)
    of_part[part] = cells
    apart = _large(cells, key, person, k)
    while True:
        resting = ~apart[part]
        held, many = people_of(cells[resting], person[resting])
        short = held[many < k]
        if not short.size:
            return np.where(resting, REST, key)
        candidates = np.flatnonzero(apart & np.isin(of_part, short))
        if not candidates.size:
            raise ValueError(f"a cell of fewer than {k} people was to be split")
        order = candidates[np.lexsort((candidates, size[candidates]))]
        _, first = np.unique(of_part[order], return_index=True)
        apart[order[first]] = False


def _large(cells: Ints, key: Ints, person: Ints, k: int) -> Flags:
    """Which parts have enough people, by the number of the part."""
    part = _numbered(np.stack((cells, key), axis=1))
    _, size = people_of(part, person)
    large: Flags = (size >= k) & (_firsts(part, key) != REST)
    return large


def _named(cells: Ints, key: Ints, side: Ints, k: int) -> Ints:
    """As `split` for what is not counted: a rest may be of fewer people, for nothing is taken
    from anything."""
    there = side != NOBODY
    part = _numbered(np.stack((cells, key), axis=1))
    size = np.zeros(part.max(initial=-1) + 1, np.int64)
    found, many = people_of(part[there], side[there])
    size[found] = many
    enough = (size == 0) | (size >= k)
    return np.where(enough[part], key, REST)


def _vertices(one: Ints, two: Ints, person: Ints, k: int) -> tuple[Ints, Ints]:
    """For each row the vertices that its cells of two tables have become, once those are one that
    no difference of fewer than k people can tell apart."""
    two = two + one.max(initial=-1) + 1
    vertex = np.arange(two.max(initial=-1) + 1)
    people = int(person.max(initial=0)) + 1
    left = _unique((one * vertex.size + two) * people + person)
    ends = np.column_stack(np.divmod(left // people, vertex.size))
    who = left % people
    while ends.size:
        pairs = _sharing(ends, who, k)
        if not pairs.size:
            pairs = _ordered(_edges(ends, who), k)
        if not pairs.size:
            break
        vertex = _joined(vertex, pairs)
        ends = vertex[ends]
        open_ = ends[:, 0] != ends[:, 1]
        ends, who = ends[open_], who[open_]
    return vertex[one], vertex[two]


def _apart(cell: Ints, vertex: Ints) -> Flags:
    """By the number of the cell: whether its parts are more than one vertex."""
    first = np.zeros(cell.max(initial=-1) + 1, np.int64)
    first[cell] = vertex
    apart = np.zeros(first.size, np.bool_)
    apart[cell[vertex != first[cell]]] = True
    return apart


def _sharing(ends: Ints, person: Ints, k: int) -> Ints:
    """Pairs of vertices that hold events of the same k people between them."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    size = int(high.max(initial=0)) + 1
    pairs, many = people_of(low * size + high, person)
    return np.column_stack(np.divmod(pairs[many >= k], size))


def _edges(ends: Ints, person: Ints) -> list[set[int]]:
    """For each person the vertices that their events join. Of somebody whose events fall apart into
    several such sets the largest: one person must not count twice in a cut."""
    held: dict[int, list[set[int]]] = {}
    for who, one, two in np.unique(np.column_stack((person, ends)), axis=0).tolist():
        near = {one, two}
        apart = []
        for other in held.get(who, ()):
            if near.isdisjoint(other):
                apart.append(other)
            else:
                near |= other
        held[who] = [*apart, near]
    return [max(sets, key=lambda each: (len(each), min(each))) for sets in held.values()]


def _ordered(edges: Sequence[set[int]], k: int) -> Ints:
    """Pairs of vertices that no cut through fewer than k edges parts."""
    of: dict[int, list[int]] = {}
    for number, edge in enumerate(edges):
        for vertex in edge:
            of.setdefault(vertex, []).append(number)
    near = dict.fromkeys(sorted(of), 0)
    reached = [False] * len(edges)
    queue = [(0, vertex) for vertex in near]
    pairs = []
    before = None
    while queue:
        size, vertex = heappop(queue)
        if near.get(vertex) != -size:
            continue
        if before is not None and -size >= k:
            pairs.append((before, vertex))
        before = vertex
        del near[vertex]
        for number in of[vertex]:
            if reached[number]:
                continue
            reached[number] = True
            for other in edges[number]:
                if other in near:
                    near[other] += 1
                    heappush(queue, (-near[other], other))
    return np.array(pairs, np.int64).reshape(len(pairs), 2)


def _joined(vertex: Ints, edges: Ints) -> Ints:
    """Each vertex's representative once the ends of these edges are one."""
    parent = np.arange(vertex.size)
    while True:
        # The smallest representative wins, edge by edge, until nothing changes.
        low = np.minimum(parent[edges[:, 0]], parent[edges[:, 1]])
        after = parent.copy()
        np.minimum.at(after, edges[:, 0], low)
        np.minimum.at(after, edges[:, 1], low)
        np.minimum.at(after, parent[edges[:, 0]], low)
        np.minimum.at(after, parent[edges[:, 1]], low)
        after = after[after]
        if np.array_equal(after, parent):
            return parent[vertex]
        parent = after


def _numbered(columns: Ints) -> Ints:
    """A number for each row, the same for the same values."""
    number = np.zeros(columns.shape[0], np.int64)
    for column in columns.T:
        code = pd.factorize(column)[0]
        number = pd.factorize(number * (code.max(initial=0) + 1) + code)[0].astype(np.int64)
    return number


def _unique(values: Ints) -> Ints:
    """Each value once, in order."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if ordered.size else ordered


def _firsts(group: Ints, values: Ints) -> Ints:
    """The first value of each group (all values of a group are one)."""
    return values[np.unique(group, return_index=True)[1]]


def _counted(events: Events, path: Ints, k: int) -> Cells:
    """The cells of a table; what has too few people in one that is not counted is not in it."""
    cell = _numbered(path)
    _, first = np.unique(cell, return_index=True)
    many = np.zeros(first.size, np.int64)
    np.add.at(many, cell, events.events)
    _, people = people_of(cell, events.person)
    enough = people >= k
    return Cells(path[first][enough], many[enough], people[enough])


def _none(tree: Tree) -> Cells:
    nothing = np.zeros(0, np.int64)
    return Cells(np.zeros((0, len(tree.by)), np.int64), nothing, nothing)
