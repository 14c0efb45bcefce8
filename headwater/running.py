"""The stack that a command speaks to: its addresses from stack.json, or from the environment."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import typer

from headwater.embedded.errors import StackError

REAL, SYNTHETIC = Path("data"), Path("demo-data")
LOOK_EVERY = 0.1

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="HEADWATER_DATA",
        help="The running stack's folder: ./data, or ./demo-data if only that one runs.",
    ),
]

T = TypeVar("T")


class Running:
    """The addresses and credentials of the parts; each raises StackError where it is not known."""

    def __init__(self, described: dict[str, Any], where: str, folder: Path | None = None) -> None:
        self._described = described
        self._where = where
        #: The data folder of the stack, where it is one of this machine.
        self.folder = folder

    @property
    def kafka(self) -> str:
        """Kafka's bootstrap servers."""
        return str(self._part("kafka", "HEADWATER_KAFKA")["bootstrap_servers"])

    @property
    def warehouse(self) -> str:
        """The warehouse's address as its administrator, credentials included."""
        part = self._part("warehouse_admin", "HEADWATER_CLICKHOUSE")
        if "username" not in part:
            return str(part["url"])
        login = f"{quote(part['username'], safe='')}:{quote(part['password'], safe='')}"
        return str(part["url"]).replace("://", f"://{login}@")

    @property
    def lrs(self) -> tuple[str, tuple[str, str]]:
        """The LRS's address, and user and password."""
        part = self._part("lrs", "HEADWATER_LRS_CREDENTIALS (and _HOST, _PORT)")
        return str(part["url"]), (str(part["username"]), str(part["password"]))

    @property
    def hooks(self) -> tuple[str, dict[str, bytes]]:
        """The hooks server's address, and the secret of each connection."""
        part = self._part("hooks", "HEADWATER_CONNECTIONS (and HEADWATER_HOOKS_HOST, _PORT)")
        return str(part["url"]), {name: s.encode() for name, s in part["secrets"].items()}

    def _part(self, name: str, variable: str) -> dict[str, Any]:
        part = self._described.get(name)
        if part is None:
            raise StackError(
                f"the address of {name} is not known: {self._where}. "
                f"To fix: start one with `headwater up`, name its folder with --data, "
                f"or set {variable}."
            )
        return dict(part)


def found(data: Path | None) -> Running:
    """The stack that runs in `data`, or in ./data or ./demo-data; else the environment's."""
    folders = [data] if data else [REAL, SYNTHETIC]
    described = [folder for folder in folders if (folder / "stack.json").exists()]
    for folder in [f for f in described if _alive(f)] or described:
        try:
            stack = json.loads((folder / "stack.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise StackError(f"{folder / 'stack.json'} cannot be read: {error}") from error
        return Running(stack, f"{folder / 'stack.json'} does not name it", folder)
    names = " or ".join(str(folder) for folder in folders)
    from headwater.outside import parts

    return Running(parts(), f"no stack runs in {names}")


def refuse(problems: Iterable[object], what: str) -> None:
    """Ends the command where there are problems, each of them told on a line."""
    listed = [str(problem) for problem in problems]
    if listed:
        for line in listed:
            typer.echo(line, err=True)
        count = "1 error" if len(listed) == 1 else f"{len(listed)} errors"
        raise StackError(f"{count} in {what}: nothing was loaded. To fix: correct the lines above.")


def arrived(rows: Any, what: str, of: str) -> None:
    """Tells whether a published load counts by now; `rows` hold what it announced and what came.

    Raises StackError where a part of it was refused.
    """
    if not rows:
        typer.echo(
            f"the {what} load is safe in Kafka, and the warehouse does not show it yet: "
            "it counts as soon as the worker catches up (see `headwater status`)"
        )
        return
    announced, there = rows[0]
    if there < announced:
        raise StackError(
            f"of {announced} {of} only {there} came through. To fix: see `headwater rejected list`."
        )
    typer.echo(f"the warehouse holds the {what} load: {there} {of}")


def until(condition: Callable[[], T], seconds: float) -> T | None:
    """What `condition` gives once that is true, or None after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            return None
        time.sleep(LOOK_EVERY)
    return value


def _alive(folder: Path) -> bool:
    """Whether the supervisor lives; one that was killed leaves its stack.json behind."""
    import psutil

    try:
        state = json.loads((folder / "run" / "supervisor.json").read_text("utf-8"))
        return psutil.pid_exists(int(state["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False
