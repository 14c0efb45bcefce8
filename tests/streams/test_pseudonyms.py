"""Pseudonyms: the same everywhere for one key, unrelated under another."""

import hashlib
import hmac

import pytest

from streams.errors import MissingKey
from streams.pseudonyms import Pseudonyms

KEY = "00112233445566778899aabbccddeeff"


def test_a_pseudonym_is_an_hmac_with_the_installations_key() -> None:
    identifier = "account:https://github.com|octocat"
    digest = hmac.new(bytes.fromhex(KEY), identifier.encode(), hashlib.sha256).digest()
    assert Pseudonyms(KEY).account(identifier) == int.from_bytes(digest[:8], "big")


def test_another_key_gives_another_pseudonym() -> None:
    other = Pseudonyms(KEY[::-1])
    assert Pseudonyms(KEY).account("mailto:a@b.invalid") != other.account("mailto:a@b.invalid")


def test_nobody_is_zero() -> None:
    assert Pseudonyms(KEY).account("") == 0
    assert Pseudonyms(KEY).person("") == 0


def test_a_person_is_not_an_account_of_the_same_name() -> None:
    assert Pseudonyms(KEY).person("ada") != Pseudonyms(KEY).account("ada")


@pytest.mark.parametrize("key", ["", "zz", "00", "00" * 15])
def test_a_weak_or_missing_key_is_refused(key: str) -> None:
    with pytest.raises(MissingKey, match="HEADWATER_PSEUDONYM_KEY"):
        Pseudonyms(key)
