"""Start a part so that it cannot outlive its supervisor: `launcher.py PARENT NICE COMMAND…`.

Run by path in an isolated interpreter (`python -I -S`), it imports next to nothing, asks the kernel
to kill this process when its parent dies, and becomes the part. The request survives `exec`, so
it holds for Java as well.
"""

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
#: Every session is a group of its own to the scheduler (sched(7), "The autogroup feature"): a nice
#: value weighs only within it, unless the group has it too.
AUTOGROUP = "/proc/self/autogroup"
#: The kernel takes one such change in 0.1 s from users other than root.
TRIES = 20


def main() -> None:
    """Tie this process to its parent, lower its priority where asked, and become the command."""
    parent, nice, *command = sys.argv[1:]
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it died before the kernel was asked
        sys.exit(1)
    if int(nice):
        lower_priority(int(nice))
    os.execvp(command[0], command)  # noqa: S606 - the process becomes the part


def lower_priority(nice: int) -> None:
    """Give way to all other parts, by `nice` steps."""
    os.nice(nice)
    for _ in range(TRIES):
        try:
            with open(AUTOGROUP, "w") as group:
                group.write(str(nice))
        except BlockingIOError:
            time.sleep(0.1)
        except OSError:  # a kernel without it: there the nice value weighs by itself
            return
        else:
            return
    print(f"{AUTOGROUP} did not take the priority: this part may hold others up", file=sys.stderr)


if __name__ == "__main__":
    main()
