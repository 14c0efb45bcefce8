"""The list of processes, and how one of them is started."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import headwater
from headwater import parts
from headwater.docs import PACKAGES, commands, fields
from headwater.embedded import kafka
from headwater.embedded.datafolder import DataFolder
from headwater.embedded.stack import Stack
from headwater.part import PartSpec, Stage
from headwater.process import COLLECTED_AFTER
from headwater.settings import StackSettings

ROOT = Path(headwater.__file__).parents[1]
EVERY = pytest.mark.parametrize("part", parts.every(), ids=lambda part: part.name)


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack that is not started, with a connection that is asked."""
    folder = DataFolder(tmp_path / "data")
    folder.take()
    folder.connections(folder.secrets().github)
    with (folder.path / "connections.toml").open("a") as file:
        file.write('token = "file:secrets/github"\n')
    yield Stack(folder, StackSettings(ports="auto"))
    folder.release()


@EVERY
def test_every_part_is_a_command_that_says_what_it_does(part: PartSpec) -> None:
    assert part.does.endswith(".")
    assert (f"headwater {part.name}" in dict(commands())) is not part.hidden


@EVERY
def test_every_address_is_a_setting_with_the_declared_default(part: PartSpec) -> None:
    told = {field.name: field for field in fields() if field.folder == "headwater"}
    name = f"HEADWATER_{part.name.upper()}"
    assert (f"{name}_PORT" in told) is bool(part.listens)
    assert (f"{name}_HOST" in told) is bool(part.listens and part.listens.login)
    if part.listens:
        assert told[f"{name}_PORT"].default == f"`{part.listens.port}`"


def test_no_two_parts_have_a_port_or_a_report_in_common() -> None:
    taken = [part.listens.port for part in parts.every() if part.listens]
    reports = [name for part in parts.every() for name in part.reports]
    assert len(taken) == len(set(taken))
    assert len(reports) == len(set(reports))


@EVERY
def test_every_part_is_started_after_what_it_needs_and_stopped_before_it(part: PartSpec) -> None:
    order = [each.name for each in parts.every()]
    for name in part.needs:
        needed = parts.named(name)
        assert order.index(name) < order.index(part.name)
        assert part.once or needed.once or needed.stage < part.stage
    assert not part.lasts or part.stage > Stage.PREPARING


def test_a_stack_is_what_its_parts_declare(stack: Stack) -> None:
    running = {part.name: part for part in stack.parts()}
    assert running.keys() == {part.name for part in parts.every()} - {"topics", "demo"}
    assert running["lrs"].needs == ("kafka", "migrate")
    assert running["migrate"].needs == ("warehouse",)
    assert running["worker"].nice == 10
    assert running["kafka"].seconds == 2 * kafka.UPGRADE_SECONDS
    assert not running["kafka"].prefetch
    assert not running["warehouse"].prefetch
    order = {
        "kafka": 1, "warehouse": 1, "recorded": 2, "worker": 2,
        "lrs": 3, "hooks": 3, "page": 3, "poller": 3,
    }  # fmt: skip
    assert {name: running[name].stage for name in order} == order
    assert stack.parts(late=True) == []
    assert {line[0] for line in stack.shown()} >= {
        "page", "lrs", "kafka", "hooks: github", "warehouse", "recorded", "worker", "poller",
    }  # fmt: skip
    listening = [part for part in parts.every() if part.answers]
    assert {part.name for part in listening} <= stack.described().keys()
    told = stack.environment()
    for part in listening:
        assert told[f"HEADWATER_{part.name.upper()}_PORT"] == str(stack.addresses[part.name][1])


def test_stores_that_are_elsewhere_are_neither_started_nor_waited_for(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    outside = {"kafka": "broker:9092", "clickhouse": "http://admin:a%40b@house:8123"}
    settings = StackSettings(**outside, clickhouse_viewer="http://viewer:v@house:8123")  # type: ignore[arg-type]
    stack = Stack(folder, settings)
    running = {part.name: part for part in stack.parts()}
    assert running.keys() >= {"migrate", "lrs", "hooks", "recorded", "worker", "page"}
    assert not running.keys() & {"kafka", "warehouse", "poller"}
    assert running["lrs"].needs == ("migrate",)
    assert running["hooks"].needs == running["migrate"].needs == ()
    described = stack.described()
    assert described["kafka"]["bootstrap_servers"] == "broker:9092"
    assert described["warehouse_admin"] == {
        "url": "http://house:8123", "username": "admin", "password": "a@b",
    }  # fmt: skip
    assert "warehouse" not in described
    assert ("kafka", "broker:9092", "none") in stack.shown()
    folder.release()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("odd", 'name="other", does="It.", stage=Stage.ASKING', "its part is named 'other'"),
        ("odd", 'name="odd", does="It.", stage=Stage.ASKING, needs=("nobody",)', "is no part"),
        ("odd", 'name="odd", does="It.", stage=Stage.ASKING, needs=("odd",)', "in a circle"),
        ("odd", 'name="odd", does="It.", stage=Stage.ASKING, when=never', "different things"),
    ],
)
def test_a_declaration_that_is_wrong_is_told(
    name: str, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}.py").write_text(
        f"from headwater.part import PartSpec, Stage, never\npart = PartSpec({text})\n"
    )
    monkeypatch.setattr(parts, "__path__", [*parts.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"headwater.parts.{name}", raising=False)
    parts.every.cache_clear()
    try:
        with pytest.raises(ValueError, match=said):
            parts.every()
    finally:
        sys.modules.pop(f"headwater.parts.{name}", None)
        parts.every.cache_clear()


def test_a_part_looks_for_garbage_seldom_and_not_among_its_modules(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(
        "import gc\n\n"
        "def serve():\n"
        "    frozen = gc.get_freeze_count() > len(gc.get_objects())\n"
        "    print(gc.isenabled(), gc.get_threshold(), frozen)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", "from headwater.process import run; run('probe:serve')"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (tmp_path, ROOT)))},
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip() == f"True {COLLECTED_AFTER} True"


def test_files_of_the_folder_where_a_stack_is_started_are_not_taken_for_ours(
    stack: Stack, tmp_path: Path
) -> None:
    for package in PACKAGES:
        (tmp_path / f"{package}.py").write_text("raise SystemExit('a file of the user')", "utf-8")
    hooks = next(part for part in stack.parts() if part.name == "hooks")
    said = subprocess.run(
        [*hooks.command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "hooks" in said.stdout
