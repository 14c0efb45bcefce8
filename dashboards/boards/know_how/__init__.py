"""Know-how: what people ask, what becomes of it, and who answers whom."""

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
    ),
    says="What people ask, how soon it is answered, about what and by whom.",
    place=12,
)
