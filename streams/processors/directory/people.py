"""Records of people: their accounts, their teams since when, and by whose clocks they live."""

from datetime import date
from typing import Any

from streams.loading import text
from streams.pseudonyms import Pseudonyms

#: A membership without an end; the last day that ClickHouse's dates hold comfortably.
FOREVER = date(2149, 6, 6)
PERSON_COLUMNS = ("load", "sequence", "person", "start", "manager", "accounts", "teams", "timezone")


def person_row(message: dict[str, Any], sequence: int, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    """The row of `directory.person_rows`: pseudonyms and teams, no identity."""
    teams = [
        (
            text(team, "team"),
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
        text(message, "timezone") if message.get("timezone") is not None else "",
    )
