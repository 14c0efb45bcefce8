"""What is linked, what is not, and what cannot be said yet: the last run's verdicts and figures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from dashboards.boards.impact import KIND, METHOD
from dashboards.charts import moment
from dashboards.palette import BEHAVIOUR
from headwater.report import drawings, words
from headwater.report.blocks import Block, Heading, Picture, Said, Section, Table, Verdict
from headwater.report.findings import Findings, Found
from headwater.report.quarter import day
from headwater.report.words import NONE
from kpis.links.floors import FLOORS, ROLLOUT
from kpis.links.link import PLACEBO
from kpis.links.verdicts import difference

#: Kinds in which something was found.
TOLD = ("effect", "association", "doubtful")
#: Methods that ask of a behaviour; the others ask of a rollout.
OF_BEHAVIOURS = ("panel", "lags")
#: The signs of a forest, by what a kind's sign looks like.
_SIGNS = (
    ("sign association", "association"),
    ("sign doubtful", "found, and doubtful"),
    ("sign nothing", "nothing found"),
)


class Names:
    """What KPIs and behaviours are called."""

    def __init__(self, found: Findings) -> None:
        self._kpis = {each.kpi: each.words for each in found.kpis}

    def kpi(self, link: Found) -> str:
        """The KPI's title, else its name in words."""
        return self._kpis.get(link.kpi, link.kpi.replace("_", " "))

    def about(self, link: Found) -> str:
        """A behaviour's label, or the rollout's name."""
        asked = link.behaviour
        return BEHAVIOUR.of(asked).title if link.method in OF_BEHAVIOURS else asked

    def verdict(self, link: Found) -> str:
        """What may be said, the KPI as people call it."""
        return words.renamed(link.verdict, link.kpi, self.kpi(link))


def unit(link: Found) -> str:
    """What an estimate is counted in."""
    return "correlation" if link.method == "lags" else difference(link.unit)


def estimate(link: Found) -> str:
    """An estimate in the KPI's own unit."""
    return f"{words.number(link.estimate)} {unit(link)}" if link.estimate is not None else NONE


def reach(link: Found) -> str:
    """Its interval; a bound that is not known has no end."""
    if link.estimate is None:
        return NONE
    low = "−∞" if link.low is None else words.number(link.low)
    high = "∞" if link.high is None else words.number(link.high)
    return f"{low} to {high}"


def rests_on(link: Found) -> str:
    """Teams and weeks behind it."""
    return f"{words.many(link.clusters, 'team')}, {words.many(link.weeks, 'week')}"


def figures(link: Found) -> list[tuple[str, str]]:
    """All that a verdict rests on, by name."""
    told = [("Estimate", estimate(link)), ("95 % interval", reach(link))]
    if link.method in OF_BEHAVIOURS and link.method != "lags":
        told.append(("For", f"{words.events(link.more)} events more in a team's week"))
    if link.lag:
        over = "by" if link.method == "lags" else "that week and"
        told.append(("Follows", f"{over} {words.many(link.lag, 'week')}"))
    periods = "weeks" if link.method == "interruption" else "team-weeks"
    told += [
        ("n", f"{words.count(link.n)} {periods} of {words.many(link.clusters, 'team')}"),
        ("Weeks", f"{link.weeks:,} ({day(link.since)} to {day(link.until)})"),
        ("Minimum detectable effect", _detectable(link)),
    ]
    if link.q is not None:
        told.append(("q", f"{words.number(link.q)} of {words.many(link.family, 'pair')}"))
    if link.placebo_p is not None:
        told.append(("Placebo", _placebo(link)))
    told.append(("Method", METHOD.of(link.method).title))
    return told


def _detectable(link: Found) -> str:
    return NONE if link.detectable is None else f"{words.number(link.detectable)} {unit(link)}"


def _placebo(link: Found) -> str:
    if link.placebo_p is None:
        return "not tested"
    clean = link.placebo_p >= PLACEBO
    return f"{'nothing seen' if clean else 'something seen'} (p {words.number(link.placebo_p)})"


def verdict(names: Names, link: Found) -> Verdict:
    """A link that was found, whole."""
    return Verdict(
        f"{words.capital(names.kpi(link))} and {names.about(link)}",
        link.kind,
        KIND.of(link.kind).title,
        names.verdict(link),
        figures(link),
    )


