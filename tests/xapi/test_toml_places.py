"""On which line of a TOML file something stands."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.toml_places import line_of

TEXT = """# connections
[[connection]]
name = "a"
[[connection]]
name = "b"
[connection.options]
site = "x"
ignored = { "com.x" = "why" }
[connection.options.categories]
5 = { use = "help" }
[[connection.options.rules]]
type = "one"
actor = "a"
[connection.options.rules.signal]
kind = "k"
[[ connection.options.rules ]] # the second
  "type" = "two"
signal.kind = "k"
[[connection]]
name = "c"
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 1),
        (("connection", 0, "name"), 3),
        (("connection", 1), 4),
        (("connection", 1, "secret"), 4),
        (("connection", 1, "options"), 6),
        (("connection", 1, "options", "sight"), 6),
        (("connection", 1, "options", "ignored", "com.x"), 8),
        (("connection", 1, "options", "categories", 5, "use"), 10),
        (("connection", 1, "options", "rules", 0, "verb"), 11),
        (("connection", 1, "options", "rules", 0, "actor"), 13),
        (("connection", 1, "options", "rules", 0, "signal", "item"), 14),
        (("connection", 1, "options", "rules", 0, "signal", "kind"), 15),
        (("connection", 1, "options", "rules", 1), 16),
        (("connection", 1, "options", "rules", 1, "type"), 17),
        (("connection", 1, "options", "rules", 1, "signal", "kind"), 18),
        (("connection", 2, "name"), 20),
        (("elsewhere",), 1),
    ],
)
def test_a_place_is_found_or_the_nearest_around_it(place: Any, line: int) -> None:
    assert tomllib.loads(TEXT)
    assert line_of(TEXT, place) == line


@given(st.text(max_size=200), st.lists(st.text(max_size=5) | st.integers(0, 3), max_size=4))
def test_any_text_has_a_line(text: str, place: list[Any]) -> None:
    assert 1 <= line_of(text, tuple(place)) <= max(1, len(text.splitlines()))
