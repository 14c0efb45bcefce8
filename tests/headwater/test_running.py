"""Which stack a command speaks to."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from headwater.cli import build
from headwater.errors import StackError
from headwater.running import Running, arrived, found, refuse, target, until


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HEADWATER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def stack(folder: str, kafka: str, *, pid: int | None) -> None:
    """A data folder as a stack of a process, living or not, has it."""
    (Path(folder) / "run").mkdir(parents=True)
    described = {"kafka": {"bootstrap_servers": kafka}}
    (Path(folder) / "stack.json").write_text(json.dumps(described))
    if pid:
        (Path(folder) / "run" / "supervisor.json").write_text(json.dumps({"pid": pid}))


def test_the_demo_is_meant_if_only_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_KAFKA", "elsewhere:1")
    assert str(found(None).kafka) == "elsewhere:1"
    stack("demo-data", "demo:1", pid=os.getpid())
    assert str(found(None).kafka) == "demo:1"
    stack("data", "real:1", pid=None)  # left behind by a killed one
    assert str(found(None).kafka) == "demo:1"
    (Path("data") / "run" / "supervisor.json").write_text(json.dumps({"pid": os.getpid()}))
    assert str(found(None).kafka) == "real:1"
    assert str(found(Path("demo-data")).kafka) == "demo:1"
    assert str(found(Path("nothing")).kafka) == "elsewhere:1"


def test_the_environment_names_what_runs_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("s3\n")
    (tmp_path / "c.toml").write_text(
        '[[connection]]\nname = "code"\nconnector = "github"\nsecret = "file:secret"\n'
    )
    for name, value in {
        "CLICKHOUSE": "http://headwater:p%40ss@db:8123",
        "LRS_PORT": "9",
        "LRS_CREDENTIALS": "tool:a:b,other:c",
        "HOOKS_HOST": "10.0.0.1",
        "CONNECTIONS": str(tmp_path / "c.toml"),
    }.items():
        monkeypatch.setenv(f"HEADWATER_{name}", value)
    outside = found(None)
    assert outside.warehouse == "http://headwater:p%40ss@db:8123"
    assert outside.lrs == ("http://127.0.0.1:9", ("tool", "a:b"))
    assert outside.hooks == ("http://10.0.0.1:8081", {"code": b"s3"})
    assert outside.folder is None


def test_a_password_is_quoted_in_an_address() -> None:
    part = {"url": "http://127.0.0.1:1", "username": "head water", "password": "a/b@c:d"}
    running = Running({"warehouse_admin": part}, "here")
    assert running.warehouse == "http://head%20water:a%2Fb%40c%3Ad@127.0.0.1:1"


@pytest.mark.parametrize("part", ["kafka", "warehouse", "lrs", "hooks"])
def test_what_is_not_known_is_said_with_what_to_do(part: str) -> None:
    with pytest.raises(StackError, match=r"no stack runs in data or demo-data.*headwater up.*set "):
        getattr(found(None), part)


def test_a_broken_description_is_one_line() -> None:
    Path("data").mkdir()
    Path("data/stack.json").write_text("{")
    with pytest.raises(StackError, match=r"data/stack.json cannot be read"):
        found(None)


def demo(folder: Path) -> None:
    """A demo's stack that runs in a folder."""
    stack(str(folder), "demo:1", pid=os.getpid())
    (folder / "synthetic").touch()
    (folder / "version").write_text("1\n")


def test_every_command_names_its_target(capsys: pytest.CaptureFixture[str]) -> None:
    stack("data", "real:1", pid=os.getpid())
    target(None)
    here = Path.cwd()
    assert capsys.readouterr().err == f"stack: {here}/data (real data; kafka real:1)\n"
    demo(Path("demo-data"))
    target(Path("demo-data"))
    assert capsys.readouterr().err == f"stack: {here}/demo-data (synthetic data; kafka demo:1)\n"


def test_a_target_s_password_is_not_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEADWATER_CLICKHOUSE", "http://headwater:s3cret@db:8123")
    target(None)
    assert "s3cret" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "invented", "file", "said"),
    [
        (
            "demo-data",
            False,
            "people.csv",
            "holds a synthetic organisation.*--data, or say --synth",
        ),
        ("data", True, "people.csv", "holds real data.*--synthetic was said"),
        ("data", False, "demo-data/demo/people.csv", "holds real data.*lies in a demo's folder"),
        ("data", True, "demo-data/demo/people.csv", "holds real data"),
    ],
)
def test_invented_and_real_data_never_meet(
    folder: str, invented: bool, file: str, said: str
) -> None:
    stack("data", "real:1", pid=os.getpid())
    demo(Path("demo-data"))
    with pytest.raises(StackError, match=f"{said}"):
        target(Path(folder), invented=invented, file=Path(file))
    target(Path("data"), invented=False, file=Path("people.csv"))
    target(Path("demo-data"), invented=True, file=Path("demo-data/demo/people.csv"))


@pytest.mark.parametrize(
    "words",
    [
        ("load", "f.jsonl"), ("directory", "load", "f.csv"), ("kpi", "load", "f.csv"),
        ("forward", "http://127.0.0.1:1/xapi", "--user", "u", "--password", "p"),
    ],
)  # fmt: skip
def test_no_command_brings_data_into_or_out_of_a_demo_by_itself(words: tuple[str, ...]) -> None:
    """Only the demo runs, and nothing names it: each would have gone there without a word."""
    demo(Path("demo-data"))
    for name in ("f.jsonl", "f.csv"):
        Path(name).write_text("x")
    result = CliRunner().invoke(build(), list(words))
    assert isinstance(result.exception, StackError)
    assert "demo-data holds a synthetic organisation" in str(result.exception)
    assert "nothing was sent" in str(result.exception)


def test_problems_end_the_command_each_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    refuse([], "a.csv")
    with pytest.raises(StackError, match=r"^2 errors in a\.csv: nothing was loaded"):
        refuse(["line 2: a", "line 3: b"], "a.csv")
    assert capsys.readouterr().err == "line 2: a\nline 3: b\n"


def test_a_load_that_lost_something_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    arrived([(3, 3)], "directory", "people")
    arrived(None, "directory", "people")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "the warehouse holds the directory load: 3 people"
    assert said[1].startswith("the directory load is safe in Kafka, and the warehouse does not")
    with pytest.raises(StackError, match="of 3 people only 2 came through"):
        arrived([(3, 2)], "directory", "people")


def test_waiting_ends_with_the_condition_or_the_time() -> None:
    answers: list[Any] = [[], (), [1]]
    assert until(lambda: answers.pop(0), 10) == [1]
    assert until(lambda: 0, 0.05) is None
