"""What viewers are shown of learning: events by behaviour and time, by team, by tenure and by tool;
people reached; whose accounts are known; what happens lately.

Events that are classified, by week. Team and tenure are those of the event's day, by the directory
as viewers are shown it. Each cell rests on the minimum group of people, and so does every sum and
difference of cells, of one table or of two: what fewer did counts in the cell around it, so that
every table adds up to the same total. A week of fewer people is not there.
"""

from streams.mart import Mart, Parts, Published, Reached, Shares, Shown, sql

mart = Mart(
    name="published",
    table="published.behaviour_rows",
    compute=sql(__name__, "compute"),
    grain="week",
    expected=sql(__name__, "expected"),
    live=True,
    published=Published(
        cells=(
            Shown(
                "published.behaviour_rows",
                ("scaffold", "behaviour", "day", "hour", "quarter", "minute"),
            ),
            Shown("published.team_rows", ("scaffold", "team", "day"), {"team": "Other"}),
            Shown("published.tenure_rows", ("tenure_band",), {"tenure_band": "unknown"}),
            Shown("published.tool_rows", ("scaffold", "tool", "day")),
            Shown(
                "published.latest_rows",
                ("scaffold", "behaviour", "day", "hour", "quarter", "tool", "team", "topic"),
                counts=(),
            ),
        ),
        reached=(Reached("published.people_rows", ("scaffold", "team"), {"team": "Other"}),),
        shares=(Shares("published.quality_rows", ("unclassified", "unresolved")),),
        parts=(Parts("published.account_rows", "tool", "known"),),
    ),
)
