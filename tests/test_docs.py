"""The documentation against the code: generated pages current, names known, commands real."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from headwater import docs
from xapi.tolerance import REPAIRS

REPOSITORY = Path(__file__).parents[1]
WRITTEN = ("README.md", "ARCHITECTURE.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@cache
def text(name: str) -> str:
    return (REPOSITORY / name).read_text("utf-8")


@cache
def known() -> dict[str, set[str]]:
    """Every command's words with its options."""
    return {
        words: {"--help", *(o for p in command.params for o in (*p.opts, *p.secondary_opts))}
        for words, command in docs.commands()
    }


def test_generated_pages_are_current() -> None:
    assert docs.stale() == [], "run `python -m headwater.docs` and commit"


def test_every_command_says_what_it_does() -> None:
    for words, command in docs.commands():
        assert command.help, f"{words} has no help"
        for parameter in command.params:
            told = getattr(parameter, "help", None) or parameter.param_type_name == "argument"
            assert told, f"{words} {parameter.name} has no help"


def test_every_setting_says_what_it_is_for() -> None:
    described = {field.name for field in docs.fields() if field.description}
    assert {field.name for field in docs.fields()} <= described


def test_no_setting_shows_a_secret() -> None:
    for field in docs.fields():
        if re.search("PASSWORD|CREDENTIAL|LOGIN|KEY$|CLICKHOUSE", field.name):
            assert field.default == "", field.name


def test_every_variable_in_the_code_is_documented() -> None:
    named: set[str] = set()
    for package in docs.PACKAGES:
        for path in (REPOSITORY / package).rglob("*.py"):
            named |= set(re.findall(r'"(HEADWATER_[A-Z_]+)"', path.read_text("utf-8")))
    # Words to one's own children, or to the process that takes one's place.
    between_parts = {
        "HEADWATER_PREFETCH",
        "HEADWATER_SUPERVISED",
        "HEADWATER_WAREHOUSE_UNSURE_SINCE",
    }
    page = text("docs/settings.md")
    assert {name for name in named - between_parts if f"`{name}`" not in page} == set()


def test_every_view_that_an_analyst_reads_is_described() -> None:
    views, _ = docs.views()
    assert {"lrs.statements", "learning.events", "kpi.team_weeks", "viewer.activity"} <= {
        view.name for view in views
    }
    assert all(view.columns for view in views)
    page = text("docs/tables.md")
    for view in views:
        assert f"## `{view.name}`" in page


def shell_lines(name: str) -> list[str]:
    blocks = [body for language, body in BLOCK.findall(text(name)) if language == "sh"]
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines()]


@pytest.mark.parametrize("name", WRITTEN)
def test_every_headwater_command_exists(name: str) -> None:
    prose = re.findall(r"`((?:\.venv/bin/)?headwater [^`]+)`", text(name))
    for line in [*shell_lines(name), *prose]:
        if not re.match(r"(\.venv/bin/)?headwater\s", line):
            continue
        words = ["headwater", *line.split("#")[0].split()[1:]]
        found = max(
            (each for each in known() if words[: len(each.split())] == each.split()),
            key=len,
            default=None,
        )
        if found is None:
            groups = {each.rpartition(" ")[0] for each in known()}
            found_group = " ".join(words[:2])
            assert found_group in groups, f"{name}: {line}"
            continue
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= known()[found], f"{name}: {line}"


@pytest.mark.parametrize("name", WRITTEN)
def test_every_target_is_in_the_makefile(name: str) -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", text("Makefile")))
    prose = re.findall(r"`make ([a-z]+)", text(name))
    block = [line.split()[1] for line in shell_lines(name) if line.startswith("make ")]
    assert set(prose + block) <= targets


@pytest.mark.parametrize("name", WRITTEN)
def test_every_link_and_path_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", text(name)):
        if not target.startswith(("http", "docs/images/")):  # pictures are taken of a running demo
            assert (REPOSITORY / target).exists(), f"{name}: {target}"


@pytest.mark.parametrize("name", WRITTEN)
def test_every_setting_named_exists(name: str) -> None:
    page = text("docs/settings.md") + text("deploy/headwater.env.example")
    for variable in set(re.findall(r"HEADWATER_[A-Z_]+", text(name))):
        assert variable in page, f"{name}: {variable}"


@pytest.mark.parametrize("name", WRITTEN)
def test_every_table_named_exists(name: str) -> None:
    views = {view.name for view in docs.views()[0]}
    databases = {view.partition(".")[0] for view in views}
    queried = re.findall(r"(?i)\b(?:from|join)\s+([a-z]+\.[a-z_]+)", text(name))
    for table in queried:
        if table.partition(".")[0] in databases:
            assert table in views, f"{name}: {table}"


def test_every_repair_is_listed_with_its_producer_and_an_example() -> None:
    page = text("docs/repairs.md")
    for repair in REPAIRS:
        assert f"## {repair.name}\n\nProducer: {repair.producer}." in page
        for example in (repair.example, repair.repaired):
            assert json.dumps(example) in page
