"""Start processes in order, keep them running, and leave none behind.

A part that dies is started again with growing pauses. A part that cannot start ends the whole with
one error. Nothing outlives the supervisor: its processes are killed by the kernel when it dies
(`launcher.py`), and a stop goes stage by stage, last the parts that others write to.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headwater.embedded.logs import LogFile
from headwater.embedded.part import Part, State
from headwater.errors import CannotStart
from serving.tasks import Tasks

LAUNCHER = Path(__file__).with_name("launcher.py")
#: Marks every process of a data folder's stack, so that the next start finds those left over.
MARK = "HEADWATER_SUPERVISED"
#: Tells a part to import first and go on when its standard input ends.
PREFETCH = "HEADWATER_PREFETCH"

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 30.0
#: A part that ran this long starts again without a pause.
STEADY = 60.0
STOP_STAGE = 2.5
STOP_ALL = 8.5
LOOK_EVERY = 0.05

Report = Callable[[str], None]


@dataclass
class Watched:
    """A part and what is known about its process."""

    part: Part
    log: LogFile
    process: asyncio.subprocess.Process | None = None
    state: State = State.WAITING
    restarts: int = 0
    started: float = 0.0
    took: float = 0.0
    last_error: str = ""
    #: When it came into its state, and its last ends, in Unix seconds.
    since: float = 0.0
    ended: deque[float] = field(default_factory=lambda: deque(maxlen=10))
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        running = self.process is not None and self.process.returncode is None
        return self.process.pid if running and self.process else None


class Supervisor:
    """Runs parts until it is told to stop.

    `folder` is the data folder: logs go to `logs/`, the state to `run/supervisor.json`. `report`
    gets one line for whatever a user should know.
    """

    def __init__(self, parts: Sequence[Part], folder: Path, report: Report) -> None:
        self.folder = folder
        self.report = report
        self.parts: dict[str, Watched] = {}
        self.stopping = asyncio.Event()
        #: What the supervisor lives by; where one of them ends, everything is stopped.
        self.tasks = Tasks("supervisor", self._fail)
        self.failure = ""
        self._began = time.monotonic()
        for part in parts:
            self._add(part)

    def _add(self, part: Part) -> Watched:
        watched = Watched(part, LogFile(self.folder / "logs" / f"{part.name}.log"))
        self.parts[part.name] = watched
        return watched

    # starting

    async def start(self) -> None:
        """Start every part and return when all are ready; raise `CannotStart` for the first that is
        not."""
        self._began = time.monotonic()
        await self._together([self._bring_up(watched) for watched in self.parts.values()])
        for watched in self.parts.values():
            self._keep(watched)

    async def add(self, part: Part) -> None:
        """Start one more part beside those that run."""
        watched = self._add(part)
        await self._together([self._bring_up(watched)])
        self._keep(watched)

    async def _together(self, starts: list[Any]) -> None:
        tasks = [asyncio.ensure_future(start) for start in starts]
        halt = asyncio.ensure_future(self.stopping.wait())
        try:
            while pending := {task for task in tasks if not task.done()}:
                await asyncio.wait({*pending, halt}, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    if task.done() and not task.cancelled() and (error := task.exception()):
                        raise error
                if halt.done():
                    raise asyncio.CancelledError
        finally:
            for task in (*tasks, halt):
                task.cancel()
            await asyncio.gather(*tasks, halt, return_exceptions=True)

    async def _bring_up(self, watched: Watched) -> None:
        part = watched.part
        if part.prefetch:
            await self._spawn(watched)
            gone = asyncio.ensure_future(self._wait(watched))
            needs = asyncio.ensure_future(self._needs(part))
            try:
                await asyncio.wait({gone, needs}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                gone.cancel()
                needs.cancel()
            if watched.pid is None:
                raise self._cannot(watched, f"it ended with {self._code(watched)}")
        else:
            await self._needs(part)
            await self._spawn(watched)
        self._go(watched)
        await self._until_ready(watched)

    async def _needs(self, part: Part) -> None:
        for name in part.needs:
            await self.parts[name].ready.wait()

    async def _until_ready(self, watched: Watched) -> None:
        part = watched.part
        deadline = time.monotonic() + part.seconds
        while True:
            if watched.pid is None:
                await self._wait(watched)
                if part.once and self._code(watched) == 0:
                    self._is(watched, State.DONE)
                    break
                raise self._cannot(watched, f"it ended with {self._code(watched)}")
            if not part.once and await part.ready():
                self._is(watched, State.READY)
                break
            if time.monotonic() > deadline:
                raise self._cannot(watched, f"it was not ready within {part.seconds:.0f} s")
            await asyncio.sleep(LOOK_EVERY)
        watched.took = time.monotonic() - self._began
        watched.ready.set()

    async def _spawn(self, watched: Watched) -> None:
        part = watched.part
        environment = {**os.environ, **part.env, MARK: str(self.folder)}
        if part.prefetch:
            environment[PREFETCH] = "1"
        tie = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(part.nice)]
        with watched.log.open() as log:
            watched.process = await asyncio.create_subprocess_exec(
                *tie,
                *part.command,
                stdin=asyncio.subprocess.PIPE if part.prefetch else asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        watched.started = time.monotonic()
        self._is(watched, State.STARTING)

    @staticmethod
    def _go(watched: Watched) -> None:
        if watched.process and watched.process.stdin:
            watched.process.stdin.close()

    # keeping

    def _keep(self, watched: Watched) -> None:
        if watched.state is not State.DONE:
            self.tasks.start(f"watch over {watched.part.name}", self._watch(watched), once=True)

    async def _watch(self, watched: Watched) -> None:
        failures = 0
        while not self.stopping.is_set():
            await self._wait(watched)
            if self.stopping.is_set():
                return
            if watched.part.may_end and self._code(watched) == 0:
                self._is(watched, State.DONE)
                return
            self._clear_group(watched)
            ran = time.monotonic() - watched.started
            failures = 1 if ran > STEADY else failures + 1
            pause = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
            watched.restarts += 1
            watched.ended.append(time.time())
            watched.last_error = watched.log.last_error()
            said = f": {watched.last_error}" if watched.last_error else ""
            self.tell(
                f"{watched.part.name} ended with {self._code(watched)}; "
                f"starting it again in {pause:g} s{said}"
            )
            self._is(watched, State.RESTARTING)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)
                return
            try:
                await self._again(watched)
            except OSError as error:  # no room, no process, no file: later perhaps
                self.tell(f"{watched.part.name} could not be started: {error}")

    async def _again(self, watched: Watched) -> None:
        await self._spawn(watched)
        self._go(watched)
        before = watched.started
        while watched.pid is not None and not self.stopping.is_set():
            if await self._ready(watched):
                self._is(watched, State.READY)
                took = time.monotonic() - before
                self.tell(f"{watched.part.name} is back after {took:.1f} s")
                return
            await asyncio.sleep(LOOK_EVERY)

    async def _ready(self, watched: Watched) -> bool:
        """Whether a part is ready; a question that fails is no, and the watch goes on."""
        try:
            return await watched.part.ready()
        except Exception as error:
            watched.last_error = f"it could not be asked: {error}"
            return False

    async def _wait(self, watched: Watched) -> None:
        if watched.process is not None:
            await watched.process.wait()

    # stopping

    async def run(self) -> None:
        """Watch over the parts until `stopping` is set."""
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 5.0)
            for watched in self.parts.values():
                with contextlib.suppress(OSError):
                    watched.log.rotate()

    async def stop(self) -> None:
        """End every process, those that take requests first, within ten seconds."""
        self.stopping.set()
        await self.tasks.stop()
        deadline = time.monotonic() + STOP_ALL
        for stage in sorted({w.part.stage for w in self.parts.values()}, reverse=True):
            group = [w for w in self.parts.values() if w.part.stage == stage]
            left = max(0.1, deadline - time.monotonic())
            await asyncio.gather(*(self._end(w, min(STOP_STAGE, left)) for w in group))
        self._write_state()

    async def _end(self, watched: Watched, seconds: float) -> None:
        if watched.pid is not None:
            self._signal(watched, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wait(watched), seconds)
        self._clear_group(watched)
        await self._wait(watched)
        if watched.state is not State.DONE:
            watched.state = State.STOPPED

    def _clear_group(self, watched: Watched) -> None:
        """Kill what is left of a part's process group, children of its own included."""
        self._signal(watched, signal.SIGKILL)

    @staticmethod
    def _signal(watched: Watched, number: int) -> None:
        if watched.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(watched.process.pid, number)

    # telling

    def _fail(self, line: str) -> None:
        self.failure = line
        self.tell(line)
        self.stopping.set()

    def tell(self, line: str) -> None:
        """Says a line to whoever watches the stack."""
        with contextlib.suppress(OSError):  # nobody listens any more
            self.report(line)

    def _is(self, watched: Watched, state: State) -> None:
        if watched.state is not state:
            watched.since = time.time()
        watched.state = state
        self._write_state()

    @staticmethod
    def _code(watched: Watched) -> str | int:
        code = watched.process.returncode if watched.process else None
        if code is not None and code < 0:
            return signal.Signals(-code).name
        return code if code is not None else "no process"

    def _cannot(self, watched: Watched, why: str) -> CannotStart:
        self._is(watched, State.FAILED)
        said = watched.log.last_error()
        if match := re.match(r"(\S+) cannot start: (.*)\. To fix: (.*)\.$", said):
            return CannotStart(*match.groups())
        name = watched.part.name
        quoted = f"{why}: {said}" if said else why
        return CannotStart(name, quoted, f"see {watched.log.path}")

    def state(self) -> dict[str, Any]:
        """What `headwater status` shows of the parts."""
        return {
            "pid": os.getpid(),
            "parts": {
                name: {
                    "pid": w.pid,
                    "state": str(w.state),
                    "restarts": w.restarts,
                    "ready_after": round(w.took, 2),
                    "last_error": w.last_error,
                    "since": w.since,
                    "ended": list(w.ended),
                }
                for name, w in self.parts.items()
            },
        }

    def _write_state(self) -> None:
        path = self.folder / "run" / "supervisor.json"
        new = path.with_suffix(".new")
        with contextlib.suppress(OSError):  # a full disk must not end what still runs
            path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(self.state(), indent=1))
            new.replace(path)
