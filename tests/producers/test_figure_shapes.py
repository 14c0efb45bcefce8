"""Figures long and wide, as ratios and with targets: the same rows, or an error with its place."""

import pytest

from producers.load import Checked
from producers.loads.kpi import Known, load
from tests.producers.written import parquet, xlsx
from xapi import catalogue
from xapi.observations import Observation

KINDS = {"speed": ("points", "up"), "delay": ("hours", "down")}
KNOWN = Known(frozenset(), {}, KINDS)
DECLARED = """
[[kpi]]
name = "solved"
unit = "%"
direction = "up"
aggregation = "ratio"
owner = "Support"
source = "help desk"
"""
LONG = """kpi,unit,direction,team,period,value
speed,points,up,Blue,2026-W10,12.5
delay,hours,down,Blue,2026-W10,3
speed,points,up,Green,2026-W10,9
delay,hours,down,Green,2026-W11,4
"""
BY_KPI = """team,period,speed,delay
Blue,2026-W10,12.5,3
Green,2026-W10,9,
Green,2026-W11,,4
"""
BY_PERIOD = """kpi,team,2026-W10,2026-w11
speed,Blue,12.5,
delay,Blue,3,
speed,Green,9,
delay,Green,,4
"""


def read(data: str | bytes, known: Known = KNOWN) -> Checked[Observation]:
    return load.read(data.encode() if isinstance(data, str) else data, known)


def problems(data: str, known: Known = KNOWN) -> list[str]:
    return [str(problem) for problem in read(data, known).problems]


def entries(data: str | bytes, known: Known = KNOWN) -> list[Observation]:
    found = read(data, known)
    assert found.problems == ()
    return sorted(found.entries, key=lambda each: each.cell)


