"""This week: what changed, a head and in words, who carries it, and what to look at on Monday."""

from dashboards import palette
from dashboards.board import Board, Column, Drawing, Panel, Shade, Shades

_BOARDS = Shades(
    tuple(
        (name, Shade(title, palette.ACCENT))
        for name, title in (
            ("learning", "Learning in the flow of work"),
            ("know_how", "Know-how"),
            ("know_who", "Know-who"),
            ("scaffolding", "Scaffolding"),
            ("coverage", "Coverage"),
            ("pipeline", "Pipeline"),
        )
    )
)
_BOARD = Column("board", "More on", hue=_BOARDS, leads=True)
_SCOPE = "the last full week, and the four before it"

board = Board(
    "this_week",
    "This week",
    (),
    (
        Panel(
            "changes",
            (Column("sentence", "What changed most"), Column("base", "Of what"), _BOARD),
            Drawing.SENTENCES,
            "What changed",
            "",
            says="The last full week against the mean of the four before it: the three changes "
            "that are largest beside what chance alone would move, one of each kind (scaffolds, "
            "teams, who asks, answers, flows, needs), of what enough people did. A sentence is no "
            "cause, and a week with a holiday is a change too.",
            do="Ask the team before you conclude: what was different that week? Open the board "
            "behind the sentence, and look whether the week before moved the same way.",
            empty="No week of these five has anything that enough people did.",
            scope=_SCOPE,
            every=30.0,
            width=12,
            height=5,
        ),
        Panel(
            "look",
            (Column("what", "What"), Column("why", "Since when, or of what"), _BOARD),
            Drawing.SENTENCES,
            "What to look at",
            "",
            says="What stands open: connections that cannot be read, tools silent for 14 days, "
            "teams of which nothing is told, more than 5 % that cannot be placed, questions "
            "without an answer. Which pages are out of date is not published: analysts find it in "
            "`learning.content`.",
            do="From the top: what is not read or silent makes every figure below it too small. "
            "Then find somebody for the open questions.",
            empty="Nothing stands open: everything is read, no tool or team is silent, no question "
            "of enough people is without an answer.",
            scope="the last full week; questions of four",
            every=30.0,
            width=12,
            height=5,
        ),
        Panel(
            "teams",
            (
                Column("team", "Team"),
                Column("people", "People"),
                Column("discovery", "Discovery"),
                Column("practice", "Practice"),
                Column("sharing", "Sharing"),
                Column("reinforcement", "Reinforcement"),
                Column("anything", "All four"),
                Column("more", "More than before", "%"),
            ),
            Drawing.TABLE,
            "Learning events a head",
            "",
            says="Events of the week for each person in the team by the directory, whether they "
            "did any or not. What too few of a team did is in no column. Teams differ in tools: a "
            "low figure may be a tool that is not connected.",
            do="Compare a team with itself: 'more than before' is against its own four weeks, of "
            "the scaffolds told in all five. Where it falls, look at Coverage first, then ask.",
            empty="No team that is large enough to be shown, or nothing that enough of one did.",
            scope=_SCOPE,
            every=30.0,
            width=8,
            height=13,
        ),
        Panel(
            "carriers",
            (
                Column("time", "Time"),
                Column("sharers", "People who share", hue="#9c6312"),
                Column("half_of_sharing", "Half of it is done by at most", hue="#e4a94f"),
                Column("helpers", "People who help", hue="#33474e"),
                Column("half_of_help", "Half of the help by at most", hue="#7a8f97"),
            ),
            Drawing.LINES,
            "Who carries the sharing",
            "people",
            says="How many people wrote down, answered or curated in a week (down to a multiple of "
            "the minimum group), and the fewest who together did half of it (up to one); the same "
            "of helping alone. It names nobody and says nothing of how well.",
            do="Where half hangs on few, who would take over? Thank them, and spread it: pair them "
            "with somebody, have what is asked most written down.",
            empty="No week in which enough people shared.",
            least_weeks=12,
            every=30.0,
            width=4,
            height=11,
        ),
    ),
    says="What changed in the last full week, a head and in words, and what to look at on Monday.",
    place=5,
)
