"""The hooks server."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headwater.part import Described, Listens, PartSpec, Shown, Stage

if TYPE_CHECKING:
    from headwater.embedded.stack import Stack


def _described(stack: "Stack") -> Described:
    from producers.connections import described

    return {"hooks": {"url": stack.url("hooks"), **described(stack.connected)}}


def _shown(stack: "Stack") -> Sequence[Shown]:
    hooks = _described(stack)["hooks"]
    shown = []
    for name, secret in hooks["secrets"].items():
        pages = stack.connected[name].connector.beacon
        path = f"beacon/{name}.js" if pages else f"hooks/{name}"
        shown.append((f"hooks: {name}", f"{hooks['url']}/{path}", f"secret {secret}"))
    return shown


part = PartSpec(
    name="hooks",
    does="The server that takes work tools' signed webhooks, and what pages send.",
    stage=Stage.ASKING,
    serve="producers.hooks:serve",
    listens=Listens(8081, login="HEADWATER_CONNECTIONS"),
    needs=("kafka",),
    described=_described,
    shown=_shown,
    lives_by=("hooks: publisher", "hooks: disk", "hooks: connections", "hooks: standings"),
)
