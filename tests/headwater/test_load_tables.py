"""`headwater directory load` and `headwater kpi load` on the real broker and the real warehouse.

The worker's part is played by its processors' own handlers, fed from the topics.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from headwater.errors import StackError
from streams.processors import directory, observations
from tests.conftest import free_port
from tests.streams.fed import feeding
from warehouse import Warehouse

pytestmark = pytest.mark.integration

PEOPLE_CSV = """person,name,accounts,team,manager,start_date,moves
anna,Anna,github:Anna; anna@example.org,Blue,,2024-01-01,2026-02-01:Red
bo,Bo,github:bo,Blue,anna,,
"""
FIGURES_CSV = """kpi,unit,direction,team,period,value
speed,points,up,Blue,2026-W10,12.5
speed,points,up,Green,2026-W10,9
"""
TABLES = (
    "directory.load_rows", "directory.person_rows", "vault.person_rows", "vault.account_rows",
    "kpi.load_rows", "kpi.observation_rows", "ops.dirty_hours",
)  # fmt: skip


@pytest.fixture
def store(warehouse: Any) -> Iterator[Warehouse]:
    """The warehouse without people and figures, before and after."""
    store = Warehouse(warehouse.admin)

    def clear() -> None:
        for table in TABLES:
            store.execute(f"TRUNCATE TABLE {table}")
        directory.refresh(store)

    clear()
    yield store
    clear()
    store.close()


@pytest.fixture
def worker(store: Warehouse, warehouse: Any, kafka: str) -> Iterator[None]:
    """Takes loads in as the worker does, until the test ends."""
    with feeding(kafka, warehouse.admin, (directory.processor, observations.processor)):
        yield


@pytest.fixture
def load(run: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Loads the file that the text makes."""

    def loaded(what: str, text: str, *options: str) -> Result:
        path = tmp_path / f"{what}.csv"
        path.write_text(text, "utf-8-sig")
        return run(what, "load", path, *options)

    return loaded


@pytest.mark.usefixtures("worker")
def test_people_are_loaded_changed_and_kept(load: Any, store: Warehouse) -> None:
    first = load("directory", PEOPLE_CSV)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines()[:3] == [
        "+ anna",
        "+ bo",
        "2 added, 0 changed, 0 unchanged, 0 kept though absent",
    ]
    assert first.stdout.splitlines()[-1] == "the warehouse holds the directory load: 2 people"
    assert sorted({row[0] for row in store.rows("directory/teams_known")}) == ["Blue", "Red"]

    again = load("directory", PEOPLE_CSV, "--dry-run")
    assert again.stdout.splitlines() == [
        "0 added, 0 changed, 2 unchanged, 0 kept though absent",
        "nothing was loaded: this was a dry run",
    ]

    changed = load("directory", PEOPLE_CSV.replace("bo,Bo,github:bo,Blue,anna", "cy,Cy,,Blue,bo"))
    assert changed.stdout.splitlines()[:3] == [
        "+ cy",
        "  bo is not in the file and stays",
        "1 added, 0 changed, 1 unchanged, 1 kept though absent",
    ]
    moved = load("directory", PEOPLE_CSV.replace("2026-02-01:Red", ""), "--dry-run")
    assert "~ anna" in moved.output
    assert (
        "    teams: Blue (2024-01-01 to 2026-01-31), Red (2026-02-01 to …) "
        "→ Blue (2024-01-01 to …)\n"
    ) in moved.output
    current = {row[0] for row in store.rows("directory/people_current")}
    assert current == {"anna", "bo", "cy"}

    taken = load("directory", "person,accounts,team\ndi,github:bo,Blue\n")
    assert isinstance(taken.exception, StackError)
    assert "is 'bo''s in the current directory" in taken.output


@pytest.mark.usefixtures("worker")
def test_figures_are_loaded_and_corrected(load: Any, store: Warehouse) -> None:
    load("directory", PEOPLE_CSV)
    first = load("kpi", FIGURES_CSV)
    assert first.exit_code == 0, first.output
    assert "warning: line 3, column team: the team 'Green' is not in the directory" in first.output
    assert "2 new, 0 changed, 0 unchanged" in first.output
    assert first.stdout.splitlines()[-1] == "the warehouse holds the KPI load: 2 figures"
    second = load("kpi", FIGURES_CSV.replace("12.5", "14").replace("points", "euros"))
    assert "~ speed, Blue, week of 2026-03-02: 12.5 → 14 euros" in second.output
    assert "0 new, 1 changed, 1 unchanged" in second.output
    assert "the warehouse knows 'speed' in 'points'" in second.output
    assert sorted((row[1], row[6]) for row in store.rows("kpi/cells")) == [
        ("Blue", 14.0),
        ("Green", 9.0),
    ]


def test_without_a_warehouse_the_command_says_so(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CLICKHOUSE", f"http://127.0.0.1:{free_port()}")
    for what, text in (("directory", PEOPLE_CSV), ("kpi", FIGURES_CSV)):
        result = load(what, text)
        assert isinstance(result.exception, StackError)
        assert str(result.exception).startswith("the warehouse could not be asked: ")
