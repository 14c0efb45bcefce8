"""What may be said of a link, in words that can be read aloud.

*Association* everywhere but after a rollout with a clean pre-trend. Every sentence that tells an
estimate tells its interval and what it rests on; one that tells of nothing tells what would have
been found.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from kpis.links.link import PLACEBO, RATE, Kind, Link


def spoken(link: Link) -> Link:
    """The link with its kind and its verdict."""
    kind = _kind(link)
    return replace(link, kind=kind, verdict=_SAYING[link.method](link, kind))


def figure(value: float) -> str:
    """A figure to three digits that count."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0 or math.isnan(value):
        return "0" if value == 0 else "not known"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}".replace("-", "−")


def _kind(link: Link) -> Kind:
    if link.lacks:
        return Kind.MISSING
    chance = link.p if math.isnan(link.q) else link.q
    # Twice: what was tested in one family, and an interval that does not hold nothing.
    if not chance <= RATE or link.low <= 0 <= link.high:
        return Kind.NOTHING
    if link.doubts:
        return Kind.DOUBTFUL
    if link.method == "rollout" and link.placebo_p >= PLACEBO:
        return Kind.EFFECT
    return Kind.ASSOCIATION


def _missing(link: Link) -> str:
    what = " and ".join(link.lacks)
    return (
        f"Nothing can be said yet of {link.subject.kpi} and {link.subject.behaviour}: "
        f"what is missing is {what}."
    )


def _basis(link: Link) -> str:
    subject = link.subject
    return (
        f"95 % interval {figure(link.low)} to {figure(link.high)}; {link.clusters:,} "
        f"{subject.team if link.clusters == 1 else subject.teams}, "
        f"{link.n:,} {subject.team}-{subject.period}s"
    )


def _tests(link: Link) -> str:
    if link.family > 1:
        return f" Of {link.family:,} pairs tested together, at most 5 % of those found are chance."
    return ""


def _not_found(link: Link, of: str) -> str:
    found = ""
    if link.p <= RATE < link.q:
        found = (
            f" By itself it would stand out (p {figure(link.p)}), but of {link.family:,} pairs "
            f"tested some do by chance."
        )
    unit = "" if link.method == "lags" else f" {difference(link.subject.unit)}"
    return (
        f"No association was found between {link.subject.kpi} and {of} ({_basis(link)}).{found} "
        f"One of {figure(link.detectable)}{unit} or more would most likely have been found; a "
        f"smaller one may be there."
    )


def _doubtful(link: Link) -> str:
    return f" It must not be taken for a link: {'; and '.join(link.doubts)}."


def _more(link: Link) -> str:
    word = "higher" if link.estimate > 0 else "lower"
    return f"{figure(abs(link.estimate))} {difference(link.subject.unit)} {word}"


def difference(unit: str) -> str:
    """What a difference of two figures is counted in: of two shares, in points."""
    return "percentage points" if unit == "%" else unit


def _panel(link: Link, kind: Kind) -> str:
    subject = link.subject
    if kind is Kind.MISSING:
        return _missing(link)
    if kind is Kind.NOTHING:
        return _not_found(link, subject.behaviour)
    over = f" over that {subject.period} and the {link.lag} after it" if link.lag else ""
    said = (
        f"Where a {subject.team} has {figure(subject.by)} more of {subject.behaviour} than it "
        f"usually has, {subject.kpi} is {_more(link)}{over} ({_basis(link)})."
    )
    if kind is Kind.DOUBTFUL:
        return said + _doubtful(link)
    placebo = "" if math.isnan(link.placebo_p) else " Nothing suggests that the KPI moves first."
    return (
        f"Association: {said[0].lower()}{said[1:]}{placebo}{_tests(link)} Whether one brings about "
        f"the other, this does not tell."
    )


def _lags(link: Link, kind: Kind) -> str:
    subject = link.subject
    if kind is Kind.MISSING:
        return _missing(link)
    if kind is Kind.NOTHING:
        return _not_found(link, f"{subject.behaviour} of the {subject.period}s before").replace(
            "One of", "A correlation of"
        )
    way = "higher" if link.estimate > 0 else "lower"
    when = (
        f"{link.lag} {subject.period}{'s' * (link.lag != 1)} after" if link.lag else "together with"
    )
    said = (
        f"{subject.kpi} tends to be {way} {when} more of {subject.behaviour} than was to be "
        f"expected (correlation {figure(link.estimate)}; {_basis(link)})."
    )
    if kind is Kind.DOUBTFUL:
        return said + _doubtful(link)
    return (
        f"Association: {said}{_tests(link)} Whether one brings about the other, this does not tell."
    )


def _rollout(link: Link, kind: Kind) -> str:
    subject = link.subject
    if kind is Kind.MISSING:
        return _missing(link)
    if kind is Kind.NOTHING:
        return (
            _not_found(link, f"the rollout {subject.behaviour}")
            .replace("No association was found between", "No change was found of")
            .replace(" and the rollout", " after the rollout")
        )
    said = (
        f"after {subject.behaviour} began, {subject.kpi} was {_more(link)} than in {subject.teams} "
        f"that had not begun, beside what it was before ({_basis(link)})."
    )
    if kind is Kind.EFFECT:
        return (
            f"Effect, if {subject.teams} would else have gone on alike: {said} Before it they "
            f"moved alike as far as can be seen (p {figure(link.placebo_p)}); a difference "
            f"that small data hide cannot be ruled out.{_tests(link)}"
        )
    if kind is Kind.DOUBTFUL:
        return said[0].upper() + said[1:] + _doubtful(link)
    return f"Association: {said} Whether they moved alike before could not be tested."


def _interruption(link: Link, kind: Kind) -> str:
    subject = link.subject
    if kind is Kind.MISSING:
        return _missing(link)
    basis = f"95 % interval {figure(link.low)} to {figure(link.high)}; {link.n:,} {subject.period}s"
    if kind is Kind.NOTHING:
        return (
            f"No change of {subject.kpi} was found with {subject.behaviour} ({basis}). One of "
            f"{figure(link.detectable)} {difference(subject.unit)} or more would most likely have "
            f"been found; a smaller one may be there."
        )
    said = (
        f"from {subject.behaviour} on {subject.kpi} is {_more(link)} than it would have gone on "
        f"({basis})."
    )
    if kind is Kind.DOUBTFUL:
        return said[0].upper() + said[1:] + _doubtful(link)
    return (
        f"Association: {said} It is one series without others to compare it with: whatever else "
        f"changed at that time is in it.{_tests(link)}"
    )


_SAYING: dict[str, Callable[[Link, Kind], str]] = {
    "lags": _lags,
    "panel": _panel,
    "rollout": _rollout,
    "interruption": _interruption,
}
