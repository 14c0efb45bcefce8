"""Every board that is found: whole, readable, reading the viewer's views only, and drawable."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from learning_board import LEARNING

from dashboards import charts, tables
from dashboards.board import GIVEN, RANGE, TABLES, Asked, Board, Column, Drawing, Panel, Shades
from dashboards.boards import boards
from dashboards.errors import BoardInvalid
from dashboards.grafana.board import model
from dashboards.queries import HISTORY, INSTALLATION, NOTICE, PULSE

MONDAY = datetime(2026, 3, 1, 23, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Paris")
EVERY = [(board, panel) for board in boards() for panel in board.panels]
ASKED = [(board, asked) for board in boards() for asked in board.asked]
QUERIES = [
    *(board.query(asked) for board, asked in ASKED),
    *(variable.query for board in boards() for variable in board.variables),
    *(HISTORY, INSTALLATION, NOTICE, PULSE),
]

each_board = pytest.mark.parametrize("board", boards(), ids=lambda board: board.name)
each_panel = pytest.mark.parametrize(
    ("board", "panel"), EVERY, ids=[f"{board.name}-{panel.name}" for board, panel in EVERY]
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_reads_the_viewers_views_only(query: Any) -> None:
    tables_read = set(re.findall(r"(?:FROM|JOIN)\s+([a-z_]+\.[a-z_]+)", query.sql))
    assert tables_read
    assert all(table.startswith("viewer.") for table in tables_read)
    assert "$" not in query.sql


@each_board
def test_every_file_of_the_folder_is_a_panels(board: Board) -> None:
    there = {path.name for path in files(f"dashboards.boards.{board.name}").iterdir()}
    sql = {name.removesuffix(".sql") for name in there if name.endswith(".sql")}
    own = {variable.query.name for variable in board.variables}
    assert sql - own == {asked.file for asked in board.asked}


@each_board
def test_what_it_asks_with_is_a_range_or_a_variable(board: Board) -> None:
    known = GIVEN | {variable.name for variable in board.variables}
    for asked in board.asked:
        assert board.query(asked).parameters <= known


@each_panel
def test_what_does_not_govern_a_panel_is_in_its_title(board: Board, panel: Panel) -> None:
    """The range and each variable that has an `everything` govern it, or it says what it shows."""
    governing = RANGE | {v.name for v in board.variables if v.everything}
    if not governing <= board.query(panel).parameters or panel.least_weeks:
        assert panel.reach
        assert panel.reach in tables.heading(panel, "id")


@each_panel
def test_a_panel_says_what_it_says_and_what_to_do(board: Board, panel: Panel) -> None:
    for words in (panel.title, panel.says, panel.do, panel.empty):
        assert words == words.strip()
        assert words
    assert panel.says.endswith(".")
    assert panel.empty.endswith(".")


@each_board
def test_panels_fill_their_rows(board: Board) -> None:
    place = 0
    for panel in board.panels:
        place += panel.width
        assert place <= 12
        place %= 12
    assert place == 0


def rows(panel: Panel) -> list[tuple[Any, ...]]:
    """Two rows that fit a panel's drawing, with a gap where one may be."""
    made = []
    for number in range(2):
        row: list[Any] = [number + 1 for _ in panel.columns]
        for at, column in enumerate(panel.columns):
            if column.name == "time":
                row[at] = MONDAY + timedelta(days=number)
            elif isinstance(column.hue, Shades):
                row[at] = column.hue.known[number][0]
            elif column.marks:
                row[at] = "It & <b>that</b>" if number else ""
            elif panel.drawing in (Drawing.INTERVALS, Drawing.SMALL) and at < 2 and not number:
                row[at] = row[at] if panel.drawing is Drawing.INTERVALS and at else "Crew"
            elif panel.drawing in TABLES or (panel.drawing is Drawing.BARS and not at):
                row[at] = f"<b>{column.name}"
        if panel.drawing in (Drawing.LINES, Drawing.AXES):
            row[-1] = None if number else 2.5
        made.append(tuple(row))
    return made


@each_panel
def test_it_is_drawn_from_its_columns(board: Board, panel: Panel) -> None:
    shown = rows(panel)
    if panel.charted:
        options = json.loads(json.dumps(charts.options(panel, shown, ZONE)))
        assert options["series"]
        marked = json.dumps(options["series"], ensure_ascii=False)
        assert ("It & <b>that</b>" in marked) == any(column.marks for column in panel.columns)
        titles = {title for title, _ in charts.legend(panel, shown)}
        assert titles <= {series["name"] for series in options["series"]}
        assert titles
        drawn = tables.alternative(panel, shown, ZONE)
    elif panel.drawing is Drawing.MATRIX:
        drawn = tables.matrix(panel, shown)
    elif panel.drawing in TABLES:
        drawn = tables.listed(panel, shown, ZONE)
    else:
        draw = tables.tiles if panel.drawing is Drawing.TILES else tables.figures
        drawn = draw(panel, shown)
    assert "<b>" not in drawn
    for column in panel.columns:
        if not column.joined:
            assert column.title in drawn
    assert len(tables.numbers(panel, shown, ZONE).splitlines()) == 3


