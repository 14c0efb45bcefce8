"""How the answer to each worked question is drawn: the rows of its SQL, the figure.

A form for what is asked: a matrix for pairs, bars for counts and shares, lines for weeks. Where
there are more rows than can be read, the first ones of the SQL's order are drawn.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame, isna

from dashboards import palette
from tests.pictures import forms
from tests.pictures.forms import MANY, bars, matrix, over_weeks, rows_down, sheet, tall
from tests.pictures.questions import Question

NO_TEAM = "(no team)"
_COLOURS = {
    "discovery": palette.DISCOVERY,
    "practice": palette.PRACTICE,
    "sharing": palette.SHARING,
    "reinforcement": palette.REINFORCEMENT,
    "formal": "#7d8a8e",
}
_FIRST, _SECOND, _THIRD = palette.DISCOVERY, palette.SHARING, palette.PRACTICE
_REST = "#c5cccd"


def draw(question: Question, rows: DataFrame, folder: Path) -> Path:
    """Draws the answer to a question into a folder, and says where."""
    path = folder / question.picture
    with forms.look():
        forms.write(DRAWINGS[question.number](rows), path, question.asked)
    return path


def answering_teams(rows: DataFrame) -> Figure:
    """Who asks by who answers."""
    busy = rows.groupby("asks")["questions"].sum().sort_values(ascending=False)
    teams = [*busy.index, *sorted(set(rows["answers"]) - set(busy.index))]

    def square(column: str) -> DataFrame:
        cells = rows.pivot(index="asks", columns="answers", values=column)
        return cells.reindex(index=busy.index, columns=teams)

    questions, hours = square("questions"), square("median_hours")
    questions.columns = [name.replace(" ", "\n") for name in teams]
    figure, axes = sheet(0.37 * len(busy) + 1.2)
    matrix(
        axes,
        questions,
        questions.map(lambda value: f"{value:.0f}"),
        small=hours.map(lambda value: f"{value:g} h"),
        down="Team that asks",
        across="Team that answers: number of questions, and below it the median hours until then",
        shade=LogNorm(max(1, rows["questions"].min()), rows["questions"].max()),
    )
    axes.tick_params(axis="x", labelrotation=60)
    return figure


def hours_by_topic(rows: DataFrame) -> Figure:
    """Medians and nine in ten on a logarithmic scale, beside the share that is open."""
    rows = rows.head(MANY)
    figure, (hours, still) = sheet(tall(len(rows)) + 0.25, 1, 2, sharey=True, width_ratios=(2.1, 1))
    places = range(len(rows))
    forms.dumbbells(hours, rows["median_working_hours"], rows["hours_of_nine_in_ten"])
    for column, name, colour in (
        ("median_working_hours", "median, in working time", _THIRD),
        ("median_hours", "median, by the clock", _FIRST),
        ("hours_of_nine_in_ten", "nine in ten, by the clock", _SECOND),
    ):
        hours.scatter(rows[column], places, 26, color=colour, label=name, zorder=2)
    forms.ratios(hours.xaxis)
    hours.set_xlabel("Hours until the answer (logarithmic)")
    hours.grid(axis="x")
    figure.legend(loc="outside upper left", ncols=3)
    texts = [
        f"{share:g} % of {questions}"
        for share, questions in zip(rows["open_percent"], rows["questions"], strict=True)
    ]
    bars(still, {"": (list(rows["open_percent"]), _REST)}, "Still open, percent", texts, 2.2)
    rows_down(hours, list(rows["topic"]), "Topic")
    still.set_ylabel("")
    return figure


def topics_of_one(rows: DataFrame) -> Figure:
    """Questions on each, and how many are not answered."""
    rows = rows.head(MANY)
    texts = [
        f"bus factor {one.bus_factor}, experts {one.experts}, helpers {one.helpers}"
        for one in rows.itertuples()
    ]
    figure, axes = sheet(tall(len(rows)) + 0.7)
    bars(
        axes,
        {
            "questions": (list(rows["questions"]), _FIRST),
            "of these without an answer": (list(rows["unanswered"]), _SECOND),
        },
        "Questions in the week, number",
        texts,
        2.0,
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    rows_down(axes, list(rows["topic"]), "Topic")
    return figure


def newcomers(rows: DataFrame) -> Figure:
    """A chart a cohort: its line, and that of people who have been there for longer."""
    cohorts = [*rows.groupby("cohort", sort=True)][-6:]
    down = -(-len(cohorts) // 3)
    figure, grid = sheet(
        1.75 * down + 0.35, down, min(3, len(cohorts)), sharex=True, sharey=True, squeeze=False
    )
    for axes, (cohort, weeks) in zip(grid.flat, cohorts, strict=False):
        axes.plot(
            weeks["week"], weeks["old_events_a_person"], "--", color=palette.MUTED, label="others"
        )
        axes.plot(
            weeks["week"], weeks["events_a_person"], "o-", color=_FIRST, ms=3, label="newcomers"
        )
        most = weeks["people"].max()
        many = "1 person" if most == 1 else f"up to {most} people"
        axes.set_title(f"{cohort:%B %Y}, {many}")
        axes.grid(axis="y")
    grid.flat[0].set_xticks((1, 4, 8, 12))
    forms.from_zero(grid.flat[0], rows[["events_a_person", "old_events_a_person"]].stack())
    for axes in grid.flat[len(cohorts) :]:
        axes.set_visible(False)
    last = min(len(cohorts), grid.shape[1])
    for axes in grid.flat[len(cohorts) - last : len(cohorts)]:
        axes.tick_params(axis="x", labelbottom=True)
    figure.supxlabel("Weeks since the start, number", color=palette.MUTED, size=8.5)
    figure.supylabel("Events a person in the week, number", color=palette.MUTED, size=8.5)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    named = ["people who have been there for longer", "those who started in the month"]
    assert labels == ["others", "newcomers"]
    figure.legend(handles, named, loc="outside upper left", ncols=2)
    return figure


def read_and_not_kept_up(rows: DataFrame) -> Figure:
    """Readers of each page, by what is known of its last edit."""
    rows = rows.head(MANY)

    def colour(stale: int, orphaned: int) -> str:
        if orphaned:
            return palette.REINFORCEMENT
        return _SECOND if stale else _FIRST

    texts = [
        "never seen to be edited" if isna(edited) else f"edited last on {edited:%-d %b %Y}"
        for edited in rows["edited"]
    ]
    colours = [colour(*each) for each in zip(rows["stale"], rows["orphaned"], strict=True)]
    figure, axes = sheet(tall(len(rows)) + 0.25)
    axes.barh(range(len(rows)), rows["readers_4_weeks"], 0.7, color=colours)
    for row, (readers, text) in enumerate(zip(rows["readers_4_weeks"], texts, strict=True)):
        axes.text(readers + 0.08, row, text, va="center", color=palette.MUTED)
    axes.set_xlim(0, rows["readers_4_weeks"].max() * 1.4)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("Readers in the last four weeks, people")
    rows_down(axes, [_page(address) for address in rows["object"]], "Page")
    meanings = {
        _FIRST: "neither stale nor orphaned",
        _SECOND: "stale",
        palette.REINFORCEMENT: "orphaned",
    }
    handles = [Patch(color=each, label=meanings[each]) for each in meanings if each in colours]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)
    return figure


def help_and_closing(rows: DataFrame) -> Figure:
    """Two series over the same weeks: each team thin, the median of teams thick."""
    figure, (helped, closed) = sheet(5.4, 2, 1, sharex=True)
    for axes, column, colour, title in (
        (helped, "help", _SECOND, "Help in the week,\nevents a team"),
        (
            closed,
            "hours_to_close_two_weeks_later",
            _FIRST,
            "Hours until an issue is closed,\ntwo weeks later (logarithmic)",
        ),
    ):
        for at, (_, weeks) in enumerate(rows.groupby("team")):
            label = "a team" if at == 0 else None
            axes.plot(weeks["week"], weeks[column], color=_REST, linewidth=0.9, label=label)
        middle = rows.groupby("week")[column].median()
        axes.plot(middle.index, middle, "o-", color=colour, ms=4, label="median of the teams")
        over_weeks(axes, rows["week"], title)
        forms.legend(axes, 2)
    forms.from_zero(helped, rows["help"])
    forms.ratios(closed.yaxis)
    helped.set_xlabel("")
    return figure


def searches_without_find(rows: DataFrame) -> Figure:
    """The share of each team."""
    figure, axes = sheet(tall(len(rows)))
    texts = [
        f"{one.percent:g} %: {one.without_find} of {one.searched}" for one in rows.itertuples()
    ]
    bars(
        axes,
        {"without": (list(rows["percent"]), _FIRST)},
        "Searches after which nothing was read or bookmarked, percent",
        texts,
        1.3,
    )
    rows_down(axes, forms.named(rows["team"], NO_TEAM), "Team")
    return figure


def weekdays(rows: DataFrame) -> Figure:
    """Events of each day, by scaffold, one upon the other."""
    cells = rows.pivot(index="weekday", columns="scaffold", values="events").fillna(0)
    cells = cells.reindex([*dict.fromkeys(rows["weekday"])])
    figure, axes = sheet(3.2)
    below = np.zeros(len(cells))
    for scaffold in (name for name in _COLOURS if name in cells):
        axes.bar(cells.index, cells[scaffold], 0.7, below, color=_COLOURS[scaffold], label=scaffold)
        below = below + cells[scaffold].to_numpy()
    for at, total in enumerate(below):
        axes.text(at, total, f"{total:,.0f}", ha="center", va="bottom", color=palette.MUTED)
    axes.set_xlabel("Day of the week")
    axes.set_ylabel("Events of learning, number")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y")
    axes.tick_params(axis="x", length=0)
    forms.legend(axes, len(_COLOURS))
    return figure


def not_classified(rows: DataFrame) -> Figure:
    """Events of each tool, and the share that no rule knows."""
    rows = rows.head(24)
    figure, axes = sheet(tall(len(rows)))
    unknown = rows["events"] * rows["unclassified_percent"] / 100
    texts = [
        f"{one.unclassified_percent:g} % of {one.events:,}; verbs {one.verbs}"
        for one in rows.itertuples()
    ]
    bars(
        axes,
        {"": (list(rows["events"]), _REST)},
        "Events, number; percent unclassified, and how many verbs",
        texts,
        1.35,
    )
    axes.barh(range(len(rows)), unknown, 0.7, color=_SECOND)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    rows_down(axes, list(rows["tool"]), "Tool")
    return figure


def ways(rows: DataFrame) -> Figure:
    """The steps of each way in their colours, and how many sessions went it."""
    rows = rows.head(MANY)
    figure, (steps, sessions) = sheet(tall(len(rows)), 1, 2, sharey=True, width_ratios=(1.6, 1))
    chains = [way.split(" → ") for way in rows["way"]]
    for row, chain in enumerate(chains):
        forms.chain(steps, row, chain, 100)
    steps.set_xlim(0, 100 * max(3, *(len(chain) for chain in chains)))
    steps.set_xticks([])
    steps.spines[:].set_visible(False)
    steps.set_xlabel("Behaviours of a session, from the first on")
    texts = [f"{one.sessions:,}, {one.people} people" for one in rows.itertuples()]
    bars(
        sessions,
        {"": (list(rows["sessions"]), _FIRST)},
        "Sessions, number; and people",
        texts,
        1.85,
    )
    sessions.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    rows_down(steps, [str(at + 1) for at in range(len(rows))], "Way, by how common it is")
    sessions.set_ylabel("")
    return figure


def reach(rows: DataFrame) -> Figure:
    """How many read a page in a week, of how many teams."""
    rows = rows.head(12)
    figure, axes = sheet(tall(len(rows)) + 0.55)
    bars(
        axes,
        {
            "people who read it": (list(rows["readers"]), _FIRST),
            "teams that they are of": (list(rows["teams"]), _SECOND),
        },
        "In the week, number",
        [f"saved {one.saved}, shared {one.shared}" for one in rows.itertuples()],
        1.35,
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    labels = [f"{_page(one.object)}, {one.week:%-d %b %Y}" for one in rows.itertuples()]
    rows_down(axes, labels, "Page, and the Monday of the week")
    return figure


def percents(
    rows: DataFrame, column: str, across: str, down: tuple[str, str], texts: list[str], colour: str
) -> Figure:
    """A bar of each row's percent, its text beside it; `down` is a column and its title."""
    figure, axes = sheet(tall(len(rows)) + 0.1)
    bars(axes, {"": (list(rows[column]), colour)}, across, texts, 1.75)
    axes.set_xticks(range(0, 101, 20))
    rows_down(axes, list(rows[down[0]]), down[1])
    return figure


