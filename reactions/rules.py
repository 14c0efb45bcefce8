"""The rules that there are: what each looks for, in which marts, and what it says of a case.

A rule is a query of the marts (`warehouse/queries/reactions`) and a moment: when the case arose,
which follows from what happened and never from when somebody looked. So the same code serves what
goes on and what went on: a case belongs to a span of time where its moment lies in it.
"""

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from reactions.document import Rule
from reactions.worktime import DAY, WEEK, WorkTime, moment
from warehouse import Warehouse
from xapi.ids import statement_id


class Case(NamedTuple):
    """What a rule found: `key` tells cases of a rule apart, and goes into the id alone.

    A case of `week` has the week's Monday: what else is said of it is the page's (`letter.py`).
    """

    rule: str
    when: str
    key: str
    at: datetime
    amount: float
    topic: str = ""
    team: str = ""
    link: str = ""
    week: date | None = None

    @property
    def id(self) -> UUID:
        """The id of its statement, and of every delivery: the same whenever it is found."""
        return statement_id("reactions", f"{self.rule}/{self.when}/{self.key}")


class Found(NamedTuple):
    """A row of a rule's query: `began` is Unix milliseconds or a day, `ended` milliseconds or 0.

    `zone` is by whose clocks somebody waits, where these are not the organisation's.
    """

    key: str
    topic: str
    team: str
    link: str
    began: int | date
    ended: int
    zone: str = ""


#: When the case of a row arose; None where it did not.
Moment = Callable[[Found, float, WorkTime], datetime | None]
#: The days, at least, of whose rows the cases between two moments are.
Days = Callable[[datetime, datetime, float, WorkTime], tuple[date, date]]


@dataclass(frozen=True)
class When:
    """A rule that there is.

    Attributes:
        name: As reactions.toml calls it.
        query: Its query's name.
        marts: What it reads; a case is not looked for before these have taken in what came.
        amount: The number that it has unless it is told another, in `unit`.
        says: The message of a case; `{amount}`, `{topic}` and `{team}` are filled in.
        does: What it is, in a sentence.
    """

    name: str
    query: str
    marts: tuple[str, ...]
    amount: float
    unit: str
    says: str
    does: str
    moment: Moment
    days: Days


def _waited(found: Found, hours: float, work: WorkTime) -> datetime | None:
    assert isinstance(found.began, int)
    at = work.by(found.zone).after(moment(found.began), hours)
    return at if not found.ended or moment(found.ended) >= at else None


def _first_days(found: Found, days: float, work: WorkTime) -> datetime | None:
    assert isinstance(found.began, date)
    at = work.midnight(found.began + timedelta(days=days))
    return at if not found.ended or moment(found.ended) >= at else None


def _next_day(found: Found, _: float, work: WorkTime) -> datetime | None:
    assert isinstance(found.began, date)
    return work.midnight(found.began + DAY)


def _days_later(found: Found, days: float, work: WorkTime) -> datetime | None:
    assert isinstance(found.began, date)
    return work.midnight(found.began + timedelta(days=days + 1))


def _week_after(found: Found, hours: float, work: WorkTime) -> datetime | None:
    assert isinstance(found.began, date)
    return work.after(work.midnight(found.began + WEEK), hours)


def _weeks(begin: datetime, end: datetime, hours: float, work: WorkTime) -> tuple[date, date]:
    return work.earliest(begin, hours) - 2 * WEEK, work.day(end)


def _since(begin: datetime, end: datetime, hours: float, work: WorkTime) -> tuple[date, date]:
    # Clocks are up to 26 hours apart: two days lie between the asker's day and the organisation's.
    return work.earliest(begin - 2 * DAY, hours) - 2 * DAY, work.day(end)


def _around(begin: datetime, end: datetime, _: float, work: WorkTime) -> tuple[date, date]:
    return work.day(begin) - 2 * DAY, work.day(end)


def _before(begin: datetime, end: datetime, days: float, work: WorkTime) -> tuple[date, date]:
    return work.day(begin) - timedelta(days=days + 2), work.day(end)


