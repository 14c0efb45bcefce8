"""A person's unbroken work on learning: learning events of one person, each no more than the gap
after the one before (30 minutes, or what the organisation chose).

Events count that the vocabulary or the house's rules place in a scaffold, courses too. A session is
on the day of its start, with the team and tenure that the person has then. It may go on over the
midnight after its start; work that goes on longer without a gap (a machine's) is cut at each later
midnight. So a session lasts less than two days, and hangs on no facts but those of the day after
its start and of the three days before that one. Its id is made of person and start. `path` has the
behaviours in order, repeats folded; `scaffolds` each scaffold once, as first come to. A search is
without a find where in the rest of its session, its own moment included, the person reads and
bookmarks nothing, and gets no help from somebody else.
"""

from streams.mart import Mart, sql

#: A part of a WITH: which session each event in `spaced` is of, by `gap` and `zone`.
JOINED = sql(__name__, "joined").rstrip()

mart = Mart(
    name="sessions",
    table="learning.session_rows",
    compute=sql(__name__, "compute", joined=JOINED),
    # A period is the day after the sessions' start: theirs are facts of it and the three before.
    lookback=3,
    expected=sql(__name__, "expected"),
)
