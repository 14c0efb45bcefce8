"""Forms of pictures that several questions share: bars, lines, a matrix; and how all look.

Everything is 700 pixels wide, and the same rows give the same file.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize, to_hex
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullLocator
from pandas import DataFrame, Series

from dashboards import palette

#: 700 pixels, at 72 points an inch and 96 pixels an inch.
WIDTH = 700 / 96
#: The height of a row of bars, and of what stands around them, in inches.
ROW, AROUND = 0.24, 0.85
#: More rows than these are hard to read.
MANY = 16

SHADES = LinearSegmentedColormap.from_list(
    "discovery", ["#eef5f9", "#92bfd5", palette.DISCOVERY, "#153c52"]
)
_LOOK = {
    "svg.fonttype": "none",
    "svg.hashsalt": "headwater",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "font.size": 8.5,
    "text.color": palette.INK,
    "axes.labelcolor": palette.MUTED,
    "axes.labelsize": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.edgecolor": palette.LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": palette.LINE,
    "xtick.color": palette.LINE,
    "ytick.color": palette.LINE,
    "xtick.labelcolor": palette.INK,
    "ytick.labelcolor": palette.INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


@contextmanager
def look() -> Iterator[None]:
    """What is drawn, and written, within looks like one of these pictures."""
    with mpl.rc_context(_LOOK):
        yield


def sheet(height: float, rows: int = 1, columns: int = 1, **more: Any) -> tuple[Figure, Any]:
    """A figure of so many inches, and its axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    return figure, figure.subplots(rows, columns, **more)


def tall(rows: int) -> float:
    """The height for so many bars."""
    return rows * ROW + AROUND


def write(figure: Figure, path: Path, title: str) -> None:
    """As SVG, without what changes from one run to the next."""
    said = {"Title": title, "Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(path, format="svg", metadata=said)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("".join(f"{line.strip()}\n" for line in lines), "utf-8")


def named(values: Series, nobody: str) -> list[str]:
    """Texts, and a word where there is none."""
    return [str(value) or nobody for value in values]


def rows_down(axes: Axes, labels: Sequence[str], title: str) -> None:
    """A row for each label, the first at the top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.set_ylabel(title)
    axes.tick_params(axis="y", length=0)


def bars(
    axes: Axes,
    series: Mapping[str, tuple[Sequence[float], str]],
    title: str,
    texts: Sequence[str] = (),
    room: float = 1.25,
) -> None:
    """Bars from left to right, side by side where there are several series (name → lengths and
    colour), with a text at the end of each row; `room` is how much longer the axis is."""
    thick = 0.74 / len(series)
    for at, (name, (lengths, colour)) in enumerate(series.items()):
        places = np.arange(len(lengths)) + (at - (len(series) - 1) / 2) * thick
        axes.barh(places, list(lengths), thick * 0.94, color=colour, label=name)
    longest = max(max(lengths) for lengths, _ in series.values())
    axes.set_xlim(0, (longest or 1) * room)
    for row, text in enumerate(texts):
        end = max(lengths[row] for lengths, _ in series.values())
        axes.annotate(
            text, (end, row), (4, 0), textcoords="offset points", va="center", color=palette.MUTED
        ).set_in_layout(False)
    axes.set_xlabel(title)
    if len(series) > 1:
        legend(axes, len(series))


def legend(axes: Axes, columns: int) -> None:
    """The names of what is drawn, above it."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, handlelength=1.4
    )


def over_weeks(axes: Axes, weeks: Series, title: str) -> None:
    """Numbers over weeks, which are named by their Mondays."""
    mondays = sorted(set(weeks))
    axes.set_xticks(mondays[:: -(-len(mondays) // 6)])
    axes.xaxis.set_major_formatter(DateFormatter("%-d %b %Y"))
    axes.set_xlabel("Week, by its Monday")
    axes.set_ylabel(title)
    axes.grid(axis="y")


def from_zero(axes: Axes, values: Series) -> None:
    """The axis of numbers begins at zero, and has room for all of these."""
    axes.set_ylim(0, values.max() * 1.1)


def ratios(axis: Axis) -> None:
    """A logarithmic scale, with numbers that are read easily."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_locator(LogLocator(subs=(1, 3)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def matrix(
    axes: Axes,
    values: DataFrame,
    texts: DataFrame,
    *,
    down: str,
    across: str,
    shade: Normalize | LogNorm,
    small: DataFrame | None = None,
) -> None:
    """A cell for each value, the darker the more, with its text, and a smaller text below it.
    A cell without a value stays empty."""
    for row, column in zip(*np.nonzero(values.notna().to_numpy()), strict=True):
        colour = to_hex(SHADES(shade(values.iat[row, column])))
        axes.add_patch(Rectangle((column + 0.02, row + 0.02), 0.96, 0.96, color=colour, lw=0))
        ink = _ink(colour)
        lines = [(texts.iat[row, column], 8.5)]
        if small is not None:
            lines.append((small.iat[row, column], 7))
        for (text, size), up in zip(lines, (0,) if small is None else (-0.18, 0.2), strict=True):
            axes.text(
                column + 0.5, row + 0.5 + up, text, ha="center", va="center", color=ink, size=size
            )
    axes.set_xticks(np.arange(len(values.columns)) + 0.5, values.columns)
    axes.set_yticks(np.arange(len(values)) + 0.5, values.index)
    axes.set(xlim=(0, len(values.columns)), ylim=(len(values), 0))
    axes.xaxis.set_ticks_position("top")
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(across)
    axes.set_ylabel(down)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def without_the_last(rows: DataFrame) -> DataFrame:
    """Without the week that is under way, which has fewer days than others."""
    return rows[rows["week"] < rows["week"].max()]


def dumbbells(axes: Axes, left: Sequence[float], right: Sequence[float]) -> None:
    """A thin line in each row, from one value to another."""
    for row, ends in enumerate(zip(left, right, strict=True)):
        axes.plot(ends, (row, row), color=palette.LINE, linewidth=2.5, zorder=1)


def chain(axes: Axes, row: int, steps: Sequence[str], width: float) -> None:
    """Behaviours one after the other, each a box of its colour with its name."""
    for at, step in enumerate(steps):
        shade = palette.BEHAVIOUR.of(step)
        axes.barh(row, width - 4, 0.74, left=at * width, color=shade.colour)
        middle = at * width + (width - 4) / 2
        ink = _ink(shade.colour)
        axes.text(middle, row, step, ha="center", va="center", color=ink, size=8)
    for at in range(1, len(steps)):
        axes.text(at * width - 2, row, "›", ha="center", va="center", color=palette.MUTED)


def _ink(colour: str) -> str:
    """What is read better on a colour: white or ink."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return "white" if luminance < 0.22 else palette.INK
