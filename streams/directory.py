"""directory.people → directory.*, vault.person_rows: who belongs to which team, and since when.

A load counts once its closing record is there. Then the dictionaries are read anew and the hours in
which its people did anything are marked: teams and tenure appear for what happened before, and no
fact is rewritten.
"""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import orjson

from bus.topics import PEOPLE
from streams.app import Worker, ends_on_error
from streams.batches import Message
from streams.pseudonyms import Pseudonyms
from streams.retry import until_available
from warehouse import Warehouse

#: A membership without an end; the last day that ClickHouse's dates hold comfortably.
FOREVER = date(2149, 6, 6)
DICTIONARIES = ("account_person", "person_start", "person_team", "team_size")


def person_row(message: dict[str, Any], sequence: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """The row of `directory.person_rows`: pseudonyms and teams, no identity."""
    teams = [
        (
            team["team"],
            date.fromisoformat(team["from"]) if team.get("from") else date(1970, 1, 1),
            date.fromisoformat(team["to"]) if team.get("to") else FOREVER,
        )
        for team in message.get("teams", ())
    ]
    start = message.get("start")
    return (
        message["load"],
        sequence,
        pseudonyms.person(message["person"]),
        date.fromisoformat(start) if start else None,
        pseudonyms.person(message.get("manager") or ""),
        [pseudonyms.account(account) for account in message.get("accounts", ())],
        teams,
    )


PERSON_COLUMNS = ("load", "sequence", "person", "start", "manager", "accounts", "teams")


def refresh(warehouse: Warehouse) -> dict[int, int]:
    """Reads the dictionaries anew and returns account → person."""
    for name in DICTIONARIES:
        warehouse.command(f"directory/reload_{name}")
    return {row[0]: row[1] for row in warehouse.rows("directory/accounts_people")}


def close(warehouse: Warehouse, load: str, sequence: int, people: int) -> dict[int, int]:
    """Makes a load count: dictionaries anew, and the hours of its people marked."""
    warehouse.insert(
        "directory.load_rows",
        ("load", "sequence", "people", "at"),
        [(load, sequence, people, datetime.now(UTC))],
    )
    mapping = refresh(warehouse)
    warehouse.command("directory/dirty", load=load)
    return mapping


def register(worker: Worker) -> None:
    """Declares the processor and what keeps it current."""
    app = worker.app
    warehouse = worker.warehouse

    @ends_on_error
    async def begin() -> None:
        worker.people = await until_available(refresh, warehouse)

    async def follow() -> None:
        """Another worker may have taken a load in."""
        rows = await asyncio.to_thread(warehouse.rows, "directory/accounts_people")
        worker.people = {row[0]: row[1] for row in rows}

    app.task(begin)
    app.timer(interval=60.0)(follow)

    async def take(messages: list[Message]) -> None:
        people: list[tuple[int, dict[str, Any]]] = []
        for message in messages:
            if not message.value:
                continue
            try:
                value = orjson.loads(message.value)
                if value.get("closed"):
                    await put(people)
                    people = []
                    worker.people = await until_available(
                        close, warehouse, value["load"], message.offset, int(value["people"])
                    )
                else:
                    person_row(value, message.offset, worker.pseudonyms)
                    people.append((message.offset, value))
            except (
                orjson.JSONDecodeError,
                KeyError,
                TypeError,
                ValueError,
                AttributeError,
            ) as error:
                await worker.reject(
                    f"{PEOPLE.name}/{message.partition}/{message.offset}",
                    source="directory",
                    kind="directory",
                    reason=f"{type(error).__name__}: {error}",
                    body=message.value,
                )
        await put(people)

    async def put(people: list[tuple[int, dict[str, Any]]]) -> None:
        rows = [person_row(value, offset, worker.pseudonyms) for offset, value in people]
        identities = [
            (
                v["load"],
                o,
                worker.pseudonyms.person(v["person"]),
                v["person"],
                orjson.dumps(v).decode(),
            )
            for o, v in people
        ]
        accounts = [
            (worker.pseudonyms.account(a), a) for _, v in people for a in v.get("accounts", ())
        ]
        await until_available(warehouse.insert, "directory.person_rows", PERSON_COLUMNS, rows)
        await until_available(
            warehouse.insert,
            "vault.person_rows",
            ("load", "sequence", "person", "person_id", "value"),
            identities,
        )
        await until_available(
            warehouse.insert, "vault.account_rows", ("account", "identifier"), accounts
        )

    worker.process("directory", PEOPLE, take, most=1000, within=0.1)
