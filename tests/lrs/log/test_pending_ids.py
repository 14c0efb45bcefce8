"""The overlay of unconfirmed ids against a dictionary, and the frontier against a list."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.records import Position
from lrs.log.pending_ids import PendingIds
from lrs.log.watermark import Watermark

IDS = [uuid.UUID(int=n, version=4).bytes for n in range(40)]


@pytest.fixture(params=[200_000, 3], ids=["memory", "disk"])
def overlay(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PendingIds]:
    with PendingIds(tmp_path / "overlay", memory_ids=request.param) as made:
        yield made


def first(partition: int, offset: int) -> int:
    return Position(1_000 + offset, partition, offset, 0).as_uint128()


def test_an_id_is_found_at_its_line_until_its_record_is_confirmed(overlay: PendingIds) -> None:
    overlay.add(3, 7, IDS[:5], first(3, 7))
    assert overlay.find(IDS[:6]) == {i: first(3, 7) + n for n, i in enumerate(IDS[:5])}
    for offsets in ({}, {3: 7}, {2: 100}):
        overlay.confirm(offsets)
        assert overlay.find([IDS[4]]) == {IDS[4]: first(3, 7) + 4}
    overlay.confirm({3: 8})
    overlay.confirm({3: 8})
    assert overlay.find(IDS) == {}


def test_of_two_places_the_first_counts_whichever_came_first(overlay: PendingIds) -> None:
    for offsets in ((9, 4), (11, 12)):
        for offset in offsets:
            overlay.add(0, offset, [IDS[offsets[0]]], first(0, offset))
    assert overlay.find([IDS[9], IDS[11]]) == {IDS[9]: first(0, 4), IDS[11]: first(0, 11)}


def test_what_a_voiding_statement_undoes_is_known_and_is_no_id(overlay: PendingIds) -> None:
    overlay.add(0, 0, IDS[:1], first(0, 0))
    overlay.void(IDS[1], first(0, 0))
    overlay.void(IDS[2], first(0, 0), b"mine")
    assert overlay.voided(IDS[1], b"mine")
    assert overlay.voided(IDS[2], b"mine")
    assert not overlay.voided(IDS[2], b"another's")
    assert not overlay.voided(IDS[0], b"mine")
    assert [overlay.perhaps_voided(each) for each in IDS[:3]] == [False, True, True]
    assert overlay.find(IDS[1:3]) == {}


def test_files_of_an_earlier_run_are_emptied(tmp_path: Path) -> None:
    for _ in range(2):
        with PendingIds(tmp_path / "overlay", memory_ids=1) as overlay:
            assert overlay.find(IDS) == {}
            overlay.add(0, 0, IDS, first(0, 0))
            assert len(overlay.find(IDS)) == len(IDS)


records = st.lists(
    st.tuples(
        st.integers(0, 2), st.lists(st.sampled_from(IDS), min_size=1, max_size=6, unique=True)
    ),
    max_size=30,
)


@given(records, st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_unconfirmed_is_ever_missing(
    tmp_path: Path, some: list[tuple[int, list[bytes]]], data: st.DataObject
) -> None:
    ends = {0: 0, 1: 0, 2: 0}
    committed = {0: 0, 1: 0, 2: 0}
    held: list[tuple[int, int, bytes, int]] = []
    with PendingIds(
        tmp_path / "overlay", memory_ids=data.draw(st.sampled_from([1, 5, 1000]))
    ) as made:
        for partition, ids in some:
            offset = ends[partition]
            ends[partition] += 1
            made.add(partition, offset, ids, first(partition, offset))
            held += [
                (partition, offset, i, first(partition, offset) + n) for n, i in enumerate(ids)
            ]
            if data.draw(st.booleans()):
                moved = data.draw(st.integers(0, 2))
                committed[moved] = data.draw(st.integers(committed[moved], ends[moved]))
                made.confirm(dict(committed))
            found = made.find(IDS)
            everywhere: dict[bytes, set[int]] = {}
            for p, o, i, position in held:
                everywhere.setdefault(i, set()).add(position)
                if o >= committed[p]:
                    assert found[i] <= position
            assert all(position in everywhere[i] for i, position in found.items())


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 60)), max_size=40),
    st.data(),
)
def test_everything_stored_until_the_frontier_is_confirmed(
    appends: list[tuple[int, int]], data: st.DataObject
) -> None:
    """The tail may be behind the topic's end; time never goes back."""
    frontier = Watermark((0, 1))
    now = 1_000
    stored: dict[int, list[int]] = {0: [], 1: []}
    tailed = {0: 0, 1: 0}
    committed = {0: 0, 1: 0}
    for partition, pause in appends:
        now += pause
        stored[partition].append(now)
        if data.draw(st.booleans()):
            for p, times in stored.items():
                upto = data.draw(st.integers(tailed[p], len(times)))
                for offset in range(tailed[p], upto):
                    frontier.appended(p, offset, times[offset])
                tailed[p] = upto
                committed[p] = data.draw(st.integers(committed[p], len(times)))
                frontier.confirmed(p, committed[p], len(times), now)
        for p, times in stored.items():
            waiting = times[committed[p] :]
            assert not waiting or frontier.through < waiting[0]


def test_the_frontier_advances_while_nothing_comes() -> None:
    frontier = Watermark((0, 1))
    frontier.confirmed(0, 5, 5, 10_000)
    assert frontier.through == 0
    frontier.confirmed(1, 0, 0, 10_000)
    assert frontier.through == 9_999
    frontier.confirmed(0, 5, 5, 20_000)
    frontier.confirmed(1, 0, 0, 20_000)
    assert frontier.through == 19_999
