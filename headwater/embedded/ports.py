"""Which port each part listens on: the usual ones, or free ones."""

import contextlib
import errno
import ipaddress
import os
import socket
from itertools import count
from typing import Any

import psutil

from headwater.errors import CannotStart

LOOPBACK = "127.0.0.1"
#: Of these a part may have one that is free: systems give connections that go out the ports above,
#: and one that was free when it was looked for could be such a connection's when the part listens.
FREE = range(10_240, 32_768)
#: How far apart two processes begin to look, so that those which start at once choose others.
APART = 16
TRIES = 100
_turns = count()


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach what is bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def url(address: tuple[str, int]) -> str:
    """Return the address at which this machine reaches a part."""
    host, port = address
    reached = LOOPBACK if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"


def free_port(host: str = LOOPBACK) -> int:
    """Return a port of `host` that nothing listens on now.

    Raises CannotStart where none is found.
    """
    for _ in range(TRIES):
        port = FREE[(os.getpid() * APART + next(_turns)) % len(FREE)]
        with contextlib.suppress(OSError):
            socket.create_server((host, port)).close()
            return port
    raise CannotStart(
        "ports", f"none of {TRIES} ports of {host} is free", "see what listens there, and end it"
    )


def check_free(part: str, host: str, port: int) -> None:
    """Raise `CannotStart` when `part` could not listen on `host:port`."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = f"port {port} is taken{_holder(port)}" if taken else f"port {port}: {error}"
        raise CannotStart(
            part,
            why,
            f"free it, set HEADWATER_{part.upper()}_PORT, or use --ports auto for free ones",
        ) from error


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            address: tuple[Any, ...] = connection.laddr
            listens = connection.status == psutil.CONN_LISTEN and address
            if listens and address[1] == port and connection.pid:
                name = psutil.Process(connection.pid).name()
                return f" by {name} (process {connection.pid})"
    return ""
