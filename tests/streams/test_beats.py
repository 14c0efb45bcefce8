"""What a part says of itself is written where it is news, and now and then all the same."""

from typing import Any
from unittest.mock import Mock

import pytest

from streams.beats import AGAIN, Beats
from warehouse import WarehouseUnavailable


def test_it_writes_news_at_once_and_the_same_only_after_a_while() -> None:
    now, written = [0.0], []
    warehouse = Mock()
    warehouse.insert = lambda table, columns, rows: written.append(list(rows))
    beats = Beats(warehouse, lambda: now[0])
    calm: list[Any] = [("worker", "records", 7.0, "")]
    more: list[Any] = [("worker", "records", 8.0, "")]
    for now[0] in (0.0, 1.0, 2.0):
        beats.say(calm)
    assert written == [calm]
    beats.say(more)
    assert written == [calm, more]
    for now[0] in (3.0, 3.0 + AGAIN, 4.0 + AGAIN):
        beats.say(more)
    assert written == [calm, more, more]


def test_what_could_not_be_written_is_said_again() -> None:
    warehouse = Mock()
    warehouse.insert.side_effect = [WarehouseUnavailable("away"), None]
    beats = Beats(warehouse, lambda: 0.0)
    with pytest.raises(WarehouseUnavailable):
        beats.say([("worker", "records", 7.0, "")])
    beats.say([("worker", "records", 7.0, "")])
    beats.say([("worker", "records", 7.0, "")])
    assert warehouse.insert.call_count == 2
