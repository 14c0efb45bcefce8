"""A range query of Prometheus's HTTP interface: a figure a series and period, as it stands at the
period's end. https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries

Periods are those of UTC, and only whole ones are asked for. A value that is no number (NaN, as of
nothing by nothing) is no figure.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from producers.errors import NotPulled
from producers.pulling.http import Answer, asked
from producers.table import Record, Table
from xapi.catalogue import Prometheus

#: The largest answer, in bytes.
MOST_BYTES = 16 << 20
_STEPS = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


def table(pull: Prometheus, auth: httpx.Auth | None, token: str, now: datetime) -> Table:
    """The figures of a pull's periods before `now`. Raises NotPulled."""
    records: list[Record] = []
    for period, ends in _ranges(pull, now):
        for team, at, value in _values(_answer(pull, auth, token, *ends), pull.team):
            if value not in ("NaN", "+NaN", "-NaN"):
                cells = (pull.kpi, team, period(at), value)
                records.append(Record(len(records) + 2, cells))
    return Table(("kpi", "team", "period", "value"), records)


def _ranges(
    pull: Prometheus, now: datetime
) -> Iterator[tuple[Any, tuple[datetime, datetime, int]]]:
    """How the end of a period is called, and (first end, last end, step) of each request."""
    today = now.astimezone(UTC).date()
    if pull.grain == "month":
        for end in _months(today, pull.periods):
            yield _month_before, (_midnight(end), _midnight(end), 86_400)
        return
    step = _STEPS[pull.grain]
    last = today if pull.grain == "day" else today - timedelta(days=today.weekday())
    first = last - step * (pull.periods - 1)
    name = _day_before if pull.grain == "day" else _week_before
    yield name, (_midnight(first), _midnight(last), int(step.total_seconds()))


def _months(today: date, count: int) -> list[date]:
    """The first days of this month and of those before it: where as many months ended."""
    ends = [today.replace(day=1)]
    while len(ends) < count:
        ends.insert(0, (ends[0] - timedelta(days=1)).replace(day=1))
    return ends


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _day_before(end: datetime) -> str:
    return (end.date() - timedelta(days=1)).isoformat()


def _week_before(end: datetime) -> str:
    year, week, _ = (end.date() - timedelta(days=1)).isocalendar()
    return f"{year:04}-W{week:02}"


def _month_before(end: datetime) -> str:
    return _day_before(end)[:7]


def _answer(
    pull: Prometheus,
    auth: httpx.Auth | None,
    token: str,
    start: datetime,
    end: datetime,
    step: int,
) -> Answer:
    asking = {
        "query": pull.query,
        "start": str(int(start.timestamp())),
        "end": str(int(end.timestamp())),
        "step": str(step),
        "timeout": f"{pull.timeout:g}s",
    }
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = httpx.URL(f"{pull.url.rstrip('/')}/api/v1/query_range", params=asking)
    with httpx.Client(auth=auth, timeout=pull.timeout, trust_env=False) as client:
        return asked(client, client.build_request("GET", address, headers=headers), MOST_BYTES)


def _values(answer: Answer, label: str) -> Iterator[tuple[str, datetime, str]]:
    """(team, moment, value) of an answer; raises NotPulled for another shape than is documented."""
    try:
        said = answer.json()
        if said["status"] != "success":
            kind, message = said.get("errorType", "error"), said.get("error", "")
            raise NotPulled(f"Prometheus refuses the query ({kind}): {str(message)[:300]}")
        if answer.status >= 400:
            raise NotPulled(f"Prometheus answers {answer.status}")
        if (kind := said["data"]["resultType"]) != "matrix":
            raise NotPulled(f"Prometheus answers a {kind}, and not a matrix")
        for series in said["data"]["result"]:
            if not (team := series["metric"].get(label)):
                raise NotPulled(
                    f"a series has no label {label!r}: sum by it, or name another by `team`"
                )
            for at, value in series["values"]:
                yield team, datetime.fromtimestamp(float(at), UTC), value
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if answer.status >= 400:
            raise NotPulled(f"Prometheus answers {answer.status}") from error
        raise NotPulled("the answer is not what Prometheus documents") from error
