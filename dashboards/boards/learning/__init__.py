"""Learning in the flow of work: who finds, practises, shares and reinforces, beside the KPIs."""

from dashboards import palette
from dashboards.board import Asked, Board, Column, Drawing, Panel
from dashboards.queries import KPI, TEAM

#: Small groups are not shown, so that one event alone leaves a chart empty too.
_NO_EVENT = (
    "No learning event in this range by a group that is large enough to be shown. Choose a longer "
    "range or another team; Pipeline, below, counts every event."
)
#: A range of more than two weeks reaches to the ends of its first and last one.
_WHOLE_WEEKS = "long ranges by whole weeks"
_TIME = Column("time", "Time")
_SCAFFOLDS = (
    Column(
        "discovery",
        "Discovery",
        hue=palette.DISCOVERY,
        means="searching, reading, asking, finding experts",
    ),
    Column(
        "practice",
        "Practice",
        hue=palette.PRACTICE,
        means="working on tasks together, with customers",
    ),
    Column("sharing", "Sharing", hue=palette.SHARING, means="writing down, answering, curating"),
    Column(
        "reinforcement",
        "Reinforcement",
        hue=palette.REINFORCEMENT,
        means="coming back to key concepts",
    ),
)

board = Board(
    "learning",
    "Learning in the flow of work",
    (TEAM, KPI),
    (
        Panel(
            "totals",
            _SCAFFOLDS,
            Drawing.TILES,
            "Learning in the flow of work",
            "events",
            says="Learning events of each scaffold in the chosen range: what people did in their "
            "tools to find, try, pass on and keep knowledge.",
            do="Look for the scaffold that stays behind. Much discovery with little sharing means "
            "that answers are found over and over and written down by nobody.",
            empty=_NO_EVENT,
            scope=_WHOLE_WEEKS,
            source="activity",
            wakes=True,
            width=12,
            height=4,
        ),
        Panel(
            "behaviours",
            (
                _TIME,
                Column("behaviour", "Behaviour", hue=palette.BEHAVIOUR),
                Column("events", "Events"),
            ),
            Drawing.STACK,
            "Learning behaviours over time",
            "events",
            says="What people did, by kind of behaviour; one hue a scaffold. Up to six hours by "
            "quarter of an hour, up to two days by hour, up to two weeks by day, then by week. "
            "What too few people did in a step is not drawn; below stands how much that is. A team "
            "is told by scaffold, and by day at least.",
            do="Compare with what happened: a release, an incident, a new programme. Click a "
            "behaviour in the legend to leave it out, a bar to look into its time.",
            empty=_NO_EVENT,
            scope=_WHOLE_WEEKS,
            source="activity",
            wakes=True,
            width=8,
            height=11,
        ),
        Panel(
            "latest",
            (
                _TIME,
                Column("within", "Within", joined=True),
                Column("behaviour", "Behaviour", hue=palette.BEHAVIOUR),
                Column("team", "Team", blank="several"),
                Column("tool", "Tool", blank="several"),
                Column("topic", "Topic", joined=True),
            ),
            Drawing.TABLE,
            "Happening lately",
            "",
            says="What several people were doing in a quarter of an hour or an hour of the range, "
            "newest first; team, tool and topic where as many share them. Never what one did.",
            do="Is a tool missing? Look at the pipeline below, then at `headwater rejected list`.",
            empty="Nothing that enough people did within an hour of this range.",
            every=5.0,
            wakes=True,
            width=4,
            height=11,
        ),
        Panel(
            "teams_scaffolds",
            (Column("team", "Team"), *_SCAFFOLDS),
            Drawing.BARS,
            "Scaffolds by team",
            "events",
            says="Learning events in the range by team. Other holds teams under the minimum group "
            "and accounts that nobody was found for.",
            do="Teams differ in size and tools: compare the mix of colours before the length. A "
            "large Other shrinks with a complete directory. Click a bar to look at that team.",
            empty=_NO_EVENT,
            scope=f"whole days, {_WHOLE_WEEKS}",
            source="activity",
            wakes=True,
        ),
        Panel(
            "kpi",
            (
                _TIME,
                *_SCAFFOLDS,
                Column("value", "KPI", hue=palette.INK, of="kpi"),
                Column("target", "Target", hue=palette.MUTED, aim=True),
            ),
            Drawing.AXES,
            "Learning beside a KPI",
            "learning events",
            says="Learning events of the named teams, and beside them the chosen KPI: the mean "
            "over these teams, weighted by n where every figure has one, and its target where each "
            "of these figures has one. By the KPI's own grain: "
            "weeks (at least 26), else months (12), else days (28). Side by side, not a link: "
            "inference comes later.",
            do="Look for times at which both move, then ask the team what happened there. The "
            "line proves nothing by itself.",
            empty="No value of this KPI for a team that is large enough to be shown; a KPI of "
            "smaller teams only says so in the list. KPIs come with `headwater kpi load FILE.csv`, "
            "and by themselves from changes, deployments, incidents, tickets and deals.",
            scope="at least 26 weeks, 12 months or 28 days",
            least_weeks=26,
        ),
        Panel(
            "people",
            (_TIME, Column("anything", "Any of them", hue=palette.INK), *_SCAFFOLDS),
            Drawing.LINES,
            "People reached",
            "people",
            says="How many different people learned in the flow of work in a week, by scaffold and "
            "in any of them, down to a multiple of the minimum group. Smaller groups are left out.",
            do="A rising number of events with a flat number of people means that the same few "
            "carry the learning.",
            empty="No group of people that is large enough to be shown in these weeks.",
            least_weeks=12,
        ),
        Panel(
            "tenure",
            (
                _TIME,
                Column("0-3 months", "First 3 months", hue="#c2410c"),
                Column("3-12 months", "3–12 months", hue="#d08a4e"),
                Column("1-3 years", "1–3 years", hue="#7a8f97"),
                Column("3+ years", "3 years and more", hue="#33474e"),
            ),
            Drawing.LINES,
            "Newcomers and the others",
            "events a person",
            says="Learning events a person and week by time in the organisation, all teams "
            "together. Bands under the minimum group are left out.",
            do="Newcomers should stand above the others in their first months. If they do not, "
            "they have nobody to ask or nowhere to look.",
            empty="No start dates of enough people. They come with "
            "`headwater directory load people.csv` (column start).",
            scope="all teams, at least 12 weeks",
            least_weeks=12,
        ),
        Panel(
            "pipeline",
            (
                Column("lag", "Lag, 95th percentile", "s", alarm=30, none="quiet, none to measure"),
                Column("silence", "Since the processors spoke", "s", alarm=15, none="not yet"),
                Column("waiting", "Records waiting", none="not reporting"),
                Column("events", "Events stored since the start"),
                Column("rejected", "Refused", alarm=1),
                Column("unresolved", "Events of unknown accounts", alarm=1),
                Column("accounts", "Unknown accounts"),
            ),
            Drawing.STAT,
            "Pipeline",
            "",
            says="How long an event takes until it is stored (95 of 100 are faster), how many "
            "wait, were stored since the worker began, refused, or have no known person (in "
            "steps). On a quiet day there is no lag to measure; the processors speak every second "
            "all the same.",
            do="Refused: `headwater rejected list` says why, `headwater rejected replay` tries "
            "again. Unresolved: load a directory that knows these accounts.",
            empty="The processors have not reported. `headwater status` shows which part is down.",
            scope="now, all teams",
            every=3.0,
            always=True,
            width=12,
            height=4,
        ),
        Panel(
            "refusals",
            (
                Column("source", "Sender"),
                Column("kind", "Kind"),
                Column("rule", "Rule"),
                Column("refused", "Refused", alarm=1),
            ),
            Drawing.TABLE,
            "Refused, by sender and rule",
            "",
            says="What was refused: by credential or connection, and by the section of xAPI that "
            "it breaks.",
            do="`headwater rejected list --source NAME` shows each with the reason. Tell the "
            "tool's maker, or give a credential that knows its faults (`headwater credentials add "
            "--tolerant`).",
            empty="Nothing was refused in the last seven days.",
            scope="the last seven days, all teams",
            every=30.0,
            width=12,
            height=6,
        ),
        Panel(
            "accounts",
            (
                Column("tool", "Tool"),
                Column("known_share", "Known", "%"),
                Column("known_people", "Of somebody"),
                Column("all_people", "People and accounts"),
            ),
            Drawing.TABLE,
            "Whose accounts are known, by tool",
            "",
            says="How many who learned in a tool in its newest week are people of the directory; "
            "an account that nobody is known for counts as one. In steps of the minimum group.",
            do="`headwater directory unresolved` lists the others, with who they surely are. A "
            "connection with `read_users` finds people by their verified addresses.",
            empty="No tool with as many people as may be shown.",
            scope="the newest week, all teams",
            every=60.0,
            width=12,
            height=6,
        ),
    ),
    says="Who finds, practises, shares and reinforces what, beside the KPIs.",
    caption=Asked(
        "shares",
        (
            Column("longer", "by too few people in a step to be drawn", under=Drawing.STACK),
            Column("unclassified", "not classified"),
            Column("unresolved", "of unknown accounts"),
        ),
        source="activity",
        wakes=True,
    ),
    place=10,
)
