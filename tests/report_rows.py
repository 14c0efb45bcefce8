"""A quarter as rows, for tests that look at what a report makes of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

from headwater.report.findings import (
    Activity,
    Behaviour,
    Findings,
    Found,
    Half,
    Kpi,
    Measured,
    Moment,
    People,
    Quality,
    Rollout,
    Size,
    Team,
)
from headwater.report.quarter import Quarter, Span
from kpis.links.link import Link, Point, Subject
from kpis.links.verdicts import spoken
from warehouse import Warehouse

QUARTER = Quarter(2026, 3)
OVER = date(2026, 10, 12)
#: Of kpi.link_rows.
COLUMNS = (
    "id", "run", "at", "method", "kpi", "unit", "direction", "behaviour", "kind", "more",
    "estimate", "low", "high", "p", "q", "family", "lag", "n", "clusters", "weeks", "detectable",
    "placebo", "placebo_p", "doubts", "lacks", "profile", "verdict", "since", "until",
    "parameters", "data",
)  # fmt: skip
#: As somebody may call a team, a rollout, a KPI or its unit.
HOSTILE = "<script>alert('é & \"x\"')</script>"
TEAMS = {"Harbour": 12, "Lighthouse": 8, "Pier & Sons": 6}
SCAFFOLDS = {"discovery": 6, "practice": 2, "sharing": 3, "reinforcement": 1, "formal": 1}
BEHAVIOURS = (("discovery", "read"), ("discovery", ""), ("sharing", "help"), ("formal", "course"))
KPIS = (
    Kpi("close_hours", "Hours to close", "hours", "down", "Support", "The help desk", 0.5),
    Kpi("solved_share", "", "%", "up", "", "", None),
)


def half(span: Span, factor: float = 1.0) -> Half:
    """A quarter in which every week is alike but for a little."""
    weeks = span.weeks
    return Half(
        span,
        scaffolds=tuple(
            Activity(week, name, int(40 * share * factor + place % 3))
            for place, week in enumerate(weeks)
            for name, share in SCAFFOLDS.items()
        ),
        behaviours=tuple(
            Behaviour(scaffold, behaviour, int(len(weeks) * 20 * factor + place))
            for place, (scaffold, behaviour) in enumerate(BEHAVIOURS)
        ),
        teams=tuple(
            Team(team, name, int(events * factor), people * len(weeks), len(weeks))
            for team, people in TEAMS.items()
            for name, events in {"": 520, **{k: v * 40 for k, v in SCAFFOLDS.items()}}.items()
        ),
        sizes=tuple(Size(team, len(weeks), people) for team, people in TEAMS.items()),
        people=tuple(People(week, 20 + 5 * (place % 2)) for place, week in enumerate(weeks)),
        quality=Quality(2.0, 4.0, 8.0, 12.0, len(weeks)),
        measured=tuple(
            Measured(kpi.kpi, team, "week", "mean", len(weeks), value * len(weeks),
                     value * len(weeks) * 10, len(weeks) * 10.0, 10.0, len(weeks) * 10)
            for kpi, start in zip(KPIS, (20.0, 60.0), strict=True)
            for team, value in zip(TEAMS, (start * factor, start * factor + 2, 21.0), strict=True)
        ),
        series=tuple(
            Moment(kpi.kpi, week, start * factor + place % 4)
            for kpi, start in zip(KPIS, (20.0, 60.0), strict=True)
            for place, week in enumerate(weeks)
        ),
    )  # fmt: skip


def link(method: str, behaviour: str, kpi: Kpi = KPIS[0], **told: Any) -> Found:
    """A link with the words that the project's own verdicts give it."""
    asked = behaviour if method in ("rollout", "interruption") else f"the behaviour {behaviour}"
    subject = Subject(kpi.kpi, kpi.unit, kpi.direction, asked, told.pop("more", 1.0))
    made = spoken(Link(method, subject, **told))
    known = {
        name: None if (value := getattr(made, name)) != value else value
        for name in ("estimate", "low", "high", "p", "q", "detectable", "placebo_p")
    }
    return Found(
        method=method, kpi=kpi.kpi, unit=kpi.unit, behaviour=behaviour, kind=made.kind.value,
        more=subject.by, family=made.family, lag=made.lag, n=made.n, clusters=made.clusters,
        weeks=made.weeks, lacks=made.lacks,
        profile=tuple((p.at, p.estimate, p.low, p.high) for p in made.profile),
        verdict=made.verdict, since=date(2026, 1, 5), until=date(2026, 10, 5),
        at=datetime(2026, 10, 12, 1, 30, tzinfo=UTC), **known,
    )  # fmt: skip


