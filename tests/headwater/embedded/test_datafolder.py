"""The data folder: one stack at a time, no newer format, secrets that only its owner reads."""

import json
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from headwater import cli, parts
from headwater.embedded import datafolder, ports
from headwater.embedded.datafolder import DataFolder
from headwater.embedded.stack import Stack
from headwater.embedded.supervisor import MARK
from headwater.errors import CannotStart, DataFolderBusy
from headwater.settings import StackSettings

#: Whom others than this machine may reach.
OPEN = [part.name for part in parts.every() if part.listens and part.listens.login]


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)


def one_line(code: object, out: str, err: str) -> str:
    assert code == 1
    assert out in ("", "headwater: looking at the data folder …\n")
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    assert "To fix: " in lines[0]
    return lines[0]


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., str]]:
    """The line with which a command ends that starts nothing; it is run in this process."""
    mask = os.umask(0o077)
    os.umask(mask)
    monkeypatch.setenv("HEADWATER_PORTS", "fixed")  # which `up` sets for its parts

    def run(*words: str, **environment: str) -> str:
        with monkeypatch.context() as typed:
            for name, value in environment.items():
                typed.setenv(name, value)
            typed.setattr(sys, "argv", ["headwater", *words])
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return one_line(ended.value.code, *capsys.readouterr())

    yield run
    os.umask(mask)


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    first = folder.secrets()
    connections = folder.connections(first.github)
    folder.release()
    again = DataFolder(tmp_path / "data")
    again.take()
    assert vars(again.secrets()) == vars(first)
    again.release()
    assert first.lrs not in repr(first)
    assert (folder.path.stat().st_mode & 0o777) == 0o700
    for name in ("secrets.json", "secrets/github"):
        assert ((folder.path / name).stat().st_mode & 0o777) == 0o600
    assert set(first.warehouse) == {"headwater", "analyst", "viewer"}
    (github,) = tomllib.loads(connections.read_text())["connection"]
    kind, _, path = github["secret"].partition(":")
    assert (github["name"], github["connector"], kind) == ("github", "github", "file")
    assert not Path(path).is_absolute()
    assert (folder.path / path).read_text() == first.github


def test_a_connections_file_that_somebody_wrote_is_left_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    (folder.path / "connections.toml").write_text("# mine\n")
    folder.connections("secret")
    assert (folder.path / "connections.toml").read_text() == "# mine\n"
    folder.release()


@pytest.mark.integration
def test_a_folder_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    command = [sys.executable, "-m", "headwater", "up", "--data", str(folder.path)]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    finally:
        folder.release()
    said = one_line(result.returncode, result.stdout, result.stderr)
    assert f"(process {os.getpid()}) uses {folder.path}" in said


def test_the_folder_is_free_again_after_a_release(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.take()
    with pytest.raises(DataFolderBusy):
        second.take()
    first.release()
    second.take()
    second.release()


def test_data_of_a_newer_version_are_refused_in_one_line(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    (tmp_path / "version").write_text(f"{datafolder.VERSION + 1}\n")
    assert "written by a newer version" in refused("up", "--data", str(tmp_path))


def test_somebody_else_s_folder_is_refused_in_one_line(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    (tmp_path / "thesis.odt").touch()
    assert "holds other files" in refused("up", "--data", str(tmp_path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.odt"]


def test_a_taken_port_is_refused_in_one_line(tmp_path: Path, refused: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        others = {
            f"HEADWATER_{name}_PORT": str(ports.free_port())
            for name in ("KAFKA", "WAREHOUSE", "HOOKS", "PAGE", "RECORDED", "WORKER")
        }
        options = ("--data", str(tmp_path / "data"))
        said = refused("up", *options, HEADWATER_LRS_PORT=str(port), **others)
    assert f"lrs cannot start: port {port} is taken" in said
    assert f"(process {os.getpid()})" in said
    assert "HEADWATER_LRS_PORT" in said


@pytest.mark.parametrize(("needed", "what"), [("LEAST_DISK", "disk"), ("LEAST_MEMORY", "memory")])
def test_too_little_room_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: str, what: str
) -> None:
    monkeypatch.setattr(datafolder, needed, 1 << 60)
    with pytest.raises(CannotStart, match=f"of {what} are free") as error:
        DataFolder(tmp_path / "data").take()
    assert "\n" not in str(error.value)


def test_the_demo_never_shares_a_folder_or_a_service(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    real = DataFolder(tmp_path / "real")
    real.take()
    real.secrets()
    real.release()
    assert "holds real data" in refused("up", "--demo", "--data", str(real.path))
    demo = DataFolder(tmp_path / "demo")
    demo.take(synthetic=True)
    demo.secrets()
    demo.release()
    assert "holds synthetic data" in refused("up", "--data", str(demo.path))
    demo.take(synthetic=True)
    for variable in ("HEADWATER_KAFKA", "HEADWATER_CLICKHOUSE"):
        outside = {variable.removeprefix("HEADWATER_").lower(): "http://10.0.0.1:1"}
        with pytest.raises(CannotStart, match="synthetic data never go to other services"):
            Stack(demo, StackSettings(**outside), demo=True)  # type: ignore[arg-type]
    demo.release()


def test_what_an_earlier_stack_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    ours, other = (
        subprocess.Popen(["sleep", "1000"], env={**os.environ, MARK: mark})
        for mark in (str(folder.path), str(tmp_path / "other"))
    )
    try:
        assert folder.end_leftovers() == [ours.pid]
        assert not psutil.pid_exists(ours.pid)
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()
        folder.release()


def test_free_ports_are_all_different(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    chosen = Stack(folder, StackSettings(ports="auto")).addresses.values()
    assert len({port for _, port in chosen}) == len(chosen)
    folder.release()


def test_bound_elsewhere_than_loopback_the_page_asks_for_a_login(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    stack = Stack(folder, StackSettings(page_host="0.0.0.0"))
    secrets = folder.secrets()
    assert stack.environment()["HEADWATER_PAGE_LOGIN"] == f"headwater:{secrets.page}"
    assert stack.described()["page"]["password"] == secrets.page
    assert "HEADWATER_PAGE_LOGIN" not in Stack(folder, StackSettings()).environment()
    folder.release()


@pytest.mark.parametrize("part", OPEN)
def test_a_part_alone_refuses_an_open_door_without_a_login(
    part: str, refused: Callable[..., str]
) -> None:
    said = refused(part, "--host", "0.0.0.0", "--port", "0")
    assert f"{part} cannot start: 0.0.0.0 can be reached from elsewhere" in said


def test_stack_json_holds_what_scripts_rely_on(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.take()
    stack = Stack(folder, StackSettings())
    stack.publish()
    path = folder.path / "stack.json"
    assert (path.stat().st_mode & 0o777) == 0o600
    described = json.loads(path.read_text())
    relied_on = {
        "lrs": {"url", "username", "password"},
        "hooks": {"url", "secrets", "connectors"},
        "warehouse": {"url", "username", "password"},
        "warehouse_admin": {"url", "username", "password"},
        "kafka": {
            "bootstrap_servers",
            "security_protocol",
            "sasl_mechanism",
            "sasl_plain_username",
            "sasl_plain_password",
        },
        "page": {"url"},
        "recorded": {"url"},
        "worker": {"url"},
    }
    assert described.keys() >= relied_on.keys()
    for name, fields in described.items():
        assert set(fields) == relied_on.get(name, {"url"}), name
    assert described["hooks"]["secrets"] == {"github": folder.secrets().github}
    assert described["hooks"]["connectors"] == {"github": "github"}
    stack.withdraw()
    assert not path.exists()
    folder.release()
