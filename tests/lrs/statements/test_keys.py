"""Which keys a range has, between which places, and how several lists of places become one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lrs.statements import keys
from lrs.statements.keys import Range

NOON = datetime(2024, 5, 31, 12, tzinfo=UTC)


def place(moment):
    """The first place of a millisecond."""
    return int(moment.timestamp() * 1000) << 80


def test_since_is_left_out_and_until_is_within():
    low, high = keys.places(Range(since=NOON, until=NOON + timedelta(seconds=1)))
    assert low == place(NOON + timedelta(milliseconds=1))
    assert high == place(NOON + timedelta(milliseconds=1001))


def test_stored_is_a_whole_millisecond():
    within = NOON + timedelta(microseconds=1500)
    assert keys.places(Range(since=within))[0] == place(NOON + timedelta(milliseconds=2))
    assert keys.places(Range(until=within))[1] == place(NOON + timedelta(milliseconds=2))


def test_a_range_may_begin_before_time_and_end_where_reads_are_whole():
    before = datetime(1, 1, 1, tzinfo=UTC)
    assert keys.places(Range(since=before))[0] == 0
    assert keys.places(Range(until=NOON, through=before))[1] == 0
    assert keys.places(Range()) == (0, (1 << 128) - 1)


def test_beyond_is_left_out_in_both_directions():
    assert keys.places(Range(beyond=7, ascending=True))[0] == 8
    assert keys.places(Range(beyond=7))[1] == 7


def test_related_filters_have_two_keys():
    assert keys.filters(Range(agent="a", activity="b", related_activities=True)) == {
        "agents": [(keys.AGENT, "a")],
        "verbs": [],
        "activities": [(keys.ACTIVITY, "b"), (keys.RELATED_ACTIVITY, "b")],
        "registrations": [],
    }


@given(
    st.lists(st.lists(st.integers(0, 40), max_size=25), min_size=1, max_size=3),
    st.integers(1, 6),
    st.booleans(),
)
def test_lists_that_are_cut_off_are_merged_without_a_gap(lists, limit, ascending):
    """Places may come twice in one list and in several."""
    low, high, found = 0, 41, []
    while low < high:
        parts = [
            sorted((p for p in some if low <= p < high), reverse=not ascending)[:limit]
            for some in lists
        ]
        order, more = keys.merged(
            [[(p, UUID(int=p)) for p in some] for some in parts], limit, ascending
        )
        assert len(order) <= limit
        found += [p for p, _ in order]
        if not more:
            break
        low, high = (found[-1] + 1, high) if ascending else (low, found[-1])
    assert found == sorted({p for some in lists for p in some}, reverse=not ascending)
