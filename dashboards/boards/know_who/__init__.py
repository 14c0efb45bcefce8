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
            "experts",
            (
                Column("topic", "Topic"),
                Column("names", "Who knows it, and agreed to be named", blank="nobody yet"),
                Column("others", "Others who know it"),
            ),
            Drawing.TABLE,
            "Whom to ask",
            "",
            says="People who knew a topic lately, by answers, pages and reviews, the most of it "
            "first; only those who agreed to be named for it. The others are counted, down to a "
            "multiple of the minimum group. It says nothing of whoever is not named, nor how good "
            "anybody is: much knowledge leaves no trace in a tool.",
            do="Ask one of them, and not always the first. Where nobody is named, ask the team "
            "that gives most, below, and ask people whether they want to be found: "
            "`headwater directory findable PERSON yes`, and `no` takes a name away within seconds.",
            empty="Nobody who agreed to be named knows a topic yet. Names are of those whose row "
            "in people.csv says `findable`.",
            scope="all teams, as of today",
            every=5.0,
            width=12,
            height=12,
        ),
        Panel(
            "holders",
            (
                Column("topic", "Topic"),
                Column("people", "People who know it"),
                Column("half", "Hold half of it"),
            ),
            Drawing.TABLE,
            "How few hold a topic",
            "",
            says="People who showed in the 13 weeks until the last week of the range that they "
            "know a topic, and the fewest of them who did half of it, both down to a multiple of "
            "the minimum group. 'Few' is fewer than that: one person or several, which is not "
            "told, for it would be told of somebody. A topic that fewer know than that is not "
            "here, and may be the one to worry about.",
            do="Take the first three where few hold half. Have each of them written down by one "
            "who knows it with one who does not, and let somebody else answer next time. It does "
            "not say that anybody should know less.",
            empty="No topic that the minimum group of people showed that they know.",
            scope=f"all teams, {_SCOPE}",
            every=30.0,
            width=12,
            height=10,
        ),
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
    says="Who knows what, as far as they agreed to be named, and how it goes between teams.",
    place=14,
)
