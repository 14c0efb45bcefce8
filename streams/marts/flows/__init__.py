"""Knowledge that went from one person to another: a row for each event by which it arrived.

It lies on the organisation's day of that event, with the teams and tenures that both have then. An
event is one flow at most, of the first kind that fits:

- `page`: somebody reads (behaviour `read` or `explore`) what another person wrote. The author is
  whoever wrote the object last before that. To write is the behaviour `record`, or the verb author,
  create, posted, edited or update whatever behaviour it is placed as; to ask or to respond is not.
- `bookmark`: somebody reads what nobody is seen to have written, and another person was the last to
  share (verb shared or share).
- `review`: somebody reviews or approves the work of another person: of the counterpart, or where
  none is named of whoever asked last for it.
- `answer`: somebody answers what another person asked, as in the mart `questions`: the last asking
  of the thing before it. What is told once more as accepted is the flow that it was before.
- `coaching`: any other help (behaviour `help`) to a counterpart.
- `mention`: somebody brings in a counterpart (verb mentioned or behaviour `connect`).

Thanks are no flow. What began it (the writing, sharing or asking) counts where it lies no more than
90 days before, and at the same moment too; latency is the time since then. What is voided counts no
more, and what the house calls no learning never did.
"""

from streams.mart import Mart, sql


def arrived(events: str, directory: str, days: str) -> str:
    """SQL that gives the flows of some days, by a view of events and a directory: ours each."""
    return sql(__name__, "arrived", events=events, directory=directory, days=days).rstrip()


def sure(events: str, period: str) -> str:
    """SQL that gives from whom there surely are flows in a period, as an expression of its day."""
    return sql(__name__, "sure", events=events, period=period).rstrip()


#: Days, each with the hours among `hours` whose facts began what arrived on it.
TOUCHED = sql(__name__, "touched")

mart = Mart(
    name="flows",
    table="learning.flow_rows",
    compute=sql(
        __name__,
        "compute",
        arrived=arrived("learning.events", "directory", "{periods:Array(Date)}"),
    ),
    expected=sql(__name__, "expected", sure=sure("learning.events", "toString(day)")),
    touched=TOUCHED,
)
