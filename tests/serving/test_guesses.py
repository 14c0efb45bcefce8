"""How many passwords may be guessed."""

from serving import rates
from serving.guesses import Guesses


def test_an_address_guesses_now_and_then_and_others_are_not_disturbed() -> None:
    now = [0.0]
    tried = Guesses(burst=5, seconds=2, clock=lambda: now[0])
    looked_at = 0
    for tenth in range(600):  # a minute
        now[0] = tenth / 10
        if not tried.wait("192.0.2.1"):
            tried.wrong("192.0.2.1")
            looked_at += 1
    assert looked_at <= 5 + 30
    assert tried.wait("192.0.2.1") > 0
    assert tried.wait("192.0.2.2") == 0


def test_one_network_of_ipv6_is_one_who_guesses() -> None:
    tried = Guesses(burst=1, seconds=60)
    tried.wrong("2001:db8:0:1::1")
    assert tried.wait("2001:db8:0:1:ffff::9") > 0
    assert tried.wait("2001:db8:0:2::1") == 0


def test_memory_for_addresses_has_an_end(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(rates, "REMEMBERED", 10)
    tried = Guesses(burst=1, seconds=60)
    for number in range(100):
        tried.wrong(f"192.0.2.{number}")
    assert len(tried._paid) == 10
    assert tried.wait("192.0.2.99") > 0
