"""What a person did for learning on a day: events by scaffold and behaviour, and with whom.

Events count that the vocabulary or the house's rules place in a scaffold, courses too, on the
organisation's day of their time. Team and tenure are the person's on that day (tenure at the day's
last event). `counterparts` are the accounts of those whom the events were for or about. From these
days the views learning.person_weeks, .retention and .newcomers are read, and each is exact whatever
comes late: a first time, a first week or a tenure is looked for when it is asked for.
"""

from streams.mart import Mart, sql

mart = Mart(
    name="person_days",
    table="learning.person_day_rows",
    compute=sql(__name__, "compute"),
    expected=sql(__name__, "expected"),
)
