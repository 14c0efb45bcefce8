"""Accounts that are no persons, and texts that are no exchange."""

import pytest

from producers import people
from producers.connector import Ignored
from producers.utterances import asks, is_exchange


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("ida", "User", True), ("ida", "", True), ("abbot", "User", True), ("robot", "", True),
        ("tidy[bot]", "", False), ("tidy-bot", "User", False), ("tidy", "Bot", False),
        ("left", "Mannequin", False), ("north", "Organization", False), ("ghost", "User", False),
        ("x", "service_account", False), ("", "User", False), ("Deleted User", "", False),
    ],
)  # fmt: skip
def test_who_is_a_person(name: str, kind: str, expected: bool) -> None:
    assert people.is_person(name, kind) is expected


@pytest.mark.parametrize("user", [None, {}, {"login": "ghost"}, {"login": "Tidy[bot]"}])
def test_what_nobody_did_counts_for_nobody(user: dict[str, str] | None) -> None:
    with pytest.raises(Ignored, match=r"counts for nobody|no person"):
        people.person(user, "login", "type")


@pytest.mark.parametrize(
    "text",
    ["/retest", "/assign @ida\n/lgtm\n", "@dependabot rebase", "@north-bot: go", "+1", ":tada:",
     "👍🏽", "-1 :eyes:"],
)  # fmt: skip
def test_a_command_or_a_nod_is_no_exchange(text: str) -> None:
    assert not is_exchange(text)


@pytest.mark.parametrize(
    "text",
    [None, "", "thanks", "/var/log is full", "see /retest", "@ida what do you think?", "好的", "2",
     "/retest\nsince the runner was full", "@abbot-of-north hm", "Try +1 more"],
)  # fmt: skip
def test_what_people_say_is_an_exchange(text: str | None) -> None:
    assert is_exchange(text)


@pytest.mark.parametrize(
    "text",
    ["Why is that?", "why? I see it", "(is it so?)", "为什么导出？", "لماذا لا يعمل؟",
     "and what *now?*", "is it no!?\nyes", "and what now?)？”"],
)  # fmt: skip
def test_a_text_that_asks(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "so it is",
        "is a?b it",
        "see there /run?id=7",
        "what is ?x",
        "ok?",
        "Lunch now?",
        "so many " + "?!" * 30_000 + "x",
    ],
)
def test_a_text_that_asks_nothing(text: str) -> None:
    assert not asks(text)
