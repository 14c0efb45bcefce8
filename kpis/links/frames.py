"""Tables of team-weeks: read, checked, and laid out by team and week."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpis.links.errors import BadTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: The first Monday of the calendar that weeks are counted in.
_EPOCH = dt.date(1970, 1, 5)


@dataclass(frozen=True)
class Grid:
    """Columns laid out as teams × periods; what is missing is NaN.

    Attributes:
        teams: The units, in order.
        periods: Every period from the first to the last, whether there is a figure of it or not.
        values: Column → teams × periods.
    """

    teams: tuple[str, ...]
    periods: Ints
    values: dict[str, Floats]

    def __getitem__(self, column: str) -> Floats:
        return self.values[column]

    def place(self, period: str) -> int:
        """The index of a period, said as a whole number or a date; raises ValueError."""
        try:
            number = int(period)
        except ValueError:
            number = week_of(dt.date.fromisoformat(period))
        at = number - int(self.periods[0])
        if not 0 < at < len(self.periods):
            raise ValueError("it is not within the table's weeks")
        return at


def read(path: Path) -> pd.DataFrame:
    """A table from a CSV file with a line of names; raises BadTable."""
    try:
        return pd.read_csv(path)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        why = " ".join(str(error).split())
        raise BadTable(f"{path} cannot be read as CSV: {why}") from error


def laid_out(frame: pd.DataFrame, unit: str, time: str, columns: Sequence[str]) -> Grid:
    """A long table (a row a unit and period) as a grid.

    Without `unit` it is one unit. Periods are whole numbers, or dates, which are counted in weeks
    from Monday on. Raises BadTable
    for a column that is not there, a figure that is none, and a unit that has a period twice.
    """
    _there(frame, *((unit,) if unit else ()), time, *columns)
    periods = _periods(frame[time], time)
    units = frame[unit].astype(str) if unit else pd.Series(["all"] * len(frame))
    teams = sorted(set(units))
    rows = pd.Categorical(units, categories=teams).codes.astype(np.int64)
    first = int(periods.min())
    width = int(periods.max()) - first + 1
    if width > 100_000:
        raise BadTable(f"'{time}' goes from {first} to {first + width - 1}: these are no weeks")
    cells = rows * width + (periods - first)
    if len(np.unique(cells)) < len(cells):
        again = int(np.flatnonzero(pd.Series(cells).duplicated().to_numpy())[0])
        raise BadTable(f"row {again + 2}: {units.iloc[again]} has this {time} twice")
    values = {}
    for column in dict.fromkeys(columns):
        laid = np.full(len(teams) * width, np.nan)
        laid[cells] = _figures(frame[column], column)
        values[column] = laid.reshape(len(teams), width)
    return Grid(tuple(teams), np.arange(first, first + width, dtype=np.int64), values)


def starts(frame: pd.DataFrame, unit: str, start: str) -> dict[str, int]:
    """Each unit's first period of something; those without one (empty, or 0) are left out.

    Raises BadTable where a unit has two.
    """
    _there(frame, unit, start)
    given = frame[[unit, start]].dropna()
    if pd.api.types.is_numeric_dtype(given[start]):
        given = given[given[start] != 0]
    if given.empty:
        return {}
    found: dict[str, int] = {}
    for name, period in zip(given[unit].astype(str), _periods(given[start], start), strict=True):
        if found.setdefault(name, int(period)) != int(period):
            raise BadTable(f"'{start}' has two starts for {name}")
    return found


def shifted(values: Floats, by: int) -> Floats:
    """Each team's figures of `by` periods before (after, where `by` is below zero)."""
    moved = np.full_like(values, np.nan)
    if by == 0:
        return values.copy()
    if by > 0:
        moved[:, by:] = values[:, :-by]
    else:
        moved[:, :by] = values[:, -by:]
    return moved


def digest(*arrays: Any) -> str:
    """A hash of what an estimate was computed from: 16 hexadecimal digits."""
    hashed = hashlib.sha256()
    for each in arrays:
        hashed.update(each.tobytes() if isinstance(each, np.ndarray) else str(each).encode())
        hashed.update(b"\0")
    return hashed.hexdigest()[:16]


def week_of(day: dt.date) -> int:
    """The number of a date's week."""
    return (day - _EPOCH).days // 7


def _there(frame: pd.DataFrame, *columns: str) -> None:
    for column in columns:
        if column not in frame.columns:
            raise BadTable(
                f"there is no column '{column}' (there are: {', '.join(map(str, frame.columns))})"
            )
    if frame.empty:
        raise BadTable("the table has no row")


def _periods(column: "pd.Series[Any]", name: str) -> Ints:
    try:
        if pd.api.types.is_numeric_dtype(column):
            whole = column.to_numpy(dtype=float)
            if np.isnan(whole).any() or (whole != np.round(whole)).any():
                raise BadTable(f"'{name}' holds what is no whole number")
            return whole.astype(np.int64)
        days = pd.to_datetime(column, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise BadTable(f"'{name}' holds neither whole numbers nor dates: {error}") from error
    if days.isna().any():
        raise BadTable(f"'{name}' is empty in row {int(np.flatnonzero(days.isna())[0]) + 2}")
    since = (days.dt.normalize() - pd.Timestamp(_EPOCH)).dt.days.to_numpy()
    return np.asarray(since // 7, dtype=np.int64)


def _figures(column: "pd.Series[Any]", name: str) -> Floats:
    if not pd.api.types.is_numeric_dtype(column):
        figures = pd.to_numeric(column, errors="coerce")
        wrong = figures.isna() & column.notna()
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise BadTable(f"row {row + 2}: '{name}' is no figure: {column.iloc[row]!r}")
        column = figures
    values = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise BadTable(f"'{name}' holds a figure that is not finite")
    return values
