"""What a demo invented is known by its host, and text that mentions it is not."""

import json
from typing import Any

import pytest

from xapi.batch import Reading, Stamp, read
from xapi.errors import StatementError
from xapi.synthetic import is_address

STAMP = Stamp({"mbox": "mailto:lrs@example.org"})
INVENTED = {"account": {"homePage": "https://sso.demo.headwater.invalid", "name": "x"}}


def statement(**more: Any) -> dict[str, Any]:
    return {
        "actor": {"mbox": "mailto:anna@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
        "object": {"id": "http://example.org/1"},
        **more,
    }


@pytest.mark.parametrize(
    ("marked", "where"),
    [
        ({"actor": INVENTED}, "actor.account.homePage"),
        ({"object": {"id": "https://github.demo.headwater.invalid/a/b"}}, "object.id"),
        ({"object": {"objectType": "Agent", **INVENTED}}, "object.account.homePage"),
    ],
)
def test_the_mark_is_refused_beside_real_data_alone(marked: dict[str, Any], where: str) -> None:
    body = json.dumps([statement(), statement(**marked)]).encode()
    assert len(read(body, Reading(STAMP)).lines) == 2
    with pytest.raises(StatementError, match=r"demo\.headwater\.invalid") as refused:
        read(body, Reading(STAMP, real=True))
    assert refused.value.path == f"$[1].{where}"


def test_text_that_mentions_it_is_no_mark() -> None:
    name = {"en": "how to reset https://sso.demo.headwater.invalid"}
    thing = {"id": "http://example.org/1", "definition": {"name": name}}
    assert read(json.dumps(statement(object=thing)).encode(), Reading(STAMP, real=True)).lines


@pytest.mark.parametrize("text", ["https://demo.headwater.invalid.example.org/", "https://[", "x"])
def test_another_host_is_none(text: str) -> None:
    assert not is_address(text)
