"""A port that is free stays so until the part that it is for listens."""

import socket
from itertools import count
from unittest.mock import patch

import pytest

from headwater.embedded import ports
from headwater.errors import CannotStart


def test_a_free_port_is_none_that_a_connection_may_take_meanwhile() -> None:
    """Linux gives connections ports from 32,768 on, others do from 49,152."""
    found = {ports.free_port() for _ in range(50)}
    assert len(found) > 10
    assert 1_024 < min(found) < max(found) < 32_768


def test_processes_that_start_at_once_look_at_different_ports() -> None:
    looked: dict[int, set[int]] = {}
    for process in range(5_000, 5_020):
        with (
            patch.object(ports.os, "getpid", lambda pid=process: pid),
            patch.object(ports, "_turns", count()),
        ):
            looked[process] = {ports.free_port() for _ in range(11)}
    assert len(set().union(*looked.values())) == sum(map(len, looked.values())) == 20 * 11


def test_a_port_on_which_somebody_listens_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with patch.object(ports, "FREE", [port]), pytest.raises(CannotStart, match="is free"):
            ports.free_port()
