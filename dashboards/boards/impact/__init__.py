"""Impact: how KPIs move with learning and what followed rollouts, in words and with its limits."""

from dashboards import palette
from dashboards.board import Board, Column, Drawing, Panel, Shade, Shades
from dashboards.queries import BEHAVIOUR, KPI, ROLLOUT

KIND = Shades(
    (
        ("effect", Shade("effect of a rollout", "#33805a")),
        ("association", Shade("association", "#2c6e91")),
        ("doubtful", Shade("found, and doubtful", "#c2410c")),
        ("nothing", Shade("nothing found", "#7a8f97")),
        ("missing", Shade("too little data", "#c5cccd")),
    )
)
METHOD = Shades(
    (
        ("lags", Shade("lags: when it follows", palette.ACCENT)),
        ("panel", Shade("panel: within teams", palette.ACCENT)),
        ("rollout", Shade("rollout: teams with and without", palette.ACCENT)),
        ("interruption", Shade("interruption: one series", palette.ACCENT)),
    )
)
_RUN = "the chosen KPI, as of the last run"
_WEEKS = "the chosen KPI, at least 26 weeks"
#: What a rollout that was just declared must be on within seconds.
_SOON = 5.0
_MARK = Column("mark", "Began", marks=True)
_NO_KPI = (
    "No weekly value of this KPI for a team that is large enough to be shown. KPIs come with "
    "`headwater kpi load FILE.csv`."
)

