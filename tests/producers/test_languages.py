"""In which language a text is: of prose alone, and of none that is too short to tell."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.languages import LETTERS, language

FRENCH = "Pourquoi l'exportation échoue-t-elle depuis lundi matin ?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Why does the export of the nightly job fail since Monday?", "en"),
        ("Wie exportiere ich die Daten aus dem neuen System am besten?", "de"),
        (FRENCH, "fr"),
        ("El servidor no responde desde que cambiamos la configuración.", "es"),
        ("Il server non risponde da quando abbiamo cambiato la configurazione.", "it"),
        ("Waarom mislukt de export sinds maandag?", "nl"),
        ("Dlaczego eksport nie działa od poniedziałku?", "pl"),
        ("Почему экспорт не работает с понедельника?", "ru"),
        ("为什么导出失败了？请帮我看一下2点的日志。", "zh"),
        ("サーバーが応答しません。設定を変更しましたか？", "ja"),
    ],
)
def test_the_language_of_what_people_write(text: str, expected: str) -> None:
    assert language(text) == expected
    assert language(f"{text}\n" * 3) == expected


@pytest.mark.parametrize(
    "text",
    ["", "ok", "thanks", "LGTM, merge", "Kafka lag 15", "+1 for it", "👍" * 40, "12345 " * 40,
     "https://wiki.north.example/why-does-it-fail", "`make lock`", "see north/atlas#7, v1.2.3",
     "```\nraise ValueError('the export has no rows')\n```"],
)  # fmt: skip
def test_a_text_too_short_to_tell_has_none(text: str) -> None:
    assert language(text) == ""


@pytest.mark.parametrize(
    "foreign",
    ["```\nthis is what the program says of the error\n```", "`the name of the option`",
     "> this is what somebody else has written before", "&gt; this is what somebody else wrote",
     "{code:java}this is what the program says{code}", "[quote=\"ida\"]this is of Ida[/quote]",
     "<pre>this is what the program says</pre>", "<blockquote>this is of Ida</blockquote>",
     "https://wiki.north.example/this-is-the-title", "<@U0123ABCD> <https://a.example|the>"],
)  # fmt: skip
def test_code_quotes_and_links_are_no_prose(foreign: str) -> None:
    assert language(f"{foreign}\n{FRENCH}") == "fr"
    assert language("\n".join([foreign] * 4 + [FRENCH])) == "fr"
    assert language(foreign) == ""


@given(st.text())
def test_every_text_has_a_code_or_none_and_the_same_again(text: str) -> None:
    found = language(text)
    assert found == "" or (found.isascii() and found.islower() and 2 <= len(found) <= 3)
    assert language(text) == found
    assert not found or len(text.encode("utf-8", "replace")) >= LETTERS


@pytest.mark.parametrize("piece", ["```", "{code:", "<pre>", "[quote", "a", "`", "<a", "&a", "\n>"])
def test_a_text_that_nobody_writes_is_read_in_no_time(piece: str) -> None:
    began = time.process_time()
    language(piece * 1_000_000)
    assert time.process_time() - began < 1
