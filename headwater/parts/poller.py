"""The poller, which runs where there is somebody to ask (docs/decisions/polling.md)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from headwater.part import Listens, PartSpec, Stage

if TYPE_CHECKING:
    from headwater.embedded.stack import Stack


def _told(stack: "Stack") -> Mapping[str, str]:
    """The way to a demo's tools, whose names cannot resolve (headwater/demo/asked.py)."""
    return {"http_proxy": stack.url("demo"), "no_proxy": ""} if stack.demo else {}


part = PartSpec(
    name="poller",
    does="Asks the work tools that have a token in connections.toml what happened.",
    stage=Stage.ASKING,
    serve="producers.poller:serve",
    listens=Listens(8085),
    needs=("kafka",),
    when=lambda stack: any(each.polled for each in stack.connected.values()),
    condition="where a connection has a token",
    told=_told,
    lives_by=("poller: kafka", "poller: nudges", "poller: streams", "poller: standings"),
)
