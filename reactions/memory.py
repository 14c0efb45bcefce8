"""What was raised and who was told, in the warehouse (`ops.reaction_rows`), and which rules hold.

A case is written down, whole, with everybody who is to be told, before anything else is done of
it: in one insert. What is done is noted afterwards. So whoever is killed in between does that last
thing once more, with the same id: a statement that is there already is the same, and a message
has an id by which its receiver knows it.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from reactions import message as messages
from reactions.document import NONE, Document, Rule, read
from reactions.errors import DocumentError
from reactions.message import Message
from reactions.rules import Case
from reactions.worktime import moment
from warehouse import Warehouse

COLUMNS = ("id", "target", "rule", "at", "said", "step", "state", "told", "reason")
#: How many things that are to be done for a target are looked at together.
MOST = 1_000
#: How many ids are asked for at once: they stand in an address.
ASKED = 500


class InForce(NamedTuple):
    """The rules that hold; `since` is when each was turned on as it is, by its name."""

    version: int
    document: Document
    since: dict[str, datetime]


class Waiting(NamedTuple):
    """What is to be done: the statement's storing (target ''), or a target's telling."""

    message: Message
    target: str
    #: When it was raised.
    told: datetime


def in_force(warehouse: Warehouse) -> InForce:
    """The rules that were put in force last. Raises DocumentError where this version cannot read
    what another one wrote."""
    rows = warehouse.rows("reactions/in_force")
    if not rows:
        return InForce(0, NONE, {})
    newest, document = int(rows[0][0]), read(rows[0][1], "the rules in force")
    since: dict[str, datetime] = {}
    going = {rule.name: rule for rule in document.rule}
    for version, text in rows:
        there = _rules(text)
        going = {n: rule for n, rule in going.items() if any(_same(rule, one) for one in there)}
        since |= dict.fromkeys(going, moment(int(version)))
        if not going:
            break
    return InForce(newest, document, since)


def _rules(text: str) -> tuple[Rule, ...]:
    """The rules of a text; none where this version cannot read it."""
    try:
        return read(text, "").rule
    except DocumentError:
        return ()


def _same(one: Rule, other: Rule) -> bool:
    """Whether two rules raise the same; whom they tell does not count."""
    return one.model_copy(update={"deliver": ()}) == other.model_copy(update={"deliver": ()})


def put_in_force(warehouse: Warehouse, text: str) -> int:
    """From now on these rules hold; returns their version."""
    version = int(time.time() * 1000)
    warehouse.insert("ops.reaction_rule_rows", ("version", "text"), [(version, text)])
    return version


def unknown(warehouse: Warehouse, found: Sequence[Case]) -> list[Case]:
    """Those cases of which nothing is written down."""
    ids = [str(case.id) for case in found]
    known = {
        str(row[0])
        for at in range(0, len(ids), ASKED)
        for row in warehouse.rows("reactions/known", ids=ids[at : at + ASKED])
    }
    return [case for case in found if str(case.id) not in known]


def raise_new(
    warehouse: Warehouse, found: Sequence[tuple[Message, Sequence[str]]], now: datetime
) -> int:
    """Writes down new messages, each with the targets to be told; how many they are."""
    rows = [
        _row(message, target, 0, "waiting" if target else "raised", now)
        for message, targets in found
        for target in ("", *targets)
    ]
    warehouse.insert("ops.reaction_rows", COLUMNS, rows)
    return len(found)


def waiting(warehouse: Warehouse) -> list[Waiting]:
    """What is to be done, the oldest case first."""
    rows = warehouse.rows("reactions/waiting", most=MOST)
    return [
        Waiting(messages.decoded(said), target, moment(told))
        for _, target, _, _, said, told in rows
    ]


def note(
    warehouse: Warehouse, done: Iterable[Waiting], state: str, now: datetime, reason: str = ""
) -> None:
    """Notes what became of some things."""
    rows = [_row(each.message, each.target, 1, state, now, reason) for each in done]
    warehouse.insert("ops.reaction_rows", COLUMNS, rows)


def delivered(warehouse: Warehouse, since: datetime) -> dict[str, int]:
    """How many messages each target had since a moment."""
    milliseconds = int(since.timestamp() * 1000)
    return {
        row[0]: int(row[1]) for row in warehouse.rows("reactions/delivered", since=milliseconds)
    }


def _row(
    message: Message, target: str, step: int, state: str, now: datetime, reason: str = ""
) -> tuple[UUID | str | int | datetime, ...]:
    said = messages.encoded(message)
    return message.id, target, message.rule, message.at, said, step, state, now, reason
