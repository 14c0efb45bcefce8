"""The code of docs/questions.ipynb, as one program."""

import ast
import json
from collections.abc import Iterator
from typing import Any

from tests.pictures.questions import DOCS

NOTEBOOK = DOCS / "questions.ipynb"


def read() -> dict[str, Any]:
    """The notebook as its file has it."""
    found: dict[str, Any] = json.loads(NOTEBOOK.read_text("utf-8"))
    return found


def cells(kind: str) -> list[str]:
    """The text of each cell of a kind, `code` or `markdown`."""
    return ["".join(each["source"]) for each in read()["cells"] if each["cell_type"] == kind]


def program() -> str:
    """All code cells, one after the other: plain Python."""
    return "\n\n".join(cells("code"))


def asked() -> Iterator[str]:
    """The SQL that the notebook asks."""
    for node in ast.walk(ast.parse(program())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "query_df":
            yield ast.literal_eval(node.args[0])
