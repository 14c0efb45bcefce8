"""What becomes of a week: its letter, no letter where nothing can be said, and one that waits."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from pydantic import SecretStr

from headwater.embedded import ports
from headwater.letters import Letters
from reactions import letter, rules
from reactions.delivery import Courier
from reactions.document import read
from reactions.errors import NotNow
from reactions.rules import WHENS, Case, Found
from reactions.server import Reactions
from reactions.settings import ReactionSettings
from reactions.worktime import WorkTime

MONDAY = date(2026, 3, 16)
CASE = Case(
    "week", "week", "2026-03-16", datetime(2026, 3, 23, 9, tzinfo=UTC), 1, week=MONDAY
)  # fmt: skip
DOCUMENT = read('page = "https://a.test/"\n[[rule]]\nwhen = "week"\nview = "Web"\n', "it")
RULE = DOCUMENT.rule[0]


class Page:
    """A page with these views and sentences."""

    def __init__(self, *lines: str, **views: str) -> None:
        self.lines, self.views = lines, views

    def sentences(self, week: date) -> Sequence[str]:
        assert week == MONDAY
        return self.lines

    def address(self, view: str) -> str:
        if view not in self.views:
            raise NotNow(f"there is no saved view {view!r}")
        return self.views[view]

    def sheet(self, view: str) -> bytes:
        raise AssertionError(f"{view} is printed when it is sent")


def test_a_letter_has_the_pages_sentences_and_its_views_link() -> None:
    page = Page("One.", "Two.", Web="/learning?team=Web")
    said = letter.written(CASE, RULE, DOCUMENT, page)
    assert said is not None
    assert said.lines == ("One.", "Two.")
    assert said.link == "https://a.test/learning?team=Web"
    assert said.sheet == ""  # no PDF was asked for
    printed = letter.written(CASE, RULE.model_copy(update={"pdf": True}), DOCUMENT, page)
    assert printed == msgspec.structs.replace(said, sheet="Web")
    nowhere = DOCUMENT.model_copy(update={"page": None})
    assert (told := letter.written(CASE, RULE, nowhere, page)) is not None
    assert told.link == ""


def test_of_a_week_of_which_nothing_can_be_said_there_is_no_letter() -> None:
    assert letter.written(CASE, RULE, DOCUMENT, Page(Web="/")) is None


def test_a_letter_without_its_view_waits_and_status_says_so(tmp_path: Path) -> None:
    page = Page("One.")
    settings = ReactionSettings(clickhouse=SecretStr("http://127.0.0.1:9"))
    part = Reactions(settings, Courier(tmp_path, page), page)
    assert part._said([CASE], RULE, DOCUMENT) == []
    (problem,) = [each for each in part.problems() if each]
    assert "The reaction week cannot be written" in problem.what
    assert "'Web'" in problem.detail
    page.views["Web"] = "/learning"
    assert [each.lines for each in part._said([CASE], RULE, DOCUMENT)] == [("One.",)]
    assert not any(part.problems())


def test_a_week_is_told_so_many_working_hours_after_it() -> None:
    zone = ZoneInfo("Europe/Paris")
    work = WorkTime(
        zone, frozenset({1, 2, 3, 4, 5}), 9 * 3600, 17 * 3600, frozenset({date(2026, 3, 23)})
    )
    when = WHENS[rules.WEEKLY]
    at = when.moment(Found("2026-03-16", "", "", "", MONDAY, 0), 1, work)
    assert at is not None  # the Monday after it is a holiday
    assert at.astimezone(zone) == datetime(2026, 3, 24, 10, tzinfo=zone)
    first, last = when.days(at, at, 1, work)
    assert first <= MONDAY <= last


def test_a_view_that_is_not_saved_is_said_and_this_week_always_is(tmp_path: Path) -> None:
    page = Letters("http://127.0.0.1:9", "http://127.0.0.1:9")
    assert page.address(letter.THIS_WEEK) == "/this_week"
    with pytest.raises(NotNow, match="there is no saved view 'Web'"):
        page.sheet("Web")
    with pytest.raises(NotNow, match=r"the page does not answer|needs a Chromium"):
        page.sheet(letter.THIS_WEEK)


@pytest.mark.parametrize(
    ("listens", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("page", "page")],
)
def test_a_page_is_reached_where_it_listens(listens: str, asked: str) -> None:
    assert ports.url((listens, 8082)) == f"http://{asked}:8082"
