"""Saved views: one file that the page and commands write, whoever comes when."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboards import saved
from dashboards.boards import boards
from dashboards.errors import ViewRefused, ViewsDamaged
from dashboards.saved import FILE, MOST, SavedViews, address_of, read_address
from dashboards.spans import Span

LEARNING = next(board for board in boards() if board.name == "learning")


def test_a_view_is_kept_under_its_name_until_it_is_removed(tmp_path: Path) -> None:
    views = SavedViews(tmp_path)
    assert list(views.every()) == []
    views.save(" Harbour, half a year ", "http://localhost:8082/learning?team=Harbour&range=26w")
    views.save("<b>asking</b>", "/know_how", declared=True)
    again = SavedViews(tmp_path)
    assert [(view.name, view.address) for view in again.every()] == [
        ("<b>asking</b>", "/know_how"),
        ("Harbour, half a year", "/learning?range=26w&team=Harbour"),
    ]
    again.save("Harbour, half a year", "/learning?from=2026-03-01&until=2026-03-31")
    found = again.named("Harbour, half a year")
    assert found is not None
    assert found.address == "/learning?from=2026-03-01&until=2026-03-31"
    assert again.remove("Harbour, half a year")
    assert not again.remove("Harbour, half a year")
    assert [view.name for view in again.every()] == ["<b>asking</b>"]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_a_command_saved_the_page_leaves_alone(tmp_path: Path) -> None:
    views = SavedViews(tmp_path)
    views.save("Monday", "/know_who", declared=True)
    with pytest.raises(ViewRefused, match="was saved by a command"):
        views.save("Monday", "/know_how")
    with pytest.raises(ViewRefused, match="was saved by a command"):
        views.remove("Monday")
    assert [view.address for view in views.every()] == ["/know_who"]
    views.save("Monday", "/know_how", declared=True)
    assert views.remove("Monday", declared=True)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/nowhere", "/nowhere is no board"),
        ("//evil.test/learning", "is no board|has no"),
        ("javascript:alert(1)", "is no board"),
        ("/know_how?team=Web", "has no 'team' to choose"),
        ("/learning?range=2y", "range=2y is not known"),
        ("/learning?from=2026-03-01", "until is empty"),
        ("/learning?team=" + "x" * 2000, "longer than 2000"),
    ],
)
def test_an_address_that_is_none_of_the_page_is_refused(
    tmp_path: Path, address: str, why: str
) -> None:
    if address.startswith("//"):  # of another host the path counts alone
        assert read_address(address) == "/learning"
        return
    with pytest.raises(ViewRefused, match=why):
        SavedViews(tmp_path).save("a", address)
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00", "x" * 61])
def test_a_name_is_a_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(ViewRefused, match="1 to 60 characters"):
        SavedViews(tmp_path).save(name, "/")


def test_an_address_is_read_as_it_was_written() -> None:
    for span in (None, Span("7d"), Span("", "2026-03-01T08:30", "2026-03-02T09:00")):
        for team in ("", "R&D / <b> + ü"):
            written = address_of(LEARNING, span, {"team": team, "kpi": ""})
            assert read_address(written) == written
            assert read_address("https://a.test" + written + "#x") == written


def test_there_are_so_many_and_no_more(tmp_path: Path) -> None:
    views = SavedViews(tmp_path)
    listed = [{"name": str(n), "address": "/", "declared": False} for n in range(MOST)]
    (tmp_path / FILE).write_text(json.dumps({"views": listed}))
    with pytest.raises(ViewRefused, match="remove one first"):
        views.save("one more", "/")
    views.save("7", "/know_who")
    assert len(views.every()) == MOST


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", '{"views": [{"name": "a"}]}', '{"views": [], "more": 1}',
        '{"views": [{"name": "a", "address": "/"}, {"name": "a", "address": "/"}]}',
        '{"views": [{"name": "a", "address": "//evil.test/"}]}',
        '{"views": [{"name": "a", "address": "javascript:x"}]}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    views = SavedViews(tmp_path)
    doing: list[Any] = [views.every, lambda: views.save("a", "/"), lambda: views.remove("a")]
    for do in doing:
        with pytest.raises(ViewsDamaged, match=r"views\.json is damaged \("):
            do()
    assert (tmp_path / FILE).read_text() == content


def test_who_is_stopped_while_it_writes_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = SavedViews(tmp_path)
    views.save("before", "/")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        views.save("after", "/")
    assert [view.name for view in views.every()] == ["before"]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_several_write_at_once_and_none_is_lost(tmp_path: Path) -> None:
    saves = (
        "import sys; from pathlib import Path; from dashboards.saved import SavedViews\n"
        "for n in range(20): SavedViews(Path(sys.argv[1])).save(f'{sys.argv[2]}-{n}', '/')"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", saves, tmp_path, name], env={**os.environ})
        for name in "abc"
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(SavedViews(tmp_path).every()) == 60
