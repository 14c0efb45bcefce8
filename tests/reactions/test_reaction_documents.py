"""A reactions.toml: what is wrong in it is told by its line, and what it means."""

import re
from datetime import UTC, datetime

import pytest

from reactions import memory
from reactions.document import EVERY, read
from reactions.errors import DocumentError
from reactions.rules import WHENS, Case
from tests.conftest import REPOSITORY

TARGET = '[[target]]\nname = "desk"\nkind = "webhook"\nurl = "https://a.test"\nsecret = "env:S"\n'
MAIL = '[[target]]\nname = "desk"\nkind = "email"\nserver = "mx"\nsender = "a@b.test"\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[[rule]]\nwhen = "question-opened"\n', 2, "question-open"),
        ('[[rule]]\nwhen = "team-silent"\namount = -1\n', 3, "greater than 0"),
        ('[[rule]]\nwhen = "team-silent"\namount = 1.5\n', 1, "whole number"),
        ('[[rule]]\nwhen = "team-silent"\nhours = 4\n', 3, "Extra inputs"),
        ('[[rule]]\nwhen = "team-silent"\nteam = ""\n', 3, "leave it out"),
        ('[[rule]]\nwhen = "team-silent"\nname = "No"\n', 3, "a name is of"),
        ('[[rule]]\nwhen = "team-silent"\ndeliver = "desk"\n', 1, "no such \\[\\[target\\]\\]"),
        ('[[rule]]\nwhen = "team-silent"\n' * 2, 1, "give each a name"),
        (TARGET + TARGET, 1, "give each a name"),
        (TARGET + "limit = 0\n", 6, "greater than or equal to 1"),
        (TARGET.replace("env:S", "whsec_abc"), 5, "not a secret"),
        (TARGET.replace("https://a.test", "a.test"), 4, "an address as https"),
        (TARGET.replace("webhook", "pigeon"), 3, "pigeon"),
        (MAIL + 'to = "nobody"\n', 1, "no address of e-mail"),
        (MAIL + 'to = "c@d.test"\nuser = "me"\n', 1, "given together"),
        (MAIL + 'to = "c@d.test"\nuser = "u"\npassword = "env:P"\nstarttls = false\n', 1, "never"),
        ('[quiet]\nhours = "9-17"\n', 2, "write hours as"),
        ('[quiet]\nhours = "17:00-09:00"\n', 2, "begin before they end"),
        ("[quiet]\ndays = []\n", 2, "nothing would ever be delivered"),
        ('page = "learning"\n', 1, "an address as https"),
        ('[[rule]]\nwhen = "week"\nteam = "Web"\n', 1, "its view says what is shown"),
        ('[[rule]]\nwhen = "team-silent"\npdf = true\n', 1, "of the rule week alone"),
        ('[[rule]]\nwhen = "stale-read"\nview = "V"\n', 1, "of the rule week alone"),
        (TARGET + '[[rule]]\nwhen = "week"\npdf = true\ndeliver = "desk"\n', 1, "nobody by e-mail"),
        ("[quiet]\ndays = [8]\n", 2, "less than or equal to 7"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(DocumentError, match=rf"^a\.toml, line {line}\b.*{said}") as raised:
        read(text, "a.toml")
    assert "whsec_abc" not in str(raised.value)


def test_no_toml_is_told() -> None:
    with pytest.raises(DocumentError, match=r"a\.toml: .*line 1"):
        read("[[rule\n", "a.toml")


def test_the_documented_set_is_every_rule_as_it_is_and_off() -> None:
    text = (REPOSITORY / "deploy" / "reactions" / "reactions.toml").read_text("utf-8")
    assert read(text, "it").rule == ()
    on = re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)
    assert {rule.when: rule.amount or WHENS[rule.when].amount for rule in read(on, "it").rule} == {
        name: when.amount for name, when in WHENS.items()
    }
    assert {rule.when for rule in EVERY.rule} == set(WHENS)
    page = (REPOSITORY / "docs" / "reactions.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in WHENS)


class Kept:
    """What of a warehouse keeps the texts that were put in force, the newest first."""

    def __init__(self, *texts: tuple[int, str]) -> None:
        self.texts = texts

    def rows(self, _: str) -> list[tuple[int, str]]:
        return list(self.texts)


def test_a_rule_is_on_since_it_is_as_it_is() -> None:
    rule, more = '[[rule]]\nwhen = "team-silent"\n', '[[rule]]\nwhen = "stale-read"\n'
    history = (
        (9_000, TARGET + rule + 'deliver = "desk"\n' + more),  # whom it tells does not matter
        (8_000, rule + more.replace("stale-read", "expert-gone")),
        (7_000, rule),
        (6_000, rule + "amount = 7\n"),
        (5_000, rule),
    )
    held = memory.in_force(Kept(*history))  # type: ignore[arg-type]
    assert held.version == 9_000
    assert {name: at.timestamp() for name, at in held.since.items()} == {
        "team-silent": 7.0,
        "stale-read": 9.0,
    }
    assert memory.in_force(Kept((2_000, rule), (1_000, "not = [toml"))).since.keys() == {  # type: ignore[arg-type]
        "team-silent"
    }


def test_a_case_has_one_id_whenever_it_is_found() -> None:
    at = datetime(2026, 3, 27, tzinfo=UTC)
    case = Case("silence", "team-silent", "Web/2026-02-24", at, 30, team="Web")
    assert str(case.id) == "eba65d62-a293-543d-9946-1ca0fdd45bde"
    assert case._replace(at=at.replace(hour=3), topic="kafka").id == case.id
    others = {case._replace(**{name: "other"}).id for name in ("rule", "when", "key")}
    assert len({case.id, *others}) == 4


def test_secrets_are_not_shown() -> None:
    assert "whsec" not in repr(read(TARGET, "it"))
