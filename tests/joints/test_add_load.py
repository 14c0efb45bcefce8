"""A load is added as one file, and nothing else is changed."""

import shutil
from pathlib import Path

import pytest

from tests.joints.scratch import ROOT, copied, run, write

#: With all that a load need not say left out, and a topic that is its own.
TOY = '''\
"""Rooms → `toy.rooms`: where people meet."""

from typing import Any

from bus.topics import Topic
from producers.errors import InvalidCell
from producers.load import Column, Line, Load


def _seats(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        raise InvalidCell(f"{text!r} is no number of seats")
    return int(text)


def _room(line: Line, known: Any) -> dict[str, Any]:
    return dict(line.values)


load = Load(
    name="toy",
    title="toy",
    of="rooms",
    about="Where people meet.",
    file="rooms.csv",
    columns=(
        Column("room", "its name", filled=True),
        Column("seats", "how many", read=_seats),
        Column("teams", "whose it is", needed=False, several=True),
    ),
    key=("room",),
    replaces="A later load replaces a room.",
    entry=_room,
    record=lambda room: (room["room"].encode(), room),
    topic=Topic("toy.rooms", 1, {"cleanup.policy": "compact"}),
    counted="rooms",
    example="""\\
room,seats,teams
Attic,4,Blue;Red
Cellar,12,
""",
)
'''
GENERIC = """
import sys
import pytest
options = ["-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", "-k", "toy"]
sys.exit(pytest.main([*options, {test!r}]))
"""


@pytest.mark.integration
def test_one_file_is_a_load(tmp_path: Path) -> None:
    folder = copied(tmp_path, "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    write(folder, {"producers/loads/toy.py": TOY})
    run(folder, "from headwater.docs import main; main()")
    page = (folder / "docs" / "loads.md").read_text("utf-8")
    assert "## `headwater toy load rooms.csv`" in page
    assert "| `teams` | whose it is | several, with `;` between them | no |" in page
    assert "## `headwater toy load`" in (folder / "docs" / "commands.md").read_text("utf-8")
    said = run(folder, GENERIC.format(test="tests/producers/test_every_load.py"))
    assert "22 passed" in said, said
    said = run(folder, GENERIC.format(test="tests/headwater/test_every_command.py"))
    assert "21 passed" in said, said
