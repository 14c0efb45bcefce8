"""The workspaces of the embedded warehouse: `workspaces.json`, of mode 600, in its folder.

The engine reads users and rights once, when it is opened; so the warehouse starts again when a
workspace is granted or revoked.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from headwater.embedded.contents import damaged, object_of
from headwater.embedded.datafolder import write_private
from warehouse.errors import WarehouseError
from warehouse.workspaces import Workspace

FILE = "workspaces.json"


class Workspaces:
    """Who has one; raises CannotStart for a file that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._by_user = {each.user: each for each in _read(self._path)}

    def __iter__(self) -> Iterator[Workspace]:
        return iter(self._by_user.values())

    def of(self, user: str) -> Workspace | None:
        """The user's workspace."""
        return self._by_user.get(user)

    def grant(self, workspace: Workspace) -> None:
        """Keeps a workspace, or its new secret and quota."""
        self._keep({**self._by_user, workspace.user: workspace})

    def revoke(self, name: str) -> bool:
        """Forgets a workspace's user; its database stays. False where there is none."""
        rest = {user: each for user, each in self._by_user.items() if each.name != name}
        found = len(rest) < len(self._by_user)
        if found:
            self._keep(rest)
        return found

    def _keep(self, by_user: dict[str, Workspace]) -> None:
        listed = [asdict(each) for each in sorted(by_user.values(), key=lambda each: each.name)]
        write_private(self._path, json.dumps({"workspaces": listed}, indent=1))
        self._by_user = by_user


def described(told: Any) -> Workspace:
    """A workspace as JSON describes it; raises WarehouseError for what is none."""
    try:
        return Workspace(**told)
    except TypeError as error:
        raise WarehouseError(f"that describes no workspace ({error})") from error


def _read(path: Path) -> list[Workspace]:
    if not path.exists():
        return []
    try:
        return [described(each) for each in object_of(path)["workspaces"]]
    except (KeyError, TypeError) as error:
        raise damaged(path, "it lists no workspaces") from error
    except WarehouseError as error:
        raise damaged(path, str(error)) from error
