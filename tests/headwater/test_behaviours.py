"""What `headwater behaviours check` says of a file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.cli import build
from headwater.errors import StackError

RULES = '# ours\n\n[[rule]]\ntopic = "random"\nbehaviour = "none"\n\n[[rule]]\ntag = "runbook"\n'


def test_a_file_is_read_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "behaviours.toml"
    file.write_text(f'{RULES}behaviour = "record"\n')
    said = CliRunner().invoke(build(), ["behaviours", "check", str(file)])
    assert said.exit_code == 0
    assert said.stdout.splitlines()[:2] == [
        "  1 topic = random: none",
        "  2 tag = runbook: record",
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('behaviour = "writing"\n', "line 9 (rule.#2.behaviour): 'writing' is not one of ask, "),
        ("", "line 7 (rule.#2.behaviour): Field required"),
        ('behaviour = "help"\nverb = "aksed"\n', "line 10 (rule.#2.verb): 'aksed' is neither"),
        ('behaviour = "help"\n[rule]\n', "line 10"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(tmp_path: Path, more: str, said: str) -> None:
    file = tmp_path / "behaviours.toml"
    file.write_text(RULES + more)
    found = CliRunner().invoke(build(), ["behaviours", "check", str(file)])
    assert found.exit_code == 1
    assert isinstance(found.exception, StackError)
    assert str(found.exception).startswith(str(file))
    assert said in str(found.exception)


def test_a_kind_that_no_connector_tells_is_told(tmp_path: Path) -> None:
    file = tmp_path / "behaviours.toml"
    kinds = '["issue_comment", "ISSUES.opened", "post_*", "issue_coment", "post_edited"]'
    file.write_text(f'{RULES}behaviour = "record"\n[[rule]]\nkind = {kinds}\nbehaviour = "help"\n')
    said = CliRunner().invoke(build(), ["behaviours", "check", str(file)])
    assert said.exit_code == 0
    told = [line for line in said.stdout.splitlines() if "no connector tells the kind" in line]
    assert [line.partition(";")[0] for line in told] == [
        "rule 3: no connector tells the kind 'issue_coment'",
        "rule 3: no connector tells the kind 'post_edited'",
    ]
