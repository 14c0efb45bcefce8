"""The README as it stands, followed to the letter beside a stack on other ports."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Up

pytestmark = [pytest.mark.integration, pytest.mark.e2e]

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
#: From a load or a statement until a query has it, on a machine that has other work.
#: What the README's addresses are when nothing else has their ports.
PORTS = {"http://127.0.0.1:8080": "lrs", "http://127.0.0.1:8123": "warehouse"}


def blocks(language: str, holds: str) -> list[str]:
    found = [text for each, text in BLOCKS if each == language and holds in text]
    assert found, f"the README has no {language} block with {holds!r}"
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Home"]:
    folder = tmp_path_factory.mktemp("readme")
    up = Up(folder / "data")
    try:
        yield Home(folder, up)
    finally:
        up.stop()


class Home:
    """A folder in which somebody types what the README says."""

    def __init__(self, folder: Path, up: Up) -> None:
        self.folder, self.up = folder, up
        python = folder / ".venv" / "bin"
        python.mkdir(parents=True)
        # A link to the interpreter would lose its environment.
        (python / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (python / "python").chmod(0o755)

    def stack(self) -> Any:
        return json.loads((self.folder / "data" / "stack.json").read_text())

    def types(self, text: str) -> str:
        """What a shell answers."""
        for address, part in PORTS.items():
            text = text.replace(address, self.stack()[part]["url"].removesuffix("/xapi"))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["/bin/sh", "-ec", text],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def asks(self, sql: str) -> list[str]:
        """The rows of a query, typed as the README shows it to an analyst."""
        (login,) = blocks("sh", "login() {")
        (self.folder / "query.sql").write_text(sql)
        function = login[: login.index("}\n") + 2]
        curl = 'curl -s -u "$(login warehouse)" http://127.0.0.1:8123/ --data-binary @query.sql'
        return self.types(function + curl).splitlines()


def test_it_is_followed_from_a_file_to_its_queries(home: Home) -> None:
    (people,) = blocks("csv", "person,name,accounts")
    (kpis,) = blocks("csv", "kpi,unit,direction")
    (home.folder / "people.csv").write_text(people)
    (home.folder / "kpis.csv").write_text(kpis)
    for each in (*blocks("sh", "headwater directory load"), *blocks("sh", "headwater kpi load")):
        home.types(each)

    (posted,) = blocks("sh", "/xapi/statements \\")
    (verdicts,) = blocks("sh", "login() {")
    function = verdicts[: verdicts.index("}\n") + 2]
    identifiers = json.loads(home.types(function + posted))
    assert len(identifiers) == 1
    (statement,) = re.findall(r"-d '(.*?)'", posted, re.DOTALL)
    line = json.dumps(json.loads(statement)) + "\n"
    (home.folder / "statements.jsonl").write_text(line)
    (verdict,) = [json.loads(each) for each in home.types(verdicts).splitlines()]
    assert verdict["verdict"] == "stored", verdict

    month, reached, beside, lost, begun, became, stale = blocks("sql", "SELECT")
    wanted = "Platform\tdiscovery\t"
    home.up.wait(lambda: any(row.startswith(wanted) for row in home.asks(month)))
    home.up.wait(lambda: any(row.startswith("ask\t") for row in home.asks(reached)))
    home.up.wait(lambda: len(home.asks(beside)) == 2)
    assert [row.split("\t")[2] for row in home.asks(beside)] == ["5.5", "4.8"]
    home.up.wait(lambda: any(row.endswith("\tPlatform\t0\t0") for row in home.asks(lost)))
    home.up.wait(lambda: any(row.endswith("\t1\t0\t0\t0") for row in home.asks(became)))
    assert home.asks(stale) == [], "nothing was written yet"
    assert home.asks(begun) == [], "no week of a newcomer is over"


def test_the_analysts_python_runs_with_the_environments(home: Home) -> None:
    (snippet,) = blocks("python", "clickhouse_connect")
    (home.folder / "ask.py").write_text(snippet)
    home.types(".venv/bin/python ask.py")


def test_up_said_what_it_waited_for(home: Home) -> None:
    said = home.up.output.read_text()
    assert said.startswith("headwater: looking at the data folder")
    assert re.search(r"waiting for .*kafka", said)


def test_one_name_for_one_file() -> None:
    assert "figures.csv" not in README
    assert "$USER" not in README  # the shell has it
