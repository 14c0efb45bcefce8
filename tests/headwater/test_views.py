"""`headwater views` on a data folder: what it lists, saves, removes and refuses, in plain words."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashboards.saved import FILE, SavedViews
from headwater.cli import build
from headwater.errors import StackError


def views(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(build(), ["views", *words, "--data", str(folder)])


@pytest.fixture(autouse=True)
def _of_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADWATER_VIEWS", raising=False)


def test_a_view_is_saved_listed_and_removed(tmp_path: Path) -> None:
    saved = views(tmp_path, "save", "Web", "http://127.0.0.1:8082/learning?team=Web&range=4w")
    assert saved.output == "Web: /learning?range=4w&team=Web\n"
    SavedViews(tmp_path).save("Asked", "/know_how")
    assert views(tmp_path, "list").output.splitlines() == [
        "Asked: /know_how",
        "Web: /learning?range=4w&team=Web  (saved by a command)",
    ]
    assert views(tmp_path, "remove", "Asked").output == "Asked is removed\n"
    assert views(tmp_path, "remove", "Web").exit_code == 0
    assert views(tmp_path, "list").output == ""


def test_another_folder_holds_them_where_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "views").mkdir()
    monkeypatch.setenv("HEADWATER_VIEWS", str(tmp_path / "views"))
    assert views(tmp_path, "save", "Web", "/").exit_code == 0
    assert (tmp_path / "views" / FILE).exists()
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("save", "Web", "/nowhere"), "/nowhere is no board"),
        (("save", " ", "/"), "1 to 60 characters"),
        (("remove", "Web"), "there is no view 'Web'"),
        (("pdf", "Web"), "the address of page is not known|there is no view 'Web'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    refused = views(tmp_path, *words)
    assert isinstance(refused.exception, StackError)
    with pytest.raises(StackError, match=why):
        raise refused.exception
    assert not (tmp_path / FILE).exists()


def test_without_a_folder_there_is_none_to_save_in(tmp_path: Path) -> None:
    refused = views(tmp_path / "none", "list")
    assert isinstance(refused.exception, StackError)
    assert "there is no data folder" in str(refused.exception)
