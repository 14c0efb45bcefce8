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

    def keep(self) -> None:
        """Makes the links what the definitions are now; raises OSError where it cannot.

        Only what changed since the last time is looked at: a schema has hundreds of definitions,
        and a migrate hundreds of statements.
        """
        with self._guard:
            now, kept = _numbers(self._store), _numbers(self._links)
            for name, number in now.items():
                if kept.get(name) != number:
                    self._keep(self._store / name, self._links / name)
            for name in kept.keys() - now.keys():
                (self._links / name).unlink(missing_ok=True)

    def mend(self) -> Iterator[str]:
        """Puts back what is cut off, and says so; raises OSError where it cannot."""
        for path in (self._store / name for name in _numbers(self._store)):
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

    def _keep(self, path: Path, link: Path) -> None:
        with suppress(FileNotFoundError):  # dropped meanwhile
            if _whole(path):
                _link(path, link)

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


def _numbers(folder: Path) -> dict[str, int]:
    """The definitions below a folder, by path, each with its number on the disk: of a file and of
    its second link that is the same."""
    found: dict[str, int] = {}
    metadata = folder / "metadata"
    databases = metadata.iterdir() if metadata.is_dir() else ()
    for each in (metadata, *(one for one in databases if one.is_dir())):
        with suppress(FileNotFoundError), os.scandir(each) as entries:  # dropped meanwhile
            found |= {
                f"{each.relative_to(folder)}/{entry.name}": entry.inode()
                for entry in entries
                if entry.name.endswith(".sql")
            }
    return found


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
