"""A need and what came of it: somebody asks or searches, finds, applies and shares.

An episode begins with an event of the behaviour `ask` or `search`. Several of them by one person on
one topic within one session (as the mart `sessions` cuts them) are one episode, which begins with
the first. An episode is on the organisation's day of its beginning, with the team and tenure that
the person has then. A search without a topic takes that of what the person reads or bookmarks next
in the session. An ask without a topic is an episode together with the session's other asks of the
same thing only.

*Found* is the first of: an answer to one of its askings (as the mart `questions` tells answers: by
somebody else, or accepted) within a week; something read or bookmarked on the same topic, by the
person in the same session (an ask without a topic is found by an answer alone). *Applied* is
practice on the topic by the person within a day, *shared* is sharing on it within a week,
*reinforced* is reinforcement on it within a week, all counted from the beginning, its own moment
included. Without a topic nothing is known to be applied, shared or reinforced. One act may be a
step of several episodes. `scaffolds` and `tools` are those of the beginning and of the first of
each step, in order of time.
"""

from streams.mart import Mart, Query, sql
from streams.marts.sessions import JOINED


def begun(events: str, days: str) -> str:
    """SQL that gives the episodes that begin on some days (Date32), by a view of events of ours."""
    return sql(__name__, "begun", events=events, days=days, joined=JOINED).rstrip()


def sure(events: str, days: str) -> str:
    """SQL that gives whose episodes begin on some days (Date32), and on which."""
    return sql(__name__, "sure", events=events, days=days, joined=JOINED).rstrip()


def touched(first: int) -> Query:
    """SQL that gives the days from `first` days before that of each of `hours`, in which steps of
    their episodes may be; those of a negative number come after it."""
    return sql(__name__, "touched", first=str(first))


mart = Mart(
    name="episodes",
    table="learning.episode_rows",
    compute=sql(__name__, "compute", begun=begun("learning.events", "{periods:Array(Date32)}")),
    # Which session it is in hangs on the three days before; what came of it on the eight after.
    lookback=3,
    expected=sql(__name__, "expected", sure=sure("learning.events", "{periods:Array(Date32)}")),
    touched=touched(1),
)