def across_teams(rows: DataFrame) -> Figure:
    """The share that leaves its team, of each kind."""
    texts = [
        f"{one.across_percent:g} % of {one.flows:,}; {one.givers} give, {one.receivers} receive"
        for one in rows.itertuples()
    ]
    title = "Flows into another team, percent"
    return percents(rows, "across_percent", title, ("kind", "Kind of flow"), texts, _FIRST)


def courses(rows: DataFrame) -> Figure:
    """Two lines over weeks, and how many people each is of."""
    rows = forms.without_the_last(rows).sort_values("week")
    figure, (events, people) = sheet(4.2, 2, 1, sharex=True, height_ratios=(1.6, 1))
    for inside, name, colour in (
        (1, "in a course in that week", _SECOND),
        (0, "everybody else", _FIRST),
    ):
        some = rows[rows["in_a_course"] == inside]
        events.plot(some["week"], some["events_a_person"], "o-", color=colour, ms=4, label=name)
        people.plot(some["week"], some["people"], "o-", color=colour, ms=4)
    over_weeks(events, rows["week"], "Events in the flow of\nwork a person, number")
    over_weeks(people, rows["week"], "People, number")
    forms.from_zero(events, rows["events_a_person"])
    forms.from_zero(people, rows["people"])
    events.set_xlabel("")
    forms.legend(events, 2)
    return figure


