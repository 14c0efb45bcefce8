"""Parts of the producers in processes of their own that have imported all before they begin.

Importing is most of what a start costs, and a test that kills a part ten times starts it eleven
times. Here a server imports once, and each part is forked from it: a process as any, which has no
thread, no socket and no setting of another, and which a real SIGKILL ends.
"""

import importlib
import multiprocessing
import os
import pkgutil
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from producers import connectors

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "pytest",  # each process looks at the module that pytest was started by
        "tests.producers.prepared",
        "producers.hooks",
        "producers.poller",
        *(f"{connectors.__name__}.{one.name}" for one in pkgutil.iter_modules(connectors.__path__)),
    ]
)


class Prepared:
    """A part that runs; as much of `subprocess.Popen` as tests ask for."""

    def __init__(self, module: str, told: Mapping[str, str], log: Path) -> None:
        """`module` has a function `serve`; `told` is its environment, and `log` is appended to."""
        self._process: ForkServerProcess = _context.Process(
            target=_serve, args=(module, dict(told), str(log))
        )
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """What it ended with, negative for a signal; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self._process.exitcode

    def kill(self) -> None:
        """Sends SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """Sends SIGTERM."""
        self._process.terminate()

    def wait(self) -> None:
        """Returns when it has ended."""
        self._process.join()


def _serve(module: str, told: Mapping[str, str], log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(told)
    importlib.import_module(module).serve()
