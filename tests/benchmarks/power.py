"""How often the panel tells a planted link, by its size, the number of teams and of weeks.

Each figure is of organisations from the seeds 0, 1, 2 … (`tests/kpis/planted.py`), estimated as
links of the warehouse are: four lags, three leads. The table of docs/links.md is `table`, and its
picture `picture`; both are written by `python -m tests.benchmarks --only power`.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path

from dashboards import palette
from tests.benchmarks.links import discovered, many, of_panel
from tests.benchmarks.measure import Result
from tests.kpis.planted import Organisation

#: What one more of learning adds to the KPI, in its own unit.
EFFECTS = (0.1, 0.2, 0.3, 0.6)
TEAMS = (10, 20, 40, 80)
WEEKS = (30, 52, 104)
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "power.svg"
#: Weeks, teams and effect → percent.
Told = Mapping[tuple[int, int, float], float]

_WIDTH, _HEIGHT, _LEFT, _TOP = 240, 150, 48, 30


def find(runs: int) -> list[Result]:
    """Every figure; the picture is written, and the table printed. 100 runs take some minutes."""
    told = {
        (weeks, teams, effect): discovered(
            many(runs, partial(of_panel, Organisation(teams, weeks, effect)))
        )
        for weeks, teams, effect in product(WEEKS, TEAMS, EFFECTS)
    }
    PICTURE.write_text(picture(told), "utf-8")
    print("\n".join(table(told)))
    return [
        Result(f"panel, {t} teams, {w} weeks, planted {e}: told", share, "%", "higher", runs)
        for (w, t, e), share in told.items()
    ]


def table(told: Told) -> Iterator[str]:
    """The figures as rows of Markdown: a row a number of weeks and teams, a column an effect."""
    yield f"| weeks | teams | {' | '.join(f'{effect}' for effect in EFFECTS)} |"
    yield f"|{'---|' * (2 + len(EFFECTS))}"
    for weeks, teams in product(WEEKS, TEAMS):
        shares = (f"{told[weeks, teams, effect]:.0f} %" for effect in EFFECTS)
        yield f"| {weeks} | {teams} | {' | '.join(shares)} |"


def picture(told: Told) -> str:
    """The figures as lines, a chart a number of weeks and a line a number of teams."""
    charts = "".join(_chart(told, weeks, at) for at, weeks in enumerate(WEEKS))
    width = (_WIDTH + _LEFT) * len(WEEKS) + 80
    said = "How often the panel tells a planted link, by its size, teams and weeks"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_TOP + _HEIGHT + 50}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{said}">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{charts}</svg>\n'
    )


def _chart(told: Told, weeks: int, at: int) -> str:
    left = _LEFT + at * (_WIDTH + _LEFT)
    bottom, most = _TOP + _HEIGHT, max(EFFECTS)

    def place(effect: float, share: float) -> tuple[float, float]:
        return left + _WIDTH * effect / most, bottom - _HEIGHT * share / 100

    parts = [_text(left, 18, f"{weeks} weeks", "start")]
    for share in (0, 50, 80, 100):
        y = bottom - _HEIGHT * share / 100
        parts.append(f'<path d="M{left} {y:.1f}h{_WIDTH}" stroke="#d9dfe1"/>')
        parts.append(_text(left - 4, y + 4, f"{share} %", "end"))
    for effect in EFFECTS:
        parts.append(_text(place(effect, 0)[0], bottom + 16, f"{effect}", "middle"))
    parts.append(_text(left, bottom + 36, "effect planted", "start"))
    for teams, colour in zip(TEAMS, palette.CYCLE, strict=False):
        points = [place(effect, told[weeks, teams, effect]) for effect in EFFECTS]
        parts.append(_line(points, colour))
        if weeks == WEEKS[-1]:
            x, y = left + _WIDTH + 12, _TOP + 16 * (len(TEAMS) - TEAMS.index(teams))
            parts.append(_text(x, y, f"{teams} teams", "start", colour))
    return "\n".join(parts) + "\n"


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _text(x: float, y: float, said: str, anchor: str, colour: str = palette.INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{said}</text>'
