"""Below how much data nothing is said, and what is missing then."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Floor:
    """The least that a method needs.

    Attributes:
        teams: Teams that count; of a rollout, on each side.
        weeks: Weeks, of a team in the middle.
        before: Weeks before a date.
        after: Weeks from a date on.
    """

    teams: int
    weeks: int = 0
    before: int = 0
    after: int = 0

    def lacks(self, teams: int, weeks: int = 0, before: int = 0, after: int = 0) -> tuple[str, ...]:
        """What is missing, a phrase each; empty where nothing is."""
        wanted = (
            ("team", self.teams - teams, ""),
            ("week", self.weeks - weeks, ""),
            ("week", self.before - before, " before the date"),
            ("week", self.after - after, " from the date on"),
        )
        return tuple(
            f"{count} more {noun}{'s' * (count > 1)}{where}"
            for noun, count, where in wanted
            if count > 0
        )

    def raised(self, teams: int = 0, weeks: int = 0) -> "Floor":
        """The same with at least so much."""
        return replace(self, teams=max(self.teams, teams), weeks=max(self.weeks, weeks))


#: Fewer clusters than ten give no interval that holds; half a year shows a team's usual week; what
#: repeats within a year needs more than one.
LAGS = Floor(teams=5, weeks=40)
PANEL = Floor(teams=10, weeks=26)
ROLLOUT = Floor(teams=5, before=8, after=4)
INTERRUPTION = Floor(teams=1, before=30, after=8)
FLOORS = {"lags": LAGS, "panel": PANEL, "rollout": ROLLOUT, "interruption": INTERRUPTION}
