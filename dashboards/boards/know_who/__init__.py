"""Know-who: how knowledge goes from person to person, and between which teams."""

from dashboards.board import Board, Column, Drawing, Panel, Shade, Shades

_KIND = Shades(
    (
        ("answer", Shade("answers", "#33805a")),
        ("coaching", Shade("coaching", "#86bf9f")),
        ("review", Shade("reviews", "#87518f")),
        ("mention", Shade("bringing somebody in", "#b9a6ba")),
        ("page", Shade("reading what a colleague wrote", "#2c6e91")),
        ("bookmark", Shade("reading what one shared", "#92bfd5")),
        ("any", Shade("any of these", "#c5cccd")),
    )
)
_NOTHING = (
    "No knowledge that went between enough people in these weeks: the minimum group on each side."
)
_SCOPE = "by whole weeks"

board = Board(
    "know_who",
    "Know-who",
    (),
    (
        Panel(
            "flows",
            (
                Column("time", "Time"),
                Column("kind", "How", hue=_KIND),
                Column("flows", "Flows"),
            ),
            Drawing.STACK,
            "How knowledge goes from person to person",
            "flows",
            says="Each time that one person's knowledge reached another in a week: an answer, "
            "coaching, a review, a mention, or what one wrote or shared and the other read. 'Any "
            "of these': too few people on one side to tell it apart. Thanks are no flow.",
            do="Answers go to one person at a time, pages to many: where answers grow and reading "
            "does not, have what is asked most written down.",
            empty=_NOTHING,
            scope=f"all teams, {_SCOPE}",
            every=10.0,
            wakes=True,
            width=12,
            height=10,
        ),
        Panel(
            "teams",
            (
                Column("from_team", "From"),
                Column("to_team", "To"),
                Column("flows", "Flows"),
                Column("given", "Share of what it gives", "%"),
                Column("got", "Share of what it gets", "%"),
            ),
            Drawing.TABLE,
            "From team to team",
            "",
            says="Flows by the team from which and the team to which knowledge went, the largest "
            "first. A pair is named where the minimum group gave, and as many got. Other holds "
            "small teams and accounts that nobody is known for, and what too few stand behind.",
            do="A team that gets from itself alone may not know who else knows. One that gives to "
            "everybody carries others: is that seen, and who would take over?",
            empty=_NOTHING,
            scope=f"all teams, {_SCOPE}",
            every=10.0,
            width=12,
            height=12,
        ),
    ),
    says="Who gives what they know to whom, between teams.",
    place=14,
)
