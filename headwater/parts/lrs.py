"""The learning record store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headwater.part import Described, Listens, PartSpec, Shown, Stage

if TYPE_CHECKING:
    from headwater.embedded.stack import Stack

USER = "headwater"


def _described(stack: "Stack") -> Described:
    login = {"username": USER, "password": stack.secrets.lrs}
    return {"lrs": {"url": stack.url("lrs"), **login}}


def _shown(stack: "Stack") -> Sequence[Shown]:
    return [("lrs", f"{stack.url('lrs')}/xapi", f"{USER} / {stack.secrets.lrs}")]


part = PartSpec(
    name="lrs",
    does="The xAPI HTTP interface.",
    stage=Stage.ASKING,
    serve="lrs.server:serve",
    settings="lrs.settings:LrsSettings",
    listens=Listens(8080, login="HEADWATER_LRS_CREDENTIALS"),
    needs=("kafka", "migrate"),
    described=_described,
    shown=_shown,
    lives_by=("lrs: log", "lrs: publisher", "lrs: credentials", "lrs: documents", "lrs: disk"),
)
