"""Every command with wrong input: plain sentences, the right exit code, nothing left behind.

Commands are found, not listed; those that serve until they are stopped are tried with settings that
no server could start with.
"""

import contextlib
import http.server
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater import cli
from headwater import parts as parts_list
from headwater.docs import commands
from producers import loads
from tests.web import answering

DEAD = "127.0.0.1:9"  # the discard port, on which nobody listens
LISTENING = [part for part in parts_list.every() if part.listens and part.serve]
SERVING = (*(part.name for part in parts_list.every() if part.lasts), "up")
#: What each command needs beside a file, so that it gets as far as the stack.
WORDS = {
    "forward": [f"http://{DEAD}/xapi", "--user", "u", "--password", "p"],
    "credentials add": ["tool", "--scope", "all"],
    "credentials revoke": ["tool"],
    "connectors poll": ["links", "--since", "2026-01-01"],
    "rejected show": ["abc"],
    "rejected replay": ["--all"],
    "warehouse grant-workspace": ["ada"],
    "warehouse revoke-workspace": ["ada"],
    "directory link": ["slack:U1", "anna"],
    "directory unlink": ["slack:U1"],
    "links show": ["abc"],
    "rollout add": ["Coaching", "--teams", "Crew", "--date", "2026-03-02"],
    "rollout remove": ["Coaching"],
    "directory findable": ["anna", "no"],
    "query": ["SELECT 1"],
    "views save": ["Web", "/learning?range=4w"],
    "views remove": ["Web"],
    "views pdf": ["/know_how"],
    "report": ["--quarter", "2020Q1"],
    "dashboards push": ["--url", f"http://{DEAD}", "--token", "t"],
}
REACTION = '[[rule]]\nwhen = "team-silent"\n'
RULE = '[[rule]]\ntopic = "random"\nbehaviour = "none"\n'
FILES = {
    **{f"{load.name} load": load.example for load in loads.every()},
    "load": '{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"http://a/b"},'
    '"object":{"id":"http://a/c"}}\n',
    "restore": "no backup",
    "behaviours apply": RULE,
    "behaviours try": RULE,
    "reactions apply": REACTION,
    "reactions try": REACTION,
}
#: They go on trying for two minutes: tests/headwater/test_load.py, test_forward.py.
PATIENT = ("load", "forward")
#: `status` tells of what is down, which is its purpose: tests/headwater/test_report.py.
#: A file of the data folder is all they need: tests/headwater/test_views.py.
IN_THE_FOLDER = ("views list", "views save", "views remove")
#: They read, or write, files alone, and ask nobody.
ALONE = (
    "dashboards build",
    "connectors",
    "connectors list",
    "connectors try",
    "connectors check",
    "connectors add",
    "behaviours check",
    "reactions check",
    *IN_THE_FOLDER,
    "links interruption",
    "links lags",
    "links panel",
    "links rollout",
)
PYTHON = re.compile(
    r"Traceback|object at 0x|\bNone\b|KeyError|<class|\b[A-Z][a-z]+[A-Za-z]*(Error|Exception)\b"
    r"|b'|\[Errno"
)

ALL = [words.removeprefix("headwater ") for words, _ in commands()]
ASKING = [words for words in ALL if words not in (*SERVING, *ALONE)]
OF_A_STACK = [
    words.removeprefix("headwater ")
    for words, command in commands()
    if any("--data" in each.opts for each in command.params)
    and words.removeprefix("headwater ")
    not in (*SERVING, *IN_THE_FOLDER, "backup", "restore", "status")
]


def test_every_command_is_tried() -> None:
    assert {*ASKING, *SERVING, *ALONE} == set(ALL)


