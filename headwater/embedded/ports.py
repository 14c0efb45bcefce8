"""Which port each part listens on: the usual ones, or free ones."""

import contextlib
import errno
import ipaddress
import socket
from typing import Any

import psutil

from headwater.errors import CannotStart

LOOPBACK = "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach what is bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def free_port(host: str = LOOPBACK) -> int:
    """Return a port of `host` that nothing listens on now."""
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


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
