"""What a data folder holds, and what is done where a file of it is missing or damaged.

`irreplaceable` files are never made anew beside data: the start is refused, with what to do. The
others are made again from what is known, and `told` says so.

| file | missing beside data | damaged |
|---|---|---|
| `secrets.json` | refused: it holds the key of the pseudonyms | refused |
| `version` | refused | refused |
| `kafka`, `warehouse` | refused, where `stores.json` names them | what tells: refused |
| `warehouse/workspaces.json` | nobody has a workspace; what is in them stays | refused |
| `warehouse/definitions` | made anew by the warehouse | only what is whole is used |
| `kafka/password`, `kafka/login` | made anew, and given to the broker | refused; renewed |
| `synthetic` | made anew where a demo's own files are there | nothing is in it |
| `connections.toml` | made anew with GitHub (a demo's with its tools), told | refused by line |
| `secrets/github` | made anew with the same secret, told | refused where it is empty |
| `secrets/*` of others | refused by line | refused where it is empty |
| `kpis.toml` | no KPI is declared | what it said before is in force; status tells the line |
| `views.json` | no view is saved | the page and `headwater views` name it; nothing is saved |
| `stores.json` | made anew at the next start | refused |
| `stack.json`, `run`, `logs`, `worker`, `lock` | made anew at each start | made anew |
| `demo.json` | the demo begins anew | left alone; the demo says so and rests |
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from headwater import parts
from headwater.errors import CannotStart

#: What stands in a folder before its secrets are made.
BEGINNING = frozenset(
    {"version", "lock", "synthetic", "connections.toml", "kpis.toml", "secrets", "lost+found"}
)
#: What tells that a demo made the folder, whatever became of its mark.
DEMO = ("synthetic", "demo.json", "demo")
STORES = "stores.json"
#: Of each store, what every one that ran has: a file with something in it, or a folder.
SIGNS = {part.name: Path(part.keeps) for part in parts.every() if part.keeps}
RESTORE = "put it back from a backup (`headwater restore`), or name a new folder with --data"


def is_new(folder: Path) -> bool:
    """Whether nothing was ever kept here but what stands before the first start."""
    return not {entry.name for entry in folder.iterdir()} - BEGINNING


def is_synthetic(folder: Path) -> bool:
    """Whether a demo made the folder."""
    return any((folder / name).exists() for name in DEMO)


def text_of(path: Path) -> str:
    """The text of a file of the folder; raises CannotStart where it cannot be read as one."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise damaged(path, f"it is not text (byte {error.start})") from error
    except OSError as error:
        raise CannotStart(
            "headwater",
            f"{path} cannot be read: {error.strerror}",
            "give it back to the user that starts the stack (chown, chmod 600)",
        ) from error


def object_of(path: Path) -> dict[str, Any]:
    """The JSON object that a file of the folder holds; raises CannotStart where it is none."""
    text = text_of(path)
    if not text.strip():
        raise damaged(path, "it is empty")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise damaged(path, f"it is cut off or damaged ({error})") from error
    if not isinstance(found, dict):
        raise damaged(path, f"it holds a {type(found).__name__}, and not an object")
    return found


def damaged(path: Path, why: str) -> CannotStart:
    """What is raised for a file that nothing can be made of."""
    return CannotStart("headwater", f"{path} cannot be used: {why}", RESTORE)


def missing(path: Path, why: str) -> CannotStart:
    """What is raised for a file that is not made anew beside data."""
    return CannotStart("headwater", f"{path} is missing beside data: {why}", RESTORE)


def check_stores(folder: Path, own: Collection[str]) -> None:
    """Raises CannotStart where a store that ran here is gone, in whole or in what tells it.

    An empty log beside a full warehouse, or the other way round, would look like a good start.
    """
    path = folder / STORES
    named = object_of(path).get("stores") if path.exists() else []
    if not isinstance(named, list) or not set(named) <= set(SIGNS):
        raise damaged(path, f"it names other stores than {', '.join(SIGNS)}")
    for store in sorted(set(named) & set(own)):
        sign = folder / store / SIGNS[store]
        if not (folder / store).is_dir():
            raise missing(folder / store, "it was there when the stack ran last")
        if not sign.exists():
            raise missing(sign, f"without it {store} would begin with nothing")
        if store == "kafka" and "cluster.id" not in text_of(sign):
            raise damaged(sign, "it names no cluster.id")


def stores_noted(folder: Path, own: Collection[str]) -> dict[str, Any]:
    """What `stores.json` is to hold once these stores run."""
    path = folder / STORES
    before = object_of(path).get("stores", []) if path.exists() else []
    return {"stores": sorted({*before, *own})}
