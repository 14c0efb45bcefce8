"""Views that were saved under a name: what a board shows, as an address, to come back to and send.

They are one file, `views.json`, in the data folder or where HEADWATER_VIEWS says. The page and
commands write it, one after the other, and each time as a whole; who is killed in between leaves
what stood there.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from dashboards.board import Board
from dashboards.boards import boards
from dashboards.errors import UnknownSpan, ViewRefused, ViewsDamaged
from dashboards.spans import Span

FILE = "views.json"
#: More is no list that anybody reads.
MOST = 100
SPAN = ("range", "from", "until")
_STRICT = ConfigDict(extra="forbid", frozen=True)


def address_of(board: Board, span: Span | None, chosen: dict[str, str]) -> str:
    """The page's address of a board, a range (None: the page's own choice) and what was chosen."""
    path = "/" if board is boards()[0] else f"/{board.name}"
    query = urlencode({**(span.query if span else {}), **{n: v for n, v in chosen.items() if v}})
    return f"{path}?{query}" if query else path


def read_address(text: str) -> str:
    """An address of the page, whole or without its host, as it is kept.

    Raises ViewRefused with what is no board, range or choice in it.
    """
    parts = urlsplit(text.strip())
    by_path = {"/": boards()[0], **{f"/{board.name}": board for board in boards()}}
    board = by_path.get(parts.path or "/")
    if board is None:
        raise ViewRefused(f"{parts.path} is no board; there are {', '.join(sorted(by_path))}")
    asked = dict(parse_qsl(parts.query))
    variables = [variable.name for variable in board.variables]
    for name in asked:
        if name not in (*SPAN, *variables):
            known = ", ".join((*SPAN, *variables))
            raise ViewRefused(f"{board.title} has no {name!r} to choose; it has {known}")
    told = [asked.get(name, "") for name in SPAN]
    try:
        span = Span.read(*told) if any(told) else None
    except UnknownSpan as error:
        raise ViewRefused(str(error)) from error
    return address_of(board, span, {name: asked.get(name, "") for name in variables})


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("a name is one line of text")
    return name


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_printable),
]


class SavedView(BaseModel):
    """A view by its name; `declared` is one that a command saved, which the page leaves alone."""

    model_config = _STRICT

    name: Name
    address: str = Field(pattern=r"^/[^/\s]*$", max_length=2000)
    declared: bool = False


class _File(BaseModel):
    model_config = _STRICT

    views: tuple[SavedView, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [view.name for view in self.views]
        if len(set(names)) < len(names):
            raise ValueError("two views have one name")
        return self


class SavedViews:
    """The saved views of a folder; what writes is one of several processes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def every(self) -> Sequence[SavedView]:
        """The views, by name. Raises ViewsDamaged where the file cannot be read."""
        try:
            found = _File.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ViewsDamaged(f"{self.path} cannot be read: {error.strerror}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            said = f"{where}: {first['msg']}" if where else first["msg"]
            raise ViewsDamaged(f"{self.path} is damaged ({said})") from error
        return sorted(found.views, key=lambda view: view.name.casefold())

    def named(self, name: str) -> SavedView | None:
        """The view of that name."""
        return {view.name: view for view in self.every()}.get(name.strip())

    def save(self, name: str, address: str, *, declared: bool = False) -> SavedView:
        """Keeps an address of the page under a name, in place of the one that had it.

        Raises ViewRefused where it cannot be, ViewsDamaged, and OSError.
        """
        try:
            view = SavedView(name=name, address=read_address(address), declared=declared)
        except ValidationError as error:
            said = "a name has 1 to 60 characters, in one line"
            if error.errors()[0]["loc"] != ("name",):
                said = "that address is longer than 2000 characters"
            raise ViewRefused(said) from error
        with self._alone():
            there = {one.name: one for one in self.every()}
            old = there.get(view.name)
            if old and old.declared and not declared:
                raise ViewRefused(
                    f"{view.name!r} was saved by a command, and is changed by one: choose "
                    "another name"
                )
            if old is None and len(there) >= MOST:
                raise ViewRefused(f"there are {MOST} saved views: remove one first")
            self._write([*(there | {view.name: view}).values()])
        return view

    def remove(self, name: str, *, declared: bool = False) -> bool:
        """Forgets a view; whether it was there. `declared` allows those that a command saved."""
        with self._alone():
            there = {one.name: one for one in self.every()}
            view = there.pop(name.strip(), None)
            if view is None:
                return False
            if view.declared and not declared:
                raise ViewRefused(f"{view.name!r} was saved by a command, and is removed by one")
            self._write([*there.values()])
            return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The only one that writes."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _write(self, views: Sequence[SavedView]) -> None:
        content = _File(views=tuple(views)).model_dump_json(indent=1) + "\n"
        handle, name = tempfile.mkstemp(prefix=f".{FILE}-", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
