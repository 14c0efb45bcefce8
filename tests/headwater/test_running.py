"""Which stack a command speaks to."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from headwater.embedded.errors import StackError
from headwater.running import Running, arrived, found, refuse, until


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
    assert found(None).kafka == "elsewhere:1"
    stack("demo-data", "demo:1", pid=os.getpid())
    assert found(None).kafka == "demo:1"
    stack("data", "real:1", pid=None)  # left behind by a killed one
    assert found(None).kafka == "demo:1"
    (Path("data") / "run" / "supervisor.json").write_text(json.dumps({"pid": os.getpid()}))
    assert found(None).kafka == "real:1"
    assert found(Path("demo-data")).kafka == "demo:1"
    assert found(Path("nothing")).kafka == "elsewhere:1"


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
