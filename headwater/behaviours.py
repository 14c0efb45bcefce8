"""`behaviours.toml`: read with its lines, tried, put in force, and applied to history.

History goes by rules when each event whose behaviour they change was sent once more, under its own
id and position: the same fact, with another behaviour. Nothing else is sent, and again nothing;
but where every event is asked for, as after an upgrade that lets facts say more.
"""

import asyncio
import fnmatch
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from bus.records import Position
from headwater.errors import StackError
from headwater.verification import progress
from producers.registry import all_connectors
from streams import rules
from streams.context import Context
from streams.events import Unclassifiable, event_of
from streams.packing import Packing
from streams.processors.classified import RULES_EVERY
from streams.pseudonyms import Pseudonyms
from streams.rules import NONE, Meant, Rules
from streams.settings import StreamSettings
from warehouse import Warehouse
from xapi.event import Event, encoded
from xapi.toml_places import fault_of

#: Statements looked at together.
PAGE = 10_000
#: How long a worker may take to go by rules that were put in force, in seconds.
TAKEN_UP = 60.0
FIRST_ID = "00000000-0000-0000-0000-000000000000"
COLUMNS = ("version", "text", "applied")


class BehavioursError(StackError):
    """A behaviours.toml that cannot be read as it stands."""


class Read(NamedTuple):
    """A file with its rules."""

    text: str
    rules: Rules


