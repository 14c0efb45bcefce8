"""Parts in processes of their own that have imported all before they begin.

Importing is most of what a start costs, and a test that kills a part ten times starts it eleven
times. Here a server imports once, and each part is forked from it: a process as any, which has no
thread, no socket and no setting of another, and which a real SIGKILL ends.
"""

import importlib
import multiprocessing
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from headwater import commands, parts
from producers import connectors

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "pytest",  # each process looks at the module that pytest was started by
        "tests.producers.prepared",
        "producers.hooks",
        "producers.poller",
        "headwater.cli",
        "lrs.server",
        "streams.app",
        "streams.plain",
        "streams.recorder.recorder",
        "streams.rollups",
        *(
            f"{package.__name__}.{one.name}"
            for package in (connectors, commands, parts)
            for one in pkgutil.iter_modules(package.__path__)
        ),
    ]
)


class Prepared:
    """A part that runs; as much of `subprocess.Popen` as tests ask for."""

    def __init__(
        self, module: str, told: Mapping[str, str], log: Path, *words: str, serve: str = "serve"
    ) -> None:
        """`module` has a function `serve`; `told` is its environment, and `log` is appended to.
        `words` are those that follow `headwater` on the command line."""
        self._process: ForkServerProcess = _context.Process(
            target=_serve, args=(module, serve, words, dict(told), str(log))
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process's id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """What it ended with, negative for a signal; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self._process.exitcode

    def kill(self) -> None:
        """Sends SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Sends SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: int) -> None:
        """Sends a signal, where it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, seconds: float | None = None) -> int:
        """Returns what it ended with; raises `subprocess.TimeoutExpired` where it has not."""
        self._process.join(seconds)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(str(self._process), seconds or 0.0)
        return self.returncode


def _serve(
    module: str, serve: str, words: tuple[str, ...], told: Mapping[str, str], log: str
) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(told)
    sys.argv = ["headwater", *words]
    getattr(importlib.import_module(module), serve)()
