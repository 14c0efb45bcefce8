"""Every table, view, dictionary and query of the warehouse: declared, documented, used."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from headwater import docs
from headwater.docs import PACKAGES
from warehouse import schema
from warehouse.roles import READS

ROOT = Path(__file__).parents[2]
#: Views that others than the administrator read and that read something personal → what of it.
TAKEN = {
    "lrs.statements_pseudonymous": "a pseudonym for the actor, no text",
    "ops.beats": "numbers, not the text of an error",
    "ops.rejected": "when, where and how long, not what was sent",
    "viewer.expert_topics": "counts",
    "viewer.experts": "the display name of whoever agreed, with a topic and a rank",
    "viewer.pipeline": "numbers, and a count",
    "viewer.refusals": "counts, and the rule that a header names",
}
#: What names people, to whom they agreed to be named: these columns, and no more.
NAMING = {"viewer.experts": {"topic", "rank", "name"}}
_INTO = re.compile(r"\bTO (\w+\.\w+)")


@cache
def migrated() -> tuple[dict[str, tuple[str, str]], dict[str, set[str]]]:
    """Engine and statement, and the columns, of all that a migrated warehouse holds, by name."""
    tables = (
        "SELECT concat(database, '.', name), engine, create_table_query FROM system.tables "
        f"WHERE concat(database, '.', name) IN ({docs.NAMES})"
    )
    columns = (
        "SELECT concat(database, '.', table), groupArray(name) FROM system.columns "
        f"WHERE concat(database, '.', table) IN ({docs.NAMES}) GROUP BY 1"
    )
    with docs.migrated() as engine:
        found, named = (
            [json.loads(row) for row in str(engine.query(sql, "JSONCompactEachRow")).splitlines()]
            for sql in (tables, columns)
        )
    return (
        {name: (engine, made) for name, engine, made in found},
        {name: set(columns) for name, columns in named},
    )


def standing() -> dict[str, tuple[str, str]]:
    """Engine and statement of each, by name."""
    return migrated()[0]


def columns() -> dict[str, set[str]]:
    """The columns of each, by name."""
    return migrated()[1]


@cache
def declared() -> dict[str, schema.Declared]:
    return {one.name: one for one in (*schema.tables(), *schema.views())}


def holding() -> list[str]:
    """What holds rows or reads them: all but the views that only hand an insert on."""
    return [
        name for name, (engine, _) in sorted(standing().items()) if engine != "MaterializedView"
    ]


#: Work tables of migrations, dropped by `warehouse/backfill.py` before anything is read of them.
PASSING = {"lrs.statement_rows_before"}


def test_every_table_says_whom_it_is_about() -> None:
    for name in holding():
        if name in PASSING:
            continue
        one = declared().get(name)
        assert one is not None, f"{name}: nothing in warehouse/tables or warehouse/views makes it"
        assert one.identity in schema.IDENTITIES, (
            f"{name}: put `-- identity: none|pseudonym|personal (why)` above its statement"
        )
        assert one.why, name
        assert one.description, f"{name}: say above its statement what it is"


def test_what_only_hands_on_goes_to_a_table_that_says_it() -> None:
    views = {n: made for n, (engine, made) in standing().items() if engine == "MaterializedView"}
    assert views
    for name, made in views.items():
        target = _INTO.search(made)
        assert target is not None, f"{name} keeps rows of its own: write it TO a table"
        assert target[1] in declared(), name


def test_every_view_that_stands_is_a_file_and_every_file_stands() -> None:
    files = {view.name: view.kind for view in schema.views()}
    engines = {"VIEW": "View", "DICTIONARY": "Dictionary"}
    assert {name: engines[kind] for name, kind in files.items()} == {
        name: engine for name, (engine, _) in standing().items() if engine in engines.values()
    }


def test_every_table_is_documented() -> None:
    page = (ROOT / "docs" / "tables.md").read_text("utf-8")
    for name in holding():
        assert name in PASSING or f"`{name}`" in page, f"run `python -m headwater.docs`: {name}"


def sources(name: str) -> set[str]:
    """Every table and view that a view reads, through others too."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = declared().get(waiting.pop())
        for each in one.names & declared().keys() if one and one.kind != "TABLE" else ():
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def test_no_readers_view_reads_something_personal_unnamed() -> None:
    for role, views in READS.items():
        for name in views:
            personal = {s for s in sources(name) if declared()[s].identity == "personal"}
            assert not personal or name in TAKEN, (
                f"{role} reads {name}, which reads {sorted(personal)}: name it in TAKEN, with "
                "what of it is read, or take it from the role"
            )
            if declared()[name].identity == "personal":
                assert columns()[name] == NAMING.get(name), f"{role} may not read {name}"


def test_what_is_named_as_taken_does_read_something_personal() -> None:
    for name in TAKEN:
        assert any(declared()[each].identity == "personal" for each in sources(name)), name


def test_what_reads_a_person_says_so() -> None:
    """A view with a column that names a person or an account is not about nobody."""
    telling = {"account", "person", "accounts", "actor", "agent", "identifier", "raw"}
    tables = {name for name in columns() if name in declared() and columns()[name] & telling}
    tables -= {"ops.unresolved"}
    assert tables
    for name in tables:
        assert declared()[name].identity != "none", name


@pytest.mark.parametrize(
    "path",
    sorted(str(p.relative_to(ROOT)) for p in (ROOT / "warehouse/queries").rglob("*.sql")),
)
def test_every_query_has_an_owner_and_is_asked(path: str) -> None:
    owner, _, name = path.removeprefix("warehouse/queries/").removesuffix(".sql").partition("/")
    assert name, f"{path}: a query lies in its owner's folder"
    assert f"{owner}/{name}" in code() or owner in named_in_part(name), f"nobody asks {path}"


#: Queries whose name is put together: the beginning of the name → the owner.
BY_PART = (("keys_", "lrs"), ("reload_", "directory"), ("reload_", "released"))
#: Texts that are read as files.
READ = "installation/book"


def named_in_part(name: str) -> set[str]:
    return {
        owner for part, owner in BY_PART if name.startswith(part) and f"{owner}/{part}{{" in code()
    }


@cache
def code() -> str:
    found = [path.read_text("utf-8") for each in PACKAGES for path in (ROOT / each).rglob("*.py")]
    return "\n".join((*found, READ))


def test_numbers_of_migrations_are_of_one_form() -> None:
    scripts = schema.migrations()
    assert [s.number for s in scripts] == sorted({s.number for s in scripts})
    for script in scripts:
        assert re.fullmatch(r"\d{3,4}_[a-z0-9_]+\.sql", script.name), script.name
