"""What a workspace holds, and that it holds no more than it may.

The engine has no limit for a database. So a statement that adds is refused where the workspace is
full, and ended where it fills it: it is asked every quarter of a second while it runs. What such a
statement wrote until then stays. Parts that a merge has replaced stay on the disk for some minutes:
they count once they are more than as much again.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from headwater.embedded.warehouse.engine import Engine, Purpose, escaped
from headwater.embedded.warehouse.errors import EngineError
from warehouse.workspaces import Workspace

#: How often a statement that adds is looked at, in seconds.
EVERY = 0.25
_PARTS = """
    SELECT sumIf(bytes_on_disk, active), sum(bytes_on_disk) FROM system.parts
    WHERE database = {database:String}
"""
_TABLES = "SELECT count() FROM system.tables WHERE database = {database:String}"


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes of what is there, bytes on the disk, tables and views."""

    bytes: int
    on_disk: int
    tables: int


class Full(EngineError):
    """A workspace holds as much as it may."""

    def __init__(self, workspace: Workspace, what: str) -> None:
        super().__init__(
            201,
            "QUOTA_EXCEEDED",
            f"The workspace {workspace.database} is full: {what}. Drop or truncate tables, or ask "
            f"for more (`headwater warehouse grant-workspace {workspace.name} --quota MIB`).",
        )


class Quota:
    """Keeps workspaces within their bounds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def held(self, workspace: Workspace) -> Held:
        """What a workspace holds now."""
        of = {"database": escaped(workspace.database)}
        with self._engine.connection(Purpose("admin")) as connection:
            parts = connection.query(_PARTS, "TSV", params=of).bytes().decode().split()
            tables = connection.query(_TABLES, "TSV", params=of).bytes().decode()
        return Held(int(parts[0]), int(parts[1]), int(tables))

    def check_tables(self, workspace: Workspace) -> None:
        """Raises Full where there is room for no other table or view."""
        count = self.held(workspace).tables
        if count >= workspace.tables:
            raise Full(workspace, f"it has {count} of {workspace.tables} tables and views")

    @contextmanager
    def kept(self, workspace: Workspace, end: Callable[[], None]) -> Iterator[None]:
        """Raises Full where the workspace is full, or becomes so: `end` ends what runs then."""
        if full := self._full(workspace):
            raise full
        done, over = threading.Event(), threading.Event()

        def watch() -> None:
            while not done.wait(EVERY):
                if self._full(workspace):
                    over.set()
                    end()

        watching = threading.Thread(target=watch, name="quota", daemon=True)
        watching.start()
        try:
            yield
        except RuntimeError as error:
            raise (self._full(workspace) if over.is_set() else None) or error from error
        finally:
            done.set()
            watching.join()

    def _full(self, workspace: Workspace) -> Full | None:
        held = self.held(workspace)
        if held.bytes <= workspace.bytes and held.on_disk <= 2 * workspace.bytes:
            return None
        old = held.on_disk - held.bytes
        kept = f", and {_mib(old)} of parts that merges replaced" if old else ""
        return Full(workspace, f"it holds {_mib(held.bytes)} of {_mib(workspace.bytes)}{kept}")


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
