"""What people ask, and what became of it: a row each time that somebody asks.

Somebody asks where an event's behaviour is `ask`. It lies on the organisation's day of that event,
with the asker's team and tenure on that day. An answer is what another person says to it: an event
that refers to what was asked (`reference`), by the verb answered or replied or by the behaviour
`help` or `reinforce`. Where the same thing is asked several times, an answer belongs to the last
asking before it. Accepted is an answer (verb answered) whose result is a success, whoever wrote it;
a reply that is told once more as accepted is one answer. What is voided counts no more, and what
the house calls no learning never did.
"""

from streams.mart import Mart, sql


def asked(events: str, days: str) -> str:
    """SQL that gives the questions of some days, by a view of events: one of ours each."""
    return sql(__name__, "asked", events=events, days=days).rstrip()


#: Days, each with the hours among `hours` whose facts are about what was asked on it.
TOUCHED = sql(__name__, "touched")

mart = Mart(
    name="questions",
    table="learning.question_rows",
    compute=sql(__name__, "compute", asked=asked("learning.events", "{periods:Array(Date)}")),
    expected=sql(__name__, "expected"),
    touched=TOUCHED,
)
