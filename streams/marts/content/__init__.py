"""What people write, keep, pass on and read: a row an object and day on which something was done.

An object is what an event of the behaviour `record`, `curate`, `bookmark` or `read` is done to (a
page, a file, an answer, a bookmark), by its IRI. Beside these a row counts the answers (as the mart
`questions` tells them) that refer to the object. Each row has who brought the object in on that
day: the first to record, to curate and to bookmark it, each with the team on that day; when it was
recorded last; and everybody who read it, with team and first time of the day. From these days the
views learning.content_weeks, .content and .content_lacking are read, and each is exact whatever
comes late: who was first, and how long it took until five had read, is looked for when it is asked.
"""

from streams.mart import Mart, sql

mart = Mart(
    name="content",
    table="learning.content_day_rows",
    compute=sql(__name__, "compute"),
    expected=sql(__name__, "expected"),
)
