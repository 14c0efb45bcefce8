"""Parts of a log in the real warehouse: statements stored and swept as the recorder does."""

import asyncio
import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from streams import rowbinary
from streams.recorder import references
from streams.rowbinary import Row
from tests.lrs import meaning

START = datetime(2031, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
#: Each part has seconds and offsets of its own.
numbers = itertools.count()


class Part:
    """A part of the log: statements one second apart, stored in any order of inserts."""

    def __init__(self, client):
        self.client = client
        self.number = next(numbers)
        self.start = START + self.number * 1000 * SECOND
        self.lines = []
        self.ids = {}

    def named(self, statement):
        """With ids instead of numbers."""
        made = {**statement, "id": str(self.id(statement["id"]))}
        if statement["object"].get("objectType") == "StatementRef":
            target = statement["object"]["id"]
            made["object"] = {"objectType": "StatementRef", "id": str(self.id(target)).upper()}
        return made

    def id(self, number):
        """The id of a statement's number, another in each part."""
        return self.ids.setdefault(number, uuid4())

    def add(self, statement):
        """The place of a further statement."""
        self.lines.append(self.named(statement))
        return len(self.lines) - 1

    def row(self, place):
        """A record with one statement."""
        at = int((self.start + place * SECOND).timestamp() * 1000)
        text = json.dumps(self.lines[place], ensure_ascii=False).encode()
        return Row(3, self.number * 1000 + place, at, b"lrs:test", text)

    def insert(self, *places):
        """Inserts statements and sweeps, as the recorder does."""
        number = time.time_ns()
        block = rowbinary.records(number, [self.row(place) for place in places])
        self.client.insert_bytes("lrs.records_in", rowbinary.RECORD_COLUMNS, block, "RowBinary")
        references.inherit(self.client, [number])

    def winners(self):
        """The first of each id."""
        return {UUID(each["id"]): each for each in reversed(self.lines)}

    def within(self, wanted):
        """The range, kept to this part of the log."""
        return wanted._replace(
            since=self.start - SECOND, until=self.start + len(self.lines) * SECOND
        )

    def expected(self, wanted):
        """The ids that a range has, by the oracle."""
        winners = self.winners()
        gone = meaning.voided(winners.values())
        found = [
            UUID(each["id"])
            for each in self.lines
            if winners[UUID(each["id"])] is each
            and UUID(each["id"]) not in gone
            and meaning.matches(each, wanted, winners)
        ]
        return found if wanted.ascending else found[::-1]


def ids(found):
    return [UUID(json.loads(each.raw)["id"]) for each in found]


def walk(reader, wanted):
    """Every page of a range."""
    found = []
    while page := asyncio.run(reader.several(wanted)):
        assert len(page) <= wanted.limit
        found += page
        wanted = wanted._replace(beyond=page[-1].position)
    return ids(found)
