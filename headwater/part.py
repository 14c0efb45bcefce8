"""What a process of the product declares of itself: a file of `headwater/parts/` each.

The command line, `headwater up` and its supervisor, the checks of who answers, `headwater status`,
the settings of addresses, docs/parts.md, the check of docker-compose.yml and the tests read it
here, and nowhere else is a list of processes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater.embedded.part import Ready
    from headwater.embedded.stack import Stack

LOOPBACK = "127.0.0.1"
#: What a part says of itself in stack.json: entry → fields.
Described = Mapping[str, dict[str, Any]]
#: A line of the table that `headwater up` prints: name, address, credentials.
Shown = tuple[str, str, str]


class Stage(IntEnum):
    """When a part is stopped, the highest first: who asks, who reads, who keeps."""

    PREPARING, KEEPING, READING, ASKING, INVENTING = range(5)


@dataclass(frozen=True)
class Listens:
    """Where a part answers.

    It is told by `HEADWATER_<PART>_PORT` (and `_HOST`). Others than this machine are let in only
    where `login` names the setting that holds who may come; without one the part is on loopback.
    The paths are of HTTP; `health` is empty where something else is spoken.
    """

    port: int
    login: str = ""
    ready: str = "/healthz"
    health: str = "/healthz"
    metrics: str = "/metrics"


def never(_: "Stack") -> bool:
    """The condition of a part that `headwater up` does not start."""
    return False


@dataclass(frozen=True)
class PartSpec:
    """One process of the product: `headwater NAME`.

    Attributes:
        name: Its file's name, its command, its log's name.
        does: What it does, in a sentence; the command's help.
        serve: `module:function` that runs it until SIGTERM, imported when the process starts.
        settings: `module:class` that `serve` is given, read while what it needs is still starting.
        before: `module:function` that is given the same before that: it imports what the settings
            ask for, and connects to nothing.
        command: What the command does instead, where it has options of its own.
        group: Whether `headwater/commands/<name>.py` has the command, with others below it.
        hidden: Whether the command is left out of the help.
        listens: Where it answers; None where it does not.
        needs: Parts that must be ready before it goes on, where this stack has them.
        stage: When it is stopped.
        when: Whether `headwater up` starts it; None: always.
        condition: The same in words.
        keeps: Of one that keeps what others write: a path that its folder, `DATA/<name>`, has
            as soon as it ran.
        late: Whether it is started when all others are ready.
        prefetch: Whether it is started at once and imports while it waits for what it needs.
        once: Whether it is done when it ends with 0.
        may_end: Whether it is started again only after a failure.
        nice: How much it steps back for the others.
        seconds: How long it may take to be ready: on a machine that has much to do, long.
        arguments: What `headwater up` adds to its command.
        told: What its environment has beside what every part is told.
        ready: When it is ready, where that is not its answer on `listens.ready`.
        described: What stack.json says of it; by default the address of one that speaks HTTP.
        shown: Its lines in the table of `headwater up`; by default where it says how it is.
        reports: Names under which it reports to `ops.beats` every second.
        lives_by: Tasks without which it ends, at the least, as `serving.tasks` names them.
        composed: Whether docker-compose.yml runs it.
        replaced_by: The service of docker-compose.yml that does its work in production.
    """

    name: str
    does: str
    stage: Stage
    serve: str = ""
    settings: str = ""
    before: str = ""
    command: Callable[..., None] | None = None
    group: bool = False
    hidden: bool = False
    listens: Listens | None = None
    needs: tuple[str, ...] = ()
    when: "Callable[[Stack], bool] | None" = None
    condition: str = "always"
    keeps: str = ""
    late: bool = False
    prefetch: bool = True
    once: bool = False
    may_end: bool = False
    nice: int = 0
    seconds: float = 180.0
    arguments: "Callable[[Stack], Sequence[str]] | None" = None
    told: "Callable[[Stack], Mapping[str, str]] | None" = None
    ready: "Callable[[Stack], Ready] | None" = None
    described: "Callable[[Stack], Described] | None" = None
    shown: "Callable[[Stack], Sequence[Shown]] | None" = None
    reports: tuple[str, ...] = ()
    lives_by: tuple[str, ...] = ()
    composed: bool = True
    replaced_by: str = ""

    @property
    def store(self) -> bool:
        """Whether it keeps what others write; one that is elsewhere is in stack.json too."""
        return bool(self.keeps)

    @property
    def answers(self) -> bool:
        """Whether it can be asked over HTTP how it is."""
        return bool(self.listens and self.listens.health)

    @property
    def lasts(self) -> bool:
        """Whether it runs as long as the stack does."""
        return not self.once and not self.may_end

    def starts(self, stack: "Stack") -> bool:
        """Whether this stack runs it."""
        return self.when is None or self.when(stack)
