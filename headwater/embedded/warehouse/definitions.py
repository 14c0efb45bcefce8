"""The files that say what databases and tables there are, kept safe from writes that fail.

The engine goes on after a write that failed (`storage.py`): a definition that was cut off keeps it
from opening at all, and what ALTER writes takes the place of what was there. So before a statement
that changes definitions each file gets a second link; the engine never writes into such a file, but
puts another one in its place. What is cut off is put back from there when the engine is opened.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: What MergeTree writes into `format_version.txt`, ever since it has partitions of any kind.
_FORMAT_VERSION = b"1"


class Definitions:
    """The definitions in the engine's folder `store`, and their second links in `links`."""

    def __init__(self, store: Path, links: Path) -> None:
        self._store = store
        self._links = links
        self._guard = threading.Lock()
        #: The files that have a link, each by its number on the disk, which no other file is given
        #: while the link stands; None until all links were looked at.
        self._kept: dict[str, int] | None = None

    def keep(self) -> None:
        """Makes the links what the definitions are now; raises OSError where it cannot.

        Only what changed since the last time is looked at: a schema has hundreds of definitions,
        and a migrate hundreds of statements.
        """
        with self._guard:
            now = self._numbers()
            if self._kept is None:
                self._kept = {}
                for link in self._links.rglob("*.sql"):
                    if str(link.relative_to(self._links)) not in now:
                        link.unlink()
            for name, number in now.items():
                if self._kept.get(name) != number and self._keep(
                    self._store / name, self._links / name
                ):
                    self._kept[name] = number
            for name in self._kept.keys() - now.keys():
                (self._links / name).unlink(missing_ok=True)
                del self._kept[name]

    def mend(self) -> Iterator[str]:
        """Puts back what is cut off, and says so; raises OSError where it cannot."""
        for path in self._files():
            if not _whole(path):
                yield self._put_back(path)
        tables = self._store / "store"
        for path in tables.glob("*/*/format_version.txt"):
            if not path.stat().st_size:
                path.write_bytes(_FORMAT_VERSION)
        for path in tables.glob("*/*/mutation_*.txt"):
            if not _whole(path):
                path.unlink()
                yield f"{path.name}, a change of a table's rows, was cut off: it was refused"

    def _numbers(self) -> dict[str, int]:
        """The number on the disk of each definition, by its path below the store."""
        found: dict[str, int] = {}
        metadata = self._store / "metadata"
        databases = metadata.iterdir() if metadata.is_dir() else ()
        for folder in (metadata, *(each for each in databases if each.is_dir())):
            with suppress(FileNotFoundError), os.scandir(folder) as entries:  # dropped meanwhile
                found |= {
                    f"{folder.relative_to(self._store)}/{entry.name}": entry.inode()
                    for entry in entries
                    if entry.name.endswith(".sql")
                }
        return found

    def _keep(self, path: Path, link: Path) -> bool:
        """Links a definition; whether the link is the file that was there."""
        with suppress(FileNotFoundError):  # dropped meanwhile
            if link.exists() and link.samefile(path):
                return True
            if _whole(path):
                _link(path, link)
                return True
        return False

    def _put_back(self, path: Path) -> str:
        name = path.relative_to(self._store)
        link = self._links / name
        if link.exists() and _whole(link):
            _link(link, path)
            return f"the definition {name} was cut off: it is again what it was before"
        aside = link.with_suffix(".cut")
        aside.parent.mkdir(parents=True, exist_ok=True)
        path.replace(aside)
        return f"the definition {name} was cut off: what was to be made was refused"

    def _files(self) -> Iterator[Path]:
        metadata = self._store / "metadata"
        yield from metadata.glob("*.sql")
        for database in metadata.iterdir() if metadata.is_dir() else ():
            if database.is_dir():
                yield from database.glob("*.sql")


def _whole(path: Path) -> bool:
    """Whether a file of the engine's that ends with a line's end does so."""
    return path.read_bytes().endswith(b"\n")


def _link(path: Path, link: Path) -> None:
    """Makes `link` another name of a file, in one step."""
    link.parent.mkdir(parents=True, exist_ok=True)
    beside = link.with_suffix(".new")
    beside.unlink(missing_ok=True)
    os.link(path, beside)
    beside.replace(link)
