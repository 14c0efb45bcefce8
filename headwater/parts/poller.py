"""The poller, which runs where there is somebody to ask (docs/decisions/polling.md)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from headwater.part import Listens, PartSpec, Stage

if TYPE_CHECKING:
    from headwater.embedded.stack import Stack


def _told(stack: "Stack") -> Mapping[str, str]:
    """The way to a demo's tools, whose names cannot resolve (headwater/demo/asked.py)."""
    return {"http_proxy": stack.url("demo"), "no_proxy": ""} if stack.demo else {}


def _wanted(stack: "Stack") -> bool:
    return any(each.polled for each in stack.connected.values()) or _pulls(stack)


def _pulls(stack: "Stack") -> bool:
    """Whether kpis.toml puts a pull on a schedule; that one cannot be read the poller tells."""
    from xapi import catalogue

    path = Path(os.environ.get("HEADWATER_KPIS") or stack.folder.path / catalogue.FILE)
    try:
        return any(each.every for each in catalogue.read(path.read_text("utf-8")).pull)
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError, catalogue.CatalogueError):
        return True


part = PartSpec(
    name="poller",
    does="Asks the work tools that have a token in connections.toml what happened, and the sources "
    "of figures in kpis.toml.",
    stage=Stage.ASKING,
    serve="producers.poller:serve",
    listens=Listens(8085),
    needs=("kafka",),
    when=_wanted,
    condition="where a connection has a token, or kpis.toml a pull with `every`",
    told=_told,
    lives_by=(
        "poller: kafka",
        "poller: nudges",
        "poller: streams",
        "poller: pulls",
        "poller: standings",
    ),
)