def after_hours(rows: DataFrame) -> Figure:
    """The share of each team."""
    figure, axes = sheet(tall(len(rows)))
    texts = [f"{one.after_hours_percent:g} % of {one.events:,}" for one in rows.itertuples()]
    bars(
        axes,
        {"": (list(rows["after_hours_percent"]), palette.REINFORCEMENT)},
        "Events of learning outside of working time, percent",
        texts,
    )
    rows_down(axes, forms.named(rows["team"], NO_TEAM), "Team")
    return figure


def people_a_week(rows: DataFrame) -> Figure:
    """People and those who share; below, on how many days."""
    rows = forms.without_the_last(rows)
    figure, (people, days) = sheet(4.2, 2, 1, sharex=True, height_ratios=(1.6, 1))
    people.plot(
        rows["week"], rows["people"], "o-", color=_FIRST, ms=4, label="learn in the flow of work"
    )
    people.plot(rows["week"], rows["who_share"], "o-", color=_SECOND, ms=4, label="of these, share")
    over_weeks(people, rows["week"], "People, number")
    forms.from_zero(people, rows["people"])
    people.set_xlabel("")
    forms.legend(people, 2)
    days.bar(rows["week"], rows["days_a_person"], 4.5, color=_REST)
    over_weeks(days, rows["week"], "Days on which a\nperson does, mean")
    return figure


