"""The worked questions against their pictures and their notebook, as files: what the demo answers
is in tests/e2e/test_demo.py."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pandas import DataFrame

from tests.pictures import notebook
from tests.pictures.drawings import DRAWINGS, draw
from tests.pictures.questions import PAGE, PICTURES, Question, worked

SHOWN = re.compile(r"!\[([^\]]*)\]\(images/questions/([^)]+)\)")
SVG = "{http://www.w3.org/2000/svg}"


def test_there_are_twenty_questions_each_with_a_drawing() -> None:
    assert [question.number for question in worked()] == [*range(1, 21)] == [*DRAWINGS]
    assert len(worked()) == PAGE.read_text("utf-8").count("\n## ")


@pytest.mark.parametrize("question", worked(), ids=lambda question: str(question.number))
def test_a_picture_stands_below_each_questions_sql(question: Question) -> None:
    ((told, name),) = SHOWN.findall(question.below)
    assert name == question.picture
    assert question.below.lstrip().startswith("!["), "a picture comes right below the SQL"
    assert len(told.split()) >= 15, "the alt text says in words what the picture shows"


@pytest.mark.parametrize("question", worked(), ids=lambda question: str(question.number))
def test_each_picture_is_a_small_svg_with_its_question(question: Question) -> None:
    picture = PICTURES / question.picture
    assert picture.exists(), "to fix: draw it, as tests/pictures/__main__.py says"
    assert picture.stat().st_size < 60_000
    root = ElementTree.parse(picture).getroot()
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title") == question.asked
    assert root.findall(f".//{SVG}text"), "what is written is text, not paths"


def test_no_picture_is_left_over() -> None:
    assert {path.name for path in PICTURES.iterdir()} == {each.picture for each in worked()}
    assert len(SHOWN.findall(PAGE.read_text("utf-8"))) == len(worked())


def test_the_notebook_is_valid_and_holds_no_outputs() -> None:
    found = notebook.read()
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert found["metadata"]["kernelspec"]["language"] == "python"
    names = [cell["id"] for cell in found["cells"]]
    assert len({*names}) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    for cell in found["cells"]:
        lines = cell["source"]
        assert isinstance(cell["metadata"], dict)
        assert all(line.endswith("\n") for line in lines[:-1])
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
        else:
            assert cell["cell_type"] == "markdown"
            assert cell.keys() == {"cell_type", "id", "metadata", "source"}


def test_the_notebooks_code_is_plain_python() -> None:
    for number, cell in enumerate(notebook.cells("code"), 1):
        compile(cell, f"code cell {number}", "exec")


def test_the_notebook_asks_questions_of_the_page() -> None:
    """In other lines at most."""
    page = [question.sql.split() for question in worked()]
    asked = [sql.split() for sql in notebook.asked()]
    assert len(asked) >= 3
    assert all(sql in page for sql in asked)


def test_the_same_rows_give_the_same_file(tmp_path: Path) -> None:
    question = worked()[6]
    rows = DataFrame(
        {"team": ["Data", ""], "searched": [40, 8], "without_find": [6, 4], "percent": [15.0, 50.0]}
    )
    first = draw(question, rows, tmp_path).read_bytes()
    assert draw(question, rows, tmp_path).read_bytes() == first
    assert b"15 %: 6 of 40" in first
    assert b"(no team)" in first
