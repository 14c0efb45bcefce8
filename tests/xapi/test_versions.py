"""Versions, and statements of one for readers of another."""

import json

import pytest

from xapi.versions import downgrade, rules_of


@pytest.mark.parametrize(
    ("header", "rules"),
    [
        ("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.3", "1.0.3"), ("1.0.32", "1.0.3"),
        ("2.0", "2.0.0"), ("2.0.0", "2.0.0"), ("2.0.1", "2.0.0"),
        ("", None), ("0.95", None), ("1.1.0", None), ("2.1.0", None), ("3.0.0", None),
        ("1.0.", None), ("1.0.3 ", None), ("1.0.03", None), ("v2.0.0", None),
    ],
)  # fmt: skip
def test_a_header_chooses_the_rules(header: str, rules: str | None) -> None:
    assert rules_of(header) == rules


AGENT = {"objectType": "Agent", "mbox": "mailto:a@b.c"}
CONTEXT = {
    "platform": "x",
    "contextAgents": [{"objectType": "contextAgent", "agent": AGENT}],
    "contextGroups": [],
}


def test_what_only_2_0_knows_is_left_out_everywhere_and_the_rest_stays() -> None:
    inner = {"objectType": "SubStatement", "context": CONTEXT, "result": {"score": {"raw": 1.50}}}
    statement = {"version": "2.0.0", "actor": AGENT, "object": inner, "context": CONTEXT}
    found = json.loads(downgrade(json.dumps(statement).encode()))
    assert found == {
        "version": "1.0.3",
        "actor": AGENT,
        "object": {**inner, "context": {"platform": "x"}},
        "context": {"platform": "x"},
    }


def test_a_statement_of_1_0_3_is_not_touched() -> None:
    raw = b'{ "version" : "1.0.0", "result":{"score":{"raw":1.50}} }'
    assert downgrade(raw) is raw