def habits(rows: DataFrame) -> Figure:
    """Behaviours by weeks since the first time."""
    columns = {"week_1_percent": "1", "week_4_percent": "4", "week_8_percent": "8"}
    shares = rows[[*columns]].rename(columns=columns)
    shares.index = [f"{one.behaviour} ({one.began} people)" for one in rows.itertuples()]
    figure, axes = sheet(0.27 * len(rows) + 0.7)
    matrix(
        axes,
        shares,
        shares.map(lambda value: f"{value:g} %"),
        down="Behaviour, and how many began",
        across="Weeks after the first time: percent of people who do it again in that week",
        shade=Normalize(0, 180),  # light enough for ink on each
    )
    return figure


def experts(rows: DataFrame) -> Figure:
    """Topics by rank, a pseudonym with team and score in each cell."""
    rows = rows.assign(place=rows.groupby("topic").cumcount() + 1)
    best = rows.groupby("topic")["score"].max().sort_values(ascending=False).index[:12]
    rows = rows[rows["topic"].isin(best) & (rows["place"] <= 3)]
    rows = rows.assign(
        who=[f"…{one.person % 10000:04}, {one.team or NO_TEAM}" for one in rows.itertuples()],
        what=[
            f"{one.score:g} ({one.trend:+g}), people helped: {one.people_helped}"
            for one in rows.itertuples()
        ],
    )

    def square(column: str) -> DataFrame:
        return rows.pivot(index="topic", columns="place", values=column).reindex(best)

    figure, axes = sheet(0.4 * len(best) + 0.7)
    matrix(
        axes,
        square("score"),
        square("who"),
        small=square("what"),
        down="Topic",
        across="Rank: end of the pseudonym, team; score (its change in four weeks)",
        shade=Normalize(0, rows["score"].max() * 2.4),
    )
    return figure


