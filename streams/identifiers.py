"""Which identifiers pseudonyms stand for, kept in the vault before anything is said of them.

A forge's no-reply address is of the forge's account (`directory.forge_rows`): with a new one what
is known of accounts is read anew at once, and what it may change is counted anew.
"""

from collections.abc import Mapping

from streams.context import Context
from streams.retry import until_available
from warehouse import Warehouse
from xapi.identity import forge_account


class Known(set[int]):
    """Accounts whose identifiers are in the vault."""


async def keep(context: Context, accounts: Mapping[int, str]) -> None:
    """Writes down which identifiers these pseudonyms stand for, those that are new."""
    known = context.kept(Known)
    new = [(account, name) for account, name in accounts.items() if account not in known]
    if not new:
        return
    columns = ("account", "identifier")
    await until_available(context.warehouse.insert, "vault.account_rows", columns, new)
    forges = [
        (account, context.pseudonyms.account(target))
        for account, name in new
        if (target := forge_account(name))
    ]
    if forges:
        await until_available(_of_forges, context.warehouse, forges)
    known.update(account for account, _ in new)


def _of_forges(warehouse: Warehouse, forges: list[tuple[int, int]]) -> None:
    warehouse.insert("directory.forge_rows", ("account", "target"), forges)
    for directory in ("directory", "released"):
        warehouse.command(f"{directory}/reload_account_person")
    warehouse.command("directory/dirty_accounts", accounts=[account for account, _ in forges])
