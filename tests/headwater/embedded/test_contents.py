"""Every file of a data folder: missing, empty, cut off, garbage, a folder, somebody else's.

Each is made anew harmlessly and told, or refused in one line with what to do.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.demo.progress import FILE, State
from headwater.embedded.contents import STORES
from headwater.embedded.datafolder import DataFolder
from headwater.embedded.stack import Stack
from headwater.embedded.warehouse.workspaces import Workspaces
from headwater.errors import CannotStart, StackError
from headwater.running import found
from headwater.settings import StackSettings
from warehouse.workspaces import made

GARBAGE = b"\xff\xfe\x00 no such thing {"
NOBODY = 65534


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder whose stack ran, as far as this side of the engines sees it."""
    path = tmp_path / "data"
    stack = started(path)
    for inside in ("kafka/log", "warehouse/store/metadata", "logs", "run", "worker"):
        (path / inside).mkdir(parents=True)
    (path / "kafka" / "log" / "meta.properties").write_text("version=1\ncluster.id=abc\n")
    (path / "run" / "supervisor.json").write_text("{}")
    (path / "warehouse/definitions/metadata").mkdir(parents=True)
    (path / "warehouse/definitions/metadata/default.sql").write_text("ATTACH DATABASE _\n")
    (path / "views.json").write_text('{"views": []}')
    Workspaces(path / "warehouse").grant(made("ada")[0])
    stack.publish()
    stack.folder.release()
    return path


def started(path: Path) -> Stack:
    """What `headwater up` does before any part is started."""
    data = DataFolder(path)
    data.take()
    try:
        stack = Stack(data, StackSettings(ports="auto"))
        stack.withdraw()
    except BaseException:
        data.release()
        raise
    return stack