@each_panel
def test_it_is_in_grafana_under_its_title(board: Board, panel: Panel) -> None:
    (drawn,) = [p for p in model(board)["panels"] if p["title"].startswith(panel.title + " (")
                or p["title"] == panel.title]  # fmt: skip
    assert panel.says in drawn["description"]
    assert drawn["fieldConfig"]["defaults"]["noValue"] == panel.empty


@each_panel
def test_what_leads_to_a_board_leads_to_one_that_is_there(board: Board, panel: Panel) -> None:
    there = {one.name: one.title for one in boards()}
    leading = [column for column in panel.columns if column.leads]
    for column in leading:
        assert isinstance(column.hue, Shades)
        assert {name: shade.title for name, shade in column.hue.known}.items() <= there.items()
        row = tuple(name if name != column.name else "coverage" for name in
                    (each.name for each in panel.columns))  # fmt: skip
        assert '<a href="/coverage">Coverage</a>' in tables.listed(panel, [row], ZONE)
    (drawn,) = [
        p for p in model(board)["panels"] if p.get("description", "").startswith(panel.says)
    ]
    links = [
        link["url"]
        for override in drawn["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "links"
        for link in each["value"]
    ]
    assert links == ["/d/headwater-${__value.raw}"] * len(leading)


def test_boards_have_their_places() -> None:
    assert boards()
    assert list(boards()) == sorted(boards(), key=lambda board: (board.place, board.name))


@pytest.mark.parametrize("name", ["healthz", "Über", "two words", "", "9"])
def test_a_name_that_is_no_word_of_an_address_is_refused(name: str) -> None:
    with pytest.raises(BoardInvalid, match="must be a word of the address"):
        replace(LEARNING, name=name)


def test_two_panels_of_one_name_are_refused() -> None:
    panel = LEARNING.panels[0]
    with pytest.raises(BoardInvalid, match="two panels have one name"):
        replace(LEARNING, panels=(panel, panel))


def test_a_panel_without_its_file_says_which_lacks() -> None:
    panel = replace(LEARNING.panels[0], name="nowhere", source="")
    board = replace(LEARNING, panels=(panel,), caption=None)
    with pytest.raises(BoardInvalid, match=r"nowhere\.sql cannot be read"):
        board.query(panel)


def test_panels_of_one_source_are_one_question() -> None:
    board = LEARNING
    one, other = (board.panel(name) for name in ("totals", "teams_scaffolds"))
    assert board.query(one) is board.query(other)
    columns = board.query(one).columns
    row = {"panel": "totals", **{column.name: 7 for column in one.columns}}
    given = [tuple(row.get(name) for name in columns), ("shares", *columns[1:])]
    assert board.rows(one, given) == [(7, 7, 7, 7)]


def test_a_column_without_a_hue_has_one_of_the_cycle() -> None:
    plain = (Column("time", "Time"), Column("a", "A"), Column("b", "B"))
    panel = replace(LEARNING.panel("people"), columns=plain)
    colours = [colour for _, colour in charts.legend(panel, [])]
    assert all(colours)
    assert len({*colours}) == 2


def test_the_kpi_panel_says_that_it_is_no_link() -> None:
    panel = LEARNING.panel("kpi")
    assert "Side by side, not a link: inference comes later." in panel.says


def test_a_caption_says_shares_in_words() -> None:
    asked = Asked("shares", (Column("a", "not classified"), Column("b", "of <i> accounts")))
    drawn = tables.caption(asked, [(0.034, 0.004)])
    assert re.sub(r"</?span[^>]*>", "", drawn) == (
        "3% not classified · under 1% of &lt;i&gt; accounts"
    )
    assert tables.caption(asked, []) == ""


def test_a_share_that_is_about_one_drawing_stands_under_that_one_only() -> None:
    asked = Asked("shares", (Column("a", "not drawn", under=Drawing.STACK), Column("b", "unknown")))
    assert "not drawn" in tables.caption(asked, [(0.5, 0.5)], Drawing.STACK)
    assert "not drawn" not in tables.caption(asked, [(0.5, 0.5)], Drawing.LINES)
