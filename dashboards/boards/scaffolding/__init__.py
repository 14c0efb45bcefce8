"""Scaffolding: how far needs go, from discovery to sharing, by team and by tenure."""

from dashboards.board import Board, Column, Drawing, Panel, Shade, Shades

_FURTHEST = Shades(
    (
        ("shared", Shade("shared or reinforced", "#9c6312")),
        ("applied", Shade("applied", "#33805a")),
        ("found", Shade("found", "#2c6e91")),
        ("nothing", Shade("nothing known", "#c5cccd")),
        ("any", Shade("any of these", "#e3e7e7")),
    )
)
#: The share of needs that went so far or farther.
_SHARES = (
    Column("needs", "Needs"),
    Column("found", "Found", "%"),
    Column("applied", "Applied", "%"),
    Column("shared", "Shared", "%"),
    Column("untold", "Not told apart", "%"),
)
_NOTHING = (
    "Nothing that enough people asked or searched for in these weeks. A need is an ask or a "
    "search; a week is shown from the minimum group of people up."
)
_SCOPE = "all teams, by whole weeks"

board = Board(
    "scaffolding",
    "Scaffolding",
    (),
    (
        Panel(
            "needs",
            (
                Column("time", "Time"),
                Column("furthest", "How far", hue=_FURTHEST),
                Column("episodes", "Needs"),
            ),
            Drawing.STACK,
            "Needs, and how far they went",
            "needs",
            says="What people asked or searched for in a week, by the last that is known of it: "
            "found (an answer within a week, or something read or bookmarked on the topic in the "
            "session), applied (practice on the topic within a day), shared (sharing or "
            "reinforcement on it within a week). Needs without a topic are known to be found only.",
            do="Much that is found and little that is applied: is it the answer that was needed, "
            "or does the tool in which it is applied send no events? See Pipeline first.",
            empty=_NOTHING,
            scope=_SCOPE,
            every=10.0,
            wakes=True,
            width=12,
            height=10,
        ),
        Panel(
            "teams",
            (Column("team", "Team"), *_SHARES),
            Drawing.TABLE,
            "By team",
            "",
            says="Of the needs of a team: the share that was found, applied or shared (each counts "
            "what went farther, too). Of the others nothing is known, or too few people stand "
            "behind it to tell it apart.",
            do="Teams differ in tools: compare a team with itself, in another range, first. Where "
            "little is found, what do they look for, and where?",
            empty=_NOTHING,
            scope=_SCOPE,
            every=10.0,
            width=6,
            height=11,
        ),
        Panel(
            "tenures",
            (Column("tenure", "Time in the organisation"), *_SHARES),
            Drawing.TABLE,
            "Newcomers and the others",
            "",
            says="The same by how long people are in the organisation.",
            do="Newcomers who find less than others need somebody to ask. Who is applying and not "
            "sharing yet may be asked to write it down while it is new to them.",
            empty=_NOTHING,
            scope=_SCOPE,
            every=10.0,
            width=6,
            height=11,
        ),
        Panel(
            "ramp",
            (
                Column("who", "Since they started"),
                Column("weeks", "Weeks of people"),
                Column("active", "Did anything", "%", none="not told apart"),
                Column("shared", "Shared anything", "%", none="not told apart"),
                Column("untold", "Not told apart", "%"),
                Column("helped", "Have helped by then", "%", none=""),
                Column("unsure", "Not told apart", "%", none=""),
            ),
            Drawing.TABLE,
            "How people begin",
            "",
            says="Weeks of people in a team, by how long they are there: in which part of them "
            "somebody did anything for learning, and shared anything; and of the new ones, in "
            "which part they had helped anybody by then. Weeks lie in the month of their Monday; "
            "'not told apart' has too few people. It compares weeks, never people, and different "
            "people stand in different rows. Events a person are on Learning, by time in the "
            "organisation.",
            do="Where new people do less than old ones for more than their first four weeks, ask "
            "two of them what they looked for and did not find. Where they do as much and help "
            "nobody by week 13, let them answer the next newcomer's question.",
            empty="No month in which the minimum group of people began a week. It needs start "
            "dates: the column start_date of people.csv.",
            scope="all teams, by whole months",
            every=30.0,
            width=12,
            height=8,
        ),
    ),
    says="How far what people look for goes: from discovery to practice to sharing.",
    place=16,
)
