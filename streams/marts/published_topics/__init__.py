"""What viewers are shown of who knows topics: how many people do, and how few hold half of it.

What shows knowledge is what the mart `expertise` counts, with the same weights, by the directory as
viewers are shown it; here over the 13 weeks that end with a week, and for topics in which anything
was done in it. `half` are the fewest people who did half of it. All are told down to a multiple of
the minimum group: that one person holds half of a topic is never told as one, for it would be told
of somebody.
"""

from streams.mart import DAYS_OF_QUARTER, QUARTER_AFTER, Mart, Parts, Published, sql
from streams.marts.expertise import earned

mart = Mart(
    name="published_topics",
    table="published.topic_people_rows",
    compute=sql(__name__, "compute", earned=earned("released.events", DAYS_OF_QUARTER)),
    grain="week",
    expected=sql(__name__, "expected"),
    touched=QUARTER_AFTER,
    published=Published(
        parts=(Parts("published.topic_people_rows", "topic", "half"),),
        apart=True,
    ),
)
