"""Know-how: what people ask, what becomes of it, who answers whom, and what needs keeping up."""

from dashboards.board import Board, Column, Drawing, Panel, Shade, Shades

_OUTCOME = Shades(
    (
        ("hour", Shade("answered within an hour", "#33805a")),
        ("day", Shade("within a day", "#86bf9f")),
        ("week", Shade("within a week", "#e4bd82")),
        ("later", Shade("later", "#c98a33")),
        ("open", Shade("not answered", "#b91c1c")),
        ("any", Shade("any of these", "#c5cccd")),
    )
)
_STATE = Shades(
    (
        ("kept", Shade("kept up", "#33805a")),
        ("rising", Shade("rising", "#2c6e91")),
        ("stale", Shade("stale", "#c98a33")),
        ("orphaned", Shade("orphaned", "#b91c1c")),
        ("unseen", Shade("nobody was seen to write it", "#c5cccd")),
        ("any", Shade("any of these", "#e3e7e7")),
    )
)
#: Small groups are not shown, on either side.
_NOTHING = (
    "Nothing that enough people asked in these weeks. A week is shown from the minimum group of "
    "people who ask, and split where as many answered."
)
_SCOPE = "all teams, by whole weeks"

board = Board(
    "know_how",
    "Know-how",
    (),
    (
        Panel(
            "outcomes",
            (
                Column("time", "Time"),
                Column("outcome", "Outcome", hue=_OUTCOME),
                Column("questions", "Questions"),
            ),
            Drawing.STACK,
            "Questions, and how soon they were answered",
            "questions",
            says="What was asked in a week, by how soon a colleague answered, by the clock, nights "
            "and weekends included. 'Any of these': too few people asked or answered to tell it "
            "apart. An answer that comes late changes the week in which was asked.",
            do="Where much stays unanswered, look at the topics below: who could answer, and do "
            "they see the place where it is asked? Where answers take days, is there a page that "
            "would have answered?",
            empty=_NOTHING,
            scope=_SCOPE,
            every=5.0,
            wakes=True,
            width=12,
            height=10,
        ),
        Panel(
            "topics",
            (
                Column("topic", "Topic", blank="other topics"),
                Column("questions", "Questions"),
                Column("within_day", "Answered within a day", "%"),
                Column("unanswered", "Not answered", "%"),
                Column("untold", "Not told apart", "%"),
            ),
            Drawing.TABLE,
            "Questions by topic",
            "",
            says="What was asked most, and what became of it. Topics that fewer than the minimum "
            "group asked about in a week are in 'other topics'. 'Not told apart' is asked about "
            "by enough people, but too few stand behind what became of it.",
            do="Much asked, rarely answered: name somebody who knows it, or write the page. Much "
            "asked, always answered: the answers are worth a page as well.",
            empty=_NOTHING,
            scope=_SCOPE,
            every=10.0,
            width=6,
            height=11,
        ),
        Panel(
            "teams",
            (
                Column("team", "Who asks"),
                Column("answering_team", "Who answers first", blank="several, or nobody"),
                Column("questions", "Questions"),
                Column("share", "Share of the team", "%"),
            ),
            Drawing.TABLE,
            "Which team answers which",
            "",
            says="Questions by the team that asked and the team of whoever answered first. A pair "
            "is named where the minimum group asked in a week, and as many answered.",
            do="A team that only answers itself may not know who else knows. One that answers "
            "everybody carries others' work: is that seen?",
            empty=_NOTHING,
            scope=_SCOPE,
            every=10.0,
            width=6,
            height=11,
        ),
        Panel(
            "reading",
            (
                Column("time", "Time"),
                Column("state", "What was read", hue=_STATE),
                Column("readings", "Readings"),
            ),
            Drawing.STACK,
            "What people read, and who keeps it up",
            "readings",
            says="What was read in a week, by its state then: orphaned, all who were seen to write "
            "it have left; stale, nobody wrote it for 180 days; rising, five people and more read "
            "it in four weeks, and half as many again as before. Old is not wrong: much that is "
            "stale is right still. 'Any of these': too few people read or wrote it to tell apart.",
            do="Where reading goes to what is orphaned or stale, find an owner for it, by topic "
            "below. No page is named here, for its name may be for few: who looks after pages "
            'finds them by `headwater query "SELECT object FROM learning.content WHERE orphaned OR '
            'stale"`.',
            empty="Nothing that enough people read in these weeks.",
            scope=_SCOPE,
            every=30.0,
            width=12,
            height=10,
        ),
        Panel(
            "curate",
            (
                Column("topic", "Topic", blank="other topics"),
                Column("readings", "Readings"),
                Column("stale", "Stale", "%"),
                Column("orphaned", "Orphaned", "%"),
                Column("rising", "Rising", "%"),
                Column("unseen", "Writer not seen", "%"),
                Column("untold", "Not told apart", "%"),
            ),
            Drawing.TABLE,
            "What to keep up, by topic",
            "",
            says="Which part of the reading on a topic goes to what is stale, orphaned or rising. "
            "Topics that fewer than the minimum group read about, or wrote on, are in 'other "
            "topics'. It counts readings, not pages.",
            do="Take the topic with most stale and orphaned reading: have its most read page "
            "looked through this week by somebody who answers on it. What is rising deserves an "
            "owner before it is old.",
            empty="Nothing that enough people read in these weeks.",
            scope=_SCOPE,
            every=30.0,
            width=6,
            height=11,
        ),
        Panel(
            "unwritten",
            (
                Column("topic", "Topic"),
                Column("answered", "Questions answered"),
                Column("readings", "Readings"),
            ),
            Drawing.TABLE,
            "Answered over and over",
            "",
            says="Topics with three answered questions and more that are read about less often "
            "than they are asked about. 0 readings: nothing on it that enough people read, or that "
            "enough people wrote. A page may be there in a tool that sends no events.",
            do="Have the next answer to the first of these written as a page, and its address "
            "given as the answer from then on.",
            empty="No topic is answered more often than it is read about, of those that enough "
            "people ask about.",
            scope=_SCOPE,
            every=30.0,
            width=6,
            height=11,
        ),
    ),
    says="What people ask, how soon it is answered, about what and by whom; what they read, and "
    "who keeps it up.",
    place=12,
)