def unknown_accounts(rows: DataFrame) -> Figure:
    """The share of each tool's events."""
    texts = [
        f"{one.percent_of_events:g} %: {one.events:,} events of {one.accounts} accounts"
        for one in rows.itertuples()
    ]
    title = "Events of accounts that stand for nobody, percent of the tool's"
    return percents(rows, "percent_of_events", title, ("tool", "Tool"), texts, _SECOND)


def needs(rows: DataFrame) -> Figure:
    """What becomes of a need, and the minutes until it is found."""
    figure, (shares, minutes) = sheet(2.9, 1, 2, width_ratios=(1.7, 1))
    colours = (_FIRST, _THIRD, _SECOND)
    stages = ("found", "applied", "shared")
    names = [f"{one.kind}\n({one.needs:,} needs)" for one in rows.itertuples()]
    places = np.arange(len(rows))
    for at, (stage, colour) in enumerate(zip(stages, colours, strict=True)):
        heights = rows[f"{stage}_percent"]
        drawn = shares.bar(places + (at - 1) * 0.26, heights, 0.24, color=colour, label=stage)
        shares.bar_label(
            drawn, [f"{height:g} %" for height in heights], color=palette.MUTED, size=8
        )
    shares.set_ylim(0, 100)
    shares.set_ylabel("Needs, percent")
    forms.legend(shares, 3)
    drawn = minutes.bar(places, rows["median_minutes"], 0.5, color=_REST)
    minutes.bar_label(drawn, [f"{value:g}" for value in rows["median_minutes"]])
    minutes.set_ylabel("Minutes until found, median")
    minutes.set_ylim(0, rows["median_minutes"].max() * 1.15)
    for axes in (shares, minutes):
        axes.set_xticks(places, names)
        axes.set_xlabel("What the need begins with")
        axes.grid(axis="y")
        axes.tick_params(axis="x", length=0)
    return figure


def outside(rows: DataFrame) -> Figure:
    """People who went to each host."""
    rows = rows.head(MANY)
    figure, axes = sheet(max(tall(len(rows)), 1.6))
    texts = [
        f"{one.people} people of {one.teams} {'team' if one.teams == 1 else 'teams'}, "
        f"{one.visits:,} visits"
        for one in rows.itertuples()
    ]
    bars(axes, {"": (list(rows["people"]), _FIRST)}, "People who went there, number", texts, 1.9)
    rows_down(axes, list(rows["host"]), "Host")
    return figure


def _page(address: str) -> str:
    """The path of an address, without its host."""
    return address.partition("://")[2].partition("/")[2] or address


#: By the question's number.
DRAWINGS: dict[int, Callable[[DataFrame], Figure]] = dict(
    enumerate(
        (
            answering_teams,
            hours_by_topic,
            topics_of_one,
            newcomers,
            read_and_not_kept_up,
            help_and_closing,
            searches_without_find,
            weekdays,
            not_classified,
            ways,
            reach,
            across_teams,
            courses,
            after_hours,
            people_a_week,
            habits,
            experts,
            unknown_accounts,
            needs,
            outside,
        ),
        1,
    )
)
