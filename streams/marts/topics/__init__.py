"""What is done in a topic on a day: learning events, and who takes part, asks and helps.

Events count that the vocabulary or the house's rules place in a scaffold, courses too, on the
organisation's day of their time, where they say what they are about. Who asks does so by the
behaviour `ask`, who helps by `help` or by an accepted answer. The view learning.topics has the
weeks: with the questions of the mart `questions`, and with experts and the bus factor by the scores
of the mart `expertise` at each week's end. It is looked up, and so exact whatever comes late.
"""

from streams.mart import Mart, sql

mart = Mart(
    name="topics",
    table="learning.topic_rows",
    compute=sql(__name__, "compute"),
    expected=sql(__name__, "expected"),
)
