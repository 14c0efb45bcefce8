"""The stack that a command speaks to: its addresses from stack.json, or from the environment."""

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

import typer

from bus.clients import Cluster
from headwater.errors import StackError

if TYPE_CHECKING:
    from producers.load import Sent
    from streams.settings import StreamSettings
    from warehouse import Warehouse

REAL, SYNTHETIC = Path("data"), Path("demo-data")
#: What a part's description must have, each a text that is not empty.
NEEDED = {
    "lrs": ("url", "username", "password"),
    "hooks": ("url",),
    "warehouse": ("url", "username", "password"),
    "warehouse_admin": ("url",),
    "kafka": ("bootstrap_servers",),
    "page": ("url",),
}
LOOK_EVERY = 0.1
_UNNAMED = " does not name it"

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="HEADWATER_DATA",
        help="The running stack's folder: ./data, or ./demo-data if only that one runs.",
    ),
]

Invented = Annotated[
    bool,
    typer.Option("--synthetic", help="The data are invented: a demo takes no others."),
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
    def described(self) -> bool:
        """Whether any part of it is known."""
        return bool(self._described)

    @property
    def synthetic(self) -> bool:
        """Whether it is a demo's."""
        from headwater.embedded.contents import is_synthetic

        return self.folder is not None and is_synthetic(self.folder)

    @property
    def named(self) -> str:
        """Which stack it is, for people: its folder and its addresses, without credentials."""
        where = str(self.folder.resolve()) if self.folder else "named by the environment"
        kind = "synthetic data" if self.synthetic else "real data"
        addresses = {
            name: str(part.get("bootstrap_servers") or part.get("url", "")).rpartition("@")[2]
            for name, part in self._described.items()
            if name in ("lrs", "kafka", "warehouse_admin")
        }
        listed = ", ".join(f"{name} {address}" for name, address in addresses.items())
        return f"{where} ({kind}{f'; {listed}' if listed else ''})"

    def views(self, data: Path | None) -> Path | None:
        """The folder of its saved views: where HEADWATER_VIEWS says, else its data folder, else
        `data`."""
        from headwater.outside import OutsideSettings

        return OutsideSettings().views or self.folder or data

    @property
    def kafka(self) -> Cluster:
        """Kafka: its address, and how it lets clients in."""
        return Cluster.read(self._part("kafka", "HEADWATER_KAFKA"))

    @property
    def warehouse(self) -> str:
        """The warehouse's address as its administrator, credentials included."""
        return self._login("warehouse_admin")

    @property
    def analyst(self) -> str:
        """The warehouse's address as its analyst, credentials included; where the environment names
        the warehouse, as whom it says."""
        return self._login("warehouse" if self.folder else "warehouse_admin")

    def _login(self, name: str) -> str:
        part = self._part(name, "HEADWATER_CLICKHOUSE")
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
    def page(self) -> tuple[str, str | None]:
        """The page's address, and the `user:password` that it asks for, if it does."""
        part = self._part("page", "HEADWATER_PAGE_LOGIN (and HEADWATER_PAGE_HOST, _PORT)")
        login = f"{part['username']}:{part['password']}" if part.get("username") else None
        return str(part["url"]).rstrip("/"), login

    @property
    def hooks(self) -> tuple[str, dict[str, bytes]]:
        """The hooks server's address, and the secret of each connection."""
        part = self._part("hooks", "HEADWATER_CONNECTIONS (and HEADWATER_HOOKS_HOST, _PORT)")
        secrets = part.get("secrets")
        listed = secrets if isinstance(secrets, dict) else {}
        return str(part["url"]), {name: str(s).encode() for name, s in listed.items()}

    def connector(self, connection: str) -> str:
        """The name of a connection's connector; "" where the stack does not say."""
        return str(self._of_hooks("connectors", connection) or "")

    def options(self, connection: str) -> dict[str, Any] | None:
        """A connection's options, where they say how it signs."""
        found = self._of_hooks("options", connection)
        return found if isinstance(found, dict) else None

    def _of_hooks(self, what: str, connection: str) -> Any:
        part = self._part("hooks", "HEADWATER_CONNECTIONS (and HEADWATER_HOOKS_HOST, _PORT)")
        named = part.get(what)
        return named.get(connection) if isinstance(named, dict) else None

    def _part(self, name: str, variable: str) -> dict[str, Any]:
        part = self._described.get(name)
        if part is None:
            raise StackError(
                f"the address of {name} is not known: {self._where}. "
                f"To fix: start one with `headwater up`, name its folder with --data, "
                f"or set {variable}."
            )
        for field in NEEDED[name]:
            if not isinstance(part.get(field), str) or not part[field]:
                raise StackError(
                    f"{name} is described without {field}: {self._where.removesuffix(_UNNAMED)}. "
                    f"To fix: start the stack again, or correct {variable}."
                )
        return dict(part)


def found(data: Path | None) -> Running:
    """The stack that runs in `data`, or in ./data or ./demo-data; else the environment's."""
    folders = [data] if data else [REAL, SYNTHETIC]
    described = [folder for folder in folders if _described(folder)]
    for folder in [f for f in described if _alive(f)] or described:
        path = folder / "stack.json"
        return Running(_read(path), f"{path}{_UNNAMED}", folder)
    names = " or ".join(str(folder) for folder in folders)
    from headwater.outside import parts

    return Running(parts(), f"no stack runs in {names}")


def target(data: Path | None, *, invented: bool | None = None, file: Path | None = None) -> Running:
    """The stack that a command is about to change, told in one line before it does.

    `invented` is what its user says of the data that it brings (None where it brings none), `file`
    where they come from. Raises StackError where invented and real data would meet.
    """
    stack = found(data)
    if stack.described:
        typer.echo(f"stack: {stack.named}", err=True)
    if invented is not None:
        _keep_apart(stack, invented, file)
    return stack


def stream_settings(stack: Running) -> "StreamSettings":
    """The settings of the pipeline whose stack it is; a folder's own key where there is one."""
    from pydantic import SecretStr

    from streams.settings import StreamSettings

    stack.kafka.adopt()
    given = StreamSettings(kafka=str(stack.kafka), clickhouse=SecretStr(stack.warehouse))
    if stack.folder is None:
        if not given.pseudonym_key.get_secret_value():
            raise StackError(
                "the key of the pseudonyms is not known. To fix: set HEADWATER_PSEUDONYM_KEY "
                "as the worker has it."
            )
        return given
    try:
        key = json.loads((stack.folder / "secrets.json").read_text("utf-8"))["pseudonym_key"]
    except (OSError, ValueError, KeyError) as error:
        raise StackError(f"{stack.folder / 'secrets.json'} cannot be read: {error}") from error
    return given.model_copy(update={"pseudonym_key": SecretStr(key)})


def _keep_apart(stack: Running, invented: bool, file: Path | None) -> None:
    from headwater.embedded.contents import is_synthetic

    never = "and invented and real data never share a stack"
    if stack.synthetic and not invented:
        raise StackError(
            f"{stack.folder} holds a synthetic organisation, {never}: nothing was sent. To fix: "
            "name the real stack's folder with --data, or say --synthetic where these data are "
            "invented too."
        )
    if stack.synthetic:
        return
    of_a_demo = file and any(
        is_synthetic(folder) and (folder / "version").exists() for folder in file.resolve().parents
    )
    if invented or of_a_demo:
        whose = f"{file} lies in a demo's folder" if of_a_demo else "--synthetic was said"
        raise StackError(
            f"{stack.folder or 'the stack'} holds real data, {never} ({whose}): nothing was sent. "
            "To fix: name the demo's folder with --data."
        )


def own_state() -> Path:
    """Where a user's programs keep what they know (XDG), for a stack without a folder here."""
    named = os.environ.get("XDG_STATE_HOME")
    return (Path(named) if named else Path.home() / ".local" / "state") / "headwater"


def asked(url: str, ask: "Callable[[Warehouse], T]", fix: str = "") -> T:
    """What the warehouse answers; that it could not be asked is the command's own error, which
    ends with `fix`."""
    from warehouse import Warehouse, WarehouseError

    warehouse = Warehouse(url)
    try:
        return ask(warehouse)
    except WarehouseError as error:
        raise StackError(f"the warehouse could not be asked: {error}{fix}") from error
    finally:
        warehouse.close()


def beside(stack: Running, name: str) -> str | None:
    """The text of a file that people keep in the data folder; None where there is none.

    The environment may say where it is: of kpis.toml HEADWATER_KPIS does.
    """
    path = place_beside(stack, name)
    if path is None or not (_placed(name) or path.exists()):
        return None
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(
            f"{path} cannot be read: {error}. To fix: give it as UTF-8 text."
        ) from error


def place_beside(stack: Running, name: str) -> Path | None:
    """Where a file stands that people keep in the data folder; None where nobody can tell."""
    if given := _placed(name):
        return Path(given)
    return stack.folder and stack.folder / name


def _placed(name: str) -> str:
    return os.environ.get(f"HEADWATER_{Path(name).stem.upper()}", "")


def refuse(problems: Iterable[object], what: str) -> None:
    """Ends the command where there are problems, each of them told on a line."""
    listed = [str(problem) for problem in problems]
    if listed:
        for line in listed:
            typer.echo(line, err=True)
        count = "1 error" if len(listed) == 1 else f"{len(listed)} errors"
        raise StackError(f"{count} in {what}: nothing was loaded. To fix: correct the lines above.")


def send(
    load: "Sent[T]",
    of: str,
    kafka: Cluster,
    entries: Sequence[T],
    declare: Callable[[], None] = lambda: None,
) -> UUID:
    """Sends a load of so many `of` and waits until Kafka holds it; returns its id.

    `declare` makes its topic, once Kafka is seen to answer.

    Raises BrokerUnavailable.
    """
    from bus.errors import BrokerUnavailable
    from bus.publisher import Publisher
    from headwater.embedded.kafka import listening
    from producers import load as sending

    if not listening(str(kafka)):  # Kafka's own client would try for long
        raise BrokerUnavailable(f"nobody listens at {kafka}. To fix: see that Kafka runs")
    identifier = uuid4()
    with Publisher(kafka) as publisher:
        declare()
        sending.send(publisher, load, identifier, entries)
    typer.echo(f"published {len(entries)} {of} as load {identifier}")
    return identifier


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


def _described(folder: Path) -> bool:
    """Whether a stack.json there is true: not one that was copied, or left by a killed stack."""
    from headwater.embedded.datafolder import is_held

    there = (folder / "stack.json").exists()
    return there and (is_held(folder) or not (folder / "lock").exists())


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StackError(
            f"{path} cannot be read: {error}. To fix: start the stack again."
        ) from error
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        raise StackError(f"{path} does not describe a stack. To fix: start the stack again.")
    return found


def _alive(folder: Path) -> bool:
    """Whether the supervisor lives; one that was killed leaves its stack.json behind."""
    import psutil

    try:
        state = json.loads((folder / "run" / "supervisor.json").read_text("utf-8"))
        return psutil.pid_exists(int(state["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False