def cells(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


def columns(text: str) -> dict[str, list[str | float | None]]:
    """The columns of a table, numbers as such."""

    def typed(cell: str) -> str | float | None:
        return float(cell) if cell.replace(".", "").isdigit() else cell or None

    header, *rows = cells(text)
    return {name: [typed(row[at]) for row in rows] for at, name in enumerate(header)}


@pytest.mark.parametrize("text", [BY_KPI, BY_PERIOD], ids=["by KPI", "by period"])
def test_every_shape_gives_the_same_figures(text: str) -> None:
    expected = entries(LONG)
    assert len(expected) == 4
    assert entries(text) == expected
    assert entries(xlsx(cells(text))) == expected
    assert entries(parquet(columns(text))) == expected


def test_a_column_may_say_what_its_kpi_is() -> None:
    nothing = Known(frozenset(), {}, {})
    text = BY_KPI.replace("speed,delay", '"speed (points, Up)","delay (hours,down)"')
    assert entries(text, nothing) == entries(LONG)
    assert problems(BY_KPI, nothing)[1] == (
        "line 1, column speed: nothing says the unit and the direction of 'speed': write "
        "'speed (hours, down)', declare it in kpis.toml, or take the column out"
    )


def test_unit_and_direction_may_go_without_saying() -> None:
    bare = "kpi,team,period,value\nspeed,Blue,2026-W10,12.5\n"
    (found,) = entries(bare)
    assert (found.unit, found.direction) == ("points", "up")
    assert "missing columns 'unit', 'direction'" in problems(bare.replace("speed", "new"))[0]
    half = "kpi,unit,direction,team,period,value\nspeed,,,Blue,2026-W10,1\nnew,,,Blue,2026-W10,1\n"
    assert problems(half) == [
        "line 3, column unit: it is empty, and nothing else says it of 'new'",
    ]


def test_what_else_a_figure_has_stands_beside_its_column() -> None:
    text = "team,period,speed,speed.n,speed.target,solved.numerator,solved.denominator\n"
    known = load.and_says(KNOWN, DECLARED)
    speed, solved = sorted(
        entries(text + "Blue,2026-W10,12.5,3,14,45,60\n", known), key=lambda each: -len(each.unit)
    )
    assert (speed.value, speed.n, speed.target) == (12.5, 3, 14.0)
    assert (solved.value, solved.n, solved.numerator, solved.denominator) == (75.0, 60, 45.0, 60.0)


BLUE = "speed,Blue,2026-W10"
NO_NUMBER = "is not a number; write it as 1234.5, without other marks"
ONE = "a table has either a column period, or a column a period"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("team,period,2026-W10\nBlue,2026-W10,1\n", f"and a column '2026-W10': {ONE}"),
        ("kpi,team,value,2026-W10\nspeed,Blue,1,2\n", "a column value, and a column '2026-"),
        ("team,period,unit,speed\nBlue,2026-W10,a,1\n", "'unit' does not say of which KPI it"),
        ("kpi,team,n,2026-W10\nspeed,Blue,1,2\n", "'n' has no place beside a column a perio"),
        ("kpi,team,2026-W10,2026-w10\nspeed,Blue,1,2\n", "two columns are of the same period"),
        ("kpi,team,2026-W10,2026W10\nspeed,Blue,1,2\n", "columns kpi, team, 2026W10: 'speed'"),
        ("kpi,team,2026-W60\nspeed,Blue,1\n", "line 2, column 2026-W60: '2026-W60' is not on the"),
        ("kpi,team,2026-W10\nspeed,Blue,1 h\n", f"line 2, column 2026-W10: '1 h' {NO_NUMBER}"),
        ("kpi,team,2026-W10\nspeed,,1\n", "line 2, column team: it is empty"),
        ("kpi,team,2026-W10\nspeed,Blue\n", "line 2: has 2 cells, and the header has 3"),
        ("kpi,team,2026-W10\nspeed,Blue,\n", "line 1: there are no figures in the file"),
        ("team,period,speed,speed\nBlue,2026-W10,1,2\n", "column speed: there is such a column"),
        ("team,period,speed,\nBlue,2026-W10,1,2\n", "line 1: column 4 has no name"),
        ("team,period\nBlue,2026-W10\n", "line 1: there is no column of a KPI"),
        ("team,period,speed\nBlue,2026-W10,x\n", f"line 2, column speed: 'x' {NO_NUMBER}"),
        ("team,period,speed.n\nBlue,2026-W10,3\n", "line 2, column speed.n: it is empty"),
        (f"kpi,team,period,amount\n{BLUE},1\n", "line 1: unknown column 'amount'; missing column"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_told_by_its_place(text: str, said: str) -> None:
    (found,) = problems(text)
    assert said in found


RATIO = "kpi,unit,direction,team,period,value,n,numerator,denominator\n"


@pytest.mark.parametrize(
    ("unit", "parts", "value", "n"),
    [
        ("share", ",,45,60", 0.75, 60),
        ("%", ",,45,60", 75.0, 60),
        ("share", "0.75,12,45,60", 0.75, 12),
        ("percent", "33.3,,1,3", 100 / 3, 3),
        ("per hour", ",,5,2.5", 2.0, None),
    ],
)  # fmt: skip
def test_a_ratio_is_its_numerator_by_its_denominator(
    unit: str, parts: str, value: float, n: int | None
) -> None:
    (found,) = entries(f"{RATIO}done,{unit},up,Blue,2026-W10,{parts}\n")
    assert (found.value, found.n) == (value, n)


def test_a_table_of_ratios_needs_no_column_of_values() -> None:
    bare = "kpi,unit,direction,team,period,numerator,denominator\n"
    (found,) = entries(bare + "done,share,up,Blue,2026-W10,45,60\n")
    assert found.value == 0.75


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (",,45,", "line 2, column denominator: it is empty, and there is a numerator"),
        (",,,60", "line 2, column numerator: it is empty, and there is a denominator"),
        (",,45,0", "line 2, column denominator: 0 divides nothing: leave the figure out"),
        (",,45,-1", "line 2, column denominator: -1 divides nothing: leave the figure out"),
        ("75,,45,60", "line 2, column value: 75 is not 45 by 60 (0.75)"),
        (",,1e308,1e-9", "line 2, column denominator: 1e+308 by 1e-09 is too large"),
        (",,x,60", f"line 2, column numerator: 'x' {NO_NUMBER}"),
        (",,,", "line 2, column value: it is empty"),
    ],
)  # fmt: skip
def test_a_ratio_that_is_none_is_told(parts: str, said: str) -> None:
    assert problems(f"{RATIO}done,share,up,Blue,2026-W10,{parts}\n") == [said]


def test_what_the_catalogue_declares_holds() -> None:
    known = load.and_says(KNOWN, DECLARED)
    assert set(known.declared) == {"solved"}
    long = "kpi,unit,direction,team,period,value\n"
    assert problems(long + "solved,share,down,Blue,2026-W10,1\n", known) == [
        "line 2, column unit: the unit of 'solved' is 'share', and '%' in kpis.toml",
        "line 2, column direction: the direction of 'solved' is 'down', and 'up' in kpis.toml",
        "line 2, column numerator: it is empty, and the KPI is a ratio: give what is divided",
    ]
    with pytest.raises(catalogue.CatalogueError, match="line 2"):
        load.and_says(KNOWN, DECLARED.replace('owner = "Support"', ""))


@pytest.mark.parametrize(
    ("revision", "said"), [("0", "a revision is 1 or more"), ("1.5", "must be a whole number")]
)
def test_a_revision_is_a_whole_number_from_one_on(revision: str, said: str) -> None:
    text = "kpi,team,period,value,revision\nspeed,Blue,2026-W10,1,"
    assert entries(f"{text}3\n")[0].revision == 3
    assert said in problems(f"{text}{revision}\n")[0]