#: The rule whose words are the page's (`letter.py`).
WEEKLY = "week"

WHENS: dict[str, When] = {
    each.name: each
    for each in (
        When(
            "question-open",
            "reactions/question_open",
            ("questions",),
            4,
            "working hours",
            "A question{about} has been open for {amount} working hours.",
            "A question that nobody else answered, and no answer to which was accepted, within so "
            "many hours of working time, by the asker's clocks.",
            _waited,
            _since,
        ),
        When(
            "expert-gone",
            "reactions/expert_gone",
            ("expertise",),
            6,
            "points",
            "Nobody is left who was seen to know {topic} well.",
            "A topic whose only expert, or whose only experts, left on a day: people with so many "
            "points of learning.expertise on that day who are in no team after it.",
            _next_day,
            _around,
        ),
        When(
            "stale-read",
            "reactions/stale_read",
            ("content",),
            50,
            "times",
            "A page{about} was read {amount} times since it was marked stale.",
            "A page that was read so many times since the day on which learning.content first "
            "marked it stale, and was not edited.",
            _next_day,
            _around,
        ),
        When(
            "newcomer-unanswered",
            "reactions/newcomer_unanswered",
            ("questions",),
            7,
            "days",
            "A newcomer{of_team} asked, and had no answer in the first {amount} days.",
            "Somebody who asked in the first so many days since the start that the directory says, "
            "and whom nobody answered before these were over.",
            _first_days,
            _before,
        ),
        When(
            "team-silent",
            "reactions/team_silent",
            ("person_days",),
            30,
            "days",
            "Nobody of {team} has shared anything for {amount} days.",
            "A team of at least the minimum group in which nobody did anything of the scaffold "
            "sharing for so many whole days.",
            _days_later,
            _before,
        ),
        When(
            WEEKLY,
            "reactions/week",
            ("published", "published_questions", "published_flows", "published_episodes"),
            1,
            "working hours",
            "What changed in the week of {week}.",
            "The sentences of the board This week of each week that is over, so many hours of "
            "working time after it, with a link to a saved view, and by e-mail that view on one "
            "page.",
            _week_after,
            _weeks,
        ),
    )
}


def cases(
    warehouse: Warehouse, rule: Rule, work: WorkTime, begin: datetime, end: datetime
) -> list[Case]:
    """The cases of a rule that arose after `begin`, until `end`, the oldest first."""
    when, amount = WHENS[rule.when], amount_of(rule)
    first, last = when.days(begin, end, amount, work)
    rows = warehouse.rows(when.query, first=first, last=last, amount=_number(amount))
    found = []
    for row in rows:
        one = Found(*row)
        at = when.moment(one, amount, work)
        if at is not None and begin < at <= end and _wanted(rule, one):
            link = one.link if one.link.startswith(("https://", "http://")) else ""
            week = one.began if when.name == WEEKLY and isinstance(one.began, date) else None
            named = (one.topic, one.team, link, week)
            found.append(Case(rule.name, rule.when, one.key, at, amount, *named))
    return sorted(found, key=lambda case: (case.at, case.id))


def amount_of(rule: Rule) -> float:
    """A rule's number: what it says, else the one that it has without."""
    return WHENS[rule.when].amount if rule.amount is None else rule.amount


def until(warehouse: Warehouse, whens: Sequence[str], now: datetime) -> datetime:
    """Up to when the marts of some rules are whole: no later than `now`."""
    marts = sorted({mart for name in whens for mart in WHENS[name].marts})
    behind = warehouse.rows("reactions/taken_in", marts=marts)
    return min(now, moment(int(behind[0][0]))) if behind else now


def _wanted(rule: Rule, found: Found) -> bool:
    asked = ((rule.topic, found.topic), (rule.team, found.team))
    return all(
        patterns is None
        or any(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)
        for patterns, value in asked
    )


def _number(amount: float) -> float | int:
    return int(amount) if amount == int(amount) else amount
