"""The worked questions of docs/questions.md, and how they are asked: as the analyst."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "questions.md"
PICTURES = DOCS / "images" / "questions"

_QUESTION = re.compile(
    r"^## (\d+)\. ([^\n]*)\n.*?^```sql\n(.*?)^```$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)


class Question(NamedTuple):
    """A worked question: its heading, its SQL, and what stands below that."""

    number: int
    asked: str
    sql: str
    below: str

    @property
    def picture(self) -> str:
        """The name of its picture's file."""
        return f"{self.number:02}.svg"


def worked() -> tuple[Question, ...]:
    """The questions in the page's order."""
    return tuple(_questions(PAGE.read_text("utf-8")))


def _questions(page: str) -> Iterator[Question]:
    for number, asked, sql, below in _QUESTION.findall(page):
        yield Question(int(number), asked, sql, below)


def analyst(data: Path) -> Client:
    """A client of the stack whose data folder this is."""
    warehouse = json.loads((data / "stack.json").read_text("utf-8"))["warehouse"]
    address = urlsplit(warehouse["url"])
    return clickhouse_connect.get_client(
        host=address.hostname,
        port=address.port,
        username=warehouse["username"],
        password=warehouse["password"],
        autogenerate_session_id=False,
    )
