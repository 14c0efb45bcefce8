"""What bodies under way may hold together, whoever sends them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bodies import Body, Crowded, Room


def test_the_largest_that_still_comes_gives_way() -> None:
    room = Room(100)
    with room.body() as large, room.body() as small:
        for _ in range(8):
            large.add(b"x" * 10)
        small.add(b"y" * 15)
        small.add(b"y" * 10)
        assert room.held == 25
        with pytest.raises(Crowded):
            large.add(b"x")
        with pytest.raises(Crowded):
            large.content()
        assert small.content() == b"y" * 25
    assert room.held == 0


def test_who_would_be_the_largest_gives_way_itself() -> None:
    room = Room(100)
    with room.body() as first, room.body() as second:
        first.add(b"x" * 60)
        with pytest.raises(Crowded):
            second.add(b"y" * 61)
        assert first.content() == b"x" * 60


def test_what_is_whole_gives_way_no_more() -> None:
    room = Room(100)
    with room.body() as whole, room.body() as other:
        whole.add(b"x" * 90)
        assert whole.content() == b"x" * 90
        other.add(b"y" * 10)
        with pytest.raises(Crowded):
            other.add(b"y")
    assert room.held == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=200))
def test_never_is_more_held_than_there_may_be(steps: list[tuple[int, int]]) -> None:
    room = Room(100)
    bodies: dict[int, Body] = {}
    for number, size in steps:
        if number not in bodies:
            bodies[number] = room.body().__enter__()
        try:
            bodies[number].add(b"x" * size)
        except Crowded:
            bodies.pop(number).__exit__()
        assert room.held == sum(body.size for body in bodies.values()) <= 100
    for body in bodies.values():
        body.__exit__()
    assert room.held == 0
