"""Coverage: which tool tells of which team, and what is missing before anybody concludes."""

from dashboards.board import Board, Column, Drawing, Panel

#: Silent for as many days, a tool or team asks for a look.
_SILENT = 14
_LAST = Column("last", "Last seen")
_DAYS = Column("silent", "Silent for", "days", alarm=_SILENT)
_SCOPE = "the 26 weeks up to the end of the range"
_NOTHING = "No tool in which enough people of a team were seen in these weeks."

board = Board(
    "coverage",
    "Coverage",
    (),
    (
        Panel(
            "matrix",
            (
                Column("tool", "Tool"),
                Column("shown_team", "Team"),
                Column(
                    "silent",
                    "Days since enough people of the team were seen in the tool",
                    alarm=_SILENT,
                    none="never so many in these weeks",
                ),
            ),
            Drawing.MATRIX,
            "Which tool tells of which team",
            "",
            says="For each tool and team the days since the last on which the minimum group were "
            "seen in it; where no day has so many, a week's last day, so that it is at least so "
            "long. A dash is not proof of silence: a team of which few use a tool looks the same. "
            "Other holds small teams and accounts that nobody is known for.",
            do="A dash or a large figure where a team works with the tool: its events are missing "
            "in every board. Is the tool connected for that team's workspace, and are its accounts "
            "in the directory?",
            empty=_NOTHING,
            scope=_SCOPE,
            every=30.0,
            width=12,
            height=11,
        ),
        Panel(
            "tools",
            (
                Column("tool", "Tool"),
                _LAST,
                _DAYS,
                Column("teams", "Teams told"),
                Column("known", "Accounts known", "%"),
                Column("unresolved", "Of nobody known", "%"),
                Column("unclassified", "Not classified", "%"),
            ),
            Drawing.TABLE,
            "By tool",
            "",
            says="When a tool last told of enough people, of how many teams, what share of its "
            "accounts is of somebody (newest week), and what share of its events is of nobody "
            "known or not classified (mean of its last four weeks, in steps). A tool that never "
            "had enough people is not in the list: Pipeline has every connection.",
            do="Of nobody known: load a directory with these accounts (`headwater directory "
            "unresolved`). Not classified: `headwater behaviours try` shows what a rule would do. "
            "Silent: Pipeline says whether it is read.",
            empty=_NOTHING,
            scope=_SCOPE,
            every=30.0,
            width=6,
            height=12,
        ),
        Panel(
            "cells",
            (
                Column("tool", "Tool"),
                Column("team", "Team"),
                _LAST,
                _DAYS,
                Column("unclassified", "Not classified", "%"),
            ),
            Drawing.TABLE,
            "By tool and team, the longest silent first",
            "",
            says="The same with dates. 'Week to' a day: on no single day enough people. What is of "
            "accounts of nobody is of no team, so it stands by tool only.",
            do="Ask a team at the top whether it still uses the tool. If it does, look for who "
            "revoked a token or moved a workspace.",
            empty=_NOTHING,
            scope=_SCOPE,
            every=30.0,
            width=6,
            height=12,
        ),
        Panel(
            "weeks",
            (
                Column("time", "Time"),
                Column("unclassified", "Not classified", hue="#7a8f97"),
                Column("unresolved", "Of accounts that nobody is known for", hue="#c2410c"),
            ),
            Drawing.LINES,
            "What is not known, week by week",
            "% of events",
            says="Shares of all events of a week, in steps that the minimum group stands behind. "
            "A rising line is no change in learning: it is events that no team's figure has.",
            do="A step up on one Monday is a new tool, new starters or a new kind of event: load "
            "the directory or write a rule, and history is counted anew.",
            empty="No week in which enough people did anything.",
            least_weeks=12,
            width=12,
            height=8,
        ),
    ),
    says="Which tool tells of which team, since when it is silent, and what cannot be placed.",
    place=18,
)
