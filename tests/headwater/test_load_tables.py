"""`headwater directory`, `owners` and `kpi load` on the real broker and the real warehouse.

The worker's part is played by its processors' own handlers, fed from the topics.
"""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import Result

from headwater.errors import StackError
from headwater.running import until
from lrs.kpis.resource import WarehouseKinds
from lrs.log.publisher import KafkaPublisher
from lrs.server import Application, disk_of
from lrs.settings import LrsSettings
from lrs.statements.ids import Ids
from streams.context import Context
from streams.processors import directory, observations
from streams.processors.observations import declared
from streams.settings import StreamSettings
from tests.conftest import free_port
from tests.lrs.fakes import EveryId, FakeLog, FakeReader
from tests.producers.written import csv_of, parquet, xlsx
from tests.streams.fed import feeding
from tests.waiting import until as until_there
from warehouse import Warehouse

pytestmark = pytest.mark.integration

PEOPLE_CSV = """person,name,accounts,team,manager,start_date,moves,findable,timezone
anna,Anna,github:Anna; anna@example.org,Blue,,2024-01-01,2026-02-01:Red,,
bo,Bo,github:bo,Blue,anna,,,,
"""
OWNERS = "directory/owners_current"
OWNERS_CSV = """tool,kind,place,team,from
github,,north/atlas,Blue,
github,,north/web-*,Red,2026-03-02
"""
FIGURES_CSV = """kpi,unit,direction,team,period,value
speed,points,up,Blue,2026-W10,12.5
speed,points,up,Green,2026-W10,9
"""
TABLES = (
    "directory.load_rows", "directory.person_rows", "vault.person_rows", "vault.account_rows",
    "directory.owner_rows", "kpi.load_rows", "kpi.observation_rows", "kpi.catalogue_rows",
    "ops.dirty_hours",
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
def test_a_zone_is_loaded_stays_and_is_cleared(load: Any, store: Warehouse) -> None:
    def kept() -> list[tuple[str, int]]:
        asked = (
            "SELECT zone, dictGet('directory.zone_offset', 'seconds', tuple(zone), "
            "toDateTime('2026-07-01', 'UTC')) FROM directory.person_zone"
        )
        return [(zone, seconds) for zone, seconds in store.query(asked)]

    zoned = PEOPLE_CSV.replace("2026-02-01:Red,,", "2026-02-01:Red,,Asia/Kolkata")
    first = load("directory", zoned)
    assert first.exit_code == 0, first.output
    kolkata = [("Asia/Kolkata", 19800)]
    until_there(lambda: kept() == kolkata, "the zone is not known")
    without = load(
        "directory", "".join(line.rpartition(",")[0] + "\n" for line in PEOPLE_CSV.splitlines())
    )
    assert "no column timezone: what is known of these stays" in without.output
    assert "0 added, 0 changed, 2 unchanged, 0 kept though absent" in without.output
    assert kept() == kolkata
    wrong = load("directory", zoned.replace("Asia/Kolkata", "Kolkata"))
    assert isinstance(wrong.exception, StackError)
    assert "line 2, column timezone: 'Kolkata' is not the IANA name of a time zone" in wrong.output
    tried = load("directory", PEOPLE_CSV, "--dry-run")
    assert "    timezone: Asia/Kolkata → nothing (cleared by an empty cell)" in tried.output
    assert kept() == kolkata
    load("directory", PEOPLE_CSV)
    until_there(lambda: not kept(), "the zone is still known")


@pytest.mark.usefixtures("worker")
def test_owners_are_loaded_and_taken_back(load: Any, store: Warehouse) -> None:
    load("directory", PEOPLE_CSV)
    first = load("owners", OWNERS_CSV)
    assert first.exit_code == 0, first.output
    assert "warning: line 3, column place: nothing has happened at" in first.output
    assert first.stdout.splitlines()[-1] == "the warehouse holds the owners' load: 2 places"
    taken = load("owners", OWNERS_CSV.replace("north/atlas,Blue", "north/atlas,"))
    assert "~ github.com north/atlas: Blue → nobody (cleared by an empty cell)" in taken.output
    kept = [(place, str(first), team) for _, _, place, first, team in store.rows(OWNERS)]
    assert kept == [("north/web-*", "2026-03-02", "Red")]
    wrong = load("owners", OWNERS_CSV + "nothing,,a,Blue,\n")
    assert isinstance(wrong.exception, StackError)
    assert "line 4, column tool: 'nothing' is no host" in wrong.output


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


#: The same figures in every shape and file: (what the file is called, what it holds).
RATIOS = (
    ("kpi", "unit", "direction", "team", "period", "numerator", "denominator", "target"),
    ("solved", "%", "up", "Blue", "2026-W10", 45, 60, 80),
    ("solved", "%", "up", "Red", "2026-W10", 1, 2.5, None),
)
WIDE = (
    ("team", "period", "solved (%, up).numerator", "solved.denominator", "solved.target"),
    *(row[3:] for row in RATIOS[1:]),
)
FILES = {
    "long.csv": csv_of(RATIOS),
    "wide.csv": csv_of(WIDE),
    "long.xlsx": xlsx(RATIOS),
    "wide.xlsx": xlsx(WIDE),
    "long.parquet": parquet({name: list(cells) for name, *cells in zip(*RATIOS, strict=True)}),
    "http.json": json.dumps(
        [dict(zip(RATIOS[0], row, strict=True)) for row in RATIOS[1:]]
    ).encode(),
}


@pytest.mark.usefixtures("worker")
def test_every_file_of_the_same_figures_gives_the_same_rows(
    run: Callable[..., Result], store: Warehouse, tmp_path: Path
) -> None:
    """And what a mean over teams counts a ratio by is its denominator."""
    found = {}
    for name, data in FILES.items():
        for table in ("kpi.load_rows", "kpi.observation_rows"):
            store.execute(f"TRUNCATE TABLE {table}")
        (tmp_path / name).write_bytes(data)
        if name.endswith(".json"):
            posted(data, tmp_path, store)
        else:
            said = run("kpi", "load", tmp_path / name)
            assert "the warehouse holds the KPI load: 2 figures" in said.output
        found[name] = store.query(
            "SELECT kpi, unit, direction, team, toString(period), grain, value, n, numerator, "
            "denominator, target, weight FROM kpi.observations WHERE kpi = 'solved' ORDER BY team"
        )
    for name, rows in found.items():
        assert rows == [
            ("solved", "%", "up", "Blue", "2026-03-02", "week", 75.0, 60, 45.0, 60.0, 80.0, 60.0),
            ("solved", "%", "up", "Red", "2026-03-02", "week", 40.0, 0, 1.0, 2.5, None, 2.5),
        ], name


def posted(data: bytes, folder: Path, store: Warehouse) -> None:
    """Sends figures to an LRS on the broker of the tests, and waits until the warehouse has them.

    The LRS's other boundaries are fakes.
    """
    settings = LrsSettings(data=folder, lrs_credentials="tool:secret", lrs_minimum_free=0)
    accepted, reader = FakeLog(), FakeReader()
    application = Application(
        settings,
        KafkaPublisher(settings.kafka, seconds=10),
        reader,
        disk_of(settings),
        accepted,
        Ids(accepted, EveryId(), reader),
        kinds=WarehouseKinds(store),
    )

    async def answer() -> httpx.Response:
        to = httpx.ASGITransport(app=application)
        async with (
            application._running(),
            httpx.AsyncClient(transport=to, base_url="http://lrs", auth=("tool", "secret")) as tool,
        ):
            async with asyncio.timeout(30):
                while not (await tool.get("/healthz")).json()["kafka"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            headers = {"Content-Type": "application/json"}
            return await tool.post("/kpi/observations", content=data, headers=headers)

    said = asyncio.run(answer())
    assert said.status_code == 200, said.text
    load = said.json()["load"]
    assert until(lambda: store.rows("kpi/load", load=load), 30) == [(2, 2)]


@pytest.mark.usefixtures("worker")
def test_of_revisions_the_highest_counts_and_a_figure_without_one_replaces_all(
    load: Any, store: Warehouse
) -> None:
    """Whatever comes late or twice; the sequence is told by the value that stands after each."""
    header = "kpi,unit,direction,team,period,value,revision\n"

    def stands(value: float, revision: str) -> float:
        said = load("kpi", f"{header}speed,points,up,Blue,2026-W10,{value},{revision}\n")
        assert "the warehouse holds the KPI load: 1 figures" in said.output
        ((found,),) = store.query("SELECT value FROM kpi.observations WHERE kpi = 'speed'")
        return float(found)

    told = [(1, ""), (2, "5"), (3, "4"), (4, "5"), (5, "6"), (6, ""), (7, "6"), (8, "7")]
    assert [stands(*each) for each in told] == [1, 2, 2, 2, 5, 6, 6, 8]


KPIS = """
[[kpi]]
name = "solved"
title = "Solved at once"
unit = "%"
direction = "up"
aggregation = "ratio"
owner = "Support operations"
source = "The help desk"
matters = 2

[[pull]]
name = "desk"
kind = "sql"
url = "env:DESK"
kpi = "solved"
grain = "week"
query = "SELECT team, monday AS period, solved AS numerator, tickets AS denominator FROM weekly"
"""


@pytest.mark.usefixtures("worker")
def test_figures_are_pulled_by_command_and_the_catalogue_is_listed(
    run: Callable[..., Result],
    store: Warehouse,
    warehouse: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "desk.db")) as desk:
        desk.executescript(
            "CREATE TABLE weekly (team, monday, solved, tickets);"
            "INSERT INTO weekly VALUES ('Blue', '2026-03-02', 45, 60), ('Red', '2026-03-02', 1, 2);"
        )
    (tmp_path / "kpis.toml").write_text(KPIS)
    monkeypatch.setenv("HEADWATER_KPIS", str(tmp_path / "kpis.toml"))
    monkeypatch.setenv("DESK", f"sqlite:///{tmp_path / 'desk.db'}")
    context = Context(
        StreamSettings(clickhouse=warehouse.admin, data=tmp_path, pseudonym_key="ab" * 32)
    )
    asyncio.run(declared.follow(context))
    tried = run("kpi", "pull", "--dry-run")
    assert "2 new, 0 changed, 0 unchanged\nnothing was loaded" in tried.output
    said = run("kpi", "pull", "desk")
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines()[-1] == "the warehouse holds the KPI load: 2 figures"
    assert sorted((row[1], row[6]) for row in store.rows("kpi/cells")) == [
        ("Blue", 75.0),
        ("Red", 50.0),
    ]
    listed = json.loads(run("kpi", "list", "--json").stdout)
    (solved,) = (each for each in listed if each["kpi"] == "solved")
    assert (solved["title"], solved["owner"], solved["matters"]) == (
        "Solved at once",
        "Support operations",
        2.0,
    )
    assert (solved["pulls"], solved["figures"], solved["teams"]) == (["desk"], 2, 2)
    assert solved["last_period"] == "2026-03-02"
    assert "Solved at once" in run("kpi", "list").stdout
    shown = "SELECT title, owner, matters FROM viewer.kpis WHERE kpi = 'solved'"
    assert store.query(shown) == [("Solved at once", "Support operations", 2.0)]
    (tmp_path / "kpis.toml").write_text(KPIS.replace("at once", "at the first try"))
    context = Context(context.settings)
    asyncio.run(declared.follow(context))
    assert store.query(shown)[0][0] == "Solved at the first try"
    (tmp_path / "kpis.toml").write_text("kpi = []\n")
    asyncio.run(declared.follow(Context(context.settings)))
    assert store.query("SELECT count() FROM kpi.catalogue") == [(0,)]
    (tmp_path / "kpis.toml").write_text(KPIS)
    unknown = run("kpi", "pull", "disk")
    assert "no [[pull]] is called 'disk'; there are: desk" in str(unknown.exception)
    monkeypatch.setenv("DESK", "sqlite:////nowhere/desk.db")
    broken = run("kpi", "pull")
    assert "unable to open database file" in broken.output
    assert "nothing was taken of desk" in str(broken.exception)
    (tmp_path / "kpis.toml").write_text(KPIS.replace('"up"', '"sideways"'))
    for command in (("pull",), ("list",), ("load", tmp_path / "kpis.toml")):
        assert "kpis.toml, line 6" in str(run("kpi", *command).exception)


def test_without_a_warehouse_the_command_says_so(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_CLICKHOUSE", f"http://127.0.0.1:{free_port()}")
    for what, text in (("directory", PEOPLE_CSV), ("kpi", FIGURES_CSV)):
        result = load(what, text)
        assert isinstance(result.exception, StackError)
        assert str(result.exception).startswith("the warehouse could not be asked: ")
