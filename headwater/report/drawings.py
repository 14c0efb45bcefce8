"""Charts as inline SVG: small series, intervals, an event study. Pure; every text is escaped.

Colours are of the page's style sheet by class, so that a chart follows paper and dark. A chart has
a title and a description that say what it shows to who does not see it; the numbers stand in a
table, or in the description.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape

from markupsafe import Markup

from kpis.links.verdicts import figure

#: Gaps of more days than this between two points are drawn as gaps, by grain.
GAPS = {"day": 1, "week": 7, "month": 31}


@dataclass(frozen=True)
class Series:
    """Values over time, with a line where the quarter begins."""

    name: str
    points: tuple[tuple[date, float], ...]
    begins: date
    unit: str = ""
    hue: str = "ink"
    #: Whether the axis begins at nothing, as counts do.
    from_zero: bool = True
    grain: str = "week"
    #: What began, and on which day.
    marks: tuple[tuple[date, str], ...] = ()
    #: The axis ends at least here, so that charts beside each other compare.
    highest: float = 0.0
    #: The first and the last day of the axis; unset, those of the points.
    spans: tuple[date, date] | None = None


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; a bound that is None has no end."""

    name: str
    estimate: float
    low: float | None
    high: float | None
    kind: str


@dataclass(frozen=True)
class Study:
    """Estimates by weeks since a start, each with its band."""

    name: str
    unit: str
    points: tuple[tuple[int, float, float, float], ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Axis:
    """From values to places."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> str:
        share = (value - self.low) / ((self.high - self.low) or 1)
        return f"{self.start + share * (self.end - self.start):.1f}"


def series(of: Series, number: int) -> Markup:
    """A small chart over time; `number` tells it from the others of its page."""
    width, height, left, top, bottom = 330, 150, 48, 10, 24
    values = [value for _, value in of.points]
    least = 0.0 if of.from_zero else min(values)
    ticks = rounded(least, max(*values, of.highest))
    down = _Axis(ticks[0], ticks[-1], height - bottom, top)
    days = [day.toordinal() for day, _ in of.points]
    first, last = (each.toordinal() for each in of.spans) if of.spans else (days[0], days[-1])
    along = _Axis(first, last, left + 4, width - 8)
    out = [*_levels(ticks, down, left, width)]
    out += _begun(of, along, first, last, (top, height - bottom))
    for run in _runs(of):
        path = " ".join(f"{along(day.toordinal())},{down(value)}" for day, value in run)
        if len(run) > 1:
            out.append(f'<polyline class="line {of.hue}" points="{path}"/>')
        else:
            x, y = path.split(",")
            out.append(f'<circle class="dot {of.hue}" cx="{x}" cy="{y}" r="2"/>')
    for place, anchor in ((first, "start"), (last, "end")):
        told = f"{date.fromordinal(place):%-d %b %y}"
        out.append(_text(along(place), height - 6, told, anchor))
    said = (
        f"{of.name}{f', {of.unit}' if of.unit else ''}: {len(values)} {of.grain}s from "
        f"{of.points[0][0]} to {of.points[-1][0]}; first {figure(values[0])}, last "
        f"{figure(values[-1])}, least {figure(min(values))}, most {figure(max(values))}."
    )
    if of.marks:
        said += f" Began: {', '.join(f'{name} on {day}' for day, name in of.marks)}."
    return _svg(number, width, height, f"{of.name} over time", said, out)


def _begun(
    of: Series, along: _Axis, first: int, last: int, reach: tuple[int, int]
) -> Iterator[str]:
    """The line at which the quarter begins, and those at which something else did."""
    top, bottom = reach
    for day, kind in ((of.begins, "edge"), *((day, "mark") for day, _ in of.marks)):
        if first <= day.toordinal() <= last:
            x = along(day.toordinal())
            yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>'


def _runs(of: Series) -> Iterator[list[tuple[date, float]]]:
    """Points without a gap between them."""
    gap = timedelta(days=GAPS[of.grain])
    run: list[tuple[date, float]] = []
    for point in of.points:
        if run and point[0] - run[-1][0] > gap:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def intervals(title: str, rows: Sequence[Interval], unit: str, number: int) -> Markup:
    """A forest: a line an estimate, from the lower to the upper bound, with the line at nothing."""
    width, left, step, top, bottom = 690, 190, 22, 8, 40
    height = top + step * len(rows) + bottom
    known = [
        bound
        for row in rows
        for bound in (row.low, row.high, row.estimate)
        if bound is not None and math.isfinite(bound)
    ]
    ticks = rounded(min(0.0, *known), max(0.0, *known))
    along = _Axis(ticks[0], ticks[-1], left, width - 16)
    floor = height - bottom
    out = []
    for tick in ticks:
        kind = "zero" if tick == 0 else "grid"
        x = along(tick)
        out.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top}" y2="{floor}"/>')
        out.append(_text(x, floor + 15, short(tick), "middle"))
    out.append(_text(f"{(left + width - 16) / 2:.1f}", height - 6, unit, "middle"))
    for place, row in enumerate(rows):
        y = f"{top + step * (place + 0.5):.1f}"
        low = along(ticks[0] if row.low is None else row.low)
        high = along(ticks[-1] if row.high is None else row.high)
        out.append(_text(str(left - 10), f"{float(y) + 4:.1f}", row.name, "end", "name"))
        out.append(f'<line class="reach {row.kind}" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>')
        out.append(_sign(row.kind, along(row.estimate), y))
    said = (
        "; ".join(
            f"{row.name} {figure(row.estimate)} ({_bound(row.low, '−∞')} to "
            f"{_bound(row.high, '∞')})"
            for row in rows
        )
        + f". In {unit}."
    )
    return _svg(number, width, height, title, said, out)


def _sign(kind: str, x: str, y: str) -> str:
    """Its kind is told by shape too: full, a diamond where doubtful, hollow where nothing."""
    if kind == "doubtful":
        return (
            f'<rect class="sign doubtful" x="-5" y="-5" width="10" height="10" '
            f'transform="translate({x} {y}) rotate(45)"/>'
        )
    return f'<circle class="sign {escape(kind)}" cx="{x}" cy="{y}" r="5"/>'


def study(of: Study, number: int) -> Markup:
    """An event study: the estimate of each week since the start, its band, the start's line."""
    width, height, left, top, bottom = 690, 230, 64, 12, 42
    bounds = [value for _, estimate, low, high in of.points for value in (estimate, low, high)]
    ticks = rounded(min(0.0, *bounds), max(0.0, *bounds))
    down = _Axis(ticks[0], ticks[-1], height - bottom, top)
    weeks = [at for at, *_ in of.points]
    along = _Axis(min(weeks), max(weeks), left + 8, width - 16)
    out = [*_levels(ticks, down, left, width)]
    upper = [f"{along(at)},{down(high)}" for at, _, _, high in of.points]
    lower = [f"{along(at)},{down(low)}" for at, _, low, _ in reversed(of.points)]
    out.append(f'<polygon class="band" points="{" ".join([*upper, *lower])}"/>')
    if weeks[0] < 0 <= weeks[-1]:
        x = along(-0.5)
        out.append(f'<line class="mark" x1="{x}" x2="{x}" y1="{top}" y2="{height - bottom}"/>')
    middle = " ".join(f"{along(at)},{down(estimate)}" for at, estimate, _, _ in of.points)
    out.append(f'<polyline class="line discovery" points="{middle}"/>')
    for at, estimate, _, _ in of.points:
        out.append(
            f'<circle class="dot discovery" cx="{along(at)}" cy="{down(estimate)}" r="2.5"/>'
        )
    for at in _spaced(weeks):
        told = f"{at:+d}".replace("-", "−") if at else "0"
        out.append(_text(along(at), height - bottom + 15, told, "middle"))
    words = "weeks since the start"
    out.append(_text(f"{(left + width) / 2:.1f}", height - 6, words, "middle"))
    said = f"In {of.unit}, by weeks since the start: " + "; ".join(
        f"{at:+d}: {figure(estimate)} ({figure(low)} to {figure(high)})"
        for at, estimate, low, high in of.points
    )
    return _svg(number, width, height, of.name, f"{said}.", out)


def rounded(low: float, high: float) -> list[float]:
    """Three to six round numbers that hold both."""
    reach = (high - low) or abs(high) or 1.0
    rough = reach / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    return [place * step for place in range(first, last + 1)]


def short(tick: float) -> str:
    """A round number without digits that say nothing: `0.5`, `−2`, `1,500`."""
    return f"{tick:,.6f}".rstrip("0").rstrip(".").replace("-", "−")


def _levels(ticks: Iterable[float], down: _Axis, left: int, width: int) -> Iterator[str]:
    for tick in ticks:
        y = down(tick)
        kind = "zero" if tick == 0 else "grid"
        yield f'<line class="{kind}" x1="{left}" x2="{width - 8}" y1="{y}" y2="{y}"/>'
        yield _text(str(left - 6), f"{float(y) + 3.5:.1f}", short(tick), "end")


def _spaced(weeks: Sequence[int]) -> list[int]:
    """Weeks that have room for their number; the start is among them."""
    step = next(each for each in (1, 2, 4, 8, 13, 26, 52) if len(weeks) / each <= 16)
    return [at for at in weeks if at % step == 0]


def _bound(value: float | None, none: str) -> str:
    return none if value is None else figure(value)


def _text(x: str, y: float | str, words: str, anchor: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(number: int, width: int, height: int, title: str, said: str, out: list[str]) -> Markup:
    # Every text in it was escaped where it was put in.
    return Markup(  # noqa: S704
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="t{number} d{number}">'
        f'<title id="t{number}">{escape(title)}</title><desc id="d{number}">{escape(said)}</desc>'
        f"{''.join(out)}</svg>"
    )
