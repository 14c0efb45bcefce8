"""What viewers are shown of coverage: when a tool last told of a team, and what of it is known.

Events that are learning or not classified, by week; team by the directory as viewers are shown it.
A tool and a team have the days of a week on which the minimum group of that team were seen in that
tool, or the week where no single day has so many; never how many. 'Other' holds small teams and
accounts that nobody is known for. Beside it, in percent and in steps that the minimum group stands
behind, what of a tool's events (and a team's in it) is not classified, and what is of accounts that
nobody is known for.
"""

from streams.mart import Mart, Published, Shares, Shown, sql

mart = Mart(
    name="published_coverage",
    table="published.coverage_rows",
    compute=sql(__name__, "compute"),
    grain="week",
    expected=sql(__name__, "expected"),
    published=Published(
        cells=(
            Shown("published.coverage_rows", ("tool", "team", "day"), {"team": "Other"}, counts=()),
        ),
        shares=(
            Shares(
                "published.coverage_share_rows", ("unclassified", "unresolved"), ("tool", "team")
            ),
        ),
    ),
)
