"""Events and people by day, team, tenure, tool and behaviour.

An event counts on the organisation's day of its time, for the team and tenure that its person has
on that day. People are a state of distinct persons (where nobody is known for an account, of
accounts), so that people of several cells are never summed. `resolved` is whether somebody is known
for the account.
"""

from streams.mart import ByHour, Mart, sql

mart = Mart(
    name="activity",
    table="learning.activity_day_rows",
    live=True,
    compute=sql(__name__, "compute"),
    by_hour=ByHour(
        table="learning.activity_hour_rows",
        sizes=sql(__name__, "sizes"),
        hours=sql(__name__, "hours"),
        day=sql(__name__, "day"),
    ),
)
