"""Whose no-reply address an identifier is: what forges document, and nothing that is guessed."""

import pytest

from xapi.identity import forge_account


@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("17+ida-berg@users.noreply.github.com", "https://github.com|ida-berg"),
        ("Ida-Berg@users.noreply.github.com", "https://github.com|ida-berg"),
        ("17+ida@users.noreply.git.north.example", "https://git.north.example|ida"),
        ("818-ida@users.noreply.gitlab.com", "https://gitlab.com|818"),
        ("12-ida@users.noreply.github.com", "https://github.com|12-ida"),
    ],
)
def test_a_no_reply_address_is_of_its_account(address: str, account: str) -> None:
    assert forge_account(f"mailto:{address}") == f"account:{account}"


@pytest.mark.parametrize(
    "identifier",
    [
        "mailto:ida@north.example",
        "mailto:818-ida@users.noreply.git.north.example",
        "mailto:ida@users.noreply.git.north.example",
        "mailto:x+ida@users.noreply.github.com",
        "mailto:ida@users.noreply.gitlab.com",
        "account:https://github.com|ida",
        "mailto:17+ida@users.noreply.github.com@evil.example",
        "",
    ],
)
def test_any_other_is_of_nobody(identifier: str) -> None:
    assert forge_account(identifier) == ""
