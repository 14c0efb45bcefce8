"""Links of the warehouse: team-weeks that may be shown in, rows out, and any row again."""

import asyncio
import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from headwater import cli, linking
from kpis.links import history, lags, panel, runs
from kpis.links.frames import Floats, Grid
from kpis.links.link import Subject
from kpis.links.settings import LinkSettings
from streams import marts, release
from tests.conftest import REPOSITORY, WarehouseUrls
from tests.kpis.planted import remembered
from tests.streams.organised import ALWAYS, FOREVER, Known, load
from warehouse import Warehouse

pytestmark = pytest.mark.integration

TEAMS = tuple(f"Crew {number:02}" for number in range(11))
#: Too small to be shown, and unlike all others.
SKIFF = "Skiff"
WEEKS = 44
EFFECT = -2.0

ROLL_UP = """
INSERT INTO learning.activity_day_rows
SELECT did.1, {team:String}, '', 'Wiki', {behaviour:String}, 'sharing', 1, did.2,
    arrayReduce('uniqExactState', [toUInt64(1)])
FROM (SELECT arrayJoin(arrayZip({days:Array(Date)}, {events:Array(UInt64)})) AS did)
"""


class Filled(NamedTuple):
    """What was put into the warehouse: of the teams that are large enough, then the small one."""

    admin: Warehouse
    urls: WarehouseUrls
    mondays: list[dt.date]
    learned: Floats
    hours: Floats


@pytest.fixture(scope="module")
def filled(warehouse: WarehouseUrls) -> Filled:
    admin, random = Warehouse(warehouse.admin), np.random.default_rng(5)
    today = dt.datetime.now(dt.UTC).date()
    first = today - dt.timedelta(days=today.weekday()) - dt.timedelta(weeks=WEEKS)
    mondays = [first + dt.timedelta(weeks=week) for week in range(WEEKS)]
    sizes = {**dict.fromkeys(TEAMS, 6), SKIFF: 3}
    names = [name for name, size in sizes.items() for _ in range(size)]
    load(
        admin,
        [
            Known(9_000 + at, None, (9_000 + at,), ((name, ALWAYS, FOREVER),))
            for at, name in enumerate(names)
        ],
        5,
    )
    release.release(admin, [mart for mart in marts.every() if mart.published], 1)
    learned = np.round(20 + 4 * remembered(random.normal(size=(len(sizes), WEEKS)), 0.3)).clip(0)
    before = np.column_stack([learned[:, :1], learned[:, :-1]])
    hours = 100 + EFFECT * before + 3 * random.normal(size=learned.shape)
    hours[-1] = 5_000 * random.normal(size=WEEKS)
    for name, events in zip(sizes, learned.astype(int).tolist(), strict=True):
        told = {"team": name, "behaviour": "answer", "days": mondays, "events": events}
        admin.execute(ROLL_UP, told)
    figures(admin, "hours", dict(zip(sizes, hours.tolist(), strict=True)), mondays)
    few = dict(zip(TEAMS[:4], hours.tolist(), strict=False))
    figures(admin, "few", few, mondays)
    return Filled(admin, warehouse, mondays, learned, hours)


def figures(
    admin: Warehouse, kpi: str, values: dict[str, list[float]], mondays: list[dt.date]
) -> None:
    name, now = uuid4(), dt.datetime.now(dt.UTC)
    rows = [
        (name, 1, kpi, "hours", "down", team, week, "week", value, 10)
        for team, some in values.items()
        for week, value in zip(mondays, some, strict=True)
    ]
    columns = ("load", "sequence", "observations", "at")
    admin.insert("kpi.load_rows", columns, [(name, time.time_ns(), len(rows), now)])
    admin.insert(
        "kpi.observation_rows",
        ("load", "sequence", "kpi", "unit", "direction", "team", "period", "grain", "value", "n"),
        rows,
    )


