"""How long the poller rests before it reads a stream again."""

import pytest
from test_poller import Toy, intake, notes

from producers.poller import AGAIN_SECONDS, Poller, Stream
from producers.settings import PollerSettings


@pytest.fixture
def stream() -> Stream:
    poller = Poller(PollerSettings(), {"one": intake("one", notes=notes)}, api_of=lambda _: Toy(1))
    (found,) = poller.streams
    return found


def rests(stream: Stream, failures: int) -> list[float]:
    stream.failures = failures
    return [stream.rest for _ in range(200)]


def test_what_was_read_rests_for_its_interval(stream: Stream) -> None:
    assert set(rests(stream, 0)) == {stream.every}


def test_what_failed_is_tried_again_after_times_that_grow_at_random(stream: Stream) -> None:
    for failures in range(1, 6):
        longest = AGAIN_SECONDS * 2 ** (failures - 1)
        found = rests(stream, failures)
        assert longest / 2 <= min(found) < max(found) <= longest < stream.every


def test_it_is_never_tried_later_than_if_it_had_been_read(stream: Stream) -> None:
    for failures in (7, 8, 100, 10_000):
        assert max(rests(stream, failures)) <= stream.every
    stream.every = 5.0
    assert set(rests(stream, 1)) == {5.0}
