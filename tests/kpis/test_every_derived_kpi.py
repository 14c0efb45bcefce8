"""Every KPI that is derived: its file says what it must, and its SELECT gives what it must."""

import pytest

from headwater import docs
from producers.loads import kpi
from warehouse import MigrationError, derived

GOOD = """\
-- What it is.
-- unit: hours
-- direction: up
-- grain: day
SELECT 'a' AS team, today() AS period, 1 AS value, 1 AS n, 1 AS people
"""


def test_every_derived_kpi_gives_the_columns_of_an_observation() -> None:
    assert {each.kpi for each in derived.every()} == kpi.derived()
    assert kpi.derived(), "nothing was found"
    assert not {each.kpi for each in derived.marks()} & kpi.derived()
    with docs.migrated() as engine:
        for each in (*derived.every(), *derived.marks()):
            assert each.description, each.kpi
            described = str(engine.query(f"DESCRIBE TABLE ({each.select})", "TSVRaw"))
            types = dict(line.split("\t")[:2] for line in described.splitlines())
            assert sorted(types) == ["n", "people", "period", "team", "value"], each.kpi
            assert types["period"] in ("Date", "Date32"), each.kpi
            assert "Nullable" not in types["team"], each.kpi


def test_a_good_file_is_read() -> None:
    found = derived.read("some_kpi", GOOD)
    assert (found.unit, found.direction, found.grain) == ("hours", "up", "day")
    assert found.description == "What it is."


@pytest.mark.parametrize(
    ("kpi", "old", "new", "said"),
    [
        ("Some KPI", "", "", "small letters"),
        ("x", "-- unit: hours\n", "", "`-- unit:`"),
        ("x", "unit: hours", "unit: it's", "without quotes"),
        ("x", "direction: up", "direction: sideways", "up or down"),
        ("x", "-- grain: day\n", "", "day or week or month"),
        ("x", "SELECT", "DROP", "one query"),
    ],
)
def test_a_wrong_file_is_told_with_what_it_must_say(
    kpi: str, old: str, new: str, said: str
) -> None:
    with pytest.raises(MigrationError, match=said) as told:
        derived.read(kpi, GOOD.replace(old, new, 1))
    assert f"kpis/derived/{kpi}.sql" in str(told.value)
