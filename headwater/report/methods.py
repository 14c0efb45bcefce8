"""How to read the report: where its figures come from, and what they do not mean."""

from collections.abc import Iterator

from headwater.report import words
from headwater.report.blocks import Block, Heading, Points, Said, Section
from headwater.report.findings import Findings, Half
from headwater.report.quarter import day
from kpis.links.link import PLACEBO, RATE


def section(found: Findings) -> Section:
    """The section."""
    return Section(
        "methods",
        "How to read this, and where it comes from",
        "Every figure stands in a published view of the warehouse, which the boards show too; none "
        "is made for this report alone.",
        [*_words(), *_weeks(found), *_people(found), *_complete(found)],
    )


def _words() -> Iterator[Block]:
    yield Heading("What the words mean")
    yield Points([
        "Learning event: something that a person did in a work tool and that is counted as "
        "learning: searching, reading, asking, answering, writing down. It says nothing of how "
        "well.",
        "Association: a KPI and a behaviour move together, in teams and weeks. A third thing may "
        "move both, or the KPI may move learning. It is no ground by itself to do anything.",
        "Effect: after a rollout, teams with it moved otherwise than teams without it, and had "
        "moved alike before. It holds if they would else have gone on alike, which nobody can see.",
        "Doubtful: something was found, and a check speaks against it. Leave it out of a decision.",
        "95 % interval: of a hundred such intervals about 95 hold what is really there. One that "
        "holds 0 is no finding.",
        f"q: how easily chance alone gives as much, over all pairs that were tested. Above "
        f"{words.number(RATE)} nothing is called an association.",
        "Minimum detectable effect: the least that would have been found four times out of five. "
        "Nothing found beside a large one means little.",
        "Placebo, pre-trend: the same question where the answer must be nothing, such as before "
        f"the start of a rollout. Where it is not (p below {words.number(PLACEBO)}), the verdict "
        "is doubtful.",
        "n: how many single observations, or team-weeks, a figure rests on.",
    ])  # fmt: skip


def _weeks(found: Findings) -> Iterator[Block]:
    span = found.now.span
    yield Heading("Which weeks")
    weeks = (
        f"Weeks go from Monday to Sunday by the clock of {found.zone}, and are never divided: a "
        "week belongs to the quarter in which its Thursday lies. "
        f"{span.quarter.title} is the weeks of {day(span.quarter.weeks[0])} to "
        f"{day(span.quarter.weeks[-1])}; a KPI that comes by the month is of the calendar quarter."
    )
    yield Said(weeks)
    yield Said(
        "Rates are by the week and by the head, so that a quarter that is not over, or of which "
        "history is not complete, compares with a whole one. A season, a holiday or a "
        "reorganisation is in a comparison of two quarters like everything else."
    )


def _people(found: Findings) -> Iterator[Block]:
    yield Heading("Whom it tells of")
    yield Said(
        f"No figure rests on fewer than {found.minimum} people. What fewer did is added to "
        "something larger, or is not told at all; a team of fewer is in no table, no chart and no "
        "estimate by name. Nobody is named. Figures are those that were published when the report "
        "was written: later knowledge (a late delivery, a move, a changed rule) may change them."
    )


def _complete(found: Findings) -> Iterator[Block]:
    yield Heading("How complete it is")
    told = [text for half in (found.now, found.before) if (text := _quality(half))]
    yield Points(told or ["How much of the events could not be placed is not told of these weeks."])
    sources = [
        f"{each.words}: {', '.join(part for part in (each.source, each.owner) if part)}"
        for each in found.kpis
        if each.source or each.owner
    ]
    if sources:
        yield Said("Where KPIs come from, as kpis.toml declares it:")
        yield Points(sources)
    yield Said(
        "The methods with their floors and limits: docs/links.md; KPIs: docs/kpis.md; this report: "
        "docs/report.md of Headwater."
    )


def _quality(half: Half) -> str:
    quality = half.quality
    if quality.unclassified is None or quality.unresolved is None:
        return ""
    return (
        f"{half.span.quarter.title}: {words.number(quality.unclassified)} % of the events could "
        f"not be classified (at most {words.number(quality.most_unclassified)} % in a week), "
        f"{words.number(quality.unresolved)} % were of accounts of nobody known (at most "
        f"{words.number(quality.most_unresolved)} %), over {words.many(quality.weeks, 'week')}."
    )
