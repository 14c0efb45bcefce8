"""Nothing that comes from outside is pasted into SQL: every text that is put into a statement is
a literal of ours, or goes through one of the few functions that make a literal of it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.docs import PACKAGES
from tests.cases import for_each

ROOT = Path(__file__).parents[1]
#: Text with one of these in it is taken for SQL. Key words are in capitals everywhere here.
SQL = re.compile(
    r"\b(SELECT|INSERT INTO|CREATE [A-Z]+|ALTER [A-Z]+|DROP [A-Z]+|EXPLAIN|KILL QUERY|SET|USE"
    r"|GRANT|REVOKE|INTO OUTFILE|FORMAT|WHERE|ORDER BY|EXECUTE AS|ATTACH [A-Z]+|DETACH [A-Z]+"
    r"|SYSTEM [A-Z]+)(?= |$)"
)
#: What makes a literal, an identifier or a checked word of a text.
SAFE = frozenset({"quoted", "identifier", "assigned", "form"})
#: What is put into SQL without one of them: (file, expression) → why it holds nothing from outside.
REASONS = {
    ("headwater/embedded/warehouse/engine.py", "wanted"): "made of quoted halves of our own mark",
    (
        "headwater/embedded/warehouse/engine.py",
        "(f'{_name(name)} = {quoted(value)}' for name, value in settings)",
    ): "names checked, values quoted",
    ("headwater/embedded/warehouse/rights.py", "roles"): "of roles.py",
    (
        "headwater/embedded/warehouse/rights.py",
        "', '.join(granted)",
    ): "of roles.py, and names of workspaces, which are checked words",
    ("headwater/embedded/warehouse/rights.py", "_policies()"): "of a list of ours",
    ("headwater/embedded/warehouse/rows.py", "form"): "checked by form() of work.py",
    ("producers/connectors/jira/poll.py", "within"): "JQL, of project keys that are checked",
    ("producers/connectors/jira/poll.py", "second * 1000"): "JQL, a number",
    ("warehouse/roles.py", "view"): "of the same file",
    ("warehouse/roles.py", "role"): "of the same file",
    ("warehouse/roles.py", "rights"): "of the same file",
    ("warehouse/workspaces.py", "RIGHTS"): "of the same file",
    ("warehouse/workspaces.py", "view"): "of roles.py",
    ("warehouse/workspaces.py", "self.user"): "a name that __post_init__ has checked to be a word",
    ("warehouse/workspaces.py", "self.database"): "a name that __post_init__ has checked, too",
    ("headwater/embedded/warehouse/gate.py", "kind"): "no SQL, but a node of the engine's tree",
    ("headwater/embedded/warehouse/work.py", "pipe"): "a file descriptor",
    ("headwater/embedded/warehouse/work.py", "name"): "identifier(table.name)",
    ("headwater/embedded/warehouse/work.py", "names"): "each quoted",
    **{
        ("headwater/embedded/checks.py", each): "told to the operator, run by nobody"
        for each in ("database", "table", "part")
    },
    **{
        ("headwater/verification/scratch.py", each): "names and views of our own schema"
        for each in ("DATABASE", "copy", "target", "text", "name")
    },
    **{
        ("headwater/verification/marts.py", each): "a mart's table, which its declaration checks"
        for each in ("scratch", "mart.table")
    },
    (
        "headwater/embedded/warehouse/gate.py",
        "canonical.decode()",
    ): "the reader's whole statement as the engine wrote it anew: explained, not run",
}


def pasted(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each expression that a Python source puts into SQL."""
    for node in ast.walk(ast.parse(source)):
        parts = _parts(node)
        text = " ".join(part for part in parts if isinstance(part, str))
        if SQL.search(text):
            yield from (
                (node.lineno, ast.unparse(part))  # type: ignore[attr-defined]
                for part in parts
                if isinstance(part, ast.expr)
            )


def _parts(node: ast.AST) -> list[str | ast.expr]:
    """What a text is put together from, whichever way: literals, and expressions."""
    if isinstance(node, ast.JoinedStr):
        return [
            str(each.value) if isinstance(each, ast.Constant) else each.value
            for each in node.values
            if isinstance(each, ast.Constant | ast.FormattedValue)
        ]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return [*_side(node.left), *_side(node.right)]
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("format", "replace", "join")
    ):
        return [*_side(node.func.value), *(part for each in node.args for part in _side(each))]
    return []


def _side(node: ast.expr) -> list[str | ast.expr]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    return _parts(node) or [node]


def _is_safe(expression: str) -> bool:
    call = ast.parse(expression, mode="eval").body
    return isinstance(call, ast.Call) and ast.unparse(call.func) in SAFE


def sources() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT)) for each in PACKAGES for path in (ROOT / each).rglob("*.py")
    )


@for_each("path", sources(), by=lambda path: path.partition("/")[0])
def test_nothing_is_pasted_into_sql(path: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    found = [
        f"{path}:{line}: {expression}"
        for line, expression in pasted(source)
        if not _is_safe(expression) and (path, expression) not in REASONS
    ]
    assert not found, "put it in as a parameter, or through quoted() or identifier()"


def test_every_reason_is_still_needed() -> None:
    found = {
        (path, expression)
        for path in {path for path, _ in REASONS}
        for _, expression in pasted((ROOT / path).read_text("utf-8"))
    }
    assert set(REASONS) <= found


@pytest.mark.parametrize(
    "source",
    [
        'f"CREATE TEMPORARY TABLE {name} ({table.structure})"',
        '"SELECT * FROM " + table',
        '"SET {} = 1".format(name)',
        '"USE %s" % database',
        '"SELECT a FROM b WHERE " + " AND ".join(conditions)',
        'f"SELECT {x}" f" FORMAT {y}"',
    ],
)
def test_what_is_pasted_is_found(source: str) -> None:
    assert [expression for _, expression in pasted(source) if not _is_safe(expression)]