class Said:
    """What a command said, and how it ended."""

    def __init__(self, code: Any, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def plainly(self, *codes: int) -> "Said":
        """Fails unless it ended so, with sentences that need no knowledge of Python."""
        assert self.code in codes, (self.code, self.out, self.err)
        assert self.err.strip() or self.out.strip()
        assert not PYTHON.search(self.out + self.err), self.out + self.err
        return self


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Said]]:
    for name in [name for name in os.environ if name.startswith(("HEADWATER_", "GRAFANA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = dict(os.environ)

    def one(words: str, *arguments: object, **environment: str) -> Said:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(f"HEADWATER_{name}", value)
            patched.setattr(sys, "argv", ["headwater", *words.split(), *map(str, arguments)])
            code: Any = 0
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code or 0
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    yield one
    for name in os.environ.keys() - before.keys():
        del os.environ[name]  # monkeypatch would put back what a command set
    left = [path.name for path in (tmp_path / "here").iterdir()]
    assert left == [], "a command that failed left something where it was typed"


def needed(words: str, folder: Path) -> list[str]:
    """The command's arguments, all right by themselves."""
    if words == "backup":
        return [str(folder / "b.tar")]
    if words in FILES:
        file = folder / f"{words.replace(' ', '_')}.txt"
        file.write_text(FILES[words])
        return [str(file)]
    return WORDS.get(words, [])


def described(folder: Path, parts: object) -> Path:
    """A data folder whose stack.json says so."""
    (folder / "run").mkdir(parents=True)
    (folder / "version").write_text("1\n")
    (folder / "secrets.json").write_text(json.dumps({"pseudonym_key": "ab" * 32}))
    (folder / "stack.json").write_text(parts if isinstance(parts, str) else json.dumps(parts))
    (folder / "run" / "supervisor.json").write_text(json.dumps({"pid": os.getpid(), "parts": {}}))
    return folder


def parts(url: str) -> dict[str, dict[str, Any]]:
    login = {"url": url, "username": "u", "password": "p"}
    return {
        "lrs": login,
        "hooks": {"url": url, "secrets": {}},
        "warehouse": login,
        "warehouse_admin": login,
        "kafka": {"bootstrap_servers": DEAD},
        "page": {"url": url},
    }


@pytest.mark.parametrize("words", ASKING)
def test_no_stack(words: str, run: Callable[..., Said], tmp_path: Path) -> None:
    if words in ("migrate", "topics"):
        environment = {"CLICKHOUSE": f"http://u:p@{DEAD}", "KAFKA": DEAD}
        run(words, **environment).plainly(1)
        return
    said = run(words, *needed(words, tmp_path)).plainly(1, 3)
    assert "To fix: " in said.err or "no stack" in said.out + said.err


@pytest.mark.parametrize("words", [words for words in OF_A_STACK if words not in PATIENT])
def test_dead_addresses(words: str, run: Callable[..., Said], tmp_path: Path) -> None:
    folder = described(tmp_path / "data", parts(f"http://{DEAD}"))
    said = run(words, *needed(words, tmp_path), "--data", folder).plainly(1)
    assert "127.0.0.1:9" in said.out + said.err


class _Stranger(http.server.BaseHTTPRequestHandler):
    """A server that is none of ours."""

    status = 200

    def do_GET(self) -> None:
        with contextlib.suppress(OSError):
            self.send_response(self.status)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"<html>")

    do_POST = do_PUT = do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.mark.parametrize("status", [200, 401, 404])
@pytest.mark.parametrize("words", OF_A_STACK)
def test_a_stranger_answers(
    words: str, status: int, run: Callable[..., Said], tmp_path: Path
) -> None:
    """Another program's port, a login that is refused."""
    with answering(type("Stranger", (_Stranger,), {"status": status})) as url:
        folder = described(tmp_path / "data", parts(url))
        run(words, *needed(words, tmp_path), "--data", folder).plainly(1)


SHAPES = {
    "no fields": {name: {} for name in parts("")},
    "no texts": {name: dict.fromkeys(part, 7) for name, part in parts("").items()},
    "no parts": {},
    "texts": dict.fromkeys(parts(""), "x"),
    "a list": [],
    "cut off": '{"lrs": {"url": "http',
    "empty": "",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("words", OF_A_STACK)
def test_a_stack_json_of_another_shape(
    words: str, shape: str, run: Callable[..., Said], tmp_path: Path
) -> None:
    folder = described(tmp_path / "data", SHAPES[shape])
    run(words, *needed(words, tmp_path), "--data", folder).plainly(1)


@pytest.mark.parametrize("words", OF_A_STACK)
def test_a_data_folder_that_is_none(words: str, run: Callable[..., Said], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)))
    for folder in (file, tmp_path / "no such"):
        run(words, *needed(words, tmp_path), "--data", folder).plainly(1)


@pytest.mark.parametrize("kind", ["missing", "a folder", "binary", "empty"])
@pytest.mark.parametrize("words", sorted(FILES))
def test_a_file_that_is_none(
    words: str, kind: str, run: Callable[..., Said], tmp_path: Path
) -> None:
    folder = described(tmp_path / "data", parts(f"http://{DEAD}"))
    file = tmp_path / "file"
    if kind == "a folder":
        file.mkdir()
    elif kind != "missing":
        file.write_bytes(bytes(range(256)) * 20 if kind == "binary" else b"")
    if words == "load" and kind in ("binary", "empty"):
        return  # goes to the LRS line by line: tests/headwater/test_load.py
    target = tmp_path / "new" if words == "restore" else folder
    run(words, file, "--data", target).plainly(1, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mart", "activty"], "activity"),
        (["--from", "31.3.2026"], "YYYY-MM-DD"),
        (["--to", "1969-12-31"], "1970-01-02"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "exchange"),
        (["--facts", "--mart", "activity"], "--facts"),
    ],
)
def test_a_replay_that_cannot_be(words: list[str], said: str, run: Callable[..., Said]) -> None:
    told = run("replay", *words).plainly(1)
    assert len(told.err.strip().splitlines()) == 1
    assert said in told.err


