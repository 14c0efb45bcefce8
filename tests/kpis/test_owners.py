"""What nobody of the directory did is its owner's; and when viewers are shown it.

Behind a figure to which nobody did anything stands the whole team: it has to be the minimum group.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from serving.pacing import Pacing
from streams import release as released
from streams.derived import Computed, every
from tests.conftest import WarehouseUrls
from tests.streams.organised import ALWAYS, FOREVER, Known, load, owned
from warehouse import Warehouse

pytestmark = pytest.mark.integration

KPI = "ticket_hours_to_solve"
K = 5
COLUMNS = (
    "item", "id", "kind", "happened", "time", "account", "host", "place", "link", "detail",
    "revision", "sequence",
)  # fmt: skip
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
EVER = date(1970, 1, 1)
STRANGER = 999
FILLED = (
    "work.signal_rows", "kpi.derived_rows", "released.release_rows", "directory.person_rows",
    "directory.load_rows", "directory.owner_rows",
)  # fmt: skip
#: Team, n, people.
Cells = list[tuple[Any, ...]]


def solved(number: int, place: str, *by: int) -> list[tuple[Any, ...]]:
    """Tickets of a queue as rows, one solved by each of these, two hours after their opening."""
    rows = []
    for at, who in enumerate(by):
        item = f"{place}/{number + at}"
        for step, (happened, actor) in enumerate((("opened", 0), ("closed", who))):
            name, when = (
                UUID(int=int.from_bytes(f"{item} {step}".encode()[-15:])),
                MONDAY + timedelta(hours=2 * step),
            )
            row = (item, name, "ticket", happened, when, actor, "desk", place, "", "", "", number)
            rows.append(row)
    return rows


@pytest.fixture(scope="module")
def admin(warehouse: WarehouseUrls) -> Warehouse:
    return Warehouse(warehouse.admin)


@pytest.fixture
def store(admin: Warehouse) -> Iterator[Warehouse]:
    """Six in Blue; six in Red until the Thursday, and five from then on; four in Small."""
    blue = [Known(n, None, (n,), (("Blue", ALWAYS, FOREVER),)) for n in range(1, 7)]
    red = [Known(n, None, (n,), (("Red", ALWAYS, FOREVER),)) for n in range(11, 16)]
    red.append(Known(16, None, (16,), (("Red", ALWAYS, date(2026, 3, 4)),)))
    small = [Known(n, None, (n,), (("Small", ALWAYS, FOREVER),)) for n in range(21, 25)]
    load(admin, [*blue, *red, *small], 1)
    show(admin, 1)
    yield admin
    for table in FILLED:
        admin.execute(f"TRUNCATE TABLE {table}")
    for folder in ("directory", "released"):
        admin.command(f"{folder}/reload_place_owners")


def show(store: Warehouse, sequence: int) -> None:
    """Shows viewers the directory as of this load."""
    store.insert("released.release_rows", ("sequence",), [(sequence,)])
    released.refresh(store)


def computed() -> Computed:
    return Computed([one for one in every() if one.kpi.kpi == KPI], Pacing())


def cells(store: Warehouse) -> Cells:
    found = store.query("SELECT team, n, people FROM kpi.observations ORDER BY team")
    return [tuple(row) for row in found]


def shown(store: Warehouse) -> list[str]:
    """The teams whose figure viewers see."""
    return [team for (team,) in store.query("SELECT team FROM viewer.kpi_periods ORDER BY team")]


def test_a_figure_of_nobody_rests_on_the_owners_people(store: Warehouse) -> None:
    places = {"blue": "Blue", "red": "Red", "small": "Small"}
    owned(store, [("desk", "", place, EVER, team) for place, team in places.items()], 2)
    show(store, 2)
    rows = [row for place in (*places, "nobodys") for row in solved(1, place, *[0] * 6)]
    store.insert("work.signal_rows", COLUMNS, rows)
    computed().take(store)
    assert cells(store) == [("Blue", 6, 6), ("Red", 6, 5), ("Small", 6, 4)]
    assert shown(store) == ["Blue", "Red"], "four people are below the minimum group"


def test_a_team_that_is_too_small_on_one_day_of_the_week_is_not_shown(store: Warehouse) -> None:
    """It has enough people at the week's end."""
    late = [Known(n, None, (n,), (("Small", date(2026, 3, 6), FOREVER),)) for n in (25, 26)]
    load(store, late, 2)
    owned(store, [("desk", "", "small", EVER, "Small")], 3)
    show(store, 3)
    store.insert("work.signal_rows", COLUMNS, solved(1, "small", *[0] * 6))
    computed().take(store)
    assert cells(store) == [("Small", 6, 4)]
    assert shown(store) == []


def test_who_acts_is_never_hidden_behind_machines(store: Warehouse) -> None:
    """One person among many machines' tickets is one person; so is who nobody is known for."""
    owned(store, [("desk", "", "*", EVER, "Blue")], 2)
    show(store, 2)
    for number, one in enumerate((1, STRANGER)):
        store.insert("work.signal_rows", COLUMNS, solved(1, "blue", *[0] * 8, one))
        computed().take(store)
        assert cells(store) == [("Blue", 9, 1)], number
        assert shown(store) == []
        store.execute("TRUNCATE TABLE work.signal_rows")


def test_a_persons_work_is_their_teams_whoever_owns_the_place(store: Warehouse) -> None:
    owned(store, [("desk", "ticket", "blue", EVER, "Blue")], 2)
    store.insert("work.signal_rows", COLUMNS, solved(1, "blue", 11, 12, 0))
    computed().take(store)
    assert cells(store) == [("Blue", 1, 6), ("Red", 2, 2)]


def test_another_owner_is_computed_anew_and_shown_at_once_where_nobody_acted(
    store: Warehouse,
) -> None:
    owned(store, [("desk", "", "queue", EVER, "Blue")], 2)
    show(store, 2)
    store.insert("work.signal_rows", COLUMNS, solved(1, "queue", *[0] * 6))
    one = computed()
    one.take(store)
    assert shown(store) == ["Blue"]
    owned(store, [("desk", "", "queue", date(2026, 3, 2), "Red")], 3)
    assert one.take(store) == 1, "only what analysts see"
    assert cells(store) == [("Red", 6, 5)]
    assert shown(store) == ["Blue"]
    assert released.release(store, (), K)
    assert one.take(store) == 1
    assert shown(store) == ["Red"]
    owned(store, [("desk", "", "queue", date(2026, 3, 2), "")], 4)
    assert released.release(store, (), K)
    one.take(store)
    assert shown(store) == ["Blue"], "what was taken back is as it was before"


def test_another_owner_of_what_a_few_did_waits_for_others(store: Warehouse) -> None:
    """Else the figure before and after it would tell what that one account did."""
    show(store, 1)
    store.insert("work.signal_rows", COLUMNS, solved(1, "queue", 0, STRANGER))
    store.insert("work.signal_rows", COLUMNS, solved(9, "elsewhere", *range(900, 905)))
    owned(store, [("desk", "", "queue", EVER, "Blue")], 2)
    assert not released.release(store, (), K)
    owned(store, [("desk", "", "else*", EVER, "Blue")], 3)
    assert released.release(store, (), K)
