"""directory.people → directory.*, vault.person_rows: who belongs to which team, and whose accounts.

A load counts once its closing record is there. Then the dictionaries are read anew and the hours in
which its people did anything become dirty: teams and tenure appear for what happened before, and no
fact is rewritten. A load holds people; or links: whose somebody says that an account is, and which
addresses a tool has verified; or consents: who said that they may be named; or owners of places.
Addresses stay in the vault; the directory knows their pseudonyms.
"""

from datetime import datetime
from typing import Any

import orjson

from bus import loads
from bus.topics import PEOPLE, WORKER_GROUP
from streams import identifiers, loading
from streams.context import Context
from streams.loading import Entry
from streams.processor import Message, Periodic, Processor
from streams.processors.directory import clocks
from streams.processors.directory.consents import CONSENT_COLUMNS, consent_row
from streams.processors.directory.links import LINK_COLUMNS, link_row, mailboxes
from streams.processors.directory.owners import OWNER_COLUMNS, owner_row
from streams.processors.directory.people import PERSON_COLUMNS, person_row
from streams.release import DICTIONARIES
from streams.retry import until_available
from warehouse import Warehouse

#: The newest shape of its records: 1 has people, 2 links too, 3 consents, 4 owners.
REVISION = 4


def refresh(warehouse: Warehouse) -> dict[int, int]:
    """Reads the dictionaries anew and returns account → person."""
    clocks.keep(warehouse)
    for name in (*DICTIONARIES, "zone_offset"):
        warehouse.command(f"directory/reload_{name}")
    return {row[0]: row[1] for row in warehouse.rows("directory/accounts_people")}


def close(
    warehouse: Warehouse, load: str, sequence: int, people: int, at: datetime
) -> dict[int, int]:
    """Makes a load count: dictionaries anew, and the hours of its people dirty."""
    warehouse.insert(
        "directory.load_rows",
        ("load", "sequence", "people", "at"),
        [(load, sequence, people, at)],
    )
    mapping = refresh(warehouse)
    warehouse.command("directory/dirty", first=sequence, last=sequence, mart="")
    return mapping


async def handle(context: Context, messages: list[Message]) -> None:
    """Stores people; a closing record makes those before it count."""

    def row(value: dict[str, Any], sequence: int) -> tuple[Any, ...]:
        made = {"account": link_row, "consents": consent_row, "owner": owner_row}
        make = next((made[key] for key in made if key in value), person_row)
        return make(value, sequence, context.pseudonyms)

    await loading.take(
        context,
        messages,
        counted="people",
        source="directory",
        row=row,
        put=_put,
        close=_close,
        revision=REVISION,
    )


async def _close(context: Context, closing: loads.Closing, sequence: int, at: datetime) -> None:
    context.people = await until_available(
        close, context.warehouse, closing.load, sequence, closing.count, at
    )


async def _put(context: Context, entries: list[Entry]) -> None:
    made = context.pseudonyms
    links = [entry for entry in entries if "account" in entry.value]
    consents = [entry.row for entry in entries if "consents" in entry.value]
    owners = [entry.row for entry in entries if "owner" in entry.value]
    others = {"account", "consents", "owner"}
    people = [entry for entry in entries if not others & entry.value.keys()]
    identities = [
        (v["load"], o, made.person(v["person"]), v["person"], orjson.dumps(v).decode())
        for o, v, _ in people
    ]
    named = [name for _, v, _ in people for name in v.get("accounts", ())]
    for _, value, _ in links:
        named += [value["account"], *(mailboxes(value) if "addresses" in value else ())]
    await identifiers.keep(context, {made.account(name): name for name in named})
    for table, columns, some in (
        ("directory.person_rows", PERSON_COLUMNS, [row for _, _, row in people]),
        ("vault.person_rows", ("load", "sequence", "person", "person_id", "value"), identities),
        ("directory.link_rows", LINK_COLUMNS, [row for _, _, row in links]),
        ("directory.findable_rows", CONSENT_COLUMNS, consents),
        ("directory.owner_rows", OWNER_COLUMNS, owners),
    ):
        await until_available(context.warehouse.insert, table, columns, some)


async def follow(context: Context) -> None:
    """Another worker may have taken a load in, or did before this one began."""
    context.people = await until_available(refresh, context.warehouse)


processor = Processor(
    "directory",
    PEOPLE,
    1000,
    0.1,
    handle,
    output=(
        "directory.person_rows, directory.link_rows, directory.findable_rows, "
        "directory.owner_rows, directory.zone_rows, directory.load_rows, vault.person_rows, "
        "vault.account_rows"
    ),
    group=WORKER_GROUP,
    periodic=(Periodic("people", 60.0, follow),),
)
