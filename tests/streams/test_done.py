"""What may be committed: the whole of what is done, and no more."""

from hypothesis import given
from hypothesis import strategies as st

from streams.done import Done, Missing, Place

ONE, OTHER = Place("events", 0), Place("events", 1)


def test_a_partition_counts_from_where_it_was_started() -> None:
    done = Done()
    done.start({ONE: 90})
    assert done.due() == {}
    done.add([(ONE, 90), (ONE, 91)])
    assert done.due() == {ONE: 92}
    done.committed({ONE: 92})
    assert done.due() == {}


def test_a_commit_that_failed_is_due_again() -> None:
    done = Done()
    done.start({ONE: 0})
    done.add([(ONE, 0)])
    assert done.due() == done.due() == {ONE: 1}


def test_what_is_not_assigned_counts_for_nothing() -> None:
    done = Done()
    done.start({ONE: 0, OTHER: 0})
    done.forget()
    done.start({OTHER: 7})
    done.add([(ONE, 0), (OTHER, 7)])
    assert done.due() == {OTHER: 8}
    assert not done.holds(ONE)


def test_reading_from_the_same_place_again_undoes_nothing() -> None:
    done = Done()
    done.start({ONE: 5})
    done.add([(ONE, 5), (ONE, 6)])
    done.start({ONE: 5})
    assert done.missing([(ONE, 5), (ONE, 6), (ONE, 7)]) == []
    done.add([(ONE, 5)])
    assert done.due() == {ONE: 7}


def test_a_hole_is_named() -> None:
    done = Done()
    done.start({ONE: 5, OTHER: 0})
    assert done.missing([(ONE, 5), (OTHER, 0), (ONE, 8), (OTHER, 1)]) == [Missing(ONE, 6, 8)]
    assert done.missing([(ONE, 6)]) == [Missing(ONE, 5, 6)]


@given(st.lists(st.integers(1, 5)), st.integers(0, 50), st.data())
def test_any_batches_however_they_end_commit_a_run_without_holes(
    sizes: list[int], start: int, data: st.DataObject
) -> None:
    """Batches end as done or not; what is not done is read again before what follows it."""
    done = Done()
    done.start({ONE: start})
    stored: set[int] = set()
    committed = at = start
    for size in sizes:
        batch = [(ONE, at + n) for n in range(size)]
        assert done.missing(batch) == []
        match data.draw(st.sampled_from(("done", "failed", "rebalanced"))):
            case "done":
                stored |= {offset for _, offset in batch}
                done.add(batch)
                at += size
            case "failed":
                done.forget()
                done.start({ONE: committed})
                at = committed
            case "rebalanced":
                done.forget()
                done.add(batch)
                done.start({ONE: committed})
                at = committed
        if data.draw(st.booleans()):
            offsets = done.due()
            committed = offsets.get(ONE, committed)
            done.committed(offsets)
        assert set(range(start, committed)) <= stored
