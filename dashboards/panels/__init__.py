"""The panels, declared once: the live page and the Grafana boards are drawn from these.

Each panel's SQL is the file of its name beside this module. It takes ClickHouse parameters
(`{from:DateTime}`, `{until:DateTime}`, `{team:String}`, `{kpi:String}`) and reads views of the
database `viewer` only. `$learning` stands for `learning.fragment.sql`: the one place that chooses
bucket and source by the length of the range.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Template


class Drawing(StrEnum):
    """How a panel is drawn; the first column of a series drawing is the time."""

    STACK = "stacked time series"
    BARS = "bars"
    TABLE = "table"
    AXES = "two axes"
    LINES = "lines"
    TILES = "tiles"
    STAT = "figures"


@dataclass(frozen=True)
class Query:
    """A named query of this folder: its columns in order, and how often it is worth asking."""

    name: str
    columns: tuple[str, ...]
    #: Seconds between two looks while somebody watches.
    every: float
    #: Whether it is worth asking at once when the pulse says that something arrived.
    wakes: bool = field(default=False, kw_only=True)

    @property
    def sql(self) -> str:
        """The text of the query, whole."""
        return text(self.name)


@dataclass(frozen=True)
class Panel(Query):
    """A query with what a reader needs to understand its picture."""

    title: str
    unit: str
    drawing: Drawing
    #: What the panel says, and what to do with it.
    says: str
    do: str
    #: What stands there while there is nothing to draw.
    empty: str
    #: Of twelve columns on a wide screen.
    width: int = 6
    #: Rows of the picture, in steps of about 30 pixels.
    height: int = 9


SCAFFOLDS = ("discovery", "practice", "sharing", "reinforcement")
#: Small groups are not shown, so that one event alone leaves a chart empty too.
NO_EVENT = (
    "No learning event in this range by a group that is large enough to be shown. Choose a longer "
    "range or another team; Pipeline, below, counts every event."
)
TENURES = ("0-3 months", "3-12 months", "1-3 years", "3+ years")

PANELS: tuple[Panel, ...] = (
    Panel(
        "totals",
        SCAFFOLDS,
        10.0,
        wakes=True,
        title="Learning in the flow of work",
        unit="events",
        drawing=Drawing.TILES,
        says="Learning events of each scaffold in the chosen range: what people did in their tools "
        "to find, try, pass on and keep knowledge.",
        do="Look for the scaffold that stays behind. Much discovery with little sharing means "
        "that answers are found over and over and written down by nobody.",
        empty=NO_EVENT,
        width=12,
        height=4,
    ),
    Panel(
        "behaviours",
        ("time", "behaviour", "events"),
        10.0,
        wakes=True,
        title="Learning behaviours over time",
        unit="events",
        drawing=Drawing.STACK,
        says="What people did, by kind of behaviour; one hue a scaffold. Up to six hours by "
        "minute, up to a week by hour, up to a hundred days by day, then by week.",
        do="Compare with what happened: a release, an incident, a new programme. Click a behaviour "
        "in the legend to leave it out.",
        empty=NO_EVENT,
        width=8,
        height=11,
    ),
    Panel(
        "latest",
        ("time", "behaviour", "tool", "team", "topic"),
        5.0,
        wakes=True,
        title="Latest learning events",
        unit="",
        drawing=Drawing.TABLE,
        says="The newest events of teams that are large enough to be shown, newest first. "
        "Nobody is named.",
        do="Is a tool missing? Look at the pipeline below, then at `headwater rejected list`.",
        empty="No event of a team that is large enough to be shown. Teams come with "
        "`headwater directory load people.csv`.",
        width=4,
        height=11,
    ),
    Panel(
        "teams_scaffolds",
        ("team", *SCAFFOLDS),
        10.0,
        wakes=True,
        title="Scaffolds by team",
        unit="events",
        drawing=Drawing.BARS,
        says="Learning events in the range by team. Other holds teams under the minimum group and "
        "accounts that nobody was found for.",
        do="Teams differ in size and tools: compare the mix of colours before the length. A large "
        "Other shrinks with a complete directory.",
        empty=NO_EVENT,
    ),
    Panel(
        "kpi",
        ("time", *SCAFFOLDS, "value"),
        10.0,
        title="Learning beside a KPI",
        unit="events",
        drawing=Drawing.AXES,
        says="Learning events of the named teams, and beside them the chosen KPI: the mean over "
        "these teams, weighted by n where every figure has one. By the KPI's own grain: weeks (at "
        "least 26), else months (12), else days (28). Side by side, not a link: inference comes "
        "later.",
        do="Look for times at which both move, then ask the team what happened there. The line "
        "proves nothing by itself.",
        empty="No value of this KPI for a team that is large enough to be shown. KPIs come with "
        "`headwater kpi load FILE.csv`.",
    ),
    Panel(
        "people",
        ("time", "anything", *SCAFFOLDS),
        10.0,
        title="People reached",
        unit="people",
        drawing=Drawing.LINES,
        says="How many different people learned in the flow of work in a week, by scaffold and in "
        "any of them; at least 12 weeks. Groups under the minimum are left out.",
        do="A rising number of events with a flat number of people means that the same few carry "
        "the learning.",
        empty="No group of people that is large enough to be shown in these weeks.",
    ),
    Panel(
        "tenure",
        ("time", *TENURES),
        10.0,
        title="Newcomers and the others",
        unit="events a person",
        drawing=Drawing.LINES,
        says="Learning events a person and week by time in the organisation, all teams together; "
        "at least 12 weeks. Bands under the minimum group are left out.",
        do="Newcomers should stand above the others in their first months. If they do not, they "
        "have nobody to ask or nowhere to look.",
        empty="No start dates of enough people. They come with "
        "`headwater directory load people.csv` (column start).",
    ),
    Panel(
        "pipeline",
        ("lag", "waiting", "events", "rejected", "unresolved", "accounts"),
        3.0,
        title="Pipeline",
        unit="",
        drawing=Drawing.STAT,
        says="How long an event takes until it is counted here (95 of 100 are faster), how "
        "many wait, were counted, refused, or have no known person.",
        do="Refused: `headwater rejected list` says why, `headwater rejected replay` tries again. "
        "Unresolved: load a directory that knows these accounts.",
        empty="The processors have not reported. `headwater status` shows which part is down.",
        width=12,
        height=4,
    ),
    Panel(
        "refusals",
        ("source", "kind", "rule", "refused"),
        30.0,
        title="Refused, by sender and rule",
        unit="",
        drawing=Drawing.TABLE,
        says="What was refused in the last seven days: by credential or connection, and by the "
        "section of xAPI that it breaks.",
        do="`headwater rejected list --source NAME` shows each with the reason. Tell the tool's "
        "maker, or give a credential that knows its faults (`headwater credentials add "
        "--tolerant`).",
        empty="Nothing was refused in the last seven days.",
        width=12,
        height=6,
    ),
)

#: What the page asks beside the panels, once for all who watch.
INSTALLATION = Query("installation", ("time_zone", "minimum_group", "synthetic"), 10.0)
TEAMS = Query("teams", ("team",), 8.0)
KPIS = Query("kpis", ("kpi", "unit", "direction"), 8.0)
#: Cheap: changes when anything arrives, so that the rest is asked only then.
PULSE = Query("pulse", ("newest", "recent", "facts", "events"), 0.8)
#: What stands above the boards in Grafana; the page says it in its own places.
NOTICE = Query("notice", ("notice",), 60.0)


def panel(name: str) -> Panel:
    """The panel of that name; KeyError where there is none."""
    return {p.name: p for p in PANELS}[name]


@cache
def text(name: str) -> str:
    """The text of a query of this folder, its fragment filled in."""
    folder = files(__name__)
    fragment = (folder / "learning.fragment.sql").read_text("utf-8").rstrip()
    return Template((folder / f"{name}.sql").read_text("utf-8")).substitute(learning=fragment)
