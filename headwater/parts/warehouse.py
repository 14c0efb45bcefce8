"""The embedded warehouse; its command, with those of workspaces, is in headwater/commands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from headwater.part import Described, Listens, PartSpec, Shown, Stage

if TYPE_CHECKING:
    from headwater.embedded.stack import Stack


def _described(stack: "Stack") -> Described:
    if stack.own_warehouse:
        return {
            entry: {
                "url": stack.url("warehouse"),
                "username": user,
                "password": stack.secrets.warehouse[user],
            }
            for entry, user in (("warehouse", "analyst"), ("warehouse_admin", "headwater"))
        }
    if stack.settings.clickhouse is None:
        return {}
    outside = urlsplit(stack.settings.clickhouse.get_secret_value())
    admin = {
        "url": f"{outside.scheme}://{outside.netloc.rpartition('@')[2]}",
        "username": unquote(outside.username or "default"),
        "password": unquote(outside.password or ""),
    }
    return {"warehouse_admin": admin}


def _shown(stack: "Stack") -> Sequence[Shown]:
    analyst = _described(stack).get("warehouse")
    if analyst is None:
        return []
    return [("warehouse", analyst["url"], f"{analyst['username']} / {analyst['password']}")]


part = PartSpec(
    name="warehouse",
    does="The embedded warehouse, over ClickHouse's HTTP interface.",
    stage=Stage.KEEPING,
    serve="headwater.embedded.warehouse:serve",
    group=True,
    listens=Listens(8123, login="HEADWATER_WAREHOUSE_PASSWORDS", ready="/ping"),
    when=lambda stack: stack.own_warehouse,
    condition="unless `HEADWATER_CLICKHOUSE` names a server",
    keeps="store/metadata",
    prefetch=False,
    described=_described,
    shown=_shown,
    replaced_by="clickhouse",
)