def section(found: Findings) -> Section:
    """What is linked with a behaviour."""
    names = Names(found)
    mine = [each for each in found.links if each.method in OF_BEHAVIOURS]
    told = [each for each in mine if each.kind in TOLD]
    blocks: list[Block] = [*_when(found)]
    if told:
        blocks.append(Heading("What was found"))
        blocks += [verdict(names, each) for each in told]
    elif mine:
        blocks.append(Said(_none(mine), "empty"))
    blocks += _forests(names, mine, {each.kpi for each in told})
    return Section(
        "linked",
        "What is linked with learning",
        "Association means that both move together. Whether one brings about the other, it does "
        "not tell. A doubtful one must not be taken for a link.",
        blocks,
        _short(names, found.links),
    )


def _none(mine: Sequence[Found]) -> str:
    """Why no link with a behaviour is told."""
    if all(each.kind == "missing" for each in mine):
        return (
            "Nothing can be said yet: of every pair of a KPI and a behaviour there is too little "
            "data. The next section says how much is missing."
        )
    return (
        "No KPI was found to move with a behaviour. That is no proof that none does: the next "
        "section says how large a link would have been found, and what is missing."
    )


def _when(found: Findings) -> Iterator[Block]:
    """Of which weeks the last run is: not of the quarter alone."""
    if not found.links:
        yield Said(
            "Nothing was estimated yet. It is every night once KPIs and learning have enough "
            "weeks, or with `headwater links run`.",
            "empty",
        )
        return
    since = min(each.since for each in found.links)
    until = max(each.until for each in found.links)
    at = moment(max(each.at for each in found.links), ZoneInfo(found.zone))
    later = until > found.now.span.last
    yield Said(
        f"Estimated on {day(at.date())} from the weeks of {day(since)} to {day(until)}, not of "
        f"{found.now.span.quarter.title} alone: a quarter is too short to tell a link."
        + (" Weeks after the quarter are in it." if later else ""),
        "note",
    )


def _forests(names: Names, mine: Sequence[Found], kpis: set[str]) -> Iterator[Block]:
    """Of each KPI of which something was found: how far it moves with every behaviour."""
    for place, kpi in enumerate(sorted(kpis)):
        rows = [
            each
            for each in mine
            if each.kpi == kpi and each.method == "panel" and each.estimate is not None
        ]
        if not rows:
            continue
        rows.sort(key=lambda each: -(each.estimate or 0.0))
        name = names.kpi(rows[0])
        title = f"{words.capital(name)}: how far it moves with each behaviour"
        lines = [
            drawings.Interval(
                f"{names.about(each)}, {words.events(each.more)} more",
                each.estimate or 0.0, each.low, each.high, each.kind,
            )
            for each in rows
        ]  # fmt: skip
        kinds = {each.kind for each in rows}
        yield Picture(
            [(title, drawings.intervals(title, lines, unit(rows[0]), 200 + place))],
            f"By the panel: how far {name} is from its usual in a team's week with so many events "
            f"more than usual, and the weeks after it ({unit(rows[0])}), with the 95 % interval. "
            "One that crosses the line at nothing is no finding.",
            [(sign, said) for sign, said in _SIGNS if sign.split()[1] in kinds],
        )


def unsaid(found: Findings) -> Section:
    """What is not linked, and what cannot be said yet and why."""
    names = Names(found)
    nothing = [each for each in found.links if each.kind == "nothing"]
    missing = [each for each in found.links if each.kind == "missing"]
    blocks: list[Block] = [Heading("Not found to be linked")]
    if nothing:
        blocks.append(_nothing(names, nothing))
    elif found.links:
        blocks.append(
            Said(
                "No pair had enough data to look for a link in."
                if len(missing) == len(found.links)
                else "None: of every pair with enough data something was found.",
                "empty",
            )
        )
    blocks.append(Heading("Cannot be said yet"))
    if missing:
        blocks.append(_missing(names, missing))
    elif found.links:
        blocks.append(Said("Every pair has as much data as its method needs.", "empty"))
    if not found.links:
        blocks = [*_when(found)]
    blocks.append(Said(_floors(), "note"))
    return Section(
        "unsaid",
        "What is not linked, and what cannot be said yet",
        "Nothing found is no proof of nothing: beside it stands the least that would most likely "
        "have been found. Where there is too little data no figure is made.",
        blocks,
    )