def links() -> tuple[Found, ...]:
    """One of each kind, the surest first."""
    study = tuple(
        Point(at, -1.9 * (at >= 0) + 0.1 * (at % 3), -2.6 * (at >= 0) - 0.9, 0.9 - 1.2 * (at >= 0))
        for at in range(-12, 13)
    )
    found = {"p": 0.001, "q": 0.004, "n": 1033, "clusters": 12, "weeks": 40, "detectable": 0.31}
    return (
        link("rollout", "Coaching", estimate=-1.87, low=-2.6, high=-1.1, placebo_p=0.44,
             profile=study, **found),
        link("panel", "help", estimate=-0.62, low=-0.9, high=-0.31, lag=4, more=12.0, family=13,
             placebo_p=0.5, **found),
        link("panel", "read", estimate=0.4, low=0.2, high=0.61, lag=4, more=30.0, family=13,
             doubts=("the KPI moves first",), placebo_p=0.02, **found),
        link("panel", "ask", estimate=0.05, low=-0.3, high=0.4, lag=4, more=9.0, family=13,
             **{**found, "p": 0.7, "q": 0.8, "detectable": 0.52}),
        link("lags", "help", KPIS[1], estimate=0.04, low=-0.1, high=0.2, family=13,
             **{**found, "p": 0.4, "q": 0.6, "detectable": 0.17}),
        link("panel", "help", KPIS[1], lacks=("7 more teams", "3 more weeks"), clusters=3),
    )  # fmt: skip


def findings(today: date = OVER, **changes: Any) -> Findings:
    """A whole report's rows; `changes` replace fields of theirs."""
    whole = Findings(
        zone="Europe/Paris",
        minimum=5,
        synthetic=False,
        made=datetime(2026, 10, 12, 7, 30, tzinfo=UTC),
        now=half(Span.until(QUARTER, today), 1.1),
        before=half(Span.until(QUARTER.before, today)),
        kpis=KPIS,
        links=links(),
        rollouts=(
            Rollout("Coaching", date(2026, 7, 13), ("Harbour", "Lighthouse"), "a coach in a team"),
        ),
    )
    return replace(whole, **changes)


def keep(admin: Warehouse, found: Iterable[Found], at: datetime) -> None:
    """Stores links as one run of theirs."""
    run = uuid4()
    rows = []
    for place, each in enumerate(found):
        known = {**each._asdict(), "id": f"{place:016x}", "run": run, "at": at, "direction": "up"}
        known |= {"placebo": None, "doubts": [], "parameters": "{}", "data": ""}
        rows.append([known[name] for name in COLUMNS])
    admin.insert("kpi.link_rows", COLUMNS, rows)


class Tables(HTMLParser):
    """The tables of a page: caption → rows of texts, the names of the columns first."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._caption, self._text = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.found.setdefault(self._caption, []).append([])
        if tag in ("caption", "td", "th"):
            self._text = ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self._caption = self._text
        elif tag in ("td", "th"):
            self.found[self._caption][-1].append(self._text)


def tables(page: str) -> dict[str, list[list[str]]]:
    """The tables of a page by their captions."""
    return Tables(page).found
