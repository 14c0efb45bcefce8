"""The files that Grafana reads at its start: the board, the data source, the folder.

`headwater dashboards build` writes them beside this module; a test holds them current.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from dashboards.errors import BoardsStale
from dashboards.grafana.board import FOLDER, FOLDER_UID, board
from dashboards.grafana.query import PLUGIN, SOURCE_UID

HERE = Path(__file__).parent
#: Where the boards lie inside Grafana's container.
MOUNTED = "/var/lib/grafana/dashboards/headwater"
_HEADER = "# Built from dashboards/panels by `headwater dashboards build`: change it there.\n"


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
        "boards/headwater.json": json.dumps(board(), indent=1, ensure_ascii=False) + "\n",
        "provisioning/datasources/headwater.yaml": _yaml(sources),
        "provisioning/dashboards/headwater.yaml": _yaml({"apiVersion": 1, "providers": [provider]}),
    }


def build(folder: Path = HERE) -> list[Path]:
    """Write every file; returns those that changed."""
    changed = []
    for name, text in built().items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed


def check(folder: Path = HERE) -> None:
    """Raise BoardsStale where a file is not what the panels declare."""
    stale = [
        name
        for name, text in built().items()
        if not (folder / name).exists() or (folder / name).read_text("utf-8") != text
    ]
    if stale:
        raise BoardsStale(
            f"not current: {', '.join(stale)}. To fix: `headwater dashboards build`, and commit."
        )


def _yaml(content: dict[str, Any]) -> str:
    return _HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