def _nothing(names: Names, links: Sequence[Found]) -> Table:
    groups: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for each in links:
        groups[names.kpi(each), each.method].append(each)
    rows = []
    for (kpi, method), some in sorted(groups.items()):
        about = [names.about(each) for each in some]
        rows.append([
            words.capital(kpi), METHOD.of(method).title, words.listed(about, 4), _least(some),
            words.many(min(each.clusters for each in some), "team"),
        ])  # fmt: skip
    return Table(
        "Pairs in which nothing was found",
        (
            "KPI", "Method", "With",
            "Would most likely have been found (minimum detectable effect)", "Rests on",
        ),
        rows,
        left=(1, 2, 3, 4),
        note="Every one of them with its interval stands in the appendix.",
    )  # fmt: skip


def _least(links: Sequence[Found]) -> str:
    """The least effects that would have been found, of the first to the last of some links."""
    least = [each.detectable for each in links if each.detectable is not None]
    if not least:
        return NONE
    low, high = words.number(min(least)), words.number(max(least))
    return f"{low if low == high else f'{low} to {high}'} {unit(links[0])}"


def _missing(names: Names, links: Iterable[Found]) -> Table:
    of_kpis: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for each in links:
        of_kpis[each.method, names.kpi(each), each.lacks].append(names.about(each))
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (method, kpi, lacks), about in sorted(of_kpis.items()):
        many = method in OF_BEHAVIOURS and len(about) > 4
        told = f"{len(about)} behaviours" if many else words.listed(sorted(about))
        alike[METHOD.of(method).title, told, words.listed(lacks)].append(words.capital(kpi))
    rows = [
        [method, words.listed(kpis), told, lacks] for (method, told, lacks), kpis in alike.items()
    ]
    return Table(
        "Pairs with too little data",
        ("Method", "KPI", "With", "What is missing"),
        rows,
        left=(1, 2, 3),
        note="Weeks come by themselves. For teams: is the KPI loaded for all of them, is each "
        "large enough to be shown, and does its learning reach Headwater?",
    )


def _floors() -> str:
    """How much data a method needs, as the methods themselves have it."""
    lags, panel, one = (FLOORS[name] for name in ("lags", "panel", "interruption"))
    return (
        f"What a method needs: lags {lags.teams} teams with {lags.weeks} weeks each; the panel "
        f"{panel.teams} teams with {panel.weeks} weeks; a rollout {ROLLOUT.teams} teams with it "
        f"and {ROLLOUT.teams} without, {ROLLOUT.before} weeks before and {ROLLOUT.after} from the "
        f"start on; one team alone {one.before} weeks before and {one.after} from the start on."
    )


def rollouts(found: Findings) -> Section:
    """Rollouts, and what followed them."""
    names = Names(found)
    blocks: list[Block] = []
    by_name: dict[str, list[Found]] = defaultdict(list)
    for each in found.links:
        if each.method not in OF_BEHAVIOURS:
            by_name[each.behaviour].append(each)
    declared: dict[str, list[tuple[date, tuple[str, ...], str]]] = defaultdict(list)
    for row in found.rollouts:
        declared[row.rollout].append((row.start, row.teams, row.what))
    for place, (name, starts) in enumerate(declared.items()):
        blocks.append(Heading(name))
        began = "; ".join(
            f"{day(start)}: {words.listed(teams)}" for start, teams, _ in sorted(starts)
        )
        what = "".join(f" {words.capital(what)}." for *_, what in starts[:1] if what)
        blocks.append(Said(f"Began {began}.{what}"))
        blocks += _followed(names, by_name[name], 300 + 20 * place)
    if not declared:
        blocks.append(
            Said("No rollout was declared. Without one, nothing can be called an effect.", "empty")
        )
    return Section(
        "rollouts",
        "Rollouts and what followed",
        "What began in some teams on a day, as it was declared (of teams that may be named). Only "
        "where teams with and without it had moved alike before may an effect be told.",
        blocks,
        _short_rollouts(found),
    )