board = Board(
    "impact",
    "Impact",
    (KPI, BEHAVIOUR, ROLLOUT),
    (
        Panel(
            "verdicts",
            (
                Column("verdict", "What may be said"),
                Column("kind", "Kind", hue=KIND),
                Column("method", "By", hue=METHOD, joined=True),
            ),
            Drawing.SENTENCES,
            "What may be said",
            "",
            says="What was found for this KPI, the surest first; where nothing was, how much was "
            "looked for. Association: both move together, which does not say that one brings about "
            "the other. Effect: after a rollout, with teams without it as comparison, and no "
            "difference seen before.",
            do="Read a sentence aloud with its interval. Where it is doubtful, leave it out of a "
            "decision. `headwater links show ID` computes any of them again.",
            empty="Nothing was estimated for this KPI yet. It is by night, or with "
            "`headwater links run`.",
            scope=_RUN,
            every=_SOON,
            width=12,
            height=6,
        ),
        Panel(
            "weeks",
            (
                Column("time", "Time"),
                _MARK,
                Column("discovery", "Discovery", hue=palette.DISCOVERY),
                Column("practice", "Practice", hue=palette.PRACTICE),
                Column("sharing", "Sharing", hue=palette.SHARING),
                Column("reinforcement", "Reinforcement", hue=palette.REINFORCEMENT),
                Column("value", "KPI", hue=palette.INK, of="kpi"),
                Column("target", "Target", hue=palette.MUTED, aim=True),
            ),
            Drawing.AXES,
            "KPI and learning by week",
            "learning events",
            says="Learning events of the named teams, and the KPI's mean over them, weighted "
            "by n where every figure has one; a dashed level is its target, where every figure has "
            "one. An upright dashed line is a rollout, with its name at the "
            "week in which it began, or a week with releases (the 12 that have most; with the "
            "place where most were, if enough people are behind them). The KPI's axis need not "
            "begin at nothing.",
            do="Look first whether anything moves at all. Two lines that rise together prove "
            "nothing: what may be said stands above, and how sure it is below.",
            empty=_NO_KPI,
            scope="at least 26 weeks",
            least_weeks=26,
            every=_SOON,
            width=12,
            height=11,
        ),
        Panel(
            "rollouts",
            (
                Column("rollout", "Rollout"),
                Column("since", "Since"),
                Column("teams", "Teams"),
                Column("what", "What it is", blank="–"),
            ),
            Drawing.TABLE,
            "Rollouts",
            "",
            says="What began in which teams on which day, as it was declared; teams that are large "
            "enough to be named. Declare it before you look at what followed: a date chosen for "
            "the figures proves nothing.",
            do="`headwater rollout add NAME --teams A,B --date 2026-09-07`. It is on the charts "
            "within seconds, and estimated with the next run.",
            empty="No rollout is declared. Without one, nothing can be called an effect.",
            scope="all there are",
            every=_SOON,
            width=12,
            height=4,
        ),
        Panel(
            "teams",
            (
                Column("time", "Time"),
                Column("team", "Team"),
                _MARK,
                Column("value", "In the week", hue="#9fb3bd"),
                Column("mean", "Mean of four weeks, weighted by n", hue=palette.INK),
            ),
            Drawing.SMALL,
            "The KPI by team",
            "",
            says="This KPI by week for each team that is large enough to be shown, and its mean of "
            "four weeks, weighted by n where each has one. All on the same axes, from nothing on, "
            "so that heights compare. A dashed line: a rollout began in this team. The 24 teams "
            "with most weeks.",
            do="Does one team alone make the whole's line? Compare teams with a rollout with those "
            "without, before and after it.",
            empty=_NO_KPI,
            scope=_WEEKS,
            least_weeks=26,
            every=_SOON,
            width=12,
            height=16,
        ),
        Panel(
            "forest",
            (
                Column("behaviour", "Behaviour", hue=palette.BEHAVIOUR),
                Column("estimate", "Estimate", of="kpi"),
                Column("low", "95 % interval"),
                Column("high", "to"),
                Column("kind", "Kind", hue=KIND),
                Column("more", "For so many events more"),
                Column("teams", "Teams"),
            ),
            Drawing.INTERVALS,
            "How far it moves with each behaviour",
            "",
            says="By the panel: where a team does more of a behaviour than it usually does (as "
            "much more as its weeks usually differ), how far the KPI is from what it usually is, "
            "over that week and the four after it; with its 95 % interval. One that crosses the "
            "line at nothing is no finding.",
            do="Look at the length before the place: a long line says that little is known. Click "
            "a behaviour to see when the KPI follows it.",
            empty="No estimate by panel yet: it takes 10 teams with 26 weeks. What is missing "
            "stands below.",
            scope=_RUN,
            every=10.0,
            width=6,
            height=12,
        ),
        Panel(
            "lags",
            (
                Column("at", "Weeks by which the KPI follows"),
                Column("estimate", "Correlation", hue=palette.DISCOVERY),
                Column("low", "Where chance goes (95 %)"),
                Column("high", "to"),
            ),
            Drawing.BAND,
            "When it follows the chosen behaviour",
            "correlation",
            says="How the KPI goes with what was more or less than was to be expected of the "
            "chosen behaviour so many weeks before, over all teams (below nothing: weeks after). "
            "Within the band is what chance alone gives.",
            do="A peak to the right, outside the band, is a KPI that follows. One to the left "
            "means that the KPI comes first, and learning answers it.",
            empty="No lags yet for this behaviour: it takes 5 teams with 40 weeks each. What is "
            "missing stands below.",
            scope="the chosen KPI and behaviour, as of the last run",
            every=10.0,
            width=6,
            height=12,
        ),
        Panel(
            "study",
            (
                Column("at", "Weeks since it began"),
                _MARK,
                Column("estimate", "Difference", hue=palette.DISCOVERY, of="kpi"),
                Column("low", "95 % band"),
                Column("high", "to"),
            ),
            Drawing.BAND,
            "What followed the chosen rollout",
            "",
            says="How far the KPI of teams with the rollout is from where it was in the week "
            "before they began, beside teams that had not begun (Callaway and Sant'Anna). The band "
            "holds all weeks at once. Before the start it should lie about nothing.",
            do="Look left of the start first: where it leaves nothing there already, what stands "
            "right of it is no effect of the rollout.",
            empty="No event study yet for this rollout: it takes 5 teams with it and 5 without, 8 "
            "weeks before and 4 after. What is missing stands beside; of one team alone the "
            "verdict stands above.",
            scope="the chosen KPI and rollout, as of the last run",
            every=10.0,
            width=6,
            height=12,
        ),
        Panel(
            "missing",
            (
                Column("method", "Method", hue=METHOD),
                Column("about", "Of what"),
                Column("lacks", "What is missing"),
            ),
            Drawing.TABLE,
            "What cannot be said yet",
            "",
            says="Links of this KPI for which there are too few teams or weeks, with how many more "
            "it takes. No figure is made of them, so none can be read into them.",
            do="Weeks come by themselves. For teams: is the KPI loaded for all of them, is each "
            "large enough, and does its learning reach Headwater (Coverage)?",
            empty="Nothing is missing: every method has enough data for this KPI.",
            scope=_RUN,
            every=10.0,
            width=6,
            height=12,
        ),
        Panel(
            "proficiency",
            (
                Column("cohort", "Started in"),
                Column("people", "Newcomers"),
                Column("median", "Half are there after", "weeks", none="not reached"),
                Column("low", "95 % interval", "weeks", none="none"),
                Column("high", "to", "weeks", none="open"),
            ),
            Drawing.TABLE,
            "How long newcomers need",
            "",
            says="After how many weeks half of those who started in a quarter finish as many work "
            "items as old hands of their team usually do in a week, three weeks in a row. Who has "
            "not got there, or left before, counts as long as they were seen (Kaplan and Meier). "
            "Not reached: more than half have not, so there is no figure.",
            do="Compare quarters whose intervals do not overlap, and nothing else: five people say "
            "little. What helped those who began faster stands on Scaffolding.",
            empty="No quarter in which the minimum group of people started, in teams whose work "
            "items are known. It needs start dates: the column start_date of people.csv.",
            scope="all teams, by the quarter of the start, as of the last run",
            every=30.0,
            width=12,
            height=6,
        ),
    ),
    says="How KPIs move with learning, what followed rollouts, and what cannot be said yet.",
    place=11,
)
