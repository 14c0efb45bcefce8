"""When a run of links is due: once a night of the organisation's, and where something is new."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from kpis.links.history import LEAST_WEEKS, LOOK_AGAIN, REST, Known, due, night


def utc(*at: int) -> dt.datetime:
    return dt.datetime(2026, *at, tzinfo=dt.UTC)  # type: ignore[misc]


BERLIN = ZoneInfo("Europe/Berlin")
AT = dt.time(3, 30)
NOW = utc(3, 10, 12)
#: Half past three in Berlin.
TONIGHT = utc(3, 10, 2, 30)
MINUTE = dt.timedelta(minutes=1)


def known(began: dt.datetime | None = NOW - MINUTE, **more: object) -> Known:
    return Known(BERLIN, began, began, **{"figures": 1, "weeks": LEAST_WEEKS, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (NOW, TONIGHT),
        (TONIGHT, TONIGHT),
        (TONIGHT - MINUTE, TONIGHT - dt.timedelta(days=1)),
        # The night in which the clock goes from 2 to 3, and the one in which 2:30 comes twice.
        (utc(3, 29, 12), utc(3, 29, 1, 30)),
        (utc(10, 25, 12), utc(10, 25, 2, 30)),
    ],
)
def test_the_night_is_the_organisations(now: dt.datetime, last: dt.datetime) -> None:
    assert night(now, AT, BERLIN) == last


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (known(), ""),
        (known(TONIGHT), ""),
        (known(TONIGHT - MINUTE), "night"),
        (known(declared=NOW), "declared"),
        (known(declared=NOW - 2 * MINUTE), ""),
        (known(None), "begin"),
        (known(None, weeks=LEAST_WEEKS - 1), ""),
        (known(figures=0), ""),
        (known(NOW - LOOK_AGAIN, figures=0), "begin"),
        (known(NOW - LOOK_AGAIN, figures=0, weeks=0), ""),
        (known(NOW - LOOK_AGAIN, older=True), "begin"),
        (known(older=True), ""),
        (known(NOW - LOOK_AGAIN), ""),
        (Known(BERLIN, TONIGHT - MINUTE, NOW - MINUTE, "it broke", 1, False, LEAST_WEEKS), ""),
        (Known(BERLIN, TONIGHT - MINUTE, NOW - REST, "it broke", 1, False, LEAST_WEEKS), "night"),
    ],
)
def test_a_run_is_due(what: Known, why: str) -> None:
    assert due(what, AT, NOW) == why
