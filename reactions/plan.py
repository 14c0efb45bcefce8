"""Which messages are delivered now: in the hours of the quiet time's end, so many a day, once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from reactions.document import Document
from reactions.memory import Waiting
from reactions.worktime import WorkTime

#: A message that could not be delivered for so long is given up.
GIVEN_UP = timedelta(days=7)


class Plan(NamedTuple):
    """What is given up, each with the reason, and what each target is told of now, in order."""

    expired: list[tuple[Waiting, str]]
    due: dict[str, list[Waiting]]


def plan(
    waiting: Sequence[Waiting],
    document: Document,
    work: WorkTime,
    now: datetime,
    had: Mapping[str, int],
) -> Plan:
    """What becomes of what waits; `had` is how many messages each target had today."""
    targets = {each.name: each for each in document.target}
    found = Plan([], {})
    some: dict[str, list[Waiting]] = defaultdict(list)
    for each in waiting:
        if each.target not in targets:
            found.expired.append((each, "no such target any more"))
        elif each.told < now - GIVEN_UP:
            found.expired.append((each, "not delivered in a week"))
        else:
            some[each.target].append(each)
    if work.otherwise(document.quiet.days, document.quiet.span).is_open(now):
        for name, of_it in some.items():
            if due := of_it[: max(0, targets[name].limit - had.get(name, 0))]:
                found.due[name] = due
    return found