def _followed(names: Names, links: Sequence[Found], number: int) -> Iterator[Block]:
    if not links:
        yield Said("Nothing was estimated of it yet.", "empty")
        return
    for place, each in enumerate(each for each in links if each.kind in TOLD):
        yield verdict(names, each)
        if each.method == "rollout" and each.profile:
            yield _study(names, each, number + place)
    still = [each for each in links if each.kind == "nothing"]
    if still:
        yield Table(
            "No change found after it",
            (
                "KPI", "Estimate", "95 % interval", "Before the start", "n", "Teams",
                "Minimum detectable effect",
            ),
            [
                [
                    words.capital(names.kpi(each)), estimate(each), reach(each), _placebo(each),
                    words.count(each.n), words.count(each.clusters), _detectable(each),
                ]
                for each in still
            ],
            left=(3,),
            note="Before the start: whether the teams had moved apart already (the pre-trend).",
        )  # fmt: skip
    missing: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for each in links:
        if each.kind == "missing":
            missing[each.lacks].append(names.kpi(each))
    for lacks, kpis in sorted(missing.items()):
        yield Said(
            f"Cannot be said yet of {words.listed(sorted(kpis), 8)}: what is missing is "
            f"{words.listed(lacks)}."
        )


def _study(names: Names, link: Found, number: int) -> Picture:
    name = names.kpi(link)
    title = f"{words.capital(name)} before and after {link.behaviour} began"
    drawn = drawings.study(drawings.Study(title, unit(link), link.profile), number)
    return Picture(
        [(title, drawn)],
        f"How far {name} of teams with it is from where it was in the week before they began, "
        f"beside teams that had not begun ({unit(link)}); the band holds all weeks at once. Before "
        f"the start it should lie about nothing. Pre-trend: {_placebo(link)}.",
        [("line discovery", "estimate"), ("band", "95 % band"), ("mark", "start")],
    )


def appendix(found: Findings) -> Section:
    """Every estimate there is, in a line each."""
    names = Names(found)
    told = [each for each in found.links if each.estimate is not None]
    rows = [
        [
            words.capital(names.kpi(each)), names.about(each),
            METHOD.of(each.method).title.partition(":")[0], KIND.of(each.kind).title, unit(each),
            words.number(each.estimate), reach(each), words.number(each.detectable),
            words.number(each.q), words.count(each.n), words.count(each.clusters),
        ]
        for each in told
    ]  # fmt: skip
    names_of_columns = (
        "KPI", "With", "Method", "What was found", "In", "Estimate", "95 % interval", "Detectable",
        "q", "n", "Teams",
    )  # fmt: skip
    blocks: list[Block] = [
        Table(
            "Every estimate",
            names_of_columns,
            rows,
            left=(1, 2, 3, 4),
            note="Detectable: the minimum detectable effect.",
        )
        if rows
        else Said("Nothing was estimated.", "empty")
    ]
    return Section(
        "appendix",
        "Appendix: every estimate",
        "All that the last run estimated, the surest first; by the panel for as many events more "
        "as a team's weeks usually differ by.",
        blocks,
    )


def _short(names: Names, links: Sequence[Found]) -> list[str]:
    """What the summary says of all links together."""
    if not links:
        return ["Nothing was estimated yet of how KPIs move with learning."]
    kinds = Counter(each.kind for each in links)
    counted = ", ".join(f"{KIND.of(kind).title} {kinds[kind]}" for kind in _KINDS if kinds[kind])
    told = [
        f"Of {words.many(len(links), 'question')} whether a KPI moves with a behaviour or after a "
        f"rollout: {counted}."
    ]
    for kind, means in _SURE:
        pairs = [_pair(names, each) for each in links if each.kind == kind]
        if pairs:
            told.append(f"{means}: {words.listed(dict.fromkeys(pairs), 5)}.")
    return told


#: What may be told of a pair in the summary, and what it is called.
_SURE = (
    ("effect", "Effect, if teams would else have gone on alike"),
    ("association", "Association, which does not tell what brings about what"),
)


def _pair(names: Names, link: Found) -> str:
    way = "higher" if (link.estimate or 0.0) > 0 else "lower"
    about = (
        f"with more of {names.about(link)}"
        if link.method in OF_BEHAVIOURS
        else (f"after {link.behaviour}")
    )
    return f"{names.kpi(link)} {way} {about}"


_KINDS = ("effect", "association", "doubtful", "nothing", "missing")


def _short_rollouts(found: Findings) -> list[str]:
    span = found.now.span
    new = dict.fromkeys(
        each.rollout for each in found.rollouts if span.first <= each.start <= span.last_day
    )
    return [f"Rollouts that began in the quarter: {words.listed(new, 5)}."] if new else []
