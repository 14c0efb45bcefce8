"""Start a part so that it cannot outlive its supervisor: `launcher.py PARENT NICE COMMAND…`.

Run by path in an isolated interpreter (`python -I -S`), it imports next to nothing, asks the kernel
to kill this process when its parent dies, and becomes the part. The request survives `exec`, so
it holds for Java as well.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, lower its priority where asked, and become the command."""
    parent, nice, *command = sys.argv[1:]
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it died before the kernel was asked
        sys.exit(1)
    os.nice(int(nice))
    os.execvp(command[0], command)  # noqa: S606 - the process becomes the part


if __name__ == "__main__":
    main()
