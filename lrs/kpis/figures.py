"""Figures as JSON → observations, or every row and field that is wrong. Pure.

The body is an array of objects, or one object; a figure's rules are `xapi.observations`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from lrs.errors import BadRequest
from xapi import observations
from xapi.catalogue import Kpi
from xapi.observations import Observation, Wrong

#: A KPI's unit and direction.
Kind = tuple[str, str]

FIELDS = (
    "kpi", "unit", "direction", "team", "period", "value", "n", "numerator", "denominator",
    "target", "revision",
)  # fmt: skip
#: The longest text, in characters.
LONGEST = 300
#: How many of what is wrong are told.
TOLD = 20


class _Fault(NamedTuple):
    """What is wrong with a row (from 0), and with which field; "" is the whole row."""

    row: int
    field: str
    message: str

    @property
    def path(self) -> str:
        return f"$[{self.row}]{f'.{self.field}' if self.field else ''}"

    def __str__(self) -> str:
        field = f", field {self.field}" if self.field else ""
        return f"row {self.row + 1}{field}: {self.message}"


def parsed(body: bytes) -> list[Any]:
    """The rows of a body. Raises BadRequest where it is not JSON that every reader reads alike."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_none)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not valid JSON: {error}", path="$") from error
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows:
        raise BadRequest("the body must be an array of figures, or one figure", path="$")
    return rows


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"an object has {twice[0][:60]!r} twice")
    return dict(pairs)


def _none(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def kpis_of(rows: list[Any]) -> set[str]:
    """The names of the KPIs that rows are of."""
    return {row["kpi"] for row in rows if isinstance(row, dict) and isinstance(row.get("kpi"), str)}


def read(
    rows: list[Any],
    declared: Mapping[str, Kpi],
    known: Mapping[str, Kind],
    derived: frozenset[str] = frozenset(),
) -> list[Observation]:
    """The figures of rows, by what is declared of KPIs, and of others by what is known of them.

    Raises BadRequest with every row and field that is wrong: then nothing is to be kept.
    """
    faults: list[_Fault] = []
    found: list[Observation] = []
    for number, row in enumerate(rows):
        try:
            found.append(_figure(row, declared, known, derived))
        except _Wrongs as error:
            faults += [_Fault(number, each.field, str(each)) for each in error.every]
    faults += _together(found) if not faults else ()
    if faults:
        more = len(faults) - TOLD
        said = "; ".join(map(str, faults[:TOLD])) + (f"; and {more} more" if more > 0 else "")
        raise BadRequest(f"{said}. Nothing was stored", path=faults[0].path)
    return found


class _Wrongs(Exception):
    """Everything that is wrong with a row."""

    def __init__(self, every: list[Wrong]) -> None:
        super().__init__()
        self.every = every


def _figure(
    row: Any, declared: Mapping[str, Kpi], known: Mapping[str, Kind], derived: frozenset[str]
) -> Observation:
    if not isinstance(row, dict):
        raise _Wrongs([Wrong("", "it is not an object")])
    wrong = [Wrong(name[:60], "there is no such field") for name in row if name not in FIELDS]
    given: dict[str, Any] = {}
    for name, value_of in _READ.items():
        try:
            given[name] = value_of(row[name]) if row.get(name) is not None else None
        except ValueError as error:
            wrong.append(Wrong(name, str(error)))
    for name in ("kpi", "team", "period"):
        if row.get(name) is None:
            wrong.append(Wrong(name, "it is missing"))
    kpi = given.get("kpi") or ""
    if kpi in derived:
        wrong.append(Wrong("kpi", f"the warehouse derives {kpi!r} itself; use another name"))
    kind = _kind(given, declared.get(kpi), known.get(kpi), wrong)
    if wrong:
        raise _Wrongs(wrong)
    ratio = kpi in declared and declared[kpi].aggregation == "ratio"
    try:
        return observations.made(given, *kind, ratio=ratio)
    except Wrong as error:
        raise _Wrongs([error]) from error


def _kind(
    given: Mapping[str, Any], declared: Kpi | None, known: Kind | None, wrong: list[Wrong]
) -> Kind:
    """The unit and the direction; what a row says otherwise than is declared is wrong.

    Of a KPI that nobody declares the direction stays as it is known: what was an improvement would
    be a decline.
    """
    unit, direction = given.get("unit"), given.get("direction")
    if declared:
        known = declared.unit, declared.direction
        if unit and unit != declared.unit:
            wrong.append(Wrong("unit", f"it is {unit!r}, and {declared.unit!r} in kpis.toml"))
    if known and direction and direction != known[1]:
        where = "kpis.toml" if declared else "the warehouse"
        wrong.append(Wrong("direction", f"it is {direction!r}, and {known[1]!r} in {where}"))
    before = known or ("", "")
    kind = unit or before[0], direction or before[1]
    for name, word in zip(("unit", "direction"), kind, strict=True):
        if not word and name in given and given[name] is None:
            wrong.append(Wrong(name, "it is missing, and kpis.toml does not declare the KPI"))
    return kind


def _together(found: list[Observation]) -> Iterator[_Fault]:
    """A cell has one figure of a batch, and a KPI one unit and one direction."""
    cells: dict[Any, int] = {}
    kinds: dict[str, tuple[Kind, int]] = {}
    for row, each in enumerate(found):
        if (first := cells.setdefault(each.cell, row)) != row:
            yield _Fault(row, "", f"row {first + 1} is of this KPI, team and period already")
        kind, of = kinds.setdefault(each.kpi, ((each.unit, each.direction), row))
        for name, here, there in zip(
            ("unit", "direction"), (each.unit, each.direction), kind, strict=True
        ):
            if here != there:
                yield _Fault(row, name, f"it is {here!r}, and {there!r} in row {of + 1}")


# The fields


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise ValueError("it must be a text")  # noqa: TRY004 - what is wrong is told by field
    if not given or given != given.strip() or not given.isprintable() or len(given) > LONGEST:
        raise ValueError(
            f"{given[:60]!r} must be a text of 1 to {LONGEST} characters on one line, without "
            "blanks around it"
        )
    return given


def _number(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("it must be a number")  # noqa: TRY004 - as above
    return observations.number(repr(given))


def _count(given: Any) -> int:
    return observations.count(_whole(given))


def _revision(given: Any) -> int:
    return observations.revision(_whole(given))


def _whole(given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError("it must be a whole number")  # noqa: TRY004 - as above
    return str(given)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "kpi": _text,
    "unit": _text,
    "direction": lambda given: observations.direction(_text(given)),
    "team": _text,
    "period": lambda given: observations.period(_text(given)),
    "value": _number,
    "n": _count,
    "numerator": _number,
    "denominator": _number,
    "target": _number,
    "revision": _revision,
}
