"""What the rule `week` takes from the page: its sentences, an address, and a view on one page.

Reactions know no board; whoever puts the part together has them (`headwater/letters.py`).
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import msgspec

from reactions.document import Document, Rule
from reactions.message import Message, of
from reactions.rules import Case

#: The view of a rule that names none: the board This week, by its address.
THIS_WEEK = "/"


class Page(Protocol):
    """The page, as letters see it: of what its viewers may read alone."""

    def sentences(self, week: date) -> Sequence[str]:
        """What changed in the week that began on that Monday; nothing where nothing can be said.

        Raises WarehouseError.
        """

    def address(self, view: str) -> str:
        """The address of a saved view from the path on. Raises NotNow where there is none."""

    def sheet(self, view: str) -> bytes:
        """A saved view on one page, as a PDF. Raises NotNow with what is missing."""


def written(case: Case, rule: Rule, document: Document, page: Page) -> Message | None:
    """What is said of a case, of a week in the page's words; None where it has none for that.

    Raises WarehouseError, and NotNow where a week's view is not there.
    """
    if case.week is None:
        return of(case)
    view = rule.view or THIS_WEEK
    address = page.address(view)
    lines = tuple(page.sentences(case.week))
    if not lines:
        return None
    link = document.page.rstrip("/") + address if document.page else ""
    sheet = view if rule.pdf else ""
    return msgspec.structs.replace(of(case), link=link, lines=lines, sheet=sheet)