def read(path: Path) -> Read:
    """The rules of a file.

    Raises BehavioursError with the line and the reason.
    """
    try:
        text = path.read_text("utf-8")
        return Read(text, rules.read(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BehavioursError(f"{path}: {error}") from error
    except ValidationError as error:
        wrong = fault_of(error, text)
        where = f" ({wrong.named})" if wrong.named else ""
        raise BehavioursError(f"{path}, line {wrong.line}{where}: {wrong.said}") from error


class Statement(NamedTuple):
    """An accepted statement as it stands in the warehouse."""

    position: Position
    source: str
    line: bytes


def _statements(rows: Iterable[Sequence[Any]]) -> Iterator[Statement]:
    for _, position, source, line in rows:
        at = Position.from_uint128(int(position))
        yield Statement(at, source.decode("utf-8", "replace"), line)


def _event(one: Statement, pseudonyms: Pseudonyms, by: Rules) -> Event | None:
    try:
        return event_of(one.line, one.position, one.source, pseudonyms, {}, by)
    except Unclassifiable:
        return None


def untold_kinds(of: Rules) -> list[tuple[int, str]]:
    """The kinds that rules ask for and no connector's statements tell, each with its rule's number
    (from 1): words that are written wrong, or kinds of a connection that declares its own."""
    mapped = {
        connector.told_as.get(kind, kind)
        for connector in all_connectors().values()
        for kind in connector.mappers
    }
    told = {each.lower() for kind in mapped for each in (kind, kind.partition(".")[0])}
    return [
        (number, kind)
        for number, rule in enumerate(of.rules, 1)
        for kind in rule.kind or ()
        if not fnmatch.filter(told, kind.lower())
    ]


@dataclass
class Trial:
    """What rules would change of some statements."""

    looked_at: int = 0
    #: (behaviour now, behaviour then) → how many events.
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: For each rule, how many events it decides.
    decided: Counter[int] = field(default_factory=Counter)
    #: Of all looked at, how many do not tell their tool's kind.
    without_kind: int = 0
    #: What events are told by, of those that no rule decides and nothing classifies.
    left: Counter[Meant] = field(default_factory=Counter)


def tried(warehouse: Warehouse, key: str, new: Rules, last: int) -> Trial:
    """What rules would change of the last statements, beside those in force."""
    pseudonyms, old = Pseudonyms(key), rules.in_force(warehouse)
    found = Trial()
    deciding = _Deciding(new, found)
    for one in _statements(warehouse.rows_of_bytes("behaviours/newest", most=last)):
        was = _event(one, pseudonyms, old)
        then = _event(one, pseudonyms, deciding)
        if was is None or then is None:
            continue
        found.looked_at += 1
        if was.behaviour != then.behaviour:
            found.changes[was.behaviour, then.behaviour] += 1
    return found


class _Deciding(Rules):
    """Rules that write down which of them decided."""

    def __init__(self, of: Rules, trial: Trial) -> None:
        super().__init__(of.rules)
        self._trial = trial

    def rule_for(self, meant: Meant) -> int | None:
        number = super().rule_for(meant)
        self._trial.without_kind += not meant.kind
        if number is not None:
            self._trial.decided[number] += 1
        elif meant.was == "unclassified":
            self._trial.left[meant] += 1
        return number


@dataclass
class Applied:
    """What became of rules that were put in force."""

    version: int
    changes: Counter[tuple[str, str]]
    #: What is still on its way, a sentence each.
    waiting: list[str]


def put_in_force(warehouse: Warehouse, text: str) -> int:
    """From now on events go by these rules; returns their version."""
    version = int(time.time() * 1000)
    warehouse.insert("ops.behaviour_rule_rows", COLUMNS, [(version, text, 0)])
    return version


async def apply(
    settings: StreamSettings,
    *,
    wait: float,
    said: Callable[[str], None],
    looked_at: Callable[[int], None],
    every: bool = False,
) -> Applied:
    """Has history go by the rules in force: whatever may stand by others is sent once more.

    With `every` each event is, whether there are rules or not. `looked_at` is told how many
    statements were, page by page. What ends it half-way is made up by the next time. Raises
    StackError where no worker goes by the rules.
    """
    warehouse = Warehouse(settings.clickhouse.get_secret_value(), timeout=600)
    standing = warehouse.rows("behaviours/standing")
    now, *others = [rules.read(each, int(at)) for at, each, _ in standing] or [NONE]
    if not any(applied for *_, applied in standing):
        others.append(NONE)  # facts from before there were any
    if standing:
        await _taken_up(warehouse, now.version)
    said("waiting until what came before is counted")
    await progress.caught_up(settings.kafka, warehouse, wait)
    context = Context(settings)
    try:
        changes = await _again(context, now, others, looked_at, every)
    finally:
        await context.close()
    for version, text, _ in standing[:1]:
        warehouse.insert("ops.behaviour_rule_rows", COLUMNS, [(version, text, 1)])
    said("waiting until what changed is counted")
    return Applied(now.version, changes, await progress.caught_up(settings.kafka, warehouse, wait))


async def _taken_up(warehouse: Warehouse, version: int) -> None:
    """Waits until the worker goes by these rules."""
    until = time.monotonic() + TAKEN_UP
    while not warehouse.rows("behaviours/taken_up", version=version):
        if time.monotonic() > until:
            raise StackError(
                "the rules are in force, and no worker goes by them yet. To fix: start the worker "
                "(see `headwater status`), then `headwater behaviours apply` without a file."
            )
        await asyncio.sleep(0.3)
    # Only one of several workers says so; the others ask as often.
    await asyncio.sleep(max(0.0, version / 1000 + 2 * RULES_EVERY - time.time()))


async def _again(
    context: Context,
    now: Rules,
    others: Sequence[Rules],
    looked_at: Callable[[int], None],
    every: bool,
) -> Counter[tuple[str, str]]:
    packing = Packing(await context.producer())
    changes: Counter[tuple[str, str]] = Counter()
    before = int(time.time() * 1000) << 80
    after = FIRST_ID
    while True:
        rows = await asyncio.to_thread(
            context.warehouse.rows_of_bytes,
            "behaviours/page", after=after, before=before, most=PAGE,
        )  # fmt: skip
        for one in _statements(rows):
            event = _event(one, context.pseudonyms, now)
            if event is None:
                continue
            were = {
                was.behaviour
                for other in others
                if (was := _event(one, context.pseudonyms, other)) is not None
            } - {event.behaviour}
            if were:
                changes[" or ".join(sorted(were)), event.behaviour] += 1
            if were or every:
                await packing.add(event.account, encoded(event))
        looked_at(len(rows))
        if len(rows) < PAGE:
            break
        after = rows[-1][0].decode()
    await packing.finish()
    return changes
