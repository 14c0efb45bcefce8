"""What viewers are shown of episodes: how far needs went, by kind, by team and by tenure.

Episodes are those of the mart `episodes`, by the directory as viewers are shown it, by week. How
far one went is the last that is known of it: `shared` (or reinforced) on its topic, else `applied`,
else `found`, else `nothing`. Behind each cell, and each sum and difference of cells, are the
minimum group of people whose needs they were.
"""

from streams.mart import DAYS_OF_WEEKS, Mart, Published, Shown, sql, weeks_of
from streams.marts.episodes import begun, sure, touched

_DAYS = f"arrayMap(one -> toDate32(one), {DAYS_OF_WEEKS})"

mart = Mart(
    name="published_episodes",
    table="published.episode_rows",
    compute=sql(__name__, "compute", begun=begun("released.events", _DAYS)),
    grain="week",
    expected=sql(__name__, "expected", sure=sure("released.events", _DAYS)),
    # Which session it is in hangs on the three days before.
    touched=weeks_of(touched(-3)),
    published=Published(
        cells=(
            Shown("published.episode_rows", ("furthest", "kind")),
            Shown("published.episode_team_rows", ("team", "furthest"), {"team": "Other"}),
            Shown(
                "published.episode_tenure_rows",
                ("tenure_band", "furthest"),
                {"tenure_band": "unknown"},
            ),
        ),
    ),
)