def missing(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def garbage(path: Path) -> None:
    path.write_bytes(GARBAGE)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


REFUSED = [
    ("warehouse/workspaces.json", empty), ("warehouse/workspaces.json", cut_off),
    ("warehouse/workspaces.json", garbage), ("warehouse/workspaces.json", a_folder),
    ("secrets.json", missing), ("secrets.json", empty), ("secrets.json", cut_off),
    ("secrets.json", garbage), ("secrets.json", a_folder),
    ("version", missing), ("version", empty), ("version", garbage), ("version", a_folder),
    ("connections.toml", cut_off), ("connections.toml", garbage), ("connections.toml", a_folder),
    ("secrets/github", empty), ("secrets/github", garbage), ("secrets/github", a_folder),
    ("stores.json", empty), ("stores.json", cut_off), ("stores.json", garbage),
    ("stores.json", a_folder),
    ("kafka", missing), ("warehouse", missing), ("warehouse/store/metadata", missing),
    ("kafka/log/meta.properties", missing), ("kafka/log/meta.properties", empty),
    ("kafka/log/meta.properties", garbage), ("kafka/log/meta.properties", a_folder),
    ("stack.json", a_folder), ("lock", a_folder),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage"), REFUSED)
def test_what_cannot_be_made_anew_is_refused_in_one_line(
    folder: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(folder / name)
    before = listing(folder)
    with pytest.raises(StackError) as refused:
        started(folder)
    said = str(refused.value)
    assert "\n" not in said
    assert "To fix: " in said
    assert name.partition("/")[0] in said
    assert listing(folder) == before  # nothing was made anew on the way
    DataFolder(folder).hold() if name != "lock" else None  # and nothing is held


MADE_ANEW = [
    ("warehouse/workspaces.json", missing, ""),
    ("warehouse/definitions", missing, ""),
    ("warehouse/definitions/metadata/default.sql", garbage, ""),
    ("connections.toml", missing, "connections.toml was missing and is made anew"),
    ("connections.toml", empty, ""),
    ("kpis.toml", empty, ""), ("kpis.toml", garbage, ""),
    ("views.json", garbage, ""), ("views.json", missing, ""),
    ("secrets/github", missing, "github was missing and is made anew from secrets.json"),
    ("secrets", missing, "github was missing and is made anew from secrets.json"),
    ("secrets/github", cut_off, ""),
    ("stores.json", missing, ""),
    ("kafka/password", missing, ""),
    ("stack.json", missing, ""), ("stack.json", empty, ""), ("stack.json", garbage, ""),
    ("lock", missing, ""), ("lock", empty, ""), ("lock", garbage, ""),
    ("run", missing, ""), ("logs", missing, ""), ("worker", missing, ""),
    ("run/supervisor.json", garbage, ""), ("run/supervisor.json", empty, ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage", "told"), MADE_ANEW)
def test_what_can_be_made_anew_is_and_is_told(
    folder: Path, name: str, damage: Callable[[Path], None], told: str
) -> None:
    kept = (folder / "secrets.json").read_bytes()
    damage(folder / name)
    stack = started(folder)
    try:
        assert (folder / "secrets.json").read_bytes() == kept
        assert all(told in line for line in stack.folder.told)
        assert bool(stack.folder.told) == bool(told)
        stack.publish()
    finally:
        stack.folder.release()
    assert json.loads((folder / STORES).read_text()) == {"stores": ["kafka", "warehouse"]}


def test_what_people_write_may_stand_there_before_the_first_start(tmp_path: Path) -> None:
    home = tmp_path / "data"
    home.mkdir()
    (home / "kpis.toml").write_text("kpi = []\n")
    started(home).folder.release()
    assert (home / "secrets.json").exists()
    assert (home / "kpis.toml").read_text() == "kpi = []\n"


def test_every_file_of_the_folder_stands_in_one_of_the_lists(folder: Path) -> None:
    named = {name for name, *_ in [*REFUSED, *MADE_ANEW]}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        assert any(name == one or one.startswith(f"{name}/") for one in named), name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pseudonym_key", ""),
        ("pseudonym_key", "zz" * 32),
        ("lrs", 7),
        ("warehouse", {}),
        ("page", None),
    ],
)
def test_a_secret_that_is_none_is_refused(folder: Path, key: str, value: object) -> None:
    path = folder / "secrets.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(CannotStart, match=r"secrets\.json cannot be used: .* To fix: put it back"):
        started(folder)


def test_a_new_key_is_never_made_beside_data(folder: Path) -> None:
    (folder / "secrets.json").unlink()
    for _ in range(2):
        with pytest.raises(CannotStart, match="a new one makes two of everybody"):
            started(folder)
        assert not (folder / "secrets.json").exists()


def test_a_start_that_was_cut_off_before_its_secrets_begins_again(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.take()
    data.release()
    started(tmp_path / "data").folder.release()


def test_a_demo_that_lost_its_mark_is_not_taken_for_real(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "demo")
    data.take(synthetic=True)
    data.secrets()
    data.release()
    (data.path / FILE).write_text("{}")
    (data.path / "synthetic").unlink()
    with pytest.raises(CannotStart, match="holds synthetic data, and real data never share"):
        data.take()
    again = DataFolder(data.path)
    again.take(synthetic=True)
    assert (data.path / "synthetic").exists()
    again.release()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"seed": 1}', "\x00"])
def test_a_demo_s_damaged_state_is_left_alone(tmp_path: Path, text: str) -> None:
    from datetime import UTC, datetime

    (tmp_path / FILE).write_text(text)
    assert State.read(tmp_path / FILE, datetime.now(UTC)) is None


def test_somebody_else_s_folder_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as somewhere:  # pytest's own folders are closed to others
        Path(somewhere).chmod(0o755)
        folder = Path(somewhere) / "data"
        started(folder).folder.release()
        data = DataFolder(folder)
        if os.geteuid():  # only root can become somebody else
            monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
        else:
            os.seteuid(NOBODY)
        try:
            with pytest.raises(CannotStart) as refused:
                data.take()
            user = os.geteuid()
        finally:
            os.seteuid(os.getuid())
        said = str(refused.value)
        assert f"belongs to the user {os.getuid()}, and this is the user {user}" in said
        assert "To fix: start it as that user" in said


@pytest.mark.parametrize("damage", [empty, cut_off, garbage, a_folder])
def test_a_damaged_stack_json_is_one_line_to_every_command(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder / "stack.json")
    holder = DataFolder(folder)
    holder.hold()
    with pytest.raises(StackError, match=r"stack\.json cannot be read: .* To fix: start the stack"):
        found(folder)
    holder.release()


def test_a_copy_of_a_running_stack_s_folder_names_no_stack(folder: Path) -> None:
    holder = DataFolder(folder)
    holder.hold()
    Stack(holder, StackSettings(ports="auto")).publish()
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    assert found(folder).folder == folder
    with pytest.raises(StackError, match="no stack runs in"):
        _ = found(copy).kafka
    holder.release()


@pytest.mark.parametrize("name", ["data", "dätä 数", 'quo"ted'])
def test_an_older_folder_names_its_own_files_relatively(tmp_path: Path, name: str) -> None:
    """As version 0.1.0 wrote it at first, and after it was moved."""
    home = tmp_path / name
    stack = started(home)
    stack.folder.release()
    secret = (home / "secrets" / "github").read_text()
    connections = home / "connections.toml"
    (home / "kafka").mkdir()
    (home / "kafka" / "server.properties").write_text(f"node.id=1\nlog.dirs={home}/kafka/log\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("another secret")
    connections.write_text(
        '# mine\n[[connection]]\nname = "github"\nconnector = "github"\n'
        f"secret = {json.dumps(f'file:{home}/secrets/github')}\n"
        '[[connection]]\nname = "other"\nconnector = "github"\n'
        f'secret = "file:{elsewhere}"\n'
    )
    moved = tmp_path / "moved"
    shutil.copytree(home, moved)
    (home / "secrets" / "github").write_text("the original's")
    stack = started(moved)
    stack.folder.release()
    text = (moved / "connections.toml").read_text()
    assert text.startswith("# mine\n")
    assert '"file:secrets/github"' in text
    assert str(elsewhere) in text
    assert stack.described()["hooks"]["secrets"] == {"github": secret, "other": "another secret"}
    assert stack.folder.told == [
        "connections.toml names the folder's own files by relative paths now"
    ]


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
