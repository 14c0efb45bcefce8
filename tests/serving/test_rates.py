"""How often an address may do something, and whose it is behind a proxy."""

import pickle

import pytest

from serving.proxies import Proxies
from serving.rates import Rate

BEHIND = Proxies("10.0.0.0/8, ::1", setting="HEADWATER_X")


def test_no_address_is_kept() -> None:
    rate = Rate(1, 60)
    rate.spend("192.0.2.77")
    assert rate.wait("192.0.2.77") > 0
    assert b"192.0.2" not in pickle.dumps(rate._paid)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.1", "", "203.0.113.1"),
        ("203.0.113.1", "198.51.100.1", "203.0.113.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.1, 10.0.0.2", "203.0.113.1"),
        ("::1", " , nonsense", "nonsense"),
        ("", "203.0.113.1", ""),
    ],
)
def test_a_client_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, forwarded: str, client: str
) -> None:
    assert BEHIND.client(peer, forwarded) == client


def test_what_is_no_network_is_told_with_its_setting() -> None:
    with pytest.raises(ValueError, match="HEADWATER_X names 'proxy'"):
        Proxies("127.0.0.1, proxy", setting="HEADWATER_X")