@pytest.fixture
def command(
    filled: Filled,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> Callable[..., tuple[int, str]]:
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HEADWATER_CLICKHOUSE", filled.urls.admin)
        group = [] if words[0] == "rollout" else ["links"]
        monkeypatch.setattr(sys, "argv", ["headwater", *group, *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), capsys.readouterr().out

    return run


def test_what_is_found_is_of_the_teams_that_may_be_shown(
    filled: Filled, command: Callable[..., tuple[int, str]]
) -> None:
    code, said = command("run")
    assert code == 0
    assert "links: 2 association" in said
    viewer = Warehouse(filled.urls.viewer)
    sql = (
        "SELECT estimate, low, high, clusters, n, kind, verdict, q, family, more, unit "
        "FROM viewer.links WHERE method = 'panel' AND kpi = 'hours'"
    )
    ((estimate, low, high, clusters, n, kind, verdict, q, family, more, unit),) = viewer.query(sql)
    grid = Grid(
        TEAMS,
        np.arange(WEEKS, dtype=np.int64),
        {"kpi": filled.hours[:-1], "answer": filled.learned[:-1]},
    )
    alone = panel.estimated(grid, "kpi", ["answer"], Subject(by=more), lags=4, leads=3)
    assert (clusters, n, unit) == (11, alone.n, "hours")
    assert (estimate, low, high) == pytest.approx((alone.estimate, alone.low, alone.high))
    assert low <= EFFECT * more <= high
    assert (kind, family) == ("association", 1), "the one below the floor was not tested"
    assert q == alone.p
    assert "lower" in verdict

    code, said = command("list")
    assert "hours" in said
    assert "few" not in said
    assert "more where nothing was found or data are missing" in said
    ((identity, lag),) = viewer.query(
        "SELECT id, lag FROM viewer.links WHERE method = 'lags' AND kpi = 'hours'"
    )
    assert lag == 1
    code, said = command("show", identity[:10])
    assert code == 0
    assert "computed again from the same data: the same" in said
    assert "1 week after" in said


def test_what_was_estimated_of_the_same_data_is_not_estimated_again(
    filled: Filled,
    command: Callable[..., tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command("run")
    told = (
        "SELECT * EXCEPT (at, run) FROM kpi.links "
        "WHERE run = (SELECT argMax(run, at) FROM kpi.link_rows) ORDER BY method, kpi, behaviour"
    )
    viewer = filled.admin
    before = viewer.query(told)
    assert before

    def anew(*_: Any, **__: Any) -> None:
        raise AssertionError("it was estimated again")

    monkeypatch.setattr(panel, "estimated", anew)
    monkeypatch.setattr(lags, "estimated", anew)
    code, said = command("run")
    assert code == 0
    assert "; 0 estimated anew" in said
    assert viewer.query(told) == before, "q and words are made anew of the same figures"
    runs_told = "SELECT why, links, estimated, failure FROM ops.link_runs ORDER BY began DESC"
    assert filled.admin.query(runs_told)[0] == ("asked", len(before), 0, "")


def test_a_run_that_fails_is_written_down(
    filled: Filled, command: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures(filled.admin, "failing", {TEAMS[0]: filled.hours[0].tolist()}, filled.mondays)
    with monkeypatch.context() as broken:
        broken.setattr(panel, "estimated", lambda *_, **__: 1 / 0)
        assert command("run")[0] == 1
    failure = "SELECT failure FROM ops.link_runs ORDER BY began DESC LIMIT 1"
    assert filled.admin.query(failure) == [("ZeroDivisionError: division by zero",)]
    assert command("run")[0] == 0
    assert filled.admin.query(failure) == [("",)]


def test_a_rollout_is_declared_shown_estimated_and_taken_back(
    filled: Filled, command: Callable[..., tuple[int, str]]
) -> None:
    start = filled.mondays[31]
    after = np.arange(WEEKS) >= 31
    coached = {
        name: (50 + 4 * after * (at < 5) + np.sin(np.arange(WEEKS) * (1 + at))).tolist()
        for at, name in enumerate(TEAMS)
    }
    # Too few weeks for a panel, and one team alone, so that no other method's family grows.
    figures(filled.admin, "coached", {n: some[20:] for n, some in coached.items()},
            filled.mondays[20:])  # fmt: skip
    figures(filled.admin, "single", {TEAMS[7]: coached[TEAMS[7]]}, filled.mondays)
    with_it = ",".join(TEAMS[:5])
    assert command("rollout", "add", "Coaching", "--teams", "Crew 99", "--date", f"{start}")[0] == 1
    assert command("rollout", "list")[1] == "no rollout is declared (`headwater rollout add`)\n"
    code, said = command("rollout", "add", "Coaching", "--teams", with_it, "--date", f"{start}",
                         "--what", "a coach in each team")  # fmt: skip
    assert (code, said) == (0, f"Coaching: {', '.join(TEAMS[:5])} from {start} on\n")
    assert (
        command("rollout", "add", "Coaching", "--teams", TEAMS[0], "--date", "2026-01-05")[0] == 1
    )
    assert command("rollout", "add", "Alone", "--teams", TEAMS[7], "--date", f"{start}")[0] == 0
    assert command("rollout", "add", "Hidden", "--teams", SKIFF, "--date", f"{start}")[0] == 0
    said = command("rollout", "add", "Later", "--teams", TEAMS[8], "--date", "2099-01-05")[1]
    assert "is yet to come" in said

    viewer = Warehouse(filled.urls.viewer)
    shown = viewer.query("SELECT rollout, start, what, teams FROM viewer.rollouts ORDER BY rollout")
    assert [row[0] for row in shown] == ["Alone", "Coaching", "Later"], "no team that is too small"
    assert shown[1] == ("Coaching", start, "a coach in each team", list(TEAMS[:5]))

    assert command("run")[0] == 0
    told = (
        "SELECT method, kind, estimate, clusters, lacks, verdict FROM viewer.links "
        "WHERE behaviour = {name:String} AND kpi = 'coached'"
    )
    ((method, kind, estimate, clusters, _, verdict),) = viewer.query(told, {"name": "Coaching"})
    assert (method, kind, clusters) == ("rollout", "effect", 11)
    assert estimate == pytest.approx(4, abs=0.5)
    assert "after Coaching began" in verdict
    of_one = told.replace("coached", "single")
    ((method, kind, _, clusters, _, verdict),) = viewer.query(of_one, {"name": "Alone"})
    assert (method, kind, clusters) == ("interruption", "nothing", 1)
    assert f"single of {TEAMS[7]}" in verdict
    ((method, kind, _, _, lacks, _),) = viewer.query(told, {"name": "Later"})
    assert (method, kind) == ("interruption", "missing")
    assert "8 more weeks from the date on" in lacks
    assert viewer.query(told, {"name": "Hidden"}) == []
    ((identity,),) = viewer.query(
        "SELECT id FROM viewer.links WHERE behaviour = 'Coaching' AND kpi = 'coached'"
    )
    assert "computed again from the same data: the same" in command("show", identity)[1]

    assert command("rollout", "remove", "Coaching", "--teams", TEAMS[9])[0] == 1
    assert command("rollout", "remove", "Coaching")[0] == 0
    assert viewer.query(told, {"name": "Coaching"}) == [], "it is gone before the next run"
    assert command("rollout", "remove", "Coaching")[0] == 1


def test_today_is_where_the_organisation_is(
    filled: Filled, command: Callable[..., tuple[int, str]]
) -> None:
    """Where the day begins first it is today, and to come where it begins last."""
    day = dt.datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    for zone, to_come in (("Pacific/Kiritimati", False), ("Etc/GMT+12", True)):
        filled.admin.execute("TRUNCATE TABLE ops.setting_rows")
        filled.admin.insert("ops.setting_rows", ("name", "value"), [("time_zone", zone)])
        code, said = command("rollout", "add", zone, "--teams", TEAMS[0], "--date", f"{day}")
        filled.admin.execute("TRUNCATE TABLE ops.setting_rows")
        assert (code, "is yet to come" in said) == (0, to_come), zone
        assert command("rollout", "remove", zone)[0] == 0


def test_the_night_is_told_once_and_again_after_a_kill(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is a real process of its own, killed once in its midst."""
    monkeypatch.setenv("HEADWATER_CLICKHOUSE", filled.urls.admin)
    monkeypatch.chdir(REPOSITORY)
    now = dt.datetime.now(dt.UTC)
    filled.admin.execute("TRUNCATE TABLE ops.link_run_rows")

    async def killed() -> str:
        nights = linking.Nights(LinkSettings())
        turn = asyncio.ensure_future(nights.turn(now))
        while nights.child is None:
            assert not turn.done(), turn
            await asyncio.sleep(0.01)
        nights.child.kill()
        return await turn

    def turned(at: dt.datetime) -> tuple[str, list[str]]:
        nights = linking.Nights(LinkSettings())
        why = asyncio.run(nights.turn(at))
        return why, [each.detail for each in nights.problems() if each]

    told = "SELECT why, failure FROM ops.link_runs ORDER BY began"
    assert asyncio.run(killed()) == "begin"
    assert filled.admin.query(told) == [("begin", "its process ended with -9")]
    assert turned(now) == ("", ["its process ended with -9"]), "it rests after a failure"
    assert turned(now + history.REST) == ("begin", [])
    assert filled.admin.query(told)[1:] == [("begin", "")]
    assert turned(dt.datetime.now(dt.UTC)) == ("", []), "once a night"


def test_below_the_floor_no_figure_gets_out(
    filled: Filled, command: Callable[..., tuple[int, str]]
) -> None:
    command("run")
    told = (
        "SELECT kind, estimate, low, p, detectable, lacks "
        "FROM kpi.links WHERE kpi = 'few' AND method = 'panel'"
    )
    analyst = Warehouse(filled.urls.analyst)
    assert set(map(str, analyst.query(told))) == {
        str(("missing", None, None, None, None, ["6 more teams"]))
    }
    row = dict(
        zip(runs.COLUMNS, filled.admin.query("SELECT * FROM kpi.link_rows LIMIT 1")[0], strict=True)
    )
    row |= {
        "id": "forged",
        "kind": "association",
        "clusters": 9,
        "estimate": 1.0,
        "method": "panel",
    }
    filled.admin.insert("kpi.link_rows", runs.COLUMNS, [tuple(row.values())])
    assert analyst.query("SELECT count() FROM kpi.links WHERE id = 'forged'") == [(0,)]
    assert command("show", "forged")[0] == 1


def test_a_link_whose_data_changed_says_so(
    filled: Filled, command: Callable[..., tuple[int, str]]
) -> None:
    changing = dict(zip(TEAMS[:4], filled.hours.tolist(), strict=False))
    figures(filled.admin, "changing", changing, filled.mondays)
    command("run")
    ((identity,),) = filled.admin.query(
        "SELECT id FROM viewer.links WHERE kpi = 'changing' AND method = 'panel'"
    )
    changing[TEAMS[0]][3] += 1.0
    figures(filled.admin, "changing", changing, filled.mondays)
    code, said = command("show", identity)
    assert code == 0
    assert "these weeks hold other figures now" in said
