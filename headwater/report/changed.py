"""What changed: learning a head, behaviours, people, KPIs, a quarter against the one before it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup

from dashboards.palette import BEHAVIOUR
from headwater.report import drawings, words
from headwater.report.blocks import Block, Heading, Picture, Said, Section, Table
from headwater.report.findings import Behaviour, Findings, Half, Moment
from headwater.report.measures import Level, Moved, every_kpi, rate
from headwater.report.words import LEAST_WEEKS, NONE

SCAFFOLDS = ("discovery", "practice", "sharing", "reinforcement")
#: What a scaffold is, in a few words.
MEANS = {
    "discovery": "finding, asking and looking up",
    "practice": "doing it together",
    "sharing": "writing down, answering, curating",
    "reinforcement": "coming back to what matters",
    "formal": "courses and workshops, for contrast",
}


def section(found: Findings) -> Section:
    """The section."""
    kpis = every_kpi(found)
    now, before = found.now.span, found.before.span
    return Section(
        "changed",
        "What changed",
        f"{now.quarter.title} against {before.quarter.title}. A change is no cause: what moves "
        "together with learning, and how sure that is, stands in the next section.",
        [*_learning(found), *_behaviours(found), *_people(found), *_measured(found, kpis)],
        [*_short_learning(found), *_short_kpis(kpis)],
    )


def _learning(found: Findings) -> Iterator[Block]:
    now, before = found.now, found.before
    yield Heading("Learning in the flow of work")
    if not now.scaffolds:
        yield Said("No learning event of enough people is published of this quarter.", "empty")
        return
    names = [*SCAFFOLDS, "formal"]
    rows = [_scaffold(found, name) for name in names if name != "formal" or _events(now, name)]
    total = sum(row.events for row in now.scaffolds)
    rest = total - sum(_events(now, name) for name in names)
    if rest:
        rows.append(["Not told apart", count_a_week(rest, now.told), *[NONE] * 5])
    yield Table(
        "Learning events by scaffold",
        (
            "Scaffold", "Events a week", f"{before.span.quarter.title}", "Change",
            "A head and week", f"{before.span.quarter.title}", "Change",
        ),
        rows,
        note=_learning_note(found, total),
    )  # fmt: skip
    yield Picture(
        [(words.capital(name), chart) for name, chart in _charts(found)],
        f"Learning events of the whole organisation by week, {before.span.quarter.title} and "
        f"{now.span.quarter.title}; the same axis in all four.",
        [("edge", f"{now.span.quarter.title} begins")],
    )


def _scaffold(found: Findings, name: str) -> list[str]:
    now, before = found.now, found.before
    weekly = [_events(half, name) / max(half.told, 1) for half in (now, before)]
    compares = min(now.told, before.told) >= LEAST_WEEKS
    last, first = (rate(half.teams, half.sizes, name) for half in (now, before))
    heads = last.compares(first) and compares
    return [
        f"{words.capital(name)}: {MEANS[name]}",
        words.number(weekly[0]),
        words.number(weekly[1]) if before.told else NONE,
        words.percent(*weekly) if compares else NONE,
        words.number(last.value),
        words.number(first.value),
        words.percent(last.value or 0, first.value or 0) if heads else NONE,
    ]


def count_a_week(events: int, weeks: int) -> str:
    """Events a week."""
    return words.number(events / max(weeks, 1))


def _learning_note(found: Findings, total: int) -> str:
    now, before = found.now, found.before
    last, first = (rate(half.teams, half.sizes) for half in (now, before))
    told = (
        f"Of the whole organisation: {words.count(total)} events in "
        f"{words.many(now.told, 'week')} of {now.span.quarter.title}; "
        f"{words.count(sum(row.events for row in before.scaffolds))} in "
        f"{words.many(before.told, 'week')} of {before.span.quarter.title}. "
    )
    heads = (
        f"A head: events of teams that may be named, by their people times the weeks that are told "
        f"({words.count(last.events)} events, {words.count(last.person_weeks)} person-weeks, "
        f"{last.weeks:,} of {last.possible:,} team-weeks; before: {words.count(first.events)}, "
        f"{words.count(first.person_weeks)}, {first.weeks:,} of {first.possible:,}). "
    )
    rule = (
        f"A dash: fewer than {LEAST_WEEKS} weeks, less than half of the team-weeks, or too few "
        "people in one of the quarters."
    )
    return told + (heads if last.possible or first.possible else "") + rule


def _events(half: Half, scaffold: str) -> int:
    return sum(row.events for row in half.scaffolds if row.scaffold == scaffold)


def _charts(found: Findings) -> Iterator[tuple[str, Markup]]:
    rows = [*found.before.scaffolds, *found.now.scaffolds]
    highest = max((row.events for row in rows if row.scaffold in SCAFFOLDS), default=0)
    for place, name in enumerate(SCAFFOLDS):
        points = tuple((row.week, float(row.events)) for row in rows if row.scaffold == name)
        if points:
            drawn = drawings.Series(
                words.capital(name), points, found.now.span.first, "events a week", name,
                highest=float(highest), spans=_axis(found),
            )  # fmt: skip
            yield name, drawings.series(drawn, place)


def _axis(found: Findings) -> tuple[date, date]:
    return found.before.span.first, found.now.span.last


def _behaviours(found: Findings) -> Iterator[Block]:
    now, before = (
        {(row.scaffold, row.behaviour): row for row in half.behaviours}
        for half in (found.now, found.before)
    )
    if not now:
        return
    keys = [
        key
        for scaffold in (*SCAFFOLDS, "formal")
        for key in sorted({*now, *before}, key=lambda each: -_of(now, each))
        if key[0] == scaffold and key[1]
    ]
    compares = min(found.now.told, found.before.told) >= LEAST_WEEKS
    weeks = max(found.now.told, 1), max(found.before.told, 1)
    rows = []
    for key in keys:
        weekly = _of(now, key) / weeks[0], _of(before, key) / weeks[1]
        both = key in now and key in before and compares
        rows.append([
            BEHAVIOUR.of(key[1]).title, key[0].capitalize(), words.count(_of(now, key)),
            words.number(weekly[0] if key in now else None),
            words.number(weekly[1] if key in before else None),
            words.percent(*weekly) if both else NONE,
        ])  # fmt: skip
    yield Heading("Behaviours")
    yield Table(
        "Learning events by behaviour",
        (
            "Behaviour", "Scaffold", f"Events in {found.now.span.quarter.title}", "A week",
            f"A week in {found.before.span.quarter.title}", "Change",
        ),
        rows,
        left=(1,),
        note="Of the whole organisation. What fewer than the minimum group did in a week is in its "
        "scaffold only, so a behaviour of few people is counted too low, and its change is rough.",
    )  # fmt: skip


def _of(rows: Mapping[tuple[str, str], Behaviour], key: tuple[str, str]) -> int:
    return rows[key].events if key in rows else 0


def _people(found: Findings) -> Iterator[Block]:
    told = [
        f"{half.span.quarter.title}: at least {min(people):,} to {max(people):,} in a week "
        f"({words.many(len(people), 'week')})"
        for half in (found.now, found.before)
        if (people := [row.people for row in half.people])
    ]
    if told:
        yield Said(
            f"People who learned: {'; '.join(told)}. They are told down to a multiple of "
            f"{found.minimum}, and never added up over weeks.",
            "note",
        )


def _measured(found: Findings, kpis: Sequence[Moved]) -> Iterator[Block]:
    now, before = found.now.span.quarter, found.before.span.quarter
    yield Heading("KPIs")
    if not kpis:
        yield Said(
            "No KPI has a figure of a team that is large enough to be shown, in either quarter.",
            "empty",
        )
        return
    yield Table(
        "KPIs of the two quarters",
        (
            "KPI", "Better is", now.title, "Rests on", before.title, "Rests on", "Change", "",
        ),
        [_kpi(each) for each in kpis],
        left=(1, 3, 5, 7),
        note=_kpi_note(kpis),
    )  # fmt: skip
    series: dict[str, list[Moment]] = defaultdict(list)
    for row in (*found.before.series, *found.now.series):
        series[row.kpi].append(row)
    charts = [
        (_named(each), _kpi_chart(found, each, series[each.kpi.kpi], 10 + at))
        for at, each in enumerate(kpis)
        if series[each.kpi.kpi]
    ]
    began = " A dotted line: a rollout began somewhere." if _marks(found) else ""
    yield Picture(
        charts,
        "Each KPI over the teams that may be shown; its axis need not begin at nothing." + began,
        [("edge", f"{now.title} begins"), *([("mark", "a rollout began")] if began else [])],
    )


def _kpi(each: Moved) -> list[str]:
    way = {"up": "higher", "down": "lower"}.get(each.kpi.direction, "not said")
    if each.change is None:
        change, told = NONE, "not compared"
    else:
        change = words.change(each.change, each.kpi.unit)
        told = each.way or ("" if each.matters else "within its usual swing")
        if each.kpi.matters:
            least = f"the {words.events(each.kpi.matters)} that matters"
            told = f"{each.way}, at least {least}" if each.matters else f"less than {least}"
        told += "" if each.same_teams else " *"
    return [
        _named(each), way, *_level(each.now), *_level(each.before), change, told,
    ]  # fmt: skip


def _named(each: Moved) -> str:
    return f"{words.capital(each.kpi.words)} ({each.kpi.unit})"


def _level(of: Level | None) -> tuple[str, str]:
    if of is None:
        return NONE, ""
    rests = words.many(len(of.teams), "team")
    return words.number(of.value), f"{rests}, n {words.count(of.observations or of.periods)}"


def _kpi_note(kpis: Sequence[Moved]) -> str:
    stars = any(each.change is not None and not each.same_teams for each in kpis)
    star = " * The two quarters are not of the same teams: the change is of those in both."
    return (
        "A KPI's figure is the mean of its teams' weeks (else months or days), weighted where each "
        "has a weight; one that is summed is the sum over teams of their mean. n: single "
        "observations, or figures where nobody said how many. Whether a change is more than chance "
        "is not tested here; within its usual swing: no more than it usually differs by from one "
        f"of them to the next.{star if stars else ''}"
    )


def _marks(found: Findings) -> tuple[tuple[date, str], ...]:
    since, until = _axis(found)
    return tuple(
        (each.start, each.rollout)
        for each in found.rollouts
        if since <= each.start <= until + timedelta(days=6)
    )


def _kpi_chart(found: Findings, each: Moved, points: Sequence[Moment], place: int) -> Markup:
    known = each.now or each.before
    grain = known.grain if known else "week"
    begins = found.now.span.quarter.begins if grain == "month" else found.now.span.first
    return drawings.series(
        drawings.Series(
            each.kpi.words,
            tuple((row.day, row.value) for row in points),
            begins,
            each.kpi.unit,
            "ink",
            from_zero=False,
            grain=grain,
            marks=_marks(found),
            spans=_axis(found) if grain == "week" else None,
        ),
        place,
    )


def _short_learning(found: Findings) -> Iterator[str]:
    now, before = found.now, found.before
    last, first = (rate(half.teams, half.sizes) for half in (now, before))
    enough = min(now.told, before.told) >= LEAST_WEEKS
    if last.value is None:
        return
    told = f"People in the named teams learned {words.number(last.value)} times a head and week"
    if enough and first.value and last.compares(first):
        yield (
            f"{told}: {words.more(last.value, first.value)} in {before.span.quarter.title} "
            f"({words.number(first.value)})."
        )
        yield from _most_moved(found)
    else:
        yield f"{told}. There is too little of {before.span.quarter.title} to compare it with."


def _most_moved(found: Findings) -> Iterator[str]:
    """The scaffold whose rate changed most, where one did."""
    changes = []
    for name in SCAFFOLDS:
        last, first = (rate(half.teams, half.sizes, name) for half in (found.now, found.before))
        if last.value and first.value and last.compares(first):
            changes.append((abs(last.value / first.value - 1), name, last.value, first.value))
    if changes and (most := max(changes))[0] >= 0.005:
        _, name, now, before = most
        yield (
            f"What changed most is {name} ({MEANS[name]}): {words.percent(now, before)} a head, "
            f"{words.number(now)} after {words.number(before)}."
        )


def _short_kpis(kpis: Sequence[Moved]) -> Iterator[str]:
    compared = [each for each in kpis if each.change is not None]
    if not kpis:
        yield "No KPI has a figure that may be shown."
        return
    parts = [
        f"{way}: {words.listed([words.capital(each.kpi.words) for each in some], 5)}"
        for way in ("better", "worse")
        if (some := [each for each in compared if each.way == way])
    ]
    still = len([each for each in compared if not each.way])
    if still:
        parts.append(f"{still} no better and no worse beyond what is usual or matters")
    if parts:
        yield (
            f"Of {words.many(len(kpis), 'KPI')}: {'; '.join(parts)}. Whether that is more than "
            "chance is not tested."
        )
    else:
        yield f"{words.many(len(kpis), 'KPI')}: too little of the quarter before to compare."
