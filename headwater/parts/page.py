"""The live page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headwater.part import Described, Listens, PartSpec, Shown, Stage

if TYPE_CHECKING:
    from headwater.embedded.stack import Stack


def _described(stack: "Stack") -> Described:
    described = {"url": stack.url("page")}
    if login := stack.page_login:
        described |= {"username": login[0], "password": login[1]}
    return {"page": described}


def _shown(stack: "Stack") -> Sequence[Shown]:
    login = stack.page_login
    return [("page", stack.url("page"), " / ".join(login) if login else "none: this machine only")]


part = PartSpec(
    name="page",
    does="The live page.",
    stage=Stage.ASKING,
    serve="dashboards.page:serve",
    listens=Listens(8082, login="HEADWATER_PAGE_LOGIN"),
    needs=("migrate",),
    described=_described,
    shown=_shown,
)
