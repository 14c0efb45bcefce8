"""Runs a part as it is, and cancels one of its tasks when it gets SIGUSR1: `part.py PART TASK`.

With `list` for the task it prints the names of those under way instead, and goes on.
"""

import asyncio
import signal
import sys
from typing import Any

from headwater.cli import main
from serving import tasks
from streams import app as worker

under_way: dict[str, "asyncio.Task[Any]"] = {}
wanted = ""
start, guarded = tasks.Tasks.start, worker._App._guarded


def signalled() -> None:
    if wanted == "list":
        print("tasks:", *sorted(n for n, t in under_way.items() if not t.done()), sep="\n- ")
        print("end", flush=True)
        return
    under_way[wanted].cancel()


def remembering(self: tasks.Tasks, name: str, work: Any, **options: Any) -> "asyncio.Task[Any]":
    task = start(self, name, work, **options)
    under_way[f"{self.part}: {name}"] = task
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, signalled)
    return task


def noting(self: Any, fun: Any) -> Any:
    """faust makes the tasks of a worker itself."""
    work = guarded(self, fun)

    async def noted() -> Any:
        task = asyncio.current_task()
        assert task is not None
        under_way[f"worker: {fun.__qualname__.replace('.<locals>', '')}"] = task
        return await work()

    return noted


def serve() -> None:
    """Runs the part and the task that the command line names."""
    global wanted
    wanted = sys.argv[2]
    tasks.Tasks.start = remembering  # type: ignore[method-assign]
    worker._App._guarded = noting  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, lambda *_: signalled())  # for a part that has no task
    sys.argv = ["headwater", sys.argv[1]]
    main()


if __name__ == "__main__":
    serve()
