"""Faults that a running stack must bear without losing or doubling anything, besides kills."""

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from running import Up

from tests.conftest import free_port, wait_http
from tests.waiting import PATIENCE

#: Those that an operator's restart or a deployment ends kindly.
KIND = (signal.SIGTERM, signal.SIGINT)
STOP_SECONDS = PATIENCE


def stop_kindly(up: Up, chooser: random.Random, *names: str) -> str:
    """Ends a part as an operator would; the supervisor starts it anew. "" where none was hit."""
    pids = up.pids()
    running = sorted(set(pids) & set(names or pids))
    if not running:
        return ""
    name = chooser.choice(running)
    try:
        os.kill(pids[name], chooser.choice(KIND))
    except ProcessLookupError:
        return ""
    return name


def rebalance(up: Up, chooser: random.Random, folder: Path) -> bool:
    """A second worker joins the stack's, has its share of the partitions, and leaves kindly.

    Whether it came so far: the stack's own worker or its broker may be down just now. `folder` is
    the second one's own.
    """
    port = free_port()
    try:
        environment = psutil.Process(up.pids()["worker"]).environ()
    except (KeyError, psutil.Error):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    environment |= {"HEADWATER_WORKER_PORT": str(port), "HEADWATER_DATA": str(folder)}
    second = psutil.Popen([sys.executable, "-m", "headwater", "worker"], env=environment)
    try:
        wait_http(f"http://127.0.0.1:{port}/healthz", second)
        second.send_signal(chooser.choice(KIND))
        return bool(second.wait(STOP_SECONDS) == 0)
    except (AssertionError, psutil.Error):
        return False
    finally:
        if second.is_running():
            second.kill()
            second.wait()


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A part stands still while the block runs: a suspended laptop, a paused machine, a long stall.

    It holds its sockets and answers nothing. What was killed meanwhile is let be. Each part leads a
    process group of its own, its children among it.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGCONT)


def freeze(up: Up, chooser: random.Random, seconds: float, *names: str) -> str:
    """Stops a part for so long, then lets it go on; "" where none was there all the time."""
    pids = up.pids()
    running = sorted(set(pids) & set(names or pids))
    if not running:
        return ""
    name = chooser.choice(running)
    with frozen(pids[name]):
        time.sleep(seconds)  # the stall is the fault
        return name if psutil.pid_exists(pids[name]) else ""
