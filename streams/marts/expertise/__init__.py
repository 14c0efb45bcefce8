"""What shows that somebody knows a topic: how often, by day, person and topic.

Each event counts once, on the organisation's day of its time, by the first that fits: an accepted
answer (verb answered, its result a success), a review (verb reviewed or approve), help to somebody
else (behaviour `help`), recording (behaviour `record`), all of them for whoever did it; and thanks
(behaviour `reinforce` else), for the counterpart, where that is another person. An answer that is
accepted counts as help when it was written and as accepted beside, as tools tell it twice. Events
without a topic, courses, and what is no learning do not count. What each is worth, and how a score
is made of it that halves in 90 days, say the views learning.expertise_days and .expertise: a score
as of a date cannot be kept, and what it is the sum of can.
"""

from streams.mart import Mart, sql


def earned(events: str, days: str) -> str:
    """SQL that gives what shows knowledge on some days, by a view of events: ours each."""
    return sql(__name__, "earned", events=events, days=days).rstrip()


mart = Mart(
    name="expertise",
    table="learning.expertise_rows",
    compute=sql(__name__, "compute", earned=earned("learning.events", "{periods:Array(Date32)}")),
    expected=sql(__name__, "expected"),
)
