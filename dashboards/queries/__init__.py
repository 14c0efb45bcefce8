"""Questions that are no board's own, the variables that boards share, and pieces of SQL."""

from dashboards.board import Query, Variable, text


def _query(name: str, columns: tuple[str, ...], every: float) -> Query:
    return Query(name, columns, text(__name__, name), every)


#: What the page asks beside the panels, once for all who watch.
INSTALLATION = _query("installation", ("time_zone", "minimum_group", "synthetic"), 10.0)
#: Cheap: changes when anything arrives, so that the rest is asked only then.
PULSE = _query("pulse", ("newest", "recent", "facts", "events", "anything"), 0.8)
#: The first day that can be shown.
HISTORY = _query("history", ("first",), 60.0)
#: That history is being counted anew; no row while it is not.
COUNTED = _query("counted", ("told",), 10.0)
#: What stands above the boards in Grafana; the page says it in its own places.
NOTICE = _query("notice", ("notice",), 60.0)

#: What was rolled out, as Grafana takes an annotation.
ROLLOUTS = _query("rollouts", ("time", "title", "text"), 60.0)
#: Weeks with releases, as such annotations.
RELEASES = _query("releases", ("time", "title", "text"), 60.0)

TEAM = Variable("team", "Team", _query("teams", ("team",), 8.0), everything="All teams")
KPI = Variable(
    "kpi",
    "KPI",
    _query("kpis", ("kpi", "unit", "direction", "shown", "title"), 8.0),
    none="none yet",
)
BEHAVIOUR = Variable(
    "behaviour",
    "Behaviour",
    _query("linked", ("behaviour",), 8.0),
    none="none estimated",
)
ROLLOUT = Variable(
    "rollout",
    "Rollout",
    _query("rolled_out", ("rollout",), 5.0),
    none="none declared",
)
