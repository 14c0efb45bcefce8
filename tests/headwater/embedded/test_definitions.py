"""Second links of the engine's definitions: each as its file was when it was whole last."""

from pathlib import Path

import pytest

from headwater.embedded.warehouse.definitions import Definitions


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for database in ("lrs", "learning"):
        (tmp_path / "store" / "metadata" / database).mkdir(parents=True)
    return tmp_path / "store"


@pytest.fixture
def kept(store: Path) -> Definitions:
    return Definitions(store, store.parent / "links")


def define(store: Path, name: str, text: str) -> None:
    """As the engine writes a definition: another file, put in its place."""
    path = store / "metadata" / name
    beside = path.with_suffix(".sql.tmp")
    beside.write_text(text)
    beside.replace(path)


def links(store: Path) -> dict[str, str]:
    folder = store.parent / "links" / "metadata"
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.sql")}


def test_links_follow_what_is_made_changed_and_dropped(store: Path, kept: Definitions) -> None:
    define(store, "lrs.sql", "CREATE DATABASE lrs\n")
    define(store, "lrs/voids.sql", "CREATE TABLE voids\n")
    define(store, "learning/facts.sql", "CREATE TABLE facts\n")
    kept.keep()
    assert links(store) == {
        "lrs.sql": "CREATE DATABASE lrs\n",
        "lrs/voids.sql": "CREATE TABLE voids\n",
        "learning/facts.sql": "CREATE TABLE facts\n",
    }
    define(store, "lrs/voids.sql", "CREATE TABLE voids, of another kind\n")
    (store / "metadata" / "learning" / "facts.sql").unlink()
    (store / "metadata" / "learning").rmdir()
    kept.keep()
    assert links(store) == {
        "lrs.sql": "CREATE DATABASE lrs\n",
        "lrs/voids.sql": "CREATE TABLE voids, of another kind\n",
    }
    (store / "metadata" / "lrs.sql").unlink()
    Definitions(store, store.parent / "links").keep()
    assert "lrs.sql" not in links(store), "another process finds what went in between"


def test_what_is_cut_off_is_put_back_as_it_was_last(store: Path, kept: Definitions) -> None:
    define(store, "lrs/voids.sql", "of before\n")
    kept.keep()
    define(store, "lrs/voids.sql", "of after\n")
    kept.keep()
    define(store, "lrs/voids.sql", "cut o")
    kept.keep()
    kept.keep()
    assert links(store) == {"lrs/voids.sql": "of after\n"}
    assert len(list(kept.mend())) == 1
    assert (store / "metadata" / "lrs" / "voids.sql").read_text() == "of after\n"
    define(store, "lrs/voids.sql", "of later\n")
    kept.keep()
    assert links(store) == {"lrs/voids.sql": "of later\n"}


def test_only_what_changed_is_read(
    store: Path, kept: Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(50):
        define(store, f"lrs/table_{n}.sql", "CREATE TABLE\n")
    kept.keep()
    read: list[str] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or real(path))
    kept.keep()
    assert read == []
    define(store, "lrs/table_7.sql", "CREATE TABLE of another kind\n")
    kept.keep()
    assert read == ["table_7.sql"]
