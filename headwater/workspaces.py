"""Workspaces of whichever warehouse a stack has: granted, listed, revoked.

The embedded warehouse keeps its own users and is asked over `/workspaces`; a ClickHouse server
takes them by SQL (`warehouse/access.py`).
"""

from dataclasses import asdict, dataclass
from typing import Any

import httpx

from headwater.errors import StackError
from headwater.running import Running, until
from warehouse import Warehouse, WarehouseError
from warehouse.access import workspace_ending, workspace_statements
from warehouse.settings import Address
from warehouse.workspaces import PREFIX, Workspace, checked, made

MIB = 1 << 20
#: How long the embedded warehouse may take to start again.
SECONDS = 90.0


@dataclass(frozen=True)
class Listed:
    """A workspace, or a database that nobody has any more (`user` is empty)."""

    database: str
    user: str
    tables: int
    bytes: int
    most_tables: int
    most_bytes: int

    def as_data(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)

    @property
    def told(self) -> str:
        """A line for people."""
        if not self.user:
            return f"{self.database}: {_mib(self.bytes)} in {self.tables} tables, nobody's"
        tables = f"{self.tables} of {self.most_tables}" if self.most_tables else f"{self.tables}"
        limit = "of" if self.most_tables else "; a day it may write"
        return (
            f"{self.database}: {self.user}, {_mib(self.bytes)} {limit} {_mib(self.most_bytes)}, "
            f"{tables} tables"
        )


class Workspaces:
    """The workspaces of a stack's warehouse; raises StackError with what to do."""

    def __init__(self, stack: Running) -> None:
        self._url = stack.warehouse
        self._warehouse = Warehouse(self._url)
        self._own = self._asked("GET") is not None

    def grant(self, name: str, size: int, tables: int) -> tuple[Workspace, str]:
        """Makes a workspace, or gives one another secret and quota."""
        try:
            workspace, secret = made(name, size, tables)
            self._warehouse.command("workspaces/create", database=workspace.database)
            if self._own:
                before = (self._asked("PUT", json=_described(workspace)) or {})["start"]
                self._wait_for(before, workspace.user, secret)
            else:
                for statement in workspace_statements(workspace):
                    self._warehouse.execute(statement)
        except WarehouseError as error:
            raise _failed("granted", error) from error
        return workspace, secret

    def listed(self) -> list[Listed]:
        """Every workspace, and every database of one that was revoked."""
        try:
            users = self._users()
            sizes = self._warehouse.rows("workspaces/sizes")
        except WarehouseError as error:
            raise _failed("listed", error) from error
        return [
            Listed(database, *_of(users, database, int(tables), int(size)))
            for database, tables, size in sizes
        ]

    def revoke(self, name: str, *, drop: bool) -> None:
        """Takes the user away, and with `drop` the database."""
        try:
            database = PREFIX + checked(name)
            known = {each.database for each in self.listed()}
            if database not in known:
                raise StackError(
                    f"there is no workspace {name}: see `headwater warehouse list-workspaces`"
                )
            self._end(name)
            if drop:
                self._warehouse.command("workspaces/drop", database=database)
        except WarehouseError as error:
            raise _failed("revoked", error) from error

    def _end(self, name: str) -> None:
        user = f"analyst_{name}"
        if not self._own:
            for statement in workspace_ending(user):
                self._warehouse.execute(statement)
            return
        if f"{PREFIX}{name}" in self._users():
            before = (self._asked("DELETE", params={"name": name}) or {})["start"]
            self._again(lambda: self._began_after(before))

    def _users(self) -> dict[str, tuple[str, int, int]]:
        """Database → user, tables and bytes at most (0 tables where they are not counted)."""
        if self._own:
            told = (self._asked("GET") or {}).get("workspaces", [])
            return {
                each["database"]: (each["user"], each["tables"], each["bytes"]) for each in told
            }
        rows = self._warehouse.rows("workspaces/users")
        return {PREFIX + user.removeprefix("analyst_"): (user, 0, size or 0) for user, size in rows}

    def _asked(self, method: str, **given: Any) -> dict[str, Any] | None:
        """What the embedded warehouse answers; None of a ClickHouse server."""
        at = Address(self._url)
        url = f"{'https' if at.secure else 'http'}://{at.host}:{at.port}/workspaces"
        try:
            answer = httpx.request(method, url, auth=(at.user, at.password), timeout=30, **given)
        except httpx.HTTPError as error:
            raise StackError(
                f"the warehouse at {at.host}:{at.port} does not answer. "
                "To fix: see that it runs (`headwater status`)."
            ) from error
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise StackError(f"the warehouse refused that: {answer.text.strip()[:300]}")
        found: dict[str, Any] = answer.json()
        return found

    def _began_after(self, before: str) -> bool:
        """Whether the warehouse that answers now is not the one that was asked."""
        try:
            return bool((self._asked("GET") or {})["start"] != before)
        except StackError:
            return False

    def _wait_for(self, before: str, user: str, secret: str) -> None:
        """Until the warehouse has started again and lets the user in."""
        at = Address(self._url)
        url = f"http://{user}:{secret}@{at.host}:{at.port}"

        def lets_in() -> bool:
            if not self._began_after(before):
                return False
            mine = Warehouse(url, timeout=5)
            try:
                return bool(mine.query("SELECT 1"))
            except WarehouseError:
                return False
            finally:
                mine.close()

        self._again(lets_in)

    @staticmethod
    def _again(condition: Any) -> None:
        if not until(condition, SECONDS):
            raise StackError(
                "it is kept, but the warehouse has not started again. "
                "To fix: see `headwater status`, and start it again."
            )


def _described(workspace: Workspace) -> dict[str, Any]:
    return asdict(workspace)


def _of(
    users: dict[str, tuple[str, int, int]], database: str, tables: int, size: int
) -> tuple[str, int, int, int, int]:
    user, most_tables, most_bytes = users.get(database, ("", 0, 0))
    return user, tables, size, most_tables, most_bytes


def _failed(what: str, error: WarehouseError) -> StackError:
    return StackError(f"the workspace was not {what}: {error}. To fix: see the message.")


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB"
