"""The files that Grafana reads at its start: a file a board, the data source, the folder.

`headwater dashboards build` writes them beside this module; a test holds them current.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from dashboards.boards import boards
from dashboards.errors import BoardsStale
from dashboards.grafana.board import FOLDER, FOLDER_UID, model
from dashboards.grafana.query import PLUGIN, SOURCE_UID

HERE = Path(__file__).parent
#: Where the boards lie inside Grafana's container.
MOUNTED = "/var/lib/grafana/dashboards/headwater"
_HEADER = "# Built from dashboards/boards by `headwater dashboards build`: change it there.\n"


def data_source(
    host: str, port: int | str, user: str, password: str, *, secure: bool = False
) -> dict[str, Any]:
    """The official ClickHouse data source, over HTTP, as the viewer."""
    return {
        "name": "Headwater",
        "uid": SOURCE_UID,
        "type": PLUGIN,
        "access": "proxy",
        "jsonData": {
            "host": host,
            "port": port,
            "protocol": "http",
            "secure": secure,
            "username": user,
            "defaultDatabase": "viewer",
        },
        "secureJsonData": {"password": password},
    }


def built() -> dict[str, str]:
    """Every file's path below this folder, with its text."""
    source = data_source(
        "$HEADWATER_VIEWER_HOST",
        "$HEADWATER_VIEWER_PORT",
        "$HEADWATER_VIEWER_USER",
        "$HEADWATER_VIEWER_PASSWORD",
    )
    sources = {"apiVersion": 1, "datasources": [{**source, "editable": False}]}
    provider = {
        "name": "headwater",
        "folder": FOLDER,
        "folderUid": FOLDER_UID,
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": MOUNTED},
    }
    return {
        **{f"boards/{board.name}.json": _json(model(board)) for board in boards()},
        "provisioning/datasources/headwater.yaml": _yaml(sources),
        "provisioning/dashboards/headwater.yaml": _yaml({"apiVersion": 1, "providers": [provider]}),
    }


def build(folder: Path = HERE) -> list[Path]:
    """Write every file, and remove those of boards that are gone; returns those that changed."""
    files = built()
    changed = [folder / name for name in files if _text(folder / name) != files[name]]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[str(path.relative_to(folder))], "utf-8")
    gone = [folder / name for name in _left_over(folder)]
    for path in gone:
        path.unlink()
    return [*changed, *gone]


def check(folder: Path = HERE) -> None:
    """Raise BoardsStale where a file is not what the boards declare."""
    stale = [name for name, text in built().items() if _text(folder / name) != text]
    stale += _left_over(folder)
    if stale:
        raise BoardsStale(
            f"not current: {', '.join(stale)}. To fix: `headwater dashboards build`, and commit."
        )


def _left_over(folder: Path) -> list[str]:
    """Files of boards that are no longer declared."""
    declared = {f"{board.name}.json" for board in boards()}
    there = sorted((folder / "boards").glob("*.json"))
    return [f"boards/{path.name}" for path in there if path.name not in declared]


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _yaml(content: dict[str, Any]) -> str:
    return _HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
