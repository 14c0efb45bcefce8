"""The declarations: whole, readable, and reading the viewer's views only."""

import re
from importlib.resources import files

import pytest

from dashboards import palette
from dashboards.panels import PANELS, Drawing, Panel, text
from xapi.vocabulary import BEHAVIOURS, UNCLASSIFIED, Scaffold

QUERIES = sorted(
    path.name.removesuffix(".sql")
    for path in files("dashboards.panels").iterdir()
    if path.name.endswith(".sql") and not path.name.endswith(".fragment.sql")
)
PARAMETERS = {"{from:DateTime}", "{until:DateTime}", "{team:String}", "{kpi:String}"}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_reads_the_viewers_views_with_known_parameters(name: str) -> None:
    sql = text(name)
    tables = set(re.findall(r"(?:FROM|JOIN)\s+([a-z_]+\.[a-z_]+)", sql))
    assert tables
    assert all(table.startswith("viewer.") for table in tables)
    assert set(re.findall(r"\{\w+:\w+\}", sql)) <= PARAMETERS
    assert "$" not in sql


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_a_panel_says_what_it_says_and_what_to_do(panel: Panel) -> None:
    for words in (panel.title, panel.says, panel.do, panel.empty):
        assert words == words.strip()
        assert words
    assert panel.says.endswith(".")
    assert panel.empty.endswith(".")
    assert panel.drawing in Drawing


def test_panels_fill_their_rows() -> None:
    place = 0
    for panel in PANELS:
        place += panel.width
        assert place <= 12
        place %= 12
    assert place == 0


def test_the_kpi_panel_says_that_it_is_no_link() -> None:
    panel = next(p for p in PANELS if p.name == "kpi")
    assert "Side by side, not a link: inference comes later." in panel.says


def test_the_palette_is_the_vocabulary() -> None:
    assert set(palette.BEHAVIOURS) == {*BEHAVIOURS, UNCLASSIFIED.name}
    for name, behaviour in {**BEHAVIOURS, UNCLASSIFIED.name: UNCLASSIFIED}.items():
        assert palette.BEHAVIOURS[name].scaffold == behaviour.scaffold
    shown = {s.value for s in Scaffold} - {Scaffold.FORMAL.value, Scaffold.NONE.value}
    assert set(palette.SCAFFOLDS) == shown


def test_colours_are_told_apart() -> None:
    colours = [shade.colour for shade in palette.BEHAVIOURS.values()]
    assert len(set(colours)) == len(colours)


@pytest.mark.parametrize("colour", [hue.colour for hue in palette.SCAFFOLDS.values()])
def test_the_scaffolds_names_can_be_read_on_white(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5  # WCAG 2.2, 1.4.3


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