WRONG = {
    "a port that is none": {"LRS_PORT": "x"},
    "no connections": {"CONNECTIONS": "/no/such/file"},
    "an address that is none": {"CLICKHOUSE": "nonsense"},
    "a login without a password": {"LRS_CREDENTIALS": "u"},
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("words", OF_A_STACK)
def test_settings_that_are_wrong(
    words: str, wrong: str, run: Callable[..., Said], tmp_path: Path
) -> None:
    said = run(words, *needed(words, tmp_path), **WRONG[wrong]).plainly(1)
    assert "To fix: " in said.err or "HEADWATER_" in said.err


#: Every part with a port that is none, those that let others in without who may come; and what
#: else a part cannot start with.
SERVED_WRONG = [
    *((part.name, {f"{part.name.upper()}_PORT": "x"}) for part in LISTENING),
    *(
        (part.name, {f"{part.name.upper()}_HOST": "0.0.0.0"})
        for part in LISTENING
        if part.listens and part.listens.login
    ),
    ("lrs", {"LRS_PAGE_LIMIT": "x"}),
    ("hooks", {"CONNECTIONS": "/no/such/file"}),
    ("recorded", {"RECORDED_LINGER": "x"}),
    ("poller", {"CONNECTIONS": "/no/such/file"}),
    ("worker", {"ROLLUP_INTERVAL": "x"}),
    ("warehouse", {"WAREHOUSE_PASSWORDS": "nobody:x"}),
    ("up", {"TIMEZONE": "Berlin"}),
    ("up", {"LRS_PORT": "x"}),
    ("migrate", {"CLICKHOUSE": "nonsense"}),
    ("topics", {"KAFKA": "nonsense"}),
]
#: Nobody listens at this port of the loopback interface.
NOBODY = "127.0.0.1:9"


@pytest.mark.parametrize("name", ["recorded", "worker"])
def test_a_part_without_kafka_says_so(name: str) -> None:
    told = {"KAFKA": NOBODY, "CLICKHOUSE": f"http://a:b@{NOBODY}", "PSEUDONYM_KEY": "00" * 16}
    environment = {f"HEADWATER_{setting}": value for setting, value in told.items()}
    done = subprocess.run(
        [sys.executable, "-m", "headwater", name],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Kafka: Unable to bootstrap" in done.stderr
    assert "did not foresee" not in done.stderr
    assert "Unclosed" not in done.stderr


@pytest.mark.parametrize(
    ("words", "wrong"),
    SERVED_WRONG,
    ids=[f"{words}-{next(iter(wrong))}" for words, wrong in SERVED_WRONG],
)
def test_a_part_that_cannot_start(
    words: str, wrong: dict[str, str], run: Callable[..., Said]
) -> None:
    said = run(words, **wrong)
    text = said.code if isinstance(said.code, str) else said.err
    assert said.code not in (0, None)
    assert not PYTHON.search(text), text
    assert len(text.strip().splitlines()) == 1, text


def test_an_error_that_nobody_foresaw_is_a_line_too(
    run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    from headwater import running

    def broken(data: Path | None) -> None:
        raise KeyError("user")

    monkeypatch.setattr(running, "found", broken)
    said = run("credentials", "list")
    assert said.code == 1
    assert said.err.startswith(
        "headwater failed in a way that it did not foresee (KeyError: 'user')"
    )
    assert "set HEADWATER_TRACEBACK=1" in said.err
    monkeypatch.setenv("HEADWATER_TRACEBACK", "1")
    with pytest.raises(KeyError):
        run("credentials", "list")
